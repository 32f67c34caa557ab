// Numbers: one value of the date range, its change against the range before, its course; and the sentences made of them.
"use strict";
(() => {
  const cm = window.communityMetrics;

  // -> {value, reason, comparison, window, course, unreported}; value null always has a reason.
  async function measure(tile) {
    const where = tile.where || {};
    const split = { definition: where.definition ?? cm.filters.definition, period_grain: where.period_grain ?? cm.filters.grain, cohort_grain: where.cohort_grain ?? cm.filters.grain };
    const found = await cm.rows(tile.dataset, { split });
    if (found.missing) return { value: null, reason: found.missing, mart: tile.mart };
    const time = cm.spec.catalogue[tile.dataset].time;
    const rows = narrowed(found.rows, where);
    const window = cm.windowOf(rows, time, cm.filters.range);
    if (!window) return { value: null, reason: "no_rows", mart: tile.mart };
    const inside = cm.within(rows, time, window);
    const now = cm.fold(inside, tile.columns, tile.aggregate, time, window.to);
    const before = cm.windowBefore(window);
    const then = before ? cm.fold(cm.within(rows, time, before), tile.columns, tile.aggregate, time, before.to) : null;
    const stepAggregate = tile.aggregate === "ratio" ? "ratio" : "sum";
    const course = inside.map((row) => cm.fold([row], tile.columns, stepAggregate, time, row[time]).value);
    return { ...now, comparison: cm.compare(now, then, tile.format, window), window, course, mart: tile.mart };
  }
  cm.measure = measure;

  function narrowed(rows, where) {
    const conditions = Object.entries(where).filter(([name]) => name === "period_index" || name === "horizon_days");
    return rows.filter((row) => conditions.every(([name, value]) => row[name] === value) && (row.currency === undefined || row.currency === cm.filters.currency));
  }
  cm.ofCurrency = (rows) => rows.filter((row) => row.currency === undefined || row.currency === cm.filters.currency);

  cm.reasonText = (reason, mart) => {
    if (reason === "empty") return cm.say(cm.spec.reasons[mart]) || cm.words("reason_no_rows");
    return cm.words(`reason_${reason}`, { scope: cm.scopeTypeLabel() });
  };

  cm.tileKinds.kpi = async (tile, frame) => {
    const result = await measure(tile);
    const unit = tile.format === "number" ? cm.say(tile.unit) : "";
    const value = cm.element("p", { class: "kpi-value", "data-value": result.value ?? "" });
    if (result.value === null) {
      value.append(why("no-value", cm.words("no_value"), cm.reasonText(result.reason, result.mart)));
      frame.tile.dataset.reason = result.reason;
    } else {
      frame.tile.removeAttribute("data-reason");
      value.title = cm.number(result.value, { format: tile.format });
      value.append(cm.element("span", {}, cm.number(result.value, { format: tile.format, short: true })), unit ? cm.element("small", {}, unit) : "");
    }
    frame.show(value, changeLine(tile, result), chips(result), drillLink(tile), spark(result.course || []));
  };

  // The reason is a title for the mouse and a hidden text for readers of the screen.
  function why(className, shown, reason) {
    return cm.element("span", { class: `why ${className}`, title: reason, tabindex: "0" }, shown, cm.element("span", { class: "hidden-text" }, ` ${reason}`));
  }

  function changeLine(tile, result) {
    const line = cm.element("p", { class: "kpi-change" });
    if (result.value === null) {
      line.append(result.reason === "not_at_scope" ? cm.words("not_at_scope_short", { scope: cm.scopeTypeLabel() }) : cm.reasonText(result.reason, result.mart));
      return line;
    }
    const { comparison, window } = result;
    if (comparison.change === null) {
      line.append(why("no-comparison", window.days ? cm.words("no_comparison") : cm.words("all_dates_short"), cm.reasonText(comparison.reason, result.mart)));
    } else {
      const direction = cm.isLevel(comparison) ? "level" : comparison.change > 0 ? "up" : "down";
      const tone = direction === "level" || tile.good === "neutral" ? "is-neutral" : tile.good === direction ? "is-good" : "is-bad";
      const sign = direction === "up" ? "▲" : "▼";
      line.append(cm.element("b", { class: tone, "data-change": comparison.change }, direction === "level" ? cm.words("level") : `${sign} ${cm.change(comparison)}`));
    }
    if (window.days) line.append(cm.element("span", {}, cm.words("versus", { before: cm.before(window.days) })));
    return line;
  }

  // To the communities (or platforms) that the number is made of, ordered by it, with the filters that are chosen.
  function drillLink(tile) {
    const { drill } = tile;
    const { type } = cm.filters.scope;
    if (!drill || !(type === "all" || (type === "platform" && drill.by === "community"))) return "";
    const words = drill.by === "community" ? cm.words("drill_community") : cm.words("drill_platform");
    const label = cm.element("span", { class: "hidden-text" }, cm.say(tile.label));
    return cm.element("a", { class: "drill", href: cm.filters.address(drill.page, { at: drill.tile, sort: drill.column }) }, words, label);
  }

  function chips(result) {
    const texts = [];
    if (result.value !== null && result.window) {
      const gaps = cm.gapDays(result.mart, result.window);
      if (cm.spec.dataThrough && result.window.to < cm.spec.dataThrough && result.mart.endsWith("_daily")) texts.push(cm.words("lag_chip", { date: cm.shortDate(result.window.to) }));
      if (gaps) texts.push(cm.words("gap_chip", { n: gaps }));
      if (result.unreported) texts.push(cm.words("unreported_chip", { n: result.unreported }));
    }
    return texts.length ? cm.element("div", { class: "chips" }, ...texts.map((text) => cm.element("span", { class: "chip" }, text))) : "";
  }

  // The course over the window; the line breaks where a day is unknown.
  function spark(values) {
    const known = values.filter((value) => value !== null);
    if (known.length < 2) return "";
    const least = Math.min(...known);
    const span = Math.max(...known) - least || 1;
    const x = (index) => (index / (values.length - 1)) * 100;
    const y = (value) => 31 - ((value - least) / span) * 28;
    const stretches = [];
    values.forEach((value, index) => {
      if (value === null) return;
      if (index === 0 || values[index - 1] === null) stretches.push([]);
      stretches.at(-1).push([x(index), y(value)]);
    });
    const path = stretches.map((points) => points.map(([left, top], index) => `${index ? "L" : "M"}${left.toFixed(2)} ${top.toFixed(2)}`).join("")).join("");
    const area = stretches.map((points) => `M${points[0][0].toFixed(2)} 34${points.map(([left, top]) => `L${left.toFixed(2)} ${top.toFixed(2)}`).join("")}L${points.at(-1)[0].toFixed(2)} 34Z`).join("");
    const svg = svgElement("svg", { class: "spark", viewBox: "0 0 100 34", preserveAspectRatio: "none", "aria-hidden": "true" });
    svg.append(svgElement("path", { class: "spark-area", d: area }), svgElement("path", { d: path }));
    return svg;
  }
  function svgElement(tag, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  // Sentences name numbers of the page as {key} and their changes as {key.change}; one with an unknown number is left out.
  cm.tileKinds.summary = async (tile, frame) => {
    const sentences = tile.sentences.map(cm.say);
    const keys = [...new Set(sentences.flatMap((text) => [...text.matchAll(/\{(\w+)(?:\.change)?\}/g)].map((match) => match[1])))].filter((key) => key !== "range");
    const results = Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await measure(cm.spec.tiles[key])])));
    const paragraph = cm.element("p", { class: "summary" });
    for (const text of sentences) {
      const parts = sentence(text, results);
      if (parts) paragraph.append(...parts, cm.preferences.language === "zh" ? "" : " ");
    }
    frame.show(paragraph);
  };

  function sentence(text, results) {
    const parts = [];
    for (const piece of text.split(/(\{[\w.]+\})/)) {
      const match = piece.match(/^\{(\w+)(\.change)?\}$/);
      if (!match) parts.push(piece);
      else if (match[1] === "range") parts.push(rangeInWords(cm.filters.range));
      else if (results[match[1]].value === null) return null;
      else if (match[2]) parts.push(changeInWords(results[match[1]]));
      else parts.push(valueInWords(cm.spec.tiles[match[1]], results[match[1]].value));
    }
    // A change that cannot be told leaves its comma behind: take that too.
    return parts.map((part, index) => (parts[index + 1] === "" && typeof part === "string" ? part.replace(/[，,]\s*$/, "") : part)).filter((part) => part !== "");
  }
  function rangeInWords(days) {
    if (!days) return cm.words("all_dates");
    return days === 1 ? cm.words("last_day") : cm.words("last_days", { n: days });
  }
  function changeInWords({ comparison, window }) {
    if (comparison.change === null) return "";
    if (cm.isLevel(comparison)) return cm.words("unchanged", { before: cm.before(window.days) });
    return cm.words(comparison.change > 0 ? "up_by" : "down_by", { before: cm.before(window.days), change: cm.change(comparison) });
  }
  function valueInWords(tile, value) {
    const unit = tile.format === "number" ? ` ${cm.say(tile.unit)}` : "";
    return cm.element("b", {}, `${cm.number(value, { format: tile.format, short: true })}${unit}`);
  }
})();
