// Conversations and listeners: how they are read, how they end, and what is acknowledged.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import {
  type AvaError,
  type Checkpoint,
  type Gap,
  type ListenOptions,
  type Message,
  PermissionDeniedError,
  type SkippedRow,
  StorageError,
} from "ava-imessage";
import { PHONE, avaError, failure, flush, sandboxOfTests, sleep, until } from "./support.mjs";

const sandbox = await sandboxOfTests();
const folder = mkdtempSync(join(tmpdir(), "ava-node-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const pagesAsked = async (): Promise<number> =>
  (await sandbox.requests()).filter((it) => String(it["path"]).startsWith("/api/messages")).length;

describe("a conversation", () => {
  test("is read page by page, as it is wanted", async () => {
    await sandbox.reset();
    await sandbox.seed(PHONE, 250);
    await using client = sandbox.client();
    const seen: string[] = [];
    for await (const message of client.messages(PHONE)) {
      seen.push(message.id);
      if (seen.length === 10) {
        assert.equal(await pagesAsked(), 1);
      }
    }
    assert.equal(new Set(seen).size, 250);
  });

  test("stops when its reader does", async () => {
    await sandbox.reset();
    await sandbox.seed(PHONE, 250);
    await using client = sandbox.client();
    const messages = client.messages(PHONE);
    for await (const message of messages) {
      assert.ok(message);
      break;
    }
    assert.deepEqual(await messages.next(), { done: true, value: undefined });
    const thrown = new Error("mine");
    const other = client.messages(PHONE);
    assert.equal(
      await failure(
        (async () => {
          for await (const message of other) {
            assert.ok(message);
            throw thrown;
          }
        })(),
      ),
      thrown,
    );
    assert.ok((await other.next()).done);
    const third = client.messages(PHONE);
    assert.ok(!(await third.next()).done);
    assert.equal(await failure(third.throw(thrown)), thrown);
    assert.ok((await third.next()).done);
    {
      await using disposed = client.messages(PHONE);
      assert.ok(!(await disposed.next()).done);
    }
    await sleep(20);
    assert.equal(await pagesAsked(), 4);
  });

  test("becomes a stream of Node's and of the Web's", async () => {
    await sandbox.reset();
    await sandbox.seed(PHONE, 120);
    await using client = sandbox.client();
    const node: Message[] = await Readable.from(client.messages(PHONE)).toArray();
    assert.equal(node.length, 120);
    const web: string[] = [];
    for await (const message of ReadableStream.from(client.messages(PHONE))) {
      web.push(message.id);
    }
    assert.deepEqual(
      web,
      node.map((it) => it.id),
    );
  });

  test("ends with the error of a page", async () => {
    await sandbox.reset();
    await using client = sandbox.client({ maxRetries: 0 });
    await sandbox.fault("messages", { status: 403 });
    const messages = client.messages(PHONE);
    assert.ok((await avaError(messages.next())) instanceof PermissionDeniedError);
    assert.ok((await messages.next()).done);
  });

  test("may be asked for several at a time", async () => {
    await sandbox.reset();
    await sandbox.seed(PHONE, 5);
    await using client = sandbox.client();
    const messages = client.messages(PHONE);
    const all = await Promise.all(Array.from({ length: 7 }, () => messages.next()));
    const ids = all.filter((it) => !it.done).map((it) => it.value.id);
    assert.equal(new Set(ids).size, 5);
    assert.equal(all.filter((it) => it.done).length, 2);
  });

  test("keeps its order and every row, however many ask", async () => {
    await sandbox.reset();
    await sandbox.seed(PHONE, 350);
    await using client = sandbox.client();
    const inOrder: string[] = [];
    for await (const message of client.messages(PHONE)) {
      inOrder.push(message.id);
    }
    const messages = client.messages(PHONE);
    const all = await Promise.all(Array.from({ length: 400 }, () => messages.next()));
    assert.deepEqual(
      all.flatMap((it) => (it.done ? [] : [it.value.id])),
      inOrder,
    );
  });
});

describe("a listener", () => {
  const quick: ListenOptions = { intervalMs: 100 };

  test("acknowledges when the next message is asked for, and resumes", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    const checkpoint = join(folder, "inbox.json");
    const first = client.listen({ ...quick, checkpoint });
    await first.open();
    for (const text of ["canary 1", "canary 2", "canary 3"]) {
      await sandbox.inbound(PHONE, text);
    }
    const heard: string[] = [];
    for await (const message of first) {
      heard.push(message.text);
      if (heard.length === 2) {
        break;
      }
    }
    assert.ok(existsSync(checkpoint));
    // Leaving the loop acknowledged nothing: the second comes again.
    const second = client.listen({ ...quick, checkpoint });
    const again: string[] = [];
    for await (const message of second) {
      again.push(message.text);
      if (again.length === 2) {
        await second.ack(message);
        break;
      }
    }
    assert.deepEqual([heard.sort(), again.sort()], [heard, again]);
    assert.equal(new Set([...heard, ...again]).size, 3);
    assert.equal(again.length + heard.length, 4);
  });

  test("leaves acknowledging to whoever reads ahead", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    let saved: string | undefined;
    const checkpoint: Checkpoint = {
      load: () => saved,
      save: async (state) => {
        await sleep(1);
        saved = state;
      },
    };
    const listener = client.listen({ ...quick, checkpoint, autoAck: false });
    await listener.open();
    for (let i = 0; i < 4; i += 1) {
      await sandbox.inbound(PHONE, `canary ${String(i)}`, { id: `msg_in_${String(i)}` });
    }
    const stream = Readable.from(listener);
    const seen: string[] = [];
    for await (const message of stream) {
      const { id } = message as Message;
      seen.push(id);
      if (id !== "msg_in_2") {
        await listener.ack(message as Message);
      }
      if (seen.length === 4) {
        break;
      }
    }
    const resumed = client.listen({ ...quick, checkpoint });
    const next = await resumed.next();
    assert.equal((next.value as Message).id, "msg_in_2");
    await resumed.close();
    await resumed.ack("msg_in_2");
  });

  test("tells of a checkpoint that fails, and has acknowledged nothing", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    const thrown = new RangeError("canary: disk full");
    const loading = client.listen({
      ...quick,
      checkpoint: {
        load: () => Promise.reject(thrown),
        save: () => undefined,
      },
    });
    const failed = await avaError(loading.open());
    assert.ok(failed instanceof StorageError);
    assert.equal(failed.cause, thrown);
    await loading.close();
    assert.ok((await loading.next()).done);
    const odd = client.listen({ ...quick, checkpoint: { load: () => 3 as never, save: () => undefined } });
    assert.match(((await avaError(odd.next())).cause as Error).message, /must give a string, or nothing/);

    let broken = false;
    const saving = client.listen({
      ...quick,
      autoAck: false,
      checkpoint: {
        load: () => null,
        save: () => {
          if (broken) {
            throw thrown;
          }
        },
      },
    });
    await saving.open();
    await sandbox.inbound(PHONE, "canary");
    const { value: message } = await saving.next();
    broken = true;
    const error = await avaError(saving.ack(message as Message));
    assert.ok(error instanceof StorageError);
    assert.equal(error.cause, thrown);
    broken = false;
    await saving.ack(message as Message);
    await saving.close();
  });

  test("refuses a checkpoint of another phone", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    const checkpoint = join(folder, "of-one.json");
    await using one = client.listen({ ...quick, checkpoint, phone: PHONE });
    await one.open();
    await using other = client.listen({ ...quick, checkpoint });
    assert.equal((await avaError(other.open())).code, "configuration");
  });

  test("ends when it is closed, and when its client is", async () => {
    await sandbox.reset();
    const client = sandbox.client();
    const listener = client.listen(quick);
    const waiting = listener.next();
    await sleep(50);
    await listener.close();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    const other = await client.listen(quick).open();
    const alsoWaiting = other.next();
    await client.close();
    assert.deepEqual(await alsoWaiting, { done: true, value: undefined });
  });

  test("ends with an error that no further try mends", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    await sandbox.fault("poll", { status: 403, times: null });
    const listener = client.listen({ ...quick, since: new Date() });
    assert.ok((await avaError(listener.next())) instanceof PermissionDeniedError);
    assert.ok((await listener.next()).done);
    await sandbox.clearFaults();
  });

  test("goes on after its checkpoint failed to be saved", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    const thrown = new RangeError("disk full");
    let broken = false;
    let saved: string | undefined;
    const checkpoint: Checkpoint = {
      load: () => saved,
      save: (state) => {
        if (broken) {
          throw thrown;
        }
        saved = state;
      },
    };
    await using listener = await client.listen({ ...quick, checkpoint }).open();
    await sandbox.inbound(PHONE, "canary 1");
    assert.equal(((await listener.next()).value as Message).text, "canary 1");
    await sandbox.inbound(PHONE, "canary 2");
    broken = true;
    const error = await avaError(listener.next());
    assert.ok(error instanceof StorageError);
    assert.equal(error.cause, thrown);
    broken = false;
    assert.equal(((await listener.next()).value as Message).text, "canary 2");
  });

  test("begins anew if it could not be opened", async () => {
    await sandbox.reset();
    await using client = sandbox.client();
    const thrown = new RangeError("not yet");
    let loads = 0;
    const checkpoint: Checkpoint = {
      load: () => {
        loads += 1;
        if (loads === 1) {
          throw thrown;
        }
        return undefined;
      },
      save: () => undefined,
    };
    const listener = client.listen({ ...quick, checkpoint });
    const [first, second] = await Promise.all([avaError(listener.open()), avaError(listener.next())]);
    assert.deepEqual([first.cause, second.cause, loads], [thrown, thrown, 1]);
    await sandbox.fault("poll", { status: 403 });
    assert.ok((await avaError(listener.next())) instanceof PermissionDeniedError);
    await listener.open();
    await sandbox.inbound(PHONE, "canary");
    assert.equal(((await listener.next()).value as Message).text, "canary");
    await listener.close();
    assert.ok((await listener.next()).done);
  });

  test("tells its hook why the token provider failed", async () => {
    await sandbox.reset();
    const thrown = new RangeError("no token today");
    await using client = sandbox.client({ apiKey: undefined, tokenProvider: () => Promise.reject(thrown) });
    const errors: AvaError[] = [];
    const onRetry = (error: AvaError): unknown => errors.push(error);
    const listener = client.listen({ ...quick, since: new Date(), onRetry });
    const waiting = listener.next();
    await until("it was tried", () => errors.length > 0);
    assert.deepEqual([errors[0]?.code, errors[0]?.cause], ["authentication", thrown]);
    await listener.close();
    assert.ok((await waiting).done);
  });

  test("survives hooks that throw odd things", async () => {
    await sandbox.reset();
    await using client = sandbox.client({ backoffMs: 5, backoffMaxMs: 10 });
    const warnings: string[] = [];
    const hear = (warning: Error): unknown => warnings.push(warning.message);
    process.on("warning", hear);
    const odd: unknown[] = [
      Object.create(null),
      Object.defineProperty(new Error("odd"), "stack", {
        get: () => {
          throw new Error("no stack");
        },
      }),
      Symbol("odd"),
    ];
    const count = odd.length;
    await sandbox.script([
      { when: { path: "/api/messages/poll" }, status: 503, repeat: count },
      { when: { path: "/api/messages/poll" }, status: 403 },
    ]);
    const since = "2026-01-25T11:00:00Z";
    const onRetry = (): never => {
      throw odd.pop();
    };
    const listener = client.listen({ ...quick, since, onRetry });
    assert.ok((await avaError(listener.next())) instanceof PermissionDeniedError);
    await until("all were told", () => warnings.length === count);
    process.off("warning", hear);
    assert.ok(warnings.every((warning) => warning.startsWith("onRetry threw: ")));
    await sandbox.reset();
  });

  test("tells its hooks", async () => {
    await sandbox.reset();
    await using client = sandbox.client({ backoffMs: 5, backoffMaxMs: 10 });
    const gaps: Gap[] = [];
    const rows: SkippedRow[] = [];
    const errors: AvaError[] = [];
    await sandbox.script([
      { when: { path: "/api/messages/poll" }, status: 503, json: { error: "Not now" } },
      {
        when: { path: "/api/messages/poll" },
        json: { success: true, messages: [{ id: "canary" }], count: 1, has_more: false },
        repeat: "forever",
      },
    ]);
    await using listener = client.listen({
      ...quick,
      since: "2026-01-25T11:00:00Z",
      onGap: (gap) => gaps.push(gap),
      onSkipped: (row) => rows.push(row),
      onRetry: (error) => errors.push(error),
    });
    const next = listener.next();
    await until("both", () => rows.length > 0 && errors.length > 0);
    assert.deepEqual([errors[0]?.code, errors[0]?.status, errors[0]?.message], ["server", 503, "Not now"]);
    assert.deepEqual([rows[0]?.index, JSON.parse(rows[0]?.raw ?? "")], [0, { id: "canary" }]);
    assert.deepEqual(gaps, []);
    await listener.close();
    assert.ok((await next).done);
    await flush();
    await sandbox.reset();
  });
});
