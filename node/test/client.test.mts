// The client: its calls, its options, its callbacks.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import {
  AuthenticationError,
  AvaClient,
  type AvaClientOptions,
  AvaError,
  ClosedError,
  Confirmation,
  type Message,
  type Token,
  type TokenProvider,
  version,
} from "ava-imessage";
import { PHONE, avaError, flush, sandboxOfTests, sleep, until } from "./support.mjs";

const sandbox = await sandboxOfTests();

async function all(stream: AsyncIterable<Message>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) {
    messages.push(message);
  }
  return messages;
}

test("all calls", async () => {
  await sandbox.reset();
  await using client = sandbox.client();
  const sent = await client.send(PHONE, "canary Hello 👋");
  assert.match(sent.messageId, /^msg_/);
  assert.equal(sent.confirmation, Confirmation.Response);
  assert.ok(sent.timestamp instanceof Date);
  await sandbox.inbound(PHONE, "canary Hi");
  const page = await client.messagesPage(PHONE, { limit: 1, offset: 1 });
  assert.deepEqual([page.total, page.limit, page.offset, page.messages.length], [2, 1, 1, 1]);
  assert.deepEqual(
    (await all(client.messages(PHONE))).map((message) => message.text).sort(),
    ["canary Hello 👋", "canary Hi"].sort(),
  );
  const polled = await client.poll({ since: new Date(Date.now() - 3_600_000), phone: PHONE });
  assert.deepEqual([polled.count, polled.hasMore, polled.messages[0]?.text], [1, false, "canary Hi"]);
  assert.equal((await client.poll({ since: "2100-01-01T00:00:00Z" })).count, 0);
  const context = [
    { role: "user", content: "canary ?" },
    { role: "assistant", content: "canary !" },
  ];
  const generated = await client.generate(PHONE, context, { instructions: "canary, short" });
  assert.ok(generated.text && !generated.sent);
  const draft = await client.draftReply(PHONE, { history: 5 });
  assert.ok(draft.text && draft.timestamp instanceof Date);
  const requests = await sandbox.requests();
  assert.match(String(requests[0]?.["headers"]["user-agent"]), new RegExp(`ava-imessage-node/${version}`));
});

test("what calls give is plain, frozen, and hides people's data when it is printed", async () => {
  await sandbox.reset();
  await using client = sandbox.client();
  await sandbox.script([
    {
      json: {
        success: true,
        messages: [
          {
            id: "msg_1",
            phone: PHONE,
            message: "canary",
            direction: "inbound",
            timestamp: "2026-01-25T12:00:00.123456Z",
            status: "received",
            subject: "canary too",
            __proto__x: 1,
          },
          { id: "canary" },
        ],
        total: 2,
        limit: 50,
        offset: 0,
        took_ms: 3,
      },
    },
  ]);
  const page = await client.messagesPage(PHONE);
  const [message] = page.messages;
  assert.ok(message);
  assert.deepEqual(message, {
    id: "msg_1",
    phone: PHONE,
    text: "canary",
    direction: "inbound",
    timestamp: new Date("2026-01-25T12:00:00.123Z"),
    timestampText: "2026-01-25T12:00:00.123456Z",
    status: "received",
    extra: { subject: "canary too", __proto__x: 1 },
  });
  assert.deepEqual(structuredClone({ ...message }), message);
  assert.deepEqual(JSON.parse(JSON.stringify(page)).took_ms, undefined);
  assert.deepEqual(page.extra, { took_ms: 3 });
  for (const frozen of [page, page.messages, page.skipped, page.skipped[0], message, message.extra]) {
    assert.ok(Object.isFrozen(frozen));
  }
  assert.throws(() => {
    (message as { text: string }).text = "other";
  }, TypeError);
  const shown = inspect(page, { depth: 10 });
  assert.ok(!shown.includes("canary") && !shown.includes(PHONE), shown);
  assert.match(shown, /text: <6 characters>/);
  assert.match(inspect([[message]], { depth: 1 }), /\[Message\]/);
  const [skipped] = page.skipped;
  assert.equal(skipped?.index, 1);
  assert.match(skipped?.raw ?? "", /canary/);
  await sandbox.reset();
});

