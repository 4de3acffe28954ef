// Remembers the language that a reader chose, here and on the other pages.
const kept = "ava-language";
const choose = (language) => {
  for (const label of document.querySelectorAll(".tab-label")) {
    if (label.textContent.trim() === language) document.getElementById(label.htmlFor).checked = true;
  }
};
addEventListener("DOMContentLoaded", () => {
  const before = localStorage.getItem(kept);
  if (before) choose(before);
  const keep = (label) => {
    const from = label.getBoundingClientRect().top;
    const language = label.textContent.trim();
    localStorage.setItem(kept, language);
    choose(language);
    // Tabs above it may have grown or shrunk.
    scrollBy({ top: label.getBoundingClientRect().top - from, behavior: "instant" });
  };
  // The tabs' own script checks the input of a label that is clicked, after which nothing changes.
  document.addEventListener("click", ({ target }) => {
    if (target.matches(".tab-label")) keep(target);
  });
  // By keyboard no label is clicked.
  document.addEventListener("change", ({ target }) => {
    if (target.matches(".tab-input")) keep(document.querySelector(`label[for="${target.id}"]`));
  });
});
