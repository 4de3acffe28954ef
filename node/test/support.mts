// What tests share.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { AvaError } from "ava-imessage";
import { Sandbox } from "ava-imessage/testing";

/** A phone of the tests. */
export const PHONE = "+15550001111";

/** The repository's folder. */
export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
/** The package's folder. */
export const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

const require = createRequire(import.meta.url);
const all = require("../../dist/all.js") as typeof import("../dist/all.js");
export const { mailbox, makeError } = all;

/** What only a build for the tests has, and none that ships. */
interface Hooks {
  panicInNextCalls?(count: number): void;
  panicInNextGuards?(count: number): void;
}
export const native: typeof all.native & Hooks = all.native;

/** Ends when every hook and every line of the log so far was told. */
export async function flush(): Promise<void> {
  await mailbox.call(
    () => ({}),
    undefined,
    () => mailbox.native.flush(),
    () => undefined,
  );
}

/** A sandbox for the tests of a file. */
export async function sandboxOfTests(): Promise<Sandbox> {
  const sandbox = await Sandbox.start({ apiKey: "sk_tests_9d2f7c1ab8" });
  after(() => sandbox.close());
  return sandbox;
}

/** Waits until something holds; ten seconds is for ever, if nothing else is said. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `never came: ${what}`);
    await sleep(5);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The error that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail("it did not reject");
}

/** The same, which must be of the package's. */
export async function avaError(promise: Promise<unknown>): Promise<AvaError> {
  const error = await failure(promise);
  assert.ok(error instanceof AvaError, `no AvaError: ${String(error)}`);
  return error;
}
