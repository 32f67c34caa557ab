// The frame of a tile (chart, table, note, empty state) and what all charts have in common.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const charts = new Map();
  const waiting = new Map(); // charts whose box has no size yet, because their table is shown or their section hidden
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (!target.clientWidth) continue;
      if (waiting.has(target)) paint(target, ...waiting.get(target));
      else charts.get(target)?.resize();
    }
  });

  cm.color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  cm.seriesColor = (index) => cm.color(`series-${(index % 8) + 1}`);

  // A tile on the page. Renderers call `show` with what they have; whatever stood there before is gone.
  cm.frame = (tile) => {
    const body = tile.querySelector(".tile-body");
    const note = tile.querySelector(".tile-note");
    return {
      tile,
      body,
      clear() {
        for (const node of body.querySelectorAll(".chart")) {
          observer.unobserve(node);
          discard(charts.get(node));
          charts.delete(node);
          waiting.delete(node);
        }
        body.replaceChildren();
        note.hidden = true;
        note.replaceChildren();
        tile.removeAttribute("data-empty");
      },
      show(...nodes) {
        this.clear();
        body.append(...nodes);
      },
      empty(reason, values) {
        this.show(cm.element("p", { class: "empty" }, cm.words(`reason_${reason}`, values)));
        tile.dataset.empty = reason;
      },
      // Why a dataset gave no rows, in the words of its mart where it has some.
      missing(reason, mart) {
        if (reason === "empty") {
          this.show(cm.element("p", { class: "empty" }, cm.say(cm.spec.reasons[mart]) || cm.words("reason_no_rows")));
          tile.dataset.empty = reason;
        } else {
          this.empty(reason, { scope: cm.scopeTypeLabel() });
        }
      },
      note(...parts) {
        const shown = parts.filter(Boolean);
        note.hidden = shown.length === 0;
        note.replaceChildren(...shown.flatMap((part, index) => (index ? [" · ", part] : [part])));
      },
      // A chart and the table of the same numbers; the button of the tile shows one of them.
      // `pick(name)`: what a click on the series of that name does; its head in the table does the same.
      chartAndTable(option, headers, rows, label, pick = null) {
        const showsTable = tile.querySelector('[data-toggle="table"]')?.getAttribute("aria-pressed") === "true";
        const box = cm.element("div", { class: "chart", role: "img", "aria-label": label, hidden: showsTable });
        const data = cm.element("div", { class: "tile-data", tabindex: "0", hidden: !showsTable }, cm.table(headers, rows));
        this.show(box, data);
        draw(box, option, pick);
      },
    };
  };

  // Emptied first: a chart of many parts is painted over several frames, and what is gone cannot be painted on.
  function discard(chart) {
    chart?.clear();
    chart?.getZr().flush();
    chart?.dispose();
  }

  function draw(box, option, pick) {
    waiting.set(box, [option, pick]);
    if (box.clientWidth) paint(box, option, pick);
    observer.observe(box);
  }
  function paint(box, option, pick) {
    waiting.delete(box);
    const chart = echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(option);
    if (pick) chart.on("click", ({ seriesName }) => pick(seriesName));
    charts.set(box, chart);
  }
  cm.chartOf = (tile) => charts.get(tile.querySelector(".chart"));

  // A number as a cell: what is read, and what it is.
  cm.figure = (value, options) => ({ text: cm.number(value, options), value });

  // headers: [{text, number, onclick}], rows: arrays of text, elements or figures; the first cell heads its row.
  cm.table = (headers, rows) =>
    cm.element(
      "table",
      {},
      cm.element("thead", {}, cm.element("tr", {}, ...headers.map((header) => cm.element("th", { scope: "col", class: header.number ? "number" : "" }, header.onclick ? cm.element("button", { type: "button", onclick: header.onclick }, header.text) : header.text)))),
      cm.element(
        "tbody",
        {},
        ...rows.map((cells) => cm.element("tr", {}, ...cells.map((cell, index) => tableCell(cell, index ? "td" : "th", headers[index])))),
      ),
    );

  function tableCell(cell, tag, header) {
    const isFigure = cell?.text !== undefined && !(cell instanceof Node);
    const attributes = { scope: tag === "th" ? "row" : null, class: header.number ? "number" : "", "data-value": isFigure ? (cell.value ?? "") : null };
    return cm.element(tag, attributes, isFigure ? cell.text : cell);
  }

  cm.chartBase = () => {
    const muted = cm.color("muted");
    const line = cm.color("line");
    return {
      animation: !cm.preferences.printing,
      animationDuration: 260,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: muted },
      grid: { left: 4, right: 12, top: 38, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, itemGap: 16, type: "scroll", textStyle: { color: muted, fontSize: 12 }, pageTextStyle: { color: muted }, pageIconColor: muted, pageIconInactiveColor: line },
      tooltip: {
        trigger: "axis",
        renderMode: "richText", // HTML tooltips would need inline styles, which the page does not allow
        confine: true,
        backgroundColor: cm.color("raised"),
        borderColor: cm.color("line-strong"),
        borderWidth: 1,
        padding: [9, 13],
        textStyle: { color: cm.color("ink"), fontSize: 12.5, lineHeight: 20 },
        axisPointer: { type: "line", lineStyle: { color: cm.color("line-strong") } },
      },
    };
  };
  cm.axis = (kind, extra = {}) => ({
    type: kind,
    axisLine: { show: kind === "category", lineStyle: { color: cm.color("line-strong") } },
    axisTick: { show: false },
    splitLine: { show: kind === "value", lineStyle: { color: cm.color("line") } },
    axisLabel: { color: cm.color("muted"), fontSize: 11.5, hideOverlap: true, ...(extra.axisLabel || {}) },
    ...Object.fromEntries(Object.entries(extra).filter(([name]) => name !== "axisLabel")),
  });
})();
