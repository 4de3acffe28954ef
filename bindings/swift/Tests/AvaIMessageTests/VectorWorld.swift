import AvaIMessageTesting
import Foundation

@testable import AvaIMessage

/// What the steps of a vector share, and the ops.
final class World: Sendable {
    let client: AvaClient
    private let options: JSONValue
    private let sandbox: Sandbox
    private let leaks: Leaks
    private let checkpoints = Shared<[String: MemoryCheckpoint]>([:])
    private let hookCalls: Shared<Int>
    private let attempt: Shared<Attempt?>

    init(_ options: JSONValue, _ sandbox: Sandbox, _ leaks: Leaks) throws {
        (self.options, self.sandbox, self.leaks) = (options, sandbox, leaks)
        let (calls, attempt) = (Shared(0), Shared<Attempt?>(nil))
        (hookCalls, self.attempt) = (calls, attempt)
        client = try World.client(options, sandbox, leaks) { told in
            calls.with { $0 += 1 }
            attempt.with { $0 = told }
        }
    }

    private static func client(
        _ given: JSONValue, _ sandbox: Sandbox, _ leaks: Leaks, onUnknown: @escaping @Sendable (Attempt) -> Void
    ) throws -> AvaClient {
        try known(
            given,
            [
                "api_key", "base_url", "token_provider", "timeout_ms", "connect_timeout_ms", "read_idle_ms",
                "max_retries", "backoff_ms", "backoff_max_ms", "settle_ms", "settle_gap_ms", "confirm_from_history",
                "rate_limited_is_not_sent", "max_response_bytes", "headers",
            ])
        let options = AvaClient.Options(
            timeout: given["timeout_ms"]?.duration,
            connectTimeout: given["connect_timeout_ms"]?.duration,
            readIdleTimeout: given["read_idle_ms"]?.duration,
            maxRetries: given["max_retries"]?.integer,
            backoff: given["backoff_ms"]?.duration,
            backoffMax: given["backoff_max_ms"]?.duration,
            confirmFromHistory: given["confirm_from_history"]?.bool,
            settleWithin: given["settle_ms"]?.duration,
            settleGap: given["settle_gap_ms"]?.duration,
            rateLimitedIsNotSent: given["rate_limited_is_not_sent"]?.bool,
            maxResponseBytes: given["max_response_bytes"]?.integer,
            headers: try headers(given["headers"]),
            onUnknown: onUnknown,
            log: leaks.log
        )
        var baseURL: URL? = sandbox.baseURL
        // Nothing is an URL that Swift can write only so.
        if let url = given["base_url"]?.string { baseURL = URL(string: url) ?? URLComponents().url }
        let client: AvaClient
        if let provider = given["token_provider"] {
            // A key as well is something that only the inside can ask for.
            client = try AvaClient(
                key: given["api_key"]?.string, provider: Provider(ask: tokens(provider)), baseURL: baseURL,
                options: options)
        } else if given["api_key"] == .null {
            client = try AvaClient(key: nil, provider: nil, baseURL: baseURL, options: options)
        } else {
            let key = given["api_key"]?.string ?? sandbox.apiKey
            client = try AvaClient(apiKey: key, baseURL: baseURL, options: options)
        }
        leaks.saw(client)
        leaks.saw(options)
        return client
    }

    private static func tokens(_ provider: JSONValue) throws -> @Sendable () async throws -> AvaToken {
        try known(provider, ["tokens"])
        let tokens = Shared(provider["tokens"]?.array ?? [])
        return {
            let given = tokens.with { $0.count > 1 ? $0.removeFirst() : $0[0] }
            if let token = given.string { return AvaToken(token) }
            if let token = given["token"]?.string, let life = given["expires_in_ms"]?.duration {
                return AvaToken(token, expiresIn: life)
            }
            if let words = given["error"]?.string { throw TestFailure(words) }
            try check(given == ["hang": true], "no token: \(given)")
            try await Task.sleep(for: .seconds(3600))
            throw TestFailure("it hung for an hour")
        }
    }

