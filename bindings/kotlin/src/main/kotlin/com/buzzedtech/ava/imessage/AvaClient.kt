package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.NativeLibrary
import com.buzzedtech.ava.imessage.internal.Told
import com.buzzedtech.ava.imessage.internal.configuring
import com.buzzedtech.ava.imessage.internal.coreOptions
import com.buzzedtech.ava.imessage.internal.deliver
import com.buzzedtech.ava.imessage.internal.delivered
import com.buzzedtech.ava.imessage.internal.failing
import com.buzzedtech.ava.imessage.internal.finish
import com.buzzedtech.ava.imessage.internal.generatedMessage
import com.buzzedtech.ava.imessage.internal.listenOptions
import com.buzzedtech.ava.imessage.internal.message
import com.buzzedtech.ava.imessage.internal.messagePage
import com.buzzedtech.ava.imessage.internal.moment
import com.buzzedtech.ava.imessage.internal.next
import com.buzzedtech.ava.imessage.internal.outcome
import com.buzzedtech.ava.imessage.internal.pollPage
import com.buzzedtech.ava.imessage.internal.sentMessage
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.time.Instant
import kotlin.time.Duration
import com.buzzedtech.ava.imessage.core.Client as CoreClient
import com.buzzedtech.ava.imessage.core.Turn as CoreTurn

/**
 * A client of the AVA iMessage API.
 *
 * ```kotlin
 * val client = AvaClient(tokenProvider = { Token(backend.avaToken()) }, baseURL = "https://gateway.example.com")
 * client.send("+15550100142", "Hello from AVA!")
 * ```
 *
 * One is enough for an app: calls run side by side, connections are kept. Every `suspend` function may be called from any
 * dispatcher, the main one too, and blocks no thread. Making the first client does: it loads the native library. Cancelling
 * a call's coroutine drops the request; a send that was in flight then may have gone out, and [ClientOptions.onUnknown] is
 * told of it. What a call fails with is an [AvaException].
 *
 * It is for Kotlin only: from Java neither coroutines nor value classes are of much use.
 */
