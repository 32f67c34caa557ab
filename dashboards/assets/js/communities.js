// Communities: their names, which stand in a file of their own because there may be thousands, and the box that finds one of them.
"use strict";
(() => {
  const cm = window.communityMetrics;
  const FILE = "communities";
  const SHOWN = 20;
  let reading = null;

  // Puts them, in the order of their positions, where the other scopes are; once, and only on pages that need them.
  cm.loadCommunities = () => {
    if (!cm.spec.communities) return Promise.resolve();
    reading ??= cm.load(FILE).then(({ id, zh, platform, platforms }) => {
      cm.spec.scopes.community = id.map((key, index) => ({ id: key, zh: zh[index], en: zh[index], platform: platforms[platform[index]] }));
    });
    return reading;
  };

  // -> the communities that hold every word, the most active first: {shown, total}
  function find(text) {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const found = cm.spec.scopes.community.filter((community) => {
      const searched = `${community.zh} ${community.id} ${cm.platformLabel(community.platform)}`.toLowerCase();
      return words.every((word) => searched.includes(word));
    });
    return { shown: found.slice(0, SHOWN), total: found.length };
  }

  // A box with a list under it, as WAI-ARIA describes a combobox: arrows choose, Enter takes, Escape closes.
  cm.communitySearch = (pick) => {
    const list = cm.element("ul", { id: "community-list", role: "listbox", "aria-label": cm.words("find_community"), hidden: true });
    const status = cm.element("span", { class: "hidden-text", role: "status" });
    const input = cm.element("input", {
      type: "search",
      id: "community-query",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: cm.words("find_community"),
      "aria-label": cm.words("find_community"),
      "aria-expanded": "false",
      "aria-controls": "community-list",
      "aria-autocomplete": "list",
    });
    let current = -1;

    function close() {
      list.hidden = true;
      current = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(index) {
      const options = [...list.querySelectorAll("[role=option]")];
      if (!options.length) return;
      current = (index + options.length) % options.length;
      options.forEach((option, position) => option.setAttribute("aria-selected", String(position === current)));
      options[current].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[current].id);
    }
    function option(community, index) {
      const detail = cm.element("small", {}, `${cm.platformLabel(community.platform)} · ${community.id.replace(`${community.platform}:`, "")}`);
      const node = cm.element("li", { id: `community-option-${index}`, role: "option", "aria-selected": "false", "data-scope": community.id }, community.zh, detail);
      // Before the box loses the focus, which closes the list.
      node.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(community);
      });
      return node;
    }
    function take(community) {
      close();
      pick(`community:${community.id}`);
    }
    async function open() {
      await cm.loadCommunities();
      if (document.activeElement !== input) return;
      const { shown, total } = find(input.value);
      const said = total ? cm.words("found_some", { n: shown.length, total }) : cm.words("found_none");
      list.replaceChildren(...shown.map(option), ...(total > shown.length || !total ? [cm.element("li", { role: "presentation", class: "found" }, said)] : []));
      status.textContent = said;
      list.hidden = false;
      current = -1;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
    }
    function press(event) {
      if (event.key === "Escape" && !list.hidden) {
        event.preventDefault(); // or the browser would empty the box, which opens the list again
        close();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open();
        else mark(event.key === "ArrowDown" ? current + 1 : current < 0 ? -1 : current - 1);
      } else if (event.key === "Enter" && !list.hidden) {
        const { shown } = find(input.value);
        const community = shown[Math.max(current, 0)];
        if (community) take(community);
      }
    }
    const quietly = () => open().catch(() => close());
    input.addEventListener("focus", quietly);
    input.addEventListener("input", quietly);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", press);
    return cm.element("div", { class: "community-search" }, input, list, status);
  };
})();
