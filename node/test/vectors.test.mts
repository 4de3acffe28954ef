// Every vector holds. `AVA_VECTORS=word` runs those with the word in their name.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AvaError } from "ava-imessage";
import { Sandbox } from "ava-imessage/testing";
import { REPOSITORY, flush } from "./support.mjs";
import { record } from "./vector/conformance.mjs";
import { type Json, expand } from "./vector/expand.mjs";
import * as expect from "./vector/expect.mjs";
import { Leaks } from "./vector/leaks.mjs";
import * as recorded from "./vector/recorded.mjs";
import { World } from "./vector/steps.mjs";
import * as view from "./vector/view.mjs";

const FOLDER = join(REPOSITORY, "tests", "vectors");
const API_KEY = "sk_vectors_7f3k9q2x";
const MEMBERS = [
  "name",
  "about",
  "client",
  "steps",
  "script",
  "expect",
  "expect_requests",
  "requests_any_order",
  "expect_posts",
  "unused_ok",
  "within_ms",
];

test("every vector holds", async () => {
  const wanted = process.env["AVA_VECTORS"];
  let names = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json") && file !== "errors.json")
    .map((file) => file.slice(0, -".json".length))
    .sort();
  if (wanted) {
    names = names.filter((name) => name.includes(wanted));
    assert.ok(names.length > 0, "no vector has such a name");
  } else {
    const count = Number(readFileSync(join(FOLDER, "COUNT"), "utf8"));
    assert.equal(names.length, count, "vectors in the folder, and what COUNT says");
  }
  const leaks = new Leaks(API_KEY);
  const failures: string[] = [];
  const took: [ms: number, name: string][] = [];
  // Each has a sandbox of its own; the next one starts meanwhile.
  let following = Sandbox.start({ apiKey: API_KEY });
  for (const name of names) {
    const sandbox = await following;
    following = Sandbox.start({ apiKey: API_KEY });
    const began = performance.now();
    try {
      await play(name, sandbox, leaks);
      record("vector", name, true);
    } catch (failure) {
      record("vector", name, false);
      failures.push(`${name}: ${failure instanceof assert.AssertionError ? failure.message : String(failure)}`);
    }
    took.push([performance.now() - began, name]);
    await sandbox.close();
  }
  await (await following).close();
  const total = took.reduce((sum, [ms]) => sum + ms, 0);
  console.log(`vectors: ${String(names.length - failures.length)} passed (${(total / 1000).toFixed(1)} s)`);
  if (wanted || process.env["AVA_SLOWEST"]) {
    for (const [ms, name] of took.sort((a, b) => b[0] - a[0]).slice(0, 10)) {
      console.log(`  ${ms.toFixed(0).padStart(6)} ms  ${name}`);
    }
  }
  assert.deepEqual(failures, []);
  await flush();
  leaks.check();
});

async function play(name: string, sandbox: Sandbox, leaks: Leaks): Promise<void> {
  const written: Json = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));
  leaks.forbid(written);
  const names = { base_url: sandbox.baseUrl, port: new URL(sandbox.baseUrl).port, api_key: sandbox.apiKey };
  const vector = expand(written, names);
  expect.known(vector, MEMBERS);
  assert.equal(vector.name, name);
  assert.ok(vector.about);
  if ("script" in vector) {
    await sandbox.script(vector.script);
  }
  const within: number = vector.within_ms ?? 5000;
  let late: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      reject(new assert.AssertionError({ message: `took more than ${String(within)} ms` }));
    }, within);
  });
  try {
    await Promise.race([run(vector, sandbox, leaks), tooLong]);
  } finally {
    clearTimeout(late);
  }
  await recorded.check(vector, sandbox);
}

async function run(vector: Json, sandbox: Sandbox, leaks: Leaks): Promise<void> {
  const steps: Json[] = vector.steps ?? [];
  let world: World;
  try {
    world = new World(vector.client ?? {}, sandbox, leaks);
  } catch (error) {
    assert.ok(error instanceof AvaError, String(error));
    leaks.saw(error);
    expect.outcome(vector.expect, { error: view.error(error) });
    return;
  }
  const last = steps.pop();
  assert.ok(last, "the client was made, and there is no step");
  for (const [number, step] of steps.entries()) {
    const outcome = await world.run(step);
    if ("expect" in step) {
      try {
        expect.outcome(step.expect, outcome);
      } catch (reason) {
        assert.fail(`step ${String(number)}: ${(reason as Error).message}`);
      }
    }
  }
  assert.ok(!("expect" in last), "the last step's expect is the vector's");
  expect.outcome(vector.expect, await world.run(last));
}
