/**
 * Stacks that point at the caller. An error comes from the native half much later, when its own stack is empty; where
 * the call was made is only known again in the method that awaited it, to which V8 adds who awaits the method. So calls
 * give their failures, and methods throw them. (To write down each call's stack when it is made costs more than all
 * else that is done here for it.)
 */

import { AvaError } from "./errors.js";

/** What a call gives if it fails. */
export class Failure {
  constructor(
    /** What is thrown. */
    readonly error: unknown,
    /** Whether it is of our making, with a stack of ours. */
    readonly ours: boolean,
  ) {}
}

/** What a call gave, or throws what it failed with: to be called in `method`, after it awaited the call. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any function will do
export function settled<T>(method: Function, outcome: T | Failure): T {
  if (outcome instanceof Failure) {
    throw outcome.ours ? pointing(method, outcome.error) : outcome.error;
  }
  return outcome;
}

/** Does something for `method`, whose caller is where the stack of an error points. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- constructors are called, too
export function traced<T>(method: Function, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // What a getter of the application's threw stays as it is.
    throw error instanceof AvaError ? pointing(method, error) : error;
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as above
function pointing(method: Function, error: unknown): unknown {
  if (error instanceof Error) {
    Error.captureStackTrace(error, method);
    if (!error.stack?.includes("\n    at ")) {
      // Nobody awaits it directly: the method is as far as can be seen.
      Error.captureStackTrace(error, settled);
    }
  }
  return error;
}
