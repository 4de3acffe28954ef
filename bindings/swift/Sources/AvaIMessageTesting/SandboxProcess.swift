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
        /// It ends when this does (`--until-eof`), and so with this process, however that ends.
        private let input: FileHandle
        private let output: FileHandle

        /// - Parameter line: What it is given on standard input.
        init(command: String?, arguments: [String], line: Data) throws {
            let (standardInput, standardOutput) = (Pipe(), Pipe())
            process.executableURL = try Self.find(command ?? "ava")
            process.arguments = arguments
            process.standardInput = standardInput
            process.standardOutput = standardOutput
            input = standardInput.fileHandleForWriting
            output = standardOutput.fileHandleForReading
            // No other program that this process starts may hold it open.
            _ = fcntl(input.fileDescriptor, F_SETFD, FD_CLOEXEC)
            do {
                try process.run()
            } catch {
                throw SandboxError(words: "\(command ?? "ava") can't be started: \(error.localizedDescription)")
            }
            // It may have ended already, and says why on standard error.
            try? input.write(contentsOf: line + [UInt8(ascii: "\n")])
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

#endif
