package com.buzzedtech.ava.imessage.vectors

import com.buzzedtech.ava.imessage.Logger
import java.util.concurrent.ConcurrentHashMap

private const val SHORTEST = 6
private val PRIVATE = setOf("text", "content", "instructions", "api_key", "token", "tokens")
private val PHONE = Regex("""\+(\d+)""")

/** Neither keys, nor texts, nor full phone numbers may stand in the log, or in what is printed of any object. */
internal class Leaks(vararg secrets: String) {
    private val forbidden = hashSetOf("canary", *secrets)
    private val lines: MutableSet<String> = ConcurrentHashMap.newKeySet()
    private val logged: MutableSet<String> = ConcurrentHashMap.newKeySet()

    val logger = Logger { record -> logged += record.toString() }

    fun saw(value: Any?) {
        lines += value.toString()
        // As a logger prints it, with all its causes.
        if (value is Throwable) lines += value.stackTraceToString()
    }

    fun forbid(value: Any?, name: String = "") {
        when (value) {
            is String -> {
                val secret = PHONE.matchEntire(value)?.groupValues?.get(1) ?: value.takeIf { name in PRIVATE }.orEmpty()
                if (secret.length >= SHORTEST && "\${" !in secret) forbidden += secret
            }
            is List<*> -> value.forEach { forbid(it, name) }
            // What a vector expects may quote what the service said.
            is Map<*, *> -> value.forEach { (member, inner) ->
                if (member !in setOf("expect", "expect_requests", "script")) forbid(inner, member.toString())
            }
        }
    }

    fun check() {
        demand(logged.isNotEmpty()) { "the log was not captured" }
        for (line in lines + logged) {
            for (secret in forbidden) demand(secret !in line) { "leaked $secret: $line" }
        }
    }
}
