package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxExtension
import com.buzzedtech.ava.imessage.testing.SandboxOperation
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds

private val QUICK = 100.milliseconds

@ExtendWith(SandboxExtension::class)
class ListenTest {
    @Test
    fun `messages come as they are sent, and the operators of flows work`(sandbox: Sandbox) = runBlocking<Unit> {
        val inbox = sandbox.client().listen(interval = QUICK)
        inbox.open()
        sandbox.inbound(PHONE, "one")
        sandbox.inbound(PHONE, "two")
        assertEquals(setOf("one", "two"), inbox.map { it.text }.take(2).toList().toSet())
        val polls = sandbox.requests().size
        delay(250)
        assertEquals(polls, sandbox.requests().size, "nothing is asked when nobody collects")
    }

    @Test
    fun `what was not acknowledged comes again`(sandbox: Sandbox, @TempDir folder: File) = runBlocking<Unit> {
        val client = sandbox.client()
        val checkpoint = FileCheckpoint(folder.resolve("inbox.json"))
        val listener = client.listen(interval = QUICK, checkpoint = checkpoint)
        listener.open()
        sandbox.inbound(PHONE, "one")
        sandbox.inbound(PHONE, "two")
        // The first is acknowledged by asking for the second, which is not.
        val texts = listener.take(2).toList().map { it.text }
        val again = client.listen(interval = QUICK, checkpoint = checkpoint)
        assertEquals(texts[1], again.first().text)
        // By hand: also after the end, and for what reads ahead.
        val byHand = client.listen(interval = QUICK, checkpoint = checkpoint, autoAck = false)
        val message = byHand.buffer(8).first()
        assertEquals(texts[1], message.text)
        byHand.ack("msg_of_nobody")
        byHand.ack(message.id)
        byHand.ack(message)
        sandbox.inbound(PHONE, "three")
        assertEquals("three", client.listen(interval = QUICK, checkpoint = checkpoint).first().text)
    }

    @Test
    fun `a listener has one collector at a time`(sandbox: Sandbox) = runBlocking<Unit> {
        val inbox = sandbox.client().listen(interval = QUICK)
        val first = launch { inbox.collect {} }
        until("it listens") { sandbox.requests().isNotEmpty() }
        fails<IllegalStateException> { inbox.first() }
        first.cancelAndJoin()
        val second = async { inbox.first() }
        until("it listens") { sandbox.requests().size > 3 }
        sandbox.inbound(PHONE, "again")
        assertEquals("again", second.await().text)
    }

    @Test
    fun `closing it ends it without an error`(sandbox: Sandbox) = runBlocking<Unit> {
        val inbox = sandbox.client().listen(interval = QUICK)
        val collecting = async { inbox.toList() }
        until("it listens") { sandbox.requests().size > 1 }
        inbox.close()
        assertEquals(emptyList<Message>(), collecting.await())
        assertEquals(emptyList<Message>(), inbox.toList())
        val never = sandbox.client().listen()
        // Nothing can have been acknowledged here, and that is not passed over.
        fails<IllegalStateException> { never.ack("msg_1") }
        never.close()
        assertEquals(emptyList<Message>(), never.toList())
    }

    @Test
    fun `an error that trying again does not cure ends it`(sandbox: Sandbox) = runBlocking<Unit> {
        val inbox = sandbox.serverClient().listen(interval = QUICK)
        sandbox.fault(SandboxOperation.POLL, "status" to 403, times = null)
        fails<AvaException.PermissionDenied> { inbox.collect {} }
    }

    @Test
    fun `what a store throws is the cause`(sandbox: Sandbox) = runBlocking<Unit> {
        val thrown = IOException("disk full")
        val store = object : CheckpointStore {
            override suspend fun load(): String? = null

            override suspend fun save(state: String): Unit = throw thrown
        }
        val inbox = sandbox.serverClient().listen(interval = QUICK, checkpoint = store)
        val error = fails<AvaException.Storage> { inbox.collect {} }
        assertSame(thrown, error.cause)
    }

    @Test
    fun `a conversation of many pages`(sandbox: Sandbox) = runBlocking<Unit> {
        sandbox.seed(PHONE, 250)
        val client = sandbox.client()
        val texts = client.messages(PHONE).toList().map { it.text }
        assertEquals(250, texts.toSet().size)
        val before = sandbox.requests().size
        assertEquals(3, client.messages(PHONE).take(3).toList().size)
        assertEquals(before + 1, sandbox.requests().size, "pages are fetched when they are needed")
        // The collector's own exception goes through, and leaves nothing behind.
        fails<IOException> { client.messages(PHONE).collect { throw IOException("mine") } }
        assertTrue(client.messages(PHONE).first().text.isNotEmpty())
    }
}
