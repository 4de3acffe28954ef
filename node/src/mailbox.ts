/**
 * Where calls wait for their outcomes, which come from the native half many at a time, and where its questions and news
 * are handed to the application's callbacks.
 */

import { Attempt } from "./attempt.js";
import { AvaError, InternalError, type ToldError, makeError } from "./errors.js";
import { type CallArguments, type CallId, type NativeMailbox, native } from "./native.js";
import type { CheckedCall } from "./options.js";
import { Failure } from "./trace.js";
import { wire } from "./wire.js";

/** What a callback that is waited for gives: a text, or a token and how long it is valid. */
export type Answered = readonly [
  value?: string | undefined,
  expiresInMs?: number | undefined,
  expiresAtMs?: number | undefined,
];

/** Whose callbacks are asked and told: a client's, a listener's. */
export interface Owner {
  /** A callback's value is wanted. */
  ask(which: string, argument: string | null): Promise<Answered>;
  /** A callback is told something. */
  tell(which: string, what: unknown): void;
}

/** Makes of JSON what a call gives; `rest` is what came along. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the JSON is the native half's, which knows its types
type Read<T> = (value: any, rest: any[]) => T;

/** A call under way. */
interface Waiting {
  readonly resolve: (outcome: never) => void;
  readonly read: Read<unknown>;
  /** Kept while it is under way. */
  readonly owner: Owner | undefined;
  readonly signal: AbortSignal | undefined;
  readonly abort: (() => void) | undefined;
}

/** What aborting a signal calls. One listener a signal, however many calls use it: Node warns of more than ten. */
const aborts = new WeakMap<AbortSignal, { calls: Set<() => void>; listener: () => void }>();

function whenAborted(signal: AbortSignal, call: () => void): void {
  let entry = aborts.get(signal);
  if (entry === undefined) {
    const calls = new Set<() => void>();
    const listener = (): void => {
      for (const abort of [...calls]) {
        abort();
      }
    };
    entry = { calls, listener };
    aborts.set(signal, entry);
  }
  if (entry.calls.size === 0) {
    signal.addEventListener("abort", entry.listener, { once: true });
  }
  entry.calls.add(call);
}

function notWhenAborted(signal: AbortSignal, call: () => void): void {
  const entry = aborts.get(signal);
  if (entry?.calls.delete(call) && entry.calls.size === 0) {
    signal.removeEventListener("abort", entry.listener);
  }
}

class Mailbox {
  readonly native: NativeMailbox;
  readonly #waiting = new Map<CallId, Waiting>();
  /** Weakly, as callbacks tend to use the client that they belong to. */
  readonly #owners = new Map<number, WeakRef<Owner>>();
  /** What callbacks threw, until no error can speak of it any more. */
  readonly #raised = new Map<number, unknown>();
  /** Keeps this alive while something is under way, though the package may have been unloaded by a test runner. */
  readonly #hold: (held: boolean) => void;

  constructor() {
    const { deliver, makeError, hold } = wire(new WeakRef(this));
    this.#hold = hold;
    this.native = new native.Mailbox(deliver, makeError);
  }

  /**
   * Makes a call: checks its options, begins it, and makes of what it gives what `read` does. It never rejects: what it
   * fails with, its arguments being wrong included, is a {@link Failure}.
   */
  call<O extends CheckedCall, T>(
    check: (options: unknown) => O,
    options: unknown,
    begin: (call: CallArguments, given: O) => CallId,
    read: Read<T>,
    owner?: Owner,
  ): Promise<T | Failure> {
    return new Promise((resolve) => {
      try {
        const given = check(options);
        const { signal } = given;
        if (signal?.aborted) {
          resolve(new Failure(signal.reason, false));
          return;
        }
        const id = begin([given.timeoutMs, given.maxRetries, given.headers], given);
        const abort =
          signal &&
          (() => {
            this.native.cancel(id);
            resolve(new Failure(signal.reason, false));
          });
        this.#hold(true);
        this.#waiting.set(id, { resolve, read, owner, signal, abort });
        if (signal && abort) {
          whenAborted(signal, abort);
        }
      } catch (error) {
        // What the application's own code threw, in a getter or an iterator that it gave, stays as it is.
        resolve(new Failure(error, error instanceof AvaError));
      }
    });
  }

  /** Keeps an owner's number until the native half forgets it. */
  own(owner: Owner): number {
    const id = this.native.number();
    this.#owners.set(id, new WeakRef(owner));
    return id;
  }

  attemptFromText(text: string): ReturnType<NativeMailbox["attemptFromText"]> {
    return this.native.attemptFromText(text);
  }

