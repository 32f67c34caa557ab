// Tables of scopes side by side, and of contents.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const TWENTIETHS = 20;
  // A ratio is not its numerator (pages.py, Column.key).
  const keyOf = (column) => (column.of ? `${column.name}/${column.of}` : column.name);

  cm.tileKinds.ranking = async (tile, frame) => {
    if (tile.by === "community") await cm.loadCommunities();
    const split = { range_days: cm.filters.range, definition: cm.filters.definition, period_grain: cm.filters.grain, cohort_grain: cm.filters.grain };
    const found = await cm.rows(tile.dataset, { every: tile.by, split: { ...split, ...tile.where } });
    if (found.missing) return frame.missing(found.missing === "not_at_scope" ? "no_scope_rows" : found.missing, tile.mart);
    const scope = cm.filters.scope;
    const sorted = Math.max(tile.columns.findIndex((column) => keyOf(column) === cm.filters.sort), 0);
    const lines = cm
      .ofCurrency(found.rows)
      .filter((row) => isUnder(scope, tile.by, row.scope))
      .map((row) => ({ position: row.scope, values: tile.columns.map((column) => cm.total(row, column)) }))
      .sort((a, b) => (b.values[sorted].value ?? -Infinity) - (a.values[sorted].value ?? -Infinity) || a.position - b.position);
    if (!lines.length) return frame.empty("no_scope_rows");
    const shown = lines.slice(0, tile.top ?? 50);
    const most = Math.max(...shown.map((line) => line.values[sorted].value ?? 0), 0);
    const head = cm.element("thead", {}, cm.element("tr", {}, cm.element("th", { scope: "col" }, cm.say(cm.spec.scopeTypes[tile.by])), ...tile.columns.map((column, index) => sortHead(column, index === sorted))));
    const body = cm.element("tbody", {}, ...shown.map((line) => rankingRow(tile, line, sorted, most, scope)));
    frame.show(cm.element("div", { class: "scroll tall", tabindex: "0" }, cm.element("table", { class: "ranking" }, head, body)));
    frame.note(cm.gapChip(tile.mart, cm.rangeWindow()), lines.length > shown.length ? cm.words("rank_limit", { n: shown.length, total: lines.length, column: cm.say(tile.columns[sorted].label) }) : null);
  };

  function sortHead(column, isSorted) {
    const button = cm.element("button", { type: "button", onclick: () => cm.filters.set({ sort: keyOf(column) }) }, cm.say(column.label));
    return cm.element("th", { scope: "col", class: "number", "aria-sort": isSorted ? "descending" : null }, button);
  }

  // Under a chosen platform only its own communities are listed; other choices leave the comparison whole.
  function isUnder(scope, by, position) {
    if (by !== "community" || scope.type !== "platform") return true;
    return cm.spec.scopes.community[position]?.platform === scope.id;
  }

  function rankingRow(tile, line, sorted, most, scope) {
    const entry = cm.spec.scopes[tile.by][line.position];
    if (!entry) return cm.element("tr", {});
    const name = entry[cm.preferences.language];
    const chosen = scope.type === tile.by && scope.position === line.position;
    const detail = entry.platform ? cm.element("small", {}, cm.platformLabel(entry.platform)) : "";
    const button = cm.element("button", { type: "button", title: cm.words("open_scope", { name }), onclick: () => cm.filters.set({ scope: `${tile.by}:${entry.id}` }) }, name);
    return cm.element(
      "tr",
      { class: chosen ? "is-chosen" : "", "data-scope": entry.id },
      cm.element("th", { scope: "row", class: "ranking-name" }, button, detail),
      ...tile.columns.map((column, index) => valueCell(column, line.values[index], index === sorted ? most : 0)),
    );
  }

  function valueCell(column, { value, reason }, most) {
    const format = column.format ?? "number";
    const cell = cm.element("td", { class: value === null ? "number unknown" : "number", title: value === null ? cm.reasonText(reason) : null, "data-value": value ?? "" }, cm.number(value, { format }));
    if (most > 0 && value !== null) cell.append(cm.element("span", { class: "bar-track", "aria-hidden": "true" }, cm.element("i", { class: `fill-${Math.round((Math.max(value, 0) / most) * TWENTIETHS)}` })));
    return cell;
  }

  // A declared funnel over all time: a row per step, with the steps of the release's own two languages.
  cm.tileKinds.funnel = async (tile, frame) => {
    const found = await cm.rows(tile.dataset, { split: { definition: cm.filters.definition } });
    if (found.missing) return frame.missing(found.missing, tile.mart);
    const steps = [...found.rows].sort((a, b) => a.step_index - b.step_index);
    const most = steps[0][tile.columns[0].name];
    const head = cm.element("thead", {}, cm.element("tr", {}, cm.element("th", { scope: "col" }, cm.words("step")), ...tile.columns.map((column) => cm.element("th", { scope: "col", class: "number" }, cm.say(column.label)))));
    const body = cm.element(
      "tbody",
      {},
      ...steps.map((step) =>
        cm.element(
          "tr",
          { "data-step": step.step_index },
          cm.element("th", { scope: "row", class: "ranking-name" }, cm.preferences.language === "zh" ? step.step_name_zh : step.step_name),
          ...tile.columns.map((column, index) => valueCell(column, { value: step[column.name], reason: "not_applicable" }, index === 0 ? most : 0)),
        ),
      ),
    );
    frame.show(cm.element("div", { class: "scroll", tabindex: "0" }, cm.element("table", { class: "ranking" }, head, body)));
    frame.note(cm.gapChip(tile.mart, { from: -Infinity, to: cm.spec.dataThrough }));
  };

  cm.tileKinds.items = async (tile, frame) => {
    const found = await cm.rows(tile.dataset);
    if (found.missing) return frame.missing(found.missing, tile.mart);
    const rows = found.rows.filter((row) => row.range_days === undefined || row.range_days === cm.filters.range);
    if (!rows.length) return frame.empty("no_rows");
    const columns = tile.columns.filter((column) => rows.some((row) => row[column.name] !== null));
    const order = (a, b) => columns.map((column) => (b[column.name] ?? -1) - (a[column.name] ?? -1)).find((difference) => difference !== 0) ?? 0;
    const shown = [...rows].sort(order).slice(0, tile.top ?? 30);
    const headers = [{ text: cm.words("item") }, ...columns.map((column) => ({ text: cm.say(column.label), number: true }))];
    const body = shown.map((row) => [itemName(row), ...columns.map((column) => cm.figure(row[column.name], { format: column.format }))]);
    frame.show(cm.element("div", { class: "scroll tall items", tabindex: "0" }, cm.table(headers, body)));
    const unreported = tile.columns.filter((column) => !columns.includes(column)).map((column) => cm.say(column.label));
    frame.note(cm.gapChip(tile.mart, cm.rangeWindow()), rows.length > shown.length ? cm.words("rank_limit", { n: shown.length, total: rows.length, column: cm.say(columns[0].label) }) : null, unreported.length ? cm.words("unreported_series", { names: cm.joined(unreported) }) : null);
  };

  // The same of counters since publication, each as its platform stated it last: the dates of the filter do not cut them.
  cm.tileKinds.lifetimes = cm.tileKinds.items;

  function itemName(row) {
    const published = row.published_date === null ? null : `${cm.isoDate(row.published_date)} ${cm.words("published")}`;
    const stated = row.last_snapshot_date ? cm.words("through", { date: cm.isoDate(row.last_snapshot_date) }) : null;
    const facts = [cm.platformLabel(row.platform ?? ""), row.account_id, published, stated].filter(Boolean);
    return cm.element("span", { class: "ranking-name" }, cm.element("span", {}, row.title || row.content_key), cm.element("small", {}, facts.join(" · ")));
  }
})();
