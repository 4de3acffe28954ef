package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.core.CoreException
import com.buzzedtech.ava.imessage.core.Failure
import com.buzzedtech.ava.imessage.internal.Json
import com.buzzedtech.ava.imessage.internal.exception
import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxExtension
import com.buzzedtech.ava.imessage.testing.SandboxOperation
import com.buzzedtech.ava.imessage.testing.madeUpAttempt
import com.buzzedtech.ava.imessage.testing.madeUpException
import com.buzzedtech.ava.imessage.testing.madeUpOf
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import kotlin.reflect.KClass
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Every kind of error has its class, as the table says that the core wrote. */
@OptIn(ExperimentalCoroutinesApi::class)
@ExtendWith(SandboxExtension::class)
class ErrorsTest {
    class Entry(
        val number: Int,
        val code: String,
        val kotlin: String,
    ) {
        override fun toString() = code
    }

    @ParameterizedTest
    @MethodSource("table")
    fun `every kind arrives as its class, with all that it carries`(entry: Entry) {
        val cause = failure(7, "server").copy(reason = "behind it", status = 503u)
        val given = failure(entry.number, entry.code).copy(
            status = 500u,
            requestId = "req_1",
            retryAfterMs = 1500u,
            body = "{}",
            delivery = "unknown",
            messageId = "msg_1",
            causes = listOf(cause),
        )
        val name = entry.kotlin.removePrefix("AvaException.")
        val core = Class.forName("${CoreException::class.java.name}$$name").getConstructor(Failure::class.java)
        val error = exception(core.newInstance(given) as CoreException)
        assertEquals("${AvaException::class.qualifiedName}.$name", error::class.qualifiedName)
        assertEquals(listOf(entry.number, entry.code, "one line"), listOf(error.number, error.code, error.message))
        assertEquals(listOf(500, "req_1", "{}", "msg_1"), listOf(error.status, error.requestId, error.body, error.messageId))
        assertEquals(1500.milliseconds, error.retryAfter)
        assertEquals(Delivery.UNKNOWN, error.delivery)
        assertEquals(503, (error.cause as AvaException.Server).status)
        // What may hold people's data is for whoever asks for it.
        assertFalse("{}" in error.stackTraceToString())
        record("error", entry.code, true)
    }

    @Test
    fun `there are no other kinds`() {
        val classes = AvaException::class.java.declaredClasses.filter { AvaException::class.java.isAssignableFrom(it) }
        val names = classes.map { "AvaException.${it.simpleName}" }
        assertEquals(table().map { it.kotlin }.sorted(), names.sorted())
    }

    @Test
    fun `what an error lacks is null`() {
        val error = exception(failure(7, "server"))
        assertEquals(List(7) { null }, with(error) { listOf(status, requestId, retryAfter, body, delivery, messageId, attempt) })
        assertNull(error.cause)
    }

    @Test
    fun `each status arrives as its class`(sandbox: Sandbox) = runBlocking<Unit> {
        val client = sandbox.serverClient(ClientOptions(maxRetries = 0))
        val kinds = mapOf(
            400 to AvaException.InvalidRequest::class,
            401 to AvaException.Authentication::class,
            403 to AvaException.PermissionDenied::class,
            404 to AvaException.NotFound::class,
            418 to AvaException.InvalidRequest::class,
            429 to AvaException.RateLimited::class,
            500 to AvaException.Server::class,
            503 to AvaException.Server::class,
        )
        for ((status, kind) in kinds) {
            val body = mapOf("error" to "Not now")
            sandbox.fault(SandboxOperation.POLL, "status" to status, "body" to body, "retry_after" to "7")
            val error = fails<AvaException> { client.poll() }
            assertEquals(kind, error::class)
            assertEquals(listOf(status, "Not now", 7.seconds), listOf(error.status, error.message, error.retryAfter))
            assertEquals("""{"error":"Not now"}""", error.body)
            assertTrue(error.requestId.orEmpty().isNotEmpty())
            assertNull(error.delivery)
        }
    }

