package com.buzzedtech.ava.imessage.vectors

import com.buzzedtech.ava.imessage.Attempt
import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.CallOptions
import com.buzzedtech.ava.imessage.CheckpointStore
import com.buzzedtech.ava.imessage.ClientOptions
import com.buzzedtech.ava.imessage.Gap
import com.buzzedtech.ava.imessage.LogLevel
import com.buzzedtech.ava.imessage.Message
import com.buzzedtech.ava.imessage.Role
import com.buzzedtech.ava.imessage.SkippedRow
import com.buzzedtech.ava.imessage.Token
import com.buzzedtech.ava.imessage.TokenProvider
import com.buzzedtech.ava.imessage.Turn
import com.buzzedtech.ava.imessage.flush
import com.buzzedtech.ava.imessage.testing.Sandbox
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

private val CLIENT_OPTIONS = listOf(
    "api_key",
    "base_url",
    "token_provider",
    "timeout_ms",
    "connect_timeout_ms",
    "read_idle_ms",
    "backoff_ms",
    "backoff_max_ms",
    "settle_ms",
    "settle_gap_ms",
    "max_retries",
    "confirm_from_history",
    "rate_limited_is_not_sent",
    "max_response_bytes",
    "headers",
)

private class MemoryCheckpoint : CheckpointStore {
    private var text: String? = null

    override suspend fun load(): String? = text

    override suspend fun save(state: String) {
        yield()
        text = state
    }
}

/** The arguments of a step: what is taken of them is known, and in the end nothing may be left. */
private class Arguments(given: Object) {
    private val left = given.toMutableMap()

    fun text(name: String): String? = left.remove(name) as String?

    fun whole(name: String): Long? = left.remove(name)?.let(::number)

    fun milliseconds(name: String): Duration? = whole(name)?.milliseconds

    fun time(name: String): Instant? = text(name)?.let(Instant::parse)

    fun flag(name: String): Boolean? = left.remove(name) as Boolean?

    fun any(name: String): Any? = left.remove(name)

    fun headers(): Map<String, String> =
        left.remove("headers")?.let(::members).orEmpty().mapValues { "${it.value}" }

    fun call(): CallOptions = CallOptions(milliseconds("timeout_ms"), whole("max_retries")?.toInt(), headers())

    fun end() = demand(left.isEmpty()) { "unknown arguments: ${left.keys}" }
}

