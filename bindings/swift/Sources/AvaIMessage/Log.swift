internal import AvaCore
import Foundation

/// Where a client's log goes: a closure of yours, which suits `os.Logger`, swift-log and `print` alike.
///
/// swift-log has the same names for the levels, `os.Logger` fewer of them:
///
/// ```swift
/// // swift-log
/// let log = Log(level: .debug) { entry in
///     logger.log(level: .init(rawValue: "\(entry.level)") ?? .info, "\(entry)")
/// }
///
/// // os.Logger
/// let log = Log(level: .debug) { entry in
///     let type: OSLogType =
///         switch entry.level {
///         case .trace, .debug: .debug
///         case .info: .info
///         case .warning: .default
///         case .error: .error
///         }
///     logger.log(level: type, "\(entry, privacy: .public)")
/// }
/// ```
///
/// Neither keys, nor texts, nor whole phone numbers are ever logged.
public struct Log: Sendable {
    /// How much a line matters.
    public enum Level: Int, Sendable, Hashable, Comparable {
        /// Everything.
        case trace
        /// Each request, each retry.
        case debug
        /// Worth knowing.
        case info
        /// Somebody should know: a send was cut in flight, messages may have been missed, a poll failed.
        case warning
        /// Something is broken.
        case error

        /// Whether the left one matters less.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// A line.
    public struct Entry: Sendable, CustomStringConvertible {
        /// How much it matters.
        public let level: Level
        /// When it was written, by this machine's clock.
        public let date: Date
        /// What happened, in words that don't change from one time to the next.
        public let message: String
        /// With what, in order.
        public let fields: [(name: String, value: String)]

        /// The message and its fields.
        public var description: String {
            fields.reduce(message) { "\($0) \($1.name)=\($1.value)" }
        }
    }

    /// Lines from this level on are made; below, they cost next to nothing. `nil` is the default: from ``Level/info`` on.
    public var level: Level?
    /// Takes a line. On a thread of the library's, one after the other; nobody waits for it.
    public var handler: @Sendable (Entry) -> Void

    /// A log of lines from `level` on.
    public init(level: Level? = nil, handler: @escaping @Sendable (Entry) -> Void) {
        self.level = level
        self.handler = handler
    }

    /// Returns when every line and every hook so far was told; for the end of a program, and for tests. Waits two
    /// seconds at the most, and says whether that was enough.
    @discardableResult
    public static func flush() async -> Bool {
        await withCheckedContinuation { told in
            // It blocks, which no thread of Swift's tasks may.
            DispatchQueue.global().async { told.resume(returning: flushCallbacks(timeoutMs: flushLimitMs())) }
        }
    }
}

final class Sink: LogSink {
    private let handler: @Sendable (Log.Entry) -> Void

    init(_ log: Log) {
        handler = log.handler
    }

    func log(lines: [LogLine]) {
        for line in lines {
            guard let level = Log.Level(line.level) else { continue }
            let fields = line.fields.map { (name: $0.name, value: $0.value) }
            handler(Log.Entry(level: level, date: line.time.date, message: line.message, fields: fields))
        }
    }
}

extension Log.Level {
    init?(_ core: LogLevel) {
        switch core {
        case .off: return nil
        case .error: self = .error
        case .warn: self = .warning
        case .info: self = .info
        case .debug: self = .debug
        case .trace: self = .trace
        }
    }

    var core: LogLevel {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .warning: .warn
        case .error: .error
        }
    }
}
