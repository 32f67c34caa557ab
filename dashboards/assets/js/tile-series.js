// Lines and bars over time, the hour-of-week heatmap, and the curve over the periods of cohorts.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const GAP = "\u0000gap";
  const columnLabel = (tile, column) => cm.say(column.label ?? tile.label);

  cm.tileKinds.line = async (tile, frame) => {
    const course = await readCourse(tile, "day");
    if (course.missing) return frame.missing(course.missing, tile.mart);
    const option = timeOption(tile, course);
    option.series = course.series.map((series, index) => ({
      type: "line",
      name: series.name,
      data: series.values,
      color: cm.seriesColor(index),
      lineStyle: { width: 2, type: series.style ?? "solid" },
      symbol: "circle",
      symbolSize: 4,
      showSymbol: isLonely(series.values),
      connectNulls: false,
      areaStyle: tile.area && index === 0 ? { opacity: 0.1 } : undefined,
      emphasis: { focus: "series" },
    }));
    option.series.push(...gapAreas(course));
    option.yAxis.scale = Boolean(tile.area || tile.by === "account_id");
    show(tile, frame, course, option);
  };

  cm.tileKinds.bar = async (tile, frame) => {
    const course = await readCourse(tile, grainOf(tile));
    if (course.missing) return frame.missing(course.missing, tile.mart);
    const option = timeOption(tile, course);
    option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: cm.color("line"), opacity: 0.45 } };
    option.series = course.series.map((series, index) => ({
      type: "bar",
      name: series.name,
      stack: tile.stacked ? "all" : undefined,
      color: cm.seriesColor(series.sign < 0 ? 4 : index),
      barMaxWidth: 26,
      barCategoryGap: "28%",
      data: series.values.map((value, position) => (course.incomplete[position] ? { value, itemStyle: openStyle(series, index) } : value)),
    }));
    option.series.push(...gapAreas(course));
    show(tile, frame, course, option);
  };

  const openStyle = (series, index) => {
    const color = cm.seriesColor(series.sign < 0 ? 4 : index);
    return { color: `${color}40`, borderColor: color, borderType: "dashed", borderWidth: 1.2 };
  };

  // Days where the mart has days only. Of periods, the chosen ones; where the mart has none of them (segments of a day), the next longer.
  function grainOf(tile) {
    const entry = cm.spec.catalogue[tile.dataset];
    if (entry.time !== "period_start") return tile.regroup ? cm.filters.grain : "day";
    const has = (grain) => entry.groups.some((group) => group.split.period_grain === grain);
    return ["day", "week", "month"].slice(["day", "week", "month"].indexOf(cm.filters.grain)).find(has) ?? cm.filters.grain;
  }

  // A number between two unknown ones has no line to either side: then points must show.
  const isLonely = (values) => values.filter((value) => value !== null).length < 2 || values.some((value, index) => value !== null && values[index - 1] == null && values[index + 1] == null);

  // -> {days, grain, series: [{name, values, sign, style}], incomplete: [bool], gaps: [bool], window, unreported: [names]} or {missing}
  async function readCourse(tile, grain) {
    const entry = cm.spec.catalogue[tile.dataset];
    const byScope = ["platform", "community", "channel", "segment"].includes(tile.by);
    const found = await cm.rows(tile.dataset, { every: byScope ? tile.by : null, split: { period_grain: grain, ...tile.where } });
    if (found.missing) return found;
    const rows = cm.ofCurrency(found.rows);
    const window = cm.windowOf(rows, entry.time, cm.filters.range);
    if (!window) return { missing: "no_scope_rows" };
    const step = entry.time === "period_start" || tile.regroup ? grain : "day";
    window.from = Math.max(cm.periodStart(window.from, step), cm.periodStart(window.first, step));
    const days = [];
    for (let day = window.from; day <= window.to; day = cm.periodEnd(day, step) + 1) days.push(day);
    const inside = cm.within(rows, entry.time, window);
    const groups = tile.by ? groupsOf(tile, inside, byScope) : tile.columns.map((column) => ({ name: columnLabel(tile, column), column, rows: inside }));
    const all = groups.map(({ name, scope, column, rows: own }) => ({ name, scope, sign: column.sign ?? 1, style: column.style, values: valuesPerDay(own, column, entry.time, days, step) }));
    const isKnown = (series) => series.values.some((value) => value !== null);
    if (!all.some(isKnown)) return { missing: "not_reported" };
    return {
      days,
      grain: step,
      window,
      series: all.filter(isKnown),
      unreported: all.filter((series) => !isKnown(series)).map((series) => series.name),
      incomplete: days.map((day) => isIncomplete(day, step, inside, entry.time, window)),
      gaps: days.map((day) => cm.hasGap(tile.mart, day, step)),
    };
  }

  function groupsOf(tile, rows, byScope) {
    const key = byScope ? "scope" : tile.by;
    const column = tile.columns[0];
    const groups = new Map();
    for (const row of rows) {
      const id = byScope ? row.scope : `${row.platform ?? ""}\u001f${row[key]}`;
      if (!groups.has(id)) groups.set(id, { name: nameOf(tile, row, byScope), scope: byScope ? `${tile.by}:${cm.spec.scopes[tile.by][row.scope].id}` : null, column, rows: [], position: row.segment_position ?? 0 });
      groups.get(id).rows.push(row);
    }
    const size = (group) => group.rows.reduce((total, row) => total + (row[column.name] ?? 0), 0);
    return [...groups.values()].sort((a, b) => a.position - b.position || size(b) - size(a)).slice(0, 8);
  }

  function nameOf(tile, row, byScope) {
    if (byScope) return cm.scopeLabel(tile.by, row.scope);
    if (tile.by === "dimension_value") return row.dimension_value === "unknown" ? cm.words("unknown_value") : row.dimension_value;
    return tile.by === "segment_position" ? cm.segmentLabel(row.segment) : `${cm.platformLabel(row.platform ?? "")} ${row[tile.by] ?? ""}`.trim();
  }

  // One number a day (or period); only tiles over additive counts have several rows for one.
  function valuesPerDay(rows, column, time, days, step) {
    const sums = new Map();
    for (const row of rows) {
      const day = cm.periodStart(row[time], step);
      const value = cm.signed(row, [column]);
      if (value !== null) sums.set(day, cm.exact4((sums.get(day) ?? 0) + value));
    }
    return days.map((day) => sums.get(day) ?? null);
  }

  function isIncomplete(day, step, rows, time, window) {
    if (time === "period_start") return rows.some((row) => row[time] === day && row.is_complete_period === 0);
    return step !== "day" && (cm.periodEnd(day, step) > window.to || day < window.first);
  }

  // Shaded bands as wide as the periods that hold a gap; a mark area of ECharts reaches only from middle to middle, so one has no width.
  function gapAreas(course) {
    const stretches = [];
    course.gaps.forEach((isGap, position) => {
      if (!isGap) return;
      if (course.gaps[position - 1]) stretches.at(-1)[1] = position;
      else stretches.push([position, position]);
    });
    if (!stretches.length) return [];
    const color = cm.color("gap");
    const band = (place, api) => {
      const [left] = api.coord([api.value(0), 0]);
      const [right] = api.coord([api.value(1), 0]);
      const width = course.days.length > 1 ? api.size([1, 0])[0] : place.coordSys.width;
      return { type: "rect", shape: { x: left - width / 2, y: place.coordSys.y, width: right - left + width, height: place.coordSys.height }, style: { fill: color } };
    };
    return [{ type: "custom", name: GAP, silent: true, clip: true, z: 0, animation: false, renderItem: band, encode: { x: [0, 1], y: [] }, data: stretches }];
  }

  function timeOption(tile, course) {
    const option = cm.chartBase();
    const labels = course.days.map((day) => cm.periodName(day, course.grain));
    const format = (value) => cm.number(value, { format: tile.format, short: true });
    option.legend.show = course.series.length > 1;
    option.legend.data = course.series.map((series) => series.name);
    if (course.series.length === 1) option.grid.top = 12;
    option.xAxis = cm.axis("category", { data: labels, boundaryGap: tile.type === "bar" });
    option.yAxis = cm.axis("value", { axisLabel: { formatter: (value) => (tile.format === "percent" ? `${Math.round(value * 100)}%` : format(value)) }, splitNumber: 4 });
    option.tooltip.formatter = (points) => {
      const position = points[0].dataIndex;
      const day = course.days[position];
      const title = course.grain === "day" ? `${cm.isoDate(day)} ${cm.words(`weekday_${((day + 3) % 7) + 1}`)}` : cm.periodName(day, course.grain);
      const open = course.incomplete[position] ? ` (${cm.words("incomplete")})` : "";
      const gap = course.gaps[position] ? ` (${cm.words("gap")})` : "";
      return [`${title}${open}${gap}`, ...points.filter((point) => point.seriesName !== GAP).map((point) => `${point.marker}${point.seriesName}  ${cm.number(typeof point.value === "object" ? null : (point.value ?? null), { format: tile.format })}`)].join("\n");
    };
    return option;
  }

  function show(tile, frame, course, option) {
    // A line or bar of a platform or channel leads to the page of it alone.
    const pick = (name) => cm.filters.set({ scope: course.series.find((series) => series.name === name).scope });
    const headers = [{ text: cm.words(course.grain === "day" ? "date" : "period") }, ...course.series.map((series) => ({ text: series.name, number: true, onclick: series.scope && (() => pick(series.name)) }))];
    const rows = course.days
      .map((day, position) => [tableDay(course, day, position), ...course.series.map((series) => cm.figure(series.values[position], { format: tile.format }))])
      .reverse();
    frame.chartAndTable(option, headers, rows, `${cm.say(tile.label)}: ${cm.isoDate(course.window.from)} – ${cm.isoDate(course.window.to)}`, course.series.some((series) => series.scope) ? pick : null);
    const gaps = cm.gapDays(tile.mart, { from: course.window.from, to: cm.periodEnd(course.days.at(-1), course.grain) });
    frame.note(
      gaps ? cm.words(course.grain === "day" ? "gap_days" : "gap_periods", { n: gaps }) : null,
      course.incomplete.some(Boolean) ? cm.words("incomplete_period") : null,
      course.unreported.length ? cm.words("unreported_series", { names: cm.joined(course.unreported) }) : null,
    );
  }

  function tableDay(course, day, position) {
    const name = course.grain === "month" ? cm.isoDate(day).slice(0, 7) : cm.isoDate(day);
    const marks = [];
    if (course.incomplete[position]) marks.push(cm.words("incomplete"));
    if (course.gaps[position]) marks.push(cm.words("gap"));
    return marks.length ? `${name} (${cm.joined(marks)})` : name;
  }

  // Hours of the week: the average per hour, so that a window of 30 days with five Mondays does not favour Mondays.
  cm.tileKinds.heatmap = async (tile, frame) => {
    const found = await cm.rows(tile.dataset);
    if (found.missing) return frame.missing(found.missing, tile.mart);
    const measure = tile.columns[0].name;
    const rows = found.rows.filter((row) => row.range_days === cm.filters.range && row.days);
    if (!rows.some((row) => row.hour !== null)) return frame.empty("no_rows");
    const weekdays = cm.spec.weekStart === "sunday" ? [7, 1, 2, 3, 4, 5, 6] : [1, 2, 3, 4, 5, 6, 7];
    const days = new Map(rows.map((row) => [row.weekday, row.days]));
    const averages = new Map(rows.filter((row) => row.hour !== null).map((row) => [`${row.weekday}:${row.hour}`, row[measure] / row.days]));
    const average = (weekday, hour) => (days.has(weekday) ? (averages.get(`${weekday}:${hour}`) ?? 0) : null);
    const hours = [...Array(24).keys()];
    const cells = weekdays.flatMap((weekday, line) => hours.map((hour) => [hour, weekdays.length - 1 - line, average(weekday, hour)]));
    const most = cells.reduce((best, cell) => (cell[2] > (best?.[2] ?? -1) ? cell : best), null);
    const inWords = (value) => cm.number(value === null ? null : Math.round(value * 10) / 10);
    const weekdayOf = (line) => cm.words(`weekday_${weekdays[weekdays.length - 1 - line]}`);
    const option = cm.chartBase();
    Object.assign(option, {
      grid: { left: 4, right: 4, top: 6, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      legend: { show: false },
      xAxis: cm.axis("category", { data: hours.map(String), axisLine: { show: false }, axisLabel: { interval: 2 } }),
      yAxis: cm.axis("category", { data: [...weekdays].reverse().map((weekday) => cm.words(`weekday_${weekday}`)), axisLine: { show: false } }),
      visualMap: { show: false, min: 0, max: Math.max(most[2], 1), inRange: { color: [cm.color("heat-low"), cm.color("heat-high")] } },
      series: [{ type: "heatmap", data: cells.map((cell) => (cell[2] === null ? [cell[0], cell[1], "-"] : cell)), itemStyle: { borderColor: cm.color("surface"), borderWidth: 2, borderRadius: 3 }, emphasis: { itemStyle: { borderColor: cm.color("ink"), borderWidth: 1 } } }],
    });
    option.tooltip = { ...option.tooltip, trigger: "item", formatter: ({ value }) => `${weekdayOf(value[1])} ${cm.words("hour", { h: value[0] })}\n${inWords(value[2])} ${cm.say(tile.unit)} (${cm.words("per_hour")})` };
    const headers = [{ text: "" }, ...hours.map((hour) => ({ text: String(hour), number: true }))];
    const table = weekdays.map((weekday) => [cm.words(`weekday_${weekday}`), ...hours.map((hour) => ({ text: inWords(average(weekday, hour)), value: average(weekday, hour) }))]);
    frame.chartAndTable(option, headers, table, cm.say(tile.label));
    frame.note(cm.gapChip(tile.mart, cm.rangeWindow()), cm.words("busiest", { weekday: weekdayOf(most[1]), hour: cm.words("hour", { h: most[0] }), value: inWords(most[2]) }));
  };
})();
