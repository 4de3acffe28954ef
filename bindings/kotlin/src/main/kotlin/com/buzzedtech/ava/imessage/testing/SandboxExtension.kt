package com.buzzedtech.ava.imessage.testing

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.extension.ExtensionContext
import org.junit.jupiter.api.extension.ParameterContext
import org.junit.jupiter.api.extension.ParameterResolver

/**
 * Gives a JUnit 5 test, or the constructor of its class, a [Sandbox]: one for the class, as new for each test.
 *
 * ```kotlin
 * @ExtendWith(SandboxExtension::class)
 * class ReminderTest {
 *     @Test
 *     fun `goes out once`(sandbox: Sandbox) = runTest { … }
 * }
 * ```
 */
public class SandboxExtension : ParameterResolver {
    override fun supportsParameter(parameter: ParameterContext, context: ExtensionContext): Boolean =
        parameter.parameter.type == Sandbox::class.java

    override fun resolveParameter(parameter: ParameterContext, context: ExtensionContext): Sandbox {
        val ofClass = generateSequence(context) { it.parent.orElse(null) }.last { it.testClass.isPresent }
        val kept = ofClass.getStore(ExtensionContext.Namespace.create(SandboxExtension::class.java))
        val sandbox = kept.getOrComputeIfAbsent("sandbox", { runBlocking { Sandbox.start() } }, Sandbox::class.java)
        runBlocking { sandbox.reset() }
        return sandbox
    }
}