test("options of a call", async () => {
  await sandbox.reset();
  await using client = sandbox.client({ headers: { "x-client": "1", "x-both": "client" }, userAgent: "tests/1" });
  for (const headers of [
    { "x-both": "call" },
    new Headers({ "x-both": "call" }),
    new Map([["x-both", "call"]]),
    [["x-both", "call"]] as const,
  ]) {
    await client.poll({ headers });
    const request = (await sandbox.requests()).at(-1);
    assert.equal(request?.["headers"]["x-both"], "call");
    assert.equal(request["headers"]["x-client"], "1");
    assert.match(request["headers"]["user-agent"], /^tests\/1 /);
  }
  await sandbox.fault("poll", { delay_ms: 2000 });
  const late = await avaError(client.poll({ timeoutMs: 100 }));
  assert.equal(late.code, "timeout");
  await sandbox.fault("poll", { status: 503, times: 1 });
  assert.equal((await avaError(client.poll({ maxRetries: 0 }))).status, 503);
  // What isn't given isn't given, however it is written.
  await client.poll({ signal: undefined, timeoutMs: undefined, maxRetries: undefined, headers: undefined });
  await client.poll(null as never);
  await client.poll({ timeoutMs: Infinity });
});

describe("a wrong set-up is refused by name", () => {
  const wrong: [object, RegExp][] = [
    [{ apiKey: undefined }, /^apiKey: /],
    [{ apiKey: "white space" }, /^apiKey: /],
    [{ apiKey: 3 }, /^apiKey: must be a string, not a number$/],
    [{ apiKey: Buffer.from("canary") }, /^apiKey: must be a string, not a Buffer$/],
    [{ baseUrl: "ftp://example.com" }, /^baseUrl: /],
    [{ baseUrl: "https://canary:canary@example.com" }, /^baseUrl: /],
    [{ baseUrl: "http://example.com" }, /^baseUrl: /],
    [{ baseUrl: new URL("https://example.com") }, /^baseUrl: must be a string, not a URL$/],
    [{ timeoutMs: "30" }, /^timeoutMs: must be a number of milliseconds, not a string$/],
    [{ timeoutMs: NaN }, /^timeoutMs: must be a number of milliseconds, not NaN$/],
    [{ timeoutMs: -1 }, /^timeoutMs: must be a number of milliseconds, not negative$/],
    [{ maxRetries: 1.5 }, /^maxRetries: must be a whole number, not negative$/],
    [{ maxRetries: -1 }, /^maxRetries: must be a whole number, not negative$/],
    [{ maxRetries: 2n }, /^maxRetries: must be a whole number, not a bigint$/],
    [{ tokenProvider: "token" }, /^tokenProvider: must be a function, not a string$/],
    [{ onUnknown: {} }, /^onUnknown: must be a function, not an object$/],
    [{ confirmFromHistory: 1 }, /^confirmFromHistory: must be true or false, not a number$/],
    [{ headers: "x: y" }, /^headers: must be an object, not a string$/],
    [{ headers: { "x-y": 1 } }, /^headers: x-y: must be a string, not a number$/],
    [{ headers: [["x"]] }, /^headers: must be an object, or pairs/],
    [{ headers: { "x y": "z" } }, /^header/],
    [{ logger: {} }, /^logger: must be an object with error\(\), /],
    [{ logger: console, logLevel: "loud" }, /^logLevel: must be one of off, error, /],
    [{ timeout: 30 }, /^timeout: there is no such option$/],
    [{ __proto__: { timeoutMs: 3 }, toString: 1 }, /^toString: there is no such option$/],
  ];
  for (const [options, words] of wrong) {
    test(inspect(options), () => {
      assert.throws(
        () => new AvaClient({ apiKey: "sk_canary", baseUrl: sandbox.baseUrl, ...options }),
        (error: AvaError) => {
          assert.equal(error.name, "ConfigurationError");
          assert.match(error.message, words);
          assert.ok(!inspect(error).includes("canary"));
          return true;
        },
      );
    });
  }
  for (const options of ["sk_canary", 3, true]) {
    test(String(options), () => {
      assert.throws(
        () => new AvaClient(options as AvaClientOptions),
        /^ConfigurationError: options: must be an object/,
      );
    });
  }
});

