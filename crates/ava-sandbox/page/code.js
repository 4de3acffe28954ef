// The same call in each of the six languages, as a whole program. docs/calls.md has them all, and its blocks run.

/** @typedef {import("./api.js").Connect} Connect */
/**
 * A call, as the client's methods take it.
 * @typedef {{call: "send", phone: string, text: string}
 *   | {call: "messages", phone: string, limit: number, offset: number}
 *   | {call: "poll", since: string | null, phone: string | null}
 *   | {call: "listen"}
 *   | {call: "generate", phone: string, context: {role: string, content: string}[], instructions: string | null, autoSend: boolean}} Told
 */
/**
 * `connect`: where the sandbox is, for the languages that read no environment. Without it their program does.
 * @typedef {{name: string, code: (told: Told, connect: Connect | null) => string}} Language
 */

/** What must not stand in a source text as it is: it can't be seen, or turns what can be. */
const ODD = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * A string literal in double quotes.
 * @param {string} text
 * @param {(code: number) => string} odd how a character is written by its number
 * @param {string} [also] what else a backslash takes its meaning from
 */
function quoted(text, odd, also = "") {
  const named = text.replace(/[\\"]/g, "\\$&");
  const safe = also ? named.replaceAll(also, `\\${also}`) : named;
  /** @type {Record<string, string>} */
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return `"${safe.replace(ODD, (mark) => short[mark] ?? odd(mark.codePointAt(0) ?? 0))}"`;
}

/** @param {number} code */
const hex = (code) => code.toString(16);
/** @param {number} code */
const braced = (code) => `\\u{${hex(code)}}`;
/** @param {number} code */
const four = (code) => `\\u${hex(code).padStart(4, "0")}`;
/** Octal, because hexadecimal escapes of C have no end. @param {number} code */
const octal = (code) =>
  [...new TextEncoder().encode(String.fromCodePoint(code))]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");

const rust = (/** @type {string} */ text) => quoted(text, braced);
const python = (/** @type {string} */ text) => quoted(text, four);
const node = (/** @type {string} */ text) => quoted(text, braced);
const swift = (/** @type {string} */ text) => quoted(text, braced);
const kotlin = (/** @type {string} */ text) => quoted(text, four, "$");
// `??=` is another way to write `#` there.
const c = (/** @type {string} */ text) => quoted(text, octal).replaceAll("??", "?\\?");
/** A text as C's calls take it, with its length. @param {string} text */
const sized = (text) => `${c(text)}, ${text.includes("\0") ? new TextEncoder().encode(text).length : "AVA_NUL_TERMINATED"}`;

/** The parts that are there, with commas. @param {...(string | false | null)} parts */
const list = (...parts) => parts.filter(Boolean).join(", ");

/** @param {string} text @param {number} columns */
const indented = (text, columns) => text.replaceAll(/^(?=.)/gm, " ".repeat(columns));

/** @type {Language} */
const RUST = {
  name: "Rust",
  code(told) {
    const result = told.call === "poll" && told.since !== null ? "Result<(), Box<dyn std::error::Error>>" : "ava_imessage::Result<()>";
    const program = (/** @type {string} */ body, uses = "use ava_imessage::Client;") =>
      `${uses}\n\n#[tokio::main]\nasync fn main() -> ${result} {\n    // AVA_API_KEY and AVA_BASE_URL\n    let client = Client::from_env()?;\n${indented(body, 4)}\n    Ok(())\n}\n`;
    const each = 'for message in page.messages {\n    println!("{} {}", message.direction, message.text);\n}';
    switch (told.call) {
      case "send":
        return program(`let sent = client.send(${rust(told.phone)}, ${rust(told.text)}).await?;\nprintln!("sent: {}", sent.message_id);`);
      case "messages":
        return program(`let page = client.messages_page(${rust(told.phone)}, ${told.limit}, ${told.offset}).await?;\n${each}`);
      case "poll": {
        const since = told.since === null ? "" : `.since(${rust(told.since)}.parse()?)`;
        const phone = told.phone === null ? "" : `.phone(${rust(told.phone)})`;
        return program(`let page = client.poll()${since}${phone}.await?;\n${each}`);
      }
      case "listen":
        return program(
          'let mut inbox = client.listen().await?;\nwhile let Some(message) = inbox.try_next().await? {\n    println!("{} {}", message.phone, message.text);\n}',
          "use ava_imessage::Client;\nuse futures_util::TryStreamExt as _;",
        );
      case "generate": {
        const turns = told.context.map((turn) => `    Turn::new(${rust(turn.role)}.into(), ${rust(turn.content)}),\n`).join("");
        const instructions = told.instructions === null ? "" : `.instructions(${rust(told.instructions)})`;
        const send = told.autoSend ? ".auto_send(true)" : "";
        return program(
          `let context = [\n${turns}];\nlet draft = client.generate(${rust(told.phone)}, context)${instructions}${send}.await?;\nprintln!("{}", draft.text);`,
          "use ava_imessage::{Client, Turn};",
        );
      }
    }
  },
};

/** @type {Language} */
const PYTHON = {
  name: "Python",
  code(told) {
    const program = (/** @type {string} */ body, imports = "") =>
      `${imports}from ava_imessage import AvaClient\n\n# AVA_API_KEY and AVA_BASE_URL\nwith AvaClient() as client:\n${indented(body, 4)}\n`;
    const each = "for message in page.messages:\n    print(message.direction, message.text)";
    switch (told.call) {
      case "send":
        return program(`sent = client.send(${python(told.phone)}, ${python(told.text)})\nprint("sent:", sent.message_id)`);
      case "messages":
        return program(`page = client.messages_page(${python(told.phone)}, limit=${told.limit}, offset=${told.offset})\n${each}`);
      case "poll": {
        const since = told.since !== null && `datetime.fromisoformat(${python(told.since.replace(/Z$/, "+00:00"))})`;
        const phone = told.phone !== null && `phone=${python(told.phone)}`;
        return program(`page = client.poll(${list(since, phone)})\n${each}`, since ? "from datetime import datetime\n\n" : "");
      }
      case "listen":
        return program("for message in client.listen():\n    print(message.phone, message.text)");
      case "generate": {
        const turns = told.context.map((turn) => `    {"role": ${python(turn.role)}, "content": ${python(turn.content)}},\n`).join("");
        const more = list(python(told.phone), "context", told.instructions !== null && `instructions=${python(told.instructions)}`, told.autoSend && "auto_send=True");
        return program(`context = [\n${turns}]\ndraft = client.generate(${more})\nprint(draft.text)`);
      }
    }
  },
};

/** @type {Language} */
const NODE = {
  name: "Node",
  code(told) {
    const program = (/** @type {string} */ body) => `import { AvaClient } from "ava-imessage";\n\n// AVA_API_KEY and AVA_BASE_URL\nconst client = new AvaClient();\n${body}\n`;
    const each = "for (const message of page.messages) console.log(message.direction, message.text);";
    switch (told.call) {
      case "send":
        return program(`const sent = await client.send(${node(told.phone)}, ${node(told.text)});\nconsole.log("sent:", sent.messageId);`);
      case "messages":
        return program(`const page = await client.messagesPage(${node(told.phone)}, { limit: ${told.limit}, offset: ${told.offset} });\n${each}`);
      case "poll": {
        const options = list(told.since !== null && `since: new Date(${node(told.since)})`, told.phone !== null && `phone: ${node(told.phone)}`);
        return program(`const page = await client.poll(${options && `{ ${options} }`});\n${each}`);
      }
      case "listen":
        return program("for await (const message of client.listen()) {\n  console.log(message.phone, message.text);\n}");
      case "generate": {
        const turns = told.context.map((turn) => `  { role: ${node(turn.role)}, content: ${node(turn.content)} },\n`).join("");
        const options = list(told.instructions !== null && `instructions: ${node(told.instructions)}`, told.autoSend && "autoSend: true");
        const given = list(node(told.phone), "context", options && `{ ${options} }`);
        return program(`const context = [\n${turns}];\nconst draft = await client.generate(${given});\nconsole.log(draft.text);`);
      }
    }
  },
};

/** @type {Language} */
const SWIFT = {
  name: "Swift",
  code(told, connect) {
    const key = connect ? swift(connect.api_key) : 'environment["AVA_API_KEY"] ?? ""';
    const url = connect ? `${swift(connect.base_url)})!` : 'environment["AVA_BASE_URL"] ?? "")';
    const given = connect ? "" : "// The package reads no environment: an app has none.\nlet environment = ProcessInfo.processInfo.environment\n";
    const program = (/** @type {string} */ body) =>
      `import AvaIMessage\nimport Foundation\n\n${given}let client = try AvaClient(\n    apiKey: ${key},\n    baseURL: URL(string: ${url})\n${body}\n`;
    const each = "for message in page.messages {\n    print(message.direction, message.text)\n}";
    switch (told.call) {
      case "send":
        return program(`let sent = try await client.send(${swift(told.text)}, to: ${swift(told.phone)})\nprint("sent:", sent.messageID)`);
      case "messages":
        return program(`let page = try await client.messagesPage(phone: ${swift(told.phone)}, limit: ${told.limit}, offset: ${told.offset})\n${each}`);
      case "poll": {
        const since = told.since !== null && `since: try Date(${swift(told.since)}, strategy: .iso8601)`;
        return program(`let page = try await client.poll(${list(since, told.phone !== null && `phone: ${swift(told.phone)}`)})\n${each}`);
      }
      case "listen":
        return program("for try await message in try await client.listen() {\n    print(message.phone, message.text)\n}");
      case "generate": {
        const turns = told.context.map((turn) => `    Turn(role: ${swift(turn.role)}, content: ${swift(turn.content)}),\n`).join("");
        const given = list(
          `phone: ${swift(told.phone)}`,
          "context: context",
          told.instructions !== null && `instructions: ${swift(told.instructions)}`,
          told.autoSend && "autoSend: true",
        );
        return program(`let context = [\n${turns}]\nlet draft = try await client.generate(${given})\nprint(draft.text)`);
      }
    }
  },
};

/** @type {Language} */
const KOTLIN = {
  name: "Kotlin",
  code(told, connect) {
    const key = connect ? kotlin(connect.api_key) : 'System.getenv("AVA_API_KEY")';
    const url = connect ? kotlin(connect.base_url) : 'System.getenv("AVA_BASE_URL")';
    const given = connect ? "" : "    // The package reads no environment: an app has none.\n";
    const program = (/** @type {string} */ body, imports = "") =>
      `import com.buzzedtech.ava.imessage.*\n${imports}\nsuspend fun main() {\n${given}    AvaClient(apiKey = ${key}, baseURL = ${url}).use { client ->\n${indented(body, 8)}\n    }\n}\n`;
    const each = 'page.messages.forEach { println("${it.direction} ${it.text}") }';
    switch (told.call) {
      case "send":
        return program(`val sent = client.send(${kotlin(told.phone)}, ${kotlin(told.text)})\nprintln("sent: \${sent.messageId}")`);
      case "messages":
        return program(`val page = client.messagesPage(${kotlin(told.phone)}, limit = ${told.limit}, offset = ${told.offset})\n${each}`);
      case "poll": {
        const since = told.since !== null && `since = Instant.parse(${kotlin(told.since)})`;
        const phone = told.phone !== null && `phone = ${kotlin(told.phone)}`;
        return program(`val page = client.poll(${list(since, phone)})\n${each}`, since ? "import java.time.Instant\n" : "");
      }
      case "listen":
        return program('client.listen().collect { println("${it.phone} ${it.text}") }');
      case "generate": {
        const turns = told.context.map(({ role, content }) => `    Turn(Role(${kotlin(role)}), ${kotlin(content)}),\n`).join("");
        const more = list(kotlin(told.phone), "context", told.instructions !== null && `instructions = ${kotlin(told.instructions)}`, told.autoSend && "autoSend = true");
        return program(`val context = listOf(\n${turns})\nval draft = client.generate(${more})\nprintln(draft.text)`);
      }
    }
  },
};

/** @type {Language} */
const C = {
  name: "C",
  code(told) {
    /**
     * A call whose answer is `name`, a pointer to `type`.
     * @param {string} type @param {string} name @param {string} call @param {string} then @param {string} [before]
     */
    const program = (type, name, call, then, before = "") =>
      `#include <ava_imessage.h>\n#include <stdio.h>\n\nint main(void) {\n${indented(before, 4)}    ava_client *client = NULL;\n    ${type} *${name} = NULL;\n    ava_error *error = NULL;\n    /* AVA_API_KEY and AVA_BASE_URL */\n    if (ava_client_new(NULL, &client, &error) == AVA_OK &&\n        ${call} == AVA_OK) {\n${indented(then, 8)}\n    }\n    if (error != NULL) fprintf(stderr, "%s: %s\\n", ava_error_code(error), ava_error_message(error));\n    const int failed = error != NULL;\n    ava_error_free(error);\n    ${type}_free(${name});\n    ava_client_free(client);\n    return failed;\n}\n`;
    const each = (/** @type {string} */ type) =>
      `for (size_t i = 0; i < ${type}_len(page); i++) {\n    const ava_message *message = ${type}_message(page, i);\n    printf("%s %s\\n", ava_message_direction(message), ava_message_text(message, NULL));\n}`;
    switch (told.call) {
      case "send": {
        const call = `ava_client_send(client, ${c(told.phone)}, ${sized(told.text)}, NULL, &sent, &error)`;
        return program("ava_sent_message", "sent", call, 'printf("sent: %s\\n", ava_sent_message_message_id(sent));');
      }
      case "messages": {
        const call = `ava_client_messages_page(client, ${c(told.phone)}, ${told.limit}, ${told.offset}, NULL, &page, &error)`;
        return program("ava_message_page", "page", call, each("ava_message_page"));
      }
      case "poll": {
        const [since, phone] = [told.since, told.phone].map((text) => (text === null ? "NULL" : c(text)));
        return program("ava_poll_page", "page", `ava_client_poll(client, ${since}, ${phone}, NULL, &page, &error)`, each("ava_poll_page"));
      }
      case "listen":
        return program(
          "ava_listener",
          "inbox",
          "ava_client_listen(client, NULL, NULL, &inbox, &error)",
          'ava_message *message = NULL;\nwhile (ava_listener_next(inbox, AVA_FOREVER, &message, &error) == AVA_OK && message != NULL) {\n    printf("%s %s\\n", ava_message_phone(message), ava_message_text(message, NULL));\n    ava_message_free(message);\n}',
        );
      case "generate": {
        const turns = told.context.map((turn) => `    {${c(turn.role)}, ${sized(turn.content)}},\n`).join("");
        const options = list(told.instructions !== null && `.instructions = ${sized(told.instructions).replace(/, (\w+)$/, ", .instructions_len = $1")}`, told.autoSend && ".auto_send = AVA_YES");
        const how = options && `const ava_generate_options how = {.size = sizeof how, ${options}};\n`;
        const call = `ava_client_generate(client, ${c(told.phone)}, context, ${told.context.length}, ${how ? "&how" : "NULL"}, NULL, &draft, &error)`;
        const draft = 'printf("%s\\n", ava_generated_message_text(draft, NULL));';
        return program("ava_generated_message", "draft", call, draft, `const ava_turn context[] = {\n${turns}};\n${how}`);
      }
    }
  },
};

/** In the order of the documentation. */
export const LANGUAGES = [RUST, PYTHON, NODE, SWIFT, KOTLIN, C];

/**
 * The call that a request was, if its like can be written down.
 * @param {import("./api.js").Exchange} exchange
 * @returns {Told | null}
 */
export function told(exchange) {
  const { call, phone } = exchange;
  const query = new URLSearchParams(exchange.query ?? "");
  if (call === "poll") return { call, since: query.get("since"), phone: query.get("phone") };
  if (call === null || phone === null) return null;
  if (call === "messages") {
    return { call, phone, limit: Number(query.get("limit") ?? 50), offset: Number(query.get("offset") ?? 0) };
  }
  let body;
  try {
    body = JSON.parse(exchange.body.text);
  } catch {
    return null; // It isn't JSON, or is longer than what is kept of it.
  }
  if (call === "send") return typeof body.message === "string" ? { call, phone, text: body.message } : null;
  if (!Array.isArray(body.context)) return null;
  const context = body.context.map((/** @type {any} */ turn) => ({ role: String(turn?.role), content: String(turn?.content) }));
  const instructions = typeof body.instructions === "string" ? body.instructions : null;
  return { call, phone, context, instructions, autoSend: body.auto_send === true };
}
