internal import AvaCore

/// A send that may or may not have happened: what ``AvaClient/settle(_:options:)`` needs.
///
/// Keep it as it is where you can. Over a restart its ``json()`` keeps it, or `Codable`; that holds phone and text.
public struct Attempt: Sendable, Hashable, Codable {
    let core: AvaCore.Attempt

    init(_ core: AvaCore.Attempt) {
        self.core = core
    }

    /// The attempt that ``json()`` wrote.
    ///
    /// - Throws: ``AvaError/invalidRequest(_:)`` if it is none.
    public init(json: String) throws {
        core = try failing { try AvaCore.Attempt.fromText(text: json) }
    }

    /// To whom.
    public var phone: String { core.phone() }

    /// What was sent.
    public var text: String { core.text() }

    /// Whether another process can settle it.
    public var isPortable: Bool { core.isPortable() }

    /// As JSON text.
    public func json() throws -> String { try failing(core.toText) }

    /// Reads what ``json()`` wrote.
    public init(from decoder: any Decoder) throws {
        try self.init(json: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes what ``json()`` gives.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(json())
    }

    /// Whether both are of the same send, and know the same of it.
    public static func == (left: Attempt, right: Attempt) -> Bool { (try? left.json()) == (try? right.json()) }
    /// By what ``json()`` writes.
    public func hash(into hasher: inout Hasher) { hasher.combine(try? json()) }
}
