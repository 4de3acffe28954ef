// A sandbox process, the `ava` command as the client, and a real Chromium.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

/** The command under test; the sandbox is in it. */
export const AVA = process.env.AVA ?? "ava";
const CHROMIUM = process.env.AVA_CHROMIUM ?? "/usr/bin/chromium";
export const PHONE = "+15550100142";
/** How long is waited for what must come. A busy machine may take long; nothing passes for being quick. */
const PATIENCE_MS = 30_000;

/** Nothing but the page's own requests leaves it. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */
/** @typedef {{url: string, page: string, port: number, env: NodeJS.ProcessEnv, process: ChildProcess}} Sandbox */

/**
 * @param {string[]} options
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Sandbox>}
 */
export async function sandbox(options = [], env = process.env) {
  const child = spawn(AVA, ["sandbox", "--json", "--api-key", "sk_made_up", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  const [line] = await once(createInterface(child.stdout), "line");
  const ready = JSON.parse(line);
  assert.equal(ready.page_url, `${ready.base_url}/_sandbox/`);
  return {
    url: ready.base_url,
    page: ready.page_url,
    port: Number(new URL(ready.base_url).port),
    // No settings of this machine's user, and a key that was never one.
    env: { ...process.env, AVA_BASE_URL: ready.base_url, AVA_API_KEY: "sk_made_up", XDG_CONFIG_HOME: "/nonexistent" },
    process: child,
  };
}

/** @param {ChildProcess} child */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** Runs `ava` to its end, and gives the first object that it prints. @param {Sandbox} of @param {...string} command */
export async function ava(of, ...command) {
  const { stdout } = await promisify(execFile)(AVA, [...command, "--json"], { env: of.env, maxBuffer: 1 << 24 });
  const [line] = stdout.split("\n");
  return line ? JSON.parse(line) : undefined;
}

/** A command that goes on: its lines, and how to end it. @param {Sandbox} of @param {...string} command */
export function running(of, ...command) {
  const child = spawn(AVA, [...command, "--json"], { stdio: ["ignore", "pipe", "ignore"], env: of.env });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    /** @returns {Promise<any>} */
    async next() {
      const { value, done } = await lines.next();
      assert.ok(!done, "it ended");
      return JSON.parse(value);
    },
    end: () => end(child),
  };
}

/** Uses a control. @param {Sandbox} of @param {string} method @param {string} name @param {unknown} [body] @returns {Promise<any>} */
export async function control(of, method, name, body) {
  const answer = await fetch(`${of.url}/_sandbox/${name}`, { method, body: body === undefined ? null : JSON.stringify(body) });
  assert.ok(answer.ok, `${name}: ${answer.status}`);
  return answer.json();
}

/**
 * Waits until a control answers as wanted: what is switched on the page reaches the sandbox a moment later.
 * @param {Sandbox} of @param {string} name @param {(answer: any) => boolean} wanted
 */
export async function settled(of, name, wanted) {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    const answer = await control(of, "GET", name);
    if (wanted(answer)) return answer;
    assert.ok(Date.now() < end, `${name} stays ${JSON.stringify(answer)}`);
  }
}

/** Playwright gives each launch a fresh folder for the user's data. */
export function browser() {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/**
 * The page, and what went wrong on it: errors, violations of its policy, requests that leave.
 * @param {import("playwright-core").Browser} browser
 * @param {Sandbox} of
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function open(browser, of, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: of.url });
  const page = await context.newPage();
  /** @type {string[]} */
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${of.url}/`)) wrong.push(`left: ${request.url()}`);
  });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(of.page);
  await page.getByText("Connected", { exact: true }).waitFor();
  return { page, wrong, close: () => context.close() };
}
