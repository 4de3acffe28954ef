// Every kind of error has its class, as the table says that the core wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import * as ava from "ava-imessage";
import { Attempt, AvaConnectionError, AvaError, DeliveryUnknownError } from "ava-imessage";
import { PHONE, REPOSITORY, avaError, failure, makeError, sandboxOfTests } from "./support.mjs";
import { record } from "./vector/conformance.mjs";

interface Entry {
  number: number;
  code: string;
  node: string;
}

const TABLE = JSON.parse(readFileSync(join(REPOSITORY, "tests/vectors/errors.json"), "utf8")) as Entry[];
const NOTHING = {
  status: null,
  requestId: null,
  retryAfterMs: null,
  body: null,
  delivery: null,
  messageId: null,
  attempt: null,
  cause: null,
  raised: null,
};

describe("every kind of error", () => {
  for (const entry of TABLE) {
    test(entry.code, () => {
      const type = ava[entry.node as "ServerError"];
      const fields = {
        status: 500,
        requestId: "req_1",
        retryAfterMs: 1500,
        body: "{}",
        delivery: "unknown" as const,
        messageId: "msg_1",
      };
      const cause = { ...NOTHING, code: "server", message: "behind it", status: 503 };
      const error = makeError(
        { ...NOTHING, ...fields, code: entry.code, message: "one line", cause },
        () => undefined,
        () => undefined,
      );
      assert.equal(error.constructor, type);
      assert.ok(error instanceof AvaError && error instanceof Error);
      assert.deepEqual([error.code, error.number, error.name], [entry.code, entry.number, entry.node]);
      assert.deepEqual([type.code, type.number], [entry.code, entry.number]);
      assert.equal(String(error), `${entry.node}: one line`);
      for (const [name, value] of Object.entries(fields)) {
        assert.equal(error[name as "status"], value, name);
      }
      assert.ok(error.cause instanceof ava.ServerError);
      assert.equal(error.cause.status, 503);
      // What may hold people's data is for whoever asks for it.
      assert.ok(!Object.keys(error).includes("body"));
      assert.ok(!inspect(error).includes("{}"));
      record("error", entry.code, true);
    });
  }

  test("there are no others", () => {
    const classes = Object.entries(ava)
      .filter(([, value]) => typeof value === "function" && value.prototype instanceof AvaError)
      .map(([name]) => name);
    assert.deepEqual(classes.sort(), TABLE.map((entry) => entry.node).sort());
  });

  test("what an error lacks isn't shown", () => {
    const error = new ava.ServerError("Not now");
    assert.deepEqual(Object.keys(error), ["code"]);
    assert.equal(error.status, undefined);
    assert.equal(error.cause, undefined);
    assert.ok(!("cause" in error));
  });
});

const sandbox = await sandboxOfTests();

test("each status arrives as its class", async () => {
  const kinds: Record<number, string> = {
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    429: "RateLimitedError",
  };
  await using client = sandbox.client({ maxRetries: 0 });
  for (const status of [400, 401, 403, 404, 418, 429, 500, 503]) {
    await sandbox.fault("poll", { status, body: { error: "Not now" }, retry_after: "7" });
    const error = await avaError(client.poll());
    assert.equal(error.name, kinds[status] ?? (status < 500 ? "InvalidRequestError" : "ServerError"));
    assert.deepEqual([error.status, error.message, error.retryAfterMs], [status, "Not now", 7000]);
    assert.ok(error.requestId);
    assert.equal(error.body, '{"error":"Not now"}');
    assert.equal(error.delivery, undefined);
  }
});