    func run(_ step: JSONValue) async throws -> JSONValue {
        if let branches = step["parallel"]?.array {
            try known(step, ["parallel", "expect"])
            let running = branches.map { branch in Task { try await self.branch(branch) } }
            var outcomes: [JSONValue] = []
            for branch in running { outcomes.append(try await branch.value) }
            return .array(outcomes)
        }
        try known(step, ["op", "args", "expect"])
        let args = Args(step["args"]?.object ?? [:])
        do {
            let result = try await op(step["op"]?.string ?? "", args)
            try args.allRead()
            return ["result": result]
        } catch let error as AvaError {
            return ["error": try seen(error)]
        }
    }

    private func branch(_ branch: JSONValue) async throws -> JSONValue {
        var outcome: JSONValue?
        for step in branch.array ?? [branch] {
            try check(step["expect"] == nil, "what a branch is to bring stands in the parallel's expect")
            outcome = try await run(step)
        }
        guard let outcome else { throw TestFailure("a branch without steps") }
        return outcome
    }

    private func seen(_ error: AvaError) throws -> JSONValue {
        leaks.saw(error)
        if let attempt = error.attempt {
            leaks.saw(attempt)
            self.attempt.with { $0 = attempt }
        }
        try Expect.always(error.view)
        return error.view
    }

