/** What can be said of a client and of a call, and whether it is of the right type. What it means is the core's. */

import type { Attempt } from "./attempt.js";
import { AvaError, type AvaErrorFields, ConfigurationError, InvalidRequestError } from "./errors.js";
import { LEVELS, type LogLevel, type Logger } from "./logging.js";
import type { Gap, SkippedRow } from "./models.js";

/** Further headers: an object, a `Headers`, a `Map`, or a list of pairs. */
export type HeadersLike = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** A short-lived token, as a token provider gives it. With neither expiry it is used until the service refuses it. */
export interface Token {
  /** The token. */
  readonly value: string;
  /** So many milliseconds it is valid from now on. */
  readonly expiresInMs?: number | undefined;
  /** Until when it is valid, by this machine's clock. */
  readonly expiresAt?: Date | undefined;
}

/** Gives a token, as text or with its expiry. It takes nothing, and may be async. */
export type TokenProvider = () => string | Token | PromiseLike<string | Token>;

/** How a client is set up. Every option may be left out. */
export interface AvaClientOptions {
  /**
   * The API key (*Authentication*); `AVA_API_KEY` of the environment if neither it nor a token provider is given. It
   * is sent to the base URL's origin alone and never shown.
   */
  apiKey?: string | null | undefined;
  /**
   * Gives short-lived tokens instead of a key. The call's deadline covers it; what it throws is the `cause` of an
   * {@link AuthenticationError}.
   */
  tokenProvider?: TokenProvider | undefined;
  /** Where the API is; `AVA_BASE_URL`, else `https://chat.buzzedtech.com`. Plain http is for loopback alone. */
  baseUrl?: string | undefined;
  /**
   * Milliseconds that a call may take, retries and settling included: 30,000. A generated reply has 60,000 unless this
   * is given.
   */
  timeoutMs?: number | undefined;
  /** How often a call is tried again where that is safe: 2. A send only when it certainly was not sent. */
  maxRetries?: number | undefined;
  /** Milliseconds that DNS, TCP and TLS may take together: 5,000. */
  connectTimeoutMs?: number | undefined;
  /** Milliseconds that the server may be silent: 10,000. */
  readIdleTimeoutMs?: number | undefined;
  /** Milliseconds that an unused connection is kept: 4,000. */
  poolIdleTimeoutMs?: number | undefined;
  /** Milliseconds of the first wait between tries, which then doubles: 500. */
  backoffMs?: number | undefined;
  /** Milliseconds of the longest: 8,000. */
  backoffMaxMs?: number | undefined;
  /**
   * For how many milliseconds the history is asked about a send whose answer was lost: 10,000. A third of the call's
   * deadline at the most is kept for it.
   */
  settleWithinMs?: number | undefined;
  /** Milliseconds between the first two readings, which then doubles up to eightfold: 500. */
  settleGapMs?: number | undefined;
  /**
   * Whether such a send is looked up in the history at all: yes. Turn it off where other programs or people send
   * identical texts to the same phone.
   */
  confirmFromHistory?: boolean | undefined;
  /** Whether a send that was answered with 429 certainly had no effect: yes. */
  rateLimitedIsNotSent?: boolean | undefined;
  /** The largest answer that is read, in bytes: 8 MiB. */
  maxResponseBytes?: number | undefined;
  /** Whether `HTTPS_PROXY` and its kin are followed: yes. Loopback never uses a proxy. */
  environmentProxy?: boolean | undefined;
  /** Further headers for every request. */
  headers?: HeadersLike | undefined;
  /** Words to put before this library's: `my-app/1.0`. */
  userAgent?: string | undefined;
  /**
   * Told of the {@link Attempt} of every send that was aborted in flight: nobody waits for its outcome any more, and it
   * may have happened.
   */
  onUnknown?: ((attempt: Attempt) => unknown) | undefined;
  /** Where the log goes: `console`, a pino logger, or anything like them. Default: nowhere, unless `AVA_LOG` is set. */
  logger?: Logger | undefined;
  /** From which level on: `AVA_LOG`, else what a pino logger is set to, else `warn`. */
  logLevel?: LogLevel | undefined;
}

/** What can be said of every call. */
export interface CallOptions {
  /** Aborts it: the request is dropped, and the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds it may take, retries and settling included: the client's. */
  timeoutMs?: number | undefined;
  /** How often it is tried again where that is safe: the client's. */
  maxRetries?: number | undefined;
  /** Further headers, in place of the client's of the same name. */
  headers?: HeadersLike | undefined;
}

