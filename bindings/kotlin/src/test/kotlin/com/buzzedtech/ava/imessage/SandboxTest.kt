package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Starts a sandbox, says which process it is, and is gone: no hook and no `finally` runs. */
internal object Halting {
    @JvmStatic
    fun main(arguments: Array<String>) {
        runBlocking { Sandbox.start() }
        println(ProcessHandle.current().children().findFirst().get().pid())
        Runtime.getRuntime().halt(3)
    }
}

/** The process that the helper runs. */
class SandboxTest {
    private val command = mapOf("ava.command" to System.getProperty("ava.command"))

    @Test
    fun `it ends with the JVM, however that ends`() = runBlocking<Unit> {
        // This waits for the end of the output, which the sandbox has a copy of.
        val ended = java(Halting::class.java.name, properties = command)
        assertEquals(3, ended.status, ended.said)
        val sandbox = ProcessHandle.of(ended.said.trim().toLong())
        until("its end") { !sandbox.map(ProcessHandle::isAlive).orElse(false) }
    }

    @Test
    fun `its tokens are for certain phones, if they are given`() = runBlocking<Unit> {
        Sandbox.start().use { sandbox ->
            val app = AvaClient(sandbox.tokenProvider(phones = listOf(PHONE)), sandbox.baseURL)
            app.send(PHONE, "from an app")
            fails<AvaException.PermissionDenied> { app.send("+15550009999", "from an app") }
            app.close()
        }
    }

    @Test
    fun `it starts with settings, and refuses wrong ones`() = runBlocking<Unit> {
        Sandbox.start(settings = mapOf("history_order" to "newest_first")).use { sandbox ->
            assertEquals("newest_first", sandbox.settings()["history_order"])
        }
        val error = fails<SandboxException> { Sandbox.start(settings = mapOf("history_ordre" to "newest_first")) }
        assertTrue("ended" in error.message.orEmpty(), error.message)
    }
}
