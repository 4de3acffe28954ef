package com.buzzedtech.ava.imessage

import java.io.File
import java.util.concurrent.TimeUnit

/** How a program ended, and what it said. */
internal class Ended(
    val status: Int,
    val said: String,
)

/** Runs a class of the tests in a JVM of its own. */
internal fun java(
    main: String,
    vararg arguments: String,
    classPath: String = System.getProperty("java.class.path"),
    properties: Map<String, String> = emptyMap(),
): Ended {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val defined = properties.map { (name, value) -> "-D$name=$value" }
    val process = ProcessBuilder(listOf(java, "-cp", classPath) + defined + main + arguments).redirectErrorStream(true).start()
    process.outputStream.close()
    val said = process.inputStream.bufferedReader().readText()
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly()
        throw AssertionError("$main did not end: $said")
    }
    return Ended(process.exitValue(), said)
}
