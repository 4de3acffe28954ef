package com.example

import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxExtension
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import kotlin.time.Duration.Companion.milliseconds

@ExtendWith(SandboxExtension::class)
class SampleTest {
    @Test
    fun `it replies to what comes`(sandbox: Sandbox) = runBlocking {
        val client = sandbox.client()
        val inbox = client.listen(interval = 100.milliseconds)
        inbox.open()
        sandbox.inbound("+15550100142", "Hello?")
        reply(client, inbox.take(1))
        assertEquals(listOf("Hello?", "You wrote: Hello?"), sandbox.messages().map { it["message"] })
    }

    @Test
    fun `the conversation holds`(sandbox: Sandbox) = runBlocking { assertEquals(0, converse(sandbox)) }
}
