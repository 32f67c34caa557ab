// Members by the number of days on which they were active: the last week or month that is over, beside the one before it.
"use strict";
(() => {
  const cm = window.communityMetrics;

  // -> [{name, rows: Map active days -> row}], the latest window first
  function windowsOf(rows) {
    const windows = new Map();
    for (const row of rows) {
      if (!windows.has(row.window_start)) windows.set(row.window_start, { start: row.window_start, end: row.window_end, name: `${cm.shortDate(row.window_start)} – ${cm.shortDate(row.window_end)}`, rows: new Map() });
      windows.get(row.window_start).rows.set(row.active_periods, row);
    }
    return [...windows.values()].sort((a, b) => b.start - a.start);
  }

  cm.tileKinds.histogram = async (tile, frame) => {
    const grain = cm.filters.grain === "month" ? "month" : "week";
    const found = await cm.rows(tile.dataset, { split: { window_grain: grain } });
    if (found.missing) return frame.missing(found.missing, tile.mart);
    const windows = windowsOf(found.rows);
    const [latest, before] = windows;
    const days = [...Array(Math.max(...found.rows.map((row) => row.active_periods))).keys()].map((day) => day + 1);
    const [exactly, atLeast] = tile.columns;
    const value = (window, day, column) => window.rows.get(day)?.[column.name] ?? null;
    const option = cm.chartBase();
    option.legend.data = windows.map((window) => window.name);
    option.xAxis = cm.axis("category", { data: days.map(String) });
    option.yAxis = cm.axis("value", { axisLabel: { formatter: (count) => cm.number(count, { short: true }) }, splitNumber: 4 });
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: cm.color("line"), opacity: 0.45 } };
    option.tooltip.formatter = (points) => [cm.words("active_days", { n: days[points[0].dataIndex] }), ...points.map((point) => `${point.marker}${point.seriesName}  ${cm.number(point.value ?? null)} ${cm.say(tile.unit)}`)].join("\n");
    option.series = windows.map((window, index) => ({ type: "bar", name: window.name, color: cm.seriesColor(index), barMaxWidth: 26, barGap: "8%", data: days.map((day) => value(window, day, exactly)) }));
    const headers = [{ text: cm.words("active_days_head") }, ...[exactly, atLeast].map((column) => ({ text: `${cm.say(column.label)} (${latest.name})`, number: true }))];
    if (before) headers.push({ text: `${cm.say(exactly.label)} (${before.name})`, number: true });
    const rows = days.map((day) => [String(day), cm.figure(value(latest, day, exactly)), cm.figure(value(latest, day, atLeast)), ...(before ? [cm.figure(value(before, day, exactly))] : [])]);
    frame.chartAndTable(option, headers, rows, `${cm.say(tile.label)}: ${windows.map((window) => window.name).join(", ")}`);
    const gaps = cm.gapDays(tile.mart, { from: latest.start, to: latest.end });
    frame.note(cm.words("windows_over"), gaps ? cm.words("gap_chip", { n: gaps }) : null);
  };
})();
