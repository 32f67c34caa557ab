// Cohorts: the triangle (a table, so that it reads well with any device) of rates or of amounts per member, and the curve of all mature
// cohorts together.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const SHOWN = 31;

  // The columns that play a part for the chosen way of counting: {size, eligible, reached, rate, mature} -> column name.
  function partsOf(tile) {
    const method = tile.columns.some((column) => column.method) ? cm.filters.method : undefined;
    return Object.fromEntries(tile.columns.filter((column) => !column.method || column.method === method).map((column) => [column.role, column.name]));
  }

  // -> {cohorts: [{start, size, cells: Map index -> row}], indexes, parts, grain} or {missing}
  async function readCohorts(tile) {
    const grain = tile.grain ?? cm.filters.grain;
    const split = { definition: cm.filters.definition, period_grain: grain, cohort_grain: grain, ...tile.where };
    const found = await cm.rows(tile.dataset, { split });
    if (found.missing) return found;
    const all = cm.ofCurrency(found.rows);
    if (!all.length) return { missing: "no_scope_rows" };
    const window = cm.windowOf(all, "cohort_start", tile.all_dates ? 0 : cm.filters.range);
    const rows = all.filter((row) => cm.periodEnd(row.cohort_start, grain) >= window.from);
    const parts = partsOf(tile);
    const cohorts = new Map();
    for (const row of rows) {
      if (!cohorts.has(row.cohort_start)) cohorts.set(row.cohort_start, { start: row.cohort_start, size: row[parts.size], cells: new Map() });
      cohorts.get(row.cohort_start).cells.set(indexOf(row), row);
    }
    // Period 0 of a retention is the cohort itself, always whole; month 0 of a value has sales like any other.
    const indexes = [...new Set(rows.map(indexOf))].filter((index) => index > 0 || "month_index" in rows[0]).sort((a, b) => a - b);
    if (!indexes.length) return { missing: "no_scope_rows" };
    return { cohorts: [...cohorts.values()].sort((a, b) => b.start - a.start), indexes, parts, grain };
  }

  const indexOf = (row) => row.period_index ?? row.horizon_days ?? row.month_index;

  // Mature cohorts only: sum of those reached over sum of those eligible; null where no cohort is mature.
  function overall({ cohorts, parts }, index) {
    let reached = 0;
    let eligible = 0;
    for (const cohort of cohorts) {
      const row = cohort.cells.get(index);
      if (!row?.[parts.mature] || row[parts.rate] === null) continue;
      reached += row[parts.reached];
      eligible += cohort.size;
    }
    return eligible ? { rate: reached / eligible, reached, eligible } : null;
  }

  const indexName = (tile, index, grain) => {
    if (tile.index_suffix) return `${index}${cm.preferences.language === "zh" ? " " : ""}${cm.say(tile.index_suffix)}`;
    return cm.preferences.language === "zh" ? `${cm.say(tile.index_prefix)} ${index} ${cm.words(grain)}` : `${cm.say(tile.index_prefix)}${index}`;
  };

  cm.tileKinds.cohort = async (tile, frame) => {
    const data = await readCohorts(tile);
    if (data.missing) return frame.missing(data.missing, tile.mart);
    const { cohorts, indexes, parts, grain } = data;
    const shown = cohorts.slice(0, SHOWN);
    const rates = shown.flatMap((cohort) => [...cohort.cells.values()].filter((row) => row[parts.mature] && (row.period_index ?? 1) > 0).map((row) => row[parts.rate])).filter((rate) => rate !== null);
    const scale = { least: Math.min(...rates), most: Math.max(...rates) };
    const head = cm.element(
      "thead",
      {},
      cm.element("tr", {}, cm.element("th", { scope: "col" }, cm.words("cohort")), cm.element("th", { scope: "col", class: "size" }, cm.words("size")), ...indexes.map((index) => cm.element("th", { scope: "col" }, indexName(tile, index, grain)))),
    );
    const body = cm.element(
      "tbody",
      {},
      ...shown.map((cohort) =>
        cm.element("tr", {}, headOf(tile, cohort, grain), cm.element("td", { class: "size", "data-value": cohort.size ?? "" }, cm.number(cohort.size)), ...indexes.map((index) => cell(tile, cohort, index, parts, scale, hasGap(tile, cohort, index, grain)))),
      ),
    );
    const foot = cm.element(
      "tfoot",
      {},
      cm.element("tr", {}, cm.element("th", { scope: "row" }, cm.words("average")), cm.element("td", { class: "size" }), ...indexes.map((index) => averageCell(tile, overall(data, index)))),
    );
    frame.show(cm.element("div", { class: "scroll", tabindex: "0" }, cm.element("table", { class: "cohorts" }, head, body, foot)));
    const anyOpen = shown.some((cohort) => [...cohort.cells.values()].some((row) => !row[parts.mature]));
    const anyGap = shown.some((cohort) => [0, ...cohort.cells.keys()].some((index) => hasGap(tile, cohort, index, grain)));
    frame.note(
      tile.all_dates ? cm.words("all_dates") : null,
      anyOpen ? cm.element("span", {}, cm.element("i", { class: "legend-open" }), cm.words("open_legend")) : null,
      anyGap ? cm.element("span", {}, cm.element("i", { class: "legend-gap" }), cm.words("gap_legend")) : null,
      cohorts.length > SHOWN ? cm.words("latest_cohorts", { n: SHOWN, total: cohorts.length }) : null,
    );
  };

  // Whether a source was incomplete in the period of a cell (index 0: in the cohort's own), or in the window of days that it is the end of.
  function hasGap(tile, cohort, index, grain) {
    const days = cohort.cells.get(index)?.horizon_days ?? null;
    if (days !== null) return cm.gapDays(tile.mart, { from: cohort.start, to: cm.periodEnd(cohort.start, grain) + days }) > 0;
    return cm.hasGap(tile.mart, cm.addPeriods(cohort.start, grain, index), grain);
  }

  function headOf(tile, cohort, grain) {
    const name = grain === "month" ? cm.isoDate(cohort.start).slice(0, 7) : cm.isoDate(cohort.start);
    return hasGap(tile, cohort, 0, grain) ? cm.element("th", { scope: "row", class: "has-gap", title: cm.words("gap") }, name, cm.element("span", { class: "hidden-text" }, cm.words("gap"))) : cm.element("th", { scope: "row" }, name);
  }

  // Amounts per member, or the share of the members who came back: `reached` is an amount or a number of members.
  const isAmount = (tile) => tile.format === "currency";
  const rateFormat = (tile) => ({ format: isAmount(tile) ? "currency" : "percent" });
  const counts = (tile, reached, size) => ({ reached: cm.number(reached, { format: isAmount(tile) ? "currency" : "number" }), size: cm.number(size) });
  const matureText = (tile, values) => (isAmount(tile) ? cm.words("mature_value", values) : cm.words("mature_cell", values));

  function cell(tile, cohort, index, parts, scale, isGap) {
    const row = cohort.cells.get(index);
    if (!row) return cm.element("td", {});
    const values = counts(tile, row[parts.reached], cohort.size);
    const gap = isGap ? ` (${cm.words("gap")})` : "";
    if (!row[parts.mature]) {
      const text = (isAmount(tile) ? cm.words("open_value", values) : cm.words("open_cell", values)) + gap;
      return cm.element("td", { class: `cell cell-open${isGap ? " has-gap" : ""}`, title: text, "data-open": true, "data-value": "" }, cm.element("span", { class: "hidden-text" }, text));
    }
    const rate = row[parts.rate];
    const step = scale.most > scale.least ? 1 + Math.round((((rate ?? scale.least) - scale.least) / (scale.most - scale.least)) * 9) : 5;
    const text = [cm.number(rate, rateFormat(tile)), isGap ? cm.element("span", { class: "hidden-text" }, gap) : ""];
    return cm.element("td", { class: `cell heat-${step}${isGap ? " has-gap" : ""}`, title: matureText(tile, values) + gap, "data-rate": rate, "data-value": rate ?? "" }, ...text);
  }

  const averageCell = (tile, total) =>
    cm.element("td", { class: total ? "" : "unknown", title: total ? matureText(tile, counts(tile, total.reached, total.eligible)) : cm.words("reason_not_mature"), "data-total": total?.rate, "data-value": total?.rate ?? "" }, cm.number(total?.rate ?? null, rateFormat(tile)));

  cm.tileKinds.curve = async (tile, frame) => {
    const data = await readCohorts(tile);
    if (data.missing) return frame.missing(data.missing, tile.mart);
    const totals = data.indexes.map((index) => overall(data, index));
    if (!totals.some(Boolean)) return frame.empty("not_mature");
    const names = data.indexes.map((index) => indexName(tile, index, data.grain));
    const option = cm.chartBase();
    option.grid.top = 14;
    option.legend.show = false;
    option.xAxis = cm.axis("category", { data: names, boundaryGap: false });
    option.yAxis = cm.axis("value", { min: 0, axisLabel: { formatter: (value) => `${Math.round(value * 100)}%` }, splitNumber: 4 });
    option.series = [{ type: "line", data: totals.map((total) => total?.rate ?? null), color: cm.seriesColor(0), lineStyle: { width: 2.2 }, symbol: "circle", symbolSize: 6, areaStyle: { opacity: 0.08 } }];
    option.tooltip.formatter = ([point]) => {
      const total = totals[point.dataIndex];
      return total ? `${names[point.dataIndex]}\n${cm.number(total.rate, { format: "percent" })}  ${cm.words("mature_cell", { reached: cm.number(total.reached), size: cm.number(total.eligible) })}` : names[point.dataIndex];
    };
    const rows = names.map((name, position) => [name, cm.figure(totals[position]?.rate ?? null, { format: "percent" }), cm.figure(totals[position]?.reached ?? null), cm.figure(totals[position]?.eligible ?? null)]);
    frame.chartAndTable(option, [{ text: cm.words("period") }, { text: cm.say(tile.label), number: true }, { text: cm.words(cm.filters.method), number: true }, { text: cm.words("size"), number: true }], rows, cm.say(tile.label));
    frame.note(cm.gapChip(tile.mart, { from: Math.min(...data.cohorts.map((cohort) => cohort.start)), to: cm.spec.dataThrough }));
  };
})();
