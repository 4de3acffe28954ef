internal import AvaCore
import Foundation

/// What goes wrong.
///
/// All cases carry the same ``Details``, which the error's own properties give as well: ``delivery`` of a failed send,
/// ``status``, ``requestID``, ``retryAfter``, …
///
/// ```swift
/// do {
///     try await client.send("Your table is ready.", to: phone)
/// } catch let error as AvaError where error.delivery == .unknown {
///     // It may or may not have gone out. Don't send it again: settle(error.attempt!) asks later.
/// } catch AvaError.rateLimited(let details) {
///     try await Task.sleep(for: details.retryAfter ?? .seconds(60))
/// }
/// ```
///
/// A call whose task was cancelled throws `CancellationError` instead. Tests and previews make errors of their own by
/// ``init(_:reason:status:requestID:retryAfter:body:delivery:messageID:attempt:cause:)``.
public enum AvaError: Error, Sendable {
    /// The client is set up wrongly. Nothing was sent; mend the set-up.
    case configuration(Details)
    /// The request is refused, before anything left or by the service (400). Mend the argument.
    case invalidRequest(Details)
    /// The service doesn't know the key or token (401), or the token provider failed. Nothing was sent.
    case authentication(Details)
    /// The key or token may not do this (403). Nothing was sent.
    case permissionDenied(Details)
    /// There is no such thing (404). Nothing was sent.
    case notFound(Details)
    /// Too many requests (429), and waiting was tried or would take too long. Wait for ``retryAfter``.
    case rateLimited(Details)
    /// The service failed (5xx). A read was retried already.
    case server(Details)
    /// DNS, TCP or TLS failed, or a connection was lost. Of a send: it was not sent.
    case connection(Details)
    /// The deadline of the call passed. Of a send: it was not sent.
    case timeout(Details)
    /// The answer is not what the API documents.
    case unexpectedResponse(Details)
    /// The service declined the message, or it failed. Don't repeat it unchanged.
    case rejected(Details)
    /// The message may or may not have gone out, and the history doesn't tell. Keep ``attempt``, and
    /// ``AvaClient/settle(_:options:)`` it later. Never send it again by guess.
    case deliveryUnknown(Details)
    /// The call was cancelled. Calls throw `CancellationError` instead; hooks may be told of this.
    case cancelled(Details)
    /// The client, or the listener, was closed.
    case closed(Details)
    /// The checkpoint failed. Nothing was acknowledged.
    case storage(Details)
    /// A bug in this library. The client is usable all the same.
    case `internal`(Details)

    /// What an error carries, whatever its kind.
    public struct Details: Sendable {
        /// The kind of the error that carries it.
        public let kind: Kind
        /// The stable number of the kind.
        public var number: Int { kind.number }
        /// The stable code of the kind, the same in every language: `rate_limited`.
        public var code: String { kind.rawValue }
        /// One line for people, without data of theirs.
        public let reason: String
        /// The HTTP status, if there was an answer.
        public let status: Int?
        /// The service's name for the request.
        public let requestID: String?
        /// How long the service asks to wait.
        public let retryAfter: Duration?
        /// The beginning of the server's answer, for debugging. It may hold people's data.
        public let body: String?
        /// Of a send that failed: whether the message may have gone out.
        public let delivery: Delivery?
        /// The id of the message that failed, where the history showed that it did.
        public let messageID: String?
        /// Of a send that is unknown: what to settle.
        public let attempt: Attempt?
        /// The error behind this one: another `AvaError`, or what a function of yours threw.
        public let cause: (any Error)?
    }

    /// What it carries.
    public var details: Details {
        switch self {
        case .configuration(let details), .invalidRequest(let details), .authentication(let details),
            .permissionDenied(let details), .notFound(let details), .rateLimited(let details), .server(let details),
            .connection(let details), .timeout(let details), .unexpectedResponse(let details), .rejected(let details),
            .deliveryUnknown(let details), .cancelled(let details), .closed(let details), .storage(let details),
            .internal(let details):
            details
        }
    }

