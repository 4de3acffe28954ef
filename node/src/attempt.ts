import { mailbox } from "./mailbox.js";
import type { NativeAttempt } from "./native.js";
import { custom, phone, shown, text } from "./redact.js";

/** An {@link Attempt} as JSON: what is in it is this library's business. It holds the phone and the message. */
export type AttemptJson = Record<string, unknown>;

/**
 * A send that may or may not have happened, to be settled later: `client.settle(attempt)`.
 *
 * `JSON.stringify(attempt)` keeps it over a restart, and {@link Attempt.fromJSON} reads it again: that text holds the
 * phone and the message, which `console.log` hides. Another process can settle it only if it {@link isPortable}.
 */
export class Attempt {
  /** @internal */
  readonly #native: NativeAttempt;

  private constructor(native: NativeAttempt) {
    this.#native = native;
    Object.freeze(this);
  }

  /** @internal */
  static of(native: NativeAttempt): Attempt {
    return new Attempt(native);
  }

  /** @internal */
  static native(attempt: unknown): NativeAttempt | undefined {
    return typeof attempt === "object" && attempt !== null && #native in attempt ? attempt.#native : undefined;
  }

  /** To whom the message would have gone. */
  get phone(): string {
    return this.#native.phone;
  }

  /** What it would have said. */
  get text(): string {
    return this.#native.text;
  }

  /** Whether another process can settle it: the history was read at least once. */
  get isPortable(): boolean {
    return this.#native.isPortable;
  }

  /** What `JSON.stringify` writes. */
  toJSON(): AttemptJson {
    return JSON.parse(this.#native.toText()) as AttemptJson;
  }

  /**
   * The attempt that was written as JSON; its text or what `JSON.parse` made of it.
   *
   * @throws InvalidRequestError if it is something else.
   */
  static fromJSON(json: string | object): Attempt {
    // Nothing at all is written as nothing.
    const written: unknown = typeof json === "string" ? json : JSON.stringify(json);
    return new Attempt(mailbox.attemptFromText(String(written)));
  }

  static {
    Object.defineProperty(this.prototype, custom, {
      value: shown<Attempt>("Attempt", (it) => ({
        phone: phone(it.phone),
        text: text(it.text),
        isPortable: it.isPortable,
      })),
    });
  }
}
