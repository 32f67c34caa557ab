// The page of restatements: rows of the chosen mart that hold every word of the search, in either language.
"use strict";
(() => {
  const { preferences } = window.communityMetrics;
  const mart = document.getElementById("restated-mart");
  const query = document.getElementById("restated-query");
  if (!mart || !query) return;
  const rows = [...document.querySelectorAll(".restated")];
  const count = document.getElementById("restated-count");
  const nothing = document.getElementById("restated-nothing");

  function narrow() {
    const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = Boolean(mart.value && row.dataset.mart !== mart.value) || !words.every((word) => row.dataset.search.includes(word));
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = String(shown);
    nothing.hidden = shown > 0;
  }

  // An option holds one text, not one for each language.
  function say() {
    for (const option of mart.options) if (option.dataset.zh) option.textContent = option.dataset[preferences.language];
  }

  preferences.onChange(say);
  say();
  mart.addEventListener("change", narrow);
  query.addEventListener("input", narrow);
})();
