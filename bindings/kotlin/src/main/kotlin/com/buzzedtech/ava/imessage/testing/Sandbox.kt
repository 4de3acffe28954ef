package com.buzzedtech.ava.imessage.testing

import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.ClientOptions
import com.buzzedtech.ava.imessage.Token
import com.buzzedtech.ava.imessage.TokenProvider
import com.buzzedtech.ava.imessage.internal.Json
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.future.await
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withContext
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.concurrent.thread
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/** The sandbox can't be started, or refuses what it was told; the words are its own. */
public class SandboxException internal constructor(
    message: String,
    cause: Throwable? = null,
) : Exception(message, cause)

/** Which requests a fault is for. */
public enum class SandboxOperation(
    internal val value: String,
) {
    /** Sends. */
    SEND("send"),

    /** Readings of a history. */
    MESSAGES("messages"),

    /** Polls. */
    POLL("poll"),

    /** Generating a reply. */
    GENERATE("generate"),

    /** All of them. */
    ANY("any"),
}

/**
 * The API on this machine, in a process of its own, with a state behind it and faults on demand. No message leaves the
 * machine.
 *
 * ```kotlin
 * Sandbox.start().use { sandbox ->
 *     val client = sandbox.client()
 *     client.send("+15550100142", "Hello?")
 *     check(sandbox.messages().single()["message"] == "Hello?")
 * }
 * ```
 *
 * It runs `ava sandbox`, the command of this project: that of the property `ava.command`, else the one on PATH. It ends
 * with [close], and with this JVM, however that ends. Its times follow a clock of its own ([clock]). Rows and requests are
 * maps with the wire's names. `docs/sandbox.md` of the repository has every fault, script and setting. [SandboxExtension]
 * makes one for a JUnit 5 class.
 */
