// The faults that have a switch: what each sends to the sandbox, and how it is found again among what is installed.

/** @typedef {import("./api.js").Fault} Fault */
/**
 * @typedef {object} Switch
 * @property {string} id
 * @property {string} label
 * @property {string} hint
 * @property {(value: string) => Record<string, unknown>} members what it does, as members of a fault
 * @property {{label: string, start: string, choices?: [string, string][], unit?: string}} [value]
 * @property {string} [on] the only calls for which it means something
 */

const STATUSES = /** @type {[string, string][]} */ ([
  ["429", "429 too many requests"],
  ["500", "500 internal error"],
  ["502", "502 bad gateway"],
  ["503", "503 overloaded"],
  ["408", "408 timeout"],
  ["400", "400 bad request"],
  ["401", "401 key refused"],
  ["403", "403 not allowed"],
  ["404", "404 not found"],
]);

/** @type {{name: string, switches: Switch[]}[]} */
export const GROUPS = [
  {
    name: "Connection",
    switches: [
      {
        id: "drop-after",
        label: "Lose the answer",
        hint: "The request has its effect, then the connection closes. A good client asks the history.",
        members: () => ({ drop: "after" }),
      },
      {
        id: "drop-before",
        label: "Lose the request",
        hint: "The connection closes before the request has an effect. A client can’t tell the two apart.",
        members: () => ({ drop: "before" }),
      },
      {
        id: "delay",
        label: "Answer late",
        hint: "Waits before it processes the request.",
        members: (value) => ({ delay_ms: Number(value) }),
        value: { label: "Wait", start: "3000", unit: "ms" },
      },
      {
        id: "truncate",
        label: "Cut the answer short",
        hint: "Promises the whole body, and closes the connection within.",
        members: (value) => ({ truncate: Number(value) }),
        value: { label: "Cut after", start: "20", unit: "bytes" },
      },
      {
        id: "drip",
        label: "Drip the answer",
        hint: "One byte of the body at a time.",
        members: (value) => ({ drip_ms: Number(value) }),
        value: { label: "A byte every", start: "50", unit: "ms" },
      },
    ],
  },
  {
    name: "Answer",
    switches: [
      {
        id: "status",
        label: "Answer an error",
        hint: "The request has no effect.",
        members: (value) => ({ status: Number(value) }),
        value: { label: "Status", start: "503", choices: STATUSES },
      },
      {
        id: "rate-limit",
        label: "Limit the rate",
        hint: "Answers 429, and says when to come back.",
        members: (value) => ({ status: 429, retry_after: value }),
        value: { label: "Retry-After", start: "2", unit: "s" },
      },
      {
        id: "reject",
        label: "Reject it",
        hint: "Answers 200 with success: false.",
        members: () => ({ reject: "Rejected by the sandbox" }),
      },
      { id: "garbage", label: "Answer garbage", hint: "A body that isn’t JSON.", members: () => ({ garbage: true }) },
      {
        id: "huge",
        label: "Answer far too much",
        hint: "Valid JSON, streamed.",
        members: (value) => ({ huge_bytes: Number(value) }),
        value: { label: "Size", start: "50000000", unit: "bytes" },
      },
    ],
  },
  {
    name: "Rows that a send creates",
    switches: [
      {
        id: "late",
        label: "Late in the history",
        hint: "The message shows up in the history only after a while.",
        members: (value) => ({ history_lag_ms: Number(value) }),
        value: { label: "After", start: "2000", unit: "ms" },
        on: "send",
      },
      {
        id: "equal",
        label: "Equal timestamps",
        hint: "The same time as the number’s newest message.",
        members: () => ({ timestamps: "equal" }),
        on: "send",
      },
      {
        id: "out-of-order",
        label: "Timestamps out of order",
        hint: "30 seconds in the past.",
        members: () => ({ timestamps: "out_of_order" }),
        on: "send",
      },
      {
        id: "future",
        label: "Timestamps in the future",
        hint: "One hour ahead.",
        members: () => ({ timestamps: "future" }),
        on: "send",
      },
    ],
  },
];

/** What says whom a fault hits, not what it does. */
const WHOM = new Set(["on", "times", "skip", "phone"]);

/**
 * The value that a fault has for a switch; nothing if it is another's.
 * @param {Switch} of
 * @param {Fault} fault
 * @returns {string | null}
 */
export function valueIn(of, fault) {
  const given = Object.entries(fault).filter(([name]) => !WHOM.has(name));
  const wanted = Object.entries(of.members(of.value?.start ?? ""));
  if (given.length !== wanted.length) return null;
  let value = of.value?.start ?? "";
  for (const [index, [name, usual]] of wanted.entries()) {
    const found = fault[name];
    if (found === undefined) return null;
    // The last member is what a switch's value is about; the others are as they are.
    if (of.value && index === wanted.length - 1) value = String(found);
    else if (found !== usual) return null;
  }
  return value;
}

/** Whether it still hits somebody. @param {import("./api.js").InstalledFault} installed */
export function isOn(installed) {
  return installed.fault.times === null || installed.hits < installed.fault.times;
}
