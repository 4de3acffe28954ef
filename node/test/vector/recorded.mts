// Whether the sandbox got the requests that a vector expects.

import assert from "node:assert/strict";
import type { Sandbox } from "ava-imessage/testing";
import { sleep } from "../support.mjs";
import type { Json } from "./expand.mjs";
import { assign, known } from "./expect.mjs";

export async function check(vector: Json, sandbox: Sandbox): Promise<void> {
  const until = Date.now() + 1000;
  let requests: Json[] = await sandbox.requests();
  while (requests.some((request) => request.outcome === "pending") && Date.now() < until) {
    await sleep(10);
    requests = await sandbox.requests();
  }
  const seen = requests.map((it) => `${it.method} ${it.path}?${it.query} ${it.outcome}`).join(", ");
  requests.forEach((request, i) => {
    request.gap_ms = i === 0 ? 0 : Math.max(0, request.received_at_ms - requests[i - 1].received_at_ms);
  });
  if ("expect_requests" in vector) {
    try {
      assign(vector.expect_requests, requests, vector.requests_any_order ?? false, fit);
    } catch (reason) {
      assert.fail(`requests: ${(reason as Error).message} in ${seen}`);
    }
  }
  if ("expect_posts" in vector) {
    const posts = requests.filter((it) => it.method === "POST" && it.path === "/api/send");
    assert.equal(posts.length, vector.expect_posts, seen);
  }
  if ("script" in vector) {
    const state = await sandbox.scriptState();
    assert.equal(state["unmatched"], 0, seen);
    assert.ok(state["remaining"] === 0 || vector.unused_ok, `${JSON.stringify(state)}: not all was used: ${seen}`);
  }
}

function fit(expected: Json, request: Json): void {
  known(expected, ["method", "path", "query", "raw_query", "json", "headers", "outcome", "min_gap_ms"]);
  for (const name of ["method", "path", "outcome", "json"]) {
    if (name in expected) {
      assert.deepEqual(request[name], expected[name], name);
    }
  }
  if ("query" in expected) {
    assert.deepEqual(Object.fromEntries(new URLSearchParams(request.query ?? "")), expected.query);
  }
  if ("raw_query" in expected) {
    assert.equal(request.query, expected.raw_query);
  }
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    assert.equal(request.headers[name.toLowerCase()] ?? null, value, name);
  }
  if ("min_gap_ms" in expected) {
    assert.ok(request.gap_ms >= expected.min_gap_ms, `a gap of ${request.gap_ms} ms`);
  }
}