/** Options of {@link AvaClient.messagesPage}. */
export interface MessagesPageOptions extends CallOptions {
  /** At most so many rows: 50; 1 to 100. */
  limit?: number | undefined;
  /** So many are passed over: 0. */
  offset?: number | undefined;
}

/** Options of {@link AvaClient.poll}. */
export interface PollOptions extends CallOptions {
  /** Only messages after this time, by the service's clock: a `Date`, or RFC 3339 text. */
  since?: Date | string | undefined;
  /** Only messages from this phone. */
  phone?: string | undefined;
}

/** Options of {@link AvaClient.generate}. */
export interface GenerateOptions extends CallOptions {
  /** Tone, style or content to keep to. */
  instructions?: string | undefined;
  /** Whether the service sends what it wrote at once: no. */
  autoSend?: boolean | undefined;
}

/** Options of {@link AvaClient.draftReply}. */
export interface DraftReplyOptions extends CallOptions {
  /** Tone, style or content to keep to. */
  instructions?: string | undefined;
  /** To so many of the newest messages: 20; 1 to 100. */
  history?: number | undefined;
}

/** Keeps what a listener has acknowledged, as text. Either method may be async. */
export interface Checkpoint {
  /** The text that was saved last, or nothing if there never was one. */
  load(): string | null | undefined | PromiseLike<string | null | undefined>;
  /** Keeps a text in place of the last. If it throws, nothing counts as acknowledged. */
  save(state: string): unknown;
}

/** Options of {@link AvaClient.listen}. The hooks are told, and nobody waits for them. */
export interface ListenOptions extends CallOptions {
  /**
   * Messages from this time on, by the service's clock: a `Date`, or RFC 3339 text. Without it, from now on. A
   * checkpoint that was used before goes on where it was instead.
   */
  since?: Date | string | undefined;
  /** Only messages from this phone. */
  phone?: string | undefined;
  /** Milliseconds between polls: 5,000, stretching to twice that while nothing comes; 100 at least. */
  intervalMs?: number | undefined;
  /** Where to keep what was acknowledged: a file's path, or an object. Without one, a restart begins anew. */
  checkpoint?: string | Checkpoint | undefined;
  /**
   * Whether asking for the next message acknowledges the last: yes. Turn it off, and use {@link Listener.ack}, wherever
   * messages are pulled ahead of being dealt with, as Node's and the Web's streams do.
   */
  autoAck?: boolean | undefined;
  /** Told of each stretch of time of which messages may have been missed. */
  onGap?: ((gap: Gap) => unknown) | undefined;
  /** Told of each row that can't be read, which may be a message. */
  onSkipped?: ((row: SkippedRow) => unknown) | undefined;
  /** Told of the error of each poll that failed and will be tried again. */
  onRetry?: ((error: AvaError) => unknown) | undefined;
}

// The checks. They give the value, or throw an error that names the argument and what it is, never its value.

/** Which error a wrong value is. */
type Kind = typeof ConfigurationError | typeof InvalidRequestError;

function what(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (Array.isArray(value)) {
    return "an array";
  }
  if (typeof value === "object") {
    const { constructor } = value;
    const name: unknown = typeof constructor === "function" ? constructor.name : undefined;
    return typeof name === "string" && name !== "" && name !== "Object" ? `a ${name}` : "an object";
  }
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : `a ${typeof value}`;
}

function wrong(kind: Kind, name: string, expected: string, value: unknown): AvaError {
  return new kind(`${name}: must be ${expected}, not ${what(value)}`);
}

function string(kind: Kind, name: string, value: unknown): string {
  if (typeof value !== "string") {
    throw wrong(kind, name, "a string", value);
  }
  if (!value.isWellFormed()) {
    // UTF-8 has no way to write it; converting it would send something else.
    throw new kind(`${name}: has half of a character (a surrogate without its other half)`);
  }
  return value;
}

function boolean(kind: Kind, name: string, value: unknown): boolean {
  if (typeof value !== "boolean") {
    throw wrong(kind, name, "true or false", value);
  }
  return value;
}

function milliseconds(kind: Kind, name: string, value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw wrong(kind, name, "a number of milliseconds", value);
  }
  if (value < 0) {
    throw new kind(`${name}: must be a number of milliseconds, not negative`);
  }
  return value;
}