public class AvaClient internal constructor(
    apiKey: String?,
    tokenProvider: TokenProvider?,
    baseURL: String?,
    options: ClientOptions,
) : AutoCloseable {
    private val told = Told(options.logger)
    private val core: CoreClient

    init {
        NativeLibrary.load()
        core = configuring { CoreClient(coreOptions(apiKey, tokenProvider, baseURL, options, told)) }
    }

    /**
     * A client for apps: it holds no key, but short-lived tokens that [tokenProvider] gets from your own server.
     *
     * @param tokenProvider Asked for a token when one is needed, and again when it is about to expire or was refused.
     * @param baseURL Where the API is: your own gateway; without one the service itself. Https, or http to loopback.
     * @throws AvaException.Configuration if something is wrong with these, naming it.
     */
    public constructor(
        tokenProvider: TokenProvider,
        baseURL: String? = null,
        options: ClientOptions = ClientOptions(),
    ) : this(null, tokenProvider, baseURL, options)

    /**
     * A client for servers. **Never use it in an app**: whoever has the app has the key. The API forbids the key in
     * client-side code.
     *
     * @param apiKey The key.
     * @param baseURL Where the API is: the service, if it is not given.
     * @throws AvaException.Configuration if something is wrong with these, naming it.
     */
    public constructor(
        apiKey: String,
        baseURL: String? = null,
        options: ClientOptions = ClientOptions(),
    ) : this(apiKey, null, baseURL, options)

    /** Where the requests go. */
    public val baseURL: String get() = failing { core.baseUrl() }

    /** Whether it was closed. */
    public val isClosed: Boolean get() = core.isClosed()

    /**
     * Sends an iMessage. It is posted again only if every earlier attempt certainly was not sent; if the answer is lost, the
     * history is asked.
     *
     * @param phone E.164: `+15550100142`.
     * @param text Not empty.
     * @throws AvaException.DeliveryUnknown if it may or may not have gone out. After any other exception of this package it
     * did not ([AvaException.delivery]).
     */
    public suspend fun send(phone: String, text: String, options: CallOptions = CallOptions.NONE): SentMessage =
        outcome(failing(Delivery.NOT_SENT) { core.send(phone, text, coreOptions(options)) }, { wait() }, { sentMessage(take()) })

    /**
     * Asks the history again whether an unknown send happened. It posts nothing.
     *
     * @throws AvaException.DeliveryUnknown if that still doesn't tell.
     * @throws AvaException.Rejected if the history shows that the message failed.
     */
    public suspend fun settle(attempt: Attempt, options: CallOptions = CallOptions.NONE): SentMessage = outcome(
        failing(Delivery.UNKNOWN, attempt) { core.settle(attempt.core, coreOptions(options)) },
        { wait() },
        { sentMessage(take()) },
    )

    /**
     * A conversation, over all its pages, in the server's order: a cold flow, which fetches a page when it is needed.
     */
    public fun messages(phone: String, options: CallOptions = CallOptions.NONE): Flow<Message> = flow {
        val stream = failing { core.messages(phone, coreOptions(options)) }
        try {
            while (true) {
                emit(message(next(stream.next()) ?: break))
                // The rest of the page is here already.
                while (true) emit(message(stream.tryNext() ?: break))
            }
        } finally {
            stream.finish()
        }
    }

    /**
     * One page of a conversation.
     *
     * @param limit How many rows at the most: 50 if it is not given; 1 to 100.
     * @param offset How many rows to pass over: 0 if it is not given.
     */
    public suspend fun messagesPage(
        phone: String,
        limit: Long? = null,
        offset: Long? = null,
        options: CallOptions = CallOptions.NONE,
    ): MessagePage = outcome(
        failing { core.messagesPage(phone, limit, offset, coreOptions(options)) },
        { wait() },
        { messagePage(take()) },
    )

    /**
     * Asks once for inbound messages. [listen] does it again and again, and loses none.
     *
     * @param since Only messages after this time, by the service's clock.
     * @param phone Only messages from this phone.
     */
    public suspend fun poll(
        since: Instant? = null,
        phone: String? = null,
        options: CallOptions = CallOptions.NONE,
    ): PollPage = outcome(
        failing { core.poll(moment(since), phone, coreOptions(options)) },
        { wait() },
        { pollPage(take()) },
    )

    /**
     * Listens for inbound messages; nothing is asked before it is collected.
     *
     * @param since From this time on, by the service's clock; else from the beginning of the collection on.
     * @param phone Only messages from this phone.
     * @param interval Between polls: 5 s if it is not given, 0.1 s at least; it stretches to twice as much while nothing
     * comes.
     * @param checkpoint Where it keeps what was acknowledged. Without one each collection begins anew.
     * @param autoAck Whether asking for the next message acknowledges the last. Turn it off for whatever reads ahead.
     * @param onGap Told of each stretch of time of which messages may have been missed.
     * @param onSkipped Told of each row that can't be read.
     * @param onRetry Told of each poll that failed and will be tried again.
     * @param options Of each poll.
     */
    public fun listen(
        since: Instant? = null,
        phone: String? = null,
        interval: Duration? = null,
        checkpoint: Checkpoint? = null,
        autoAck: Boolean = true,
        onGap: ((Gap) -> Unit)? = null,
        onSkipped: ((SkippedRow) -> Unit)? = null,
        onRetry: ((AvaException) -> Unit)? = null,
        options: CallOptions = CallOptions.NONE,
    ): Listener {
        val hooks = told.ofListener(onGap, onSkipped, onRetry)
        return Listener {
            failing { core.listen(listenOptions(since, phone, interval, checkpoint, autoAck, hooks, options)) }
        }
    }

    /**
     * Has AVA write a reply.
     *
     * @param context The conversation so far; not empty.
     * @param instructions Tone, style or content to keep to.
     * @param autoSend Whether the service sends it at once. If that is unknown in the end, there is nothing to settle.
     */
    public suspend fun generate(
        phone: String,
        context: List<Turn>,
        instructions: String? = null,
        autoSend: Boolean = false,
        options: CallOptions = CallOptions.NONE,
    ): GeneratedMessage = outcome(
        failing(if (autoSend) Delivery.NOT_SENT else null) {
            val turns = context.map { CoreTurn(it.role.value, it.content) }
            core.generate(phone, turns, instructions, autoSend, coreOptions(options))
        },
        { wait() },
        { generatedMessage(take()) },
    )

    /**
     * Has AVA write a reply to the newest messages of a conversation. Nothing is sent.
     *
     * @param instructions Tone, style or content to keep to.
     * @param history How many of the newest messages to reply to: 20 if it is not given; 1 to 100.
     */
    public suspend fun draftReply(
        phone: String,
        instructions: String? = null,
        history: Long? = null,
        options: CallOptions = CallOptions.NONE,
    ): GeneratedMessage = outcome(
        failing { core.draftReply(phone, instructions, history, coreOptions(options)) },
        { wait() },
        { generatedMessage(take()) },
    )

    /**
     * Refuses new calls from now on, with [AvaException.Closed], and ends the listeners. Calls in flight go on, each until
     * its deadline; [closeAndJoin] waits for them.
     *
     * What was logged and told so far arrives before this returns, unless that takes a logger or a hook more than a second.
     */
    override fun close() {
        core.shut().destroy()
        deliver()
    }

    /** [close], and waits until the calls in flight have ended, and then as [flush] does. */
    public suspend fun closeAndJoin() {
        outcome(core.shut(), { wait() }, { take() })
        flush()
    }

    /**
     * Ends when all that was logged and told so far has arrived: what is under way when a program ends does not. Of all
     * clients, since they share a thread for it. It waits for two seconds at the most.
     *
     * @return Whether that was enough.
     */
    public suspend fun flush(): Boolean = delivered()

    override fun toString(): String = "AvaClient(isClosed=$isClosed)"
}
