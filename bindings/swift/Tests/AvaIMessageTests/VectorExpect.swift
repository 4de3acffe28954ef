import AvaIMessage
import AvaIMessageTesting
import Foundation

/// Whether what came is what a vector expects.
enum Expect {
    static let exact = [
        "code", "number", "status", "delivery", "request_id", "retry_after_ms", "message", "message_id", "has_attempt",
    ]

    /// `actual` has `result` or `error`, or is a list of such.
    static func outcome(_ expected: JSONValue, _ actual: JSONValue) throws {
        try known(expected, ["result", "error", "any_order"])
        try check((expected["result"] != nil) != (expected["error"] != nil), "give either result or error")
        if let branches = actual.array {
            guard let wanted = expected["result"]?.array else {
                throw TestFailure("not of the kind expected: \(actual)")
            }
            return try assign(wanted, branches, anyOrder: expected["any_order"]?.bool ?? false, outcome)
        }
        try check(expected["any_order"] == nil, "any_order is for parallel")
        if let wanted = expected["error"] {
            guard let there = actual["error"] else { throw TestFailure("an error expected: \(actual)") }
            return try error(wanted, there, "error")
        }
        guard var wanted = expected["result"], let there = actual["result"] else {
            throw TestFailure("a result expected: \(actual)")
        }
        if let failure = there["error"], failure != .null {
            guard var members = wanted.object, let expected = members.removeValue(forKey: "error") else {
                throw TestFailure("not expected: \(failure)")
            }
            try error(expected, failure, "result.error")
            wanted = .object(members)
        }
        try part(wanted, there, "result")
    }

    static func part(_ wanted: JSONValue, _ actual: JSONValue, _ path: String) throws {
        if let members = wanted.object, let there = actual.object {
            for (name, value) in members {
                guard let found = there[name] else { throw TestFailure("\(path).\(name): not there") }
                try part(value, found, "\(path).\(name)")
            }
        } else if let items = wanted.array, let there = actual.array {
            try check(items.count == there.count, "\(path): \(items.count) expected: \(there)")
            for (i, (item, found)) in zip(items, there).enumerated() { try part(item, found, "\(path)[\(i)]") }
        } else {
            try check(wanted == actual, "\(path): \(wanted) expected, \(actual) there")
        }
    }

    static func error(_ wanted: JSONValue, _ actual: JSONValue, _ path: String) throws {
        try check(actual != .null, "\(path): there is none")
        for (name, value) in wanted.object ?? [:] {
            let place = "\(path).\(name): \(value) expected, in \(actual)"
            switch name {
            case _ where exact.contains(name):
                try check(actual[name] == value, place)
            case "message_contains", "message_excludes", "body_contains":
                let words = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
                try check(!words.isEmpty, place)
                let text = actual[name == "body_contains" ? "body" : "message"]?.string ?? ""
                for word in words { try check(text.contains(word) == (name != "message_excludes"), place) }
            case "cause" where value == .null:
                try check(actual["cause"] == .null, place)
            case "cause":
                try error(value, actual["cause"] ?? .null, "\(path).cause")
            default:
                throw TestFailure("\(path).\(name): no member of an error")
            }
        }
    }

    /// What holds of every error, whatever a vector says of it.
    static func always(_ seen: JSONValue) throws {
        let message = seen["message"]?.string ?? ""
        try check(!message.isEmpty && !message.contains(where: \.isNewline), "a message is one line of words: \(seen)")
        try check(message.range(of: "<html", options: .caseInsensitive) == nil, message)
        if let cause = seen["cause"], cause != .null { try always(cause) }
    }

    /// Whether each of `wanted` has one of `all` for itself, in order or in any order.
    static func assign(
        _ wanted: [JSONValue], _ all: [JSONValue], anyOrder: Bool, _ fit: (JSONValue, JSONValue) throws -> Void
    ) throws {
        try check(wanted.count == all.count, "\(wanted.count) expected, \(all.count) there: \(all)")
        var reasons: [String] = []
        for order in anyOrder ? permutations(all) : [all] {
            do {
                for (one, found) in zip(wanted, order) { try fit(one, found) }
                return
            } catch {
                reasons.append(error.localizedDescription)
            }
        }
        throw TestFailure(reasons.prefix(6).joined(separator: "; "))
    }

    private static func permutations(_ all: [JSONValue]) -> [[JSONValue]] {
        if all.count < 2 { return [all] }
        return all.indices.flatMap { i in
            var rest = all
            let one = rest.remove(at: i)
            return permutations(rest).map { [one] + $0 }
        }
    }

    /// Whether the sandbox got the requests that a vector expects.
    static func requests(_ vector: JSONValue, _ sandbox: Sandbox) async throws {
        let end = ContinuousClock.now + .seconds(1)
        var requests = try await sandbox.requests()
        while requests.contains(where: { $0["outcome"] == "pending" }), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
            requests = try await sandbox.requests()
        }
        let times = requests.map { $0["received_at_ms"]?.number ?? 0 }
        for i in requests.indices {
            guard case .object(var members) = requests[i] else { continue }
            members["gap_ms"] = .number(i == 0 ? 0 : max(0, times[i] - times[i - 1]))
            requests[i] = .object(members)
        }
        if let wanted = vector["expect_requests"]?.array {
            try assign(wanted, requests, anyOrder: vector["requests_any_order"]?.bool ?? false, fit)
        }
        if let posts = vector["expect_posts"] {
            let sends = requests.filter { $0["method"] == "POST" && $0["path"] == "/api/send" }
            try check(.integer(sends.count) == posts, "\(sends.count) posts")
        }
        if vector["script"] != nil {
            let state = try await sandbox.scriptState()
            try check(state["unmatched"] == 0, "\(state): unmatched")
            try check(state["remaining"] == 0 || vector["unused_ok"] == true, "\(state): not all was used")
        }
    }

    private static func fit(_ expected: JSONValue, _ request: JSONValue) throws {
        try known(expected, ["method", "path", "query", "raw_query", "json", "headers", "outcome", "min_gap_ms"])
        for name in ["method", "path", "outcome", "json"] {
            guard let value = expected[name] else { continue }
            try check(request[name] == value, "\(name): \(value) expected, \(request[name] as Any) there")
        }
        if let query = expected["query"] {
            var components = URLComponents()
            components.percentEncodedQuery = request["query"]?.string?.replacingOccurrences(of: "+", with: "%20")
            let items = (components.queryItems ?? []).map { ($0.name, JSONValue.string($0.value ?? "")) }
            try check(.object(Dictionary(items) { $1 }) == query, "query: \(query) expected, \(items) there")
        }
        if let raw = expected["raw_query"] { try check(request["query"] == raw, "query: \(request)") }
        for (name, value) in expected["headers"]?.object ?? [:] {
            let there = request["headers"]?[name.lowercased()] ?? .null
            try check(there == value, "\(name): \(value) expected, \(there) there")
        }
        if let gap = expected["min_gap_ms"]?.number {
            try check((request["gap_ms"]?.number ?? 0) >= gap, "a gap of \(request["gap_ms"] as Any) ms")
        }
    }
}

extension JSONValue {
    /// Any number.
    var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}
