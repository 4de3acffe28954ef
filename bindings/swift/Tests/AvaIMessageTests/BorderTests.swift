import AvaCore
import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

/// What goes over the border, and what must not stay on it.
final class BorderTests: XCTestCase {
    /// How many requests the sandbox saw the client drop.
    func drops(_ sandbox: Sandbox) async throws -> Int {
        try await sandbox.state()["client_disconnects"]?.integer ?? 0
    }

    /// Each long before the server would answer. A busy machine may be late with one, so the quickest counts: 50 ms
    /// until the caller is told, 250 ms until the server sees the drop.
    func testCancellingReachesTheServer() async throws {
        let sandbox = try await Sandbox.start()
        let client = try AvaClient(apiKey: sandbox.apiKey, baseURL: sandbox.baseURL)
        try await sandbox.fault(.messages, times: nil, ["delay_ms": 60_000])
        var (told, seen) = (Duration.seconds(60), Duration.seconds(60))
        for number in 1...10 {
            let call = Task { try await client.messagesPage(phone: phone) }
            try await until("the request") { try await sandbox.requests().count == number }
            let began = ContinuousClock.now
            call.cancel()
            let outcome = await call.result
            told = min(told, ContinuousClock.now - began)
            XCTAssertThrowsError(try outcome.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
            try await until("the drop") { try await drops(sandbox) == number }
            seen = min(seen, ContinuousClock.now - began)
        }
        XCTAssertLessThan(told, .milliseconds(50))
        XCTAssertLessThan(seen, .milliseconds(250))
    }

    func testACallOfACancelledTaskIsNeverMade() async throws {
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send("Hello?", to: phone)
        }
        let outcome = await call.result
        XCTAssertThrowsError(try outcome.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
        let requests = try await sandbox.requests()
        XCTAssertEqual(requests, [])
    }

    func testAThousandRandomCancellations() async throws {
        let sandbox = try await Sandbox.start()
        let told = Shared<[String]>([])
        let client = try AvaClient(
            apiKey: sandbox.apiKey, baseURL: sandbox.baseURL,
            options: .init(
                timeout: .seconds(60),
                onUnknown: { attempt in told.with { $0.append(attempt.text) } }))
        try await sandbox.fault(.send, times: nil, ["delay_ms": 40])
        let (sent, cancelled) = (Shared<[String]>([]), Shared<[String]>([]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<50 {
                group.addTask {
                    for number in 0..<20 {
                        let text = "\(worker)/\(number)"
                        let call = Task { try await client.send(text, to: phone) }
                        try await Task.sleep(for: .microseconds(Int.random(in: 0...80_000)))
                        call.cancel()
                        do {
                            _ = try await call.value
                            sent.with { $0.append(text) }
                        } catch is CancellationError {
                            cancelled.with { $0.append(text) }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await client.close()
        await Log.flush()
        XCTAssertEqual(sent.now.count + cancelled.now.count, 1000)
        XCTAssertGreaterThan(sent.now.count, 100)
        XCTAssertGreaterThan(cancelled.now.count, 100)
        // Whatever went out was given, or told of; nothing was both.
        let unknown = Set(told.now)
        XCTAssertTrue(unknown.isDisjoint(with: sent.now))
        XCTAssertTrue(unknown.isSubset(of: cancelled.now))
        var pending = true
        while pending { pending = try await sandbox.requests().contains { $0["outcome"] == "pending" } }
        let posted = try await sandbox.requests().compactMap { $0["json"]?["message"]?.string }
        XCTAssertEqual(Set(posted).count, posted.count, "something was posted twice")
        XCTAssertTrue(Set(posted).isSubset(of: unknown.union(sent.now)), "a post that nobody knows of")
        // The server saw each drop but those of the very moment in which it answered.
        let (seen, cut) = (try await drops(sandbox), unknown.count)
        XCTAssertGreaterThan(cut, 100)
        XCTAssertGreaterThan(seen, cut / 2, "the server saw \(seen) drops of \(cut)")
        // The client's table of sends, and the server's connections, survived it.
        let other = try sandbox.client()
        try await sandbox.clearFaults()
        try await other.send("after all", to: phone)
    }

    /// Resident memory, in bytes.
    func memory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(status.split(separator: " ")[1]) ?? 0) * 4096
    }

    func testAHundredThousandCallsWithFlatMemory() async throws {
        #if !os(Linux)
            throw XCTSkip("it reads Linux's count of pages")
        #endif
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        /// Most are refused before they leave, with an error to carry; every tenth goes over the network.
        func calls(_ count: Int) async throws {
            for number in 0..<count {
                if number % 10 == 0 {
                    _ = try await client.poll()
                    continue
                }
                do {
                    try await client.send("never leaves", to: "no phone")
                    XCTFail("it was sent")
                } catch AvaError.invalidRequest {}
            }
        }
        try await calls(20_000)
        let before = try memory()
        try await calls(100_000)
        let grown = try memory() - before
        XCTAssertLessThan(grown, 4_000_000, "grown by \(grown) bytes")
    }

    func testObjectsThatAreDroppedInFlight() async throws {
        let sandbox = try await Sandbox.start()
        try await sandbox.fault(.any, times: nil, ["delay_ms": 30_000])
        let tasks = Shared<[Task<Void, any Error>]>([])
        for number in 0..<20 {
            // Nobody keeps the client: the call does.
            let client = try sandbox.client()
            let task = Task {
                switch number % 3 {
                case 0: _ = try await client.listen(since: .now)
                case 1: for try await _ in client.messages(phone: phone) {}
                default: try await client.send("x", to: phone)
                }
            }
            tasks.with { $0.append(task) }
        }
        try await until("some requests") { try await sandbox.requests().count >= 10 }
        tasks.now.forEach { $0.cancel() }
        for task in tasks.now { _ = await task.result }
        try await until("none in flight") { try await sandbox.state()["in_flight"]?.integer == 0 }
    }

    func testAListenerThatIsDroppedStopsPolling() async throws {
        let sandbox = try await Sandbox.start()
        let client = try sandbox.client()
        do {
            let listener = try await client.listen(interval: .milliseconds(100))
            try await sandbox.inbound(from: phone, "Hello?")
            for try await message in listener {
                XCTAssertEqual(message.text, "Hello?")
                break
            }
        }
        try await Task.sleep(for: .milliseconds(150))
        let before = try await sandbox.requests().count
        try await Task.sleep(for: .milliseconds(400))
        let after = try await sandbox.requests().count
        XCTAssertEqual(before, after)
    }

    func testAPanicIsAnInternalError() async throws {
        let sandbox = try await Sandbox.start()
        let client = try AvaClient(apiKey: sandbox.apiKey, baseURL: sandbox.baseURL)
        panicInNextCalls(count: 1)
        let error = try await avaError { try await client.send("Hello?", to: phone) }
        guard case .internal(let details) = error else { return XCTFail("\(error)") }
        XCTAssertTrue(details.reason.contains("panicked"), details.reason)
        panicInNextGuards(count: 1)
        XCTAssertThrowsError(try AvaClient(apiKey: "sk_x")) {
            guard case AvaError.internal = $0 else { return XCTFail("\($0)") }
        }
        try await client.send("Hello again", to: phone)
        // Nor does one get out of what begins a call, which UniFFI calls with `try!`.
        let context = [Turn.user("Hi")]
        for call in [
            { try await client.send("Hello?", to: phone) },
            { try await client.messagesPage(phone: phone) },
            { try await client.messages(phone: phone).first { _ in true } as Any },
            { try await client.poll() },
            { try await client.listen() },
            { try await client.generate(phone: phone, context: context) },
            { try await client.draftReply(phone: phone) },
        ] as [() async throws -> Any] {
            panicInNextGuards(count: 1)
            let error = try await avaError(call)
            XCTAssertEqual(error.kind, .internal)
        }
        panicInNextGuards(count: 1)
        XCTAssertNil(client.baseURL)
        panicInNextGuards(count: 1)
        await client.close()
        XCTAssertFalse(client.isClosed)
    }
}
