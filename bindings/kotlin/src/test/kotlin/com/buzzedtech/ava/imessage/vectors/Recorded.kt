package com.buzzedtech.ava.imessage.vectors

import com.buzzedtech.ava.imessage.internal.Json
import com.buzzedtech.ava.imessage.testing.Sandbox
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeoutOrNull
import java.net.URLDecoder

/** Whether the sandbox got the requests that a vector expects. */
internal suspend fun checkRequests(vector: Object, sandbox: Sandbox) {
    var requests = sandbox.requests()
    withTimeoutOrNull(1000) {
        while (requests.any { it["outcome"] == "pending" }) {
            delay(10)
            requests = sandbox.requests()
        }
    }
    val seen = requests.joinToString { "${it["method"]} ${it["path"]}?${it["query"]} ${it["outcome"]}" }
    val times = requests.map { number(it["received_at_ms"]) }
    requests = requests.mapIndexed { i, it -> it + ("gap_ms" to if (i == 0) 0L else maxOf(0, times[i] - times[i - 1])) }
    vector["expect_requests"]?.let { expected ->
        try {
            assign(list(expected), requests, vector["requests_any_order"] == true) { wanted, one ->
                fit(members(wanted), members(one))
            }
        } catch (reason: Failed) {
            throw Failed("requests: ${reason.message} in $seen")
        }
    }
    vector["expect_posts"]?.let { expected ->
        val posts = requests.count { it["method"] == "POST" && it["path"] == "/api/send" }
        demand(same(expected, posts)) { "$posts posts: $seen" }
    }
    if ("script" in vector) {
        val state = sandbox.scriptState()
        demand(state["unmatched"] == 0L) { "not in the script: $seen" }
        demand(state["remaining"] == 0L || vector["unused_ok"] == true) { "${Json.write(state)}: not all was used: $seen" }
    }
}

private fun fit(expected: Object, request: Object) {
    known(expected, listOf("method", "path", "query", "raw_query", "json", "headers", "outcome", "min_gap_ms"))
    for (name in listOf("method", "path", "outcome", "json").filter { it in expected }) {
        demand(same(expected[name], request[name])) { "$name: ${told(request[name])}" }
    }
    expected["query"]?.let { query ->
        val decoded = request["query"]?.toString().orEmpty().split('&').filter(String::isNotEmpty).associate { pair ->
            val (name, value) = pair.split('=', limit = 2).map { URLDecoder.decode(it, Charsets.UTF_8) } + ""
            name to value
        }
        demand(same(query, decoded)) { "query: $decoded" }
    }
    if ("raw_query" in expected) {
        demand(expected["raw_query"] == request["query"]) { "raw_query: ${request["query"]}" }
    }
    expected["headers"]?.let { headers ->
        for ((name, value) in members(headers)) {
            val there = members(request["headers"])[name.lowercase()]
            demand(there == value) { "header $name: $there" }
        }
    }
    expected["min_gap_ms"]?.let { least ->
        demand(number(request["gap_ms"]) >= number(least)) { "a gap of ${request["gap_ms"]} ms" }
    }
}
