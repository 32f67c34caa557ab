// From rows to one number, and from a number to words. NULL is never 0: what is unknown stays null and carries its reason.
"use strict";
(() => {
  const cm = window.communityMetrics;

  // -> {value, reason, unreported}: value null with the reason why, `unreported` counts rows whose number is not known.
  cm.fold = (rows, columns, aggregate, time, to) => {
    if (!rows.length) return { value: null, reason: "no_rows", unreported: 0 };
    if (aggregate === "ratio") return ratio(rows, columns[0]);
    if (aggregate === "last") {
      const last = rows.find((row) => row[time] === to);
      const value = last ? signed(last, columns) : null;
      return { value, reason: value === null ? "not_reported" : null, unreported: value === null ? 1 : 0 };
    }
    const values = rows.map((row) => signed(row, columns));
    const known = values.filter((value) => value !== null);
    const unreported = values.length - known.length;
    if (!known.length) return { value: null, reason: "not_reported", unreported };
    const sum = exact(known.reduce((total, value) => total + value, 0));
    return { value: aggregate === "sum" ? sum : sum / known.length, reason: null, unreported };
  };

  function ratio(rows, column, canMature = column.of === "eligible_members") {
    const known = rows.filter((row) => row[column.name] !== null && row[column.of] !== null);
    const unreported = rows.length - known.length;
    if (!known.length) return { value: null, reason: "not_reported", unreported };
    const numerator = exact(known.reduce((total, row) => total + row[column.name], 0));
    const denominator = exact(known.reduce((total, row) => total + row[column.of], 0));
    if (denominator === 0) return { value: null, reason: canMature ? "not_mature" : "zero_denominator", unreported };
    return { value: numerator / denominator, reason: null, unreported };
  }

  // The number of a row that is already of a whole range; a ratio comes as its two parts (datasets.py, ranked_names).
  cm.total = (row, column) => {
    const [value, denominator] = column.totals.map((name) => row[name]);
    if (column.totals.length > 1) return ratio([{ value, denominator }], { name: "value", of: "denominator" }, column.of === "eligible_members");
    return { value: value === null ? null : cm.exact4(value), reason: value === null ? "not_reported" : null };
  };

  function signed(row, columns) {
    let total = 0;
    for (const column of columns) {
      const value = row[column.name];
      if (value === null || value === undefined) return null;
      total += (column.sign ?? 1) * value;
    }
    return total;
  }
  cm.signed = signed;

  // Amounts have two decimals; a sum of doubles must not show more.
  const exact = (value) => Math.round(value * 100) / 100;
  cm.exact = exact;
  cm.exact4 = (value) => Math.round(value * 1e6) / 1e6;

  // -> {change, isPoints, reason}: relative change to the window before, or the difference in points for rates.
  cm.compare = (current, previous, format, window) => {
    if (current.value === null) return { change: null, reason: current.reason };
    if (!window.days) return { change: null, reason: "all_dates" };
    if (!previous) return { change: null, reason: "short_history" };
    if (previous.value === null || previous.unreported || current.unreported) return { change: null, reason: "previous_null" };
    if (format === "percent") return { change: current.value - previous.value, isPoints: true, reason: null };
    if (previous.value === 0) return { change: null, reason: "previous_zero" };
    return { change: (current.value - previous.value) / Math.abs(previous.value), isPoints: false, reason: null };
  };

  // Numbers in words

  const locale = () => (cm.preferences.language === "zh" ? "zh-CN" : "en-US");
  const digits = (value, least, most) => value.toLocaleString(locale(), { minimumFractionDigits: least, maximumFractionDigits: most });

  function symbolOf(currency) {
    try {
      const parts = new Intl.NumberFormat(locale(), { style: "currency", currency, currencyDisplay: "narrowSymbol" }).formatToParts(0);
      return parts.find((part) => part.type === "currency").value;
    } catch {
      return `${currency} `;
    }
  }

  // Full numbers for tables, short ones for tiles and axes: 万 and 亿 in Chinese, thousands and millions in English.
  function plain(value, short) {
    const size = Math.abs(value);
    const whole = Number.isInteger(value);
    if (short && cm.preferences.language === "zh") {
      if (size >= 1e8) return `${digits(value / 1e8, 0, 2)} 亿`;
      if (size >= 1e4) return `${digits(value / 1e4, 0, size >= 1e6 ? 0 : 1)} 万`;
    } else if (short) {
      if (size >= 1e9) return `${digits(value / 1e9, 0, 2)}B`;
      if (size >= 1e6) return `${digits(value / 1e6, 0, 2)}M`;
      if (size >= 1e5) return `${digits(value / 1e3, 0, 0)}K`;
    }
    return whole ? digits(value, 0, 0) : digits(value, 0, size < 100 ? 1 : 0);
  }

  // In the greatest unit of which there are two or more.
  const UNITS = [[86400, "天", "days"], [3600, "小时", "h"], [60, "分钟", "min"], [1, "秒", "s"]];
  function duration(value) {
    const [size, zh, en] = UNITS.find(([seconds]) => value >= 2 * seconds) ?? UNITS.at(-1);
    return `${digits(value / size, 0, 1)} ${cm.preferences.language === "zh" ? zh : en}`;
  }

  cm.number = (value, { format = "number", currency = null, short = false } = {}) => {
    if (value === null || value === undefined) return cm.words("no_value");
    if (format === "percent") return `${digits(value * 100, 1, 1)}%`;
    if (format === "decimal") return digits(value, 2, 2);
    if (format === "seconds") return duration(value);
    if (format === "currency") {
      const sign = value < 0 ? "−" : "";
      const size = Math.abs(value);
      const amount = short && size >= 1e4 ? plain(size, true) : digits(size, short && (size >= 1000 || size === 0) ? 0 : 2, short && size >= 1000 ? 0 : 2);
      return `${sign}${symbolOf(currency ?? cm.filters.currency ?? "")}${amount}`;
    }
    return plain(value, short).replace("-", "−");
  };

  // Less than what is shown of a change (one decimal of a per cent or point) is no change.
  cm.isLevel = ({ change }) => Math.abs(change) < 0.0005;
  // What a range of days is compared with, in words.
  cm.before = (days) => {
    if (cm.filters.compare === "previous") return days === 1 ? cm.words("before_day") : cm.words("before_days", { n: days });
    const n = cm.weeksBack(days);
    if (days === 1) return cm.words("before_weekday");
    return n === 1 ? cm.words("before_week") : cm.words("before_weeks", { n });
  };
  cm.change = ({ change, isPoints }) => {
    const size = Math.abs(change) * 100;
    return isPoints ? `${digits(size, 1, 1)} ${cm.words("points")}` : `${digits(size, size >= 100 ? 0 : 1, size >= 100 ? 0 : 1)}%`;
  };

  // Days are counted from 1970-01-01; they are plain dates, no zone is involved.

  const dateOf = (day) => new Date(day * 86_400_000);
  cm.isoDate = (day) => dateOf(day).toISOString().slice(0, 10);
  cm.shortDate = (day) => dateOf(day).toLocaleDateString(locale(), { month: cm.preferences.language === "zh" ? "numeric" : "short", day: "numeric", timeZone: "UTC" });
  cm.monthName = (day) => dateOf(day).toLocaleDateString(locale(), { year: "numeric", month: cm.preferences.language === "zh" ? "numeric" : "short", timeZone: "UTC" });
  cm.periodName = (day, grain) => (grain === "month" ? cm.monthName(day) : cm.shortDate(day));
  cm.isMonthStart = (day) => dateOf(day).getUTCDate() === 1;

  cm.periodStart = (day, grain) => {
    if (grain === "week") {
      const weekday = (day + 3) % 7; // 0 is Monday: 1970-01-01 was a Thursday
      return cm.spec.weekStart === "sunday" ? day - ((weekday + 1) % 7) : day - weekday;
    }
    return grain === "month" ? day - dateOf(day).getUTCDate() + 1 : day;
  };
  cm.addPeriods = (start, grain, count) => {
    if (grain !== "month") return start + count * (grain === "week" ? 7 : 1);
    const date = dateOf(start);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1) / 86_400_000;
  };
  cm.periodEnd = (start, grain) => {
    if (grain === "week") return start + 6;
    if (grain !== "month") return start;
    const date = dateOf(start);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0) / 86_400_000;
  };
})();