  /** The attempt that stands for a number in what the native half tells. */
  attempt(id: number): Attempt | undefined {
    const attempt = this.native.attempt(id);
    return attempt === null ? undefined : Attempt.of(attempt);
  }

  /** The error that the native half tells of. */
  error(told: ToldError): AvaError {
    return makeError(
      told,
      (id) => this.attempt(id),
      (id) => this.#raised.get(id),
    );
  }

  /**
   * Deals with all that has come: first with the calls that have ended. Those count as told, and a callback that aborts
   * one of them comes too late.
   */
  deliver(batch: string): void {
    const items = JSON.parse(batch) as [number, ...unknown[]][];
    const aborted = new Set<Owner>();
    for (const item of items.filter(([id]) => id !== 0)) {
      guarded(() => {
        this.#ended(item, aborted);
      });
    }
    if (aborted.size > 0) {
      guarded(() => {
        this.#linger(aborted);
      });
    }
    for (const item of items.filter(([id]) => id === 0)) {
      guarded(() => {
        this.#news(item);
      });
    }
  }

  #ended([id, how, value, ...rest]: [number, ...unknown[]], aborted: Set<Owner>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      return;
    }
    this.#waiting.delete(id);
    if (how === 0) {
      waiting.resolve(this.#read(waiting.read, value, rest) as never);
    } else if (how === 1) {
      waiting.resolve(this.#read(() => new Failure(this.error(value as ToldError), true), value, rest) as never);
    } else if (waiting.owner) {
      aborted.add(waiting.owner);
    }
    if (waiting.signal && waiting.abort) {
      notWhenAborted(waiting.signal, waiting.abort);
    }
  }

  /** Keeps the owners of calls that were aborted until they were told what became of them. */
  #linger(owners: Set<Owner>): void {
    const resolve = (): void => {
      owners.clear();
    };
    const none = { owner: undefined, signal: undefined, abort: undefined };
    this.#waiting.set(this.native.flush(), { resolve, read: () => undefined, ...none });
  }

  #read(read: Read<unknown>, value: unknown, rest: unknown[]): unknown {
    try {
      return read(value, rest);
    } catch (error) {
      const words = "a bug in this library: an outcome can't be read";
      return new Failure(new InternalError(words, { cause: error }), true);
    }
  }

  #news(item: [number, ...unknown[]]): void {
    switch (item[1]) {
      case undefined:
        // Nothing is under way, and nothing is left to be told.
        if (this.#waiting.size === 0) {
          this.#hold(false);
        }
        break;
      case "ask": {
        const [, , owner, which, id, argument] = item as [0, "ask", number, string, number, string | null];
        void this.#ask(owner, which, id, argument);
        break;
      }
      case "tell": {
        const [, , owner, which, what] = item as [0, "tell", number, string, unknown];
        try {
          this.#owners.get(owner)?.deref()?.tell(which, what);
        } catch (error) {
          toldInVain(which, error);
        }
        break;
      }
      case "forget": {
        const [, , id] = item as [0, "forget", number];
        this.#owners.delete(id);
        this.#raised.delete(id);
        break;
      }
    }
  }

  async #ask(owner: number, which: string, id: number, argument: string | null): Promise<void> {
    try {
      const asked = this.#owners.get(owner)?.deref();
      if (asked === undefined) {
        throw new Error("nobody has the client any more");
      }
      this.native.answer(id, ...(await asked.ask(which, argument)));
    } catch (error) {
      this.#raised.set(this.native.fail(id, nameOf(error)), error);
    }
  }
}

/** Deals with one thing that has come. What goes wrong there must not cost the others. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    toldInVain("ava-imessage, by a bug of its own,", error);
  }
}

/** All that is told of what a callback threw: its words may hold anything. */
function nameOf(error: unknown): string {
  try {
    const name: unknown = error instanceof Error ? error.name : undefined;
    return typeof name === "string" ? name : "something that is no Error";
  } catch {
    return "something that has no name";
  }
}

/** The words for what was thrown, which may be anything: a proxy, an object that has no words. */
function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack ?? error) : String(error);
  } catch {
    return "something that has no words";
  }
}

/** A callback that nobody waits for threw, or rejected. */
export function toldInVain(which: string, error: unknown): void {
  process.emitWarning(`${which} threw: ${wordsOf(error)}`, "AvaCallbackWarning");
}

/** Calls a callback that nobody waits for. */
export function tell<T>(which: string, callback: ((what: T) => unknown) | undefined, what: T): void {
  const returned = callback?.(what);
  if (returned instanceof Promise) {
    returned.catch((error: unknown) => {
      toldInVain(which, error);
    });
  }
}

/** The one mailbox of this copy of the package. */
export const mailbox = new Mailbox();
