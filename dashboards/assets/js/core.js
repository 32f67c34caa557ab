// What every script of the page shares: the page's declaration, words, the state of the filters (kept in the address), elements.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const spec = JSON.parse(document.getElementById("page-spec").textContent);
  cm.spec = spec;
  cm.version = document.body.dataset.version;
  cm.tileKinds = {};

  // Words

  cm.say = (text) => (text ? text[cm.preferences.language] || text.en || "" : "");
  cm.words = (key, values = {}) => cm.say(spec.texts[key]).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  cm.joined = (parts) => parts.join(cm.preferences.language === "zh" ? "、" : ", ");

  // Elements. Text is only ever set as text: a name that looks like HTML stays a name.

  cm.element = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "class") node.className = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  // Filters. The address holds only what was chosen, so that each page keeps its own defaults.

  // `at` and `sort` come with a drill-down: the tile to show, and the column that its rows are ordered by.
  const names = ["scope", "range", "compare", "grain", "definition", "method", "currency", "sort", "at"];
  const listeners = [];
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(names.filter((name) => given.has(name)).map((name) => [name, given.get(name)]));
  };
  let chosen = read();

  const known = (name, fallback, allowed) => (allowed.includes(chosen[name]) ? chosen[name] : fallback);

  function scopeOf(text) {
    const [type, ...rest] = (text || "all").split(":");
    const id = type === "all" ? "all" : rest.join(":");
    const position = (spec.scopes[type] || []).findIndex((scope) => scope.id === id);
    return position < 0 ? { type: "all", id: "all", position: 0 } : { type, id, position };
  }

  cm.filters = {
    // Whether the chosen scope is a community, whose name stands in a file of its own.
    get namesCommunity() {
      return spec.filters.includes("scope") && (chosen.scope ?? "").startsWith("community:");
    },
    get scope() {
      return scopeOf(spec.filters.includes("scope") ? chosen.scope : "all");
    },
    get range() {
      return Number(known("range", spec.defaults.range ?? "30", spec.ranges.map(String)));
    },
    // With what the numbers of the range are compared: as many days before, or the same weekdays.
    get compare() {
      return known("compare", "previous", ["previous", "weekday"]);
    },
    get sort() {
      return chosen.sort ?? null;
    },
    get grain() {
      return known("grain", spec.defaults.grain ?? "day", ["day", "week", "month"]);
    },
    get definition() {
      return known("definition", cm.definitions()[0], cm.definitions());
    },
    get method() {
      return known("method", "bounded", ["bounded", "rolling", "within"]);
    },
    get currency() {
      return known("currency", cm.currencies()[0], cm.currencies());
    },
    set(changes) {
      for (const [name, value] of Object.entries(changes)) chosen[name] = String(value);
      history.replaceState(null, "", cm.filters.address());
      carryFilters();
      for (const listener of listeners) listener();
    },
    // The address of a page of the site with what is chosen now and `changes`.
    address: (page = "", changes = {}) => `${page}#${new URLSearchParams({ ...chosen, ...changes })}`,
    // The tile that a drill-down led to, told once: after that the reader scrolls.
    arrival() {
      const { at } = chosen;
      delete chosen.at;
      if (at) history.replaceState(null, "", cm.filters.address());
      return at ?? null;
    },
    onChange: (listener) => listeners.push(listener),
  };

  // The declared order of the definitions first, then others by name: the first one is the default.
  cm.definitions = () => {
    const declared = Object.keys(spec.definitions);
    const found = new Set(Object.values(spec.catalogue).flatMap((entry) => entry.groups.map((group) => group.split.definition).filter(Boolean)));
    return [...found].sort((a, b) => rank(declared, a) - rank(declared, b) || (a < b ? -1 : 1));
  };
  // CNY first where there is any, as the currency of most communities.
  cm.currencies = () => {
    const found = new Set(Object.values(spec.catalogue).flatMap((entry) => entry.words.currency || []));
    return [...found].sort((a, b) => rank(["CNY"], a) - rank(["CNY"], b) || (a < b ? -1 : 1));
  };
  const rank = (order, value) => (order.includes(value) ? order.indexOf(value) : order.length);

  function carryFilters() {
    // On the glossary the address names a term, which is no filter of any other page.
    const kept = location.hash.includes("=") ? cm.filters.address() : "";
    for (const link of document.querySelectorAll("a[data-keep-filters]")) link.setAttribute("href", link.getAttribute("href").split("#")[0] + kept);
  }
  addEventListener("hashchange", () => {
    chosen = read();
    carryFilters();
    for (const listener of listeners) listener();
  });
  carryFilters();

  cm.scopeLabel = (type, position) => {
    const scope = spec.scopes[type]?.[position];
    return scope ? scope[cm.preferences.language] : "";
  };
  cm.segmentLabel = (segment) => cm.say(spec.segments[segment]) || segment;
  cm.scopeTypeLabel = () => cm.say(spec.scopeTypes[cm.filters.scope.type]).toLowerCase();
  cm.platformLabel = (platform) => cm.say(spec.platforms[platform]) || platform;
})();
