internal import AvaCore

extension AvaError {
    /// The kinds of error without what they carry, in the order of their ``number``s. What each means stands with the
    /// case of ``AvaError`` of that name.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// ``AvaError/configuration(_:)``
        case configuration
        /// ``AvaError/invalidRequest(_:)``
        case invalidRequest = "invalid_request"
        /// ``AvaError/authentication(_:)``
        case authentication
        /// ``AvaError/permissionDenied(_:)``
        case permissionDenied = "permission_denied"
        /// ``AvaError/notFound(_:)``
        case notFound = "not_found"
        /// ``AvaError/rateLimited(_:)``
        case rateLimited = "rate_limited"
        /// ``AvaError/server(_:)``
        case server
        /// ``AvaError/connection(_:)``
        case connection
        /// ``AvaError/timeout(_:)``
        case timeout
        /// ``AvaError/unexpectedResponse(_:)``
        case unexpectedResponse = "unexpected_response"
        /// ``AvaError/rejected(_:)``
        case rejected
        /// ``AvaError/deliveryUnknown(_:)``
        case deliveryUnknown = "delivery_unknown"
        /// ``AvaError/cancelled(_:)``
        case cancelled
        /// ``AvaError/closed(_:)``
        case closed
        /// ``AvaError/storage(_:)``
        case storage
        /// ``AvaError/internal(_:)``
        case `internal`

        /// The stable number, the same in every language: 6 of ``rateLimited``.
        public var number: Int { Self.allCases.firstIndex(of: self)! + 1 }

        /// The kind of this number. Both halves are of one build, so that each number has one.
        init(number: Int) {
            self = Self.allCases.indices.contains(number - 1) ? Self.allCases[number - 1] : .internal
        }
    }

    /// Makes an error, for stubs, previews and tests: `AvaError(.rateLimited, reason: "slow down", status: 429)`.
    ///
    /// - Parameters:
    ///   - kind: Its kind.
    ///   - reason: One line for people.
    ///   - status: The HTTP status.
    ///   - requestID: The service's name for the request.
    ///   - retryAfter: How long the service asks to wait.
    ///   - body: The beginning of the server's answer.
    ///   - delivery: Of a send: whether it may have gone out.
    ///   - messageID: The id of a message that failed.
    ///   - attempt: Of a send that is unknown.
    ///   - cause: The error behind it.
    public init(
        _ kind: Kind,
        reason: String,
        status: Int? = nil,
        requestID: String? = nil,
        retryAfter: Duration? = nil,
        body: String? = nil,
        delivery: Delivery? = nil,
        messageID: String? = nil,
        attempt: Attempt? = nil,
        cause: (any Error)? = nil
    ) {
        self.init(
            Details(
                kind: kind, reason: reason, status: status, requestID: requestID, retryAfter: retryAfter, body: body,
                delivery: delivery, messageID: messageID, attempt: attempt, cause: cause))
    }
}

extension CoreError {
    /// What it carries, whatever its kind.
    var failure: Failure {
        switch self {
        case .Configuration(let failure), .InvalidRequest(let failure), .Authentication(let failure),
            .PermissionDenied(let failure), .NotFound(let failure), .RateLimited(let failure), .Server(let failure),
            .Connection(let failure), .Timeout(let failure), .UnexpectedResponse(let failure), .Rejected(let failure),
            .DeliveryUnknown(let failure), .Cancelled(let failure), .Closed(let failure), .Storage(let failure),
            .Internal(let failure):
            failure
        }
    }
}
