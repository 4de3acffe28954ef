// The README's blocks, type-checked, and run as they stand there against a sandbox that answers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { Sandbox } from "ava-imessage/testing";
import { PACKAGE, until } from "./support.mjs";

const README = readFileSync(join(PACKAGE, "README.md"), "utf8");
const BLOCKS = [...README.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
const FOLDER = join(PACKAGE, "build/readme", process.version);

async function run(program: string, args: string[], environment: NodeJS.ProcessEnv, during?: () => Promise<void>) {
  const child = spawn(program, args, {
    cwd: FOLDER,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (err += part));
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  if (during) {
    // What it waits for never comes if the program ends before.
    await Promise.race([during(), closed]).finally(() => child.kill("SIGINT"));
  }
  const [status, signal] = await closed;
  return { status, signal, out, err };
}

describe("the README", { concurrency: 3 }, () => {
  before(async () => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const [index, block] of BLOCKS.entries()) {
      writeFileSync(join(FOLDER, `block-${String(index + 1)}.mts`), block);
    }
    const compilerOptions = { module: "node16", target: "es2022", strict: true, types: ["node"], skipLibCheck: false };
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts"] }));
    const compiled = await run(process.execPath, [join(PACKAGE, "node_modules/typescript/bin/tsc")], {});
    assert.equal(compiled.status, 0, compiled.out);
  });

  for (const [index, block] of BLOCKS.entries()) {
    test(`block ${String(index + 1)} runs`, async () => {
      const sandbox = await Sandbox.start({ echoAfterMs: 200, apiKey: "sk_sandbox" });
      const listens = block.includes("listen(");
      const answered = async () =>
        (await sandbox.messages()).filter((row) => row["direction"] === "outbound").length >= 3;
      const tests = block.includes("node:test") ? ["--test"] : [];
      const ran = await run(
        process.execPath,
        [...tests, `block-${String(index + 1)}.mjs`],
        // A test that runs tests would be taken for a part of this one.
        { AVA_BASE_URL: sandbox.baseUrl, AVA_API_KEY: sandbox.apiKey, NODE_TEST_CONTEXT: undefined },
        listens ? () => until("three messages went out", answered, 40_000) : undefined,
      );
      await sandbox.close();
      const cut = listens && !block.includes("SIGINT");
      assert.deepEqual([ran.status, ran.signal, ran.err], cut ? [null, "SIGINT", ""] : [0, null, ""], ran.out);
    });
  }

  test("has ten lines to begin with, and blocks for the rest", () => {
    assert.ok(BLOCKS.length >= 6);
    assert.ok((BLOCKS[0] ?? "").trimEnd().split("\n").length <= 10);
  });
});
