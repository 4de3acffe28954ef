package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.core.flushCallbacks
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withTimeout
import java.io.File

/** A phone of the tests. */
internal const val PHONE = "+15550001111"

/** The module's folder, which Maven runs tests in. */
internal val MODULE: File = File(System.getProperty("basedir") ?: ".").absoluteFile.normalize()

/** The repository's. */
internal val REPOSITORY: File = MODULE.resolve("../..").normalize()

/** Ends when every hook and every line of the log so far was told. */
internal suspend fun flush() {
    check(runInterruptible(Dispatchers.IO) { flushCallbacks(10_000u) }) { "callbacks wait for ever" }
}

/** Waits until something holds; ten seconds is for ever. */
internal suspend fun until(what: String, holds: suspend () -> Boolean) {
    try {
        withTimeout(10_000) { while (!holds()) delay(5) }
    } catch (error: kotlinx.coroutines.TimeoutCancellationException) {
        throw AssertionError("never came: $what", error)
    }
}

/** What a block throws, which must be an [E]. */
internal inline fun <reified E : Throwable> fails(block: () -> Any?): E {
    try {
        block()
    } catch (error: Throwable) {
        if (error is E) return error
        throw AssertionError("not a ${E::class.simpleName}: $error", error)
    }
    throw AssertionError("it did not fail")
}
