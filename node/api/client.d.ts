import { Attempt } from "./attempt.js";
import { type GeneratedMessage, type MessagePage, type PollPage, type SentMessage, type Turn } from "./models.js";
import { type AvaClientOptions, type CallOptions, type DraftReplyOptions, type GenerateOptions, type ListenOptions, type MessagesPageOptions, type PollOptions } from "./options.js";
import { Listener, Messages } from "./streams.js";
/**
 * A client of the AVA iMessage API. It may be used by any number of calls at a time, and keeps the process alive only
 * while one is under way.
 *
 * Each call takes `signal`, `timeoutMs`, `maxRetries` and `headers`, instead of or in addition to the client's.
 * Aborting drops the request; a send that was cut in flight is told to `onUnknown`.
 *
 * ```ts
 * await using client = new AvaClient();
 * await client.send("+15550100142", "Hello from AVA!");
 * ```
 */
export declare class AvaClient implements AsyncDisposable {
    #private;
    /**
     * Sets the client up. No connection is opened yet.
     *
     * @throws ConfigurationError if it can't work like this; the message names the option.
     */
    constructor(options?: AvaClientOptions);
    /** Where the requests go. */
    get baseUrl(): string;
    /** Whether {@link close} was called. */
    get isClosed(): boolean;
    /**
     * Sends an iMessage (*Send Message*).
     *
     * It ends as *sent*, *not sent*, or *unknown*, and texts nobody twice: the request is posted again only if every
     * earlier attempt certainly was not sent. An attempt whose answer was lost is looked up in the history within the
     * same deadline.
     *
     * @param phone To whom: E.164, `+1234567890`.
     * @param text What; not empty.
     * @throws DeliveryUnknownError if it may or may not have gone out: keep its `attempt` for {@link settle}, and don't
     *   send again.
     * @throws AvaError (any other) if it certainly did not go out.
     */
    send(phone: string, text: string, options?: CallOptions): Promise<SentMessage>;
    /**
     * Asks the history again whether an unknown send happened (*Get Messages*). Nothing is posted.
     *
     * @param attempt What the {@link DeliveryUnknownError} carried, or `onUnknown` was given.
     * @throws RejectedError if the message is there, and failed.
     * @throws DeliveryUnknownError if the history does not tell. Absence proves nothing: the service may still be at it.
     */
    settle(attempt: Attempt, options?: CallOptions): Promise<SentMessage>;
    /**
     * A conversation as an async iterable over all its pages (*Get Messages*), in the server's order.
     *
     * Pages are fetched as it is read, each with the deadline of a call. Messages that come again are dropped. What goes
     * wrong is thrown where it is read, and ends it; so does aborting the signal.
     *
     * @param phone Whose: E.164.
     * @throws InvalidRequestError at once, if an argument is of a wrong type.
     */
    messages(phone: string, options?: CallOptions): Messages;
    /**
     * One page of a conversation (*Get Messages*).
     *
     * @param phone Whose: E.164.
     * @throws InvalidRequestError if the phone or the limit is malformed, before anything is sent.
     */
    messagesPage(phone: string, options?: MessagesPageOptions): Promise<MessagePage>;
    /**
     * Asks once for inbound messages (*Receive Messages*). What comes again, comes again: for an inbox that loses nothing
     * and repeats nothing, use {@link listen}.
     */
    poll(options?: PollOptions): Promise<PollPage>;
    /**
     * Listens for inbound messages: polls, overlaps, drops what it has seen, and keeps what was acknowledged. It begins
     * when it is first read, or with {@link Listener.open}.
     *
     * At least once: a message that was not acknowledged when the process ended comes again. Asking for the next message
     * acknowledges the last; leaving the loop does not. Failed polls are tried again with growing waits, for as long as
     * it takes; 400, 403, 404, and a 401 that no other token cures, end it with the error. So does aborting the signal.
     *
     * ```ts
     * for await (const message of client.listen({ checkpoint: "inbox.json" })) {
     *   await client.send(message.phone, `You said: ${message.text}`);
     * }
     * ```
     *
     * @throws InvalidRequestError at once, if an option is of a wrong type.
     */
    listen(options?: ListenOptions): Listener;
    /**
     * Has AVA write a reply to `context` (*Generate Message with AVA*).
     *
     * Its deadline is 60,000 ms, unless the client or the call has one of its own.
     *
     * @param phone To whom the reply would go: E.164.
     * @param context The conversation, oldest turn first.
     * @throws InvalidRequestError if the context is empty.
     * @throws DeliveryUnknownError with `autoSend`, if the answer was lost. There is no attempt to settle: the text isn't
     *   known.
     */
    generate(phone: string, context: Iterable<Turn>, options?: GenerateOptions): Promise<GeneratedMessage>;
    /**
     * Has AVA write a reply to the newest messages of a conversation. Nothing is sent.
     *
     * Its deadline is 60,000 ms, unless the client or the call has one of its own.
     *
     * @param phone Whose conversation: E.164.
     * @throws InvalidRequestError if the conversation has no messages.
     */
    draftReply(phone: string, options?: DraftReplyOptions): Promise<GeneratedMessage>;
    /**
     * Refuses new calls from now on with {@link ClosedError}, ends the listeners' iteration without an error, and waits
     * for the calls in flight, each of which ends by its deadline.
     */
    close(): Promise<void>;
    /** {@link close}, at the end of an `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}
