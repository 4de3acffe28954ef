// A conversation, and two lost connections, against a sandbox on this machine; no message leaves it.
//
// What it says is checked against the sandbox's own records. It exits with 1 if anything does not hold.
//
//     node examples/conversation.mjs

import { DeliveryUnknownError } from "ava-imessage";
import { Sandbox } from "ava-imessage/testing";

const MAYA = "+15550100142";

/** A line of the transcript. */
function say(who, words) {
  console.log(`${who.padStart(8)}   ${words}`);
}

const sandbox = await Sandbox.start();
const client = sandbox.client({ settleWithinMs: 1000, settleGapMs: 100 });
let wrong = 0;

/** So many requests brought this text, and so many messages came of them. */
async function expect(text, { postsOfIt, rows }) {
  const posted = (await sandbox.requests()).filter(({ method, json }) => method === "POST" && json?.message === text);
  const kept = (await sandbox.messages()).filter(({ message }) => message === text);
  say("records", `${posted.length} POST of this message, ${kept.length} in the history`);
  if (posted.length !== postsOfIt || kept.length !== rows) {
    wrong += 1;
    say("WRONG", `expected ${postsOfIt} and ${rows}`);
  }
}

console.log("1. A conversation");
const inbox = client.listen({ intervalMs: 200 });
await inbox.open();
let text = "Hi Maya, lunch at noon?";
say("us", text);
say("", `sent: ${(await client.send(MAYA, text)).messageId}`);
await expect(text, { postsOfIt: 1, rows: 1 });
await sandbox.inbound(MAYA, "Lovely! Shall I book a table?");
for await (const message of inbox) {
  say("Maya", message.text);
  const draft = await client.draftReply(message.phone);
  say("AVA", `would say: ${draft.text}`);
  say("", `sent: ${(await client.send(MAYA, draft.text)).messageId}`);
  await expect(draft.text, { postsOfIt: 1, rows: 1 });
  break;
}

console.log("\n2. The answer is lost on its way back");
await sandbox.fault("send", { drop: "after" });
text = "Yes please. I'll be five minutes late.";
say("us", text);
let sent = await client.send(MAYA, text);
say("", `sent, confirmed from the ${sent.confirmation}: ${sent.messageId}`);
await expect(text, { postsOfIt: 1, rows: 1 });

console.log("\n3. Nobody can know yet");
await sandbox.fault("send", { drop: "before" });
text = "Ordering for both of us. Coffee?";
say("us", text);
try {
  await client.send(MAYA, text);
  wrong += 1;
} catch (error) {
  if (!(error instanceof DeliveryUnknownError)) {
    throw error;
  }
  say("", `unknown: ${error.message}`);
  await expect(text, { postsOfIt: 1, rows: 0 });
  await sandbox.seed(MAYA, [{ text, direction: "outbound" }]);
  say("sandbox", "only now has the message in its history");
  sent = await client.settle(error.attempt);
  say("", `sent, confirmed from the ${sent.confirmation}: ${sent.messageId}`);
  await expect(text, { postsOfIt: 1, rows: 1 });
}

console.log(wrong === 0 ? "\nAll of it holds." : `\n${wrong} claims do not hold.`);
await client.close();
await sandbox.close();
process.exitCode = Math.min(wrong, 1);
