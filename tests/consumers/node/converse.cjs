// A stranger's program, in CommonJS. The sandbox is one of its own, which the package starts for tests.
"use strict";
const assert = require("node:assert/strict");
const { AuthenticationError, AvaClient } = require("ava-imessage");
const { Sandbox } = require("ava-imessage/testing");

const PHONE = "+15550100142";

async function main() {
  const sandbox = await Sandbox.start();
  const client = new AvaClient({ baseUrl: sandbox.baseUrl, apiKey: sandbox.apiKey });
  const sent = await client.send(PHONE, "Hello from CommonJS");
  await sandbox.inbound(PHONE, "Good morning");

  for await (const message of client.listen({ since: sent.timestamp, intervalMs: 200 })) {
    assert.equal(message.text, "Good morning");
    break;
  }
  const texts = [];
  for await (const message of client.messages(PHONE)) texts.push(message.text);
  assert.deepEqual(texts.sort(), ["Good morning", "Hello from CommonJS"]);
  await client.close();

  const stranger = new AvaClient({ baseUrl: sandbox.baseUrl, apiKey: "sk_wrong" });
  await assert.rejects(stranger.send(PHONE, "Let me in"), AuthenticationError);
  await stranger.close();
  await sandbox.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
