package com.buzzedtech.ava.imessage.vectors

import java.math.BigDecimal

private val EXACT = setOf(
    "code",
    "number",
    "status",
    "delivery",
    "request_id",
    "retry_after_ms",
    "message",
    "message_id",
    "has_attempt",
)

/** Whether an outcome is the one that a vector expects: `{result}`, `{error}`, or a list of these. */
internal fun expectOutcome(expected: Object, actual: Any?) {
    known(expected, listOf("result", "error", "any_order"))
    demand(("result" in expected) != ("error" in expected)) { "give either result or error" }
    if (actual is List<*>) {
        demand("result" in expected) { "not of the kind expected: ${told(actual)}" }
        assign(list(expected["result"]), actual, expected["any_order"] == true) { wanted, one ->
            expectOutcome(members(wanted), one)
        }
        return
    }
    val outcome = members(actual)
    demand("any_order" !in expected) { "any_order is for parallel" }
    if ("error" in expected) {
        demand("error" in outcome) { "an error expected: ${told(outcome)}" }
        expectError(members(expected["error"]), outcome["error"], "error")
        return
    }
    demand("result" in outcome) { "a result expected: ${told(outcome)}" }
    var wanted = expected["result"]
    val there = outcome["result"]
    val failure = (there as? Map<*, *>)?.get("error")
    if (failure != null) {
        demand((wanted as? Map<*, *>)?.containsKey("error") == true) { "not expected: ${told(failure)}" }
        expectError(members(members(wanted)["error"]), failure, "result.error")
        wanted = members(wanted) - "error"
    }
    part(wanted, there, "result")
}

private fun part(wanted: Any?, actual: Any?, path: String) {
    when {
        wanted is Map<*, *> && actual is Map<*, *> -> for ((name, value) in wanted) {
            demand(name in actual) { "$path.$name: not there" }
            part(value, actual[name], "$path.$name")
        }
        wanted is List<*> && actual is List<*> -> {
            demand(wanted.size == actual.size) { "$path: ${wanted.size} expected: ${told(actual)}" }
            wanted.forEachIndexed { index, one -> part(one, actual[index], "$path[$index]") }
        }
        else -> demand(same(wanted, actual)) { "$path: ${told(wanted)} expected, ${told(actual)} there" }
    }
}

/** Numbers are the same if they are worth the same. */
internal fun same(one: Any?, other: Any?): Boolean = when {
    one is Number && other is Number -> BigDecimal("$one").compareTo(BigDecimal("$other")) == 0
    one is Map<*, *> && other is Map<*, *> -> one.keys == other.keys && one.all { (name, value) -> same(value, other[name]) }
    one is List<*> && other is List<*> -> one.size == other.size && one.zip(other).all { (a, b) -> same(a, b) }
    else -> one == other
}

private fun expectError(wanted: Object, actual: Any?, path: String) {
    demand(actual != null) { "$path: there is none" }
    val seen = members(actual)
    for ((name, value) in wanted) {
        val where = { "$path.$name: ${told(value)} expected, in ${told(seen)}" }
        when (name) {
            in EXACT -> demand(same(seen[name], value), where)
            "message_contains", "message_excludes", "body_contains" -> {
                val words = if (value is String) listOf(value) else list(value)
                demand(words.isNotEmpty(), where)
                val text = seen[if (name == "body_contains") "body" else "message"]?.toString().orEmpty()
                words.forEach { demand((it.toString() in text) == (name != "message_excludes"), where) }
            }
            "cause" -> if (value == null) {
                demand(seen["cause"] == null, where)
            } else {
                expectError(members(value), seen["cause"], "$path.cause")
            }
            else -> throw Failed("$path.$name: no member of an error")
        }
    }
}

/** What holds of every error, whatever a vector says of it. */
internal fun always(seen: Object) {
    val message = seen["message"].toString()
    demand(message.isNotBlank() && '\n' !in message && '\r' !in message && !message.contains("<html", ignoreCase = true)) {
        "a message is one line of words: ${told(message)}"
    }
    seen["cause"]?.let { always(members(it)) }
}

/** Whether each of [wanted] has one of [all] for itself, in order or in any order. */
internal fun assign(wanted: List<Any?>, all: List<Any?>, anyOrder: Boolean, fit: (wanted: Any?, one: Any?) -> Unit) {
    demand(wanted.size == all.size) { "${wanted.size} expected, ${all.size} there: ${told(all)}" }
    val reasons = ArrayList<String>()
    for (order in if (anyOrder) permutations(all) else listOf(all)) {
        try {
            wanted.zip(order).forEach { (wanted, one) -> fit(wanted, one) }
            return
        } catch (reason: Failed) {
            reasons += reason.message.orEmpty()
        }
    }
    throw Failed(reasons.take(6).joinToString("; "))
}

private fun permutations(all: List<Any?>): List<List<Any?>> =
    if (all.size < 2) listOf(all)
    else all.indices.flatMap { i -> permutations(all.filterIndexed { j, _ -> i != j }).map { listOf(all[i]) + it } }
