import AvaIMessage
import AvaIMessageTesting
import Foundation
import XCTest

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The helper itself.
final class SandboxTests: XCTestCase {
    /// Whether something answers there.
    static func answers(_ url: URL) async -> Bool {
        (try? await URLSession.shared.data(from: url.appendingPathComponent("_sandbox/state"))) != nil
    }

    func testItEndsWhenStopped() async throws {
        let sandbox = try await Sandbox.start(settings: ["history_order": "newest_first"])
        let order = try await sandbox.settings()["history_order"]
        XCTAssertEqual(order, "newest_first")
        let another = try await Sandbox.start()
        sandbox.stop()
        try await until("its end") { await !Self.answers(sandbox.baseURL) }
        try await another.client().send("still there", to: phone)
    }

    func testItsClientsAreAnAppsAndAServers() async throws {
        let sandbox = try await Sandbox.start()
        try await sandbox.serverClient().send("from a server", to: phone)
        let app = try AvaClient(tokenProvider: sandbox.tokenProvider(phones: [phone]), baseURL: sandbox.baseURL)
        try await app.send("from an app", to: phone)
        let error = try await avaError { try await app.send("from an app", to: "+15550009999") }
        XCTAssertEqual(error.kind, .permissionDenied)
    }

    #if os(Linux)
        /// Run once more as a process of its own, this starts a sandbox and tells where; that process is killed.
        func testItEndsHoweverItsProcessDoes() async throws {
            let name = "AVA_TESTS_TELL_SANDBOX"
            if let file = ProcessInfo.processInfo.environment[name] {
                let sandbox = try await Sandbox.start()
                try sandbox.baseURL.absoluteString.write(toFile: file, atomically: true, encoding: .utf8)
                try await Task.sleep(for: .seconds(60))
                return XCTFail("it was not killed; \(sandbox.baseURL)")
            }
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: file) }
            let other = Process()
            other.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            other.arguments = ["AvaIMessageTests.SandboxTests/testItEndsHoweverItsProcessDoes"]
            other.environment = ProcessInfo.processInfo.environment.merging([name: file.path]) { $1 }
            other.standardOutput = FileHandle.nullDevice
            try other.run()
            try await until("its sandbox") { FileManager.default.fileExists(atPath: file.path) }
            let url = try XCTUnwrap(URL(string: String(contentsOf: file, encoding: .utf8)))
            let runs = await Self.answers(url)
            XCTAssertTrue(runs)
            kill(other.processIdentifier, SIGKILL)
            try await until("the sandbox's end") { await !Self.answers(url) }
        }
    #endif
}
