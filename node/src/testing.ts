/**
 * A sandbox for tests: the API on this machine, with a state behind it, and faults on demand.
 *
 * ```ts
 * import { Sandbox } from "ava-imessage/testing";
 *
 * await using sandbox = await Sandbox.start();
 * await using client = sandbox.client();
 * await client.send("+15550100142", "Hello?");
 * assert.equal((await sandbox.messages())[0].message, "Hello?");
 * ```
 *
 * It runs `ava sandbox`, which comes with the package `ava-imessage-cli` (or stands on PATH). No message leaves the
 * machine. It works with `node:test`, Vitest and Jest alike.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { request } from "node:http";
import type { Readable } from "node:stream";
import { AvaClient, type AvaClientOptions } from "./all.js";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** An object of the sandbox's, as its JSON has it. `docs/sandbox.md` of the repository has its members. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read what they know to be there
export type SandboxObject = Record<string, any>;

/** Which requests a fault is for. */
export type SandboxOperation = "send" | "messages" | "poll" | "generate" | "any";

/** Milliseconds that it may take to start. */
const START_WITHIN = 30_000;

/** The sandbox can't be started, or refuses what it was told; the words are its own. */
export class SandboxError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "SandboxError", configurable: true, writable: true });
  }
}

/** How a sandbox is started. */
export interface SandboxOptions {
  /** Answers every message with `Echo: …` after so many milliseconds. Default: nobody answers. */
  echoAfterMs?: number | undefined;
  /** What it starts with, by the names of `docs/sandbox.md`: `{ history_order: "newest_first" }`. */
  settings?: Readonly<Record<string, Json>> | undefined;
  /** The made-up key to accept. Default: a new one. */
  apiKey?: string | undefined;
  /** The port on 127.0.0.1. Default: a free one. */
  port?: number | undefined;
  /** The `ava` command. Default: the one of `ava-imessage-cli`, else the one on PATH. */
  command?: string | undefined;
}

/** A message that arrives. */
export interface InboundOptions {
  /** When; now by the sandbox's clock. */
  timestamp?: Date | undefined;
  /** Its id; a new one. */
  id?: string | undefined;
  /** So many milliseconds pass until it shows; 0. */
  visibleAfterMs?: number | undefined;
}

/** The sandboxes that run, to be ended with this process. */
const running = new Set<ChildProcess>();

function endAll(): void {
  for (const process of running) {
    process.kill();
  }
}

/**
 * A sandbox in a process of its own, which ends with {@link close}, with `await using`, or with Node.
 *
 * Its times follow a clock of its own ({@link clock}). `docs/sandbox.md` of the repository has every fault, script and
 * setting.
 */