test("wrong arguments are rejections that name them, and nothing is sent", async () => {
  await sandbox.reset();
  await using client = sandbox.client();
  const any = client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const wrong: [string, unknown[], RegExp, "not_sent"?][] = [
    ["send", [], /^phone: must be a string, not undefined$/],
    ["send", [PHONE], /^text: must be a string, not undefined$/],
    ["send", [15550001111, "canary"], /^phone: must be a string, not a number$/],
    ["send", [PHONE, null], /^text: must be a string, not null$/],
    ["send", [PHONE, Symbol("canary")], /^text: must be a string, not a symbol$/],
    ["send", [PHONE, ["canary"]], /^text: must be a string, not an array$/],
    ["send", [PHONE, () => "canary"], /^text: must be a string, not a function$/],
    ["send", [PHONE, new String("canary")], /^text: must be a string, not a String$/],
    ["send", [PHONE, Object.create(null)], /^text: must be a string, not an object$/],
    ["send", [PHONE, "canary \ud83d"], /^text: has half of a character/],
    ["send", ["canary", "canary"], /^phone: must be E\.164/],
    ["send", [PHONE, "canary", "options"], /^options: must be an object, not a string$/],
    ["send", [PHONE, "canary", { timeoutMs: -1 }], /^timeoutMs: /],
    ["send", [PHONE, "canary", { signal: {} }], /^signal: must be an AbortSignal, not an object$/],
    ["send", [PHONE, "canary", { idempotencyKey: "1" }], /^idempotencyKey: there is no such option$/],
    ["messagesPage", [PHONE, { limit: "1" }], /^limit: must be a whole number, not a string$/],
    ["messagesPage", [PHONE, { limit: 0 }], /^limit: /],
    ["messagesPage", [PHONE, { limit: 101 }], /^limit: /],
    ["messagesPage", [PHONE, { offset: -1 }], /^offset: must be a whole number, not negative$/],
    ["messagesPage", [PHONE, { offset: 2 ** 60 }], /^offset: must be a whole number, not negative$/],
    ["poll", [{ since: 3 }], /^since: must be a Date or RFC 3339 text, not a number$/],
    ["poll", [{ since: new Date(NaN) }], /^since: is an invalid Date$/],
    ["poll", [{ since: "yesterday" }], /^since: must be a time of RFC 3339/],
    ["poll", ["2026-01-25T12:00:00Z"], /^options: must be an object, not a string$/],
    ["generate", [PHONE], /^context: must be an array of turns, not undefined$/],
    ["generate", [PHONE, "canary"], /^context: must be an array of turns, not a string$/],
    ["generate", [PHONE, []], /^context: /],
    ["generate", [PHONE, ["canary"]], /^context: each turn: must be an object with role and content, not a string$/],
    ["generate", [PHONE, [{ role: "user" }]], /^context: content: must be a string, not undefined$/],
    [
      "generate",
      [PHONE, [{ role: "user", content: "canary" }], { autoSend: "yes" }],
      /^autoSend: must be true or false/,
    ],
    ["generate", [PHONE, [], { autoSend: true, maxRetries: -1 }], /^maxRetries: /, "not_sent"],
    ["generate", [PHONE, [], { autoSend: false, maxRetries: -1 }], /^maxRetries: /],
    ["draftReply", [PHONE, { history: 0.5 }], /^history: must be a whole number/],
    ["draftReply", [PHONE, { instructions: 1 }], /^instructions: must be a string, not a number$/],
  ];
  for (const [method, args, words, delivery] of wrong) {
    const promise = any[method]?.apply(client, args);
    assert.ok(promise instanceof Promise);
    const error = await avaError(promise);
    assert.equal(error.name, "InvalidRequestError", error.message);
    assert.match(error.message, words);
    assert.ok(!error.message.includes("canary") && !error.message.includes(PHONE));
    assert.equal(error.delivery, delivery ?? (method === "send" ? "not_sent" : undefined), error.message);
  }
  for (const [method, args, words] of [
    ["messages", [], /^phone: must be a string, not undefined$/],
    ["messages", [PHONE, { limit: 3 }], /^limit: there is no such option$/],
    ["listen", [{ intervalMs: "5" }], /^intervalMs: must be a number of milliseconds, not a string$/],
    [
      "listen",
      [{ checkpoint: 3 }],
      /^checkpoint: must be a path, or an object with load\(\) and save\(\), not a number$/,
    ],
    ["listen", [{ onGap: 3 }], /^onGap: must be a function, not a number$/],
  ] as [string, unknown[], RegExp][]) {
    assert.throws(
      () => any[method]?.apply(client, args),
      (error: AvaError) => error.name === "InvalidRequestError" && words.test(error.message),
    );
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test("the environment sets a client up", () => {
  process.env["AVA_API_KEY"] = "sk_canary_of_the_environment";
  process.env["AVA_BASE_URL"] = "https://example.com";
  try {
    const client = new AvaClient();
    assert.equal(client.baseUrl, "https://example.com");
    const shown = inspect(client, { depth: 10, showHidden: true }) + JSON.stringify(client);
    assert.ok(!shown.includes("canary"), shown);
    assert.equal(inspect(client), "AvaClient { baseUrl: 'https://example.com', isClosed: false }");
    assert.equal(new AvaClient({ baseUrl: "https://example.org" }).baseUrl, "https://example.org");
    new AvaClient({ tokenProvider: () => "token" });
    assert.throws(() => new AvaClient({ apiKey: "sk_1", tokenProvider: () => "token" }), /give one, not both/);
  } finally {
    delete process.env["AVA_API_KEY"];
    delete process.env["AVA_BASE_URL"];
  }
  assert.throws(() => new AvaClient(), /AVA_API_KEY/);
});

test("closing refuses new calls, lets those in flight end, and ends listeners", async () => {
  await sandbox.reset();
  const client = sandbox.client();
  const listener = client.listen({ intervalMs: 100 });
  await listener.open();
  const waiting = listener.next();
  await sandbox.fault("send", { delay_ms: 300 });
  const sending = client.send(PHONE, "canary in flight");
  await until("the request", async () => (await sandbox.requests()).some((it) => it["path"] === "/api/send"));
  const closing = client.close();
  assert.ok(client.isClosed);
  const refused = await avaError(client.poll());
  assert.ok(refused instanceof ClosedError);
  assert.ok((await sending).messageId);
  await closing;
  assert.deepEqual(await waiting, { done: true, value: undefined });
  await client.close();
  assert.ok((await avaError(all(client.messages(PHONE)))) instanceof ClosedError);
  assert.ok((await avaError(all(client.listen()))) instanceof ClosedError);
  assert.ok((await avaError(client.send(PHONE, "canary"))).delivery === "not_sent");
});

describe("a token provider", () => {
  test("is asked for what each call needs", async () => {
    await sandbox.reset();
    const asked: string[] = [];
    const providers: TokenProvider[] = [
      () => sandbox.apiKey,
      async () => {
        await sleep(1);
        return sandbox.apiKey;
      },
      () => ({ value: sandbox.apiKey, expiresInMs: 60_000 }),
      () => Promise.resolve({ value: sandbox.apiKey, expiresAt: new Date(Date.now() + 60_000) }),
    ];
    for (const provider of providers) {
      await using client = sandbox.client({
        tokenProvider: () => {
          asked.push("token");
          return provider();
        },
      });
      await client.poll();
      await client.poll();
    }
    assert.equal(asked.length, providers.length, "a token is kept until it expires");
    const short = sandbox.client({
      tokenProvider: () => {
        asked.push("short");
        return { value: sandbox.apiKey, expiresInMs: 1 };
      },
    });
    await short.poll();
    await sleep(5);
    await short.poll();
    assert.equal(asked.filter((it) => it === "short").length, 2);
  });

  test("has what it throws become the cause", async () => {
    const thrown = new RangeError("canary: no token today");
    for (const tokenProvider of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      await using client = sandbox.client({ tokenProvider });
      const error = await avaError(client.send(PHONE, "canary"));
      assert.ok(error instanceof AuthenticationError);
      assert.equal(error.cause, thrown);
      assert.equal(error.delivery, "not_sent");
      assert.ok(!error.message.includes("canary"));
    }
    const nameless = Object.defineProperty(new Error("canary"), "name", {
      get: () => {
        throw thrown;
      },
    });
    const odds = ["a string", 0, null, undefined, Object.assign(new Error("canary"), { name: 7 }), nameless];
    for (const odd of odds) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- people do
      await using client = sandbox.client({ tokenProvider: () => Promise.reject(odd) });
      const error = await avaError(client.poll());
      assert.ok(error instanceof AuthenticationError);
      assert.equal(error.cause, odd);
    }
  });

  test("that gives something else is refused by name", async () => {
    for (const [given, words] of [
      [3, /must give a string or an object with a value, not a number/],
      [undefined, /not undefined/],
      [{ token: "x" }, /value must be a string, not undefined/],
      [{ value: "x", expiresInMs: "soon" }, /expiresInMs must be a number/],
      [{ value: "x", expiresAt: 12 }, /expiresAt must be a Date/],
    ] as const) {
      await using client = sandbox.client({ tokenProvider: () => given as unknown as Token });
      const error = await avaError(client.poll());
      assert.ok(error instanceof AuthenticationError);
      assert.ok(error.cause instanceof TypeError);
      assert.match(error.cause.message, words);
    }
  });

  test("that never answers is waited for until the deadline", async () => {
    await using client = sandbox.client({ tokenProvider: () => new Promise(() => undefined) });
    const error = await avaError(client.send(PHONE, "canary", { timeoutMs: 100 }));
    assert.deepEqual([error.code, error.delivery], ["timeout", "not_sent"]);
  });

  test("may use a client", async () => {
    await using inner = sandbox.client();
    await using client = sandbox.client({
      tokenProvider: async () => {
        await inner.poll();
        return sandbox.apiKey;
      },
    });
    await Promise.all([client.poll(), client.poll(), client.poll()]);
  });
});

describe("the log", () => {
  test("goes to a logger like console", async () => {
    await sandbox.reset();
    const lines: unknown[][] = [];
    const log =
      (level: string) =>
      (...line: unknown[]) =>
        lines.push([level, ...line]);
    const logger = { error: log("error"), warn: log("warn"), info: log("info"), debug: log("debug") };
    await using client = sandbox.client({ logger, logLevel: "debug" });
    await sandbox.fault("send", { drop: "after" });
    const sent = await client.send(PHONE, "canary lost");
    assert.equal(sent.confirmation, "history");
    await flush();
    assert.ok(lines.some(([, message]) => String(message).includes("confirmed from the history")));
    assert.ok(
      lines.some(([level, , fields]) => level === "debug" && (fields as never)["url.template"] === "/api/send"),
    );
    const shown = inspect(lines, { depth: 10 });
    for (const secret of ["canary", PHONE, sandbox.apiKey]) {
      assert.ok(!shown.includes(secret), shown);
    }
  });

  test("goes to a logger like pino's, fields first, at its level", async () => {
    const lines: unknown[][] = [];
    const log = (...line: unknown[]): unknown => lines.push(line);
    const pino = { level: "debug", bindings: () => ({}), error: log, warn: log, info: log, debug: log, trace: log };
    await using client = sandbox.client({ logger: pino });
    await client.poll();
    await flush();
    const [fields, message] = lines[0] ?? [];
    assert.equal(typeof fields, "object");
    assert.equal(typeof message, "string");
    const before = lines.length;
    const silent = { ...pino, level: "silent" };
    await using quiet = sandbox.client({ logger: silent });
    await quiet.poll();
    await flush();
    assert.equal(lines.length, before, "below its threshold");
  });
});

test("callbacks that throw are told of, and change nothing", async () => {
  await sandbox.reset();
  const warnings: Error[] = [];
  const hear = (warning: Error): unknown => warnings.push(warning);
  process.on("warning", hear);
  try {
    const throwing = (): never => {
      throw new RangeError("from the logger");
    };
    const logger = { error: throwing, warn: throwing, info: throwing, debug: throwing };
    await using client = sandbox.client({ logger, logLevel: "debug" });
    await client.poll();
    await flush();
    await sandbox.fault("poll", { status: 503, times: 1 });
    await using listening = sandbox.client();
    const listener = listening.listen({
      intervalMs: 100,
      since: new Date(Date.now() - 60_000),
      onRetry: async () => {
        await Promise.resolve();
        throw new RangeError("from the hook");
      },
    });
    const next = listener.next();
    await until("both", () => warnings.some((it) => it.message.startsWith("onRetry threw: RangeError: from the hook")));
    assert.ok(warnings.some((it) => it.message.startsWith("log threw: RangeError: from the logger")));
    assert.ok(warnings.every((it) => it.name === "AvaCallbackWarning"));
    await listener.close();
    assert.ok((await next).done);
  } finally {
    process.off("warning", hear);
  }
});
