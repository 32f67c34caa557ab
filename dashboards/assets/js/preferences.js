// Language and theme. Runs in the head, before anything is painted, so that no page flashes in the wrong one.
"use strict";
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const listeners = [];

  // Storage may be switched off; the page then keeps the choice only until the next page.
  function stored(name) {
    try {
      return localStorage.getItem(`community-metrics.${name}`);
    } catch {
      return null;
    }
  }
  function store(name, value) {
    try {
      localStorage.setItem(`community-metrics.${name}`, value);
    } catch {
      return;
    }
  }

  const browserLanguage = (navigator.language || "zh").toLowerCase().startsWith("zh") ? "zh" : "en";
  const preferences = {
    language: ["zh", "en"].includes(stored("language")) ? stored("language") : browserLanguage,
    theme: ["light", "dark", "auto"].includes(stored("theme")) ? stored("theme") : "auto",
    onChange: (listener) => listeners.push(listener),
    printing: false,
    print(printing) {
      const wasDark = isDark();
      preferences.printing = printing;
      if (isDark() !== wasDark) apply();
    },
    choose(name, value) {
      preferences[name] = value;
      store(name, value);
      apply();
    },
  };

  const isDark = () => !preferences.printing && (preferences.theme === "dark" || (preferences.theme === "auto" && prefersDark.matches));
  function apply() {
    root.dataset.theme = isDark() ? "dark" : "light";
    root.dataset.language = preferences.language;
    root.lang = preferences.language === "zh" ? "zh-CN" : "en";
    for (const listener of listeners) listener();
  }

  prefersDark.addEventListener("change", apply);
  window.communityMetrics = { preferences };
  apply();
})();
