// The ops of the vectors.

import assert from "node:assert/strict";
import {
  Attempt,
  AvaClient,
  type AvaClientOptions,
  AvaError,
  type CallOptions,
  type Checkpoint,
  type Gap,
  type Message,
  type SkippedRow,
  type TokenProvider,
} from "ava-imessage";
import type { Sandbox } from "ava-imessage/testing";
import { flush, sleep } from "../support.mjs";
import type { Json } from "./expand.mjs";
import * as expect from "./expect.mjs";
import type { Leaks } from "./leaks.mjs";
import * as view from "./view.mjs";

/** Client options of another name here. */
const RENAMED: Readonly<Record<string, string>> = {
  timeout_ms: "timeoutMs",
  connect_timeout_ms: "connectTimeoutMs",
  read_idle_ms: "readIdleTimeoutMs",
  backoff_ms: "backoffMs",
  backoff_max_ms: "backoffMaxMs",
  settle_ms: "settleWithinMs",
  settle_gap_ms: "settleGapMs",
  max_retries: "maxRetries",
  confirm_from_history: "confirmFromHistory",
  rate_limited_is_not_sent: "rateLimitedIsNotSent",
  max_response_bytes: "maxResponseBytes",
  headers: "headers",
};

class MemoryCheckpoint implements Checkpoint {
  #text: string | null = null;

  load(): string | null {
    return this.#text;
  }

  async save(state: string): Promise<void> {
    await sleep(0);
    this.#text = state;
  }
}

/** Why a step's calls are aborted; it is what they reject with. */
const CANCELLED = new Error("cancelled by the vector");

/** What the steps of a vector share. */
export class World {
  readonly client: AvaClient;
  readonly #options: Json;
  readonly #sandbox: Sandbox;
  readonly #leaks: Leaks;
  readonly #checkpoints = new Map<string, MemoryCheckpoint>();
  #hookCalls = 0;
  #attempt: Attempt | undefined;

  constructor(options: Json, sandbox: Sandbox, leaks: Leaks) {
    this.#options = options;
    this.#sandbox = sandbox;
    this.#leaks = leaks;
    this.client = this.#makeClient();
  }

  #makeClient(): AvaClient {
    const options = this.#options;
    expect.known(options, ["api_key", "base_url", "token_provider", ...Object.keys(RENAMED)]);
    const given: Json = { baseUrl: options.base_url ?? this.#sandbox.baseUrl };
    if ("api_key" in options) {
      given.apiKey = options.api_key;
    } else if (!("token_provider" in options)) {
      given.apiKey = this.#sandbox.apiKey;
    }
    if ("token_provider" in options) {
      given.tokenProvider = this.#tokens(options.token_provider);
    }
    for (const [name, renamed] of Object.entries(RENAMED)) {
      if (name in options) {
        given[renamed] = options[name];
      }
    }
    const client = new AvaClient({
      ...(given as AvaClientOptions),
      logger: this.#leaks.logger,
      logLevel: "trace",
      onUnknown: (attempt) => {
        this.#hookCalls += 1;
        this.#attempt = attempt;
      },
    });
    this.#leaks.saw(client);
    return client;
  }