/** What the steps of a vector share, and the ops. */
internal class World(
    private val options: Object,
    private val sandbox: Sandbox,
    private val leaks: Leaks,
) {
    private val checkpoints = HashMap<String, MemoryCheckpoint>()
    private val hookCalls = AtomicInteger()
    private val attempt = AtomicReference<Attempt?>()
    private val clients = CopyOnWriteArrayList<AvaClient>()
    private val client = makeClient()

    fun close() = clients.forEach(AvaClient::close)

    private fun makeClient(): AvaClient {
        known(options, CLIENT_OPTIONS)
        val given = Arguments(options)
        val hasProvider = "token_provider" in options
        val ofVector = given.text("api_key")
        val key = if ("api_key" in options || hasProvider) ofVector else sandbox.apiKey
        val provider = given.any("token_provider")?.let { tokens(members(it)) }
        val made = AvaClient(
            apiKey = key,
            tokenProvider = provider,
            baseURL = given.text("base_url") ?: sandbox.baseURL,
            options = ClientOptions(
                timeout = given.milliseconds("timeout_ms"),
                connectTimeout = given.milliseconds("connect_timeout_ms"),
                readIdleTimeout = given.milliseconds("read_idle_ms"),
                maxRetries = given.whole("max_retries")?.toInt(),
                backoff = given.milliseconds("backoff_ms"),
                backoffMax = given.milliseconds("backoff_max_ms"),
                settleWithin = given.milliseconds("settle_ms"),
                settleGap = given.milliseconds("settle_gap_ms"),
                confirmFromHistory = given.flag("confirm_from_history"),
                rateLimitedIsNotSent = given.flag("rate_limited_is_not_sent"),
                maxResponseBytes = given.whole("max_response_bytes"),
                headers = given.headers(),
                logger = leaks.logger,
                logLevel = LogLevel.TRACE,
                onUnknown = {
                    attempt.set(it)
                    // Last: whoever waits for the count goes on to settle.
                    hookCalls.incrementAndGet()
                },
            ),
        )
        given.end()
        leaks.saw(made)
        clients += made
        return made
    }

    private fun tokens(provider: Object): TokenProvider {
        known(provider, listOf("tokens"))
        val tokens = ArrayDeque(list(provider["tokens"]))
        return TokenProvider {
            yield()
            val given = synchronized(tokens) { if (tokens.size > 1) tokens.removeFirst() else tokens.first() }
            if (given is String) return@TokenProvider Token(given)
            val entry = members(given)
            when (entry.keys) {
                setOf("token", "expires_in_ms") ->
                    Token(entry["token"].toString(), expiresIn = number(entry["expires_in_ms"]).milliseconds)
                setOf("error") -> throw IllegalStateException(entry["error"].toString())
                setOf("hang") -> awaitCancellation()
                else -> throw Failed("an unknown token: ${told(given)}")
            }
        }
    }

    suspend fun run(step: Object): Any {
        known(step, listOf("op", "args", "parallel", "expect"))
        step["parallel"]?.let { branches ->
            known(step, listOf("parallel", "expect"))
            return coroutineScope { list(branches).map { async { branch(it) } }.awaitAll() }
        }
        val args = Arguments(members(step["args"] ?: emptyMap<String, Any?>()))
        return try {
            val result = op(step["op"].toString(), args)
            args.end()
            mapOf("result" to result)
        } catch (error: AvaException) {
            mapOf("error" to seen(error))
        }
    }

    private suspend fun branch(branch: Any?): Any {
        val steps = if (branch is List<*>) branch else listOf(branch)
        val outcomes = steps.map { step ->
            demand("expect" !in members(step)) { "what a branch is to bring stands in the parallel's expect" }
            run(members(step))
        }
        return outcomes.lastOrNull() ?: throw Failed("a branch without steps")
    }

    private fun seen(error: AvaException): Object {
        leaks.saw(error)
        error.attempt?.let {
            leaks.saw(it)
            attempt.set(it)
        }
        return view(error).also(::always)
    }

    private fun shown(value: Any): Object {
        leaks.saw(value)
        return view(value)
    }

    private suspend fun op(name: String, args: Arguments): Any? = when (name) {
        "send" -> shown(client.send(args.text("phone")!!, args.text("text")!!, args.call()))
        "settle" -> shown(settle(args))
        "messages" -> messages(args)
        "messages_page" ->
            shown(client.messagesPage(args.text("phone")!!, args.whole("limit"), args.whole("offset"), args.call()))
        "poll" -> shown(client.poll(args.time("since"), args.text("phone"), args.call()))
        "listen" -> listen(args)
        "generate" -> shown(generate(args))
        "draft_reply" ->
            shown(client.draftReply(args.text("phone")!!, args.text("instructions"), args.whole("history"), args.call()))
        "close" -> shown(client.closeAndJoin())
        "cancel" -> cancel(args)
        "control" -> control(args)
        "wait" -> args.whole("requests")!!.let { count ->
            while (sandbox.requests().size < count) delay(5)
            emptyMap<String, Any?>()
        }
        "sleep" -> emptyMap<String, Any?>().also { delay(args.whole("ms")!!) }
        else -> throw Failed("unknown op $name")
    }

    private suspend fun settle(args: Arguments): Any {
        var kept = attempt.get() ?: throw Failed("settle: no error had an attempt so far")
        if (args.flag("through_json") == true) kept = Attempt.fromJson(kept.toJson())
        val by = if (args.flag("new_client") == true) makeClient() else client
        return by.settle(kept, args.call())
    }

    private suspend fun messages(args: Arguments): Object {
        val messages = ArrayList<Message>()
        var failure: Object? = null
        try {
            client.messages(args.text("phone")!!, args.call()).collect { messages += it }
        } catch (error: AvaException) {
            failure = seen(error)
        }
        return listed(messages, failure) + ("count" to messages.size)
    }

    private fun listed(messages: List<Message>, failure: Object?): Object {
        messages.forEach(::shown)
        val listed = mapOf("ids" to messages.map { it.id }, "texts" to messages.map { it.text })
        return if (failure == null) listed else listed + ("error" to failure)
    }

    private suspend fun listen(args: Arguments): Object {
        val take = args.whole("take")!!.toInt()
        val within = args.milliseconds("for_ms") ?: Duration.INFINITE
        val byHand = args.flag("ack") == true
        val gaps = CopyOnWriteArrayList<Gap>()
        val skipped = CopyOnWriteArrayList<SkippedRow>()
        val messages = ArrayList<Message>()
        var ended = false
        var failure: Object? = null
        try {
            val listener = client.listen(
                since = args.time("since"),
                phone = args.text("phone"),
                interval = args.milliseconds("interval_ms"),
                autoAck = args.flag("auto_ack") ?: true,
                checkpoint = args.text("checkpoint")?.let { checkpoints.getOrPut(it, ::MemoryCheckpoint) },
                onGap = { gaps += it },
                onSkipped = { skipped += it },
                options = args.call(),
            )
            withTimeoutOrNull(within) {
                listener.take(take).collect { message ->
                    if (byHand) listener.ack(message)
                    messages += message
                }
                ended = messages.size < take
            }
        } catch (error: AvaException) {
            failure = seen(error)
        }
        flush()
        skipped.forEach(leaks::saw)
        val told = gaps.map { mapOf("from" to rfc3339(it.from), "to" to rfc3339(it.to)) }
        return listed(messages, failure) + mapOf("gaps" to told, "skipped" to skipped.size, "ended" to ended)
    }

    private suspend fun generate(args: Arguments): Any {
        val context = list(args.any("context")).map { turn ->
            known(members(turn), listOf("role", "content"))
            Turn(Role(members(turn)["role"].toString()), members(turn)["content"].toString())
        }
        val phone = args.text("phone")!!
        return client.generate(phone, context, args.text("instructions"), args.flag("auto_send") ?: false, args.call())
    }

    private suspend fun cancel(args: Arguments): Object {
        val step = members(args.any("step"))
        val afterRequests = args.whole("after_requests") ?: 0
        val after = args.milliseconds("after_ms") ?: Duration.ZERO
        val before = hookCalls.get()
        val cancelled = supervisorScope {
            val running = async { run(step) }
            while (running.isActive && sandbox.requests().size < afterRequests) delay(5)
            withTimeoutOrNull(after) { running.join() }
            running.cancel()
            try {
                running.await()
                false
            } catch (_: CancellationException) {
                true
            }
        }
        // The request is dropped on the worker, a moment after the caller has left.
        withTimeoutOrNull(300) { while (hookCalls.get() == before) delay(10) }
        return mapOf("cancelled" to cancelled, "unknown_hook" to hookCalls.get() - before)
    }

    private suspend fun control(args: Arguments): Any? {
        val path = args.text("path")!!
        demand(path.startsWith("/_sandbox/")) { path }
        return sandbox.control(args.text("method") ?: "POST", path.removePrefix("/_sandbox/"), args.any("body"))
    }
}
