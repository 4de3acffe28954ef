import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

/// Every vector holds. `AVA_VECTORS=word` runs those with the word in their name.
final class VectorsTests: XCTestCase {
    static let folder = repository.appendingPathComponent("tests/vectors")
    static let key = "sk_vectors_7f3k9q2x"
    static let members = [
        "name", "about", "client", "steps", "script", "expect", "expect_requests", "requests_any_order",
        "expect_posts", "unused_ok", "within_ms",
    ]

    func testEveryVectorHolds() async throws {
        let wanted = ProcessInfo.processInfo.environment["AVA_VECTORS"]
        var names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".json") && $0 != "errors.json" }
            .map { String($0.dropLast(".json".count)) }
            .sorted()
        if let wanted {
            names = names.filter { $0.contains(wanted) }
            XCTAssertFalse(names.isEmpty, "no vector has such a name")
        } else {
            let count = try String(contentsOf: Self.folder.appendingPathComponent("COUNT"), encoding: .utf8)
            XCTAssertEqual(String(names.count), count.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let leaks = Leaks(VectorsTests.key)
        var passed = 0
        var took: [(Duration, String)] = []
        // Each has a sandbox of its own; the next one starts meanwhile.
        var following = Task { try await Sandbox.start(apiKey: VectorsTests.key) }
        for name in names {
            let sandbox = try await following.value
            following = Task { try await Sandbox.start(apiKey: VectorsTests.key) }
            let began = ContinuousClock.now
            do {
                try await Self.play(name, sandbox, leaks)
                passed += 1
                try record("vector", name, true)
            } catch {
                try record("vector", name, false)
                XCTFail("\(name): \(error.localizedDescription)")
            }
            took.append((ContinuousClock.now - began, name))
            sandbox.stop()
        }
        try await following.value.stop()
        let total = took.reduce(Duration.zero) { $0 + $1.0 }
        print("vectors: \(passed) passed (\(total))")
        if wanted != nil || ProcessInfo.processInfo.environment["AVA_SLOWEST"] != nil {
            for (time, name) in took.sorted(by: { $0.0 > $1.0 }).prefix(10) { print("  \(time)  \(name)") }
        }
        await Log.flush()
        if wanted == nil { try leaks.check() }
    }

    private static func play(_ name: String, _ sandbox: Sandbox, _ leaks: Leaks) async throws {
        let file = folder.appendingPathComponent("\(name).json")
        let written = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file))
        leaks.forbid(written)
        let vector = try expand(
            written,
            [
                "base_url": sandbox.baseURL.absoluteString, "port": String(sandbox.baseURL.port ?? 0),
                "api_key": sandbox.apiKey,
            ])
        try known(vector, members)
        try check(vector["name"] == .string(name) && vector["about"]?.string?.isEmpty == false, "name and about")
        if let script = vector["script"] { try await sandbox.script(script) }
        let within = vector["within_ms"]?.duration ?? .seconds(5)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run(vector, sandbox, leaks) }
            group.addTask {
                try await Task.sleep(for: within)
                throw TestFailure("took more than \(within)")
            }
            try await group.next()
            group.cancelAll()
        }
        try await Expect.requests(vector, sandbox)
    }

    private static func run(_ vector: JSONValue, _ sandbox: Sandbox, _ leaks: Leaks) async throws {
        var steps = vector["steps"]?.array ?? []
        guard let expected = vector["expect"] else { throw TestFailure("it expects nothing") }
        let world: World
        do {
            world = try World(vector["client"] ?? [:], sandbox, leaks)
        } catch let error as AvaError {
            leaks.saw(error)
            try Expect.always(error.view)
            return try Expect.outcome(expected, ["error": error.view])
        }
        guard let last = steps.popLast() else { throw TestFailure("the client was made, and there is no step") }
        for (number, step) in steps.enumerated() {
            let outcome = try await world.run(step)
            guard let expected = step["expect"] else { continue }
            do {
                try Expect.outcome(expected, outcome)
            } catch {
                throw TestFailure("step \(number): \(error.localizedDescription)")
            }
        }
        try check(last["expect"] == nil, "the last step's expect is the vector's")
        try Expect.outcome(expected, try await world.run(last))
    }
}