  #tokens(provider: Json): TokenProvider {
    expect.known(provider, ["tokens"]);
    const tokens = [...provider.tokens];
    return async () => {
      await sleep(0);
      const given = tokens.length > 1 ? tokens.shift() : tokens[0];
      if (typeof given === "string") {
        return given;
      }
      if (Object.keys(given).sort().join() === "expires_in_ms,token") {
        return { value: given.token, expiresInMs: given.expires_in_ms };
      }
      if ("error" in given) {
        expect.known(given, ["error"]);
        throw new RangeError(given.error);
      }
      assert.deepEqual(given, { hang: true });
      return new Promise(() => undefined);
    };
  }

  async run(step: Json, signal?: AbortSignal): Promise<Json> {
    expect.known(step, ["op", "args", "parallel", "expect"]);
    if ("parallel" in step) {
      expect.known(step, ["parallel", "expect"]);
      return Promise.all(step.parallel.map((branch: Json) => this.#branch(branch, signal)));
    }
    const op = Object.hasOwn(World.#OPS, step.op) ? World.#OPS[step.op] : undefined;
    assert.ok(op, `unknown op ${step.op}`);
    try {
      return { result: await op.call(this, { ...step.args }, signal) };
    } catch (error) {
      if (error instanceof AvaError) {
        return { error: this.#error(error) };
      }
      throw error;
    }
  }

  async #branch(branch: Json, signal?: AbortSignal): Promise<Json> {
    let outcome: Json;
    for (const step of Array.isArray(branch) ? branch : [branch]) {
      assert.ok(!("expect" in step), "what a branch is to bring stands in the parallel's expect");
      outcome = await this.run(step, signal);
    }
    assert.ok(outcome !== undefined, "a branch without steps");
    return outcome;
  }

  #error(error: AvaError): Json {
    for (let cause: unknown = error; cause instanceof AvaError; cause = cause.cause) {
      this.#leaks.saw(cause);
    }
    if (error.attempt) {
      this.#leaks.saw(error.attempt);
      this.#attempt = error.attempt;
    }
    const seen = view.error(error);
    expect.always(seen);
    return seen;
  }

  async #value(promise: Promise<Parameters<typeof view.result>[0] | void>): Promise<Json> {
    const value = await promise;
    this.#leaks.saw(value);
    return view.result(value ?? undefined);
  }

  #listed(messages: Message[], failure: Json, more: object = {}): Json {
    messages.forEach((message) => {
      this.#leaks.saw(message);
      view.result(message);
    });
    const listed = { ids: messages.map((it) => it.id), texts: messages.map((it) => it.text), ...more };
    return failure === undefined ? listed : { ...listed, error: failure };
  }

  static readonly #OPS: Readonly<Record<string, (this: World, args: Json, signal?: AbortSignal) => Promise<Json>>> = {
    async send({ phone, text, ...options }, signal) {
      return this.#value(this.client.send(phone, text, call(options, signal)));
    },

    async settle({ through_json = false, new_client = false, ...options }, signal) {
      let attempt = this.#attempt;
      assert.ok(attempt, "settle: no error had an attempt so far");
      if (through_json) {
        attempt = Attempt.fromJSON(JSON.stringify(attempt));
      }
      const client = new_client ? this.#makeClient() : this.client;
      return this.#value(client.settle(attempt, call(options, signal)));
    },

    async messages({ phone, ...options }, signal) {
      const messages: Message[] = [];
      let failure: Json;
      try {
        for await (const message of this.client.messages(phone, call(options, signal))) {
          messages.push(message);
        }
      } catch (error) {
        failure = this.#error(mustBeOurs(error));
      }
      return this.#listed(messages, failure, { count: messages.length });
    },

    async messages_page({ phone, limit, offset, ...options }, signal) {
      return this.#value(this.client.messagesPage(phone, { limit, offset, ...call(options, signal) }));
    },

    async poll({ since, phone, ...options }, signal) {
      return this.#value(this.client.poll({ since, phone, ...call(options, signal) }));
    },

    async listen(args, signal) {
      const { take, for_ms, since, phone, interval_ms, auto_ack, ack = false, checkpoint, ...options } = args;
      const gaps: Gap[] = [];
      const skipped: SkippedRow[] = [];
      const messages: Message[] = [];
      let ended = false;
      let failure: Json;
      const ours = new AbortController();
      const late = for_ms === undefined ? undefined : setTimeout(() => ours.abort(CANCELLED), for_ms);
      if (checkpoint !== undefined && !this.#checkpoints.has(checkpoint)) {
        this.#checkpoints.set(checkpoint, new MemoryCheckpoint());
      }
      try {
        await using listener = this.client.listen({
          since,
          phone,
          intervalMs: interval_ms,
          autoAck: auto_ack,
          checkpoint: this.#checkpoints.get(checkpoint),
          onGap: (gap) => gaps.push(gap),
          onSkipped: (row) => skipped.push(row),
          ...call(options, signal ? AbortSignal.any([signal, ours.signal]) : ours.signal),
        });
        while (messages.length < take) {
          const next = await listener.next();
          if (next.done) {
            ended = true;
            break;
          }
          if (ack) {
            await listener.ack(next.value);
          }
          messages.push(next.value);
        }
      } catch (error) {
        if (error !== CANCELLED || signal?.aborted) {
          failure = this.#error(mustBeOurs(error));
        }
      } finally {
        clearTimeout(late);
      }
      await flush();
      skipped.forEach((row) => {
        this.#leaks.saw(row);
      });
      const told = gaps.map(({ from, to }) => ({ from: rfc3339(from), to: rfc3339(to) }));
      return this.#listed(messages, failure, { gaps: told, skipped: skipped.length, ended });
    },

    async generate({ phone, context, instructions, auto_send, ...options }, signal) {
      const given = { instructions, autoSend: auto_send, ...call(options, signal) };
      return this.#value(this.client.generate(phone, context, given));
    },

    async draft_reply({ phone, instructions, history, ...options }, signal) {
      return this.#value(this.client.draftReply(phone, { instructions, history, ...call(options, signal) }));
    },

    async close(args) {
      expect.known(args, []);
      return this.#value(this.client.close());
    },

    async cancel({ step, after_requests = 0, after_ms = 0, ...rest }) {
      expect.known(rest, []);
      const before = this.#hookCalls;
      const ours = new AbortController();
      const outcome = this.run(step, ours.signal).then(
        () => false,
        (error: unknown) => {
          assert.equal(error, CANCELLED);
          return true;
        },
      );
      let over = false;
      const wait = async (): Promise<void> => {
        while (!over && (await this.#sandbox.requests()).length < after_requests) {
          await sleep(5);
        }
        await sleep(after_ms);
      };
      await Promise.race([outcome, wait()]);
      over = true;
      ours.abort(CANCELLED);
      const cancelled = await outcome;
      // The request is dropped on the worker, a moment after the caller has left.
      for (const end = Date.now() + 300; this.#hookCalls === before && Date.now() < end;) {
        await sleep(10);
      }
      return { cancelled, unknown_hook: this.#hookCalls - before };
    },

    async control({ method = "POST", path, body, ...rest }) {
      expect.known(rest, []);
      assert.ok(path.startsWith("/_sandbox/"), path);
      return this.#sandbox.control(method, path.slice("/_sandbox/".length), body);
    },

    async wait({ requests, ...rest }) {
      expect.known(rest, []);
      while ((await this.#sandbox.requests()).length < requests) {
        await sleep(5);
      }
      return {};
    },

    async sleep({ ms, ...rest }) {
      expect.known(rest, []);
      await sleep(ms);
      return {};
    },
  };
}

function mustBeOurs(error: unknown): AvaError {
  if (error instanceof AvaError) {
    return error;
  }
  throw error;
}

function rfc3339(date: Date): string {
  return date.toISOString().replace(/\.?0+Z$/, "Z");
}

/** The options of every call. */
function call(options: Json, signal?: AbortSignal): CallOptions {
  expect.known(options, ["timeout_ms", "max_retries", "headers"]);
  return { timeoutMs: options.timeout_ms, maxRetries: options.max_retries, headers: options.headers, signal };
}
