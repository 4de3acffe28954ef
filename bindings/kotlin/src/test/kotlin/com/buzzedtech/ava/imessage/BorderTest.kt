package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.core.panicInNextCalls
import com.buzzedtech.ava.imessage.core.panicInNextGuards
import com.buzzedtech.ava.imessage.core.uniffiContinuationHandleMap
import com.buzzedtech.ava.imessage.core.uniffiForeignFutureHandleCount
import com.buzzedtech.ava.imessage.testing.madeUpAttempt
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.newSingleThreadContext
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlin.time.measureTime

/** What goes wrong, or could leak, between Kotlin and Rust. */
class BorderTest {
    private val server = QuickServer()
    private val slow = CallOptions(headers = mapOf("x-slow" to "1"), maxRetries = 0)

    @AfterEach
    fun close() = server.close()

    private fun client(options: ClientOptions = ClientOptions()) = AvaClient(apiKey = "sk_1", server.url, options)

    @Test
    fun `a thousand calls are cancelled at random moments, and the server sees all of them go`() = runBlocking<Unit> {
        val told = AtomicInteger()
        val client = client(ClientOptions(onUnknown = { told.incrementAndGet() }))
        val random = Random(7)
        val ended = AtomicInteger()
        withContext(Dispatchers.Default) {
            repeat(20) {
                val calls = List(50) { number ->
                    launch {
                        try {
                            if (number % 2 == 0) client.poll(options = slow) else client.send(PHONE, "canary", slow)
                        } catch (error: CancellationException) {
                            ended.incrementAndGet()
                            throw error
                        }
                    }
                }
                calls.forEach { call ->
                    delay(random.nextLong(3))
                    call.cancel()
                }
                calls.joinAll()
            }
        }
        until("the last is dropped") { server.waiting.get() == 0 }
        assertTrue(server.dropped.get() > 500, "${server.dropped} had begun")
        flush()
        assertTrue(told.get() > 100, "$told sends were cut in flight and told of")
        assertEquals(0, uniffiContinuationHandleMap.size)
        assertEquals(0, client.poll().count)
    }

    /** A busy machine may be late with one, so the quickest counts. */
    @Test
    fun `a cancelled call ends at once, with the language's own exception`() = runBlocking<Unit> {
        val client = client()
        val (told, seen) = List(10) {
            val call = async(Dispatchers.Default) { client.poll(options = slow) }
            until("the request") { server.waiting.get() == 1 }
            val began = TimeSource.Monotonic.markNow()
            call.cancel()
            fails<CancellationException> { call.await() }
            val told = began.elapsedNow()
            until("the drop") { server.waiting.get() == 0 }
            told to began.elapsedNow()
        }.unzip()
        assertTrue(told.min() < 50.milliseconds, "$told")
        assertTrue(seen.min() < 250.milliseconds, "$seen")
    }

    @Test
    fun `a hundred thousand calls leave nothing behind`() = runBlocking<Unit> {
        val client = client()

        suspend fun calls(count: Int) = coroutineScope {
            List(8) { async(Dispatchers.Default) { repeat(count / 8) { client.poll() } } }.awaitAll()
        }

        suspend fun memory(): Pair<Long, Long> {
            // The cleaner's thread works off what the collector found, and makes more to find.
            val heap = List(8) {
                System.gc()
                delay(50)
                Runtime.getRuntime().let { it.totalMemory() - it.freeMemory() }
            }
            val resident = File("/proc/self/statm").takeIf(File::exists)?.readText()?.split(' ')?.get(1)?.toLong() ?: 0
            return heap.min() / 1024 to resident * 4
        }
        // Until the compiler and the allocator have found their sizes.
        calls(40_000)
        val before = memory()
        calls(60_000)
        val after = memory()
        println("KiB of the heap and resident: $before after 40,000 calls, $after after 100,000")
        assertTrue(after.first - before.first < 1024, "KiB of the heap: $before, $after")
        assertTrue(after.second - before.second < 16 * 1024, "KiB resident: $before, $after")
        assertEquals(0, uniffiContinuationHandleMap.size)
    }

