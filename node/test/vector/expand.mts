// What stands for something else in a vector: `${…}`, `$repeat` and `$range`.

import assert from "node:assert/strict";

export type Json = any; // eslint-disable-line @typescript-eslint/no-explicit-any -- vectors are JSON

export function expand(value: Json, names: Readonly<Record<string, string>>): Json {
  if (typeof value === "string") {
    return value.replace(/\$\{(.*?)\}/g, (_, name: string) => {
      const stands = names[name];
      assert.ok(stands !== undefined, `unknown: \${${name}}`);
      return stands;
    });
  }
  if (Array.isArray(value)) {
    return value.map((item) => expand(item, names));
  }
  if (typeof value === "object" && value !== null) {
    if (Object.keys(value).some((name) => name.startsWith("$"))) {
      return generated(value);
    }
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, expand(member, names)]));
  }
  return value;
}

function generated(value: Json): Json {
  const members = (of: object): string => Object.keys(of).sort().join();
  if (members(value) === "$repeat" && members(value.$repeat) === "text,times") {
    return value.$repeat.text.repeat(value.$repeat.times);
  }
  if (members(value) === "$range" && members(value.$range) === "from,prefix,to") {
    const { prefix, from, to } = value.$range;
    const step = from <= to ? 1 : -1;
    return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => `${prefix}${from + i * step}`);
  }
  assert.fail(`unknown, or with unknown members: ${JSON.stringify(value)}`);
}
