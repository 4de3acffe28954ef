// The soak in Swift: see the README beside this folder.

import AvaIMessage
import Foundation

let senders = 3
let mostRead = 60
let pause = Duration.milliseconds(100)
let longerPause = Duration.milliseconds(200)
let beforeSettling = Duration.seconds(1)

struct Missing: Error {
    let name: String
}

func environment(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name] else { throw Missing(name: name) }
    return value
}

/// A line for whoever compares it with the sandbox's records.
func say(_ words: String...) {
    FileHandle.standardOutput.write(Data((words.joined(separator: "\t") + "\n").utf8))
}

/// What each of the tasks works with.
struct Work: Sendable {
    let client: AvaClient
    let name: String
    let phone: String

    /// Sends, and says what came of it.
    func send(_ text: String) async throws {
        do {
            say("sent", text, try await client.send(text, to: phone).messageID)
        } catch let error as AvaError where error.kind == .deliveryUnknown {
            say("unknown", text, error.code)
            try await Task.sleep(for: beforeSettling)
            guard let attempt = error.attempt else { return }
            do {
                say("settled", text, try await client.settle(attempt).messageID)
            } catch is AvaError {
                // Still unknown.
            }
        } catch let error as AvaError {
            say("not_sent", text, error.code)
        }
    }

    /// One text after the other, until somebody says so.
    func sendOn(_ sender: Int, until stopping: Stopping) async throws {
        var number = 0
        while await !stopping.now {
            number += 1
            try await send("\(name) \(sender) \(number)")
            try await Task.sleep(for: pause)
        }
    }

    /// A page, and the conversation.
    func readOn(until stopping: Stopping) async throws {
        while await !stopping.now {
            do {
                let page = try await client.messagesPage(phone: phone, limit: 20)
                say("read", String(page.messages.count))
                var read = 0
                for try await _ in client.messages(phone: phone) {
                    read += 1
                    if read == mostRead { break }
                }
                say("read", String(read))
            } catch let error as AvaError {
                say("failed", error.code)
            }
            try await Task.sleep(for: longerPause)
        }
    }

    func answer(_ inbox: Listener) async throws {
        for try await message in inbox {
            say("heard", message.id)
            try await send("\(name) answers \(message.id)")
        }
    }
}

actor Stopping {
    private(set) var now = false
    func stop() { now = true }
}

@main
struct Soak {
    static func main() async throws {
        let token = try environment("SOAK_TOKEN_FILE")
        let client = try AvaClient(
            tokenProvider: { AvaToken(try String(contentsOfFile: token, encoding: .utf8)) },
            baseURL: URL(string: try environment("AVA_BASE_URL")),
            options: .init(
                timeout: .seconds(6), readIdleTimeout: .seconds(2), backoff: .milliseconds(50),
                backoffMax: .milliseconds(500), settleWithin: .milliseconds(1500), settleGap: .milliseconds(50)))
        let work = Work(client: client, name: try environment("SOAK_NAME"), phone: try environment("SOAK_PHONE"))
        let inbox = try await client.listen(phone: work.phone, interval: .milliseconds(250))
        say("ready")
        let listening = Task { try await work.answer(inbox) }
        let stopping = Stopping()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<senders { group.addTask { try await work.sendOn(sender, until: stopping) } }
            group.addTask { try await work.readOn(until: stopping) }
            await untilInputEnds()
            await stopping.stop()
            try await group.waitForAll()
        }
        await client.close()
        try await listening.value
        say("ended")
    }

    /// On a thread of its own: it blocks.
    static func untilInputEnds() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                _ = FileHandle.standardInput.readDataToEndOfFile()
                continuation.resume()
            }
        }
    }
}