test("an unknown send carries its attempt, and shows neither phone nor text", async () => {
  await sandbox.fault("send", { drop: "before" });
  await using client = sandbox.client({ settleWithinMs: 200, settleGapMs: 50 });
  const error = await avaError(client.send(PHONE, "canary 1"));
  assert.ok(error instanceof DeliveryUnknownError);
  assert.equal(error.delivery, "unknown");
  assert.ok(error.cause instanceof AvaConnectionError);
  const { attempt } = error;
  assert.ok(attempt instanceof Attempt && Object.isFrozen(attempt));
  assert.deepEqual([attempt.phone, attempt.text, attempt.isPortable], [PHONE, "canary 1", true]);
  const shown = inspect(error, { depth: 10, showHidden: false }) + inspect(attempt) + JSON.stringify(error);
  assert.ok(!shown.includes("canary") && !shown.includes(PHONE.slice(1)), shown);
  assert.match(inspect(attempt), /^Attempt \{ phone: '\+…11', text: <8 characters>, isPortable: true \}$/);

  // Kept over a restart, as text or as what JSON.parse makes of it.
  const text = JSON.stringify(attempt);
  assert.match(text, /canary 1/);
  for (const copy of [Attempt.fromJSON(text), Attempt.fromJSON(JSON.parse(text) as object)]) {
    assert.equal(copy.phone, PHONE);
    const again = await avaError(client.settle(copy, { timeoutMs: 500 }));
    assert.equal(again.code, "delivery_unknown");
  }

  // Refused before anybody was asked, it is as unknown as before, and the attempt is handed back.
  const refused = await avaError(client.settle(attempt, { timeoutMs: -1 }));
  assert.deepEqual([refused.code, refused.delivery, refused.attempt], ["invalid_request", "unknown", attempt]);
});

test("what is no attempt is refused, and not quoted", async () => {
  for (const wrong of ["{}", "canary", "[1]", { phone: "canary" }, 3, null, undefined]) {
    assert.throws(
      () => Attempt.fromJSON(wrong as string),
      (error: AvaError) => error.code === "invalid_request" && !error.message.includes("canary"),
    );
  }
  await using client = sandbox.client();
  for (const wrong of [undefined, null, {}, "canary", { phone: PHONE, text: "canary" }]) {
    const error = await avaError(client.settle(wrong as unknown as Attempt));
    assert.equal(error.code, "invalid_request");
    assert.match(error.message, /^attempt: /);
  }
});

test("the stack points at the caller", async () => {
  await using client = sandbox.client({ maxRetries: 0 });
  async function theCaller(): Promise<unknown> {
    return await client.send("no phone", "canary");
  }
  async function later(): Promise<unknown> {
    await new Promise(setImmediate);
    await sandbox.fault("poll", { status: 503 });
    return await client.poll();
  }
  async function looping(): Promise<void> {
    await sandbox.fault("messages", { status: 503 });
    for await (const message of client.messages(PHONE)) {
      assert.ok(message);
    }
  }
  for (const [call, name] of [
    [theCaller, "theCaller"],
    [later, "later"],
    [looping, "looping"],
  ] as const) {
    const error = await avaError(call());
    const stack = error.stack ?? "";
    const [first = "", at = ""] = stack.split("\n");
    assert.equal(first, `${error.name}: ${error.message}`);
    assert.ok(at.includes(name), stack);
    assert.ok(!stack.includes("/dist/"), stack);
  }
  const thrown = await failure(
    (async function making() {
      new ava.AvaClient({ baseUrl: "ftp://example.com" });
      await Promise.resolve();
    })(),
  );
  assert.match((thrown as Error).stack ?? "", /^ConfigurationError: baseUrl: .*\n +at making /);
});

test("what the application's own code throws stays as it is", async () => {
  await using client = new ava.AvaClient({ apiKey: "sk_1", baseUrl: "http://127.0.0.1:1" });
  const mine = new Error("mine");
  const { stack } = mine;
  const options = {
    get timeoutMs(): number {
      throw mine;
    },
  };
  function* turns(): Generator<never> {
    throw mine;
  }
  const calls = [
    () => client.poll(options),
    () => client.generate("+15550001111", turns()),
    async () => {
      await client.listen(options).open();
    },
    async () => {
      await client.messages("+15550001111", options).next();
    },
  ];
  for (const call of calls) {
    assert.equal(await failure(call()), mine);
    assert.equal(mine.stack, stack);
  }
});
