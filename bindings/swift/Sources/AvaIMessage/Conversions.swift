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

/// Whole milliseconds, rounded away from zero, so that something short doesn't become nothing.
func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let almost: Int64 = attoseconds < 0 ? -999_999_999_999_999 : 999_999_999_999_999
    let (whole, tooLong) = seconds.multipliedReportingOverflow(by: 1000)
    let (all, stillTooLong) = whole.addingReportingOverflow((attoseconds + almost) / 1_000_000_000_000_000)
    guard !tooLong, !stillTooLong else { return seconds < 0 ? .min : .max }
    return all
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
