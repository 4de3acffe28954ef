import AvaIMessage
import Foundation

/// Neither keys, nor texts, nor full phone numbers may stand in the log, or in what is printed of any object.
final class Leaks: Sendable {
    private static let members: Set = ["text", "content", "instructions", "api_key", "token", "tokens"]
    /// Shorter ones stand in other words.
    private static let shortest = 6

    private let forbidden: Shared<Set<String>>
    private let lines = Shared<Set<String>>([])
    private let logged = Shared(0)

    init(_ secrets: String...) {
        forbidden = Shared(Set(secrets).union(["canary"]))
    }

    var log: Log {
        Log(level: .trace) { [logged, lines] entry in
            logged.with { $0 += 1 }
            lines.with { _ = $0.insert(entry.description) }
        }
    }

    func saw(_ value: Any) {
        var dumped = ""
        dump(value, to: &dumped)
        let printed = [
            dumped, String(describing: value), String(reflecting: value), (value as? AvaError)?.localizedDescription,
        ]
        lines.with { $0.formUnion(printed.compactMap { $0 }) }
    }

    func forbid(_ value: JSONValue, _ name: String = "") {
        switch value {
        case .string(let text):
            let digits = text.dropFirst()
            let isPhone = text.hasPrefix("+") && !digits.isEmpty && digits.allSatisfy(\.isNumber)
            let secret = isPhone ? String(digits) : Self.members.contains(name) ? text : ""
            if secret.count >= Self.shortest, !secret.contains("${") {
                forbidden.with { _ = $0.insert(secret) }
            }
        case .array(let items):
            items.forEach { forbid($0, name) }
        case .object(let members):
            // What a vector expects may quote what the service said.
            for (member, inner) in members where !["expect", "expect_requests", "script"].contains(member) {
                forbid(inner, member)
            }
        default:
            break
        }
    }

    func check() throws {
        guard logged.now > 0 else { throw TestFailure("the log was not captured") }
        for line in lines.now {
            for secret in forbidden.now where line.contains(secret) { throw TestFailure("leaked \(secret): \(line)") }
        }
    }
}