    private func op(_ name: String, _ args: Args) async throws -> JSONValue {
        switch name {
        case "send":
            return try await client.send(args.text("text"), to: args.text("phone"), options: args.call()).view
        case "settle":
            return try await settle(args).view
        case "messages":
            return try await messages(args)
        case "messages_page":
            return try await client.messagesPage(
                phone: args.text("phone"), limit: args["limit"]?.integer, offset: args["offset"]?.integer,
                options: args.call()
            ).view
        case "poll":
            return try await client.poll(since: args["since"]?.date, phone: args["phone"]?.string, options: args.call())
                .view
        case "listen":
            return try await listen(args)
        case "generate":
            let context = (args["context"]?.array ?? []).map {
                Turn(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
            }
            return try await client.generate(
                phone: args.text("phone"), context: context, instructions: args["instructions"]?.string,
                autoSend: args["auto_send"]?.bool ?? false, options: args.call()
            ).view
        case "draft_reply":
            return try await client.draftReply(
                phone: args.text("phone"), instructions: args["instructions"]?.string,
                history: args["history"]?.integer, options: args.call()
            ).view
        case "close":
            await client.close()
            return [:]
        case "cancel":
            return try await cancel(args)
        case "control":
            let path = try args.text("path")
            try check(path.hasPrefix("/_sandbox/"), path)
            return try await sandbox.control(
                args["method"]?.string ?? "POST", String(path.dropFirst("/_sandbox/".count)), args["body"])
        case "wait":
            let wanted = args["requests"]?.integer ?? 0
            while try await sandbox.requests().count < wanted { try await Task.sleep(for: .milliseconds(5)) }
            return [:]
        case "sleep":
            try await Task.sleep(for: args["ms"]?.duration ?? .zero)
            return [:]
        default:
            throw TestFailure("unknown op \(name)")
        }
    }

    private func settle(_ args: Args) async throws -> SentMessage {
        guard var attempt = attempt.now else { throw TestFailure("settle: no error had an attempt so far") }
        if args["through_json"]?.bool == true { attempt = try Attempt(json: attempt.json()) }
        let fresh = args["new_client"]?.bool == true
        let client = fresh ? try World.client(options, sandbox, leaks) { _ in } : self.client
        return try await client.settle(attempt, options: args.call())
    }

    private func messages(_ args: Args) async throws -> JSONValue {
        var messages: [Message] = []
        var failure: AvaError?
        do {
            for try await message in client.messages(phone: try args.text("phone"), options: try args.call()) {
                messages.append(message)
            }
        } catch let error as AvaError {
            failure = error
        }
        return try listed(messages, failure, ["count": .integer(messages.count)])
    }

    private func listen(_ args: Args) async throws -> JSONValue {
        let (gaps, skipped) = (Shared<[Gap]>([]), Shared<[SkippedRow]>([]))
        let read = Shared<[Message]>([])
        let (take, ack) = (args["take"]?.integer ?? 0, args["ack"]?.bool ?? false)
        let forTime = args["for_ms"]?.duration
        let named = args["checkpoint"]?.string.map { name in
            checkpoints.with { all in
                let checkpoint = all[name] ?? MemoryCheckpoint()
                all[name] = checkpoint
                return Checkpoint.store(checkpoint)
            }
        }
        let (since, phone, interval) = (args["since"]?.date, args["phone"]?.string, args["interval_ms"]?.duration)
        let (autoAck, call) = (args["auto_ack"]?.bool ?? true, try args.call())
        let reading = Task {
            let listener = try await client.listen(
                since: since, phone: phone, interval: interval, checkpoint: named, autoAck: autoAck,
                onGap: { gap in gaps.with { $0.append(gap) } },
                onSkipped: { row in skipped.with { $0.append(row) } },
                onRetry: { [leaks] in leaks.saw($0) },
                options: call)
            var iterator = listener.makeAsyncIterator()
            while read.now.count < take {
                guard let message = try await iterator.next() else { return true }
                if ack { try await listener.ack(message) }
                read.with { $0.append(message) }
            }
            return false
        }
        let late = forTime.map { time in
            Task {
                try await Task.sleep(for: time)
                reading.cancel()
            }
        }
        defer { late?.cancel() }
        var ended = false
        var failure: AvaError?
        do {
            ended = try await withTaskCancellationHandler {
                try await reading.value
            } onCancel: {
                reading.cancel()
            }
        } catch let error as AvaError {
            failure = error
        } catch is CancellationError where late != nil && !Task.isCancelled {
            // Its time was over.
        }
        await Log.flush()
        skipped.now.forEach(leaks.saw)
        let told: JSONValue = .array(gaps.now.map(\.view))
        return try listed(
            read.now, failure,
            ["gaps": told, "skipped": .integer(skipped.now.count), "ended": .bool(ended)])
    }

    private func listed(
        _ messages: [Message], _ failure: AvaError?, _ members: [String: JSONValue]
    ) throws -> JSONValue {
        var result = members
        result["ids"] = .array(messages.map { .string($0.id) })
        result["texts"] = .array(messages.map { .string($0.text) })
        if let failure { result["error"] = try seen(failure) }
        return .object(result)
    }

    private func cancel(_ args: Args) async throws -> JSONValue {
        guard let step = args["step"] else { throw TestFailure("cancel: no step") }
        let before = hookCalls.now
        let (requests, time) = (args["after_requests"]?.integer ?? 0, args["after_ms"]?.duration ?? .zero)
        let over = Shared(false)
        let running = Task {
            defer { over.with { $0 = true } }
            return try await run(step)
        }
        while !over.now, try await sandbox.requests().count < requests {
            try await Task.sleep(for: .milliseconds(5))
        }
        let late = ContinuousClock.now + time
        while !over.now, ContinuousClock.now < late { try await Task.sleep(for: .milliseconds(2)) }
        running.cancel()
        var cancelled = false
        do {
            _ = try await running.value
        } catch is CancellationError {
            cancelled = true
        }
        // A call that throws has let go of its request, and told of it.
        await Log.flush()
        return ["cancelled": .bool(cancelled), "unknown_hook": .integer(hookCalls.now - before)]
    }
}

/// The arguments of a step. One that nobody has read is a mistake.
final class Args: Sendable {
    private let given: [String: JSONValue]
    private let read = Shared<Set<String>>([])

    init(_ given: [String: JSONValue]) { self.given = given }

    subscript(name: String) -> JSONValue? {
        read.with { _ = $0.insert(name) }
        return given[name]
    }

    func text(_ name: String) throws -> String {
        guard let text = self[name]?.string else { throw TestFailure("\(name) is missing") }
        return text
    }

    /// The options of every call.
    func call() throws -> CallOptions {
        CallOptions(
            timeout: self["timeout_ms"]?.duration, maxRetries: self["max_retries"]?.integer,
            headers: try headers(self["headers"]))
    }

    func allRead() throws {
        let unread = given.keys.filter { !read.now.contains($0) }
        try check(unread.isEmpty, "unknown arguments: \(unread)")
    }
}

private func headers(_ given: JSONValue?) throws -> [String: String] {
    try (given?.object ?? [:]).mapValues {
        guard let text = $0.string else { throw TestFailure("no header: \($0)") }
        return text
    }
}

private final class MemoryCheckpoint: CheckpointStore {
    private let text = Shared<String?>(nil)

    func load() async throws -> String? { text.now }

    func save(_ state: String) async throws {
        await Task.yield()
        text.with { $0 = state }
    }
}