public class Sandbox private constructor(
    private val process: Process,
    /** Where it is. */
    public val baseURL: String,
    /** The key that it accepts. */
    public val apiKey: String,
) : AutoCloseable {
    private val atExit = Thread(process::destroyForcibly)

    init {
        // Also so that the process, and with it the pipe, is not let go of while somebody only has the URL.
        Runtime.getRuntime().addShutdownHook(atExit)
    }

    /**
     * A client as an app has it: with short-lived tokens that this sandbox issues, one for each time it is asked.
     *
     * @param lifetime How long a token is taken, by the sandbox's clock.
     */
    public fun client(lifetime: Duration = 10.minutes, options: ClientOptions = ClientOptions()): AvaClient =
        AvaClient(tokenProvider(lifetime), baseURL, options)

    /** A client as a server has it: with the [apiKey]. */
    public fun serverClient(options: ClientOptions = ClientOptions()): AvaClient =
        AvaClient(apiKey = apiKey, baseURL = baseURL, options = options)

    /**
     * A provider of short-lived tokens, as an app's own server would issue them.
     *
     * @param lifetime How long a token is taken, by the sandbox's clock.
     * @param phones For which phones; for all if it is not given.
     */
    public fun tokenProvider(lifetime: Duration = 10.minutes, phones: List<String>? = null): TokenProvider =
        TokenProvider { Token(token(lifetime, phones), expiresIn = lifetime) }

    /**
     * Lets a message arrive, and gives its row.
     *
     * @param timestamp When; now by the sandbox's clock.
     * @param id Its id; a new one.
     * @param visibleAfter So long it doesn't show.
     */
    public suspend fun inbound(
        phone: String,
        text: String,
        timestamp: Instant? = null,
        id: String? = null,
        visibleAfter: Duration? = null,
    ): Map<String, Any?> = row(
        control(
            "POST",
            "inbound",
            given(
                "phone" to phone,
                "text" to text,
                "timestamp" to timestamp?.toString(),
                "id" to id,
                "visible_after_ms" to visibleAfter?.inWholeMilliseconds,
            ),
        ),
    )

    /** Fills a history with so many numbered messages, the last one now. */
    public suspend fun seed(phone: String, count: Int) {
        control("POST", "seed", mapOf("phone" to phone, "count" to count))
    }

    /** Fills a history with these rows: `mapOf("text" to "…", "direction" to "inbound")`. */
    public suspend fun seed(phone: String, rows: List<Map<String, Any?>>) {
        control("POST", "seed", mapOf("phone" to phone, "rows" to rows))
    }

    /**
     * Has the next [times] requests of a kind go wrong; `null` is until [clearFaults]. The members say how:
     * `"status" to 503`; `"drop" to "after"` (the connection is closed, the effect stays); `"delay_ms" to 500`;
     * `"retry_after" to "2"`; `"garbage" to true`; …
     */
    public suspend fun fault(on: SandboxOperation, vararg members: Pair<String, Any?>, times: Int? = 1) {
        control("POST", "faults", mapOf("on" to on.value, "times" to times) + members)
    }

    /** Takes back what [fault] said. */
    public suspend fun clearFaults() {
        control("DELETE", "faults")
    }

    /** Has it answer with exactly these responses, and nothing else. */
    public suspend fun script(responses: Any) {
        control("POST", "script", responses)
    }

    /** What was used of the script: `remaining`, `unmatched`, `used`. */
    public suspend fun scriptState(): Map<String, Any?> = row(row(control("GET", "script"))["state"])

    /** Changes some settings, and gives all. */
    public suspend fun settings(vararg changes: Pair<String, Any?>): Map<String, Any?> =
        row(control("PATCH", "settings", mapOf(*changes)))

    /**
     * Sets the sandbox's clock, advances it, lets it stand still or go on. Gives its state.
     *
     * Rows, deliveries, lags and tokens follow it; delays of answers take real time.
     */
    public suspend fun clock(
        now: Instant? = null,
        advance: Duration? = null,
        frozen: Boolean? = null,
    ): Map<String, Any?> = row(
        control(
            "POST",
            "clock",
            given("now" to now?.toString(), "advance_ms" to advance?.inWholeMilliseconds, "frozen" to frozen),
        ),
    )

    /** Issues a short-lived token, for these phones or for all. */
    public suspend fun token(lifetime: Duration, phones: List<String>? = null): String {
        val asked = given("ttl_ms" to lifetime.inWholeMilliseconds, "phones" to phones)
        return row(control("POST", "tokens", asked))["token"].toString()
    }

    /** Every token so far answers 401 from now on. */
    public suspend fun expireTokens() {
        control("POST", "tokens/expire")
    }

    /** Every message it has, in the wire's names (the text is `message`). */
    public suspend fun messages(): List<Map<String, Any?>> = rows(state()["messages"])

    /** The requests it got, oldest first: `method`, `path`, `query`, `headers`, `body`, `json`, `outcome`, … */
    public suspend fun requests(): List<Map<String, Any?>> = rows(control("GET", "requests"))

    /** All that it knows. */
    public suspend fun state(): Map<String, Any?> = row(control("GET", "state"))

    /** Everything is as at the start again. */
    public suspend fun reset() {
        control("POST", "reset")
    }

    /**
     * A request to the control plane, `/_sandbox/` before its path; gives the answer's JSON as maps, lists, strings,
     * booleans, `Long`s, `BigDecimal`s and nulls, as [body] may be of them.
     *
     * @throws SandboxException if it was refused.
     */
    public suspend fun control(method: String, path: String, body: Any? = null): Any? {
        val request = HttpRequest.newBuilder(URI("$baseURL/_sandbox/$path"))
        if (body == null && method != "POST") {
            request.method(method, BodyPublishers.noBody())
        } else {
            request.header("content-type", "application/json")
            request.method(method, BodyPublishers.ofString(Json.write(body ?: emptyMap<String, Any?>())))
        }
        val answer = http.sendAsync(request.build(), BodyHandlers.ofString()).await()
        if (answer.statusCode() !in 200..299) {
            throw SandboxException("$method $path: ${answer.statusCode()} ${answer.body()}")
        }
        return answer.body().takeIf(String::isNotEmpty)?.let(Json::parse)
    }

    /** Ends it. */
    override fun close() {
        process.destroy()
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly()
        try {
            Runtime.getRuntime().removeShutdownHook(atExit)
        } catch (_: IllegalStateException) {
            // The JVM is ending already.
        }
    }

    public companion object {
        private const val PATIENCE_SECONDS = 30L

        /** One for all of them: each has threads of its own. */
        private val http: HttpClient by lazy { HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build() }

        /**
         * Starts one.
         *
         * @param echoAfter Answers every message with `Echo: …` after so long. Nobody answers if it is not given.
         * @param settings What it starts with, by the names of `docs/sandbox.md`: `"history_order" to "newest_first"`.
         * @param apiKey The made-up key to accept. A new one if it is not given.
         * @param port The port on 127.0.0.1; 0 is a free one.
         * @param command The `ava` command, instead of the property `ava.command` or PATH.
         * @throws SandboxException if it can't be started.
         */
        public suspend fun start(
            echoAfter: Duration? = null,
            settings: Map<String, Any?>? = null,
            apiKey: String? = null,
            port: Int = 0,
            command: String? = null,
        ): Sandbox = withContext(Dispatchers.IO) {
            val program = command ?: System.getProperty("ava.command") ?: "ava"
            val arguments = buildList {
                // Its standard input is a pipe of ours, whose end it sees even where this JVM is killed.
                addAll(listOf(program, "--json", "sandbox", "--until-eof", "--port", "$port"))
                apiKey?.let { addAll(listOf("--api-key", it)) }
                echoAfter?.let { addAll(listOf("--echo", "${it.inWholeMilliseconds}")) }
                settings?.let { addAll(listOf("--settings", "-")) }
            }
            val process = try {
                ProcessBuilder(arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            } catch (error: IOException) {
                throw SandboxException(
                    "no sandbox: `$program` can't be run. Build the command (cargo install --path crates/ava-cli) and " +
                        "put it on PATH, or name it in the property ava.command",
                    error,
                )
            }
            try {
                settings?.let { process.outputStream.apply { write("${Json.write(it)}\n".toByteArray()) }.flush() }
                val ready = runInterruptible { readyLine(process, program) }
                Sandbox(process, ready["base_url"].toString(), ready["api_key"].toString())
            } catch (error: Throwable) {
                process.destroyForcibly()
                throw error
            }
        }

        /** What it says when it is ready. Further lines are nobody's, but a full pipe would stop it. */
        private fun readyLine(process: Process, program: String): Map<String, Any?> {
            val first = CompletableFuture<String?>()
            thread(isDaemon = true, name = "ava sandbox") {
                try {
                    process.inputStream.bufferedReader().use { lines ->
                        first.complete(lines.readLine())
                        while (lines.readLine() != null) continue
                    }
                } catch (error: IOException) {
                    first.completeExceptionally(error)
                }
            }
            val line = try {
                first.get(PATIENCE_SECONDS, TimeUnit.SECONDS)
            } catch (error: TimeoutException) {
                throw SandboxException("the sandbox was not ready within $PATIENCE_SECONDS s", error)
            } catch (error: ExecutionException) {
                throw SandboxException("the sandbox can't be read", error)
            }
            return row(Json.parse(line ?: throw SandboxException("$program ended; what it said stands above")))
        }

        private fun given(vararg members: Pair<String, Any?>): Map<String, Any?> =
            members.filter { (_, value) -> value != null }.toMap()

        private fun row(value: Any?): Map<String, Any?> =
            (value as? Map<*, *> ?: throw SandboxException("the sandbox said something unexpected")).mapKeys { "${it.key}" }

        private fun rows(value: Any?): List<Map<String, Any?>> =
            (value as? List<*> ?: throw SandboxException("the sandbox said something unexpected")).map(::row)
    }
}
