import AvaCore
import AvaIMessageTesting
import Foundation
import XCTest

@testable import AvaIMessage

/// The whole table of kinds, and what an error tells.
final class ErrorsTests: XCTestCase {
    struct Kind: Decodable {
        let number: Int
        let code: String
        let swift: String
    }

    /// What Rust gives, and what it is here.
    static func given(_ swift: String, _ failure: AvaCore.Failure) -> CoreError? {
        switch swift {
        case "configuration": .Configuration(failure: failure)
        case "invalidRequest": .InvalidRequest(failure: failure)
        case "authentication": .Authentication(failure: failure)
        case "permissionDenied": .PermissionDenied(failure: failure)
        case "notFound": .NotFound(failure: failure)
        case "rateLimited": .RateLimited(failure: failure)
        case "server": .Server(failure: failure)
        case "connection": .Connection(failure: failure)
        case "timeout": .Timeout(failure: failure)
        case "unexpectedResponse": .UnexpectedResponse(failure: failure)
        case "rejected": .Rejected(failure: failure)
        case "deliveryUnknown": .DeliveryUnknown(failure: failure)
        case "cancelled": .Cancelled(failure: failure)
        case "closed": .Closed(failure: failure)
        case "storage": .Storage(failure: failure)
        case "internal": .Internal(failure: failure)
        default: nil
        }
    }

    static func name(_ error: AvaError?) -> String {
        error.flatMap { Mirror(reflecting: $0).children.first?.label } ?? ""
    }

    func testTheWholeTable() throws {
        let file = repository.appendingPathComponent("tests/vectors/errors.json")
        let kinds = try JSONDecoder().decode([Kind].self, from: Data(contentsOf: file))
        XCTAssertEqual(kinds.map(\.number), Array(1...16))
        XCTAssertEqual(AvaError.Kind.allCases.map(\.rawValue), kinds.map(\.code))
        for kind in kinds {
            let failuresBefore = testRun?.failureCount
            func failure(causes: [AvaCore.Failure] = [], thrown: (any Thrown)? = nil) -> AvaCore.Failure {
                AvaCore.Failure(
                    number: UInt16(kind.number), code: kind.code, reason: "one line", status: 418, requestId: "req_1",
                    retryAfterMs: 1500, body: "{}", delivery: "not_sent", messageId: "msg_1", attempt: nil,
                    causes: causes, thrown: thrown)
            }
            let given = failure(causes: [failure(), failure()], thrown: ThrownError(TestFailure("mine")))
            let error = AvaError(try XCTUnwrap(Self.given(kind.swift, given), kind.swift))
            let next = error.cause as? AvaError
            let last = next?.cause as? AvaError
            XCTAssertEqual((last?.cause as? TestFailure)?.words, "mine")
            for error in [error, next, last] {
                XCTAssertEqual(Self.name(error), kind.swift)
                XCTAssertEqual(error?.number, kind.number)
                XCTAssertEqual(error?.code, kind.code)
                XCTAssertEqual(error?.kind, AvaError.Kind(rawValue: kind.code))
                XCTAssertEqual(error?.localizedDescription, "one line")
                XCTAssertEqual(error?.status, 418)
                XCTAssertEqual(error?.requestID, "req_1")
                XCTAssertEqual(error?.retryAfter, .milliseconds(1500))
                XCTAssertEqual(error?.delivery, .notSent)
                XCTAssertEqual(error?.messageID, "msg_1")
                XCTAssertEqual(error?.body, "{}")
                XCTAssertEqual((error as NSError?)?.code, kind.number)
                XCTAssertEqual((error as NSError?)?.domain, "AvaIMessage.AvaError")
            }
            try record("error", kind.code, testRun?.failureCount == failuresBefore)
        }
    }

