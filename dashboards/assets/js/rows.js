// Rows of a dataset for a scope: loads the files that hold them (scripts, because a page opened from the disk may not fetch).
"use strict";
(() => {
  const cm = window.communityMetrics;
  const arrived = new Map();
  const loading = new Map();

  cm.receive = (file, columns) => arrived.set(file, columns);

  function load(file) {
    if (!loading.has(file)) {
      loading.set(
        file,
        new Promise((resolve, reject) => {
          const script = cm.element("script", { src: `data/${file}.js?v=${cm.version}` });
          script.onload = () => (arrived.has(file) ? resolve(arrived.get(file)) : reject(new Error(file)));
          script.onerror = () => reject(new Error(file));
          document.head.append(script);
        }),
      );
    }
    return loading.get(file);
  }

  cm.load = load;

  function unpack(columns, words, keep) {
    const names = Object.keys(columns);
    const length = names.length ? columns[names[0]].length : 0;
    const rows = [];
    for (let index = 0; index < length; index += 1) {
      if (keep && !keep(columns, index)) continue;
      const row = {};
      for (const name of names) {
        const value = columns[name][index];
        row[name] = words[name] && value !== null ? words[name][value] : value;
      }
      rows.push(row);
    }
    return rows;
  }

  // -> {rows, missing}: `missing` says why there can be no rows: 'empty' (the mart has none), 'not_at_scope', 'no_scope_rows'.
  // `every` takes all scopes of a type (rankings, one line per channel); rows then carry `scope`, a position in spec.scopes.
  cm.rows = async (dataset, { scope = cm.filters.scope, every = null, split = {} } = {}) => {
    const entry = cm.spec.catalogue[dataset];
    if (!entry || !entry.groups.length) return { rows: [], missing: "empty" };
    if (!entry.scoped) return unscoped(dataset, entry, scope);
    const type = every ?? scope.type;
    const ofType = entry.groups.filter((group) => group.scope_type === type);
    if (!ofType.length) return { rows: [], missing: "not_at_scope" };
    const groups = ofType.filter((group) => Object.entries(split).every(([name, value]) => group.split[name] === undefined || group.split[name] === value));
    const files = groups.flatMap((group) => filesOf(dataset, group, every ? null : scope.position));
    const parts = await Promise.all(files.map(async (file) => unpack(await load(file), entry.words, every ? null : (columns, index) => columns.scope[index] === scope.position)));
    const rows = parts.flat();
    return { rows, missing: rows.length ? null : "no_scope_rows" };
  };

  // All files of a group, or the one that holds the scope at `position`: scopes stand in order, `to` names the last of each file.
  function filesOf(dataset, group, position) {
    const files = group.to.map((_, index) => `${dataset}/${String(group.first + index).padStart(4, "0")}`);
    return position === null ? files : files.slice(0, group.to.findIndex((last) => last >= position) + 1).slice(-1);
  }

  async function unscoped(dataset, entry, scope) {
    const files = entry.groups.flatMap((group) => filesOf(dataset, group, null));
    const parts = await Promise.all(files.map(async (file) => unpack(await load(file), entry.words)));
    const rows = parts.flat();
    if (scope.type === "all" || !("platform" in (rows[0] || {}))) return { rows, missing: null };
    if (scope.type !== "platform") return { rows: [], missing: "not_at_scope" };
    const chosen = rows.filter((row) => row.platform === scope.id);
    return { rows: chosen, missing: chosen.length ? null : "no_scope_rows" };
  }

  // A window of dates, counted back from the last date that the rows know; `days` 0 is all of them.
  cm.windowOf = (rows, time, days) => {
    let first = Infinity;
    let last = -Infinity;
    for (const row of rows) {
      if (row[time] < first) first = row[time];
      if (row[time] > last) last = row[time];
    }
    if (last < first) return null;
    return { from: days ? Math.max(first, last - days + 1) : first, to: last, first, days };
  };
  // The window of equal length that it is compared with, or null if the rows do not cover it wholly: the one right before it, or the
  // latest one before it that has the same weekdays, so that no Saturday is held against a Friday.
  cm.windowBefore = (window) => {
    if (!window || !window.days) return null;
    const to = window.to - (cm.filters.compare === "weekday" ? 7 * cm.weeksBack(window.days) : window.days);
    return to - window.days + 1 < window.first ? null : { ...window, from: to - window.days + 1, to };
  };
  cm.weeksBack = (days) => Math.ceil(days / 7);
  cm.within = (rows, time, window) => rows.filter((row) => row[time] >= window.from && row[time] <= window.to);

  // Days of the window on which a source that feeds the mart was expected and is not complete.
  cm.gapsIn = (mart, window) => (cm.spec.gaps[mart] || []).map(([from, to]) => [Math.max(from, window.from), Math.min(to, window.to)]).filter(([from, to]) => from <= to);
  cm.gapDays = (mart, window) => cm.gapsIn(mart, window).reduce((days, [from, to]) => days + to - from + 1, 0);
  cm.hasGap = (mart, start, grain) => cm.gapDays(mart, { from: start, to: cm.periodEnd(start, grain) }) > 0;
  // What a tile without a time axis says of them; null if all days of the window are complete.
  cm.gapChip = (mart, window) => {
    const n = cm.gapDays(mart, window);
    return n ? cm.words("gap_chip", { n }) : null;
  };
  // The chosen range, for tiles whose rows are of whole ranges.
  cm.rangeWindow = () => ({ from: cm.filters.range ? cm.spec.dataThrough - cm.filters.range + 1 : -Infinity, to: cm.spec.dataThrough });
})();
