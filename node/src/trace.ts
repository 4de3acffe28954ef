/** Stacks that point at the caller: an error comes from the native half much later, when its own stack is empty. */

/** Where a call was made. */
export class Trace {
  declare readonly stack?: unknown;

  /** @param caller The function whose caller it is. */
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any function will do
  constructor(caller: Function) {
    // Formatted when it is asked for, which is only when there is an error.
    Error.captureStackTrace(this, caller);
  }

  /** Gives an error this stack. */
  put<T>(error: T): T {
    const frames = this.stack;
    if (error instanceof Error && typeof frames === "string") {
      const at = frames.indexOf("\n    at ");
      const { name, message } = error;
      Object.defineProperty(error, "stack", {
        value: `${message ? `${name}: ${message}` : name}${at < 0 ? "" : frames.slice(at)}`,
        writable: true,
        configurable: true,
        enumerable: false,
      });
    }
    return error;
  }
}

/** Does something for `caller`, whose caller is where the stack of an error points. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- constructors are callers too
export function traced<T>(caller: Function, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Trace(caller).put(error);
  }
}
