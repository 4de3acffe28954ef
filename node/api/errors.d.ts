/** The errors of this package: one class a kind, all under {@link AvaError}. */
import type { Attempt } from "./attempt.js";
/** What an {@link AvaError} may carry. */
export interface AvaErrorFields {
    /** The HTTP status, if there was an answer. */
    status?: number | undefined;
    /** The service's name for the request. */
    requestId?: string | undefined;
    /** How many milliseconds the service asks to wait. */
    retryAfterMs?: number | undefined;
    /** The first 8 KiB of the server's answer. */
    body?: string | undefined;
    /** Of a send: whether the message may have gone out. */
    delivery?: "not_sent" | "unknown" | undefined;
    /** The id of the message that failed. */
    messageId?: string | undefined;
    /** What `settle()` needs. */
    attempt?: Attempt | undefined;
    /** What is behind the error. */
    cause?: unknown;
}
/**
 * Whatever went wrong in this package. Catch it to catch everything, and look at {@link AvaError.delivery}.
 *
 * Neither the message nor what `console.log` prints shows a key, a message's text or a full phone number;
 * {@link AvaError.body} is the server's raw answer and may, and so may {@link AvaError.attempt} where its members are
 * read. Neither of them is enumerable, so that loggers that copy an error's members leave them out.
 */
export declare class AvaError extends Error {
    /** The stable name of the kind, the same in every language: `rate_limited`. */
    static readonly code: string;
    /** The stable number of the kind, the same in every language. */
    static readonly number: number;
    /** The stable name of the kind: `rate_limited`. */
    readonly code: string;
    /** The HTTP status, if there was an answer. */
    readonly status: number | undefined;
    /** The service's name for the request, to quote in a support case. */
    readonly requestId: string | undefined;
    /** How many milliseconds the service asks to wait (`Retry-After`), if it said so. */
    readonly retryAfterMs: number | undefined;
    /** The first 8 KiB of the server's answer, raw, for debugging. It may hold people's data; not enumerable. */
    readonly body: string | undefined;
    /**
     * For a send: whether the message may have gone out. Nothing where nothing would have been sent: then there is no
     * message to ask about.
     */
    readonly delivery: "not_sent" | "unknown" | undefined;
    /** The id of the message that failed, where the history showed that it did. */
    readonly messageId: string | undefined;
    /** For a {@link DeliveryUnknownError}: what `settle()` needs to ask again. Not enumerable. */
    readonly attempt: Attempt | undefined;
    /** Errors are made by the package; this is for tests and fakes of yours. */
    constructor(message?: string, fields?: AvaErrorFields);
    /** The stable number of the kind, the same in every language. */
    get number(): number;
}
/**
 * The client is set up wrongly: no key, a malformed key, a base URL it refuses, an option of a wrong type, a
 * checkpoint of another listener. Nothing was sent; mend the set-up.
 */
export declare class ConfigurationError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/**
 * The request is refused, here before anything left the machine or by the service (400, or another 4xx that has no
 * class of its own). Mend the argument, which the message names; retrying does not help.
 */
export declare class InvalidRequestError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/**
 * The service does not know the key or token (401), or the token provider failed (see `cause`). Nothing was sent.
 */
export declare class AuthenticationError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The key or token may not do this (403). Nothing was sent. */
export declare class PermissionDeniedError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** There is no such thing (404). Nothing was sent. */
export declare class NotFoundError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** Too many requests (429), and waiting was tried or would take too long. Wait for `retryAfterMs`. */
export declare class RateLimitedError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The service failed (5xx). A read was retried already; try again later. */
export declare class ServerError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** DNS, TCP or TLS failed, or a connection was lost or went silent. On a send: it was not sent. */
export declare class AvaConnectionError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The deadline of the call passed; it spans all retries. On a send: it was not sent. */
export declare class AvaTimeoutError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The answer is not what the API documents: not JSON, a missing field, or over the size cap. */
export declare class UnexpectedResponseError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The service accepted the request and declined to do it (`success: false`), or the message failed. */
export declare class RejectedError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/**
 * A send that may or may not have happened, after the history was asked. Do not send again by guess; keep `attempt`
 * and ask later, with `settle()`.
 */
export declare class DeliveryUnknownError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The call was cancelled. A call that is aborted rejects with the signal's reason instead, as everywhere in Node. */
export declare class CancelledError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The client was used after it was closed. */
export declare class ClosedError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** The checkpoint failed (see `cause`); nothing was acknowledged. */
export declare class StorageError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** A bug in this library. Please report it. */
export declare class InternalError extends AvaError {
    static readonly code: string;
    static readonly number: number;
}
/** An error as the native half tells of it. */
export interface ToldError {
    code: string;
    message: string;
    status: number | null;
    requestId: string | null;
    retryAfterMs: number | null;
    body: string | null;
    delivery: "not_sent" | "unknown" | null;
    messageId: string | null;
    attempt: number | null;
    cause: ToldError | null;
    raised: number | null;
}
/**
 * The one place where a kind becomes a class. `attempt` and `raised` find what stands for their numbers: the attempt,
 * and what a callback threw.
 */
export declare function makeError(told: ToldError, attempt: (id: number) => Attempt | undefined, raised: (id: number) => unknown): AvaError;
