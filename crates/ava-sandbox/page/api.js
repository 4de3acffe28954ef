// The sandbox's control plane, and what happens there. docs/sandbox.md describes the shapes.

/** @typedef {{id: string, phone: string, message: string, direction: "inbound" | "outbound", timestamp: string, status: string}} Message */
/** @typedef {Record<string, unknown> & {on: string, times: number | null, skip: number}} Fault */
/** @typedef {{id: number, skipped: number, hits: number, fault: Fault}} InstalledFault */
/** @typedef {{outbound_fails_for: string[], poll_lag_ms: number, [name: string]: unknown}} Settings */
/** @typedef {{messages: Message[], faults: InstalledFault[], settings: Settings, script: {remaining: number} | null}} State */
/** @typedef {{base_url: string, api_key: string}} Connect */
/** @typedef {{text: string, bytes: number}} Excerpt */
/** @typedef {"send" | "messages" | "poll" | "generate"} Call */
/** @typedef {"pending" | "answered" | "cut" | "dropped_before" | "dropped_after" | "client_disconnected"} End */
/**
 * @typedef {object} Exchange
 * @property {number} seq
 * @property {number} version
 * @property {string} at
 * @property {Call | null} call
 * @property {string | null} phone
 * @property {string} method
 * @property {string} path
 * @property {string | null} query
 * @property {Record<string, string>} headers
 * @property {Excerpt} body
 * @property {{id: number, does: string}[]} faults
 * @property {{status: number, headers: Record<string, string>, body: Excerpt} | null} answer
 * @property {End} end
 * @property {number | null} took_ms
 * @property {{of: number, attempt: number} | null} retry
 * @property {number[]} confirms
 * @property {number[]} missing
 * @property {number | null} confirmed_by
 * @property {boolean} lost
 * @property {string | null} message_id
 * @property {boolean} idle
 */
/** @typedef {{type: string, message?: Message, action?: string}} Happening */

/** How long to wait before looking for a sandbox that is gone. */
const AGAIN_MS = 1000;

/** Every type of event; `missed` says that some were lost. */
const TYPES = [
  "request",
  "response",
  "fault",
  "dropped",
  "client_disconnected",
  "outbound",
  "inbound",
  "delivery",
  "control",
];

/**
 * Uses a control.
 * @param {"GET" | "POST" | "DELETE" | "PATCH"} method
 * @param {string} control
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function control(method, control, body) {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`/_sandbox/${control}`, { method, cache: "no-store", ...text });
  const answer = await response.json();
  if (!response.ok) throw new Error(typeof answer?.error === "string" ? answer.error : `HTTP ${response.status}`);
  return answer;
}

/**
 * Follows what happens, for as long as the page is there. Each time that it is connected, and where events were
 * missed, `connected` reads everything anew; what happens meanwhile is told afterwards.
 * @param {{connected: () => Promise<void>, happened: (event: Happening) => void, gone: () => void}} tell
 */
export function follow(tell) {
  const events = new EventSource("/_sandbox/events");
  /** @type {Happening[] | null} */
  let waiting = [];
  const again = () => {
    events.close();
    tell.gone();
    setTimeout(() => follow(tell), AGAIN_MS);
  };
  const read = async () => {
    waiting = [];
    try {
      await tell.connected();
    } catch {
      return again();
    }
    const missed = waiting;
    waiting = null;
    missed.forEach(tell.happened);
  };
  events.addEventListener("open", () => void read());
  events.addEventListener("missed", () => void read());
  events.addEventListener("error", () => again());
  for (const type of TYPES) {
    events.addEventListener(type, (frame) => {
      /** @type {Happening} */
      const event = JSON.parse(frame.data);
      if (waiting) waiting.push(event);
      else tell.happened(event);
    });
  }
}

/**
 * Runs something soon, and not again before it is done, however often it is asked for.
 * @param {() => Promise<void>} run
 * @returns {() => void}
 */
export function soon(run) {
  let planned = false;
  let running = false;
  const go = async () => {
    planned = false;
    running = true;
    // If the sandbox is gone, the stream says so, and all is read again when it is back.
    await run().catch(() => undefined);
    running = false;
    if (planned) setTimeout(go, 40);
  };
  return () => {
    if (planned) return;
    planned = true;
    if (!running) setTimeout(go, 40);
  };
}
