// What a developer does on the page, and what must not be done to it.

import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { PHONE, ava, browser, control, end, open, running, sandbox, settled } from "../support.mjs";

/** @type {import("playwright-core").Browser} */
let chromium;
/** @type {import("../support.mjs").Sandbox} */
let box;
/** @type {Awaited<ReturnType<typeof open>>} */
let opened;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  chromium = await browser();
});
after(() => chromium.close());

beforeEach(async () => {
  box = await sandbox();
  opened = await open(chromium, box);
  page = opened.page;
});
afterEach(async () => {
  await opened.close();
  await end(box.process);
});

const bubbles = () => page.getByRole("log").getByRole("article");
const exchanges = () => page.locator(".exchange");
/** The sandbox has answered to what was switched. */
const taken = () => page.locator("#faults:not([aria-busy])").waitFor({ state: "attached" });

test("what a client sends appears, and is delivered", async () => {
  await page.getByRole("heading", { name: "No traffic yet" }).waitFor();
  const sent = await ava(box, "send", PHONE, "Your table is ready.");
  const bubble = page.locator(`[data-id="${sent.message_id}"]`);
  await bubble.getByText("Your table is ready.").waitFor();
  await bubble.getByText("Delivered", { exact: true }).waitFor();
  await page.getByRole("heading", { name: PHONE }).waitFor();
  await exchanges().getByText(`Send to ${PHONE}`).waitFor();
  await exchanges().getByText("200", { exact: true }).waitFor();
  assert.deepEqual(opened.wrong, []);
});

test("a message that fails says so", async () => {
  await control(box, "POST", "inbound", { phone: PHONE, text: "Hi" });
  await page.getByRole("tab", { name: "Faults" }).click();
  await page.getByRole("switch", { name: "Messages are not delivered" }).check();
  await settled(box, "settings", (all) => all.outbound_fails_for.includes(PHONE));
  await ava(box, "send", PHONE, "Lost on the way");
  await bubbles().getByText("! Not delivered").waitFor();
});

test("what is typed is what the client's listener yields", async () => {
  await control(box, "POST", "inbound", { phone: PHONE, text: "before" });
  const listener = running(box, "listen", "--since", "2020-01-01T00:00:00Z");
  try {
    assert.equal((await listener.next()).text, "before");
    await page.getByRole("textbox", { name: `Write as ${PHONE}` }).fill("Two of us,\nat eight");
    await page.keyboard.press("Enter");
    const heard = await listener.next();
    assert.deepEqual([heard.phone, heard.text, heard.direction], [PHONE, "Two of us,\nat eight", "inbound"]);
    await bubbles().getByText("at eight").waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Write as" }).inputValue(), "");
  } finally {
    await listener.end();
  }
});

test("a lost answer shows the fault, and that the history confirmed the send", async () => {
  await page.getByRole("tab", { name: "Faults" }).click();
  await page.getByRole("switch", { name: "Lose the answer" }).check();
  await page.getByRole("tab", { name: "Faults (1 on)" }).waitFor();
  await page.getByRole("tab", { name: "Traffic" }).click();
  await page.getByRole("group", { name: "Faults that are on" }).getByText("Lose the answer").waitFor();

  const sent = await ava(box, "send", PHONE, "Are you there?");
  assert.equal(sent.confirmation, "history");
  const lost = exchanges().filter({ hasText: "Send to" });
  await lost.getByText("answer lost").waitFor();
  await lost.getByText("Fault: drops the connection after processing").waitFor();
  await lost.getByText("Confirmed from history by").waitFor();
  await exchanges().filter({ hasText: "History of" }).getByText("This history confirms").waitFor();
  assert.equal(await exchanges().filter({ hasText: "Send to" }).count(), 1, "nothing was posted twice");
  await bubbles().getByText("confirmed from history").waitFor();
  // It was for the next request only.
  await page.getByRole("tab", { name: "Faults", exact: true }).waitFor();
  // And the link leads there.
  await lost.getByRole("button", { name: "request 2" }).click();
  assert.match((await page.locator(":focus").textContent()) ?? "", /History of/);
});

test("an answer that can’t be read leaves the send open", async () => {
  await control(box, "POST", "faults", { on: "send", garbage: true });
  await assert.rejects(ava(box, "send", PHONE, "Hello", "--timeout", "2"));
  await exchanges().first().getByText("200 unreadable").waitFor();
  await exchanges().first().getByText("Sent or not? Your code can’t know yet").waitFor();
  await exchanges().nth(1).getByText("This history doesn’t show").waitFor();
});

