// The calendar of what has arrived: a row per source and account, a mark per day.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const STATES = ["complete", "partial", "missing", "held", "idle"];

  function stateOf(row) {
    if (row.held) return "held";
    if (row.complete) return "complete";
    if (row.received) return "partial";
    return row.expected ? "missing" : "idle";
  }

  cm.tileKinds.status = async (tile, frame) => {
    const found = await cm.rows(tile.dataset);
    if (found.missing) return frame.missing(found.missing, tile.mart);
    const window = cm.windowOf(found.rows, "business_date", cm.filters.range);
    const feeds = new Map();
    for (const row of found.rows) {
      const key = `${row.source}\u001f${row.account_id ?? ""}`;
      if (!feeds.has(key)) feeds.set(key, { source: row.source, account: row.account_id, days: new Map() });
      feeds.get(key).days.set(row.business_date, row);
    }
    const showsTable = frame.tile.querySelector('[data-toggle="table"]').getAttribute("aria-pressed") === "true";
    const sorted = [...feeds.values()].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : (a.account ?? "") < (b.account ?? "") ? -1 : 1));
    const strips = cm.element("div", { class: "chart-like", hidden: showsTable }, legend(), cm.element("div", { class: "status-rows" }, ...sorted.map((feed) => feedRow(feed, window))));
    const table = cm.element("div", { class: "tile-data", tabindex: "0", hidden: !showsTable }, statusTable(sorted, window));
    frame.show(strips, table);
  };

  const legend = () =>
    cm.element(
      "ul",
      { class: "status-legend" },
      ...STATES.map((state) => cm.element("li", {}, cm.element("i", { class: `day day-${state}` }), cm.words(`state_${state}`))),
      cm.element("li", {}, cm.element("i", { class: "day day-complete day-restated" }), cm.words("state_restated")),
      cm.element("li", {}, cm.element("i", { class: "day day-complete day-quarantined" }), cm.words("state_quarantined")),
    );

  const sourceName = (source) => cm.say(cm.spec.sources[source]) || source;

  function feedRow(feed, window) {
    const completeDays = [...feed.days.values()].filter((row) => row.complete).map((row) => row.business_date);
    const until = completeDays.length ? Math.max(...completeDays) : null;
    const last = cm.spec.dataThrough ?? window.to;
    const behind = [...feed.days.values()].filter((row) => row.business_date > until && row.business_date <= last && row.expected && !row.complete).length;
    const state = behind ? cm.words("days_behind", { n: behind }) : cm.words(until >= last ? "up_to_date" : "nothing_expected");
    const lag = until === null ? "" : cm.element("small", { class: behind ? "is-late" : "" }, state);
    const days = [];
    for (let day = window.from; day <= window.to; day += 1) days.push(dayMark(feed, day));
    return cm.element(
      "div",
      { class: "status-row", "data-source": feed.source },
      cm.element("div", { class: "status-name" }, cm.element("b", {}, sourceName(feed.source)), cm.element("small", {}, feed.account || "–")),
      cm.element("div", { class: "status-until" }, until === null ? cm.words("never_complete") : `${cm.words("complete_until")} ${cm.shortDate(until)}`, lag),
      cm.element("div", { class: `days ${days.length <= 31 ? "days-few" : days.length <= 93 ? "days-quarter" : ""}` }, ...days),
    );
  }

  function marksOf(row) {
    const state = row ? stateOf(row) : "idle";
    return [state, ...(row?.restated ? ["restated"] : []), ...(row?.quarantined ? ["quarantined"] : [])];
  }

  function dayMark(feed, day) {
    const row = feed.days.get(day);
    const marks = marksOf(row);
    const counts = row && row.accepted !== null ? ` · ${cm.words("accepted")} ${cm.number(row.accepted)}${row.quarantined ? ` · ${cm.words("quarantined")} ${cm.number(row.quarantined)}` : ""}` : "";
    const classes = ["day", ...marks.map((mark) => `day-${mark}`), ...(cm.isMonthStart(day) ? ["month-start"] : [])];
    return cm.element("i", { class: classes.join(" "), title: `${cm.isoDate(day)} ${cm.joined(marks.map((mark) => cm.words(`state_${mark}`)))}${counts}` });
  }

  function statusTable(feeds, window) {
    const headers = [{ text: cm.words("date") }, { text: cm.words("source") }, { text: cm.words("account") }, { text: cm.words("state") }, { text: cm.words("accepted"), number: true }, { text: cm.words("quarantined"), number: true }];
    const rows = feeds.flatMap((feed) =>
      [...feed.days.values()]
        .filter((row) => row.business_date >= window.from && row.business_date <= window.to)
        .map((row) => ({ day: row.business_date, cells: [cm.isoDate(row.business_date), sourceName(feed.source), feed.account || "–", cm.joined(marksOf(row).map((mark) => cm.words(`state_${mark}`))), cm.figure(row.accepted), cm.figure(row.quarantined)] })),
    );
    return cm.table(headers, rows.sort((a, b) => b.day - a.day).map((row) => row.cells));
  }
})();
