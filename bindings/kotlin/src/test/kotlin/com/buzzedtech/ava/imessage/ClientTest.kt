package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.milliseconds
import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxExtension
import com.buzzedtech.ava.imessage.testing.SandboxOperation
import com.buzzedtech.ava.imessage.testing.madeUpAttempt
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import java.time.Instant
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

@ExtendWith(SandboxExtension::class)
class ClientTest {
    @Test
    fun `all calls`(sandbox: Sandbox) = runBlocking<Unit> {
        sandbox.client().use { client ->
            val sent = client.send(PHONE, "canary Hello 👋")
            assertTrue(sent.messageId.startsWith("msg_"))
            assertEquals(Confirmation.RESPONSE, sent.confirmation)
            sandbox.inbound(PHONE, "canary Hi")
            val page = client.messagesPage(PHONE, limit = 1, offset = 1)
            assertEquals(listOf(2L, 1L, 1L, 1L), listOf(page.total, page.limit, page.offset, page.messages.size.toLong()))
            val texts = client.messages(PHONE).toList().map { it.text }
            assertEquals(setOf("canary Hello 👋", "canary Hi"), texts.toSet())
            val polled = client.poll(since = Instant.now().minusSeconds(3600), phone = PHONE)
            assertEquals(listOf(1L, false, "canary Hi"), listOf(polled.count, polled.hasMore, polled.messages[0].text))
            assertEquals(Direction.INBOUND, polled.messages[0].direction)
            assertEquals(0, client.poll(since = Instant.parse("2100-01-01T00:00:00Z")).count)
            val context = listOf(Turn.user("canary ?"), Turn.assistant("canary !"))
            val generated = client.generate(PHONE, context, instructions = "canary, short")
            assertTrue(generated.text.isNotEmpty() && !generated.sent)
            assertTrue(client.draftReply(PHONE, history = 5).text.isNotEmpty())
        }
        val agent = (sandbox.requests()[0]["headers"] as Map<*, *>)["user-agent"].toString()
        assertTrue(agent.startsWith("ava-imessage-kotlin/0.1.0"), agent)
    }

    @Test
    fun `what calls give hides people's data when it is printed`(sandbox: Sandbox) = runBlocking<Unit> {
        val row = mapOf(
            "id" to "msg_1",
            "phone" to PHONE,
            "message" to "canary",
            "direction" to "inbound",
            "timestamp" to "2026-01-25T12:00:00.123456Z",
            "status" to "received",
            "subject" to "canary too",
            "parts" to listOf(1, 2.5, true, null, mapOf("a" to "\"\\\u0001")),
        )
        val rows = listOf(row, mapOf("id" to "canary"))
        val answer = mapOf("success" to true, "messages" to rows, "total" to 2, "limit" to 50, "offset" to 0)
        sandbox.script(listOf(mapOf("json" to answer + ("took_ms" to 3))))
        val client = sandbox.serverClient()
        val page = client.messagesPage(PHONE)
        val message = page.messages.single()
        assertEquals(Instant.parse("2026-01-25T12:00:00.123456Z"), message.timestamp)
        val parts = listOf(1L, 2.5.toBigDecimal(), true, null, mapOf("a" to "\"\\\u0001"))
        assertEquals(mapOf("subject" to "canary too", "parts" to parts), message.extra)
        assertEquals(mapOf("took_ms" to 3L), page.extra)
        assertEquals(message, message.copy(extra = message.extra.toMap()))
        assertEquals(1, page.skipped.single().index)
        assertTrue("canary" in page.skipped.single().raw)
        val shown = "$page ${Turn.user("canary")}"
        assertFalse("canary" in shown || PHONE.drop(1) in shown, shown)
        assertTrue("text=<6 characters>" in shown, shown)
    }

    @Test
    fun `options of a call`(sandbox: Sandbox) = runBlocking<Unit> {
        val headers = mapOf("x-client" to "1", "x-both" to "client")
        val client = sandbox.serverClient(ClientOptions(headers = headers, userAgent = "tests/1"))
        client.poll(options = CallOptions(headers = mapOf("x-both" to "call"), timeout = Duration.INFINITE))
        val got = sandbox.requests().last()["headers"] as Map<*, *>
        assertEquals(listOf("1", "call"), listOf(got["x-client"], got["x-both"]))
        assertTrue(got["user-agent"].toString().startsWith("tests/1 "))
        sandbox.fault(SandboxOperation.POLL, "delay_ms" to 2000)
        fails<AvaException.Timeout> { client.poll(options = CallOptions(timeout = 100.milliseconds)) }
        sandbox.fault(SandboxOperation.POLL, "status" to 503)
        val error = fails<AvaException.Server> { client.poll(options = CallOptions(maxRetries = 0)) }
        assertEquals(503, error.status)
        fails<AvaException.Timeout> { client.poll(options = CallOptions(timeout = Duration.ZERO)) }
        // A moment is rounded to one, not to none at all.
        val wholes = listOf(0.5, 1.0, 1.001, -0.5).map { milliseconds(it.milliseconds) }
        assertEquals(listOf<Long?>(1, 1, 2, -1), wholes)
        assertEquals(listOf(Long.MAX_VALUE, Long.MIN_VALUE), listOf(Duration.INFINITE, -Duration.INFINITE).map(::milliseconds))
    }

