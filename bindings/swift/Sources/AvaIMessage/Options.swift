internal import AvaCore
import Foundation

extension AvaClient {
    /// How a client is set up. What isn't set has its default. A negative number is refused when the client is made,
    /// with ``AvaError/configuration(_:)``. Printing it shows the names of the headers, not their values.
    public struct Options: Sendable {
        /// The deadline of a call, retries and settling included: 30 s; 60 s for generating.
        public var timeout: Duration?
        /// For DNS, TCP and TLS together: 5 s.
        public var connectTimeout: Duration?
        /// How long the server may be silent in the middle of an answer: 10 s.
        public var readIdleTimeout: Duration?
        /// How long an unused connection is kept: 4 s.
        public var poolIdleTimeout: Duration?
        /// How often a call is tried again, where that is safe: 2.
        public var maxRetries: Int?
        /// The first wait between tries: 0.5 s.
        public var backoff: Duration?
        /// The longest wait between tries: 8 s.
        public var backoffMax: Duration?
        /// Whether a send whose answer was lost is looked up in the history: yes.
        public var confirmFromHistory: Bool?
        /// For how long: 10 s, and not beyond the deadline.
        public var settleWithin: Duration?
        /// The first gap between two readings: 0.5 s.
        public var settleGap: Duration?
        /// Whether a send answered with 429 certainly had no effect, and may be posted again: yes.
        public var rateLimitedIsNotSent: Bool?
        /// The largest answer that is read: 8 MiB.
        public var maxResponseBytes: Int?
        /// Headers of every request.
        public var headers: [String: String]
        /// Your app's words in the `user-agent`: `Reminders/1.2`.
        public var userAgent: String?
        /// Told of the attempt of every send that was cancelled in flight, and so may have gone out. On a thread of the
        /// library's, one after the other.
        public var onUnknown: (@Sendable (Attempt) -> Void)?
        /// Where the log goes. Off by default.
        public var log: Log?

        /// Options, each with its default unless it is given.
        public init(
            timeout: Duration? = nil,
            connectTimeout: Duration? = nil,
            readIdleTimeout: Duration? = nil,
            poolIdleTimeout: Duration? = nil,
            maxRetries: Int? = nil,
            backoff: Duration? = nil,
            backoffMax: Duration? = nil,
            confirmFromHistory: Bool? = nil,
            settleWithin: Duration? = nil,
            settleGap: Duration? = nil,
            rateLimitedIsNotSent: Bool? = nil,
            maxResponseBytes: Int? = nil,
            headers: [String: String] = [:],
            userAgent: String? = nil,
            onUnknown: (@Sendable (Attempt) -> Void)? = nil,
            log: Log? = nil
        ) {
            self.timeout = timeout
            self.connectTimeout = connectTimeout
            self.readIdleTimeout = readIdleTimeout
            self.poolIdleTimeout = poolIdleTimeout
            self.maxRetries = maxRetries
            self.backoff = backoff
            self.backoffMax = backoffMax
            self.confirmFromHistory = confirmFromHistory
            self.settleWithin = settleWithin
            self.settleGap = settleGap
            self.rateLimitedIsNotSent = rateLimitedIsNotSent
            self.maxResponseBytes = maxResponseBytes
            self.headers = headers
            self.userAgent = userAgent
            self.onUnknown = onUnknown
            self.log = log
        }
    }
}

/// What can be said of every call. What isn't said is as the client has it. A negative number is refused, with
/// ``AvaError/invalidRequest(_:)``. Printing it shows the names of the headers, not their values.
public struct CallOptions: Sendable, Hashable {
    /// The call's deadline, retries and settling included. After zero, the call ends at once.
    public var timeout: Duration?
    /// How often it is tried again, where that is safe.
    public var maxRetries: Int?
    /// Further headers.
    public var headers: [String: String]

    /// Options, each as the client has it unless it is given.
    public init(timeout: Duration? = nil, maxRetries: Int? = nil, headers: [String: String] = [:]) {
        self.timeout = timeout
        self.maxRetries = maxRetries
        self.headers = headers
    }

    var core: AvaCore.CallOptions {
        AvaCore.CallOptions(
            timeoutMs: timeout.map(milliseconds), maxRetries: maxRetries.map(Int64.init),
            headers: AvaIMessage.headers(headers))
    }
}

extension AvaClient.Options {
    func core(key: String?, provider: Provider?, baseURL: URL?) -> ClientOptions {
        ClientOptions(
            language: "swift",
            apiKey: key,
            tokenProvider: provider,
            baseUrl: baseURL?.absoluteString,
            timeoutMs: timeout.map(milliseconds),
            connectTimeoutMs: connectTimeout.map(milliseconds),
            readIdleTimeoutMs: readIdleTimeout.map(milliseconds),
            poolIdleTimeoutMs: poolIdleTimeout.map(milliseconds),
            maxRetries: maxRetries.map(Int64.init),
            backoffMs: backoff.map(milliseconds),
            backoffMaxMs: backoffMax.map(milliseconds),
            confirmFromHistory: confirmFromHistory,
            settleWithinMs: settleWithin.map(milliseconds),
            settleGapMs: settleGap.map(milliseconds),
            rateLimitedIsNotSent: rateLimitedIsNotSent,
            maxResponseBytes: maxResponseBytes.map(Int64.init),
            headers: AvaIMessage.headers(headers),
            userAgent: userAgent,
            hooks: onUnknown.map(UnknownHook.init),
            logger: log.map(Sink.init),
            logLevel: log?.level?.core
        )
    }
}
