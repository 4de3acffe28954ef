import AvaIMessage
import Foundation

/// What a vector is: JSON, with `${…}`, `$repeat` and `$range` replaced.
func expand(_ value: JSONValue, _ names: [String: String]) throws -> JSONValue {
    switch value {
    case .string(let text): return .string(try expand(text, names))
    case .array(let items): return .array(try items.map { try expand($0, names) })
    case .object(let members):
        if members.keys.contains(where: { $0.hasPrefix("$") }) { return try generated(members) }
        return .object(try members.mapValues { try expand($0, names) })
    default: return value
    }
}

private func expand(_ text: String, _ names: [String: String]) throws -> String {
    var parts = text.components(separatedBy: "${")
    var expanded = parts.removeFirst()
    for part in parts {
        guard let end = part.firstIndex(of: "}"), let stands = names[String(part[..<end])] else {
            throw TestFailure("unknown: ${\(part)")
        }
        expanded += stands + part[part.index(after: end)...]
    }
    return expanded
}

private func generated(_ members: [String: JSONValue]) throws -> JSONValue {
    if let given = members["$repeat"], members.count == 1, given.object?.keys.sorted() == ["text", "times"],
        let text = given["text"]?.string, let times = given["times"]?.integer
    {
        return .string(String(repeating: text, count: times))
    }
    if let given = members["$range"], members.count == 1, given.object?.keys.sorted() == ["from", "prefix", "to"],
        let prefix = given["prefix"]?.string, let from = given["from"]?.integer, let to = given["to"]?.integer
    {
        let numbers = stride(from: from, through: to, by: from <= to ? 1 : -1)
        return .array(numbers.map { .string("\(prefix)\($0)") })
    }
    throw TestFailure("unknown, or with unknown members: \(members)")
}

/// Fails on a member that nobody knows.
func known(_ given: JSONValue, _ names: [String]) throws {
    let unknown = (given.object ?? [:]).keys.filter { !names.contains($0) }
    if !unknown.isEmpty { throw TestFailure("unknown members: \(unknown)") }
}

func check(_ holds: Bool, _ words: @autoclosure () -> String) throws {
    if !holds { throw TestFailure(words()) }
}

extension JSONValue {
    /// A length of time in milliseconds.
    var duration: Duration? { integer.map { .milliseconds($0) } }
    /// A time of RFC 3339.
    var date: Date? {
        string.flatMap { text in
            let plain = ISO8601DateFormatter()
            let fractional = ISO8601DateFormatter()
            fractional.formatOptions.insert(.withFractionalSeconds)
            return plain.date(from: text) ?? fractional.date(from: text)
        }
    }
}

func rfc3339(_ date: Date) -> JSONValue {
    let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded())
    let seconds = Date(timeIntervalSince1970: Double(milliseconds / 1000)).ISO8601Format()
    var fraction = String(format: ".%03d", milliseconds % 1000)
    while fraction.hasSuffix("0") || fraction == "." { fraction.removeLast() }
    return .string(seconds.dropLast() + fraction + "Z")
}
