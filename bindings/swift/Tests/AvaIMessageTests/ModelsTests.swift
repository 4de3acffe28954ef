import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

/// What an application makes, keeps and prints of the values.
final class ModelsTests: XCTestCase {
    static func message() throws -> Message {
        Message(
            id: "msg_1", phone: "+15550104321", text: "CANARY text", direction: .inbound,
            timestamp: Date(timeIntervalSince1970: 1_769_342_400.25), status: .other("seen"),
            extra: try Extra(json: #"{"note": "CANARY note", "amount": 1.50}"#))
    }

    func testWhatIsPrintedHoldsNobodysData() throws {
        let client = try AvaClient(apiKey: "sk_x")
        let message = try Self.message()
        let options = CallOptions(timeout: .seconds(1), headers: ["x-user": "CANARY value"])
        let values: [Any] = [
            message, [message], Message?.some(message) as Any,
            MessagePage(messages: [message], total: 1, limit: 50, offset: 0, extra: message.extra),
            PollPage(messages: [message], count: 1, hasMore: false),
            SentMessage(messageID: "msg_1", timestamp: .now, extra: message.extra),
            GeneratedMessage(text: "CANARY text", messageID: "msg_1", sent: false, timestamp: .now),
            Turn.user("CANARY words"),
            client.messages(phone: message.phone, options: options),
            client.messages(phone: message.phone).makeAsyncIterator(),
            options,
            AvaClient.Options(headers: ["x-user": "CANARY value"]),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(describing: value), String(reflecting: value), dumped] {
                XCTAssertFalse(text.contains("CANARY") || text.contains("0104321"), text)
            }
        }
        // A character of several code points counts as in every other language.
        XCTAssertTrue("\(Turn.user("👍🏽é"))".contains("<3 characters>"))
        // It is still of use.
        let printed = "\(message)"
        XCTAssertTrue(printed.hasPrefix(#"Message(id: "msg_1", phone: "+…21", text: "<11 characters>","#), printed)
        XCTAssertTrue("\(options)".contains("x-user"), "\(options)")
        XCTAssertTrue("\(message.extra)".contains("amount"), "\(message.extra)")
    }

    func testValuesAreKeptAsJSON() throws {
        func again<Value: Codable & Equatable>(_ value: Value) throws {
            let copy = try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
            XCTAssertEqual(copy, value)
        }
        let message = try Self.message()
        try again(message)
        try again([message])
        try again(SentMessage(messageID: "msg_1", timestamp: .now, confirmation: .history))
        try again(
            GeneratedMessage(text: "Hi", messageID: "msg_1", sent: true, timestamp: .now, extra: message.extra))
        try again([Turn.user("Hi"), .assistant("Hello")])
        XCTAssertThrowsError(try Extra(json: "[1]"))
        XCTAssertTrue(Extra().isEmpty)
        XCTAssertEqual(message.extra["amount"], 1.5)
    }

    func testOptionsAndAttemptsCompare() async throws {
        XCTAssertEqual(CallOptions(timeout: .seconds(1)), CallOptions(timeout: .milliseconds(1000)))
        XCTAssertNotEqual(CallOptions(maxRetries: 1), CallOptions())
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client(options: .init(settleWithin: .milliseconds(50)))
        var attempts: [Attempt] = []
        for _ in 0..<2 {
            try await sandbox.fault(.send, ["drop": "before"])
            let error = try await avaError { try await client.send("Hello?", to: phone) }
            attempts.append(try XCTUnwrap(error.attempt))
        }
        XCTAssertEqual(try Attempt(json: attempts[0].json()), attempts[0])
        XCTAssertEqual(Set(attempts + attempts).count, 2)
    }
}