function count(kind: Kind, name: string, value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw wrong(kind, name, "a whole number", value);
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new kind(`${name}: must be a whole number, not negative`);
  }
  return value;
}

/** As many as there may be; more changes nothing. */
function retries(kind: Kind, name: string, value: unknown): number {
  return Math.min(count(kind, name, value), 0xffff_ffff);
}

function callback(kind: Kind, name: string, value: unknown): (...args: never[]) => unknown {
  if (typeof value !== "function") {
    throw wrong(kind, name, "a function", value);
  }
  return value as (...args: never[]) => unknown;
}

function headers(kind: Kind, name: string, value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    throw wrong(kind, name, "an object", value);
  }
  const pairs: Iterable<unknown> = Symbol.iterator in value ? (value as Iterable<unknown>) : Object.entries(value);
  const flat: string[] = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new kind(`${name}: must be an object, or pairs of a name and a value`);
    }
    const [header, content] = pair as [unknown, unknown];
    flat.push(string(kind, name, header), string(kind, `${name}: ${String(header)}`, content));
  }
  return flat;
}

/** RFC 3339 text. */
function time(kind: Kind, name: string, value: unknown): string {
  if (value instanceof Date || Object.prototype.toString.call(value) === "[object Date]") {
    const date = value as Date;
    if (Number.isNaN(date.getTime())) {
      throw new kind(`${name}: is an invalid Date`);
    }
    return date.toISOString();
  }
  if (typeof value !== "string") {
    throw wrong(kind, name, "a Date or RFC 3339 text", value);
  }
  return value;
}

function signal(kind: Kind, name: string, value: unknown): AbortSignal {
  // Not by its class: test runners and polyfills have their own.
  if (typeof value !== "object" || value === null || !("aborted" in value) || !("addEventListener" in value)) {
    throw wrong(kind, name, "an AbortSignal", value);
  }
  return value as AbortSignal;
}

function checkpoint(kind: Kind, name: string, value: unknown): string | Checkpoint {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value !== "object" || value === null || !("load" in value) || !("save" in value)) {
    throw wrong(kind, name, "a path, or an object with load() and save()", value);
  }
  return value as Checkpoint;
}

function logger(kind: Kind, name: string, value: unknown): Logger {
  for (const level of ["error", "warn", "info", "debug"] as const) {
    if (typeof (value as Partial<Logger> | null)?.[level] !== "function") {
      throw wrong(kind, name, "an object with error(), warn(), info() and debug()", value);
    }
  }
  return value as Logger;
}

function logLevel(kind: Kind, name: string, value: unknown): LogLevel {
  const level = LEVELS.find((known) => known === value);
  if (level === undefined) {
    throw new kind(`${name}: must be one of ${LEVELS.join(", ")}`);
  }
  return level;
}

type Check = (kind: Kind, name: string, value: unknown) => unknown;
type Checks = Readonly<Record<string, Check>>;

const OF_CALLS = { signal, timeoutMs: milliseconds, maxRetries: retries, headers };

const CHECKS = {
  client: {
    apiKey: string,
    tokenProvider: callback,
    baseUrl: string,
    timeoutMs: milliseconds,
    maxRetries: retries,
    connectTimeoutMs: milliseconds,
    readIdleTimeoutMs: milliseconds,
    poolIdleTimeoutMs: milliseconds,
    backoffMs: milliseconds,
    backoffMaxMs: milliseconds,
    settleWithinMs: milliseconds,
    settleGapMs: milliseconds,
    confirmFromHistory: boolean,
    rateLimitedIsNotSent: boolean,
    maxResponseBytes: count,
    environmentProxy: boolean,
    headers,
    userAgent: string,
    onUnknown: callback,
    logger,
    logLevel,
  },
  call: OF_CALLS,
  page: { ...OF_CALLS, limit: count, offset: count },
  poll: { ...OF_CALLS, since: time, phone: string },
  generate: { ...OF_CALLS, instructions: string, autoSend: boolean },
  draft: { ...OF_CALLS, instructions: string, history: count },
  listen: {
    ...OF_CALLS,
    since: time,
    phone: string,
    intervalMs: milliseconds,
    checkpoint,
    autoAck: boolean,
    onGap: callback,
    onSkipped: callback,
    onRetry: callback,
  },
} satisfies Record<string, Checks>;

type Checked<T extends Checks> = { [Name in keyof T]?: ReturnType<T[Name]> };

