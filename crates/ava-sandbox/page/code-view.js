// The call in the language that the reader chose, and a button that copies it.

import { LANGUAGES } from "./code.js";
import { h, say } from "./dom.js";

/** @typedef {import("./api.js").Connect} Connect */
/** @typedef {import("./code.js").Told} Told */

const KEPT_AS = "ava-sandbox-language";
let group = 0;

/** @returns {string} */
function chosen() {
  try {
    return localStorage.getItem(KEPT_AS) ?? "Rust";
  } catch {
    return "Rust"; // A browser may forbid it.
  }
}

/** @param {string} name */
function choose(name) {
  try {
    localStorage.setItem(KEPT_AS, name);
  } catch {
    // Then it holds until the page is left.
  }
  document.dispatchEvent(new CustomEvent("language", { detail: name }));
}

/**
 * @param {Told} told
 * @param {Connect} connect
 * @returns {HTMLElement}
 */
export function codeView(told, connect) {
  const name = `language-${(group += 1)}`;
  const code = h("code");
  const text = h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": "The call as code" }, code);
  const copy = copyButton(() => code.textContent ?? "", "Copy the call");
  const choices = LANGUAGES.map((language) => {
    const radio = h("input", { type: "radio", name, value: language.name, onchange: () => choose(language.name) });
    return { language, radio, label: h("label", { class: "choice" }, radio, h("span", {}, language.name)) };
  });
  const show = (/** @type {string} */ wanted) => {
    const choice = choices.find(({ language }) => language.name === wanted) ?? choices[0];
    if (!choice) return;
    choice.radio.checked = true;
    code.textContent = choice.language.code(told, connect);
  };
  const view = h(
    "div",
    { class: "code-view" },
    h("div", { class: "code-bar" }, h("div", { class: "choices", role: "radiogroup", "aria-label": "Language" }, ...choices.map(({ label }) => label)), copy),
    text,
  );
  show(chosen());
  const follow = (/** @type {Event} */ event) => {
    // Views come and go with what they belong to.
    if (!view.isConnected) document.removeEventListener("language", follow);
    else if (event instanceof CustomEvent) show(event.detail);
  };
  document.addEventListener("language", follow);
  return view;
}

/**
 * @param {() => string} text
 * @param {string} label
 */
export function copyButton(text, label) {
  const button = h("button", { type: "button", class: "quiet small", "aria-label": label }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
      say("Copied");
    } catch {
      button.textContent = "Not allowed";
      say("The browser does not allow copying; select the text instead");
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}
