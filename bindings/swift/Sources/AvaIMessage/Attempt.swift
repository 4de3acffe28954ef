internal import AvaCore

/// A send that may or may not have happened: what ``AvaClient/settle(_:options:)`` needs.
///
/// Keep it as it is where you can. Over a restart its ``text()`` keeps it, or `Codable`; that holds phone and message.
public struct Attempt: Sendable, Hashable, Codable {
    let core: AvaCore.Attempt

    init(_ core: AvaCore.Attempt) {
        self.core = core
    }

    /// The attempt that ``text()`` wrote.
    ///
    /// - Throws: ``AvaError/invalidRequest(_:)`` if the text is none.
    public init(text: String) throws {
        core = try failing { try AvaCore.Attempt.fromText(text: text) }
    }

    /// To whom.
    public var phone: String { core.phone() }

    /// What was sent.
    public var message: String { core.text() }

    /// Whether another process can settle it.
    public var isPortable: Bool { core.isPortable() }

    /// As JSON text.
    public func text() throws -> String { try failing(core.toText) }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        try self.init(text: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(text())
    }

    /// Whether both are of the same send, and know the same of it.
    public static func == (left: Attempt, right: Attempt) -> Bool { (try? left.text()) == (try? right.text()) }
    /// By what ``text()`` writes.
    public func hash(into hasher: inout Hasher) { hasher.combine(try? text()) }
}