    func testWhatAnErrorTells() async throws {
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client(options: .init(maxRetries: 0, settleWithin: .milliseconds(50)))
        try await sandbox.fault(.send, ["status": 429, "retry_after": "7"])
        let limited = try await avaError { try await client.send("Hello?", to: phone) }
        guard case .rateLimited(let details) = limited else { return XCTFail("\(limited)") }
        XCTAssertEqual(details.retryAfter, .seconds(7))
        XCTAssertEqual(limited.status, 429)
        XCTAssertEqual(limited.delivery, .notSent)
        XCTAssertNil(limited.attempt)

        try await sandbox.fault(.send, ["drop": "before"])
        let unknown = try await avaError { try await client.send("secret words", to: phone) }
        guard case .deliveryUnknown = unknown else { return XCTFail("\(unknown)") }
        XCTAssertEqual(unknown.delivery, .unknown)
        guard case .connection? = unknown.cause as? AvaError else { return XCTFail("\(unknown.cause as Any)") }
        let attempt = try XCTUnwrap(unknown.attempt)
        XCTAssertEqual([attempt.phone, attempt.text], [phone, "secret words"])
        // What can't be settled is as unknown as before, and comes back.
        let refused = try await avaError {
            try await client.settle(attempt, options: CallOptions(timeout: .milliseconds(-1)))
        }
        XCTAssertEqual(refused.kind, .invalidRequest)
        XCTAssertEqual(refused.delivery, .unknown)
        XCTAssertEqual(refused.attempt, attempt)
        // Over JSON, it can be settled all the same.
        let kept = try JSONEncoder().encode([attempt])
        let copy = try JSONDecoder().decode([AvaIMessage.Attempt].self, from: kept)[0]
        try await sandbox.seed(phone, rows: [["text": "secret words", "direction": "outbound"]])
        let settled = try await client.settle(copy)
        XCTAssertEqual(settled.confirmation, Confirmation.history)
        // What is printed holds nobody's data.
        for value in [unknown, unknown.details, attempt] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in [String(describing: value), String(reflecting: value), dumped] {
                XCTAssertFalse(text.contains("secret") || text.contains("1111"), text)
            }
        }
    }

    func testErrorsAreMadeForStubs() {
        for kind in AvaError.Kind.allCases {
            let made = AvaError(
                kind, reason: "slow down", status: 429, requestID: "req_1", retryAfter: .seconds(7), body: "{}",
                delivery: .notSent, messageID: "msg_1", cause: TestFailure("mine"))
            XCTAssertEqual(made.kind, kind)
            XCTAssertEqual(String(describing: kind), Self.name(made))
            XCTAssertEqual("\(made)", "\(kind.rawValue): slow down")
            XCTAssertEqual(made.retryAfter, .seconds(7))
            XCTAssertEqual(made.delivery, .notSent)
            XCTAssertEqual((made.cause as? TestFailure)?.words, "mine")
        }
        XCTAssertEqual(AvaError(.closed, reason: "closed").status, nil)
    }

    func testWhatIsNegativeIsRefused() async throws {
        let short = Duration.milliseconds(-1)
        for (name, options) in [
            ("timeout", .init(timeout: short)), ("connectTimeout", .init(connectTimeout: short)),
            ("readIdleTimeout", .init(readIdleTimeout: short)), ("poolIdleTimeout", .init(poolIdleTimeout: short)),
            ("maxRetries", .init(maxRetries: -1)), ("backoff", .init(backoff: short)),
            ("backoffMax", .init(backoffMax: short)), ("settleWithin", .init(settleWithin: short)),
            ("settleGap", .init(settleGap: short)), ("maxResponseBytes", .init(maxResponseBytes: -1)),
        ] as [(String, AvaClient.Options)] {
            let error = try await avaError { try AvaClient(apiKey: "sk_x", options: options) }
            XCTAssertEqual(error.kind, .configuration)
            XCTAssertEqual(error.localizedDescription, "\(name): must not be negative")
        }
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        for options in [CallOptions(timeout: short), CallOptions(maxRetries: -1)] {
            // A send that is refused certainly did not go out, whoever refuses it.
            for call in [
                { try await client.send("Hello?", to: phone, options: options) as Any },
                { try await client.generate(phone: phone, context: [.user("Hi")], autoSend: true, options: options) },
            ] as [() async throws -> Any] {
                let error = try await avaError(call)
                XCTAssertEqual(error.kind, .invalidRequest)
                XCTAssertEqual(error.delivery, .notSent)
            }
            for call in [
                { try await client.poll(options: options) as Any },
                { try await client.generate(phone: phone, context: [.user("Hi")], options: options) },
                { try await client.messages(phone: phone, options: options).first { _ in true } as Any },
            ] as [() async throws -> Any] {
                let error = try await avaError(call)
                XCTAssertEqual(error.kind, .invalidRequest)
                XCTAssertNil(error.delivery)
            }
        }
        let requests = try await sandbox.requests()
        XCTAssertEqual(requests, [])
    }

    func testArgumentsAreNamedAsInSwift() async throws {
        XCTAssertThrowsError(try AvaClient(apiKey: "sk_x", baseURL: URL(string: "ftp://example.com"))) {
            XCTAssertTrue($0.localizedDescription.hasPrefix("baseURL:"), $0.localizedDescription)
        }
        let client = try AvaClient(apiKey: "sk_x")
        for (name, call) in [
            ("limit", { try await client.messagesPage(phone: phone, limit: -1) as Any }),
            ("offset", { try await client.messagesPage(phone: phone, offset: -1) }),
            ("history", { try await client.draftReply(phone: phone, history: -2) }),
            ("interval", { try await client.listen(interval: .seconds(-1)) }),
            ("since", { try await client.poll(since: .distantFuture + 1e12) }),
            ("since", { try await client.listen(since: Date(timeIntervalSince1970: .infinity)) }),
            ("since", { try await client.listen(since: Date(timeIntervalSince1970: .nan)) }),
        ] as [(String, () async throws -> Any)] {
            let error = try await avaError(call)
            guard case .invalidRequest = error else { return XCTFail("\(error)") }
            XCTAssertTrue(error.localizedDescription.hasPrefix("\(name):"), "\(error)")
        }
    }
}
