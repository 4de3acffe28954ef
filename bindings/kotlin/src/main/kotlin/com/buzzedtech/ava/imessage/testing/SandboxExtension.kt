package com.buzzedtech.ava.imessage.testing

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.TestInstance.Lifecycle
import org.junit.jupiter.api.extension.AfterEachCallback
import org.junit.jupiter.api.extension.BeforeEachCallback
import org.junit.jupiter.api.extension.ExtensionContext
import org.junit.jupiter.api.extension.ParameterContext
import org.junit.jupiter.api.extension.ParameterResolver
import org.junit.jupiter.api.extension.TestInstanceFactoryContext
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback
import java.lang.reflect.Constructor

/**
 * Gives a JUnit 5 test, its `@BeforeEach`, or the constructor of its class, a [Sandbox]: one for the class, as new for each
 * test.
 *
 * ```kotlin
 * @ExtendWith(SandboxExtension::class)
 * class ReminderTest {
 *     @Test
 *     fun `goes out once`(sandbox: Sandbox) = runBlocking { … }
 * }
 * ```
 *
 * What the constructor and `@BeforeEach` prepare is there for the test; what `@BeforeAll` prepares, or the constructor of a
 * class that has one instance for all of its tests, is not. Tests of one class that run at the same time share the sandbox.
 */
public class SandboxExtension :
    ParameterResolver, TestInstancePreConstructCallback, BeforeEachCallback, AfterEachCallback {

    /** The sandbox of a class. */
    // JUnit before 5.13 closes only what is of its own type; from then on it wants to see both.
    @Suppress("DEPRECATION")
    private class Kept(
        val sandbox: Sandbox,
    ) : ExtensionContext.Store.CloseableResource, AutoCloseable {
        /** Whether something of another test may still be there. */
        @Volatile
        var stale = false

        fun renew() {
            if (stale) runBlocking { sandbox.reset() }
            stale = false
        }

        override fun close() = sandbox.close()
    }

    private fun store(context: ExtensionContext): ExtensionContext.Store {
        val ofClass = generateSequence(context) { it.parent.orElse(null) }.last { it.testClass.isPresent }
        return ofClass.getStore(ExtensionContext.Namespace.create(SandboxExtension::class.java))
    }

    /** If a parameter asked for it already. */
    private fun existing(context: ExtensionContext): Kept? = store(context).get(KEY, Kept::class.java)

    override fun supportsParameter(parameter: ParameterContext, context: ExtensionContext): Boolean =
        parameter.parameter.type == Sandbox::class.java

    override fun resolveParameter(parameter: ParameterContext, context: ExtensionContext): Sandbox {
        val kept = store(context).getOrComputeIfAbsent(KEY, { Kept(runBlocking { Sandbox.start() }) }, Kept::class.java)
        // What is made for all tests is no part of the first one.
        val ofOneTest = context.testMethod.isPresent ||
            parameter.declaringExecutable is Constructor<*> &&
            context.testInstanceLifecycle.orElse(Lifecycle.PER_METHOD) == Lifecycle.PER_METHOD
        if (ofOneTest) kept.renew() else kept.stale = true
        return kept.sandbox
    }

    /** Of classes within classes, the outermost is made first. */
    override fun preConstructTestInstance(factory: TestInstanceFactoryContext, context: ExtensionContext) {
        if (!factory.outerInstance.isPresent) existing(context)?.stale = true
    }

    override fun beforeEach(context: ExtensionContext) {
        existing(context)?.renew()
    }

    override fun afterEach(context: ExtensionContext) {
        existing(context)?.stale = true
    }

    private companion object {
        const val KEY = "sandbox"
    }
}
