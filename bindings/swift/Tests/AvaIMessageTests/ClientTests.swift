import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

/// Each operation, as an application uses it.
final class ClientTests: XCTestCase {
    func testEveryOperation() async throws {
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        XCTAssertEqual(client.baseURL?.port, sandbox.baseURL.port)
        let sent = try await client.send("Hello from AVA! 👋", to: phone)
        XCTAssertEqual(sent.confirmation, .response)
        XCTAssertEqual(sent.timestamp.timeIntervalSinceNow, 0, accuracy: 60)
        try await sandbox.inbound(from: phone, "Hi there!")

        let page = try await client.messagesPage(phone: phone, limit: 1, offset: 1)
        XCTAssertEqual([page.total, page.limit, page.offset, page.messages.count], [2, 1, 1, 1])
        let polled = try await client.poll(since: Date(timeIntervalSinceNow: -60), phone: phone)
        XCTAssertEqual(polled.messages.map(\.text), ["Hi there!"])
        XCTAssertEqual(polled.messages.first?.direction, .inbound)

        let draft = try await client.draftReply(phone: phone, instructions: "Be brief.", history: 5)
        XCTAssertFalse(draft.sent)
        let generated = try await client.generate(
            phone: phone, context: [.user("What are your hours?")], autoSend: true,
            options: CallOptions(headers: ["x-app": "tests"]))
        XCTAssertTrue(generated.sent)
        let requests = try await sandbox.requests()
        XCTAssertEqual(requests.last?["headers"]?["x-app"], "tests")
        let agent = requests.last?["headers"]?["user-agent"]?.string ?? ""
        XCTAssertTrue(agent.hasPrefix("ava-imessage-swift/"), agent)
    }

    func testAConversationOverManyPages() async throws {
        let sandbox = try await Sandbox.start()
        try await sandbox.seed(phone, count: 250)
        let client = try sandbox.client()
        let messages = client.messages(phone: phone)
        var texts: [String] = []
        for try await message in messages { texts.append(message.text) }
        XCTAssertEqual(texts.count, 250)
        XCTAssertEqual(Set(texts).count, 250)
        // Each iteration begins anew.
        for try await message in messages {
            XCTAssertEqual(message.text, texts.first)
            break
        }
    }

    func testCancellingEndsAConversationInTheMiddleOfAPage() async throws {
        let sandbox = try await Sandbox.start()
        try await sandbox.seed(phone, count: 40)
        let client = try sandbox.client()
        let seen = Shared(0)
        let reading = Task {
            for try await _ in client.messages(phone: phone) {
                seen.with { $0 += 1 }
                if seen.now == 3 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        let outcome = await reading.result
        XCTAssertThrowsError(try outcome.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
        XCTAssertEqual(seen.now, 3)
    }

    func testACloseThatIsCancelledReturns() async throws {
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        _ = try await client.poll()
        try await sandbox.fault(.poll, ["delay_ms": 2000])
        let call = Task { try await client.poll() }
        try await until("the request") { try await sandbox.requests().count == 2 }
        let closing = Task { await client.close() }
        try await until("the close") { client.isClosed }
        closing.cancel()
        let began = ContinuousClock.now
        await closing.value
        XCTAssertLessThan(ContinuousClock.now - began, .seconds(1))
        // What is in flight goes on, and who waits for it again waits for all of it.
        await client.close()
        let page = try await call.value
        XCTAssertEqual(page.count, 0)
    }

    func testAcknowledgingWhatWasNotGivenChangesNothing() async throws {
        let sandbox = try await Sandbox.start()
        let listener = try await sandbox.client().listen(interval: .milliseconds(100), autoAck: false)
        try await sandbox.inbound(from: phone, "Hello?")
        try await listener.ack(id: "msg_nobody_has")
        var iterator = listener.makeAsyncIterator()
        let message = try await iterator.next()
        XCTAssertEqual(message?.text, "Hello?")
    }

    func testExtraIsReadWhenAskedFor() async throws {
        let sandbox = try await Sandbox.start()
        try await sandbox.script([
            [
                "when": ["path": "/api/send"],
                "json": [
                    "success": true, "message_id": "msg_1", "timestamp": "2026-01-25T12:00:00.25Z",
                    "route": ["name": "blue", "hops": 2], "cost": 0.5,
                ],
            ]
        ])
        let client = try AvaClient(apiKey: sandbox.apiKey, baseURL: sandbox.baseURL)
        let sent = try await client.send("Hello?", to: phone)
        XCTAssertEqual(sent.extra["route"]?["name"], "blue")
        XCTAssertEqual(sent.extra["route"]?["hops"]?.integer, 2)
        XCTAssertEqual(sent.extra["cost"], 0.5)
        XCTAssertNil(sent.extra["else"])
        XCTAssertEqual(sent.timestamp, Date(timeIntervalSince1970: 1_769_342_400.25))
        struct Priced: Decodable { let cost: Double }
        XCTAssertEqual(try sent.extra.decode(Priced.self).cost, 0.5)
    }

    func testAClosedClientRefuses() async throws {
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        let listener = try await client.listen(interval: .milliseconds(100))
        let reading = Task {
            var count = 0
            for try await _ in listener { count += 1 }
            return count
        }
        try await Task.sleep(for: .milliseconds(50))
        await client.close()
        let count = try await reading.value
        XCTAssertEqual(count, 0)
        XCTAssertTrue(client.isClosed)
        let error = try await avaError { try await client.poll() }
        guard case .closed = error else { return XCTFail("\(error)") }
    }

    func testAListenerAcknowledgesAndResumes() async throws {
        let sandbox = try await Sandbox.start()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let client = try sandbox.client()
        do {
            let listener = try await client.listen(
                interval: .milliseconds(100), checkpoint: .file(file), autoAck: false)
            for text in ["one", "two", "three"] { try await sandbox.inbound(from: phone, text) }
            var iterator = listener.makeAsyncIterator()
            for text in ["one", "two", "three"] {
                let message = try await iterator.next()
                XCTAssertEqual(message?.text, text)
                if text != "three", let message { try await listener.ack(message) }
            }
        }
        let again = try await client.listen(interval: .milliseconds(100), checkpoint: .file(file))
        for try await message in again {
            XCTAssertEqual(message.text, "three")
            break
        }
        // A `next` that is cancelled loses nothing.
        let waiting = Task { () -> Message? in
            var iterator = again.makeAsyncIterator()
            return try await iterator.next()
        }
        try await Task.sleep(for: .milliseconds(30))
        waiting.cancel()
        let outcome = await waiting.result
        XCTAssertThrowsError(try outcome.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
        try await sandbox.inbound(from: phone, "four")
        var iterator = again.makeAsyncIterator()
        let next = try await iterator.next()
        XCTAssertEqual(next?.text, "four")
    }

    func testLengthsOfTime() async throws {
        let sandbox = try await Sandbox.start()
        try await sandbox.fault(.poll, times: nil, ["delay_ms": 2000])
        let options = AvaClient.Options(maxRetries: 0)
        let client = try sandbox.client(options: options)
        for timeout: Duration in [.microseconds(1), .milliseconds(30), .seconds(0.05)] {
            let error = try await avaError { try await client.poll(options: .init(timeout: timeout)) }
            guard case .timeout = error else { return XCTFail("\(timeout): \(error)") }
        }
        // As long as there is.
        let page = try await client.poll(options: .init(timeout: .seconds(Int64.max)))
        XCTAssertEqual(page.count, 0)
    }
}
