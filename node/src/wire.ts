/**
 * What the native half holds of a mailbox, for as long as the thread lives: as little as can be.
 *
 * In a file of its own: a function holds all that the other functions of its file use, which would be the mailbox, and
 * with it every module that a test runner has loaded and let go.
 */

/** What stands at the end of the wire. */
interface Receiver {
  deliver(batch: string): void;
  error(told: never): Error;
}

/** The functions for the native half, and one that has the receiver live while something is under way. */
export function wire(weak: WeakRef<Receiver>): {
  deliver: (batch: string) => void;
  makeError: (told: string) => Error;
  hold: (held: boolean) => void;
} {
  let strong: Receiver | undefined;
  return {
    deliver: (batch) => (strong ?? weak.deref())?.deliver(batch),
    makeError: (told) => weak.deref()?.error(JSON.parse(told) as never) ?? new Error("ava-imessage was unloaded"),
    hold: (held) => {
      strong = held ? weak.deref() : undefined;
    },
  };
}
