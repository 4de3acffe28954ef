// A conversation, and two lost connections, against a sandbox on this machine; no message leaves it.
//
// What it says is checked against the sandbox's own records. It exits with 1 if anything does not hold.

import AvaIMessage
import AvaIMessageTesting
import Foundation

let maya = "+15550100142"
var wrong = 0

/// A line of the transcript.
func say(_ who: String, _ words: String) {
    print(String(repeating: " ", count: max(0, 8 - who.count)) + who + "   " + words)
}

/// So many requests brought this text, and so many messages came of them.
@MainActor
func expect(_ text: String, posts: Int, rows: Int) async throws {
    let posted = try await sandbox.requests().filter {
        $0["method"] == "POST" && $0["json"]?["message"] == .string(text)
    }
    let kept = try await sandbox.messages().filter { $0["message"] == .string(text) }
    say("records", "\(posted.count) POST of this message, \(kept.count) in the history")
    if posted.count != posts || kept.count != rows {
        wrong += 1
        say("WRONG", "expected \(posts) and \(rows)")
    }
}

let sandbox = try await Sandbox.start()
let client = try sandbox.client(
    options: .init(settleWithin: .seconds(1), settleGap: .milliseconds(100)))

print("1. A conversation")
let inbox = try await client.listen(interval: .milliseconds(200))
var text = "Hi Maya, lunch at noon?"
say("us", text)
say("", "sent: \(try await client.send(text, to: maya).messageID)")
try await expect(text, posts: 1, rows: 1)
try await sandbox.inbound(from: maya, "Lovely! Shall I book a table?")
for try await message in inbox {
    say("Maya", message.text)
    let draft = try await client.draftReply(phone: message.phone)
    say("AVA", "would say: \(draft.text)")
    say("", "sent: \(try await client.send(draft.text, to: message.phone).messageID)")
    try await expect(draft.text, posts: 1, rows: 1)
    break
}

print("\n2. The answer is lost on its way back")
try await sandbox.fault(.send, ["drop": "after"])
text = "Yes please. I'll be five minutes late."
say("us", text)
var sent = try await client.send(text, to: maya)
say("", "sent, confirmed from the \(sent.confirmation): \(sent.messageID)")
try await expect(text, posts: 1, rows: 1)

print("\n3. Nobody can know yet")
try await sandbox.fault(.send, ["drop": "before"])
text = "Ordering for both of us. Coffee?"
say("us", text)
do {
    sent = try await client.send(text, to: maya)
    wrong += 1
} catch AvaError.deliveryUnknown(let details) {
    say("", "unknown: \(details.reason)")
    try await expect(text, posts: 1, rows: 0)
    try await sandbox.seed(maya, rows: [["text": .string(text), "direction": "outbound"]])
    say("sandbox", "only now has the message in its history")
    sent = try await client.settle(details.attempt!)
    say("", "sent, confirmed from the \(sent.confirmation): \(sent.messageID)")
    try await expect(text, posts: 1, rows: 1)
}

print(wrong == 0 ? "\nAll of it holds." : "\n\(wrong) claims do not hold.")
await client.close()
exit(wrong == 0 ? 0 : 1)
