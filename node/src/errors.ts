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
export class AvaError extends Error {
  /** The stable name of the kind, the same in every language: `rate_limited`. */
  static readonly code: string = "";
  /** The stable number of the kind, the same in every language. */
  static readonly number: number = 0;

  /** The stable name of the kind: `rate_limited`. */
  readonly code: string;
  /** The HTTP status, if there was an answer. */
  declare readonly status: number | undefined;
  /** The service's name for the request, to quote in a support case. */
  declare readonly requestId: string | undefined;
  /** How many milliseconds the service asks to wait (`Retry-After`), if it said so. */
  declare readonly retryAfterMs: number | undefined;
  /** The first 8 KiB of the server's answer, raw, for debugging. It may hold people's data; not enumerable. */
  declare readonly body: string | undefined;
  /**
   * For a send: whether the message may have gone out. Nothing where nothing would have been sent: then there is no
   * message to ask about.
   */
  declare readonly delivery: "not_sent" | "unknown" | undefined;
  /** The id of the message that failed, where the history showed that it did. */
  declare readonly messageId: string | undefined;
  /** For a {@link DeliveryUnknownError}: what `settle()` needs to ask again. Not enumerable. */
  declare readonly attempt: Attempt | undefined;

  /** Errors are made by the package; this is for tests and fakes of yours. */
  constructor(message = "", fields: AvaErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = new.target.code;
    for (const name of ["status", "requestId", "retryAfterMs", "delivery", "messageId"] as const) {
      if (fields[name] !== undefined) {
        Object.defineProperty(this, name, { value: fields[name], enumerable: true });
      }
    }
    for (const name of ["body", "attempt"] as const) {
      if (fields[name] !== undefined) {
        Object.defineProperty(this, name, { value: fields[name], enumerable: false });
      }
    }
  }

  /** The stable number of the kind, the same in every language. */
  get number(): number {
    return (this.constructor as typeof AvaError).number;
  }
}

/**
 * The client is set up wrongly: no key, a malformed key, a base URL it refuses, an option of a wrong type, a
 * checkpoint of another listener. Nothing was sent; mend the set-up.
 */
export class ConfigurationError extends AvaError {
  static override readonly code: string = "configuration";
  static override readonly number: number = 1;
}

/**
 * The request is refused, here before anything left the machine or by the service (400, or another 4xx that has no
 * class of its own). Mend the argument, which the message names; retrying does not help.
 */
export class InvalidRequestError extends AvaError {
  static override readonly code: string = "invalid_request";
  static override readonly number: number = 2;
}

/**
 * The service does not know the key or token (401), or the token provider failed (see `cause`). Nothing was sent.
 */
export class AuthenticationError extends AvaError {
  static override readonly code: string = "authentication";
  static override readonly number: number = 3;
}

/** The key or token may not do this (403). Nothing was sent. */
export class PermissionDeniedError extends AvaError {
  static override readonly code: string = "permission_denied";
  static override readonly number: number = 4;
}

/** There is no such thing (404). Nothing was sent. */
export class NotFoundError extends AvaError {
  static override readonly code: string = "not_found";
  static override readonly number: number = 5;
}

/** Too many requests (429), and waiting was tried or would take too long. Wait for `retryAfterMs`. */
export class RateLimitedError extends AvaError {
  static override readonly code: string = "rate_limited";
  static override readonly number: number = 6;
}

/** The service failed (5xx). A read was retried already; try again later. */
export class ServerError extends AvaError {
  static override readonly code: string = "server";
  static override readonly number: number = 7;
}

/** DNS, TCP or TLS failed, or a connection was lost or went silent. On a send: it was not sent. */
export class AvaConnectionError extends AvaError {
  static override readonly code: string = "connection";
  static override readonly number: number = 8;
}

/** The deadline of the call passed; it spans all retries. On a send: it was not sent. */
export class AvaTimeoutError extends AvaError {
  static override readonly code: string = "timeout";
  static override readonly number: number = 9;
}

/** The answer is not what the API documents: not JSON, a missing field, or over the size cap. */
export class UnexpectedResponseError extends AvaError {
  static override readonly code: string = "unexpected_response";
  static override readonly number: number = 10;
}

/** The service accepted the request and declined to do it (`success: false`), or the message failed. */
export class RejectedError extends AvaError {
  static override readonly code: string = "rejected";
  static override readonly number: number = 11;
}

/**
 * A send that may or may not have happened, after the history was asked. Do not send again by guess; keep `attempt`
 * and ask later, with `settle()`.
 */
export class DeliveryUnknownError extends AvaError {
  static override readonly code: string = "delivery_unknown";
  static override readonly number: number = 12;
}

/** The call was cancelled. A call that is aborted rejects with the signal's reason instead, as everywhere in Node. */
export class CancelledError extends AvaError {
  static override readonly code: string = "cancelled";
  static override readonly number: number = 13;
}

/** The client was used after it was closed. */
export class ClosedError extends AvaError {
  static override readonly code: string = "closed";
  static override readonly number: number = 14;
}

/** The checkpoint failed (see `cause`); nothing was acknowledged. */
export class StorageError extends AvaError {
  static override readonly code: string = "storage";
  static override readonly number: number = 15;
}

/** A bug in this library. Please report it. */
export class InternalError extends AvaError {
  static override readonly code: string = "internal";
  static override readonly number: number = 16;
}

const CLASSES = {
  AvaError,
  ConfigurationError,
  InvalidRequestError,
  AuthenticationError,
  PermissionDeniedError,
  NotFoundError,
  RateLimitedError,
  ServerError,
  AvaConnectionError,
  AvaTimeoutError,
  UnexpectedResponseError,
  RejectedError,
  DeliveryUnknownError,
  CancelledError,
  ClosedError,
  StorageError,
  InternalError,
};

const BY_CODE = new Map<string, typeof AvaError>();
for (const [name, type] of Object.entries(CLASSES)) {
  // Spelt out: minifiers rename classes.
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
  BY_CODE.set(type.code, type);
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
export function makeError(
  told: ToldError,
  attempt: (id: number) => Attempt | undefined,
  raised: (id: number) => unknown,
): AvaError {
  const type = BY_CODE.get(told.code) ?? AvaError;
  const { cause } = told;
  return new type(told.message, {
    status: told.status ?? undefined,
    requestId: told.requestId ?? undefined,
    retryAfterMs: told.retryAfterMs ?? undefined,
    body: told.body ?? undefined,
    delivery: told.delivery ?? undefined,
    messageId: told.messageId ?? undefined,
    attempt: told.attempt === null ? undefined : attempt(told.attempt),
    cause: cause ? makeError(cause, attempt, raised) : told.raised === null ? undefined : raised(told.raised),
  });
}
