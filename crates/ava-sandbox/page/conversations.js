// The phone: whom the developer plays, and what was said.

import { control } from "./api.js";
import { codeView, copyButton } from "./code-view.js";
import { arrange, byId, clock, counted, following, h, say } from "./dom.js";

/** @typedef {import("./api.js").Message} Message */
/** @typedef {import("./api.js").Connect} Connect */

/** More of a text is shown on demand. */
const SHOWN_CHARACTERS = 2000;
/** More messages are shown on demand. */
const SHOWN_MESSAGES = 200;
const E164 = /^\+[1-9][0-9]{1,14}$/;

const MARKS = /** @type {Record<string, string>} */ ({
  queued: "Queued",
  sent: "Sent",
  delivered: "Delivered",
  failed: "Not delivered",
});

/**
 * @param {{connect: () => Connect, confirmed: (id: string) => boolean, opened: () => void}} page
 */
export function conversations(page) {
  /** In order of creation. @type {Map<string, Message>} */
  const messages = new Map();
  /** The numbers that are played though nothing was said yet. @type {Set<string>} */
  const started = new Set();
  /** @type {Map<string, number>} */
  const unread = new Map();
  /** @type {Map<string, {made: string, element: HTMLElement}>} */
  const bubbles = new Map();
  /** @type {string | null} */
  let open = decodeURIComponent(location.hash.slice(1)) || null;
  let shown = SHOWN_MESSAGES;
  /** Texts not sent yet. @type {Map<string, string>} */
  const drafts = new Map();

  const list = byId("conversations", HTMLElement);
  const phone = byId("phone", HTMLElement);
  const start = byId("start", HTMLFormElement);
  const number = byId("number", HTMLInputElement);
  const wrong = byId("number-wrong", HTMLElement);

  start.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = number.value.replace(/[\s().-]/g, "");
    if (!E164.test(wanted)) {
      wrong.textContent = "A plus sign, the country and the number: +15550100142";
      number.setAttribute("aria-invalid", "true");
      number.focus();
      return;
    }
    number.value = "";
    started.add(wanted);
    select(wanted);
  });
  number.addEventListener("input", () => {
    wrong.textContent = "";
    number.removeAttribute("aria-invalid");
  });

  /** @returns {Map<string, Message | null>} each number with its last message, the latest first */
  function threads() {
    /** @type {Map<string, Message | null>} */
    const last = new Map();
    for (const message of messages.values()) {
      last.delete(message.phone);
      last.set(message.phone, message);
    }
    for (const wanted of started) if (!last.has(wanted)) last.set(wanted, null);
    return new Map([...last].reverse());
  }

  /** @param {string | null} wanted */
  function select(wanted) {
    keepDraft();
    open = wanted;
    shown = SHOWN_MESSAGES;
    if (wanted !== null) unread.delete(wanted);
    history.replaceState(null, "", wanted === null ? location.pathname : `#${encodeURIComponent(wanted)}`);
    bubbles.clear();
    built = null;
    document.body.dataset.list = "closed";
    draw();
    page.opened();
    phone.querySelector("textarea")?.focus();
  }

  function keepDraft() {
    const field = phone.querySelector("textarea");
    if (open !== null && field) drafts.set(open, field.value);
  }

  const nobody = h("li", { class: "nobody" }, "Whoever your code writes to appears here.");
  /** @type {Map<string, HTMLLIElement>} */
  const items = new Map();
  /** @param {string} of @param {Message | null} last */
  function item(of, last) {
    const count = unread.get(of) ?? 0;
    const who = last?.direction === "outbound" ? "Your code: " : "";
    const preview = last ? `${who}${last.message.slice(0, 80)}` : "Nothing said yet";
    const made = JSON.stringify([preview, last?.timestamp, count, of === open]);
    const known = items.get(of);
    if (known?.dataset.made === made) return known;
    const button = known?.querySelector("button") ?? h("button", { type: "button", onclick: () => select(of) });
    button.replaceChildren(
      h("span", { class: "number" }, of),
      h("span", { class: "when" }, last ? clock(last.timestamp) : ""),
      h("bdi", { class: "preview" }, preview),
      count > 0 ? h("span", { class: "count" }, String(count), h("span", { class: "unseen" }, " new")) : "",
    );
    if (of === open) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    const element = known ?? h("li", {}, button);
    element.dataset.made = made;
    items.set(of, element);
    return element;
  }

  /** What the conversation on screen was built for. @type {string | null} */
  let built = null;

  function draw() {
    const all = threads();
    if (open === null && all.size > 0) open = [...all.keys()][0] ?? null;
    if (open !== null && !all.has(open)) started.add(open);
    const rows = [...threads()].map(([of, last]) => item(of, last));
    arrange(list, rows.length > 0 ? rows : [nobody]);
    document.body.dataset.conversation = open === null ? "none" : "open";
    if (open === null) {
      if (built !== "") phone.replaceChildren(...welcome());
      built = "";
      return;
    }
    if (built !== open) phone.replaceChildren(...conversation(open));
    built = open;
    drawMessages(open);
  }

  /** Where there is no room for both. */
  function showList() {
    document.body.dataset.list = "open";
    list.querySelector("button")?.focus();
  }

  function welcome() {
    const connect = page.connect();
    const exports = `export AVA_BASE_URL=${connect.base_url}\nexport AVA_API_KEY=${connect.api_key}`;
    return [
      h(
        "div",
        { class: "welcome" },
        h("h2", { id: "phone-title" }, "You are the other person"),
        h("p", {}, "Your code sends messages; you read them here and answer. Two ways to begin:"),
        h("h3", {}, "Your code writes first"),
        h("p", {}, "Tell it where the sandbox is:"),
        h("div", { class: "code-view" }, h("div", { class: "code-bar" }, h("span", {}, "Shell"), copyButton(() => exports, "Copy the settings")), h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": "Settings for your code" }, exports)),
        h("p", {}, "and send:"),
        codeView({ call: "send", phone: "+15550100142", text: "Hello from AVA!" }, connect),
        h("h3", {}, "Or you write first"),
        h("p", {}, "Start a conversation as any number, and let your code listen:"),
        codeView({ call: "listen" }, connect),
      ),
    ];
  }

  /** @param {string} as */
  function conversation(as) {
    const text = h("textarea", {
      id: "text",
      rows: 1,
      placeholder: "What do you answer?",
      "aria-describedby": "text-hint",
      enterKeyHint: "send",
      value: drafts.get(as) ?? "",
      dir: "auto",
    });
    const problem = h("p", { class: "wrong", role: "alert" });
    const form = h(
      "form",
      { class: "composer" },
      h("label", { for: "text" }, `Write as ${as}`),
      h("div", { class: "field" }, text, h("button", { type: "submit", class: "strong" }, "Send")),
      problem,
      h("p", { class: "hint", id: "text-hint" }, "Enter sends, Shift+Enter begins a new line. Your code gets it from listen() or poll()."),
    );
    const write = async () => {
      if (text.value.trim() === "") return text.focus();
      const sent = text.value;
      try {
        problem.textContent = "";
        text.value = "";
        put(await control("POST", "inbound", { phone: as, text: sent }));
        draw();
        const log = byId("log", HTMLElement);
        log.scrollTop = log.scrollHeight;
      } catch (error) {
        // Nothing of it is lost: it stands there again.
        if (text.value === "") text.value = sent;
        problem.textContent = `It did not arrive: ${error instanceof Error ? error.message : error}`;
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void write();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void write();
    });
    return [
      h(
        "header",
        { class: "phone-head" },
        h("button", { type: "button", class: "quiet back", onclick: showList, "aria-label": "All conversations" }, "‹ All"),
        h("div", {}, h("h2", { id: "phone-title" }, as), h("p", {}, "You are this person; grey bubbles are your code’s.")),
      ),
      h("div", { id: "log", class: "log", role: "log", tabIndex: 0, "aria-label": `Messages with ${as}` }),
      form,
    ];
  }

  /** @param {string} as */
  function drawMessages(as) {
    const log = byId("log", HTMLElement);
    const all = [...messages.values()].filter((message) => message.phone === as);
    const visible = all.slice(-shown);
    /** @type {HTMLElement[]} */
    const nodes = visible.map((message, index) => {
      const next = visible[index + 1];
      const last = next?.direction !== message.direction || clock(next.timestamp) !== clock(message.timestamp) || message.status === "failed";
      return bubble(message, last);
    });
    if (all.length > visible.length) {
      const more = () => {
        shown += SHOWN_MESSAGES;
        draw();
      };
      nodes.unshift(h("button", { type: "button", class: "quiet earlier", onclick: more }, `Show earlier messages (${all.length - visible.length})`));
    }
    if (all.length === 0) {
      nodes.push(h("p", { class: "empty" }, "Nothing said yet. Write something below, or let your code send to this number."));
    }
    following(log, () => arrange(log, nodes));
  }

  /** @param {Message} message @param {boolean} last of those that belong together */
  function bubble(message, last) {
    const confirmed = page.confirmed(message.id);
    const made = JSON.stringify([message.status, message.timestamp, message.message.length, last, confirmed]);
    const known = bubbles.get(message.id);
    if (known?.made === made) return known.element;
    const mine = message.direction === "inbound";
    const text = h("p", { class: "text", dir: "auto" });
    const long = message.message.length > SHOWN_CHARACTERS;
    text.textContent = long ? `${message.message.slice(0, SHOWN_CHARACTERS)}…` : message.message;
    const all = () => {
      text.textContent = message.message;
      more.remove();
    };
    const more = h("button", { type: "button", class: "more", onclick: all }, `Show all ${counted(message.message.length, "character")}`);
    const mark = mine ? "" : (MARKS[message.status] ?? message.status);
    const failed = message.status === "failed";
    const element = h(
      "article",
      { class: `bubble ${mine ? "mine" : "theirs"}${last ? " last" : ""}`, "data-id": message.id, "data-status": message.status },
      h("span", { class: "unseen" }, mine ? "You: " : "Your code: "),
      h("div", { class: "body" }, text, long && more),
      last &&
        h(
          "p",
          { class: "meta" },
          h("time", { dateTime: message.timestamp, title: message.timestamp }, clock(message.timestamp)),
          mark && h("span", { class: failed ? "mark bad" : "mark" }, failed ? `! ${mark}` : mark),
          confirmed && h("span", { class: "mark sure" }, "confirmed from history"),
        ),
    );
    bubbles.set(message.id, { made, element });
    return element;
  }

  /** @param {Message} message */
  function put(message) {
    messages.set(message.id, message);
  }

  return {
    /** @param {Message[]} all */
    load(all) {
      messages.clear();
      for (const message of all) put(message);
      built = built === "" ? null : built;
      draw();
    },
    /** @param {Message} message */
    add(message) {
      const fresh = !messages.has(message.id);
      put(message);
      if (fresh && message.direction === "outbound") {
        if (message.phone !== open && open !== null) unread.set(message.phone, (unread.get(message.phone) ?? 0) + 1);
        if (message.phone !== open) say(`Your code wrote to ${message.phone}`);
      }
      draw();
    },
    forget() {
      started.clear();
      unread.clear();
      drafts.clear();
      items.clear();
      open = null;
      built = null;
      history.replaceState(null, "", location.pathname);
    },
    draw,
    open: () => open,
  };
}
