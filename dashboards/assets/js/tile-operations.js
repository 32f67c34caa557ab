// The charts of the page of operations: how long each step of a run took, and how many checks failed in each audit.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const STEPS = ["ingest", "build", "audit", "publish"];

  cm.tileKinds.durations = (tile, frame) => {
    const runs = cm.spec.operations.runs;
    if (!runs.length) return frame.show(cm.element("p", { class: "empty" }, cm.words("run_none")));
    const names = STEPS.map((step) => cm.words(`run_${step}`));
    const values = STEPS.map((_, index) => runs.map((run) => run.seconds[index] ?? null));
    return stacked(tile, frame, runs, names, values, STEPS.map((_, index) => cm.seriesColor(index)), "decimal");
  };

  cm.tileKinds.audits = (tile, frame) => {
    const audits = cm.spec.operations.audits;
    if (!audits.length) return frame.show(cm.element("p", { class: "empty" }, cm.words("run_none")));
    const values = [audits.map((audit) => audit.critical), audits.map((audit) => audit.warned)];
    stacked(tile, frame, audits, [cm.words("run_critical"), cm.words("run_warned")], values, [cm.color("bad"), cm.color("series-2")], "number");
    if (!values.flat().some(Boolean)) frame.note(cm.words("run_all_passed", { n: audits.length }));
  };

  function stacked(tile, frame, entries, names, values, colors, format) {
    const option = cm.chartBase();
    const said = (value) => cm.number(value, { format });
    option.legend.data = names;
    option.xAxis = cm.axis("category", { data: entries.map((entry) => entry.at.slice(5, 16)) });
    option.yAxis = cm.axis("value", { splitNumber: 4, minInterval: format === "number" ? 1 : 0, max: ({ max }) => (max > 0 ? null : 1) });
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: cm.color("line"), opacity: 0.45 } };
    option.tooltip.formatter = (points) => [entries[points[0].dataIndex].at, ...points.map((point) => `${point.marker}${point.seriesName}  ${said(point.value ?? null)}`)].join("\n");
    option.series = names.map((name, index) => ({ type: "bar", name, stack: "all", color: colors[index], barMaxWidth: 26, data: values[index] }));
    const headers = [{ text: cm.words("run_begun") }, ...names.map((text) => ({ text, number: true }))];
    const rows = entries.map((entry, position) => [entry.at, ...values.map((series) => cm.figure(series[position] ?? null, { format }))]).reverse();
    frame.chartAndTable(option, headers, rows, `${cm.say(tile.label)}: ${entries[0].at} – ${entries.at(-1).at}`);
  }
})();
