// What a reader takes along: the table of a tile as CSV, its chart as PNG, the page on paper. Made in the page, without a request.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const RATIO = 2; // pixels of the picture per pixel of the page, so that it stays sharp on a slide
  const MARGIN = 16;

  function download(blob, name) {
    const address = URL.createObjectURL(blob);
    const link = cm.element("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  // growth-communities-platform-wecom-30d-2026-05-31.csv
  function fileName(tile, ending) {
    const { type, id } = cm.filters.scope;
    const dates = cm.spec.filters.includes("range") && cm.filters.range ? `${cm.filters.range}d` : "";
    const parts = [cm.spec.page, tile.dataset.tile, type, type === "all" ? "" : id, dates, cm.spec.dataThrough === null ? "" : cm.isoDate(cm.spec.dataThrough)];
    return `${parts.filter(Boolean).join("-").replace(/[^\p{L}\p{N}.-]+/gu, "_")}.${ending}`;
  }

  // Numbers as they are and empty where they are not known; of texts every piece, whatever elements it stands in.
  function cellOf(cell) {
    if (cell.dataset.value !== undefined) return cell.dataset.value;
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    const pieces = [];
    while (walker.nextNode()) pieces.push(walker.currentNode.textContent.trim());
    const text = pieces.filter(Boolean).join(" ");
    if (text === cm.words("no_value")) return "";
    // A spreadsheet would compute what begins like a formula; the exports of the server do the same (serving/export.py).
    return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  }
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  cm.csvOf = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => quoted(cellOf(cell))).join(",")).join("\r\n");

  function saveTable(tile) {
    const table = tile.querySelector(".tile-body table");
    // The mark at the beginning tells Excel that this is UTF-8.
    if (table) download(new Blob(["\ufeff", cm.csvOf(table), "\r\n"], { type: "text/csv;charset=utf-8" }), fileName(tile, "csv"));
  }

  // The chart under its title, with scope, dates and release, so that it says on a slide what it shows.
  cm.pictureOf = (tile) => {
    const chart = cm.chartOf(tile);
    if (!chart) return null;
    const background = cm.color("surface");
    const drawn = chart.renderToCanvas({ pixelRatio: RATIO, backgroundColor: background });
    const canvas = document.createElement("canvas");
    const lines = [[15, 600, "ink", cm.say(cm.spec.tiles[tile.dataset.tile].label)], [12, 400, "muted", cm.chosenInWords()], [12, 400, "muted", `${cm.say(cm.spec.siteTitle)} · ${cm.spec.release}`]];
    const top = lines.length * 20 + MARGIN;
    canvas.width = drawn.width + 2 * MARGIN * RATIO;
    canvas.height = drawn.height + (top + MARGIN) * RATIO;
    const context = canvas.getContext("2d");
    context.fillStyle = background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(drawn, MARGIN * RATIO, top * RATIO);
    context.scale(RATIO, RATIO);
    context.textBaseline = "top";
    lines.forEach(([size, weight, color, text], index) => {
      context.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
      context.fillStyle = cm.color(color);
      context.fillText(text, MARGIN, 10 + index * 20, canvas.width / RATIO - 2 * MARGIN);
    });
    return canvas;
  };

  const savePicture = (tile) => cm.pictureOf(tile)?.toBlob((blob) => download(blob, fileName(tile, "png")), "image/png");

  const actions = { csv: saveTable, png: savePicture };
  for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => actions[button.dataset.save](button.closest("[data-tile]")));

  // Paper is white: dark charts are drawn again in light colours. All rows are at hand, so that this is done before the next listener is
  // called. A chart may lie on several canvases, and the upper ones cover the lower ones on paper: each is put onto one for it.
  addEventListener("beforeprint", () => cm.preferences.print(true));
  addEventListener("beforeprint", () => {
    for (const box of document.querySelectorAll(".chart")) {
      const canvas = cm.chartOf(box.closest("[data-tile]"))?.renderToCanvas({ pixelRatio: RATIO });
      if (!canvas) continue;
      canvas.removeAttribute("style"); // which lays it over what follows
      canvas.className = "paper";
      box.append(canvas);
    }
  });
  addEventListener("afterprint", () => {
    for (const canvas of document.querySelectorAll(".paper")) canvas.remove();
    cm.preferences.print(false);
  });
})();