    @Test
    fun `providers that throw, hang and are called side by side leave nothing behind`() = runBlocking<Unit> {
        val asked = AtomicInteger()
        val provider = TokenProvider {
            when (asked.incrementAndGet() % 3) {
                0 -> error("canary")
                1 -> Token("token", expiresIn = 1.milliseconds)
                else -> {
                    delay(60.seconds)
                    Token("late")
                }
            }
        }
        val client = AvaClient(provider, server.url, ClientOptions(maxRetries = 0))
        val outcomes = CopyOnWriteArrayList<String>()
        withContext(Dispatchers.Default) {
            List(200) {
                launch {
                    try {
                        client.poll(options = CallOptions(timeout = 200.milliseconds))
                        outcomes += "polled"
                    } catch (error: AvaException) {
                        outcomes += error.code
                    }
                }
            }.joinAll()
        }
        assertEquals(200, outcomes.size)
        assertTrue(outcomes.toSet() - setOf("polled", "authentication", "timeout") == emptySet<String>(), "${outcomes.toSet()}")
        until("the last provider's end") { uniffiForeignFutureHandleCount() == 0 }
    }

    @Test
    fun `objects that are let go of in flight do no harm`() = runBlocking<Unit> {
        withContext(Dispatchers.Default) {
            repeat(50) { round ->
                val call = launch { client().poll(options = slow) }
                val listening = launch { client().listen(interval = 100.milliseconds).collect {} }
                if (round % 10 == 0) System.gc()
                delay(2)
                call.cancel()
                listening.cancel()
            }
            until("all are dropped") { server.waiting.get() == 0 }
            // Closed with a call in flight, which goes on.
            val client = client()
            val call = async { runCatching { client.poll(options = CallOptions(300.milliseconds, 0, slow.headers)) } }
            until("the request") { server.waiting.get() > 0 }
            client.close()
            System.gc()
            fails<AvaException.Timeout> { call.await().getOrThrow() }
        }
        until("all are dropped") { server.waiting.get() == 0 }
    }

    @Test
    fun `a panic is an internal error, and the client is usable after`() = runBlocking<Unit> {
        val client = client()
        panicInNextCalls(1u)
        val error = fails<AvaException.Internal> { client.poll() }
        assertTrue("injected by a test" in error.message.orEmpty(), error.message)
        assertEquals(0, client.poll().count)
        panicInNextGuards(1u)
        fails<AvaException.Internal> { client() }
        client().close()
        // Nor does one get out of what begins a call, or of what can't fail otherwise.
        val attempt = madeUpAttempt(PHONE, "text")
        for (work in listOf<suspend (AvaClient) -> Any?>(
            { it.send(PHONE, "text") },
            { it.settle(attempt) },
            { it.messagesPage(PHONE) },
            { it.messages(PHONE).toList() },
            { it.poll() },
            { it.listen().take(1).toList() },
            { it.generate(PHONE, listOf(Turn.user("text"))) },
            { it.draftReply(PHONE) },
            { it.baseURL },
            { it.closeAndJoin() },
            { attempt.toJson() },
        )) {
            panicInNextGuards(1u)
            fails<AvaException.Internal> { work(client) }
        }
        assertEquals(0, client.poll().count)
    }

    @OptIn(ExperimentalCoroutinesApi::class, kotlinx.coroutines.DelicateCoroutinesApi::class)
    @Test
    fun `the caller's thread is never blocked, and the library's never runs the caller's code`() = runBlocking<Unit> {
        val client = client()
        client.poll()
        newSingleThreadContext("main").use { main ->
            withContext(main) {
                val calls: List<kotlinx.coroutines.Job>
                val took = measureTime { calls = List(100) { launch { client.poll(options = slow) } } }
                val turn = measureTime { kotlinx.coroutines.yield() }
                assertTrue(took + turn < 5.seconds, "$took and $turn for 100 calls")
                assertEquals("main", Thread.currentThread().name.substringBefore(' '))
                calls.forEach { it.cancel() }
            }
        }
        withContext(Dispatchers.Unconfined) {
            client.poll()
            val thread = Thread.currentThread().name
            assertFalse("ava" in thread, thread)
            // What blocks here would block the library, if this were its thread.
            assertEquals(0, runBlocking { client.poll() }.count)
        }
    }

    @Test
    fun `programs end with calls in flight, silently`() {
        repeat(10) { round ->
            val program = java("com.buzzedtech.ava.imessage.EndingKt", server.url, "${round * 7}")
            assertEquals("7 ", "${program.status} ${program.said}")
        }
    }

    @Test
    fun `an idle client keeps no program alive`() {
        val program = java("com.buzzedtech.ava.imessage.EndingKt", server.url)
        assertEquals("0 ", "${program.status} ${program.said}")
    }
}
