#if os(macOS) || os(Linux)

    import Foundation

    /// `ava sandbox`, from its start to its end.
    final class SandboxProcess: Sendable {
        /// What it says when it is ready.
        struct Ready: Decodable, Sendable {
            let baseURL: URL
            let apiKey: String

            enum CodingKeys: String, CodingKey {
                case baseURL = "base_url"
                case apiKey = "api_key"
            }
        }

        /// How long it may take to start.
        private static let startWithin = Duration.seconds(30)

        private let process = Process()
        private let output: FileHandle

        init(command: String?, arguments: [String], input: Data) throws {
            let (standardInput, standardOutput) = (Pipe(), Pipe())
            process.executableURL = try Self.find(command ?? "ava")
            process.arguments = arguments
            process.standardInput = standardInput
            process.standardOutput = standardOutput
            output = standardOutput.fileHandleForReading
            do {
                try process.run()
            } catch {
                throw SandboxError(words: "\(command ?? "ava") can't be started: \(error.localizedDescription)")
            }
            // It may have ended already, and says why on standard error.
            try? standardInput.fileHandleForWriting.write(contentsOf: input)
            try? standardInput.fileHandleForWriting.close()
            AtExit.shared.add(process.processIdentifier)
        }

        /// The line that it prints when it listens.
        func ready() async throws -> Ready {
            let late = Task {
                try await Task.sleep(for: Self.startWithin)
                stop()
            }
            defer { late.cancel() }
            let line = await withCheckedContinuation { read in
                // Reading blocks, which no thread of Swift's tasks may.
                DispatchQueue.global().async { [output] in
                    var line = Data()
                    while line.last != UInt8(ascii: "\n"), let next = try? output.read(upToCount: 1), !next.isEmpty {
                        line += next
                    }
                    read.resume(returning: line)
                }
            }
            guard let ready = try? JSONDecoder().decode(Ready.self, from: line) else {
                stop()
                throw SandboxError(words: "the sandbox did not start; what it said stands above")
            }
            return ready
        }

        func stop() {
            AtExit.shared.remove(process.processIdentifier)
            // Not SIGTERM: Foundation may start it with that blocked. Nothing of it is worth keeping.
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }

        /// Where a command is.
        private static func find(_ command: String) throws -> URL {
            if command.contains("/") { return URL(fileURLWithPath: command) }
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            let files = folders.map { URL(fileURLWithPath: String($0)).appendingPathComponent(command) }
            guard let found = files.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
                throw SandboxError(
                    words: "there is no `\(command)` command on PATH: cargo install --path crates/ava-cli")
            }
            return found
        }
    }

    /// The sandboxes that run, to be ended with this process.
    private final class AtExit: Sendable {
        static let shared = AtExit()

        private let lock = NSLock()
        /// Guarded by `lock`.
        nonisolated(unsafe) private var running: Set<pid_t> = []

        private init() {
            atexit { AtExit.shared.endAll() }
        }

        func add(_ process: pid_t) { lock.withLock { _ = running.insert(process) } }
        func remove(_ process: pid_t) { lock.withLock { _ = running.remove(process) } }
        private func endAll() { lock.withLock { running.forEach { kill($0, SIGKILL) } } }
    }

#endif
