// What goes wrong around the package: programs that end, workers that are terminated, modules that are loaded again,
// panics. `AVA_SCALE=10` makes the numbers ten times as large.

import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { type AvaError, InternalError } from "ava-imessage";
import { PACKAGE, PHONE, avaError, failure, native, sandboxOfTests, until } from "./support.mjs";

const SCALE = Number(process.env["AVA_SCALE"] ?? "1");
const sandbox = await sandboxOfTests();

/** What programs begin with. */
const PRELUDE = `
  const { AvaClient } = require("ava-imessage");
  const client = new AvaClient({ baseUrl: ${JSON.stringify(sandbox.baseUrl)}, apiKey: "${sandbox.apiKey}" });
  const phone = "${PHONE}";
`;

type Ran = Pick<SpawnSyncReturns<string>, "status" | "signal" | "stdout" | "stderr"> & { ms: number };

/** Runs a program. Not spawnSync: the sandbox's pipe is read here. */
async function run(code: string, options: { args?: string[]; within?: number } = {}): Promise<Ran> {
  const began = performance.now();
  const child = spawn(process.execPath, [...(options.args ?? []), "-e", PRELUDE + code], {
    cwd: PACKAGE,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.within ?? 30_000,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { status, signal, stdout, stderr, ms: performance.now() - began };
}

function clean(ran: Ran, status = 0): string {
  assert.deepEqual([ran.status, ran.signal, ran.stderr], [status, null, ""], ran.stdout);
  return ran.stdout;
}

async function several(count: number, atOnce: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** A server that answers polls at once, which the sandbox is too slow for. */
async function quickServer(): Promise<{ url: string; close: () => void; unanswered: () => number }> {
  const text = JSON.stringify({ success: true, messages: [], count: 0, has_more: false });
  const slow = new Set<unknown>();
  const server = createServer({ keepAliveTimeout: 10_000 }, (request, response) => {
    if (request.url?.includes("slow")) {
      slow.add(request);
      response.on("close", () => slow.delete(request));
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    unanswered: () => slow.size,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("programs", () => {
  test("an idle client keeps none alive", async () => {
    const ran = await run(`client.poll().then(() => console.log("polled"));`);
    assert.equal(clean(ran), "polled\n");
    assert.ok(ran.ms < 20_000);
    clean(await run(`client.listen(); client.messages(phone);`));
    // A listener that nobody is asking for a message is no reason to stay.
    clean(await run(`client.listen().open();`));
  });

  test("what is under way does", async () => {
    await sandbox.reset();
    await sandbox.fault("poll", { delay_ms: 500 });
    assert.equal(clean(await run(`client.poll().then(() => console.log("polled"));`)), "polled\n");
    const listening = run(`
      (async () => {
        for await (const message of client.listen({ intervalMs: 100 })) {
          console.log(message.text);
          if (message.text === "stop") break;
        }
      })();
    `);
    await until("it listens", async () => (await sandbox.requests()).length > 2);
    await sandbox.inbound(PHONE, "go on");
    await sandbox.inbound(PHONE, "stop");
    assert.deepEqual(
      clean(await listening)
        .trim()
        .split("\n")
        .sort(),
      ["go on", "stop"],
    );
  });

  test("the last words are heard: a hook, a line of the log", async () => {
    await sandbox.reset();
    await sandbox.fault("send", { delay_ms: 5000 });
    const ran = await run(`
      const told = new AvaClient({
        baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}",
        onUnknown: (attempt) => console.log("told of", attempt.text),
        logger: { error() {}, warn: (line) => console.log(line), info() {}, debug() {} },
      });
      const controller = new AbortController();
      told.send(phone, "the text", { signal: controller.signal }).catch((error) => console.log(error.name));
      setTimeout(() => controller.abort(), 200);
    `);
    const lines = clean(ran).trim().split("\n");
    assert.equal(lines[0], "AbortError");
    assert.deepEqual(
      [
        lines.length,
        lines.some((it) => it.startsWith("a send was cancelled in flight")),
        lines.includes("told of the text"),
      ],
      [3, true, true],
      ran.stdout,
    );
  });

  test("AVA_LOG has the log written where there is no logger", async () => {
    process.env["AVA_LOG"] = "debug";
    try {
      const ran = await run(`client.poll();`);
      assert.equal(ran.status, 0);
      assert.match(ran.stderr, / debug ava-imessage: exchange ended .*url\.template=/);
      assert.ok(!ran.stderr.includes(sandbox.apiKey));
    } finally {
      delete process.env["AVA_LOG"];
    }
  });

  test("process.exit with 50 calls in flight", async () => {
    await sandbox.reset();
    await sandbox.fault("any", { delay_ms: 60_000, times: null });
    await several(100 * SCALE, 3, async (i) => {
      const ran = await run(`
        const told = new AvaClient({
          baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}", onUnknown() {}, logger: console, logLevel: "trace",
          tokenProvider: undefined,
        });
        const from = [client, told];
        for (let i = 0; i < 50; i += 1) {
          const one = from[i % 2];
          const call = [() => one.send(phone, "canary"), () => one.poll(), () => one.listen().next(),
            () => one.messages(phone).next()][i % 4];
          call().catch(() => undefined);
        }
        ${["process.exit(7);", "setTimeout(() => process.exit(7), Math.random() * 60);", "setImmediate(() => process.exit(7));"][i % 3] ?? ""}
      `);
      assert.deepEqual([ran.status, ran.signal], [7, null], ran.stderr);
      assert.equal(ran.stderr, "");
    });
    await sandbox.reset();
  });

  test("an uncaught error with calls in flight", async () => {
    const ran = await run(`for (let i = 0; i < 9; i += 1) client.poll().catch(() => {}); throw new Error("mine");`);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /Error: mine/);
  });

  test("100,000 calls leave nothing behind", { timeout: 600_000 }, async () => {
    const server = await quickServer();
    const calls = 100_000 * SCALE;
    const ran = await run(
      `
        process.on("warning", (warning) => console.log("warning", warning.message));
        const quick = new AvaClient({ baseUrl: "${server.url}", apiKey: "sk_1", onUnknown() {} });
        const { signal } = new AbortController();
        const handles = () => process.getActiveResourcesInfo().length;
        const rounds = [];
        (async () => {
          for (let round = 0; round < 10; round += 1) {
            let left = ${String(calls / 10)};
            const lane = async () => { while (left-- > 0) await quick.poll(left % 2 ? { signal } : undefined); };
            await Promise.all(Array.from({ length: 32 }, lane));
            gc();
            const { rss, heapUsed } = process.memoryUsage();
            rounds.push([Math.round(rss / 1024), Math.round(heapUsed / 1024), handles()]);
          }
          console.log(JSON.stringify(rounds));
        })();
      `,
      { args: ["--expose-gc"], within: 600_000 },
    );
    server.close();
    const rounds = JSON.parse(clean(ran)) as [rss: number, heap: number, handles: number][];
    // The first rounds are V8's and the allocator's to find their sizes.
    const before = rounds[6];
    const after = rounds[9];
    assert.ok(before && after);
    assert.ok(after[0] - before[0] < 4 * 1024, `KiB of memory: ${JSON.stringify(rounds)}`);
    assert.ok(after[1] - before[1] < 256, `KiB of the heap: ${JSON.stringify(rounds)}`);
    assert.ok(after[2] <= before[2], `handles: ${JSON.stringify(rounds)}`);
  });
});

test("2,000 aborts at random moments: requests are dropped, and nothing is left", { timeout: 120_000 }, async () => {
  const server = await quickServer();
  const { AvaClient } = await import("ava-imessage");
  await using client = new AvaClient({ baseUrl: server.url, apiKey: "sk_1", maxRetries: 0 });
  let aborted = 0;
  await several(2000 * SCALE, 50, async (i) => {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    // Half of them are answered at once, half never.
    const polling = i % 2 ? client.poll({ ...options, phone: PHONE }) : client.messagesPage(PHONE, options);
    const reason = new Error("aborted");
    if (i % 7 === 0) {
      controller.abort(reason);
    } else {
      setTimeout(() => {
        controller.abort(reason);
      }, Math.random() * 4);
    }
    await polling.catch((error: unknown) => {
      // The quick server gives polls for pages, too.
      assert.ok(error === reason || (error as AvaError).code === "unexpected_response", String(error));
      aborted += error === reason ? 1 : 0;
    });
  });
  assert.ok(aborted > 100 * SCALE, `only ${String(aborted)} were aborted in time`);
  await until("the server has no request left", () => server.unanswered() === 0);
  await client.poll();
  server.close();
});

test("aborts of requests that get no answer: the server sees each", async () => {
  await sandbox.reset();
  await sandbox.fault("any", { delay_ms: 60_000, times: null });
  await using client = sandbox.client();
  const controllers = Array.from({ length: 60 }, () => new AbortController());
  const all = controllers.map(({ signal }, i) => failure(client.send(PHONE, `canary ${String(i)}`, { signal })));
  await until("all requests", async () => (await sandbox.requests()).length === 60);
  controllers.forEach((it) => {
    it.abort();
  });
  await Promise.all(all);
  await until("all disconnects", async () =>
    (await sandbox.requests()).every((it) => it["outcome"] === "client_disconnected"),
  );
  await sandbox.reset();
});

describe("worker threads", () => {
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    ${PRELUDE}
    const told = new AvaClient({
      baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}", onUnknown() {}, logger: { error() {}, warn() {}, info() {}, debug() {} },
      logLevel: "trace",
    });
    for (let i = 0; i < 20; i += 1) {
      const one = i % 2 ? client : told;
      (i % 4 < 2 ? one.send(phone, "canary") : one.listen({ intervalMs: 100 }).next()).catch(() => undefined);
    }
    const asked = new AvaClient({ baseUrl: client.baseUrl, tokenProvider: () => new Promise(() => {}) });
    asked.poll().catch(() => undefined);
    parentPort.postMessage("ready");
  `;
  const program = `
    const { Worker } = require("node:worker_threads");
    const code = ${JSON.stringify(code)};
    (async () => {
      let left = ${String(100 * SCALE)};
      const lane = async () => {
        while (left-- > 0) {
          const worker = new Worker(code, { eval: true });
          await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
          if (left % 3) await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
          await worker.terminate();
        }
      };
      await Promise.all([lane(), lane(), lane(), lane()]);
      console.log("done");
    })();
  `;

  test("100 are terminated with calls in flight", { timeout: 120_000 }, async () => {
    await sandbox.reset();
    await sandbox.fault("send", { delay_ms: 60_000, times: null });
    assert.equal(clean(await run(`${program}; client.poll();`, { within: 120_000 })), "done\n");
  });

  test("the same where the main thread has never loaded the package", { timeout: 120_000 }, async () => {
    const own = program.replaceAll(PRELUDE, "");
    const child = spawn(process.execPath, ["-e", own], { cwd: PACKAGE, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (said += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (said += part));
    assert.deepEqual(await once(child, "close"), [0, null], said);
    assert.equal(said, "done\n");
    await sandbox.reset();
  });

  test("each has its own", async () => {
    const talk = `
      const { parentPort } = require("node:worker_threads");
      ${PRELUDE}
      (async () => {
        const ids = [];
        for (let i = 0; i < 20; i += 1) ids.push((await client.send(phone, "canary " + i)).messageId);
        parentPort.postMessage(ids);
      })();
    `;
    const workers = Array.from({ length: 8 }, () => new Worker(talk, { eval: true }));
    const ids = await Promise.all(workers.map(async (it) => ((await once(it, "message")) as [string[]])[0]));
    assert.equal(new Set(ids.flat()).size, 160);
  });
});

describe("modules", () => {
  test("may be loaded again and again, as test runners do, and are let go", { timeout: 120_000 }, async () => {
    await sandbox.reset();
    const ran = await run(
      `
        process.on("warning", (warning) => console.log("warning", warning.message));
        const { createRequire } = require("node:module");
        const refs = [];
        (async () => {
          const measure = async () => {
            for (let i = 0; i < 5; i += 1) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
            return process.memoryUsage().heapUsed;
          };
          let before;
          for (let i = 0; i < 300; i += 1) {
            for (const name of Object.keys(require.cache)) {
              if (name.includes("dist")) delete require.cache[name];
            }
            // Not by the same require: that keeps a list of all it has loaded.
            const again = createRequire(process.cwd() + "/package.json")("ava-imessage");
            if (again.AvaClient === AvaClient) throw new Error("not loaded again");
            const other = new again.AvaClient({ baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}", onUnknown() {} });
            refs.push(new WeakRef(other));
            if (i % 30 === 0) await other.poll();
            if (i === 150) before = await measure();
          }
          const after = await measure();
          console.log(refs.filter((ref) => ref.deref()).length, Math.round((after - before) / 1024));
          await client.poll();
        })();
      `,
      { args: ["--expose-gc"], within: 120_000 },
    );
    const [alive = NaN, growth = NaN] = clean(ran).trim().split(" ").map(Number);
    assert.ok(alive < 10, `${String(alive)} of 300 clients are still there`);
    assert.ok(growth < 1024, `the heap grew by ${String(growth)} KiB`);
  });

  test("a call that is under way outlives its module", async () => {
    await sandbox.reset();
    await sandbox.fault("poll", { delay_ms: 300 });
    const ran = await run(
      `
        let again = require("ava-imessage");
        for (const name of Object.keys(require.cache)) if (name.includes("dist")) delete require.cache[name];
        let other = new (require("ava-imessage").AvaClient)({ baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}" });
        other.poll().then(() => console.log("polled"));
        for (const name of Object.keys(require.cache)) if (name.includes("dist")) delete require.cache[name];
        again = other = undefined;
        const collecting = setInterval(gc, 10);
        setTimeout(() => clearInterval(collecting), 250);
      `,
      { args: ["--expose-gc"] },
    );
    assert.equal(clean(ran), "polled\n");
  });

  test("clients that refer to themselves are let go", async () => {
    const ran = await run(
      `
        const refs = [];
        (async () => {
          for (let i = 0; i < 200; i += 1) {
            const one = new AvaClient({ baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}", onUnknown: () => one.poll() });
            if (i < 3) await one.poll();
            const listener = one.listen({ onGap: () => one.close() });
            if (i < 3) await listener.open();
            refs.push(new WeakRef(one));
          }
          for (let i = 0; i < 5; i += 1) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
          console.log(refs.filter((ref) => ref.deref()).length);
        })();
      `,
      { args: ["--expose-gc"] },
    );
    assert.ok(Number(clean(ran)) < 5, ran.stdout);
  });

  test("whose calls were aborted are let go, whatever else is under way", async () => {
    await sandbox.reset();
    await sandbox.fault("poll", { delay_ms: 30_000, times: null });
    const ran = await run(
      `
        const refs = [];
        (async () => {
          const held = new AbortController();
          const waiting = client.poll({ signal: held.signal }).catch(() => undefined);
          for (let i = 0; i < 50; i += 1) {
            const one = new AvaClient({ baseUrl: client.baseUrl, apiKey: "${sandbox.apiKey}", onUnknown: () => one.poll() });
            const controller = new AbortController();
            const polling = one.poll({ signal: controller.signal }).catch(() => undefined);
            controller.abort();
            await polling;
            refs.push(new WeakRef(one));
          }
          for (let i = 0; i < 10; i += 1) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
          console.log(refs.filter((ref) => ref.deref()).length);
          held.abort();
          await waiting;
        })();
      `,
      { args: ["--expose-gc"] },
    );
    assert.ok(Number(clean(ran)) < 5, ran.stdout);
    await sandbox.reset();
  });

  test("import and require give the same", async () => {
    const ran = await run(`
      (async () => {
        const imported = await import("ava-imessage");
        const required = require("ava-imessage");
        console.log(Object.keys(required).every((name) => imported[name] === required[name]));
        // Newer Nodes give the whole of a CommonJS module under a name of its own.
        const added = Object.keys(imported).filter((name) => !(name in required) && name !== "module.exports");
        console.log(added);
        const testing = await import("ava-imessage/testing");
        console.log(testing.Sandbox === require("ava-imessage/testing").Sandbox);
      })();
    `);
    assert.equal(clean(ran), "true\n[]\ntrue\n");
  });
});

describe("a panic", { skip: native.panicInNextCalls ? false : "the native half has no test hooks" }, () => {
  test("in a call is an InternalError, and the client works after", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    for (const call of [
      () => client.send(PHONE, "canary"),
      () => client.poll(),
      () => client.messages(PHONE).next(),
      () => client.listen().next(),
      () => client.generate(PHONE, [{ role: "user", content: "canary" }]),
    ]) {
      native.panicInNextCalls?.(1);
      const error = await avaError(call());
      assert.ok(error instanceof InternalError);
      assert.match(error.message, /a bug in this library/);
      assert.ok(!error.message.includes("canary"));
      await client.poll();
    }
  });

  test("while a client is made, or a call begun, is one too", async () => {
    await using client = sandbox.client();
    native.panicInNextGuards?.(1);
    assert.throws(() => sandbox.client(), InternalError);
    native.panicInNextGuards?.(1);
    assert.ok((await avaError(client.poll())) instanceof InternalError);
    await client.poll();
  });
});

test("a sandbox ends with its process, even if that is killed", async () => {
  const { stdout, signal } = await run(`
    const { Sandbox } = require("ava-imessage/testing");
    Sandbox.start({ settings: { history_order: "newest_first" } }).then(async (own) => {
      const { history_order } = await own.control("GET", "settings");
      require("node:fs").writeSync(1, own.baseUrl + " " + history_order);
      process.kill(process.pid, "SIGKILL");
    });
  `);
  assert.equal(signal, "SIGKILL");
  const [url, order] = stdout.split(" ");
  assert.equal(order, "newest_first");
  await until("its end", () =>
    fetch(String(url)).then(
      () => false,
      () => true,
    ),
  );
});
