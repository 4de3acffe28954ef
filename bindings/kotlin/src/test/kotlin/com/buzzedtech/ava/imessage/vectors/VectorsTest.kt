package com.buzzedtech.ava.imessage.vectors

import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.REPOSITORY
import com.buzzedtech.ava.imessage.flush
import com.buzzedtech.ava.imessage.internal.Json
import com.buzzedtech.ava.imessage.record
import com.buzzedtech.ava.imessage.testing.Sandbox
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.File
import java.net.URI

private val FOLDER = REPOSITORY.resolve("tests/vectors")
private const val API_KEY = "sk_vectors_7f3k9q2x"
private val MEMBERS = listOf(
    "name",
    "about",
    "client",
    "steps",
    "script",
    "expect",
    "expect_requests",
    "requests_any_order",
    "expect_posts",
    "unused_ok",
    "within_ms",
)

/** Every vector holds. `AVA_VECTORS=word` runs those with the word in their name. */
class VectorsTest {
    @Test
    fun `every vector holds`() = runBlocking(Dispatchers.Default) {
        val wanted = System.getenv("AVA_VECTORS").orEmpty()
        val files = FOLDER.listFiles { file: File -> file.extension == "json" && file.name != "errors.json" }
        val all = files.orEmpty().map(File::nameWithoutExtension).sorted()
        assertEquals(FOLDER.resolve("COUNT").readText().trim().toInt(), all.size, "vectors in the folder, and COUNT")
        val names = all.filter { wanted in it }
        check(names.isNotEmpty()) { "no vector has such a name" }

        val leaks = Leaks(API_KEY)
        val failures = ArrayList<String>()
        var total = 0L
        // To load the library takes its time on a busy machine, which is not the first vector's.
        AvaClient(apiKey = API_KEY).close()
        // Each has a sandbox of its own; the next one starts meanwhile.
        var following = starting()
        for (name in names) {
            val sandbox = following.await()
            following = starting()
            val began = System.nanoTime()
            var held = false
            try {
                play(name, sandbox, leaks)
                held = true
            } catch (failure: Failed) {
                failures += "$name: ${failure.message}"
            } catch (failure: Exception) {
                failures += "$name: ${failure.stackTraceToString()}"
            }
            val took = (System.nanoTime() - began) / 1_000_000
            if (wanted.isNotEmpty()) println("%6d ms  %s".format(took, name))
            total += took
            record("vector", name, held)
            sandbox.close()
        }
        following.await().close()
        println("vectors: ${names.size - failures.size} passed (${total / 1000.0} s)")
        assertEquals(emptyList<String>(), failures)
        flush()
        leaks.check()
    }

    private fun CoroutineScope.starting() = async(Dispatchers.IO) { Sandbox.start(apiKey = API_KEY) }

    private suspend fun play(name: String, sandbox: Sandbox, leaks: Leaks) {
        val written = Json.parse(FOLDER.resolve("$name.json").readText())
        leaks.forbid(written)
        val port = URI(sandbox.baseURL).port.toString()
        val names = mapOf("base_url" to sandbox.baseURL, "port" to port, "api_key" to sandbox.apiKey)
        val vector = members(expand(written, names))
        known(vector, MEMBERS)
        demand(vector["name"] == name) { "it is called ${vector["name"]}" }
        demand(vector["about"]?.toString().orEmpty().isNotEmpty()) { "about nothing" }
        vector["script"]?.let { sandbox.script(it) }
        val within = vector["within_ms"]?.let(::number) ?: 5000
        withTimeoutOrNull(within) { run(vector, sandbox, leaks) } ?: throw Failed("took more than $within ms")
        checkRequests(vector, sandbox)
    }

    private suspend fun run(vector: Object, sandbox: Sandbox, leaks: Leaks) = coroutineScope {
        val steps = list(vector["steps"] ?: emptyList<Any?>()).map(::members)
        val expected = members(vector["expect"])
        val world = try {
            World(members(vector["client"] ?: emptyMap<String, Any?>()), sandbox, leaks)
        } catch (error: AvaException) {
            leaks.saw(error)
            expectOutcome(expected, mapOf("error" to view(error).also(::always)))
            return@coroutineScope
        }
        try {
            val last = steps.lastOrNull() ?: throw Failed("the client was made, and there is no step")
            steps.dropLast(1).forEachIndexed { number, step ->
                val outcome = world.run(step)
                try {
                    step["expect"]?.let { expectOutcome(members(it), outcome) }
                } catch (reason: Failed) {
                    throw Failed("step $number: ${reason.message}")
                }
            }
            demand("expect" !in last) { "the last step's expect is the vector's" }
            expectOutcome(expected, world.run(last))
        } finally {
            world.close()
        }
    }
}
