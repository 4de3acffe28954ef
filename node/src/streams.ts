/** Streams that are pulled: a conversation, and inbound messages. */

import { InvalidRequestError } from "./errors.js";
import { type Answered, type Owner, mailbox, tell } from "./mailbox.js";
import {
  type Gap,
  type Message,
  type MessageList,
  type SkippedRow,
  toGap,
  toMessages,
  toSkippedRow,
} from "./models.js";
import { Failure, settled } from "./trace.js";
import type { AvaError, ToldError } from "./errors.js";
import type { CallId, NativeCore, NativeListener, NativeMessages } from "./native.js";
import type { CheckedCall, Checkpoint, listenOptions } from "./options.js";

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** What both have in common: they end once, by whatever comes first. */
abstract class Stream implements AsyncIterableIterator<Message>, AsyncDisposable {
  /** @internal */
  protected ended = false;
  readonly #given: CheckedCall;
  readonly #owner: Owner;

  /** @internal */
  protected constructor(signal: AbortSignal | undefined, owner: Owner) {
    this.#given = signal ? { signal } : {};
    this.#owner = owner;
  }

  /**
   * Makes a call. Aborting it ends the stream; whether a failure does is for the native half to say.
   *
   * @internal
   */
  protected async call<T>(begin: () => CallId, read: (value: never, rest: never[]) => T): Promise<T | Failure> {
    const outcome = await mailbox.call(() => this.#given, undefined, begin, read as never, this.#owner);
    if (outcome instanceof Failure && this.#given.signal?.aborted) {
      this.end();
    }
    return outcome as T | Failure;
  }

  /**
   * Lets go of the native half.
   *
   * @internal
   */
  protected abstract end(): void;

  /** The next message. */
  abstract next(): Promise<IteratorResult<Message, undefined>>;

  /** Ends it. A request under way is dropped, and a `next()` that waits for it says that it is the end. */
  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  /** {@link close}, as `break` and `return` in a loop do. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.end();
    return Promise.resolve(DONE);
  }

  /** {@link close}, and rejects with the error. */
  throw(error?: unknown): Promise<IteratorReturnResult<undefined>> {
    this.end();
    return Promise.reject(error);
  }

  /** It is its own iterator: a second loop goes on where the first was left. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** {@link close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * A conversation, read message by message; pages are fetched as it is read.
 *
 * `Readable.from(messages)` and `ReadableStream.from(messages)` make streams of it.
 */
export class Messages extends Stream {
  readonly #open: () => NativeMessages;
  #native: NativeMessages | undefined;
  #ready: Message[] = [];
  /** Under way, for the first of those who wait. It never rejects. */
  #pulling: Promise<unknown> | undefined;

  /** @internal */
  constructor(open: () => NativeMessages, signal: AbortSignal | undefined, owner: Owner) {
    super(signal, owner);
    this.#open = open;
  }

  /** The next message. Once it is `done`, it stays so. */
  async next(): Promise<IteratorResult<Message, undefined>> {
    for (;;) {
      const ready = this.#ready.pop();
      if (ready !== undefined) {
        return { done: false, value: ready };
      }
      if (this.ended) {
        return DONE;
      }
      if (this.#pulling === undefined) {
        break;
      }
      // One at a time: what comes along with one is for those who wait.
      await this.#pulling;
    }
    const pulling = this.call(
      () => (this.#native ??= this.#open()).next(),
      (list: MessageList | null, further: MessageList[]) => {
        if (list === null || this.ended) {
          return undefined;
        }
        // What came along with it, the next one last.
        this.#ready = further.flatMap(toMessages).reverse();
        return toMessages(list)[0];
      },
    );
    this.#pulling = pulling;
    const outcome = await pulling;
    this.#pulling = undefined;
    if (outcome instanceof Failure) {
      this.end();
    }
    const value = settled(this.next, outcome);
    if (value === undefined) {
      this.end();
      return DONE;
    }
    return { done: false, value };
  }

  /** @internal */
  protected end(): void {
    this.ended = true;
    this.#ready = [];
    this.#native?.close();
  }
}

/** The callbacks of a listener. */
class Callbacks implements Owner {
  constructor(
    readonly store: Checkpoint | undefined,
    readonly onGap: ((gap: Gap) => unknown) | undefined,
    readonly onSkipped: ((row: SkippedRow) => unknown) | undefined,
    readonly onRetry: ((error: AvaError) => unknown) | undefined,
    /** The client's, which live as long. */
    readonly client: Owner,
  ) {}

  async ask(which: string, argument: string | null): Promise<Answered> {
    if (which === "save") {
      await this.store?.save(argument ?? "");
      return [];
    }
    const text = await this.store?.load();
    if (text !== undefined && text !== null && typeof text !== "string") {
      throw new TypeError(`checkpoint: load() must give a string, or nothing, not a ${typeof text}`);
    }
    return [text ?? undefined];
  }

  tell(which: string, what: unknown): void {
    switch (which) {
      case "onGap":
        tell(which, this.onGap, toGap(what as [number, number]));
        break;
      case "onSkipped":
        tell(which, this.onSkipped, toSkippedRow(what as [number, string, string]));
        break;
      case "onRetry":
        tell(which, this.onRetry, mailbox.error(what as ToldError));
        break;
    }
  }
}

/**
 * Inbound messages, one by one. It ends, without an error, when it or its client is closed.
 *
 * `Readable.from(listener)` and `ReadableStream.from(listener)` make streams of it, which read ahead: use them with
 * `autoAck: false` and {@link ack}.
 */
export class Listener extends Stream {
  /** Gives a listener that isn't open yet. */
  readonly #begin: () => NativeListener;
  readonly #callbacks: Callbacks;
  #native: NativeListener;
  #opening: Promise<undefined | Failure> | undefined;
  #isOpen = false;

  /** @internal */
  constructor(core: NativeCore, given: ReturnType<typeof listenOptions>, client: Owner) {
    const store = typeof given.checkpoint === "object" ? given.checkpoint : undefined;
    const callbacks = new Callbacks(
      store,
      given.onGap as ((gap: Gap) => unknown) | undefined,
      given.onSkipped as ((row: SkippedRow) => unknown) | undefined,
      given.onRetry as ((error: AvaError) => unknown) | undefined,
      client,
    );
    super(given.signal, callbacks);
    this.#callbacks = callbacks;
    const options = {
      since: given.since,
      phone: given.phone,
      intervalMs: given.intervalMs,
      checkpoint: store ? undefined : given.checkpoint,
      stores: store !== undefined,
      autoAck: given.autoAck,
      onGap: given.onGap !== undefined,
      onSkipped: given.onSkipped !== undefined,
      onRetry: given.onRetry !== undefined,
    };
    this.#begin = () => core.listen(mailbox.own(callbacks), options, given.timeoutMs, given.maxRetries, given.headers);
    this.#native = this.#begin();
  }

  /**
   * Begins: asks the service for its time, or reads the checkpoint. {@link next} does so by itself; this is for whoever
   * wants to know that it has begun. If it fails, asking again begins anew.
   *
   * @throws ConfigurationError if the checkpoint belongs to another base URL or phone.
   * @throws StorageError if it can't be read or written.
   */
  async open(): Promise<this> {
    settled(this.open, await this.#open());
    return this;
  }

  #open(): Promise<undefined | Failure> {
    this.#opening ??= this.#opened();
    return this.#opening;
  }

  async #opened(): Promise<undefined | Failure> {
    const outcome = await this.call(
      () => this.#native.open(),
      () => {
        this.#isOpen = true;
        if (this.ended) {
          this.#native.close();
        }
        return undefined;
      },
    );
    if (outcome instanceof Failure && !this.ended) {
      // Whoever asks next begins anew.
      this.#native = this.#begin();
      this.#opening = undefined;
    }
    return outcome;
  }

  /**
   * The next message. Unless `autoAck` is off, asking for it acknowledges the last.
   *
   * @throws StorageError if the checkpoint failed: nothing was acknowledged, and asking again tries again.
   * @throws AvaError (any other) if something ended it that no further try would mend. Once it was open, it is at its end
   *   then.
   */
  async next(): Promise<IteratorResult<Message, undefined>> {
    if (this.ended) {
      return DONE;
    }
    if (!this.#isOpen) {
      settled(this.next, await this.#open());
    }
    const outcome = await this.call(
      () => this.#native.next(),
      (list: MessageList | null) => (list === null ? undefined : toMessages(list)[0]),
    );
    const value = settled(this.next, outcome);
    if (value === undefined) {
      this.end();
      return DONE;
    }
    return { done: false, value };
  }

  /**
   * Acknowledges a message, or the one of this id: it need not come again. When this resolves, the checkpoint has it.
   * It works after {@link close} too.
   *
   * @throws StorageError if the checkpoint failed; the message is not acknowledged.
   */
  async ack(message: Message | string): Promise<void> {
    const outcome = await mailbox.call(
      () => ({}),
      undefined,
      () => {
        const id: unknown = typeof message === "string" ? message : (message as Message | null | undefined)?.id;
        if (typeof id !== "string") {
          throw new InvalidRequestError("message: must be a Message, or the id of one");
        }
        return this.#native.ack(id);
      },
      () => undefined,
      this.#callbacks,
    );
    settled(this.ack, outcome);
  }

  /** @internal */
  protected end(): void {
    this.ended = true;
    this.#native.close();
  }
}
