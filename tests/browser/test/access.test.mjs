// Everybody can use it: by keyboard, by ear, in light and in dark, on a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, ava, browser, control, end, open, sandbox } from "../support.mjs";

/** @type {import("playwright-core").Browser} */
let chromium;
/** @type {import("../support.mjs").Sandbox} */
let box;

before(async () => {
  [chromium, box] = await Promise.all([browser(), sandbox()]);
  await control(box, "POST", "faults", [{ on: "send", drop: "after" }, { on: "send", times: null, skip: 3, status: 503 }]);
  await control(box, "POST", "faults", { on: "poll", times: null, delay_ms: 10 });
  await ava(box, "send", PHONE, "Hello!");
  await control(box, "PATCH", "settings", { outbound_fails_for: ["+15550100143"] });
  await ava(box, "send", "+15550100143", "To nobody");
  await control(box, "POST", "inbound", { phone: PHONE, text: "Hi! Who is this?" });
});
after(async () => {
  await chromium.close();
  await end(box.process);
});

test("by keyboard alone: a conversation, an answer, a fault, the traffic", async () => {
  const { page, close } = await open(chromium, box);
  const press = (/** @type {string[]} */ ...keys) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  /** Tabs until the focus has this name. */
  const tabTo = async (/** @type {import("playwright-core").Locator} */ target) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await press("Tab");
    }
    assert.fail(`Tab does not lead to ${target}`);
  };
  await press("Tab");
  assert.equal(await page.locator(":focus").textContent(), "Skip to the conversation");
  await tabTo(page.getByRole("textbox", { name: "Play another number" }));
  await page.keyboard.type("nobody");
  await press("Enter");
  await page.getByRole("alert").getByText("A plus sign").waitFor();
  await press("Control+a");
  await page.keyboard.type("+1 555 0100-199");
  await press("Enter");
  await page.getByRole("heading", { name: "+15550100199" }).waitFor();
  await page.keyboard.type("One line");
  await press("Shift+Enter");
  await page.keyboard.type("and another");
  await press("Enter");
  await page.getByRole("log").getByText("One line\nand another").waitFor();

  const traffic = page.getByRole("tab", { name: "Traffic" });
  await tabTo(traffic);
  await press("ArrowRight");
  await tabTo(page.getByRole("switch", { name: "Answer garbage" }));
  await press("Space");
  await page.locator(".switch.on", { hasText: "Answer garbage" }).waitFor();
  await press("Space");
  await page.locator(".switch.on", { hasText: "Answer garbage" }).waitFor({ state: "detached" });
  await page.getByRole("tab", { name: /^Faults/ }).focus();
  await press("ArrowLeft");
  assert.equal(await traffic.getAttribute("aria-selected"), "true");
  await page.locator(".exchange summary").first().focus();
  await press("Enter");
  await page.getByRole("region", { name: "Request" }).waitFor();
  // The focus is always seen.
  const seen = await page.locator(".exchange summary").first().evaluate((element) => getComputedStyle(element).outlineStyle);
  assert.equal(seen, "solid");
  await close();
});

test("whatever takes the focus has a name, and every part of the page too", async () => {
  const { page, close } = await open(chromium, box);
  await page.locator(".exchange summary").first().click();
  for (const view of ["Traffic", "Faults"]) {
    await page.getByRole("tab", { name: view }).click();
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const nameless = nodes.filter((node) => {
      const focusable = node.properties?.some(({ name, value }) => name === "focusable" && value.value === true);
      return focusable && !node.ignored && node.role?.value !== "RootWebArea" && !node.name?.value;
    });
    assert.deepEqual(nameless.map((node) => node.role?.value), []);
  }
  await page.getByRole("button", { name: "Who is this?" }).click();
  for (const name of ["Conversations", PHONE]) assert.equal(await page.getByRole("region", { name, exact: true }).count(), 1, name);
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
  await page.getByText("No message leaves this machine.").waitFor();
  await close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const view of ["Traffic", "Faults"]) {
    test(`every text can be read: ${view}, ${colorScheme}`, async () => {
      const { page, close } = await open(chromium, box, { colorScheme });
      await page.getByRole("button", { name: "To nobody" }).click();
      await page.getByText("! Not delivered").waitFor();
      await page.getByRole("button", { name: "Who is this?" }).click();
      await page.locator(".exchange summary").first().click();
      await page.getByRole("tab", { name: view }).click();
      const faint = await page.evaluate(faintTexts);
      assert.deepEqual(faint, []);
      await close();
    });
  }
}

/** The texts whose contrast to what they stand on is under 4.5, as the WCAG counts it. Runs in the page. */
function faintTexts() {
  const channels = (/** @type {string} */ colour) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
    return { red, green, blue, alpha };
  };
  const luminance = (/** @type {string} */ colour) => {
    const { red, green, blue } = channels(colour);
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = (/** @type {Element | null} */ element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (channels(backgroundColor).alpha === 1) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (!element || !text.textContent?.trim() || !element.checkVisibility()) continue;
    if (element.closest(".unseen, .skip")) continue;
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(under(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.push(`${text.textContent.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return faint;
}

test("on a phone everything has a place, and nothing is wider than it", async () => {
  const { page, close } = await open(chromium, box, { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  const fits = async () => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.getByRole("log").waitFor();
  await fits();
  await page.getByRole("button", { name: "All conversations" }).tap();
  await page.getByRole("button", { name: "To nobody" }).tap();
  await page.getByRole("log").getByText("To nobody").waitFor();
  for (const view of ["Traffic", "Faults"]) {
    await page.getByRole("tab", { name: view }).tap();
    assert.ok(await page.getByRole("log").isHidden());
    await fits();
  }
  await page.getByRole("tab", { name: "Traffic" }).tap();
  await page.locator(".exchange summary").first().tap();
  await fits();
  await page.getByRole("tab", { name: "Messages" }).tap();
  await page.getByRole("textbox", { name: "Write as" }).tap();
  await close();
});