    @Test
    fun `options are values, and say what was given but for what headers hold`() {
        val call = CallOptions(timeout = 2.seconds, headers = mapOf("x-secret" to "canary"))
        assertEquals("CallOptions(timeout=2s, headers=[x-secret])", "$call")
        assertEquals(call, CallOptions(timeout = 2.seconds, headers = mapOf("x-secret" to "canary")))
        assertEquals(call.hashCode(), CallOptions(2.seconds, null, mapOf("x-secret" to "canary")).hashCode())
        assertNotEquals(call, CallOptions(timeout = 2.seconds))
        val logger = Logger {}
        val options = ClientOptions(maxRetries = 3, headers = mapOf("x-secret" to "canary"), onUnknown = {}, logger = logger)
        assertEquals("ClientOptions(maxRetries=3, headers=[x-secret], onUnknown=…, logger=…)", "$options")
        assertEquals(ClientOptions(backoff = 1.seconds, logger = logger), ClientOptions(backoff = 1.seconds, logger = logger))
        assertNotEquals(ClientOptions(), ClientOptions(backoff = 1.seconds))
    }

    @Test
    fun `a wrong set-up is refused by name`(sandbox: Sandbox) {
        for ((url, words) in listOf(
            "ftp://example.com" to "baseURL: ",
            "https://canary:canary@example.com" to "baseURL: ",
            "http://example.com" to "baseURL: ",
            "" to "baseURL: ",
        )) {
            val error = fails<AvaException.Configuration> { AvaClient(apiKey = "sk_canary", baseURL = url) }
            assertTrue(error.message.orEmpty().startsWith(words), error.message)
            assertFalse("canary" in error.stackTraceToString())
        }
        for (key in listOf("", "white space", "half \ud83d")) {
            fails<AvaException.Configuration> { AvaClient(apiKey = key, baseURL = sandbox.baseURL) }
        }
        for ((name, options) in listOf(
            "maxRetries" to ClientOptions(maxRetries = -1),
            "maxResponseBytes" to ClientOptions(maxResponseBytes = -1),
            "timeout" to ClientOptions(timeout = (-1).seconds),
            "connectTimeout" to ClientOptions(connectTimeout = -Duration.INFINITE),
            "readIdleTimeout" to ClientOptions(readIdleTimeout = (-1).nanoseconds),
            "poolIdleTimeout" to ClientOptions(poolIdleTimeout = (-1).seconds),
            "backoff" to ClientOptions(backoff = (-1).seconds),
            "backoffMax" to ClientOptions(backoffMax = (-1).seconds),
            "settleWithin" to ClientOptions(settleWithin = (-1).seconds),
            "settleGap" to ClientOptions(settleGap = (-1).seconds),
        )) {
            val error = fails<AvaException.Configuration> { AvaClient("sk_1", sandbox.baseURL, options) }
            assertEquals("$name: must not be negative", error.message)
        }
        assertEquals("https://chat.buzzedtech.com", AvaClient(apiKey = "sk_1").baseURL)
    }

