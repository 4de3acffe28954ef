// Aborting: the request is dropped, the call rejects with the signal's reason, and nobody's message gets lost.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import type { Attempt, AvaClient, CallOptions, Message } from "ava-imessage";
import { PHONE, failure, flush, sandboxOfTests, sleep, until } from "./support.mjs";

const sandbox = await sandboxOfTests();

const calls: Record<string, (client: AvaClient, options: CallOptions) => Promise<unknown>> = {
  send: (client, options) => client.send(PHONE, "canary", options),
  messagesPage: (client, options) => client.messagesPage(PHONE, options),
  messages: (client, options) => client.messages(PHONE, options).next(),
  poll: (client, options) => client.poll(options),
  "listen, being opened": (client, options) => client.listen(options).next(),
  generate: (client, options) => client.generate(PHONE, [{ role: "user", content: "canary" }], options),
  draftReply: (client, options) => client.draftReply(PHONE, options),
};

describe("an abort in flight drops the request and gives the signal's reason", () => {
  for (const [name, call] of Object.entries(calls)) {
    test(name, async () => {
      await sandbox.reset();
      await sandbox.seed(PHONE, 3);
      await sandbox.fault("any", { delay_ms: 5000, times: null });
      await using client = sandbox.client();
      const controller = new AbortController();
      const reason = new Error("mine");
      const promise = call(client, { signal: controller.signal });
      await until("the request", async () => (await sandbox.requests()).length === 1);
      controller.abort(reason);
      const aborted = performance.now();
      assert.equal(await failure(promise), reason);
      await until(
        "the server sees it",
        async () => (await sandbox.requests())[0]?.["outcome"] === "client_disconnected",
      );
      assert.ok(performance.now() - aborted < 5000, "else it was only the answer that nobody took");
      assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    });
  }
});

describe("a signal that is aborted already sends nothing", () => {
  for (const [name, call] of Object.entries(calls)) {
    test(name, async () => {
      await sandbox.reset();
      const attempts: Attempt[] = [];
      await using client = sandbox.client({ onUnknown: (attempt) => attempts.push(attempt) });
      const error = await failure(call(client, { signal: AbortSignal.abort() }));
      assert.equal((error as Error).name, "AbortError");
      await flush();
      assert.deepEqual(await sandbox.requests(), []);
      assert.deepEqual(attempts, []);
    });
  }
});

test("a send that is cut in flight is told of, and can be settled", async () => {
  await sandbox.reset();
  const attempts: Attempt[] = [];
  const lines: string[] = [];
  const log = (message: string): unknown => lines.push(message);
  await using client = sandbox.client({
    onUnknown: (attempt) => attempts.push(attempt),
    logger: { error: log, warn: log, info: log, debug: log },
  });
  await sandbox.fault("send", { delay_after_ms: 5000 });
  const signal = AbortSignal.timeout(100);
  const error = await failure(client.send(PHONE, "canary cut", { signal }));
  assert.equal((error as Error).name, "TimeoutError");
  await until("it is told", () => attempts.length === 1);
  const [attempt] = attempts;
  assert.deepEqual([attempt?.phone, attempt?.text], [PHONE, "canary cut"]);
  await flush();
  assert.ok(lines.some((line) => line.includes("cancelled in flight")));
  assert.ok(!lines.join().includes("canary"));
  await until("it went out", async () => (await sandbox.messages()).length === 1);
  assert.equal((await client.settle(attempt as Attempt)).confirmation, "history");
});

test("the listeners of others on the signal stay as they are", async () => {
  await sandbox.reset();
  await using client = sandbox.client();
  const controller = new AbortController();
  const { signal } = controller;
  let heard = 0;
  const hear = (): unknown => (heard += 1);
  signal.onabort = hear;
  signal.addEventListener("abort", hear);
  await client.poll({ signal });
  assert.equal(signal.onabort, hear);
  await sandbox.fault("poll", { delay_ms: 5000 });
  const polling = client.poll({ signal });
  await sleep(20);
  controller.abort();
  assert.equal(((await failure(polling)) as Error).name, "AbortError");
  assert.equal(heard, 1 + 1);
});

test("one signal may have any number of calls", async () => {
  await sandbox.reset();
  const warnings: Error[] = [];
  const hear = (warning: Error): unknown => warnings.push(warning);
  process.on("warning", hear);
  const controller = new AbortController();
  await using client = sandbox.client();
  await sandbox.fault("poll", { delay_ms: 5000, times: null });
  const all = Array.from({ length: 40 }, () => failure(client.poll({ signal: controller.signal })));
  await sleep(20);
  assert.equal(getEventListeners(controller.signal, "abort").length, 1);
  controller.abort();
  for (const error of await Promise.all(all)) {
    assert.equal((error as Error).name, "AbortError");
  }
  await sleep(20);
  process.off("warning", hear);
  assert.deepEqual(warnings, []);
});

test("an abort when the call has ended changes nothing", async () => {
  await sandbox.reset();
  await using client = sandbox.client();
  const controller = new AbortController();
  const sending = client.send(PHONE, "canary", { signal: controller.signal });
  const sent = sending.then((it) => {
    controller.abort();
    return it;
  });
  assert.ok((await sent).messageId);
  assert.ok((await sending).messageId);
});

test("a stream that is aborted ends; what was not taken comes again", async () => {
  await sandbox.reset();
  await using client = sandbox.client();
  let saved: string | undefined;
  const checkpoint = {
    load: () => saved,
    save: (state: string) => {
      saved = state;
    },
  };
  const controller = new AbortController();
  const listener = client.listen({ intervalMs: 100, signal: controller.signal, checkpoint });
  await listener.open();
  await sandbox.inbound(PHONE, "canary 1");
  assert.equal(((await listener.next()).value as Message).text, "canary 1");
  const before = saved;
  const waiting = listener.next();
  await until("asking for the next acknowledges the last", () => saved !== before);
  controller.abort();
  assert.equal(((await failure(waiting)) as Error).name, "AbortError");
  assert.ok((await listener.next()).done);
  await sandbox.inbound(PHONE, "canary 2");
  await using other = client.listen({ intervalMs: 100, checkpoint });
  assert.equal(((await other.next()).value as Message).text, "canary 2");
});

test("a callback that aborts a send whose outcome has come changes nothing", async () => {
  await sandbox.reset();
  let controller = new AbortController();
  const told: string[] = [];
  const abort = (): void => {
    controller.abort();
  };
  await using client = sandbox.client({
    logLevel: "trace",
    logger: { error: abort, warn: abort, info: abort, debug: abort },
    onUnknown: (attempt) => told.push(attempt.text),
  });
  for (let i = 0; i < 20; i += 1) {
    controller = new AbortController();
    const text = `canary ${String(i)}`;
    const sending = client.send(PHONE, text, { signal: controller.signal });
    // Meanwhile both come, the lines of the log and the outcome: in one batch.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    const sent = await sending.then(
      () => true,
      () => false,
    );
    if (sent) {
      told.push(text);
    }
  }
  await flush();
  const untold = (await sandbox.messages()).map((it) => String(it["message"])).filter((it) => !told.includes(it));
  assert.deepEqual(untold, []);
});