test("a retry is told from a second message", async () => {
  await control(box, "POST", "faults", { on: "send", status: 429, retry_after: "1" });
  await ava(box, "send", PHONE, "Once more");
  await exchanges().nth(1).getByText("Retry, attempt 2 of").waitFor();
  await exchanges().nth(0).getByText("Fault: answers 429, with Retry-After 1").waitFor();
  await ava(box, "send", PHONE, "Once more");
  await exchanges().nth(2).waitFor();
  assert.equal(await page.locator(".badge.retry").count(), 1);
});

test("a fault is changed and switched off", async () => {
  await page.getByRole("tab", { name: "Faults" }).click();
  await page.getByLabel("How often it hits").selectOption("every");
  await page.getByLabel("What it hits").selectOption("send");
  const fault = page.getByRole("switch", { name: "Answer an error" });
  await fault.check();
  await page.getByText("every send", { exact: true }).waitFor();
  await page.getByLabel("Status").selectOption("502 bad gateway");
  const [installed] = await settled(box, "faults", (all) => all.length === 1 && all[0].fault.status === 502);
  assert.deepEqual([installed.fault.on, installed.fault.times], ["send", null]);
  await assert.rejects(ava(box, "send", PHONE, "Hello", "--timeout", "2"));
  await page.getByRole("tab", { name: "Traffic" }).click();
  await exchanges().first().getByText("Fault: answers 502").waitFor();
  await page.getByRole("button", { name: /^Switch off: Answer an error/ }).click();
  await page.getByRole("tab", { name: "Faults", exact: true }).waitFor();
  await settled(box, "faults", (all) => all.length === 0);
});

test("every switch is one that the sandbox takes, and finds again", async () => {
  await control(box, "POST", "inbound", { phone: PHONE, text: "Hi" });
  await page.getByRole("tab", { name: "Faults" }).click();
  const all = page.getByRole("switch");
  const count = await all.count();
  assert.ok(count >= 16, String(count));
  for (let index = 0; index < count; index += 1) {
    const one = all.nth(index);
    await one.check();
    await taken();
    assert.ok(await one.isChecked(), `switch ${index} stays on`);
    assert.equal(await page.locator("[role=switch]:checked").count(), 1, `switch ${index} is one`);
    await one.uncheck();
    await taken();
    assert.equal(await page.locator("[role=switch]:checked").count(), 0, `switch ${index} goes off`);
  }
  assert.deepEqual(opened.wrong, []);
});

test("quick clicks leave what the last one says", async () => {
  await page.getByRole("tab", { name: "Faults" }).click();
  await page.getByLabel("How often it hits").selectOption("every");
  const fault = page.getByRole("switch", { name: "Answer an error" });
  await fault.evaluate((one) => {
    if (one instanceof HTMLInputElement) for (let clicks = 0; clicks < 5; clicks += 1) one.click();
  });
  await taken();
  assert.ok(await fault.isChecked());
  assert.equal((await control(box, "GET", "faults")).length, 1);
  await fault.evaluate((one) => one instanceof HTMLInputElement && (one.click(), one.click(), one.click()));
  await taken();
  assert.ok(!(await fault.isChecked()));
  assert.deepEqual(await control(box, "GET", "faults"), []);
});

test("hostile texts stay texts", async () => {
  const texts = [
    `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script>`,
    "\u202egnirts desrever\u202c \u2066x\u2069",
    "javascript:alert(1) {{7*7}} ${7*7} &lt;b&gt;",
    "\u0000\u0007 bell",
  ];
  for (const text of texts) await control(box, "POST", "inbound", { phone: PHONE, text });
  await ava(box, "send", PHONE, String(texts[0]));
  await bubbles().nth(4).waitFor();
  assert.deepEqual(await page.locator(".bubble .text").allTextContents(), [...texts, texts[0]]);
  assert.equal(await page.locator("main img, main script").count(), 0);
  // An override ends where its bubble does.
  const isolated = await page.locator(".bubble .text").nth(1).evaluate((text) => getComputedStyle(text).unicodeBidi);
  assert.equal(isolated, "isolate");
  // Odd numbers too, and what stands in the traffic.
  await control(box, "POST", "inbound", { phone: "<b>\u202enobody", text: "x" });
  await page.getByRole("button", { name: "<b>" }).click();
  await exchanges().first().locator("summary").click();
  await page.getByRole("region", { name: "Request" }).getByText("<img src=x").waitFor();
  assert.equal(await page.title(), "AVA sandbox");
  assert.deepEqual(opened.wrong, []);
});

