// Listens, and has AVA answer whoever writes.
//
//     swift run reply                              with a sandbox of its own, in which somebody writes once
//     swift run reply https://gateway.example.com  with your gateway, which takes the token in AVA_TOKEN

import AvaIMessage
import AvaIMessageTesting
import Foundation

/// The gateway's, or a sandbox's, which then must be kept.
func connect() async throws -> (client: AvaClient, sandbox: Sandbox?) {
    guard let url = CommandLine.arguments.dropFirst().first.flatMap(URL.init(string:)) else {
        let sandbox = try await Sandbox.start()
        return (try sandbox.client(), sandbox)
    }
    // An app asks its own server here, which knows who is signed in.
    let client = try AvaClient(
        tokenProvider: { ProcessInfo.processInfo.environment["AVA_TOKEN"] ?? "" }, baseURL: url)
    return (client, nil)
}

let (client, sandbox) = try await connect()
let inbox = try await client.listen(
    interval: .seconds(sandbox == nil ? 5 : 1), onRetry: { error in print("trying again: \(error)") })
try await sandbox?.inbound(from: "+15550100142", "Are you open on Sunday?")

for try await message in inbox {
    print("\(message.phone) wrote: \(message.text)")
    let draft = try await client.draftReply(phone: message.phone, instructions: "Be brief.")
    do {
        let sent = try await client.send(draft.text, to: message.phone)
        print("we wrote: \(draft.text) (\(sent.messageID))")
    } catch let error as AvaError where error.delivery == .unknown {
        print("it may or may not have gone out; not sent again: \(error)")
    }
    if sandbox != nil { break }
}
await client.close()
