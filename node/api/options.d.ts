/** What can be said of a client and of a call, and whether it is of the right type. What it means is the core's. */
import type { Attempt } from "./attempt.js";
import { AvaError, ConfigurationError, InvalidRequestError } from "./errors.js";
import { type LogLevel, type Logger } from "./logging.js";
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
/** Which error a wrong value is. */
type Kind = typeof ConfigurationError | typeof InvalidRequestError;
declare function string(kind: Kind, name: string, value: unknown): string;
declare function boolean(kind: Kind, name: string, value: unknown): boolean;
declare function milliseconds(kind: Kind, name: string, value: unknown): number;
declare function count(kind: Kind, name: string, value: unknown): number;
/** As many as there may be; more changes nothing. */
declare function retries(kind: Kind, name: string, value: unknown): number;
declare function callback(kind: Kind, name: string, value: unknown): (...args: never[]) => unknown;
declare function headers(kind: Kind, name: string, value: unknown): string[];
/** RFC 3339 text. */
declare function time(kind: Kind, name: string, value: unknown): string;
declare function signal(kind: Kind, name: string, value: unknown): AbortSignal;
declare function checkpoint(kind: Kind, name: string, value: unknown): string | Checkpoint;
declare function logger(kind: Kind, name: string, value: unknown): Logger;
declare function logLevel(kind: Kind, name: string, value: unknown): LogLevel;
type Check = (kind: Kind, name: string, value: unknown) => unknown;
type Checks = Readonly<Record<string, Check>>;
declare const OF_CALLS: {
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
};
type Checked<T extends Checks> = {
    [Name in keyof T]?: ReturnType<T[Name]>;
};
/** What every call's options have in common. */
export type CheckedCall = Checked<typeof OF_CALLS>;
/** The options of a client. */
export declare const clientOptions: (options: unknown) => Checked<{
    apiKey: typeof string;
    tokenProvider: typeof callback;
    baseUrl: typeof string;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    connectTimeoutMs: typeof milliseconds;
    readIdleTimeoutMs: typeof milliseconds;
    poolIdleTimeoutMs: typeof milliseconds;
    backoffMs: typeof milliseconds;
    backoffMaxMs: typeof milliseconds;
    settleWithinMs: typeof milliseconds;
    settleGapMs: typeof milliseconds;
    confirmFromHistory: typeof boolean;
    rateLimitedIsNotSent: typeof boolean;
    maxResponseBytes: typeof count;
    environmentProxy: typeof boolean;
    headers: typeof headers;
    userAgent: typeof string;
    onUnknown: typeof callback;
    logger: typeof logger;
    logLevel: typeof logLevel;
}>;
/** The options of a call that has none of its own. */
export declare const plainOptions: (options: unknown) => Checked<{
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `send`. */
export declare const sendOptions: (options: unknown) => Checked<{
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `settle`: whatever keeps it from asking, the attempt is as unknown as before, and goes along. */
export declare const settleOptions: (attempt: Attempt, options: unknown) => Checked<{
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `messagesPage`. */
export declare const pageOptions: (options: unknown) => Checked<{
    limit: typeof count;
    offset: typeof count;
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `poll`. */
export declare const pollOptions: (options: unknown) => Checked<{
    since: typeof time;
    phone: typeof string;
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `generate`. */
export declare const generateOptions: (options: unknown) => Checked<{
    instructions: typeof string;
    autoSend: typeof boolean;
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `draftReply`. */
export declare const draftOptions: (options: unknown) => Checked<{
    instructions: typeof string;
    history: typeof count;
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** The options of `listen`. */
export declare const listenOptions: (options: unknown) => Checked<{
    since: typeof time;
    phone: typeof string;
    intervalMs: typeof milliseconds;
    checkpoint: typeof checkpoint;
    autoAck: typeof boolean;
    onGap: typeof callback;
    onSkipped: typeof callback;
    onRetry: typeof callback;
    signal: typeof signal;
    timeoutMs: typeof milliseconds;
    maxRetries: typeof retries;
    headers: typeof headers;
}>;
/** What an error says of a send that wasn't made. */
type NotSent = "not_sent" | undefined;
/** An argument that must be a string. */
export declare function argument(name: string, value: unknown, delivery?: NotSent): string;
/** Roles and contents by turns. */
export declare function context(value: unknown, delivery?: NotSent): string[];
/** What a token provider gave. */
export declare function token(value: unknown): readonly [string, number | undefined, number | undefined];
export {};
