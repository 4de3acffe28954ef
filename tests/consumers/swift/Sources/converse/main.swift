// A stranger's program: it sends, waits for the answer, reads the history, and is refused with a wrong key.

import AvaIMessage
import Foundation

struct NotSo: Error {
    let what: String
}

func check(_ holds: Bool, _ what: String) throws {
    guard holds else { throw NotSo(what: what) }
}

let phone = "+15550100142"
let environment = ProcessInfo.processInfo.environment
guard let address = environment["AVA_BASE_URL"], let baseURL = URL(string: address),
    let key = environment["AVA_API_KEY"]
else { throw NotSo(what: "there is a sandbox") }

let client = try AvaClient(apiKey: key, baseURL: baseURL)
let sent = try await client.send("Hello from Swift", to: phone)
var answer: String?
for try await message in try await client.listen(since: sent.timestamp, interval: .milliseconds(200)) {
    answer = message.text
    break
}
try check(answer == "Echo: Hello from Swift", "the answer comes: \(answer ?? "none")")
var texts: [String] = []
for try await message in client.messages(phone: phone) { texts.append(message.text) }
try check(texts.contains("Hello from Swift") && texts.contains("Echo: Hello from Swift"), "both are there: \(texts)")
await client.close()

let stranger = try AvaClient(apiKey: "sk_wrong", baseURL: baseURL)
do {
    try await stranger.send("Let me in", to: phone)
    throw NotSo(what: "a wrong key is refused")
} catch AvaError.authentication(let details) {
    try check(details.status == 401, "it is told why: \(details)")
}
await stranger.close()
