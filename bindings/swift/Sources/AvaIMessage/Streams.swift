internal import AvaCore

/// A conversation, over all its pages. ``AvaClient/messages(phone:options:)`` gives it.
///
/// Iterating reads it from the beginning, and asks for a page when the last one was read. Leaving the loop drops what
/// was under way; cancelling the task ends it before the next message. Printing it hides the number.
public struct Messages: AsyncSequence, Sendable {
    let client: AvaClient
    let phone: String
    let options: CallOptions

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator { Iterator(messages: self) }

    /// A reading.
    public struct Iterator: AsyncIteratorProtocol {
        let messages: Messages
        private var stream: MessageStream?

        init(messages: Messages) {
            self.messages = messages
        }

        /// The next message; `nil` at the end.
        public mutating func next() async throws -> Message? {
            // The rest of a page needs no call, and a call's cancellation would come after all of it.
            try Task.checkCancellation()
            let stream = try stream ?? open()
            if let message = stream.tryNext() { return Message(message) }
            return try await value(of: stream.next()).map(Message.init)
        }

        private mutating func open() throws -> MessageStream {
            let opened = try failing {
                try messages.client.core.messages(phone: messages.phone, options: messages.options.core)
            }
            stream = opened
            return opened
        }
    }
}

/// Inbound messages, as they come.
/// ``AvaClient/listen(since:phone:interval:checkpoint:autoAck:onGap:onSkipped:onRetry:options:)`` gives it.
///
/// Every message comes at least once. Unless `autoAck` is off, asking for the next one acknowledges the last; leaving
/// the loop doesn't. The iteration ends when the listener or its client is closed, and throws where polling is of no
/// use any more. Iterations share what comes: each message goes to one of them.
public final class Listener: AsyncSequence, Sendable {
    private let core: AvaCore.Listener

    init(_ core: AvaCore.Listener) {
        self.core = core
    }

    deinit {
        core.close()
    }

    /// Acknowledges a message: it need not come again. When this returns, the checkpoint has it. A message that this
    /// listener hasn't given, or that is acknowledged already, changes nothing.
    public func ack(_ message: Message) async throws { try await ack(id: message.id) }

    /// Acknowledges the message of this id, for who has kept no more of it. An id that this listener hasn't given
    /// changes nothing, and is no error: it may be that of a message from before, acknowledged long ago.
    public func ack(id: String) async throws { try await value(of: core.ack(id: id)) }

    /// Ends it, and the iteration. Acknowledges nothing.
    public func close() { core.close() }

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator { Iterator(listener: self) }

    /// A reading.
    public struct Iterator: AsyncIteratorProtocol {
        /// It keeps the listener open.
        let listener: Listener

        /// The next message; `nil` when it was closed. A `next` that is cancelled loses nothing.
        public mutating func next() async throws -> Message? {
            try await value(of: listener.core.next()).map(Message.init)
        }
    }
}
