// Neither keys, nor texts, nor full phone numbers may stand in the log, or in what is printed of any object.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Logger } from "ava-imessage";
import type { Json } from "./expand.mjs";

const CANARY = "canary";
const SHORTEST = 6;
const PRIVATE = ["text", "content", "instructions", "api_key", "token", "tokens"];

export class Leaks {
  readonly #forbidden: Set<string>;
  readonly #lines = new Set<string>();
  #logged = 0;

  constructor(...secrets: string[]) {
    this.#forbidden = new Set([CANARY, ...secrets]);
  }

  readonly logger: Logger = Object.fromEntries(
    ["error", "warn", "info", "debug", "trace"].map((level) => [level, this.#log.bind(this)]),
  ) as unknown as Logger;

  #log(...line: unknown[]): void {
    this.#logged += 1;
    this.#lines.add(inspect(line, { depth: 10 }));
  }

  saw(value: unknown): void {
    this.#lines.add(inspect(value, { depth: 10 }));
    this.#lines.add(String(value));
    if (value instanceof Error) {
      // As loggers do, which copy what is enumerable.
      this.#lines.add(JSON.stringify({ ...value, message: value.message, stack: value.stack }));
    }
  }

  forbid(value: Json, name = ""): void {
    if (typeof value === "string") {
      const phone = /^\+(\d+)$/.exec(value)?.[1];
      const secret = phone ?? (PRIVATE.includes(name) ? value : "");
      if (secret.length >= SHORTEST && !secret.includes("${")) {
        this.#forbidden.add(secret);
      }
    } else if (Array.isArray(value)) {
      value.forEach((item) => {
        this.forbid(item, name);
      });
    } else if (typeof value === "object" && value !== null) {
      for (const [member, inner] of Object.entries(value)) {
        // What a vector expects may quote what the service said.
        if (!["expect", "expect_requests", "script"].includes(member)) {
          this.forbid(inner, member);
        }
      }
    }
  }

  check(): void {
    assert.ok(this.#logged > 0, "the log was not captured");
    for (const line of this.#lines) {
      for (const secret of this.#forbidden) {
        assert.ok(!line.includes(secret), `leaked ${secret}: ${line}`);
      }
    }
  }
}