    @Test
    fun `wrong arguments name themselves, and nothing is sent`(sandbox: Sandbox) = runBlocking<Unit> {
        val client = sandbox.serverClient()
        val wrong: List<Pair<String, suspend () -> Any?>> = listOf(
            "phone: " to { client.send("canary", "canary") },
            "text: " to { client.send(PHONE, "") },
            "a text has half of a character" to { client.send(PHONE, "canary \ud83d") },
            "limit: " to { client.messagesPage(PHONE, limit = 0) },
            "limit: must not be negative" to { client.messagesPage(PHONE, limit = -1) },
            "offset: must not be negative" to { client.messagesPage(PHONE, offset = -1) },
            "maxRetries: must not be negative" to { client.poll(options = CallOptions(maxRetries = -1)) },
            "timeout: must not be negative" to { client.poll(options = CallOptions(timeout = (-1).seconds)) },
            "interval: must not be negative" to { client.listen(interval = (-1).seconds).take(1).toList() },
            "since: " to { client.poll(since = Instant.MAX) },
            "context: " to { client.generate(PHONE, emptyList()) },
            "history: " to { client.draftReply(PHONE, history = 101) },
            "phone: " to { client.messages("canary").toList() },
            "interval: " to { client.listen(interval = Duration.ZERO).take(1).toList() },
        )
        for ((words, call) in wrong) {
            val error = fails<AvaException.InvalidRequest> { call() }
            assertTrue(error.message.orEmpty().startsWith(words), error.message)
            assertFalse("canary" in error.message.orEmpty())
        }
        // Of what would have been sent, it says that it was not, whoever refuses it.
        val negative = CallOptions(timeout = (-1).seconds)
        val context = listOf(Turn.user("canary"))
        for (send in listOf<suspend () -> Any?>(
            { client.send("canary", "canary") },
            { client.send(PHONE, "canary \ud83d") },
            { client.send(PHONE, "canary", negative) },
            { client.send(PHONE, "canary", CallOptions(maxRetries = -1)) },
            { client.generate(PHONE, context, autoSend = true, options = negative) },
        )) {
            assertEquals(Delivery.NOT_SENT, fails<AvaException.InvalidRequest> { send() }.delivery)
        }
        for (read in listOf<suspend () -> Any?>(
            { client.poll(options = negative) },
            { client.generate(PHONE, context, options = negative) },
        )) {
            assertNull(fails<AvaException.InvalidRequest> { read() }.delivery)
        }
        // What can't be settled is as unknown as before, and comes back.
        val attempt = madeUpAttempt(PHONE, "canary")
        for (options in listOf(negative, CallOptions(headers = mapOf("x-half" to "\ud83d")))) {
            val error = fails<AvaException.InvalidRequest> { client.settle(attempt, options) }
            assertEquals(Delivery.UNKNOWN to attempt, error.delivery to error.attempt)
        }
        assertEquals(emptyList<Any>(), sandbox.requests())
    }

    @Test
    fun `closing refuses new calls, lets those in flight end, and ends listeners`(sandbox: Sandbox) = runBlocking<Unit> {
        val client = sandbox.serverClient()
        val listener = client.listen(interval = 100.milliseconds)
        listener.open()
        val waiting = async { listener.toList() }
        sandbox.fault(SandboxOperation.SEND, "delay_ms" to 300)
        val sending = async { client.send(PHONE, "canary in flight") }
        until("the request") { sandbox.requests().any { it["path"] == "/api/send" } }
        client.close()
        assertTrue(client.isClosed)
        fails<AvaException.Closed> { client.poll() }
        client.closeAndJoin()
        assertTrue(sending.await().messageId.isNotEmpty())
        assertEquals(emptyList<Message>(), waiting.await())
        client.close()
        fails<AvaException.Closed> { client.messages(PHONE).toList() }
        fails<AvaException.Closed> { client.listen().toList() }
        assertEquals(Delivery.NOT_SENT, fails<AvaException.Closed> { client.send(PHONE, "canary") }.delivery)
    }

    @Test
    fun `tokens expire and are asked for again`(sandbox: Sandbox) = runBlocking<Unit> {
        val asked = AtomicInteger()
        val provider = TokenProvider {
            asked.incrementAndGet()
            Token(sandbox.token(1.hours), expiresIn = 1.hours)
        }
        val client = AvaClient(provider, sandbox.baseURL)
        repeat(3) { client.poll() }
        assertEquals(1, asked.get(), "a token is kept until it expires")
        sandbox.expireTokens()
        assertTrue(client.send(PHONE, "canary after a 401").messageId.isNotEmpty())
        assertEquals(2, asked.get())

        val short = AvaClient(
            tokenProvider = {
                asked.incrementAndGet()
                Token(sandbox.token(1.hours), expiresAt = Instant.now().plusMillis(1))
            },
            baseURL = sandbox.baseURL,
        )
        repeat(2) {
            short.poll()
            delay(5)
        }
        assertEquals(4, asked.get())
        assertFalse("canary" in "${Token("canary")}")
    }

    @Test
    fun `what a provider throws becomes the cause`(sandbox: Sandbox) = runBlocking<Unit> {
        for (thrown in listOf(IllegalStateException("canary"), OutOfMemoryError("canary"), CancellationException("canary"))) {
            val client = AvaClient(tokenProvider = { throw thrown }, baseURL = sandbox.baseURL)
            val error = fails<AvaException.Authentication> { client.send(PHONE, "canary") }
            assertSame(thrown, error.cause)
            assertEquals(Delivery.NOT_SENT, error.delivery)
            assertFalse("canary" in error.message.orEmpty())
        }
        val late = AvaClient(tokenProvider = { withTimeout(10) { awaitCancellation() } }, baseURL = sandbox.baseURL)
        assertTrue(fails<AvaException.Authentication> { late.poll() }.cause is CancellationException)
    }

