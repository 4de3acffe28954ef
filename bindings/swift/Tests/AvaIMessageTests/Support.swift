import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

/// A phone of the tests.
let phone = "+15550001111"

/// The repository's folder.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../..").standardizedFileURL

struct TestFailure: LocalizedError {
    let words: String
    init(_ words: String) { self.words = words }
    var errorDescription: String? { words }
}

/// The error that `body` throws; another, or none, is a failure.
func avaError(_ body: () async throws -> some Any) async throws -> AvaError {
    do {
        _ = try await body()
    } catch let error as AvaError {
        return error
    }
    throw TestFailure("it did not throw")
}

/// Waits until something holds; ten seconds is for ever.
func until(_ what: String, _ holds: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(10)
    while try await !holds() {
        if ContinuousClock.now > end { throw TestFailure("never came: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Something that several tasks use.
final class Shared<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try lock.withLock { try body(&value) }
    }

    var now: Value { with { $0 } }
}
