internal import AvaCore
import Foundation

/// Which way a message went.
public enum Direction: Sendable, Hashable {
    /// From the other person to us.
    case inbound
    /// From us to the other person.
    case outbound
    /// One that this version doesn't know, as the service wrote it.
    case other(String)
}

/// How far a message got.
public enum Status: Sendable, Hashable {
    /// Accepted and waiting to go out.
    case queued
    /// Gone out.
    case sent
    /// Arrived on the other person's device.
    case delivered
    /// It did not go out.
    case failed
    /// An inbound message that arrived.
    case received
    /// One that this version doesn't know, as the service wrote it.
    case other(String)
}

/// How it is known that a message was sent.
public enum Confirmation: String, Sendable, Hashable, Codable {
    /// The service answered the send.
    case response
    /// The answer was lost; the message was found in the history.
    case history
}

/// A message of a conversation. Printing it hides the text and most of the number.
public struct Message: Sendable, Hashable, Codable, Identifiable {
    /// The service's id.
    public let id: String
    /// The other person's number, E.164.
    public let phone: String
    /// What was written.
    public let text: String
    /// Which way it went.
    public let direction: Direction
    /// When, by the service's clock.
    public let timestamp: Date
    /// How far it got.
    public let status: Status
    /// What else the service says of it.
    public let extra: Extra

    /// Makes a message, for previews and tests.
    public init(
        id: String,
        phone: String,
        text: String,
        direction: Direction,
        timestamp: Date,
        status: Status,
        extra: Extra = Extra()
    ) {
        self.id = id
        self.phone = phone
        self.text = text
        self.direction = direction
        self.timestamp = timestamp
        self.status = status
        self.extra = extra
    }
}

/// A message that the service accepted. Whether it was delivered is the ``Message/status`` of its row in the history.
public struct SentMessage: Sendable, Hashable, Codable {
    /// The service's id.
    public let messageID: String
    /// When, by the service's clock.
    public let timestamp: Date
    /// How it is known.
    public let confirmation: Confirmation
    /// What else the service says of it.
    public let extra: Extra

    /// Makes one, for previews and tests.
    public init(messageID: String, timestamp: Date, confirmation: Confirmation = .response, extra: Extra = Extra()) {
        self.messageID = messageID
        self.timestamp = timestamp
        self.confirmation = confirmation
        self.extra = extra
    }
}

/// A page of a conversation.
public struct MessagePage: Sendable, Hashable {
    /// The rows, in the service's order.
    public let messages: [Message]
    /// How many messages the conversation has.
    public let total: Int
    /// How many rows a page has at the most.
    public let limit: Int
    /// How many rows were passed over.
    public let offset: Int
    /// Rows that couldn't be read.
    public let skipped: [SkippedRow]
    /// What else the service says of it.
    public let extra: Extra

    /// Makes a page, for previews and tests.
    public init(
        messages: [Message], total: Int, limit: Int, offset: Int, skipped: [SkippedRow] = [], extra: Extra = Extra()
    ) {
        self.messages = messages
        self.total = total
        self.limit = limit
        self.offset = offset
        self.skipped = skipped
        self.extra = extra
    }
}

/// What one poll brought.
public struct PollPage: Sendable, Hashable {
    /// The rows, in the service's order.
    public let messages: [Message]
    /// How many rows the service says there are.
    public let count: Int
    /// Whether there are more than these.
    public let hasMore: Bool
    /// Rows that couldn't be read.
    public let skipped: [SkippedRow]
    /// What else the service says of it.
    public let extra: Extra

    /// Makes one, for previews and tests.
    public init(messages: [Message], count: Int, hasMore: Bool, skipped: [SkippedRow] = [], extra: Extra = Extra()) {
        self.messages = messages
        self.count = count
        self.hasMore = hasMore
        self.skipped = skipped
        self.extra = extra
    }
}

/// One turn of the conversation that a reply is written to. Printing it hides what is said.
public struct Turn: Sendable, Hashable, Codable {
    /// Who speaks: `user` is the other person, `assistant` is us; the set is open.
    public var role: String
    /// What is said.
    public var content: String

    /// A turn of any role.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    /// What the other person said.
    public static func user(_ content: String) -> Turn { Turn(role: "user", content: content) }
    /// What we said.
    public static func assistant(_ content: String) -> Turn { Turn(role: "assistant", content: content) }
}

/// A reply that AVA wrote. Printing it hides the text.
public struct GeneratedMessage: Sendable, Hashable, Codable {
    /// What it wrote.
    public let text: String
    /// The service's id.
    public let messageID: String
    /// Whether it was sent.
    public let sent: Bool
    /// When, by the service's clock.
    public let timestamp: Date
    /// What else the service says of it.
    public let extra: Extra

    /// Makes a reply, for previews and tests.
    public init(text: String, messageID: String, sent: Bool = false, timestamp: Date, extra: Extra = Extra()) {
        self.text = text
        self.messageID = messageID
        self.sent = sent
        self.timestamp = timestamp
        self.extra = extra
    }
}

/// A row that isn't what the API documents. It costs nobody the rows beside it.
public struct SkippedRow: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Its place in the service's list, from 0.
    public let index: Int
    /// What is wrong with it.
    public let reason: String
    /// The row, as JSON text. It may hold people's data.
    public let raw: String

    /// Makes one, for previews and tests.
    public init(index: Int, reason: String, raw: String) {
        self.index = index
        self.reason = reason
        self.raw = raw
    }

    /// Its place and what is wrong.
    public var description: String { "row \(index): \(reason)" }
    /// What may be dumped.
    public var customMirror: Mirror { Mirror(self, children: ["index": index, "reason": reason]) }
}

/// A stretch of time of which messages may have been missed, by the service's clock.
public struct Gap: Sendable, Hashable {
    /// Its beginning.
    public let from: Date
    /// Its end.
    public let to: Date

    /// Makes one, for previews and tests.
    public init(from: Date, to: Date) {
        self.from = from
        self.to = to
    }
}
