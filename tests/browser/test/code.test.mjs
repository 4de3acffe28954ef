// The call as code: whatever the text is, it stays within its quotes, and says the same.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import * as calls from "../calls.mjs";

const { LANGUAGES, told } = await import("../../../crates/ava-sandbox/page/code.js");

const connect = { base_url: "http://127.0.0.1:4010", api_key: "sk_made_up" };
const HOSTILE = "\"); drop(1); // ${x} $y \\ \n\r\t\u0000\u202e\u2028 😀 'q' `b` #{z} \\(w)";

/** @param {string} name @param {import("../../../crates/ava-sandbox/page/code.js").Told} call */
function code(name, call) {
  const language = LANGUAGES.find((language) => language.name === name);
  assert.ok(language);
  return language.code(call, connect);
}

test("there are six languages, and no line of theirs hides anything", () => {
  assert.deepEqual(LANGUAGES.map(({ name }) => name), ["Rust", "Python", "Node", "Swift", "Kotlin", "C"]);
  for (const { name } of LANGUAGES) {
    const send = code(name, { call: "send", phone: "+15550100142", text: HOSTILE });
    assert.doesNotMatch(send, /[\u0000-\u0009\u000b-\u001f\u202e\u2028]/, name);
  }
});

test("Node and Python read the text as it was", () => {
  const node = code("Node", { call: "send", phone: "+1", text: HOSTILE });
  const [, literal] = /client\.send\("\+1", (.*)\);$/m.exec(node) ?? [];
  assert.equal(Function(`return ${literal}`)(), HOSTILE);
  const python = code("Python", { call: "send", phone: "+1", text: HOSTILE });
  const [, own] = /client\.send\("\+1", (.*)\)$/m.exec(python) ?? [];
  const read = execFileSync("python3", ["-c", `import ast, json, sys; print(json.dumps(ast.literal_eval(sys.stdin.read())))`], { input: own });
  assert.equal(JSON.parse(String(read)), HOSTILE);
});

/** Every kind of call. @type {import("../../../crates/ava-sandbox/page/code.js").Told[]} */
const CALLS = [
  { call: "send", phone: "+1", text: HOSTILE },
  { call: "send", phone: "+1", text: "??= and ??/ are plain" },
  { call: "messages", phone: "+1", limit: 100, offset: 50 },
  { call: "poll", since: null, phone: null },
  { call: "poll", since: "2026-01-25T12:00:00Z", phone: "+1" },
  { call: "listen" },
  { call: "generate", phone: "+1", context: [{ role: "user", content: HOSTILE }], instructions: null, autoSend: false },
  { call: "generate", phone: "+1", context: [{ role: "system", content: "x" }], instructions: "Be brief.", autoSend: true },
];

test("C's compiler takes it, with the header of the library", () => {
  for (const call of CALLS) {
    const options = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"];
    execFileSync("cc", ["-I", new URL("../../../include", import.meta.url).pathname, ...options], { input: code("C", call) });
  }
});

test("Python and Node parse it", () => {
  const python = JSON.stringify(CALLS.map((call) => code("Python", call)));
  execFileSync("python3", ["-c", "import json, sys; [compile(each, '-', 'exec') for each in json.load(sys.stdin)]"], { input: python });
  for (const call of CALLS) execFileSync(process.execPath, ["--check", "--input-type=module", "-"], { input: code("Node", call) });
});

test("docs/calls.md has them as they are here, and its blocks run in every language", async () => {
  const page = await readFile(calls.PAGE, "utf8");
  assert.equal(page.replaceAll("\r\n", "\n"), calls.text(), "run `cargo xtask gen calls`");
});

test("what would be read as something else is escaped", () => {
  assert.match(code("Kotlin", { call: "send", phone: "+1", text: "$5 ${x}" }), /"\\\$5 \\\$\{x\}"/);
  assert.match(code("Swift", { call: "send", phone: "+1", text: "\\(x)" }), /"\\\\\(x\)"/);
  assert.match(code("C", { call: "send", phone: "+1", text: "\u202e1" }), /"\\342\\200\\2561"/);
  assert.match(code("Rust", { call: "send", phone: "+1", text: "\u202e" }), /"\\u\{202e\}"/);
});

test("a request is read as the call that it was", () => {
  /** @param {object} parts @returns {any} */
  const exchange = (parts) => ({ call: null, phone: null, query: null, body: { text: "", bytes: 0 }, ...parts });
  const poll = exchange({ call: "poll", query: "since=2026-01-25T12%3A00%3A00Z&phone=%2B1555" });
  assert.deepEqual(told(poll), { call: "poll", since: "2026-01-25T12:00:00Z", phone: "+1555" });
  const history = exchange({ call: "messages", phone: "+1555", query: "limit=5" });
  assert.deepEqual(told(history), { call: "messages", phone: "+1555", limit: 5, offset: 0 });
  const body = { text: JSON.stringify({ phone: "+1", context: [{ role: "user", content: "Hi" }], auto_send: true }), bytes: 1 };
  const draft = told(exchange({ call: "generate", phone: "+1", body }));
  assert.deepEqual(draft, { call: "generate", phone: "+1", context: [{ role: "user", content: "Hi" }], instructions: null, autoSend: true });
  assert.ok(draft);
  for (const { name } of LANGUAGES) assert.match(code(name, draft), /Hi/, name);
  assert.equal(told(exchange({ call: "send", phone: "+1", body: { text: '{"message": "cut o', bytes: 99999 } })), null);
  assert.equal(told(exchange({})), null);
});
