// Puts the page together: the filters, the buttons of the tiles, and every tile drawn again when something is chosen.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const bar = document.getElementById("filters");
  const tiles = [...document.querySelectorAll("[data-tile]")].filter((tile) => tile.dataset.type in cm.tileKinds);
  const CONTROLS = ".filter select, .filter button, .filter input";
  let round = 0;
  let arrival = cm.filters.arrival();

  // Filters

  function choice(label, options, value, onchange, groups = null) {
    const select = cm.element("select", { "aria-label": label, onchange: () => onchange(select.value) });
    const option = ({ id, text }) => cm.element("option", { value: id }, text);
    if (groups) for (const group of groups) select.append(group.label ? cm.element("optgroup", { label: group.label }, ...group.options.map(option)) : option(group.options[0]));
    else select.append(...options.map(option));
    select.value = value;
    return cm.element("label", { class: "filter" }, cm.element("span", {}, label), select);
  }
  function buttons(name, label, options, value) {
    const group = cm.element("div", { class: "switch", role: "group", "aria-label": label, "data-filter": name });
    for (const { id, text } of options) group.append(cm.element("button", { type: "button", "data-choice": id, "aria-pressed": String(id === value), onclick: () => cm.filters.set({ [name]: id }) }, text));
    return cm.element("div", { class: "filter" }, cm.element("span", {}, label), group);
  }

  // Scopes in groups; of the communities, which may be thousands, only the chosen one: the box beside finds the others.
  function scopeGroups() {
    const { scopes, scopeTypes } = cm.spec;
    const language = cm.preferences.language;
    const groups = [{ options: [{ id: "all", text: cm.say(scopeTypes.all) }] }];
    for (const type of ["platform", "channel", "segment"]) {
      if (scopes[type]) groups.push({ label: cm.say(scopeTypes[type]), options: scopes[type].map((scope) => ({ id: `${type}:${scope.id}`, text: scope[language] })) });
    }
    const { type, id, position } = cm.filters.scope;
    if (type === "community") groups.push({ label: cm.say(scopeTypes.community), options: [{ id: `community:${id}`, text: cm.scopeLabel(type, position) }] });
    return groups;
  }

  const rangeName = (days) => (days > 1 ? cm.words("range_days", { n: days }) : cm.words(days ? "range_day" : "range_all"));

  const drawn = {
    scope: () => {
      const { type, id } = cm.filters.scope;
      const box = choice(cm.words("scope"), [], type === "all" ? "all" : `${type}:${id}`, (value) => cm.filters.set({ scope: value }), scopeGroups());
      if (!cm.spec.communities) return box;
      return cm.element("div", { class: "filter filter-scope" }, box, cm.communitySearch((scope) => cm.filters.set({ scope })));
    },
    range: () => buttons("range", cm.words("range"), cm.spec.ranges.map((days) => ({ id: String(days), text: rangeName(days) })), String(cm.filters.range)),
    compare: () => (cm.filters.range ? buttons("compare", cm.words("compare"), [{ id: "previous", text: cm.words("compare_previous") }, { id: "weekday", text: cm.words("compare_weekday") }], cm.filters.compare) : ""),
    grain: () => buttons("grain", cm.words("grain"), ["day", "week", "month"].map((grain) => ({ id: grain, text: cm.words(grain) })), cm.filters.grain),
    definition: () => (cm.definitions().length > 1 ? choice(cm.words("definition"), cm.definitions().map((name) => ({ id: name, text: cm.say(cm.spec.definitions[name]) || name })), cm.filters.definition, (value) => cm.filters.set({ definition: value })) : ""),
    method: () => buttons("method", cm.words("method"), ["bounded", "within", "rolling"].map((method) => ({ id: method, text: cm.words(method) })), cm.filters.method),
    currency: () => (cm.currencies().length > 1 ? choice(cm.words("currency"), cm.currencies().map((name) => ({ id: name, text: name })), cm.filters.currency, (value) => cm.filters.set({ currency: value })) : ""),
  };

  // The dates that the range means; a tile whose source lags says so itself.
  function dates() {
    const last = cm.spec.dataThrough;
    if (!cm.spec.filters.includes("range") || last === null) return "";
    const days = cm.filters.range;
    const text = days === 1 ? cm.isoDate(last) : days ? cm.words("from_to", { from: cm.isoDate(last - days + 1), to: cm.isoDate(last) }) : cm.words("through", { date: cm.isoDate(last) });
    return cm.element("span", { class: "filter-window" }, text);
  }

  // The way back up: from a community to its platform, and from there to everything.
  function scopePath() {
    const { type, id, position } = cm.filters.scope;
    if (!cm.spec.filters.includes("scope") || type === "all") return "";
    const up = [["all", cm.say(cm.spec.scopeTypes.all)]];
    const own = cm.spec.scopes[type][position];
    if (type === "community" && (cm.spec.scopes.platform || []).some((platform) => platform.id === own.platform)) up.push([`platform:${own.platform}`, cm.platformLabel(own.platform)]);
    const step = ([scope, text]) => cm.element("li", {}, cm.element("button", { type: "button", "data-scope": scope, onclick: () => cm.filters.set({ scope }) }, text));
    const here = cm.element("li", { "aria-current": "true", "data-scope": `${type}:${id}` }, cm.scopeLabel(type, position));
    return cm.element("nav", { class: "scope-path", "aria-label": cm.words("scope") }, cm.element("ol", {}, ...up.map(step), here));
  }

  function drawFilters() {
    const focused = bar.contains(document.activeElement) ? [...bar.querySelectorAll(CONTROLS)].indexOf(document.activeElement) : -1;
    bar.replaceChildren(...cm.spec.filters.map((name) => drawn[name]()), dates(), scopePath());
    document.getElementById("chosen").textContent = cm.chosenInWords();
    if (focused >= 0) bar.querySelectorAll(CONTROLS)[focused]?.focus();
  }

  // The same in one line: for paper, which has no controls, and for pictures.
  cm.chosenInWords = () => {
    const chosen = (filter) => filter.querySelector("option:checked, [aria-pressed=true]")?.textContent;
    const parts = [...bar.querySelectorAll(".filter:not(.filter-scope)")].map((filter) => `${filter.querySelector("span").textContent}: ${chosen(filter)}`);
    return [...parts, bar.querySelector(".filter-window")?.textContent].filter(Boolean).join(" · ");
  };

  // Tiles

  async function drawTiles() {
    const mine = round;
    await Promise.all(
      tiles.map(async (tile) => {
        const frame = cm.frame(tile);
        const guarded = guard(frame, () => mine === round);
        frame.body.setAttribute("aria-busy", "true");
        try {
          await cm.tileKinds[tile.dataset.type](cm.spec.tiles[tile.dataset.tile], guarded);
        } catch (error) {
          guarded.show(cm.element("p", { class: "empty" }, cm.words("load_failed")));
          if (mine === round) console.error(error);
        }
        if (mine === round) frame.body.setAttribute("aria-busy", "false");
      }),
    );
    if (mine !== round) return;
    sayIfNothingHasTheScope();
    showArrival();
    document.body.dataset.ready = String(round);
  }

  // The tile that a drill-down leads to: seen, and the next one for the keyboard.
  function showArrival() {
    const tile = tiles.find((candidate) => candidate.dataset.tile === arrival);
    arrival = null;
    if (!tile) return;
    tile.tabIndex = -1;
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "start" });
  }

  // One sentence instead of a page of empty tiles.
  function sayIfNothingHasTheScope() {
    const measured = tiles.filter((tile) => cm.spec.tiles[tile.dataset.tile].mart && cm.spec.tiles[tile.dataset.tile].type !== "ranking");
    const nothing = measured.length > 0 && measured.every((tile) => tile.dataset.empty === "not_at_scope" || tile.dataset.reason === "not_at_scope");
    document.body.classList.toggle("nothing-at-scope", nothing);
    document.querySelector(".scope-notice")?.remove();
    if (!nothing) return;
    const button = cm.element("button", { type: "button", class: "quiet", onclick: () => cm.filters.set({ scope: "all" }) }, cm.words("show_everything"));
    bar.after(cm.element("div", { class: "scope-notice empty" }, cm.element("p", {}, cm.words("page_not_at_scope", { scope: cm.scopeTypeLabel() })), button));
  }

  // A slow answer to an earlier choice must not overwrite a later one.
  function guard(frame, isCurrent) {
    return new Proxy(frame, { get: (target, name) => (typeof target[name] === "function" ? (...given) => (isCurrent() ? target[name](...given) : undefined) : target[name]) });
  }

  for (const button of document.querySelectorAll("[data-toggle]")) {
    button.addEventListener("click", () => (button.dataset.toggle === "table" ? toggleTable(button) : toggleDefinition(button)));
  }
  function toggleTable(button) {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    const tile = button.closest("[data-tile]");
    button.setAttribute("aria-pressed", String(pressed));
    for (const node of tile.querySelectorAll(".chart, .chart-like")) node.hidden = pressed;
    for (const node of tile.querySelectorAll(".tile-data")) node.hidden = !pressed;
    for (const node of tile.querySelectorAll('[data-save="png"]')) node.hidden = pressed;
  }
  function toggleDefinition(button) {
    const opened = button.getAttribute("aria-expanded") !== "true";
    closeDefinitions();
    button.setAttribute("aria-expanded", String(opened));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !opened;
  }
  function closeDefinitions() {
    for (const button of document.querySelectorAll('[data-toggle="definition"][aria-expanded="true"]')) {
      button.setAttribute("aria-expanded", "false");
      document.getElementById(button.getAttribute("aria-controls")).hidden = true;
    }
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeDefinitions());
  document.addEventListener("click", (event) => !event.target.closest(".tile-head") && closeDefinitions());

  // Language and theme

  for (const group of document.querySelectorAll("[data-switch]")) {
    for (const button of group.querySelectorAll("button")) button.addEventListener("click", () => cm.preferences.choose(group.dataset.switch, button.dataset.choice));
  }
  function drawSwitches() {
    for (const button of document.querySelectorAll("[data-switch] button")) {
      button.setAttribute("aria-pressed", String(cm.preferences[button.closest("[data-switch]").dataset.switch] === button.dataset.choice));
    }
    document.title = `${cm.say(cm.spec.title)} · ${cm.say(cm.spec.siteTitle)}`;
  }

  // What only the server behind the login can do. From the disk and from other servers it is not offered.
  function offerDownloads() {
    if (!location.protocol.startsWith("http") || !location.pathname.split("/").includes(cm.spec.servedUnder)) return;
    for (const node of document.querySelectorAll("[data-served]")) node.hidden = false;
    for (const link of document.querySelectorAll("[data-export]")) link.setAttribute("href", `${link.dataset.export}?language=${cm.preferences.language}`);
  }

  async function draw() {
    round += 1;
    const mine = round;
    delete document.body.dataset.ready;
    drawSwitches();
    offerDownloads();
    if (cm.filters.namesCommunity) await cm.loadCommunities().catch(() => sayThatNothingIsKnown(mine));
    if (mine !== round || document.body.dataset.ready) return;
    drawFilters();
    await drawTiles();
  }
  // Without their names the chosen community cannot be found, and the numbers of everything would stand under its address.
  function sayThatNothingIsKnown(mine) {
    if (mine !== round) return;
    for (const tile of tiles) cm.frame(tile).show(cm.element("p", { class: "empty" }, cm.words("load_failed")));
    document.body.dataset.ready = String(round);
  }
  // On a phone the navigation is wider than the screen: bring the page's own entry into view.
  const current = document.querySelector(".pages [aria-current]");
  current.parentElement.scrollLeft = current.offsetLeft - (current.parentElement.clientWidth - current.offsetWidth) / 2;

  cm.filters.onChange(() => {
    arrival = cm.filters.arrival();
    draw();
  });
  cm.preferences.onChange(draw);
  draw();
})();