test("a text of 100 kB is cut, and shown on demand", async () => {
  const long = "lorem ipsum ".repeat(8334).slice(0, 100_000);
  await control(box, "POST", "inbound", { phone: PHONE, text: long });
  await ava(box, "send", PHONE, long);
  await bubbles().nth(1).waitFor();
  assert.ok(((await page.locator(".bubble .text").nth(0).textContent()) ?? "").length < 3000);
  await page.getByRole("button", { name: "Show all 100,000 characters" }).first().click();
  assert.equal(await page.locator(".bubble .text").nth(0).textContent(), long);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, "it makes nothing wider");
});

test("no other origin controls the sandbox, and no other host reaches it", async () => {
  await control(box, "POST", "inbound", { phone: PHONE, text: "mine" });
  const evil = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<title>evil</title>"));
  evil.listen(0, "127.0.0.1");
  await once(evil, "listening");
  const address = evil.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    const foreign = await (await chromium.newContext()).newPage();
    await foreign.goto(`http://127.0.0.1:${port}/`);
    const tried = await foreign.evaluate(async (target) => {
      const outcome = async (/** @type {() => Promise<unknown>} */ attempt) => attempt().then(String, () => "refused");
      const text = JSON.stringify({ phone: "+15550100666", text: "forged" });
      return {
        read: await outcome(async () => (await fetch(`${target}/_sandbox/state`)).text()),
        key: await outcome(async () => (await fetch(`${target}/_sandbox/connect`)).text()),
        preflighted: await outcome(() => fetch(`${target}/_sandbox/faults`, { method: "DELETE" })),
        // These are sent, as a form would be; what they are answered can't be read.
        simple: await outcome(async () => (await fetch(`${target}/_sandbox/inbound`, { method: "POST", mode: "no-cors", body: text })).type),
        events: await new Promise((resolve) => {
          const events = new EventSource(`${target}/_sandbox/events`);
          events.onopen = () => resolve("open");
          events.onerror = () => resolve("refused");
        }),
        framed: await new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.onload = () => resolve(frame.contentDocument ? "readable" : "closed");
          frame.src = `${target}/_sandbox/`;
          document.body.append(frame);
        }),
      };
    }, box.url);
    assert.deepEqual(tried, { read: "refused", key: "refused", preflighted: "refused", simple: "opaque", events: "refused", framed: "closed" });
    await foreign.setContent(`<form method=post enctype=text/plain action="${box.url}/_sandbox/reset"><button>Win a prize</button></form>`);
    await foreign.getByRole("button").click();
    await foreign.getByText("pages of its own origin").waitFor();
    await foreign.context().close();
  } finally {
    evil.close();
  }
  const state = await control(box, "GET", "state");
  assert.deepEqual(state.messages.map((/** @type {{message: string}} */ { message }) => message), ["mine"]);

  const rebound = (/** @type {string} */ path) =>
    new Promise((resolve) => request({ port: box.port, path, headers: { host: `evil.example:${box.port}` } }, (answer) => resolve(answer.statusCode)).end());
  for (const path of ["/_sandbox/", "/_sandbox/page/main.js", "/_sandbox/state", "/_sandbox/connect"]) assert.equal(await rebound(path), 403, path);
});

test("the policy lets no markup, no inline script and no eval through", async () => {
  const answer = await fetch(box.page);
  const policy = answer.headers.get("content-security-policy") ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
    assert.ok(policy.includes(part), policy);
  }
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.doesNotMatch(await answer.text(), /<script(?![^>]* src=)|<style| style=| on[a-z]+=|https?:\/\//);
  const refused = await page.evaluate(() => {
    const outcome = (/** @type {() => unknown} */ attempt) => {
      try {
        return String(attempt());
      } catch (error) {
        return error instanceof Error ? error.name : "?";
      }
    };
    const script = document.createElement("script");
    return [
      outcome(() => (document.body.innerHTML = "<b>x</b>")),
      outcome(() => (script.textContent = "document.title = 'pwned'")),
      outcome(() => document.body.setAttribute("onclick", "document.title = 'pwned'")),
    ];
  });
  assert.deepEqual(refused, ["TypeError", "TypeError", "TypeError"]);
});

