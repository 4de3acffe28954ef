// A stranger's program, as an ES module.
import assert from "node:assert/strict";
import { AuthenticationError, AvaClient, AvaError } from "ava-imessage";

const PHONE = "+15550100142";

const client = new AvaClient();
const sent = await client.send(PHONE, "Hello from a module");
assert.equal(sent.confirmation, "response");

for await (const message of client.listen({ since: sent.timestamp, intervalMs: 200 })) {
  if (message.text === "Echo: Hello from a module") break;
}

const history = [];
for await (const message of client.messages(PHONE)) history.push(`${message.direction} ${message.text}`);
assert.ok(history.includes("outbound Hello from a module"), String(history));
assert.ok(history.includes("inbound Echo: Hello from a module"), String(history));
await client.close();

const stranger = new AvaClient({ apiKey: "sk_wrong" });
await assert.rejects(stranger.send(PHONE, "Let me in"), (error) => {
  assert.ok(error instanceof AuthenticationError && error instanceof AvaError);
  assert.deepEqual([error.code, error.status, error.delivery], ["authentication", 401, "not_sent"]);
  return true;
});
await stranger.close();
