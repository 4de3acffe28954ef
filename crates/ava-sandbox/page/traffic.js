// The requests as they come, and what became of each.

import { control } from "./api.js";
import { codeView } from "./code-view.js";
import { told } from "./code.js";
import { arrange, byId, clockWithSeconds, counted, following, h, visible } from "./dom.js";

/** @typedef {import("./api.js").Exchange} Exchange */
/** @typedef {import("./api.js").Connect} Connect */

/** More are remembered by the sandbox. */
const SHOWN = 300;

/** @param {{connect: () => Connect, changed: () => void}} page */
export function traffic(page) {
  const list = byId("exchanges", HTMLElement);
  const none = byId("no-traffic", HTMLElement);
  /** @type {Map<number, Exchange>} */
  let exchanges = new Map();
  /** @type {Map<number, {version: number, element: HTMLLIElement}>} */
  const made = new Map();
  let version = 0;
  none.append(
    h("h2", {}, "No traffic yet"),
    h("p", {}, "Each request of your code shows up here: its answer, the faults that hit it, its retries, and when a history confirms a send whose answer was lost."),
    h("p", {}, "Send something from your code, or try ", h("code", {}, "ava send +15550100142 'Hello!'"), "."),
  );

  async function read() {
    const news = await control("GET", `traffic?since=${version}`);
    version = news.version;
    for (const exchange of news.exchanges) exchanges.set(exchange.seq, exchange);
    const kept = [...exchanges].sort(([one], [other]) => one - other).slice(-SHOWN);
    exchanges = new Map(kept);
    if (news.exchanges.length > 0) page.changed();
    draw();
  }

  function draw() {
    /** @type {HTMLElement[]} */
    const nodes = [];
    /** @type {Exchange[]} */
    let idle = [];
    const fold = () => {
      if (idle.length > 0) nodes.push(quiet(idle));
      idle = [];
    };
    for (const exchange of exchanges.values()) {
      if (exchange.idle) {
        idle.push(exchange);
        continue;
      }
      fold();
      nodes.push(item(exchange));
    }
    fold();
    following(list, () => arrange(list, nodes));
    for (const seq of made.keys()) if (!exchanges.has(seq)) made.delete(seq);
    list.hidden = nodes.length === 0;
    none.hidden = nodes.length > 0;
  }

  /** One line for polls that found nothing. @param {Exchange[]} polls */
  function quiet(polls) {
    const [first, last] = [polls[0], polls[polls.length - 1]];
    if (!first || !last) return h("li");
    const known = made.get(first.seq);
    if (known?.version === last.seq) return known.element;
    const element = known?.element.classList.contains("idle") ? known.element : h("li", { class: "idle" });
    element.textContent = `${counted(polls.length, "poll")} found nothing new · last at ${clockWithSeconds(last.at)}`;
    made.set(first.seq, { version: last.seq, element });
    return element;
  }

  /** @param {Exchange} exchange */
  function item(exchange) {
    const known = made.get(exchange.seq);
    if (known?.version === exchange.version && !known.element.classList.contains("idle")) return known.element;
    const wasOpen = known?.element.querySelector("details")?.open ?? false;
    const hadFocus = known?.element.contains(document.activeElement) ?? false;
    const call = told(exchange);
    const summary = h(
      "summary",
      {},
      h("span", {}, h("span", { class: "what" }, title(exchange)), h("span", { class: `status ${tone(exchange)}` }, outcome(exchange))),
      call?.call === "send" && h("bdi", { class: "said" }, `“${visible(call.text.slice(0, 120))}”`),
      h(
        "span",
        {},
        h("span", { class: "wire" }, `${exchange.method} ${exchange.path}${exchange.query ? `?${exchange.query}` : ""}`),
        h("span", { class: "took" }, `#${exchange.seq} · ${clockWithSeconds(exchange.at)}${took(exchange)}`),
      ),
    );
    const details = h("details", {}, summary);
    const fill = () => {
      if (details.open && details.children.length === 1) details.append(inside(exchange));
    };
    details.addEventListener("toggle", () => {
      fill();
      if (details.open && !wasOpen) element.scrollIntoView({ block: "nearest" });
    });
    details.open = wasOpen;
    fill();
    const notes = badges(exchange);
    const element = h("li", { class: `exchange ${tone(exchange)}`, "data-seq": String(exchange.seq) }, details, notes.length > 0 && h("ul", { class: "badges", "aria-label": "What happened" }, ...notes));
    if (known) known.element.replaceWith(element);
    if (hadFocus) summary.focus();
    made.set(exchange.seq, { version: exchange.version, element });
    return element;
  }

  /** @param {Exchange} exchange */
  function badges(exchange) {
    const notes = exchange.faults.map((fault) => badge("fault", `Fault: ${fault.does}`));
    if (exchange.retry) notes.push(badge("retry", `Retry, attempt ${exchange.retry.attempt} of `, exchange.retry.of));
    for (const seq of exchange.confirms) notes.push(badge("sure", "This history confirms ", seq));
    for (const seq of exchange.missing) notes.push(badge("missing", "This history doesn’t show ", seq));
    if (exchange.lost && exchange.confirmed_by === null) notes.push(badge("missing", "Sent or not? Your code can’t know yet"));
    if (exchange.confirmed_by !== null) notes.push(badge("sure", "Confirmed from history by ", exchange.confirmed_by));
    if (exchange.end === "client_disconnected") notes.push(badge("fault", "The client went away before it had the answer"));
    return notes;
  }

  /** @param {string} kind @param {string} words @param {number} [seq] the exchange that it leads to */
  function badge(kind, words, seq) {
    const go = () => {
      const target = seq === undefined ? undefined : made.get(seq)?.element;
      target?.scrollIntoView({ block: "center" });
      target?.querySelector("summary")?.focus();
    };
    return h("li", { class: `badge ${kind}` }, words, seq !== undefined && h("button", { type: "button", class: "go", onclick: go, "aria-label": `request ${seq}` }, `#${seq}`));
  }

  /** @param {Exchange} exchange */
  function inside(exchange) {
    const call = told(exchange);
    const { answer } = exchange;
    return h(
      "div",
      { class: "inside" },
      call && h("h3", {}, "The call"),
      call && codeView(call, page.connect()),
      h("h3", {}, "Request"),
      wire(`${exchange.method} ${exchange.path}${exchange.query ? `?${exchange.query}` : ""}`, exchange.headers, exchange.body, "Request"),
      h("h3", {}, "Answer"),
      answer ? wire(`HTTP ${answer.status}`, answer.headers, answer.body, "Answer") : h("p", {}, exchange.end === "pending" ? "It is being worked on." : "There was none."),
    );
  }

  return {
    read,
    /** Everything anew: after a connection was lost, or a reset. */
    async reload() {
      exchanges = new Map();
      made.clear();
      list.replaceChildren();
      version = 0;
      await read();
    },
    /** Whether a message's send was confirmed from the history. @param {string} id */
    confirmed(id) {
      for (const exchange of exchanges.values()) {
        if (exchange.message_id === id && exchange.confirmed_by !== null) return true;
      }
      return false;
    },
  };
}

