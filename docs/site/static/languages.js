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
  // By keyboard, too, where no label is clicked.
  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".tab-input")) return;
    const language = document.querySelector(`label[for="${target.id}"]`).textContent.trim();
    const from = target.getBoundingClientRect().top;
    localStorage.setItem(kept, language);
    choose(language);
    // Tabs above it may have grown or shrunk.
    scrollBy({ top: target.getBoundingClientRect().top - from, behavior: "instant" });
  });
});
