import { Attempt } from "./attempt.js";
import { InvalidRequestError } from "./errors.js";
import { type Line, logTo } from "./logging.js";
import { type Answered, type Owner, mailbox, tell } from "./mailbox.js";
import {
  type GeneratedMessage,
  type MessagePage,
  type PollPage,
  type SentMessage,
  type Turn,
  toGeneratedMessage,
  toMessagePage,
  toPollPage,
  toSentMessage,
} from "./models.js";
import { type CallArguments, type CallId, type NativeCore, native } from "./native.js";
import {
  type AvaClientOptions,
  type CallOptions,
  type CheckedCall,
  type DraftReplyOptions,
  type GenerateOptions,
  type ListenOptions,
  type MessagesPageOptions,
  type PollOptions,
  type TokenProvider,
  argument,
  clientOptions,
  context as turns,
  draftOptions,
  generateOptions,
  listenOptions,
  pageOptions,
  plainOptions,
  pollOptions,
  sendOptions,
  settleOptions,
  token,
} from "./options.js";
import { custom, shown } from "./redact.js";
import { Listener, Messages } from "./streams.js";
import { type Failure, settled, traced } from "./trace.js";

/** The callbacks of a client. */
class Callbacks implements Owner {
  readonly tokenProvider: TokenProvider | undefined;
  readonly onUnknown: ((attempt: Attempt) => unknown) | undefined;
  readonly log: ((line: Line) => void) | undefined;

  constructor(
    tokenProvider: TokenProvider | undefined,
    onUnknown: ((attempt: Attempt) => unknown) | undefined,
    log: ((line: Line) => void) | undefined,
  ) {
    this.tokenProvider = tokenProvider;
    this.onUnknown = onUnknown;
    this.log = log;
  }

  async ask(): Promise<Answered> {
    return token(await this.tokenProvider?.());
  }

  tell(which: string, what: unknown): void {
    if (which === "log") {
      this.log?.(what as Line);
    } else {
      const attempt = mailbox.attempt(what as number);
      if (attempt) {
        tell(which, this.onUnknown, attempt);
      }
    }
  }
}

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
export class AvaClient implements AsyncDisposable {
  readonly #core: NativeCore;
  readonly #callbacks: Callbacks;

  /**
   * Sets the client up. No connection is opened yet.
   *
   * @throws ConfigurationError if it can't work like this; the message names the option.
   */
  constructor(options: AvaClientOptions = {}) {
    const [core, callbacks] = traced(new.target, () => {
      const { tokenProvider, onUnknown, logger, logLevel, headers, ...given } = clientOptions(options);
      const log = logTo(logger, logLevel);
      const made = new Callbacks(
        tokenProvider as TokenProvider | undefined,
        onUnknown as ((attempt: Attempt) => unknown) | undefined,
        log?.log,
      );
      const set = {
        ...given,
        // Read here, as a worker's environment may be its own.
        apiKey: given.apiKey ?? (tokenProvider ? undefined : process.env["AVA_API_KEY"]),
        baseUrl: given.baseUrl ?? process.env["AVA_BASE_URL"],
        headers,
        tokenProvider: tokenProvider !== undefined,
        onUnknown: onUnknown !== undefined,
        logLevel: log?.level,
      };
      return [new native.Core(mailbox.native, mailbox.own(made), set), made] as const;
    });
    this.#core = core;
    this.#callbacks = callbacks;
  }

  /** Where the requests go. */
  get baseUrl(): string {
    return this.#core.baseUrl;
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.#core.isClosed;
  }

