internal import AvaCore
import Foundation

extension Moment {
    init(_ date: Date) {
        let since1970 = date.timeIntervalSince1970
        // A double holds today's microseconds, and noise below. What no service knows is left to Rust to refuse.
        let whole = since1970.rounded(.down)
        let micros = ((since1970 - whole) * 1_000_000).rounded()
        let carried = micros >= 1_000_000
        let seconds = Int64(exactly: carried ? whole + 1 : whole) ?? (since1970 < 0 ? .min : .max)
        self.init(seconds: seconds, nanoseconds: carried || !micros.isFinite ? 0 : UInt32(micros) * 1000)
    }

    var date: Date { Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1_000_000_000) }
}

/// Whole milliseconds, rounded up, so that something short doesn't become nothing. A negative length is none.
func milliseconds(_ duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let fraction = UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    let (whole, tooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
    return tooLong ? .max : whole.addingReportingOverflow(fraction).partialValue
}

/// For whom numbers are converted. Rust has no sign for them; what is negative is refused here as it would be there.
enum Taker {
    /// A client that is being made.
    case client
    /// A call.
    case call
    /// A send: refused, it did not go out.
    case send

    func milliseconds(_ name: String, _ duration: Duration?) throws -> UInt64? {
        guard let duration else { return nil }
        guard duration >= .zero else { throw refusal(name) }
        return AvaIMessage.milliseconds(duration)
    }

    func unsigned(_ name: String, _ value: Int?) throws -> UInt64? {
        guard let value else { return nil }
        guard let positive = UInt64(exactly: value) else { throw refusal(name) }
        return positive
    }

    func retries(_ value: Int?) throws -> UInt32? {
        try unsigned("maxRetries", value).map { UInt32(clamping: $0) }
    }

    private func refusal(_ name: String) -> AvaError {
        AvaError(
            self == .client ? .configuration : .invalidRequest, reason: "\(name): must not be negative",
            delivery: self == .send ? .notSent : nil)
    }
}

func headers(_ given: [String: String]) -> [Header] {
    given.map { Header(name: $0.key, value: $0.value) }
}

extension Direction: RawRepresentable, Codable {
    /// The one that the service writes so.
    public init(rawValue: String) {
        switch rawValue {
        case "inbound": self = .inbound
        case "outbound": self = .outbound
        default: self = .other(rawValue)
        }
    }

    /// As the service writes it.
    public var rawValue: String {
        switch self {
        case .inbound: "inbound"
        case .outbound: "outbound"
        case .other(let word): word
        }
    }
}

extension Status: RawRepresentable, Codable {
    /// The one that the service writes so.
    public init(rawValue: String) {
        switch rawValue {
        case "queued": self = .queued
        case "sent": self = .sent
        case "delivered": self = .delivered
        case "failed": self = .failed
        case "received": self = .received
        default: self = .other(rawValue)
        }
    }

    /// As the service writes it.
    public var rawValue: String {
        switch self {
        case .queued: "queued"
        case .sent: "sent"
        case .delivered: "delivered"
        case .failed: "failed"
        case .received: "received"
        case .other(let word): word
        }
    }
}

extension Message {
    init(_ core: AvaCore.Message) {
        id = core.id
        phone = core.phone
        text = core.text
        direction = Direction(rawValue: core.direction)
        timestamp = core.timestamp.date
        status = Status(rawValue: core.status)
        extra = Extra(core.extra)
    }
}

extension SentMessage {
    init(_ core: AvaCore.SentMessage) {
        messageID = core.messageId
        timestamp = core.timestamp.date
        confirmation = Confirmation(rawValue: core.confirmation) ?? .response
        extra = Extra(core.extra)
    }
}

extension MessagePage {
    init(_ core: AvaCore.MessagePage) {
        messages = core.messages.map(Message.init)
        total = Int(clamping: core.total)
        limit = Int(clamping: core.limit)
        offset = Int(clamping: core.offset)
        skipped = core.skipped.map(SkippedRow.init)
        extra = Extra(core.extra)
    }
}

extension PollPage {
    init(_ core: AvaCore.PollPage) {
        messages = core.messages.map(Message.init)
        count = Int(clamping: core.count)
        hasMore = core.hasMore
        skipped = core.skipped.map(SkippedRow.init)
        extra = Extra(core.extra)
    }
}

extension GeneratedMessage {
    init(_ core: AvaCore.GeneratedMessage) {
        text = core.text
        messageID = core.messageId
        sent = core.sent
        timestamp = core.timestamp.date
        extra = Extra(core.extra)
    }
}

extension SkippedRow {
    init(_ core: AvaCore.SkippedRow) {
        index = Int(clamping: core.index)
        reason = core.reason
        raw = core.raw
    }
}

extension Gap {
    init(_ core: AvaCore.Gap) {
        from = core.from.date
        to = core.to.date
    }
}

extension Turn {
    var core: AvaCore.Turn { AvaCore.Turn(role: role, content: content) }
}