test("the sandbox may go and come back", async () => {
  await ava(box, "send", PHONE, "before");
  await bubbles().first().waitFor();
  await end(box.process);
  await page.getByRole("alert").getByText(`ava sandbox --port ${box.port} --api-key sk_made_up`).waitFor();
  await page.getByRole("textbox", { name: "Write as" }).fill("Anybody?");
  await page.keyboard.press("Enter");
  await page.getByText("It did not arrive").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Write as" }).inputValue(), "Anybody?");

  box = await sandbox(["--port", String(box.port)]);
  await ava(box, "send", PHONE, "after");
  await bubbles().getByText("after").waitFor();
  assert.equal(await bubbles().count(), 1, "what the old one held is gone");
  assert.ok(await page.locator("#gone").isHidden());
  await exchanges().getByText("#1 ·").waitFor();
});

test("a reset starts over", async () => {
  await ava(box, "send", PHONE, "before");
  await bubbles().first().waitFor();
  await page.getByRole("button", { name: "Reset" }).click();
  await page.getByRole("dialog", { name: "Start over?" }).getByRole("button", { name: "Start over" }).click();
  await page.getByRole("heading", { name: "You are the other person" }).waitFor();
  await page.getByRole("heading", { name: "No traffic yet" }).waitFor();
  assert.deepEqual((await control(box, "GET", "state")).messages, []);
});

test("a script is told of", async () => {
  await page.getByRole("heading", { name: "No traffic yet" }).waitFor();
  await control(box, "POST", "script", [{ json: { success: true, message_id: "msg_1", timestamp: "2026-01-25T12:00:00Z" } }]);
  await page.getByText("A script plays").waitFor();
  await ava(box, "send", PHONE, "By the script");
  await exchanges().getByText("200", { exact: true }).waitFor();
  await control(box, "DELETE", "script");
  await page.getByText("A script plays").waitFor({ state: "hidden" });
});

test("polls that find nothing are one line", async () => {
  for (let index = 0; index < 5; index += 1) await ava(box, "poll");
  await page.getByText(/^5 polls found nothing new/).waitFor();
  assert.equal(await exchanges().count(), 0);
});

test("the call is copied in each of the six languages", async () => {
  await ava(box, "send", PHONE, `Say "hi" for $5`);
  await exchanges().first().locator("summary").click();
  const inside = page.locator(".inside");
  const calls = {
    Rust: 'client.send("+15550100142", "Say \\"hi\\" for $5").await?',
    Python: 'client.send("+15550100142", "Say \\"hi\\" for $5")',
    Node: 'await client.send("+15550100142", "Say \\"hi\\" for $5");',
    Swift: 'try await client.send("Say \\"hi\\" for $5", to: "+15550100142")',
    Kotlin: 'val sent = client.send("+15550100142", "Say \\"hi\\" for \\$5")',
    C: 'ava_client_send(client, "+15550100142", "Say \\"hi\\" for $5"',
  };
  for (const [language, call] of Object.entries(calls)) {
    await inside.getByRole("radio", { name: language, exact: true }).check({ force: true });
    await inside.getByRole("button", { name: "Copy the call" }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.includes(call), `${language}: ${copied}`);
  }
});

test("`ava sandbox --open` opens the page, and serves without a browser too", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ava-open-"));
  try {
    // Stands for the desktop's: it keeps what it was to open.
    await writeFile(join(folder, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > "${folder}/url.part" && mv "${folder}/url.part" "${folder}/url"\n`);
    await chmod(join(folder, "xdg-open"), 0o755);
    const other = await sandbox(["--open"], { ...process.env, PATH: `${folder}:${process.env.PATH}` });
    for (let tries = 0; tries < 300; tries += 1) {
      if (await readFile(join(folder, "url"), "utf8").then(() => true, () => false)) break;
      await sleep(100);
    }
    assert.equal(await readFile(join(folder, "url"), "utf8"), other.page);
    await end(other.process);

    const alone = await sandbox(["--open"], { ...process.env, PATH: "/nonexistent" });
    assert.equal((await fetch(alone.page)).status, 200);
    assert.equal((await fetch(alone.url, { headers: { accept: "text/html" } })).url, alone.page, "the bare address leads there");
    assert.equal((await fetch(alone.url)).status, 404, "but not a client of the API");
    await end(alone.process);
  } finally {
    await rm(folder, { recursive: true });
  }
});
