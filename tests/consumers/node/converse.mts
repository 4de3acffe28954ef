// A stranger's program in TypeScript: it compiles in the strictest way, and runs.
import { AuthenticationError, AvaClient, AvaError, type Message, type SentMessage } from "ava-imessage";

const PHONE = "+15550100142";

const client = new AvaClient();
const sent: SentMessage = await client.send(PHONE, "Hello from TypeScript");

let answer: Message | undefined;
for await (const message of client.listen({ since: sent.timestamp, intervalMs: 200 })) {
  if (message.text === "Echo: Hello from TypeScript") {
    answer = message;
    break;
  }
}

const history: string[] = [];
for await (const message of client.messages(PHONE)) history.push(`${message.direction} ${message.text}`);
for (const row of ["outbound Hello from TypeScript", `inbound ${answer?.text ?? "nothing"}`]) {
  if (!history.includes(row)) throw new Error(`no ${row} among ${history.join(", ")}`);
}
await client.close();

const stranger = new AvaClient({ apiKey: "sk_wrong" });
const refused: unknown = await stranger.send(PHONE, "Let me in").catch((error: unknown) => error);
if (!(refused instanceof AuthenticationError && refused instanceof AvaError && refused.status === 401)) {
  throw new Error(`not an AuthenticationError: ${String(refused)}`);
}
await stranger.close();
