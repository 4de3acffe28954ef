package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxExtension
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Nested
import org.junit.jupiter.api.RepeatedTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.extension.ExtendWith

private suspend fun Sandbox.texts() = messages().map { it["message"] }.toSet()

private fun Sandbox.prepare(text: String) = runBlocking<Unit> { inbound(PHONE, text) }

/** What is prepared for a test is there, once; what a test leaves behind is not. */
@ExtendWith(SandboxExtension::class)
class ExtensionTest(sandbox: Sandbox) {
    init {
        sandbox.prepare("constructor")
    }

    @BeforeEach
    fun prepare(sandbox: Sandbox) = sandbox.prepare("before each")

    @RepeatedTest(2)
    fun `with a parameter`(sandbox: Sandbox, same: Sandbox) = runBlocking<Unit> {
        assertEquals(setOf("constructor", "before each"), same.texts())
        sandbox.prepare("left behind")
    }

    @Nested
    inner class Within(private val sandbox: Sandbox) {
        init {
            sandbox.prepare("inner constructor")
        }

        @BeforeEach
        fun prepare() = sandbox.prepare("inner before each")

        @RepeatedTest(2)
        fun `without one`() = runBlocking<Unit> {
            val all = setOf("constructor", "before each", "inner constructor", "inner before each")
            assertEquals(all, sandbox.texts())
            sandbox.prepare("left behind")
        }
    }
}

/** One instance for all tests: what it is made with is no test's. */
@ExtendWith(SandboxExtension::class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExtensionPerClassTest(private val sandbox: Sandbox) {
    init {
        sandbox.prepare("constructor")
    }

    @BeforeAll
    fun prepareAll(sandbox: Sandbox) = sandbox.prepare("before all")

    @BeforeEach
    fun prepare(sandbox: Sandbox) = sandbox.prepare("before each")

    @RepeatedTest(2)
    fun `each begins anew`() = runBlocking<Unit> {
        assertEquals(setOf("before each"), sandbox.texts())
        sandbox.prepare("left behind")
    }

    @Test
    fun `with a parameter, too`(sandbox: Sandbox) = runBlocking<Unit> { assertEquals(setOf("before each"), sandbox.texts()) }
}