    @Test
    fun `an unknown send carries its attempt, and shows neither phone nor text`(sandbox: Sandbox) = runBlocking<Unit> {
        sandbox.fault(SandboxOperation.SEND, "drop" to "before")
        val client = sandbox.serverClient(ClientOptions(settleWithin = 200.milliseconds, settleGap = 50.milliseconds))
        val error = fails<AvaException.DeliveryUnknown> { client.send(PHONE, "canary 1") }
        assertEquals(Delivery.UNKNOWN, error.delivery)
        assertInstanceOf(AvaException.Connection::class.java, error.cause)
        val attempt = error.attempt ?: throw AssertionError("no attempt")
        assertEquals(listOf(PHONE, "canary 1", true), listOf(attempt.phone, attempt.text, attempt.isPortable))
        assertEquals("Attempt(phone=+…11, text=<8 characters>, isPortable=true)", "$attempt")
        val shown = error.stackTraceToString() + attempt
        assertFalse("canary" in shown || PHONE.drop(1) in shown, shown)

        // Kept over a restart.
        val kept = attempt.toJson()
        assertTrue("canary 1" in kept)
        val copy = Attempt.fromJson(kept)
        assertEquals(PHONE, copy.phone)
        assertEquals(attempt, copy)
        assertEquals(attempt.hashCode(), copy.hashCode())
        assertNotEquals(attempt, madeUpAttempt(PHONE, "canary 1"))
        sandbox.seed(PHONE, listOf(mapOf("text" to "canary 1", "direction" to "outbound")))
        assertEquals(Confirmation.HISTORY, client.settle(copy).confirmation)
        val bad = fails<AvaException.InvalidRequest> { Attempt.fromJson("canary") }
        assertFalse("canary" in bad.message.orEmpty())
    }

    @Test
    fun `stubs of a user's tests make every kind`() {
        val limited = madeUpException<AvaException.RateLimited>("Slow down", status = 429, retryAfter = 2.seconds)
        assertEquals(listOf("Slow down", 429, 2.seconds), listOf(limited.message, limited.status, limited.retryAfter))
        assertEquals("rate_limited", limited.code)
        val cause = madeUpException<AvaException.Connection>()
        val attempt = madeUpAttempt(PHONE, "canary \"2\"")
        val unknown = madeUpException<AvaException.DeliveryUnknown>(
            cause = cause,
            requestId = "req_1",
            body = "{}",
            delivery = Delivery.UNKNOWN,
            messageId = "msg_1",
            attempt = attempt,
        )
        assertSame(cause, unknown.cause)
        assertEquals(Delivery.UNKNOWN, unknown.delivery)
        assertEquals(listOf("req_1", "{}", "msg_1"), listOf(unknown.requestId, unknown.body, unknown.messageId))
        assertEquals(listOf(PHONE, "canary \"2\""), unknown.attempt?.let { listOf(it.phone, it.text) })
        for (entry in table()) {
            @Suppress("UNCHECKED_CAST")
            val kind = Class.forName("${AvaException::class.java.name}$${entry.kotlin.removePrefix("AvaException.")}")
                .kotlin as KClass<out AvaException>
            val made = madeUpOf(kind, "one line", null, null, null, null, null, null, null, null)
            assertEquals(listOf(entry.number, entry.code), listOf(made.number, made.code))
        }
        fails<IllegalArgumentException> { madeUpException<AvaException>() }
    }

    /** Surefire has assertions on, with which coroutines do this. */
    @Test
    fun `an exception shows who called, across coroutines, and stays what it is`(sandbox: Sandbox) = runBlocking<Unit> {
        val thrown = IllegalStateException("canary")
        val client = AvaClient(tokenProvider = { throw thrown }, baseURL = sandbox.baseURL)
        val error = fails<AvaException.Authentication> { reading(client) }
        assertTrue(error.stackTrace.any { "reading" in "$it" }, error.stackTraceToString())
        assertSame(thrown, error.cause)
        val copy = madeUpException<AvaException.Server>(cause = thrown, status = 503, requestId = "req_1").createCopy()
        assertInstanceOf(AvaException.Server::class.java, copy)
        assertEquals(listOf(503, "req_1", "made up by a test"), listOf(copy.status, copy.requestId, copy.message))
        assertSame(thrown, copy.cause)
    }

    private suspend fun reading(client: AvaClient): PollPage {
        // The other coroutine begins when this one waits: one that had ended by then would throw where it is asked.
        val page = coroutineScope { async { client.poll() }.await() }
        // So that this is no tail call, which leaves no trace of its own.
        return page.copy(count = page.count)
    }

    companion object {
        @JvmStatic
        fun table(): List<Entry> =
            (Json.parse(REPOSITORY.resolve("tests/vectors/errors.json").readText()) as List<*>).map { entry ->
                val members = entry as Map<*, *>
                Entry((members["number"] as Long).toInt(), "${members["code"]}", "${members["kotlin"]}")
            }

        private fun failure(number: Int, code: String) =
            Failure(number.toUShort(), code, "one line", null, null, null, null, null, null, null, emptyList(), null)
    }
}
