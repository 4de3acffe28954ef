package com.buzzedtech.ava.imessage.vectors

import com.buzzedtech.ava.imessage.internal.Json

/** What the runner compares with: JSON as the package reads it. */
internal typealias Object = Map<String, Any?>

/** A vector fails, and why. */
internal class Failed(why: String) : AssertionError(why)

internal fun demand(holds: Boolean, why: () -> String) {
    if (!holds) throw Failed(why())
}

internal fun told(value: Any?): String = Json.write(value)

internal fun known(given: Map<*, *>, names: Collection<String>) {
    val unknown = given.keys - names.toSet()
    demand(unknown.isEmpty()) { "unknown members: $unknown" }
}

@Suppress("UNCHECKED_CAST")
internal fun members(value: Any?): Object = value as? Object ?: throw Failed("an object expected: ${told(value)}")

internal fun list(value: Any?): List<Any?> = value as? List<*> ?: throw Failed("a list expected: ${told(value)}")

private val NAME = Regex("""\$\{(.*?)\}""")

/** What stands for something else in a vector: `${…}`, `$repeat` and `$range`. */
internal fun expand(value: Any?, names: Map<String, String>): Any? = when (value) {
    is String -> NAME.replace(value) { names[it.groupValues[1]] ?: throw Failed("unknown: ${it.value}") }
    is List<*> -> value.map { expand(it, names) }
    is Map<*, *> ->
        if (value.keys.any { it.toString().startsWith("$") }) generated(value) else value.mapValues { expand(it.value, names) }
    else -> value
}

private fun generated(value: Map<*, *>): Any {
    known(value, listOf("\$repeat", "\$range"))
    demand(value.size == 1) { "more than one: ${value.keys}" }
    val given = members(value.values.single())
    if ("\$repeat" in value) {
        known(given, listOf("text", "times"))
        return given.getValue("text").toString().repeat(number(given["times"]).toInt())
    }
    known(given, listOf("prefix", "from", "to"))
    val (from, to) = number(given["from"]) to number(given["to"])
    return (if (from <= to) from..to else from downTo to).map { "${given["prefix"]}$it" }
}

internal fun number(value: Any?): Long = value as? Long ?: throw Failed("a whole number expected: ${told(value)}")
