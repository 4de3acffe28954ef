import Foundation

/// What the service says beyond what this version has names for: members of a JSON object, read only when asked for.
///
/// Printing it shows the members' names, not their values.
public struct Extra: Sendable, Hashable, Codable {
    private let text: String?

    /// Nothing.
    public init() { text = nil }

    /// The members of a JSON object, for tests and previews.
    ///
    /// - Throws: `DecodingError` if the text is none.
    public init(json: String) throws {
        _ = try JSONDecoder().decode([String: JSONValue].self, from: Data(json.utf8))
        text = json
    }

    /// Reads the text of the object.
    public init(from decoder: any Decoder) throws {
        let json = try decoder.singleValueContainer().decode(String.self)
        if json == Extra().json { self.init() } else { try self.init(json: json) }
    }

    /// Writes the text of the object, so that nothing of it changes: no number, no order.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(json)
    }

    init(_ text: String?) {
        self.text = text
    }

    /// Whether there is nothing.
    public var isEmpty: Bool { text == nil }

    /// The text of the JSON object, as the service wrote its members.
    public var json: String { text ?? "{}" }

    /// All members, parsed now.
    public var members: [String: JSONValue] { (try? decode([String: JSONValue].self)) ?? [:] }

    /// A member, parsed now.
    public subscript(name: String) -> JSONValue? { isEmpty ? nil : members[name] }

    /// The members as a type of yours.
    ///
    /// - Throws: `DecodingError` if they don't fit.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }
}

/// What JSON can hold.
public enum JSONValue: Sendable, Hashable, Codable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// Another number.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// An object.
    case object([String: JSONValue])

    /// Reads any JSON.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONValue].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }

    /// Writes it.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .string(let string): try value.encode(string)
        case .array(let array): try value.encode(array)
        case .object(let object): try value.encode(object)
        }
    }

    /// The text, if it is one.
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    /// The whole number, if it is one.
    public var integer: Int? { if case .integer(let integer) = self { integer } else { nil } }
    /// The truth, if it is one.
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    /// The list, if it is one.
    public var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
    /// The object, if it is one.
    public var object: [String: JSONValue]? { if case .object(let object) = self { object } else { nil } }

    /// A member, if it is an object that has it.
    public subscript(name: String) -> JSONValue? { object?[name] }
}

// Not by `nil`, which would then be `.null` where an optional one is meant.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// Another number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of members of one name the last counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}
