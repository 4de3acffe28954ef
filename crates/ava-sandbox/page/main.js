// The page: what the developer sees of the sandbox, and does to it.

import { control, follow, soon } from "./api.js";
import { conversations } from "./conversations.js";
import { byId, h, say } from "./dom.js";
import { faults } from "./faults.js";
import { traffic } from "./traffic.js";

/** @type {import("./api.js").Connect} */
let connect = { base_url: location.origin, api_key: "" };

const requests = traffic({ connect: () => connect, changed: () => talk.draw() });
const talk = conversations({
  connect: () => connect,
  confirmed: (id) => requests.confirmed(id),
  opened() {
    if (narrow.matches) view("messages");
    switches.draw();
  },
});
const switches = faults({ open: () => talk.open() });

const link = byId("link", HTMLElement);
const gone = byId("gone", HTMLElement);

async function loadState() {
  /** @type {import("./api.js").State} */
  const state = await control("GET", "state");
  talk.load(state.messages);
  switches.load(state.faults, state.settings);
  byId("script", HTMLElement).hidden = state.script === null;
}

const readTraffic = soon(() => requests.read());
const readFaults = soon(() => switches.read());
const readState = soon(loadState);
const readAll = soon(async () => {
  await requests.reload();
  await loadState();
});

follow({
  async connected() {
    connect = await control("GET", "connect");
    await requests.reload();
    await loadState();
    const back = !gone.hidden;
    gone.hidden = true;
    document.body.classList.remove("is-gone");
    link.textContent = "Connected";
    if (back) say("The sandbox is back");
  },
  happened(event) {
    switch (event.type) {
      case "outbound":
      case "inbound":
      case "delivery":
        if (event.message) talk.add(event.message);
        // It may have opened the first conversation.
        switches.draw();
        break;
      case "control":
        if (event.action === "reset") talk.forget();
        if (event.action === "reset" || event.action === "requests" || event.action === "script") readAll();
        else if (event.action === "faults" || event.action === "settings") readFaults();
        else readState();
        break;
      case "fault":
        readFaults();
        readTraffic();
        break;
      default:
        readTraffic();
    }
  },
  gone() {
    if (document.body.classList.contains("is-gone")) return;
    document.body.classList.add("is-gone");
    link.textContent = "Not connected";
    // With the same key, so that a client that runs goes on too.
    const again = `ava sandbox --port ${location.port}${connect.api_key && ` --api-key ${connect.api_key}`}`;
    gone.replaceChildren(h("strong", {}, "The sandbox is gone."), " Start it again with ", h("code", {}, again), "; this page comes back by itself. What it held is lost.");
    gone.hidden = false;
  },
});

// What is shown beside the conversation; on a phone, instead of it.
const tabs = [...document.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLElement);
const narrow = matchMedia("(max-width: 899px)");

/** @param {string} wanted */
function view(wanted) {
  document.body.dataset.view = wanted;
  const marked = !narrow.matches && wanted === "messages" ? "traffic" : wanted;
  for (const tab of tabs) {
    const selected = tab.dataset.view === marked;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", () => view(tab.dataset.view ?? ""));
  tab.addEventListener("keydown", (event) => {
    const shown = tabs.filter((each) => each.offsetParent !== null);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = shown[(shown.indexOf(tab) + step + shown.length) % shown.length];
    view(next?.dataset.view ?? "");
    next?.focus();
  });
}
narrow.addEventListener("change", () => view(document.body.dataset.view ?? "messages"));
view(narrow.matches ? "messages" : "traffic");

const sure = byId("sure", HTMLDialogElement);
byId("reset", HTMLButtonElement).addEventListener("click", () => sure.showModal());
byId("stay", HTMLButtonElement).addEventListener("click", () => sure.close());
byId("forget", HTMLButtonElement).addEventListener("click", async () => {
  sure.close();
  await control("POST", "reset").then(() => say("Everything is forgotten"), () => undefined);
});