    @Test
    fun `a provider that hangs is waited for until the deadline, and cancelled`(sandbox: Sandbox) = runBlocking<Unit> {
        val left = AtomicInteger()
        val hanging = AvaClient(
            tokenProvider = {
                try {
                    awaitCancellation()
                } finally {
                    left.incrementAndGet()
                }
            },
            baseURL = sandbox.baseURL,
        )
        val error = fails<AvaException.Timeout> { hanging.send(PHONE, "canary", CallOptions(timeout = 100.milliseconds)) }
        assertEquals(Delivery.NOT_SENT, error.delivery)
        until("its end") { left.get() == 1 }
        // As many as there are threads, twice: none of them waits.
        val calls = List(64) { launch { runCatching { hanging.poll(options = CallOptions(timeout = 5.minutes)) } } }
        delay(50)
        assertEquals(0, sandbox.serverClient().poll().count)
        calls.forEach { it.cancel() }
    }

    @Test
    fun `a provider may use a client, many at a time`(sandbox: Sandbox) = runBlocking<Unit> {
        val inner = sandbox.serverClient()
        val provider = TokenProvider {
            inner.poll()
            Token(sandbox.apiKey, expiresIn = 1.milliseconds)
        }
        val client = AvaClient(provider, sandbox.baseURL)
        coroutineScope { List(32) { async { client.poll() } }.awaitAll() }
    }

    @Test
    fun `closing waits for what was logged and told, and not for itself`(sandbox: Sandbox) = runBlocking<Unit> {
        for (close in listOf<suspend (AvaClient) -> Unit>({ it.close() }, { it.closeAndJoin() }, { it.flush() })) {
            val lines = AtomicInteger()
            val slow = Logger {
                Thread.sleep(50)
                lines.incrementAndGet()
            }
            val client = sandbox.serverClient(ClientOptions(logger = slow, logLevel = LogLevel.DEBUG))
            repeat(3) { client.send(PHONE, "canary $it") }
            close(client)
            assertEquals(3, lines.get())
        }
        // Within a logger there is nothing to wait for.
        val took = CompletableDeferred<Duration>()
        lateinit var client: AvaClient
        val closing = Logger { took.complete(measureTime { client.close() }) }
        client = sandbox.serverClient(ClientOptions(logger = closing, logLevel = LogLevel.DEBUG))
        client.poll()
        assertTrue(took.await() < 500.milliseconds, "${took.await()}")
        // A logger that hangs holds up nobody for long.
        val release = CountDownLatch(1)
        val hanging = sandbox.serverClient(ClientOptions(logger = { release.await() }, logLevel = LogLevel.DEBUG))
        hanging.poll()
        try {
            assertFalse(hanging.flush())
            assertTrue(withTimeoutOrNull(300) { hanging.flush() } == null, "it can be cancelled")
            assertTrue(measureTime { hanging.close() } < 10.seconds)
        } finally {
            release.countDown()
        }
    }

    @Test
    fun `the log tells what happens, and hooks that throw change nothing`(sandbox: Sandbox) = runBlocking<Unit> {
        val lines = java.util.concurrent.CopyOnWriteArrayList<LogRecord>()
        val logger = Logger { lines += it }
        val client = sandbox.serverClient(ClientOptions(logger = logger, logLevel = LogLevel.DEBUG))
        sandbox.fault(SandboxOperation.SEND, "drop" to "after")
        assertEquals(Confirmation.HISTORY, client.send(PHONE, "canary lost").confirmation)
        flush()
        assertTrue(lines.any { "confirmed from the history" in it.message })
        assertTrue(lines.any { it.level == LogLevel.DEBUG && it.fields["url.template"] == "/api/send" })
        val shown = lines.joinToString()
        for (secret in listOf("canary", PHONE, sandbox.apiKey)) assertFalse(secret in shown, shown)

        sandbox.fault(SandboxOperation.POLL, "status" to 503)
        val since = Instant.now().minusSeconds(60)
        val listening = launch {
            val hook: (AvaException) -> Unit = { throw IllegalStateException("from the hook") }
            client.listen(since = since, interval = 100.milliseconds, onRetry = hook).collect {}
        }
        until("the line") { lines.any { it.message == "a hook threw" } }
        listening.cancel()
        assertTrue(client.flush())

        // On a thread that has a name and keeps no program alive.
        val thread = CompletableDeferred<Thread>()
        val named = sandbox.serverClient(
            ClientOptions(logger = { thread.complete(Thread.currentThread()) }, logLevel = LogLevel.DEBUG),
        )
        named.poll()
        with(thread.await()) { assertEquals(listOf("ava-callbacks", true), listOf(name, isDaemon)) }

        val silent = sandbox.serverClient(ClientOptions(logger = { error("from the logger") }, logLevel = LogLevel.TRACE))
        assertEquals(0, silent.poll().count)
    }
}
