internal import AvaCore
import Foundation

/// A client for the AVA iMessage API.
///
/// Share one: calls may be made from any task, side by side, and connections are kept. What isn't needed any more is
/// given up when the client goes; ``close()`` waits for what is in flight.
///
/// Every call can be cancelled through its `Task`: the request is dropped at once, and the call throws
/// `CancellationError`. Everything else that goes wrong is an ``AvaError``.
///
/// It speaks HTTP/1.1, follows no proxy settings, and trusts the authorities of the system, or those that it brings where
/// the system has none; further ones can't be given.
///
/// ```swift
/// let client = try AvaClient(tokenProvider: { try await gateway.token() }, baseURL: gateway.url)
/// let sent = try await client.send("Hello from AVA!", to: "+15550100142")
/// ```
public final class AvaClient: Sendable {
    let core: AvaCore.Client

    /// Makes a client for an app: it holds short-lived tokens instead of the key.
    ///
    /// - Parameters:
    ///   - tokenProvider: Gives a token; from your own server, which knows who asks. It is asked when the last one is
    ///     about to expire, and once after a 401. All calls wait for its answer, each within its deadline; the next one
    ///     after such a deadline asks again, so that it may be called while it runs already. What it throws becomes the
    ///     ``AvaError/cause`` of an ``AvaError/authentication(_:)``.
    ///   - baseURL: Where your gateway is. Default: the service itself.
    ///   - options: Deadlines, retries and so on.
    /// - Throws: ``AvaError/configuration(_:)``, which names the option.
    public convenience init(
        tokenProvider: @escaping @Sendable () async throws -> AvaToken,
        baseURL: URL? = nil,
        options: Options = Options()
    ) throws {
        try self.init(key: nil, provider: Provider(ask: tokenProvider), baseURL: baseURL, options: options)
    }

    /// The same with a provider of plain tokens, each of which is used until the service refuses it.
    // A closure that only throws fits both: that one gives an `AvaToken` then, instead of being ambiguous.
    @_disfavoredOverload
    public convenience init(
        tokenProvider: @escaping @Sendable () async throws -> String,
        baseURL: URL? = nil,
        options: Options = Options()
    ) throws {
        try self.init(tokenProvider: { AvaToken(try await tokenProvider()) }, baseURL: baseURL, options: options)
    }

    /// Makes a client that holds the API key. **For servers and command-line tools only**: whoever has an app has
    /// everything in it, the key included.
    ///
    /// - Parameters:
    ///   - apiKey: The key, from the service.
    ///   - baseURL: Where the API is. Default: the service itself.
    ///   - options: Deadlines, retries and so on.
    /// - Throws: ``AvaError/configuration(_:)``, which names the option.
    public convenience init(apiKey: String, baseURL: URL? = nil, options: Options = Options()) throws {
        try self.init(key: apiKey, provider: nil, baseURL: baseURL, options: options)
    }

    init(key: String?, provider: Provider?, baseURL: URL?, options: Options) throws {
        core = try failing { try Client(options: options.core(key: key, provider: provider, baseURL: baseURL)) }
    }

    /// Where the requests go.
    public var baseURL: URL? { (try? core.baseUrl()).flatMap(URL.init(string:)) }

    /// Whether ``close()`` was called.
    public var isClosed: Bool { core.isClosed() }

    /// Refuses new calls from this moment on, ends the listeners' iteration, and returns when the calls in flight have
    /// ended, each by its deadline; or at once when its task is cancelled, which leaves the client closed, and the calls
    /// in flight to end by themselves.
    public func close() async {
        let closing = core.close()
        await withTaskCancellationHandler {
            await closing.wait()
        } onCancel: {
            closing.cancel()
        }
    }

    /// Sends an iMessage.
    ///
    /// It ends as *sent*, *not sent*, or *unknown*, and is never posted twice by guess. A lost answer is looked up in the
    /// history, within the deadline.
    ///
    /// - Parameters:
    ///   - text: What to send; not empty.
    ///   - phone: To whom, as E.164: `+15550100142`.
    ///   - options: Those of every call.
    /// - Throws: ``AvaError``. ``AvaError/delivery`` says whether the message may have gone out; if it is
    ///   ``Delivery/unknown``, don't send it again, but ``settle(_:options:)`` its ``AvaError/attempt``. A send whose
    ///   task is cancelled in flight throws `CancellationError`, and ``Options/onUnknown`` is told of it.
    @discardableResult
    public func send(_ text: String, to phone: String, options: CallOptions = CallOptions()) async throws -> SentMessage
    {
        SentMessage(try await value(of: core.send(phone: phone, text: text, options: options.core)))
    }

    /// Asks the history again whether an unknown send happened. Posts nothing.
    ///
    /// - Throws: ``AvaError/deliveryUnknown(_:)`` if it still doesn't tell, ``AvaError/rejected(_:)`` if the message is
    ///   there and failed.
    @discardableResult
    public func settle(_ attempt: Attempt, options: CallOptions = CallOptions()) async throws -> SentMessage {
        SentMessage(try await value(of: core.settle(attempt: attempt.core, options: options.core)))
    }