export class Sandbox implements AsyncDisposable {
  /** Where it is. */
  readonly baseUrl: string;
  /** The key that it accepts. */
  readonly apiKey: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, baseUrl: string, apiKey: string) {
    this.#process = process;
    this.baseUrl = baseUrl;
    this.apiKey = apiKey;
  }

  /**
   * Starts one.
   *
   * @throws SandboxError if it can't be started.
   */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const command = options.command ?? installed() ?? "ava";
    const given = ["--json", "sandbox", "--until-eof", "--port", String(options.port ?? 0)];
    if (options.apiKey !== undefined) {
      given.push("--api-key", options.apiKey);
    }
    if (options.echoAfterMs !== undefined) {
      given.push("--echo", String(Math.round(options.echoAfterMs)));
    }
    if (options.settings !== undefined) {
      given.push("--settings", "-");
    }
    const child = spawn(command, given, { stdio: ["pipe", "pipe", "inherit"], windowsHide: true });
    // Neither it nor its pipes keep this process alive.
    child.unref();
    for (const pipe of [child.stdin, child.stdout]) {
      (pipe as unknown as { unref(): void }).unref();
    }
    // It may have ended already, and says why on stderr.
    child.stdin.on("error", () => undefined);
    // The pipe stays open: it ends with this process, however that ends, and the sandbox with it.
    if (options.settings !== undefined) {
      child.stdin.write(`${JSON.stringify(options.settings)}\n`);
    }
    if (running.size === 0) {
      process.on("exit", endAll);
    }
    running.add(child);
    const gone = new Promise<never>((_, reject) => {
      child.once("error", (error) => {
        ended(child);
        const words =
          (error as NodeJS.ErrnoException).code === "ENOENT"
            ? "there is no `ava` command: npm install --save-dev ava-imessage-cli"
            : `${command} can't be started`;
        reject(new SandboxError(words, { cause: error }));
      });
      child.once("exit", () => {
        ended(child);
        reject(new SandboxError(`${command} sandbox ended; what it said stands above`));
      });
    });
    gone.catch(() => undefined);
    const { base_url: baseUrl, api_key: apiKey } = await Promise.race([ready(child, child.stdout), gone]);
    return new Sandbox(child, baseUrl, apiKey);
  }

  /** A client of this sandbox; the options are {@link AvaClient}'s. */
  client(options: AvaClientOptions = {}): AvaClient {
    const key = options.tokenProvider ? {} : { apiKey: this.apiKey };
    return new AvaClient({ baseUrl: this.baseUrl, ...key, ...options });
  }

  /** Lets a message arrive, and gives its row. */
  inbound(phone: string, text: string, options: InboundOptions = {}): Promise<SandboxObject> {
    return this.control("POST", "inbound", {
      phone,
      text,
      timestamp: options.timestamp?.toISOString(),
      id: options.id,
      visible_after_ms: options.visibleAfterMs,
    }) as Promise<SandboxObject>;
  }

  /**
   * Fills a history: with so many numbered messages, the last one now, or with these rows
   * (`{ text: "…", direction: "inbound", … }`). Gives them.
   */
  async seed(
    phone: string,
    rows: number | readonly Readonly<Record<string, Json>>[],
    members: Readonly<Record<string, Json>> = {},
  ): Promise<SandboxObject[]> {
    const what = typeof rows === "number" ? { count: rows } : { rows };
    const seeded = (await this.control("POST", "seed", { phone, ...members, ...what })) as { rows: SandboxObject[] };
    return seeded.rows;
  }

  /**
   * Has the next `times` (1) requests of a kind go wrong; `null` is until {@link clearFaults}. The members say how:
   * `{ status: 503 }`, `{ drop: "after" }` (the connection is closed, the effect stays), `{ delay_ms: 500 }`,
   * `{ retry_after: "2" }`, `{ garbage: true }`, …
   */
  async fault(
    on: SandboxOperation,
    { times = 1, ...members }: Readonly<Record<string, Json>> & { times?: number | null },
  ): Promise<void> {
    await this.control("POST", "faults", { on, times, ...members });
  }

  /** Takes back what {@link fault} said. */
  async clearFaults(): Promise<void> {
    await this.control("DELETE", "faults");
  }

  /** Has it answer with exactly these responses, and nothing else. */
  async script(script: Json): Promise<void> {
    await this.control("POST", "script", script);
  }

  /** What was used of the script: `{ remaining: …, unmatched: …, used: … }`. */
  async scriptState(): Promise<SandboxObject> {
    return ((await this.control("GET", "script")) as { state: SandboxObject }).state;
  }

  /** Changes some settings, and gives all. */
  settings(changes: Readonly<Record<string, Json>> = {}): Promise<SandboxObject> {
    return this.control("PATCH", "settings", changes) as Promise<SandboxObject>;
  }

  /**
   * Sets the sandbox's clock, advances it by so many milliseconds, lets it stand still or go on. Gives its state.
   *
   * Rows, deliveries, lags and tokens follow it; delays of answers take real time.
   */
  clock(change: {
    now?: Date | undefined;
    advanceMs?: number | undefined;
    frozen?: boolean | undefined;
  }): Promise<SandboxObject> {
    return this.control("POST", "clock", {
      now: change.now?.toISOString(),
      advance_ms: change.advanceMs,
      frozen: change.frozen,
    }) as Promise<SandboxObject>;
  }

  /** Issues a short-lived token that it takes for so many milliseconds, for these phones or for all. */
  async token(options: { ttlMs: number; phones?: readonly string[] | undefined }): Promise<string> {
    const issued = await this.control("POST", "tokens", { ttl_ms: options.ttlMs, phones: options.phones });
    return (issued as { token: string }).token;
  }

  /** Every token so far answers 401 from now on. */
  async expireTokens(): Promise<void> {
    await this.control("POST", "tokens/expire");
  }

  /** Every message it has, in the wire's names (the text is `message`). */
  async messages(): Promise<SandboxObject[]> {
    return ((await this.state()) as { messages: SandboxObject[] }).messages;
  }

  /**
   * The requests it got, oldest first: `method`, `path`, `query`, `headers`, `body`, `json`, `outcome`, …
   */
  requests(): Promise<SandboxObject[]> {
    return this.control("GET", "requests") as Promise<SandboxObject[]>;
  }

  /** All that it knows. */
  state(): Promise<SandboxObject> {
    return this.control("GET", "state") as Promise<SandboxObject>;
  }

  /** Everything is as at the start again. */
  async reset(): Promise<void> {
    await this.control("POST", "reset");
  }

  /**
   * A request to the control plane, `/_sandbox/` before its path; gives the answer's JSON.
   *
   * @throws SandboxError if it was refused.
   */
  control(method: string, path: string, body?: Json): Promise<unknown> {
    const content = body === undefined && method !== "POST" ? undefined : JSON.stringify(body ?? {});
    const headers = content === undefined ? {} : { "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      // Not fetch, which tests like to replace; and no connection is kept, which would outlive the sandbox.
      const asked = request(`${this.baseUrl}/_sandbox/${path}`, { method, agent: false, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          if (status < 200 || status > 299) {
            reject(new SandboxError(`${method} ${path}: ${String(status)} ${text}`));
          } else {
            resolve(text === "" ? null : JSON.parse(text));
          }
        });
      });
      asked.on("error", reject);
      asked.end(content);
    });
  }

  /** Ends it. */
  async close(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    child.ref();
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill();
    });
  }

  /** {@link close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function ended(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) {
    process.off("exit", endAll);
  }
}

/** The `ava` command of the package that carries it, if it is installed. */
function installed(): string | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it may not be there
    return (require("ava-imessage-cli") as { binary: string }).binary;
  } catch {
    return undefined;
  }
}

/** What it says when it is ready. */
function ready(child: ChildProcess, stdout: Readable): Promise<{ base_url: string; api_key: string }> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill();
      reject(new SandboxError(`the sandbox was not ready within ${String(START_WITHIN / 1000)} s`));
    }, START_WITHIN);
    let said = "";
    stdout.setEncoding("utf8");
    const hear = (part: string): void => {
      said += part;
      if (said.includes("\n")) {
        clearTimeout(late);
        // What it says further is nobody's; a full pipe would stop it.
        stdout.off("data", hear).resume();
        try {
          resolve(JSON.parse(said.slice(0, said.indexOf("\n"))) as { base_url: string; api_key: string });
        } catch (error) {
          reject(new SandboxError("the sandbox said something that is no JSON", { cause: error }));
        }
      }
    };
    stdout.on("data", hear);
    for (const event of ["error", "exit"]) {
      child.once(event, () => {
        clearTimeout(late);
      });
    }
  });
}
