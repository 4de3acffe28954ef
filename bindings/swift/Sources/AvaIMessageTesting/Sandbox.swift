// Apps on a device start no processes; their tests on a Mac do.
#if os(macOS) || os(Linux)

    import AvaIMessage
    import Foundation

    #if canImport(FoundationNetworking)
        import FoundationNetworking
    #endif

    /// The sandbox can't be started, or refuses what it was told; the words are its own.
    public struct SandboxError: LocalizedError, Sendable {
        let words: String

        /// What went wrong.
        public var errorDescription: String? { words }
    }

    /// A sandbox for tests: the API as a process on this machine, with a state behind it, and faults on demand. No
    /// message leaves the machine.
    ///
    /// ```swift
    /// let sandbox = try await Sandbox.start()
    /// let client = try sandbox.client()
    /// try await client.send("Hello?", to: "+15550100142")
    /// XCTAssertEqual(try await sandbox.messages().first?["message"], "Hello?")
    /// ```
    ///
    /// It runs `ava sandbox`; the `ava` command must be on PATH, or `command` of ``start(echoAfter:settings:apiKey:port:command:)``
    /// says where it is. It ends with ``stop()``, with the last reference to it, or with this process, however that
    /// ends. Its times follow a clock of its own (``clock(now:advance:frozen:)``). `docs/sandbox.md` of
    /// the repository has every fault, script and setting.
    public final class Sandbox: Sendable {
        /// Where it is.
        public let baseURL: URL
        /// The key that it accepts. Apps hold tokens: ``tokenProvider(lifetime:phones:)``.
        public let apiKey: String
        private let running: SandboxProcess
        private let session = URLSession(configuration: .ephemeral)

        private init(running: SandboxProcess, ready: SandboxProcess.Ready) {
            self.running = running
            baseURL = ready.baseURL
            apiKey = ready.apiKey
        }

        /// Starts one.
        ///
        /// - Parameters:
        ///   - echoAfter: Answers every message with `Echo: …` after this time. Default: nobody answers.
        ///   - settings: What it starts with, by the names of `docs/sandbox.md`: `["history_order": "newest_first"]`.
        ///   - apiKey: The made-up key to accept. Default: a new one.
        ///   - port: The port on 127.0.0.1. Default: a free one.
        ///   - command: The `ava` command. Default: the one on PATH.
        /// - Throws: ``SandboxError``.
        public static func start(
            echoAfter: Duration? = nil, settings: [String: JSONValue] = [:], apiKey: String? = nil, port: Int = 0,
            command: String? = nil
        ) async throws -> Sandbox {
            var arguments = ["--json", "sandbox", "--until-eof", "--settings", "-", "--port", String(port)]
            if let apiKey { arguments += ["--api-key", apiKey] }
            if let echoAfter { arguments += ["--echo", String(milliseconds(echoAfter))] }
            let running = try SandboxProcess(command: command, arguments: arguments, line: encoded(.object(settings)))
            return Sandbox(running: running, ready: try await running.ready())
        }

        /// A client of it that holds tokens of `lifetime`, as an app's does.
        public func client(
            lifetime: Duration = .seconds(600), options: AvaClient.Options = AvaClient.Options()
        ) throws -> AvaClient {
            try AvaClient(tokenProvider: tokenProvider(lifetime: lifetime), baseURL: baseURL, options: options)
        }

        /// A client of it that holds the ``apiKey``, as a server's does.
        public func serverClient(options: AvaClient.Options = AvaClient.Options()) throws -> AvaClient {
            try AvaClient(apiKey: apiKey, baseURL: baseURL, options: options)
        }

        /// A provider of short-lived tokens, as your gateway would be.
        ///
        /// - Parameters:
        ///   - lifetime: How long a token is taken, by the sandbox's clock.
        ///   - phones: For which phones; for all unless they are given.
        public func tokenProvider(
            lifetime: Duration = .seconds(600), phones: [String]? = nil
        ) -> @Sendable () async throws -> AvaToken {
            { AvaToken(try await self.token(lifetime: lifetime, phones: phones), expiresIn: lifetime) }
        }

        /// Issues a token that it takes for this long, for these phones or for all.
        public func token(lifetime: Duration, phones: [String]? = nil) async throws -> String {
            var members: [String: JSONValue] = ["ttl_ms": .integer(milliseconds(lifetime))]
            if let phones { members["phones"] = .array(phones.map(JSONValue.string)) }
            return try await control("POST", "tokens", .object(members))["token"]?.string ?? ""
        }

        /// Every token so far answers 401 from now on.
        public func expireTokens() async throws { try await control("POST", "tokens/expire") }

        /// Lets a message arrive, and gives its row.
        @discardableResult
        public func inbound(
            from phone: String, _ text: String, members: [String: JSONValue] = [:]
        ) async throws -> JSONValue {
            let given: [String: JSONValue] = ["phone": .string(phone), "text": .string(text)]
            return try await control("POST", "inbound", .object(members.merging(given) { $1 }))
        }

        /// Fills a history with these rows: `["text": "…", "direction": "inbound"]`. Gives them.
        @discardableResult
        public func seed(_ phone: String, rows: [JSONValue]) async throws -> JSONValue {
            try await control("POST", "seed", ["phone": .string(phone), "rows": .array(rows)])
        }

        /// Fills a history with so many numbered messages, the last one now.
        @discardableResult
        public func seed(_ phone: String, count: Int) async throws -> JSONValue {
            try await control("POST", "seed", ["phone": .string(phone), "count": .integer(count)])
        }

        /// Which requests a fault is for.
        public enum Operation: String, Sendable {
            /// Sends.
            case send
            /// Histories.
            case messages
            /// Polls.
            case poll
            /// Replies.
            case generate
            /// All.
            case any
        }

        /// Has the next `times` requests of a kind go wrong; `nil` is until ``clearFaults()``. The members say how:
        /// `["status": 503]`, `["drop": "after"]` (the connection is closed, the effect stays), `["delay_ms": 500]`,
        /// `["retry_after": "2"]`, …
        public func fault(_ on: Operation, times: Int? = 1, _ members: [String: JSONValue]) async throws {
            let given: [String: JSONValue] = [
                "on": .string(on.rawValue), "times": times.map(JSONValue.integer) ?? .null,
            ]
            try await control("POST", "faults", .object(members.merging(given) { $1 }))
        }

        /// Takes back what ``fault(_:times:_:)`` said.
        public func clearFaults() async throws { try await control("DELETE", "faults") }

        /// Has it answer with exactly these responses, and nothing else.
        public func script(_ script: JSONValue) async throws { try await control("POST", "script", script) }

        /// What was used of the script: `remaining`, `unmatched`, `used`.
        public func scriptState() async throws -> JSONValue { try await control("GET", "script")["state"] ?? .null }

        /// Changes some settings, and gives all.
        @discardableResult
        public func settings(_ changes: [String: JSONValue] = [:]) async throws -> JSONValue {
            try await control("PATCH", "settings", .object(changes))
        }

        /// Sets the sandbox's clock, advances it, lets it stand still or go on. Gives its state.
        ///
        /// Rows, deliveries, lags and tokens follow it; delays of answers take real time.
        @discardableResult
        public func clock(now: Date? = nil, advance: Duration? = nil, frozen: Bool? = nil) async throws -> JSONValue {
            var change: [String: JSONValue] = [:]
            if let now {
                change["now"] = .string(now.ISO8601Format(.init(includingFractionalSeconds: true)))
            }
            if let advance { change["advance_ms"] = .integer(milliseconds(advance)) }
            if let frozen { change["frozen"] = .bool(frozen) }
            return try await control("POST", "clock", .object(change))
        }

        /// Every message it has, in the wire's names (the text is `message`).
        public func messages() async throws -> [JSONValue] { try await state()["messages"]?.array ?? [] }

        /// The requests it got, oldest first: `method`, `path`, `query`, `headers`, `body`, `json`, `outcome`, …
        public func requests() async throws -> [JSONValue] { try await control("GET", "requests").array ?? [] }

        /// All that it knows.
        public func state() async throws -> JSONValue { try await control("GET", "state") }

        /// Everything is as at the start again.
        public func reset() async throws { try await control("POST", "reset") }

        /// A request to the control plane, `/_sandbox/` before its path; gives the answer's JSON.
        ///
        /// - Throws: ``SandboxError`` if it was refused.
        @discardableResult
        public func control(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
            guard let url = URL(string: "\(baseURL.absoluteString)/_sandbox/\(path)") else {
                throw SandboxError(words: "\(path): no path")
            }
            var request = URLRequest(url: url)
            request.httpMethod = method
            if let content = body ?? (method == "POST" ? .object([:]) : nil) {
                request.httpBody = try encoded(content)
                request.setValue("application/json", forHTTPHeaderField: "content-type")
            }
            let (data, answer) = try await session.data(for: request)
            let status = (answer as? HTTPURLResponse)?.statusCode ?? 0
            guard (200..<300).contains(status) else {
                throw SandboxError(words: "\(method) \(path): \(status) \(String(decoding: data, as: UTF8.self))")
            }
            return data.isEmpty ? .null : try JSONDecoder().decode(JSONValue.self, from: data)
        }

        /// Ends it.
        public func stop() { running.stop() }

        deinit {
            running.stop()
            session.invalidateAndCancel()
        }
    }

    private func encoded(_ value: JSONValue) throws -> Data { try JSONEncoder().encode(value) }

    private func milliseconds(_ duration: Duration) -> Int {
        Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }

#endif