    /// A conversation, over all its pages, in the order of the service's rows. Each iteration reads it anew, page by
    /// page, as it goes.
    public func messages(phone: String, options: CallOptions = CallOptions()) -> Messages {
        Messages(client: self, phone: phone, options: options)
    }

    /// One page of a conversation.
    ///
    /// - Parameters:
    ///   - phone: Whose, as E.164.
    ///   - limit: At most so many rows: 1 to 100. Default: 50.
    ///   - offset: So many rows are passed over. Default: 0.
    ///   - options: Those of every call.
    public func messagesPage(
        phone: String, limit: Int? = nil, offset: Int? = nil, options: CallOptions = CallOptions()
    ) async throws -> MessagePage {
        let call = core.messagesPage(
            phone: phone, limit: limit.map(Int64.init), offset: offset.map(Int64.init), options: options.core)
        return MessagePage(try await value(of: call))
    }

    /// Asks once for inbound messages. ``listen(since:phone:interval:checkpoint:autoAck:onGap:onSkipped:onRetry:options:)``
    /// does it again and again, and loses none.
    ///
    /// - Parameters:
    ///   - since: Only messages after this time, by the service's clock.
    ///   - phone: Only messages from this phone.
    ///   - options: Those of every call.
    public func poll(
        since: Date? = nil, phone: String? = nil, options: CallOptions = CallOptions()
    ) async throws -> PollPage {
        PollPage(
            try await value(of: core.poll(since: since.map(Moment.init), phone: phone, options: options.core)))
    }

    /// Listens for inbound messages.
    ///
    /// It returns when the listener is open: what arrives from then on is given, at least once. That counts in the whole
    /// seconds of the service's `Date`: a message of the same second, from just before, may be given as well.
    ///
    /// ```swift
    /// for try await message in try await client.listen(checkpoint: .file(inbox)) {
    ///     try await client.send("You wrote: \(message.text)", to: message.phone)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - since: From this time on, by the service's clock. Default: from now on.
    ///   - phone: Only messages from this phone.
    ///   - interval: Between polls: 5 s by default, 0.1 s at least. It stretches to twice as much while
    ///     nothing comes.
    ///   - checkpoint: Where it is kept what was acknowledged. Without one, a restart begins anew.
    ///   - autoAck: Whether asking for the next message acknowledges the last. Turn it off where something pulls ahead
    ///     of you, and say ``Listener/ack(_:)``.
    ///   - onGap: Told of a stretch of time of which messages may have been missed.
    ///   - onSkipped: Told of a row that can't be read.
    ///   - onRetry: Told of a poll that failed and will be tried again.
    ///   - options: Those of every call: of each poll, that is.
    public func listen(
        since: Date? = nil,
        phone: String? = nil,
        interval: Duration? = nil,
        checkpoint: Checkpoint? = nil,
        autoAck: Bool = true,
        onGap: (@Sendable (Gap) -> Void)? = nil,
        onSkipped: (@Sendable (SkippedRow) -> Void)? = nil,
        onRetry: (@Sendable (AvaError) -> Void)? = nil,
        options: CallOptions = CallOptions()
    ) async throws -> Listener {
        let told = onGap != nil || onSkipped != nil || onRetry != nil
        let given = ListenOptions(
            since: since.map(Moment.init),
            phone: phone,
            intervalMs: interval.map(milliseconds),
            checkpointPath: checkpoint?.path,
            checkpointStore: checkpoint?.store,
            autoAck: autoAck,
            hooks: told ? Hooks(onGap: onGap, onSkipped: onSkipped, onRetry: onRetry) : nil,
            call: options.core
        )
        return Listener(try await value(of: core.listen(options: given)))
    }

    /// Has AVA write a reply to a conversation that you give.
    ///
    /// - Parameters:
    ///   - phone: To whom, as E.164.
    ///   - context: The conversation, oldest first; not empty.
    ///   - instructions: Tone, style or content to keep to.
    ///   - autoSend: Whether the service sends it at once. Such a call is never made twice by guess.
    ///   - options: Those of every call. The deadline is 60 s here unless the client or the call sets one.
    public func generate(
        phone: String, context: [Turn], instructions: String? = nil, autoSend: Bool = false,
        options: CallOptions = CallOptions()
    ) async throws -> GeneratedMessage {
        let call = core.generate(
            phone: phone, context: context.map(\.core), instructions: instructions, autoSend: autoSend,
            options: options.core)
        return GeneratedMessage(try await value(of: call))
    }

    /// Has AVA write a reply to the newest messages of the conversation with `phone`. Nothing is sent.
    ///
    /// - Parameters:
    ///   - phone: With whom, as E.164.
    ///   - instructions: Tone, style or content to keep to.
    ///   - history: How many of the newest messages to reply to: 1 to 100. Default: 20.
    ///   - options: Those of every call. The deadline is 60 s here unless the client or the call sets one.
    public func draftReply(
        phone: String, instructions: String? = nil, history: Int? = nil, options: CallOptions = CallOptions()
    ) async throws -> GeneratedMessage {
        let call = core.draftReply(
            phone: phone, instructions: instructions, history: history.map(Int64.init),
            options: options.core)
        return GeneratedMessage(try await value(of: call))
    }
}