    /// Its kind, to compare: `error.kind == .closed`.
    public var kind: Kind { details.kind }
    /// The stable number of the kind.
    public var number: Int { details.number }
    /// The stable code of the kind, the same in every language: `rate_limited`.
    public var code: String { details.code }
    /// The HTTP status, if there was an answer.
    public var status: Int? { details.status }
    /// The service's name for the request.
    public var requestID: String? { details.requestID }
    /// How long the service asks to wait.
    public var retryAfter: Duration? { details.retryAfter }
    /// The beginning of the server's answer, for debugging. It may hold people's data.
    public var body: String? { details.body }
    /// Of a send that failed: whether the message may have gone out.
    public var delivery: Delivery? { details.delivery }
    /// The id of the message that failed, where the history showed that it did.
    public var messageID: String? { details.messageID }
    /// Of a send that is unknown: what to settle.
    public var attempt: Attempt? { details.attempt }
    /// The error behind this one: another `AvaError`, or what a function of yours threw.
    public var cause: (any Error)? { details.cause }
}

/// Whether a send that failed may have gone out.
public enum Delivery: String, Sendable, Hashable {
    /// It certainly did not.
    case notSent = "not_sent"
    /// Nobody can tell yet.
    case unknown
}

extension AvaError: LocalizedError, CustomNSError {
    /// One line for people, without data of theirs; from the service where it gave one.
    public var errorDescription: String? { details.reason }

    /// `AvaIMessage.AvaError`.
    public static var errorDomain: String { "AvaIMessage.AvaError" }

    /// ``number``.
    public var errorCode: Int { number }

    /// The description, and the error behind.
    public var errorUserInfo: [String: Any] {
        var info: [String: Any] = [NSLocalizedDescriptionKey: details.reason]
        info[NSUnderlyingErrorKey] = cause
        return info
    }
}

// What is printed of an error holds nobody's data: not the body, not the attempt.
extension AvaError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The code and one line.
    public var description: String { "\(code): \(details.reason)" }
    /// The same.
    public var debugDescription: String { description }
}

extension AvaError.Details: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The code and one line.
    public var description: String { "\(code): \(reason)" }
    /// The same.
    public var debugDescription: String { description }
    /// What may be dumped.
    public var customMirror: Mirror {
        Mirror(
            self, children: ["code": code, "reason": reason, "status": status as Any, "requestID": requestID as Any])
    }
}

extension AvaError {
    init(_ error: CoreError) { self.init(Details(error.failure)) }

    init(_ details: Details) {
        self =
            switch details.kind {
            case .configuration: .configuration(details)
            case .invalidRequest: .invalidRequest(details)
            case .authentication: .authentication(details)
            case .permissionDenied: .permissionDenied(details)
            case .notFound: .notFound(details)
            case .rateLimited: .rateLimited(details)
            case .server: .server(details)
            case .connection: .connection(details)
            case .timeout: .timeout(details)
            case .unexpectedResponse: .unexpectedResponse(details)
            case .rejected: .rejected(details)
            case .deliveryUnknown: .deliveryUnknown(details)
            case .cancelled: .cancelled(details)
            case .closed: .closed(details)
            case .storage: .storage(details)
            case .internal: .internal(details)
            }
    }
}

extension AvaError.Details {
    init(_ failure: Failure) {
        // From the innermost outwards.
        let thrown = (failure.thrown as? ThrownError)?.error
        let cause = failure.causes.reversed().reduce(thrown) { behind, failure in
            AvaError(AvaError.Details(failure, cause: behind))
        }
        self.init(failure, cause: cause)
    }

    private init(_ failure: Failure, cause: (any Error)?) {
        kind = AvaError.Kind(number: Int(failure.number))
        reason = failure.reason
        status = failure.status.map(Int.init)
        requestID = failure.requestId
        retryAfter = failure.retryAfterMs.map { .milliseconds(Int64(clamping: $0)) }
        body = failure.body
        delivery = failure.delivery.flatMap(Delivery.init)
        messageID = failure.messageId
        attempt = failure.attempt.map(Attempt.init)
        self.cause = cause
    }
}