/** What every call's options have in common. */
export type CheckedCall = Checked<typeof OF_CALLS>;

/** The options that are given, each of its type. `null` and `undefined` are not given. */
function all<T extends Checks>(kind: Kind, checks: T, options: unknown): Checked<T> {
  if (options === undefined || options === null) {
    return {};
  }
  if (typeof options !== "object") {
    throw wrong(kind, "options", "an object", options);
  }
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      throw new kind(`${name}: there is no such option`);
    }
    if (value !== undefined && value !== null) {
      given[name] = check(kind, name, value);
    }
  }
  return given as Checked<T>;
}

/** The options of a client. */
export const clientOptions = (options: unknown) => all(ConfigurationError, CHECKS.client, options);
/** The options of a call that has none of its own. */
export const plainOptions = (options: unknown) => all(InvalidRequestError, CHECKS.call, options);
/** The options of `send`. */
export const sendOptions = (options: unknown) => sending("not_sent", () => plainOptions(options));
/** The options of `settle`: whatever keeps it from asking, the attempt is as unknown as before, and goes along. */
export const settleOptions = (attempt: Attempt, options: unknown) =>
  refusing({ delivery: "unknown", attempt }, () => plainOptions(options));
/** The options of `messagesPage`. */
export const pageOptions = (options: unknown) => all(InvalidRequestError, CHECKS.page, options);
/** The options of `poll`. */
export const pollOptions = (options: unknown) => all(InvalidRequestError, CHECKS.poll, options);
/** The options of `generate`. */
export const generateOptions = (options: unknown) =>
  sending(sends(options) ? "not_sent" : undefined, () => all(InvalidRequestError, CHECKS.generate, options));
/** The options of `draftReply`. */
export const draftOptions = (options: unknown) => all(InvalidRequestError, CHECKS.draft, options);
/** The options of `listen`. */
export const listenOptions = (options: unknown) => all(InvalidRequestError, CHECKS.listen, options);

/** What an error says of a send that wasn't made. */
type NotSent = "not_sent" | undefined;

/** An argument that must be a string. */
export function argument(name: string, value: unknown, delivery?: NotSent): string {
  return sending(delivery, () => string(InvalidRequestError, name, value));
}

/** Roles and contents by turns. */
export function context(value: unknown, delivery?: NotSent): string[] {
  const name = "context";
  return sending(delivery, () => {
    if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) {
      throw wrong(InvalidRequestError, name, "an array of turns", value);
    }
    const flat: string[] = [];
    for (const turn of value as Iterable<unknown>) {
      if (typeof turn !== "object" || turn === null) {
        throw wrong(InvalidRequestError, `${name}: each turn`, "an object with role and content", turn);
      }
      const { role, content } = turn as { role?: unknown; content?: unknown };
      flat.push(argument(`${name}: role`, role), argument(`${name}: content`, content));
    }
    return flat;
  });
}

/** Whether the service was to send what it generates. */
function sends(options: unknown): boolean {
  return typeof options === "object" && options !== null && "autoSend" in options && options.autoSend === true;
}

function sending<T>(delivery: NotSent, check: () => T): T {
  return delivery ? refusing({ delivery }, check) : check();
}

/** What is refused by a check says this, too. */
function refusing<T>(fields: AvaErrorFields, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InvalidRequestError) {
      throw new InvalidRequestError(error.message, fields);
    }
    throw error;
  }
}

/** What a token provider gave. */
export function token(value: unknown): readonly [string, number | undefined, number | undefined] {
  if (typeof value === "string") {
    return [value, undefined, undefined];
  }
  const name = "tokenProvider";
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name}: must give a string or an object with a value, not ${what(value)}`);
  }
  const given = value as { value?: unknown; expiresInMs?: unknown; expiresAt?: unknown };
  if (typeof given.value !== "string") {
    throw new TypeError(`${name}: value must be a string, not ${what(given.value)}`);
  }
  if (given.expiresInMs !== undefined && !(typeof given.expiresInMs === "number" && given.expiresInMs >= 0)) {
    throw new TypeError(`${name}: expiresInMs must be a number of milliseconds, not negative`);
  }
  if (given.expiresAt !== undefined && !(given.expiresAt instanceof Date && !Number.isNaN(given.expiresAt.getTime()))) {
    throw new TypeError(`${name}: expiresAt must be a Date`);
  }
  return [given.value, given.expiresInMs, given.expiresAt?.getTime()];
}
