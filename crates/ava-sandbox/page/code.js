// The same call in each of the six languages, ready to be pasted.

/** @typedef {import("./api.js").Connect} Connect */
/**
 * A call, as the client's methods take it.
 * @typedef {{call: "send", phone: string, text: string}
 *   | {call: "messages", phone: string, limit: number, offset: number}
 *   | {call: "poll", since: string | null, phone: string | null}
 *   | {call: "listen"}
 *   | {call: "generate", phone: string, context: {role: string, content: string}[], instructions: string | null, autoSend: boolean}} Told
 */
/** @typedef {{name: string, code: (told: Told, connect: Connect) => string}} Language */

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

/** @type {Language} */
const RUST = {
  name: "Rust",
  code(told) {
    const head = "// from AVA_API_KEY and AVA_BASE_URL\nlet client = Client::from_env()?;";
    const use = (/** @type {string} */ also) => `use ava_imessage::${also};\n\n${head}\n`;
    switch (told.call) {
      case "send":
        return `${use("Client")}let sent = client.send(${rust(told.phone)}, ${rust(told.text)}).await?;`;
      case "messages":
        return `${use("Client")}let page = client.messages_page(${rust(told.phone)}, ${told.limit}, ${told.offset}).await?;`;
      case "poll": {
        const since = told.since === null ? "" : `.since(${rust(told.since)}.parse()?)`;
        const phone = told.phone === null ? "" : `.phone(${rust(told.phone)})`;
        return `${use("Client")}let page = client.poll()${since}${phone}.await?;`;
      }
      case "listen":
        return `use futures_util::TryStreamExt;\n${use("Client")}let mut inbox = client.listen().await?;\nwhile let Some(message) = inbox.try_next().await? {\n    println!("{}: {}", message.phone, message.text);\n}`;
      case "generate": {
        const turns = told.context.map((turn) => `    Turn::new(${rust(turn.role)}.into(), ${rust(turn.content)}),\n`);
        const more = list(told.instructions !== null && `.instructions(${rust(told.instructions)})`, told.autoSend && ".auto_send(true)");
        return `${use("{Client, Turn}")}let draft = client.generate(${rust(told.phone)}, [\n${turns.join("")}])${more.replaceAll(", .", ".")}.await?;`;
      }
    }
  },
};

/** @type {Language} */
const PYTHON = {
  name: "Python",
  code(told) {
    const head = "from ava_imessage import AvaClient\n\n# from AVA_API_KEY and AVA_BASE_URL\nwith AvaClient() as client:\n    ";
    switch (told.call) {
      case "send":
        return `${head}sent = client.send(${python(told.phone)}, ${python(told.text)})`;
      case "messages":
        return `${head}page = client.messages_page(${list(python(told.phone), `limit=${told.limit}`, `offset=${told.offset}`)})`;
      case "poll": {
        const since = told.since === null ? null : `datetime.fromisoformat(${python(told.since.replace(/Z$/, "+00:00"))})`;
        const phone = told.phone === null ? null : `phone=${python(told.phone)}`;
        return `${since ? "from datetime import datetime\n\n" : ""}${head}page = client.poll(${list(since, phone)})`;
      }
      case "listen":
        return `${head}for message in client.listen():\n        print(message.phone, message.text)`;
      case "generate": {
        const turns = told.context.map((turn) => `        {"role": ${python(turn.role)}, "content": ${python(turn.content)}},\n`);
        const more = list(told.instructions !== null && `instructions=${python(told.instructions)}`, told.autoSend && "auto_send=True");
        return `${head}draft = client.generate(${python(told.phone)}, [\n${turns.join("")}    ]${more && `, ${more}`})`;
      }
    }
  },
};

/** @type {Language} */
const NODE = {
  name: "Node",
  code(told) {
    const head = 'import { AvaClient } from "ava-imessage";\n\n// from AVA_API_KEY and AVA_BASE_URL\nconst client = new AvaClient();\n';
    switch (told.call) {
      case "send":
        return `${head}const sent = await client.send(${node(told.phone)}, ${node(told.text)});`;
      case "messages":
        return `${head}const page = await client.messagesPage(${node(told.phone)}, { limit: ${told.limit}, offset: ${told.offset} });`;
      case "poll": {
        const options = list(told.since !== null && `since: new Date(${node(told.since)})`, told.phone !== null && `phone: ${node(told.phone)}`);
        return `${head}const page = await client.poll(${options && `{ ${options} }`});`;
      }
      case "listen":
        return `${head}for await (const message of client.listen()) console.log(message.phone, message.text);`;
      case "generate": {
        const turns = told.context.map((turn) => `  { role: ${node(turn.role)}, content: ${node(turn.content)} },\n`);
        const more = list(told.instructions !== null && `instructions: ${node(told.instructions)}`, told.autoSend && "autoSend: true");
        return `${head}const draft = await client.generate(${node(told.phone)}, [\n${turns.join("")}]${more && `, { ${more} }`});`;
      }
    }
  },
};

