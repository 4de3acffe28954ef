/**
 * A client for the AVA iMessage API: send iMessages, read conversations, listen for answers, draft replies.
 *
 * {@link AvaClient} is where to begin. Errors are under {@link AvaError}. `ava-imessage/testing` has a sandbox for
 * tests.
 *
 * @module
 */
export { Attempt, type AttemptJson } from "./all.js";
export { AvaClient } from "./all.js";
export { AuthenticationError, AvaConnectionError, AvaError, type AvaErrorFields, AvaTimeoutError, CancelledError, ClosedError, ConfigurationError, DeliveryUnknownError, InternalError, InvalidRequestError, NotFoundError, PermissionDeniedError, RateLimitedError, RejectedError, ServerError, StorageError, UnexpectedResponseError, } from "./all.js";
export type { Logger, LogLevel } from "./all.js";
export { Confirmation, type Direction, type Extra, type Gap, type GeneratedMessage, type Message, type MessagePage, type PollPage, type SentMessage, type SkippedRow, type Status, type Turn, } from "./all.js";
export type { AvaClientOptions, CallOptions, Checkpoint, DraftReplyOptions, GenerateOptions, HeadersLike, ListenOptions, MessagesPageOptions, PollOptions, Token, TokenProvider, } from "./all.js";
export { Listener, Messages } from "./all.js";
export { version } from "./all.js";
