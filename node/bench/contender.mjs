// One contender at one task. It measures itself, and prints JSON on its last line.
//
//     node contender.mjs undici send --url http://127.0.0.1:4011 --calls 2000 --warm-up 200 --in-flight 1
//
// Everybody keeps connections, sets the same headers, has a deadline of 30 s where a call takes one, and gives what a
// caller wants: the id of a send; of a page typed rows with text and time. Peers without models get the same frozen
// objects. The SDK that is generated from an OpenAPI document is pointed at the same server through its own `get` and
// `post`, and gives rows as they are: it has no models at run time.

import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const require = createRequire(import.meta.url);
const KEY = "sk_bench";
const TEXT = "Your table is ready. Reply C to confirm.";
const DEADLINE = 30_000;
const HEADERS = { authorization: `Bearer ${KEY}`, accept: "application/json" };
const JSON_HEADERS = { ...HEADERS, "content-type": "application/json" };
const CONNECTIONS = 100;

function typed(answer) {
  return answer.messages.map((row) =>
    Object.freeze({
      id: row.id,
      phone: row.phone,
      text: row.message,
      direction: row.direction,
      timestamp: new Date(row.timestamp),
      status: row.status,
    }),
  );
}

/** What a peer needs that takes a method, a path and a body, and gives an answer's JSON. */
const over = (ask) => ({
  send: async (phone) => (await ask("POST", "/api/send", JSON.stringify({ phone, message: TEXT }))).message_id,
  page: async (phone) => typed(await ask("GET", `/api/messages/${encodeURIComponent(phone)}?limit=100&offset=0`)),
});

const CONTENDERS = {
  ours: (url) => {
    const { AvaClient } = require("ava-imessage");
    const client = new AvaClient({ apiKey: KEY, baseUrl: url, timeoutMs: DEADLINE });
    return {
      send: async (phone) => (await client.send(phone, TEXT)).messageId,
      page: async (phone) => (await client.messagesPage(phone, { limit: 100 })).messages,
    };
  },
  fetch: (url) =>
    over(async (method, path, body) => {
      const signal = AbortSignal.timeout(DEADLINE);
      const answer = await fetch(url + path, { method, body, headers: body ? JSON_HEADERS : HEADERS, signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.json();
    }),
  undici: (url) => {
    const { Pool } = require("undici");
    const pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: DEADLINE, bodyTimeout: DEADLINE });
    return over(async (method, path, body) => {
      const answer = await pool.request({ method, path, body, headers: body ? JSON_HEADERS : HEADERS });
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
      return answer.body.json();
    });
  },
  axios: (url) => {
    const axios = require("axios");
    const { Agent } = require("node:http");
    const httpAgent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const client = axios.create({ baseURL: url, timeout: DEADLINE, headers: HEADERS, httpAgent, proxy: false });
    return over(async (method, path, data) => {
      const headers = data ? { "content-type": "application/json" } : {};
      return (await client.request({ method, url: path, data, headers })).data;
    });
  },
  "node:http": (url) => {
    const { Agent, request } = require("node:http");
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    return over(
      (method, path, body) =>
        new Promise((resolve, reject) => {
          const headers = body ? { ...JSON_HEADERS, "content-length": Buffer.byteLength(body) } : HEADERS;
          const asked = request(url + path, { method, headers, agent, timeout: DEADLINE }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (part) => (text += part));
            answer.on("error", reject).on("end", () => {
              if (answer.statusCode === 200) resolve(JSON.parse(text));
              else reject(new Error(`status ${answer.statusCode}`));
            });
          });
          asked.on("error", reject).on("timeout", () => asked.destroy(new Error("timeout")));
          asked.end(body);
        }),
    );
  },
  generated: (url) => {
    const { SendblueAPI } = require("sendblue");
    const client = new SendblueAPI({
      apiKey: KEY,
      apiSecret: KEY,
      baseURL: url,
      timeout: DEADLINE,
      defaultHeaders: HEADERS,
    });
    return {
      send: async (phone) => (await client.post("/api/send", { body: { phone, message: TEXT } })).message_id,
      page: async (phone) => typed(await client.get(`/api/messages/${encodeURIComponent(phone)}?limit=100&offset=0`)),
    };
  },
};
const MODULES = {
  ours: "ava-imessage",
  undici: "undici",
  axios: "axios",
  "node:http": "node:http",
  generated: "sendblue",
};

async function sends(client, calls, inFlight) {
  const each = Math.max(1, Math.floor(calls / inFlight));
  const lane = async () => {
    for (let i = 0; i < each; i += 1) {
      if (!(await client.send("+15550000000"))) throw new Error("no id");
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return each * inFlight;
}

/** Every text and time is looked at. */
async function pages(client, calls) {
  for (let i = 0; i < calls; i += 1) {
    const rows = await client.page("+15550000100");
    if (rows.length !== 100 || !rows.every((row) => row.text && row.timestamp.getUTCFullYear() === 2026)) {
      throw new Error("not the page");
    }
  }
  return calls;
}

function clock() {
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  return (calls, rss) => {
    const { user, system } = process.cpuUsage(cpu);
    const wallNs = Number(process.hrtime.bigint() - wall);
    return { calls, cpu_ns: (user + system) * 1000, wall_ns: wallNs, rss };
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: "string", default: "" },
    calls: { type: "string", default: "1" },
    "warm-up": { type: "string", default: "1" },
    "in-flight": { type: "string", default: "1" },
  },
});
const [name, task] = positionals;
const [calls, warmUp, inFlight] = [values.calls, values["warm-up"], values["in-flight"]].map(Number);
let measured;
if (task === "require") {
  const took = clock();
  if (MODULES[name]) require(MODULES[name]);
  measured = took(1);
} else if (task === "memory") {
  const before = process.memoryUsage.rss();
  const took = clock();
  await sends(CONTENDERS[name](values.url), 1, 1);
  const after = process.memoryUsage.rss();
  measured = took(1, { before, after, peak: after });
} else {
  const client = CONTENDERS[name](values.url);
  const work = task === "page" ? pages : sends;
  await work(client, Math.max(warmUp, inFlight), inFlight);
  const took = clock();
  measured = took(await work(client, calls, inFlight));
}
// How it ends is not what is measured.
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