  #call<O extends CheckedCall, T>(
    check: (options: unknown) => O,
    options: unknown,
    begin: (call: CallArguments, given: O) => CallId,
    read: Parameters<typeof mailbox.call<O, T>>[3],
  ): Promise<T | Failure> {
    return mailbox.call(check, options, begin, read, this.#callbacks);
  }

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
  async send(phone: string, text: string, options?: CallOptions): Promise<SentMessage> {
    const outcome = await this.#call(
      sendOptions,
      options,
      (call) => this.#core.send(argument("phone", phone, "not_sent"), argument("text", text, "not_sent"), ...call),
      toSentMessage,
    );
    return settled(this.send, outcome);
  }

  /**
   * Asks the history again whether an unknown send happened (*Get Messages*). Nothing is posted.
   *
   * @param attempt What the {@link DeliveryUnknownError} carried, or `onUnknown` was given.
   * @throws RejectedError if the message is there, and failed.
   * @throws DeliveryUnknownError if the history does not tell. Absence proves nothing: the service may still be at it.
   */
  async settle(attempt: Attempt, options?: CallOptions): Promise<SentMessage> {
    const outcome = await this.#call(
      (given: unknown) => settleOptions(attempt, given),
      options,
      (call) => {
        const known = Attempt.native(attempt);
        if (known === undefined) {
          throw new InvalidRequestError(
            "attempt: must be an Attempt, as errors carry it and Attempt.fromJSON makes it",
          );
        }
        return this.#core.settle(known, ...call);
      },
      toSentMessage,
    );
    return settled(this.settle, outcome);
  }

  /**
   * A conversation as an async iterable over all its pages (*Get Messages*), in the server's order.
   *
   * Pages are fetched as it is read, each with the deadline of a call. Messages that come again are dropped. What goes
   * wrong is thrown where it is read, and ends it; so does aborting the signal.
   *
   * @param phone Whose: E.164.
   * @throws InvalidRequestError at once, if an argument is of a wrong type.
   */
  messages(phone: string, options?: CallOptions): Messages {
    return traced(this.messages, () => {
      const given = plainOptions(options);
      const whose = argument("phone", phone);
      return new Messages(
        () => this.#core.messages(whose, given.timeoutMs, given.maxRetries, given.headers),
        given.signal,
        this.#callbacks,
      );
    });
  }

  /**
   * One page of a conversation (*Get Messages*).
   *
   * @param phone Whose: E.164.
   * @throws InvalidRequestError if the phone or the limit is malformed, before anything is sent.
   */
  async messagesPage(phone: string, options?: MessagesPageOptions): Promise<MessagePage> {
    const outcome = await this.#call(
      pageOptions,
      options,
      (call, { limit, offset }) => this.#core.messagesPage(argument("phone", phone), limit, offset, ...call),
      toMessagePage,
    );
    return settled(this.messagesPage, outcome);
  }

  /**
   * Asks once for inbound messages (*Receive Messages*). What comes again, comes again: for an inbox that loses nothing
   * and repeats nothing, use {@link listen}.
   */
  async poll(options?: PollOptions): Promise<PollPage> {
    const outcome = await this.#call(
      pollOptions,
      options,
      (call, { since, phone }) => this.#core.poll(since, phone, ...call),
      toPollPage,
    );
    return settled(this.poll, outcome);
  }

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
  listen(options?: ListenOptions): Listener {
    return traced(this.listen, () => new Listener(this.#core, listenOptions(options), this.#callbacks));
  }

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
  async generate(phone: string, context: Iterable<Turn>, options?: GenerateOptions): Promise<GeneratedMessage> {
    const outcome = await this.#call(
      generateOptions,
      options,
      (call, { instructions, autoSend = false }) => {
        const delivery = autoSend ? "not_sent" : undefined;
        return this.#core.generate(
          argument("phone", phone, delivery),
          turns(context, delivery),
          instructions,
          autoSend,
          ...call,
        );
      },
      toGeneratedMessage,
    );
    return settled(this.generate, outcome);
  }

  /**
   * Has AVA write a reply to the newest messages of a conversation. Nothing is sent.
   *
   * Its deadline is 60,000 ms, unless the client or the call has one of its own.
   *
   * @param phone Whose conversation: E.164.
   * @throws InvalidRequestError if the conversation has no messages.
   */
  async draftReply(phone: string, options?: DraftReplyOptions): Promise<GeneratedMessage> {
    const outcome = await this.#call(
      draftOptions,
      options,
      (call, { instructions, history }) =>
        this.#core.draftReply(argument("phone", phone), instructions, history, ...call),
      toGeneratedMessage,
    );
    return settled(this.draftReply, outcome);
  }

  /**
   * Refuses new calls from now on with {@link ClosedError}, ends the listeners' iteration without an error, and waits
   * for the calls in flight, each of which ends by its deadline.
   */
  async close(): Promise<void> {
    const outcome = await this.#call(
      plainOptions,
      undefined,
      () => this.#core.close(),
      () => undefined,
    );
    settled(this.close, outcome);
  }

  /** {@link close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    Object.defineProperty(this.prototype, custom, {
      value: shown<AvaClient>("AvaClient", ({ baseUrl, isClosed }) => ({ baseUrl, isClosed })),
    });
  }
}