/** @param {string} line @param {Record<string, string>} headers @param {import("./api.js").Excerpt} body @param {string} name */
function wire(line, headers, body, name) {
  const head = Object.entries(headers).map(([key, value]) => `${key}: ${value}`);
  const rest = body.bytes > new TextEncoder().encode(body.text).length ? `\n… (${counted(body.bytes, "byte")} in all)` : "";
  const text = visible([line, ...head, "", pretty(body.text) + rest].join("\n")).trimEnd();
  return h("pre", { class: "code", tabIndex: 0, role: "region", "aria-label": name }, text);
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** @param {Exchange} exchange */
function title(exchange) {
  const phone = exchange.phone === null ? "" : ` ${exchange.phone}`;
  switch (exchange.call) {
    case "send":
      return `Send to${phone}`;
    case "messages":
      return `History of${phone}`;
    case "poll":
      return `Poll${phone && ` of${phone}`}`;
    case "generate":
      return `Draft for${phone}`;
    default:
      return "No such call";
  }
}

/** @param {Exchange} exchange */
function outcome(exchange) {
  switch (exchange.end) {
    case "pending":
      return "waiting";
    case "dropped_before":
      return "request lost";
    case "dropped_after":
      return "answer lost";
    case "client_disconnected":
      return "client left";
    case "cut":
      return `${exchange.answer?.status ?? ""} cut`;
    case "answered": {
      const status = exchange.answer?.status ?? 0;
      return status < 300 && exchange.lost ? `${status} unreadable` : String(status);
    }
  }
}

/** @param {Exchange} exchange */
function took({ took_ms }) {
  if (took_ms === null) return "";
  return ` · ${took_ms === 0 ? "< 1" : took_ms} ms`;
}

/** @param {Exchange} exchange */
function tone(exchange) {
  if (exchange.end === "pending") return "pending";
  const status = exchange.answer?.status ?? 0;
  return exchange.end === "answered" && status < 300 && !exchange.lost ? "good" : "bad";
}
