// Whether an outcome is the one that a vector expects.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Json } from "./expand.mjs";

const EXACT = [
  "code",
  "number",
  "status",
  "delivery",
  "request_id",
  "retry_after_ms",
  "message",
  "message_id",
  "has_attempt",
];

const told = (value: Json): string => JSON.stringify(value);

function isObject(value: Json): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `actual` is `{ result }`, `{ error }`, or a list of these. */
export function outcome(expected: Json, actual: Json): void {
  known(expected, ["result", "error", "any_order"]);
  assert.ok("result" in expected !== "error" in expected, "give either result or error");
  if (Array.isArray(actual)) {
    assert.ok("result" in expected, `not of the kind expected: ${told(actual)}`);
    assign(expected.result, actual, expected.any_order ?? false, outcome);
    return;
  }
  assert.ok(!("any_order" in expected), "any_order is for parallel");
  if ("error" in expected) {
    assert.ok("error" in actual, `an error expected: ${told(actual)}`);
    error(expected.error, actual.error, "error");
    return;
  }
  assert.ok("result" in actual, `a result expected: ${told(actual)}`);
  let wanted = expected.result;
  const there = actual.result;
  const failure = isObject(there) ? there.error : undefined;
  if (failure !== undefined && failure !== null) {
    assert.ok(isObject(wanted) && "error" in wanted, `not expected: ${told(failure)}`);
    error(wanted.error, failure, "result.error");
    wanted = { ...wanted };
    delete wanted.error;
  }
  part(wanted, there, "result");
}

export function part(wanted: Json, actual: Json, path: string): void {
  if (isObject(wanted) && isObject(actual)) {
    for (const [name, value] of Object.entries(wanted)) {
      assert.ok(Object.hasOwn(actual, name), `${path}.${name}: not there`);
      part(value, actual[name], `${path}.${name}`);
    }
  } else if (Array.isArray(wanted) && Array.isArray(actual)) {
    assert.equal(actual.length, wanted.length, `${path}: ${wanted.length} expected: ${told(actual)}`);
    wanted.forEach((one, i) => {
      part(one, actual[i], `${path}[${i}]`);
    });
  } else {
    assert.ok(Object.is(wanted, actual), `${path}: ${told(wanted)} expected, ${told(actual)} there`);
  }
}

export function error(wanted: Json, actual: Json, path: string): void {
  assert.ok(actual !== null && actual !== undefined, `${path}: there is none`);
  for (const [name, value] of Object.entries<Json>(wanted)) {
    const where = `${path}.${name}: ${told(value)} expected, in ${told(actual)}`;
    if (EXACT.includes(name)) {
      assert.ok(isDeepStrictEqual(actual[name], value), where);
    } else if (["message_contains", "message_excludes", "body_contains"].includes(name)) {
      const words: string[] = typeof value === "string" ? [value] : value;
      assert.ok(words.length > 0, where);
      const text: string = (name === "body_contains" ? actual.body : actual.message) ?? "";
      for (const word of words) {
        assert.equal(text.includes(word), name !== "message_excludes", where);
      }
    } else if (name === "cause" && value === null) {
      assert.equal(actual.cause, null, where);
    } else if (name === "cause") {
      error(value, actual.cause, `${path}.cause`);
    } else {
      assert.fail(`${path}.${name}: no member of an error`);
    }
  }
}

/** What holds of every error, whatever a vector says of it. */
export function always(seen: Json): void {
  const { message, cause } = seen;
  assert.ok(message, "a message is one line of words");
  assert.doesNotMatch(message, /[\r\n]|<html/i);
  if (cause !== null) {
    always(cause);
  }
}

/** Whether each of `wanted` has one of `all` for itself, in order or in any order. */
export function assign(wanted: Json[], all: Json[], anyOrder: boolean, fit: (wanted: Json, one: Json) => void): void {
  assert.equal(all.length, wanted.length, `${wanted.length} expected, ${all.length} there: ${told(all)}`);
  const reasons: string[] = [];
  for (const order of anyOrder ? permutations(all) : [all]) {
    try {
      wanted.forEach((one, i) => {
        fit(one, order[i]);
      });
      return;
    } catch (reason) {
      reasons.push(String((reason as Error).message));
    }
  }
  assert.fail(reasons.slice(0, 6).join("; "));
}

function permutations(all: Json[]): Json[][] {
  if (all.length < 2) {
    return [all];
  }
  return all.flatMap((one, i) => permutations(all.toSpliced(i, 1)).map((rest) => [one, ...rest]));
}

export function known(given: Json, names: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  assert.deepEqual(unknown, [], "unknown members");
}
