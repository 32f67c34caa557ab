// The glossary: terms that hold every word of the search, in either language; an address that ends in #name opens at that term.
"use strict";
(() => {
  const query = document.getElementById("glossary-query");
  if (!query) return;
  const terms = [...document.querySelectorAll(".term")];
  const count = document.querySelector(".glossary-count b");
  const nothing = document.getElementById("glossary-nothing");

  function narrow() {
    const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const term of terms) term.hidden = !words.every((word) => term.dataset.search.includes(word));
    for (const chapter of document.querySelectorAll(".glossary-chapter")) chapter.hidden = !chapter.querySelector(".term:not([hidden])");
    const shown = terms.filter((term) => !term.hidden).length;
    count.textContent = String(shown);
    nothing.hidden = shown > 0;
  }

  // A link to a term that the search hides would lead nowhere.
  function reveal() {
    const term = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!term?.hidden) return;
    query.value = "";
    narrow();
    term.scrollIntoView();
  }

  query.addEventListener("input", narrow);
  window.addEventListener("hashchange", reveal);
})();
