/** Streams that are pulled: a conversation, and inbound messages. */
import { type Message } from "./models.js";
/** What both have in common: they end once, by whatever comes first. */
declare abstract class Stream implements AsyncIterableIterator<Message>, AsyncDisposable {
    #private;
    /** The next message. */
    abstract next(): Promise<IteratorResult<Message, undefined>>;
    /** Ends it. A request under way is dropped, and a `next()` that waits for it says that it is the end. */
    close(): Promise<void>;
    /** {@link close}, as `break` and `return` in a loop do. */
    return(): Promise<IteratorReturnResult<undefined>>;
    /** {@link close}, and rejects with the error. */
    throw(error?: unknown): Promise<IteratorReturnResult<undefined>>;
    /** It is its own iterator: a second loop goes on where the first was left. */
    [Symbol.asyncIterator](): this;
    /** {@link close}, at the end of an `await using`. */
    [Symbol.asyncDispose](): Promise<void>;
}
/**
 * A conversation, read message by message; pages are fetched as it is read.
 *
 * `Readable.from(messages)` and `ReadableStream.from(messages)` make streams of it.
 */
export declare class Messages extends Stream {
    #private;
    /** The next message. Once it is `done`, it stays so. */
    next(): Promise<IteratorResult<Message, undefined>>;
}
/**
 * Inbound messages, one by one. It ends, without an error, when it or its client is closed.
 *
 * `Readable.from(listener)` and `ReadableStream.from(listener)` make streams of it, which read ahead: use them with
 * `autoAck: false` and {@link ack}.
 */
export declare class Listener extends Stream {
    #private;
    /**
     * Begins: asks the service for its time, or reads the checkpoint. {@link next} does so by itself; this is for whoever
     * wants to know that it has begun. If it fails, asking again begins anew.
     *
     * @throws ConfigurationError if the checkpoint belongs to another base URL or phone.
     * @throws StorageError if it can't be read or written.
     */
    open(): Promise<this>;
    /**
     * The next message. Unless `autoAck` is off, asking for it acknowledges the last.
     *
     * @throws StorageError if the checkpoint failed: nothing was acknowledged, and asking again tries again.
     * @throws AvaError (any other) if something ended it that no further try would mend. Once it was open, it is at its end
     *   then.
     */
    next(): Promise<IteratorResult<Message, undefined>>;
    /**
     * Acknowledges a message, or the one of this id: it need not come again. When this resolves, the checkpoint has it.
     * It works after {@link close} too.
     *
     * @throws StorageError if the checkpoint failed; the message is not acknowledged.
     */
    ack(message: Message | string): Promise<void>;
}
export {};