/** @type {Language} */
const SWIFT = {
  name: "Swift",
  code(told, { base_url, api_key }) {
    const head = `import AvaIMessage\nimport Foundation\n\nlet client = try AvaClient(\n    apiKey: ${swift(api_key)},\n    baseURL: URL(string: ${swift(base_url)})!)\n`;
    switch (told.call) {
      case "send":
        return `${head}let sent = try await client.send(${swift(told.text)}, to: ${swift(told.phone)})`;
      case "messages":
        return `${head}let page = try await client.messagesPage(phone: ${swift(told.phone)}, limit: ${told.limit}, offset: ${told.offset})`;
      case "poll": {
        const since = told.since !== null && `since: try Date(${swift(told.since)}, strategy: .iso8601)`;
        return `${head}let page = try await client.poll(${list(since, told.phone !== null && `phone: ${swift(told.phone)}`)})`;
      }
      case "listen":
        return `${head}for try await message in try await client.listen() {\n    print(message.phone, message.text)\n}`;
      case "generate": {
        const turns = told.context.map((turn) => `    Turn(role: ${swift(turn.role)}, content: ${swift(turn.content)}),\n`);
        const more = list(told.instructions !== null && `instructions: ${swift(told.instructions)}`, told.autoSend && "autoSend: true");
        return `${head}let draft = try await client.generate(phone: ${swift(told.phone)}, context: [\n${turns.join("")}]${more && `, ${more}`})`;
      }
    }
  },
};

/** @type {Language} */
const KOTLIN = {
  name: "Kotlin",
  code(told, { base_url, api_key }) {
    const head = `import com.buzzedtech.ava.imessage.*\n\nval client = AvaClient(apiKey = ${kotlin(api_key)}, baseURL = ${kotlin(base_url)})\n`;
    switch (told.call) {
      case "send":
        return `${head}val sent = client.send(${kotlin(told.phone)}, ${kotlin(told.text)})`;
      case "messages":
        return `${head}val page = client.messagesPage(${kotlin(told.phone)}, limit = ${told.limit}, offset = ${told.offset})`;
      case "poll": {
        const since = told.since !== null && `since = Instant.parse(${kotlin(told.since)})`;
        const phone = told.phone !== null && `phone = ${kotlin(told.phone)}`;
        return `${since ? "import java.time.Instant\n" : ""}${head}val page = client.poll(${list(since, phone)})`;
      }
      case "listen":
        return `${head}client.listen().collect { message -> println("\${message.phone} \${message.text}") }`;
      case "generate": {
        const turns = told.context.map(({ role, content }) => `    Turn(Role(${kotlin(role)}), ${kotlin(content)}),\n`);
        const more = list(told.instructions !== null && `instructions = ${kotlin(told.instructions)}`, told.autoSend && "autoSend = true");
        return `${head}val draft = client.generate(${kotlin(told.phone)}, listOf(\n${turns.join("")})${more && `, ${more}`})`;
      }
    }
  },
};

/** @type {Language} */
const C = {
  name: "C",
  code(told) {
    const head = "#include <ava_imessage.h>\n\nava_error *error = NULL;\nava_client *client = NULL;\n/* from AVA_API_KEY and AVA_BASE_URL */\nava_client_new(NULL, &client, &error);\n";
    switch (told.call) {
      case "send":
        return `${head}ava_sent_message *sent = NULL;\nava_client_send(client, ${c(told.phone)}, ${sized(told.text)}, NULL, &sent, &error);`;
      case "messages":
        return `${head}ava_message_page *page = NULL;\nava_client_messages_page(client, ${c(told.phone)}, ${told.limit}, ${told.offset}, NULL, &page, &error);`;
      case "poll": {
        const [since, phone] = [told.since, told.phone].map((text) => (text === null ? "NULL" : c(text)));
        return `${head}ava_poll_page *page = NULL;\nava_client_poll(client, ${since}, ${phone}, NULL, &page, &error);`;
      }
      case "listen":
        return `${head}ava_listener *inbox = NULL;\nava_client_listen(client, NULL, NULL, &inbox, &error);\nava_message *message = NULL;\nwhile (ava_listener_next(inbox, AVA_FOREVER, &message, &error) == AVA_OK && message != NULL) {\n    puts(ava_message_text(message, NULL));\n    ava_message_free(message);\n}`;
      case "generate": {
        const turns = told.context.map((turn) => `    {${c(turn.role)}, ${sized(turn.content)}},\n`);
        const options = list(told.instructions !== null && `.instructions = ${sized(told.instructions).replace(/, (\w+)$/, ", .instructions_len = $1")}`, told.autoSend && ".auto_send = AVA_YES");
        const how = options && `const ava_generate_options how = {.size = sizeof how, ${options}};\n`;
        return `${head}const ava_turn context[] = {\n${turns.join("")}};\n${how}ava_generated_message *draft = NULL;\nava_client_generate(client, ${c(told.phone)}, context, ${told.context.length}, ${how ? "&how" : "NULL"}, NULL, &draft, &error);`;
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
