/** How things are shown: neither a text, nor a key, nor a full phone number stands in what `console.log` prints. */

import type { InspectOptions } from "node:util";

type Inspect = (value: unknown, options?: InspectOptions) => string;

/** What Node's `util.inspect` asks an object for. Bun and Deno ask for it too. */
export const custom = Symbol.for("nodejs.util.inspect.custom");

/** Something that is printed as it is, without quotation marks. */
class Words {
  constructor(readonly words: string) {}

  [custom](): string {
    return this.words;
  }
}

/** A phone number: its last two digits. */
export function phone(value: string): string {
  return value.length > 4 ? `+…${value.slice(-2)}` : "+…";
}

/** A text: how long it is. */
export function text(value: string): unknown {
  return new Words(`<${String(Array.from(value).length)} characters>`);
}

/** A name and some members, as `util.inspect` would print an object of a class. */
export function show(name: string, members: object, depth: number, options: InspectOptions, inspect: Inspect): string {
  if (depth < 0) {
    return `[${name}]`;
  }
  return `${name} ${inspect(members, { ...options, depth: options.depth ?? 2 })}`;
}

/** The method that shows `this` by what `members` says of it. */
export function shown<T>(name: string, members: (value: T) => object) {
  return function (this: T, depth: number, options: InspectOptions, inspect: Inspect): string {
    return show(name, members(this), depth, options, inspect);
  };
}
