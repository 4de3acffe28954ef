import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

/// Functions of the application: providers, stores, hooks, the log.
final class CallbacksTests: XCTestCase {
    struct Refused: Error, Equatable { let reason: String }

    func testWhatAProviderThrowsIsTheCause() async throws {
        let sandbox = try await Sandbox.start()
        let client = try AvaClient(
            tokenProvider: { throw Refused(reason: "signed out") }, baseURL: sandbox.baseURL)
        let error = try await avaError { try await client.send("Hello?", to: phone) }
        guard case .authentication = error else { return XCTFail("\(error)") }
        XCTAssertEqual(error.cause as? Refused, Refused(reason: "signed out"))
        XCTAssertEqual(error.delivery, .notSent)
        XCTAssertFalse("\(error)".contains("signed out"))
    }

    func testProvidersOfEveryShape() async throws {
        let sandbox = try await Sandbox.start()
        let key = sandbox.apiKey
        for client in [
            try AvaClient(tokenProvider: { key }, baseURL: sandbox.baseURL),
            try AvaClient(tokenProvider: { "\(key)" }, baseURL: sandbox.baseURL),
            try AvaClient(tokenProvider: { AvaToken(key) }, baseURL: sandbox.baseURL),
            try AvaClient(tokenProvider: { .init(key, expiresIn: .seconds(60)) }, baseURL: sandbox.baseURL),
            try AvaClient(
                tokenProvider: {
                    let token = try await sandbox.token(lifetime: .seconds(60))
                    return token
                }, baseURL: sandbox.baseURL),
        ] {
            _ = try await client.poll()
        }
        // Stubs that never give one need not say of what type it would be.
        _ = try AvaClient(tokenProvider: { fatalError("not asked") })
    }

    func testAProviderThatHangsIsCancelledAtTheDeadline() async throws {
        let sandbox = try await Sandbox.start()
        let cancelled = Shared(false)
        let client = try AvaClient(
            tokenProvider: {
                try await withTaskCancellationHandler {
                    try await Task.sleep(for: .seconds(60))
                } onCancel: {
                    cancelled.with { $0 = true }
                }
                return AvaToken("late")
            }, baseURL: sandbox.baseURL, options: .init(timeout: .milliseconds(100)))
        let error = try await avaError { try await client.send("Hello?", to: phone) }
        guard case .timeout = error else { return XCTFail("\(error)") }
        try await until("the provider's cancellation") { cancelled.now }
    }

    func testManyCallsAskOnceAndTheProviderMayUseAClient() async throws {
        let sandbox = try await Sandbox.start()
        let (asked, running, most) = (Shared(0), Shared(0), Shared(0))
        let other = try AvaClient(apiKey: sandbox.apiKey, baseURL: sandbox.baseURL)
        let client = try AvaClient(
            tokenProvider: {
                asked.with { $0 += 1 }
                let now = running.with { count in
                    count += 1
                    return count
                }
                most.with { $0 = max($0, now) }
                _ = try await other.poll()
                running.with { $0 -= 1 }
                return AvaToken(try await sandbox.token(lifetime: .seconds(60)), expiresIn: .seconds(60))
            }, baseURL: sandbox.baseURL)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 { group.addTask { try await client.send("\(number)", to: phone) } }
            try await group.waitForAll()
        }
        XCTAssertEqual([asked.now, most.now], [1, 1])
        // Refused, it is asked once again.
        try await sandbox.expireTokens()
        try await client.send("another", to: phone)
        XCTAssertEqual(asked.now, 2)
    }

    func testTokensThatExpire() async throws {
        let sandbox = try await Sandbox.start()
        let asked = Shared(0)
        let provider = sandbox.tokenProvider(lifetime: .milliseconds(200))
        let client = try AvaClient(
            tokenProvider: {
                asked.with { $0 += 1 }
                return try await provider()
            }, baseURL: sandbox.baseURL)
        for number in 0..<4 {
            try await client.send("\(number)", to: phone)
            try await Task.sleep(for: .milliseconds(150))
        }
        XCTAssertGreaterThan(asked.now, 1)
        let refused = try await sandbox.requests().filter { $0["outcome"] != "answered" }
        XCTAssertEqual(refused, [])
    }

    func testAStoreThatThrowsEndsTheListener() async throws {
        struct Full: CheckpointStore {
            func load() async throws -> String? { nil }
            func save(_ state: String) async throws { throw Refused(reason: "disk full") }
        }
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        let error = try await avaError {
            let listener = try await client.listen(interval: .milliseconds(100), checkpoint: .store(Full()))
            try await sandbox.inbound(from: phone, "Hello?")
            for try await _ in listener {}
        }
        guard case .storage = error else { return XCTFail("\(error)") }
        XCTAssertEqual(error.cause as? Refused, Refused(reason: "disk full"))
    }

    func testTheLogHasLevelsAndFields() async throws {
        let sandbox = try await Sandbox.start()
        let entries = Shared<[Log.Entry]>([])
        let log = Log(level: .debug) { entry in entries.with { $0.append(entry) } }
        let client = try sandbox.client(options: .init(log: log))
        try await client.send("secret words", to: phone)
        await Log.flush()
        XCTAssertFalse(entries.now.isEmpty)
        let fields = entries.now.flatMap(\.fields)
        XCTAssertTrue(fields.contains { $0.name == "http.request.method" && $0.value == "POST" }, "\(entries.now)")
        XCTAssertTrue(entries.now.allSatisfy { $0.level >= .debug && !"\($0)".contains("secret") })
    }
}
