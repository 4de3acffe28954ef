// The switches, and what is on.

import { control } from "./api.js";
import { arrange, byId, h, say } from "./dom.js";
import { GROUPS, isOn, valueIn } from "./switches.js";

/** @typedef {import("./api.js").InstalledFault} InstalledFault */
/** @typedef {import("./api.js").Settings} Settings */
/** @typedef {import("./switches.js").Switch} Switch */

const CALLS = [
  ["any", "request"],
  ["send", "send"],
  ["messages", "look into a history"],
  ["poll", "poll"],
  ["generate", "draft"],
];

/** How late a poll shows a message when that is switched on. */
const LATE_MS = 5000;

/** @param {{open: () => string | null}} page */
export function faults(page) {
  const panel = byId("faults", HTMLElement);
  const active = byId("active", HTMLElement);
  const tab = byId("tab-faults", HTMLElement);
  /** @type {InstalledFault[]} */
  let installed = [];
  /** @type {Settings | null} */
  let settings = null;

  const on = h("select", { "aria-label": "What it hits" }, ...CALLS.map(([value, name]) => h("option", { value }, name)));
  const times = h("select", { "aria-label": "How often it hits" }, h("option", { value: "1" }, "the next"), h("option", { value: "" }, "every"));
  const problem = h("p", { class: "wrong", role: "alert" });

  /**
   * What is switched takes effect in the order of the clicks, each on what the one before left. Until the last of them
   * has, the switches stay as they were clicked.
   */
  let last = Promise.resolve();
  let waiting = 0;
  /** @param {() => Promise<unknown>} use */
  const attempt = (use) => {
    problem.textContent = "";
    return inTurn(async () => {
      try {
        await use();
      } catch (error) {
        problem.textContent = error instanceof Error ? error.message : String(error);
      }
    });
  };
  /** @param {() => Promise<unknown>} change */
  function inTurn(change) {
    waiting += 1;
    panel.setAttribute("aria-busy", "true");
    last = last.then(async () => {
      await change();
      await known();
      waiting -= 1;
      if (waiting > 0) return;
      draw();
      panel.removeAttribute("aria-busy");
    });
    return last;
  }
  /** Nothing new if the sandbox is gone: the page says so itself. */
  async function known() {
    try {
      [installed, settings] = await Promise.all([control("GET", "faults"), control("GET", "settings")]);
    } catch {}
  }

  const rows = GROUPS.flatMap((group) => group.switches).map((of) => row(of));
  /** @param {Switch} of */
  function row(of) {
    const input = h("input", { type: "checkbox", role: "switch", id: `fault-${of.id}`, "aria-describedby": `hint-${of.id}` });
    const value = of.value && field(of.id, of.value);
    const whom = () => ({ on: of.on ?? on.value, times: times.value === "" ? null : Number(times.value) });
    const mine = () => installed.filter((fault) => isOn(fault) && valueIn(of, fault.fault) !== null);
    const install = () => control("POST", "faults", { ...whom(), ...of.members(value?.input.value ?? "") });
    /** @param {InstalledFault[]} faults */
    const remove = (faults) => Promise.all(faults.map((fault) => control("DELETE", `faults/${fault.id}`)));
    input.addEventListener("change", () => {
      const { checked } = input;
      void attempt(() => (checked ? install() : remove(mine())));
    });
    value?.input.addEventListener("change", () => {
      void attempt(async () => {
        const old = mine();
        // The new one first: no request slips through between the two.
        if (old.length > 0) await install();
        await remove(old);
      });
    });
    const state = h("span", { class: "state" });
    const element = h(
      "div",
      { class: "switch" },
      input,
      h("label", { for: `fault-${of.id}` }, of.label),
      h("p", { class: "hint", id: `hint-${of.id}` }, of.hint),
      value?.element,
      state,
    );
    return {
      element,
      draw() {
        const [fault] = mine();
        input.checked = fault !== undefined;
        element.classList.toggle("on", input.checked);
        state.textContent = fault ? whomInWords(fault.fault) : "";
        const found = fault && valueIn(of, fault.fault);
        if (value && found && document.activeElement !== value.input) value.input.value = found;
      },
    };
  }

  const undelivered = setting("undelivered", "Messages are not delivered", "To the number whose conversation is open; they end as failed.", (checked) => {
    const open = page.open();
    const others = (settings?.outbound_fails_for ?? []).filter((number) => number !== open);
    return { outbound_fails_for: checked && open !== null ? [...others, open] : others };
  });
  const latePolls = setting("late-polls", "Messages are late in polls", "What you write shows up in polls five seconds later.", (checked) => ({
    poll_lag_ms: checked ? LATE_MS : 0,
  }));

  /** @param {string} id @param {string} label @param {string} hint @param {(checked: boolean) => object} patch */
  function setting(id, label, hint, patch) {
    const input = h("input", { type: "checkbox", role: "switch", id, "aria-describedby": `hint-${id}` });
    input.addEventListener("change", () => {
      const { checked } = input;
      void attempt(() => control("PATCH", "settings", patch(checked)));
    });
    const element = h("div", { class: "switch" }, input, h("label", { for: id }, label), h("p", { class: "hint", id: `hint-${id}` }, hint));
    return { input, element };
  }

  let at = 0;
  panel.append(
    h("div", { class: "whom" }, h("span", {}, "A fault that I switch on hits"), times, on),
    problem,
    h("p", { class: "hint" }, "Of several, a request meets the one that was switched on first. Those of rows come on top."),
    ...GROUPS.map((group) => {
      const own = rows.slice(at, (at += group.switches.length));
      return h("fieldset", {}, h("legend", {}, group.name), ...own.map(({ element }) => element));
    }),
    h("fieldset", {}, h("legend", {}, "Delivery"), undelivered.element, latePolls.element),
  );

  function draw() {
    if (waiting > 0) return;
    for (const each of rows) each.draw();
    const open = page.open();
    undelivered.input.disabled = open === null;
    undelivered.input.checked = open !== null && (settings?.outbound_fails_for.includes(open) ?? false);
    latePolls.input.checked = (settings?.poll_lag_ms ?? 0) > 0;
    const lasting = installed.filter(isOn);
    tab.textContent = lasting.length > 0 ? `Faults (${lasting.length} on)` : "Faults";
    arrange(active, lasting.map(chip));
    active.hidden = lasting.length === 0;
  }

  /** @type {Map<number, {made: string, element: HTMLElement}>} */
  const chips = new Map();
  /** @param {InstalledFault} fault */
  function chip(fault) {
    const words = `${label(fault)}: ${whomInWords(fault.fault)}`;
    const known = chips.get(fault.id);
    if (known?.made === words) return known.element;
    const off = async () => {
      await attempt(() => control("DELETE", `faults/${fault.id}`));
      say(`Off: ${words}`);
    };
    const element = h("div", { class: "chip" }, h("span", {}, words), h("button", { type: "button", "aria-label": `Switch off: ${words}`, onclick: off }, "×"));
    chips.set(fault.id, { made: words, element });
    return element;
  }

  return {
    /** @param {InstalledFault[]} all @param {Settings} known */
    load(all, known) {
      [installed, settings] = [all, known];
      draw();
    },
    read: () => inTurn(async () => {}),
    draw,
  };
}

/** @param {InstalledFault} installed */
function label(installed) {
  const known = GROUPS.flatMap((group) => group.switches).find((of) => valueIn(of, installed.fault) !== null);
  return known ? known.label : `Fault ${installed.id}`;
}

/** @param {import("./api.js").Fault} fault */
function whomInWords(fault) {
  const call = CALLS.find(([value]) => value === fault.on)?.[1] ?? fault.on;
  if (fault.times === null) return `every ${call}`;
  return fault.times === 1 ? `the next ${call}` : `the next ${fault.times}: ${call}`;
}

/** @param {string} id @param {NonNullable<Switch["value"]>} value */
function field(id, value) {
  const input = value.choices
    ? h("select", { id: `value-${id}` }, ...value.choices.map(([of, name]) => h("option", { value: of }, name)))
    : h("input", { id: `value-${id}`, type: "number", min: "1", inputMode: "numeric" });
  input.value = value.start;
  const element = h("div", { class: "value" }, h("label", { for: `value-${id}` }, value.label), input, value.unit && h("span", {}, value.unit));
  return { input, element };
}
