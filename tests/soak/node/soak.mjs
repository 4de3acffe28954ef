// The soak in Node: see the README beside this folder.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { AvaClient, AvaError, DeliveryUnknownError } = await import(process.env.SOAK_PACKAGE ?? "ava-imessage");

const SENDERS = 3;
const PAUSE_MS = 100;
const LONGER_PAUSE_MS = 200;
const BEFORE_SETTLING_MS = 1000;
const READ = 60;

const { SOAK_NAME: name, SOAK_PHONE: phone, SOAK_TOKEN_FILE: file } = process.env;
let stopping = false;

/** A line for whoever compares it with the sandbox's records. */
function say(...words) {
  process.stdout.write(`${words.join("\t")}\n`);
}

const client = new AvaClient({
  tokenProvider: () => readFileSync(file, "utf8"),
  timeoutMs: 6000,
  readIdleTimeoutMs: 2000,
  backoffMs: 50,
  backoffMaxMs: 500,
  settleWithinMs: 1500,
  settleGapMs: 50,
});

/** Sends, and says what came of it. */
async function send(text) {
  try {
    say("sent", text, (await client.send(phone, text)).messageId);
  } catch (error) {
    if (!(error instanceof AvaError)) throw error;
    if (!(error instanceof DeliveryUnknownError)) {
      say("not_sent", text, error.code);
      return;
    }
    say("unknown", text, error.code);
    await sleep(BEFORE_SETTLING_MS);
    const settled = await client.settle(error.attempt).catch(() => undefined);
    if (settled) say("settled", text, settled.messageId);
  }
}

/** One text after the other. */
async function sendOn(sender) {
  for (let number = 1; !stopping; number += 1) {
    await send(`${name} ${sender} ${number}`);
    await sleep(PAUSE_MS);
  }
}

/** A page, and the conversation. */
async function readOn() {
  while (!stopping) {
    try {
      say("read", (await client.messagesPage(phone, { limit: 20 })).messages.length);
      let read = 0;
      for await (const _ of client.messages(phone)) {
        read += 1;
        if (read === READ) break;
      }
      say("read", read);
    } catch (error) {
      say("failed", error.code);
    }
    await sleep(LONGER_PAUSE_MS);
  }
}

const inbox = client.listen({ phone, intervalMs: 250 });
await inbox.open();
say("ready");

async function answer() {
  for await (const message of inbox) {
    say("heard", message.id);
    await send(`${name} answers ${message.id}`);
  }
}

const listener = answer();
const work = [readOn(), ...Array.from({ length: SENDERS }, (_, sender) => sendOn(sender))];
process.stdin.resume();
await new Promise((ended) => process.stdin.once("end", ended));
stopping = true;
await Promise.all(work);
await client.close();
await listener;
say("ended");
