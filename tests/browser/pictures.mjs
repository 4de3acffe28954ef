// The README's pictures of the page: `node pictures.mjs [FOLDER] [all]`. With `all`, more of it, to look at.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { ava, browser, control, end, open, sandbox } from "./support.mjs";

const folder = process.argv[2] ?? "../../docs/pictures";
const all = process.argv[3] === "all";
const GUEST = "+15550100142";

await mkdir(folder, { recursive: true });
const [chromium, box] = await Promise.all([browser(), sandbox(["--port", "4010"])]);
try {
  if (all) await shoot("empty", {}, async () => {});
  // One evening at a restaurant.
  await control(box, "POST", "inbound", { phone: "+15550100177", text: "Do you take groups of ten?" });
  await ava(box, "send", "+15550100177", "We do, on weekdays. Which evening would suit you?");
  await control(box, "POST", "inbound", { phone: GUEST, text: "A table for two tonight, please. Around eight?" });
  await ava(box, "poll");
  await control(box, "POST", "faults", { on: "send", status: 429, retry_after: "1" });
  await ava(box, "send", GUEST, "Eight it is. Indoors or on the terrace?");
  await control(box, "POST", "inbound", { phone: GUEST, text: "The terrace, if it stays dry" });
  await control(box, "POST", "faults", { on: "send", drop: "after" });
  await ava(box, "send", GUEST, "Your table on the terrace is booked for 20:00.");
  await control(box, "POST", "faults", { on: "messages", times: null, delay_ms: 3000 });

  for (const scheme of /** @type {const} */ (["light", "dark"])) {
    const name = scheme === "light" ? "phone-page" : "phone-page-dark";
    await shoot(name, { colorScheme: scheme }, async (page) => page.getByText(GUEST).first().click());
    if (!all) continue;
    await shoot(`faults-${scheme}`, { colorScheme: scheme }, async (page) => page.getByRole("tab", { name: /Faults/ }).click());
    await shoot(`details-${scheme}`, { colorScheme: scheme }, async (page) => page.locator(".exchange summary").last().click());
    const phone = { colorScheme: scheme, viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true };
    await shoot(`mobile-${scheme}`, phone, async () => {});
    await shoot(`mobile-traffic-${scheme}`, phone, async (page) => page.getByRole("tab", { name: "Traffic" }).click());
    await shoot(`mobile-faults-${scheme}`, phone, async (page) => page.getByRole("tab", { name: /Faults/ }).click());
    await shoot(`mobile-list-${scheme}`, phone, async (page) => page.getByRole("button", { name: "All conversations" }).click());
  }
  if (all) {
    await shoot("gone", {}, async (page) => {
      await end(box.process);
      await page.getByRole("alert").getByText("gone").waitFor();
    });
  }
} finally {
  await chromium.close();
  await end(box.process);
}

/**
 * @param {string} name
 * @param {import("playwright-core").BrowserContextOptions} options
 * @param {(page: import("playwright-core").Page) => Promise<unknown>} go
 */
async function shoot(name, options, go) {
  const { page, close } = await open(chromium, box, { viewport: { width: 1280, height: 760 }, ...options });
  await go(page);
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.mouse.move(0, 0);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await close();
}
