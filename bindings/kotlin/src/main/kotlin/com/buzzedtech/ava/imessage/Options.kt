package com.buzzedtech.ava.imessage

import kotlin.time.Duration

/**
 * How a client is set up; what isn't given has the default named here. Nothing may be negative; [toString] hides what the
 * headers say.
 *
 * @property timeout For a call, retries and settling included: 30 s (60 s for [AvaClient.generate] and
 * [AvaClient.draftReply]).
 * @property connectTimeout For DNS, TCP and TLS together: 5 s.
 * @property readIdleTimeout How long the server may be silent: 10 s.
 * @property poolIdleTimeout How long an unused connection is kept: 4 s.
 * @property maxRetries How often a call is tried again where that is safe: 2.
 * @property backoff The first wait between tries: 0.5 s.
 * @property backoffMax The longest wait between tries: 8 s.
 * @property confirmFromHistory Whether a send whose answer was lost is looked up in the history: yes.
 * @property settleWithin For how long: 10 s.
 * @property settleGap The first gap between two readings: 0.5 s.
 * @property rateLimitedIsNotSent Whether a send answered with 429 certainly had no effect: yes.
 * @property maxResponseBytes The largest answer that is read: 8 MiB.
 * @property headers Headers of every request.
 * @property userAgent The app's words in the `user-agent`.
 * @property onUnknown Told of the attempt of every send that was cancelled in flight.
 * @property logger Where the log goes; nowhere if it is not given.
 * @property logLevel From which level on: [LogLevel.INFO] if it is not given.
 */
public class ClientOptions(
    public val timeout: Duration? = null,
    public val connectTimeout: Duration? = null,
    public val readIdleTimeout: Duration? = null,
    public val poolIdleTimeout: Duration? = null,
    public val maxRetries: Int? = null,
    public val backoff: Duration? = null,
    public val backoffMax: Duration? = null,
    public val confirmFromHistory: Boolean? = null,
    public val settleWithin: Duration? = null,
    public val settleGap: Duration? = null,
    public val rateLimitedIsNotSent: Boolean? = null,
    public val maxResponseBytes: Long? = null,
    public val headers: Map<String, String> = emptyMap(),
    public val userAgent: String? = null,
    public val onUnknown: ((Attempt) -> Unit)? = null,
    public val logger: Logger? = null,
    public val logLevel: LogLevel? = null,
) {
    private val given: Map<String, Any?>
        get() = mapOf(
            "timeout" to timeout,
            "connectTimeout" to connectTimeout,
            "readIdleTimeout" to readIdleTimeout,
            "poolIdleTimeout" to poolIdleTimeout,
            "maxRetries" to maxRetries,
            "backoff" to backoff,
            "backoffMax" to backoffMax,
            "confirmFromHistory" to confirmFromHistory,
            "settleWithin" to settleWithin,
            "settleGap" to settleGap,
            "rateLimitedIsNotSent" to rateLimitedIsNotSent,
            "maxResponseBytes" to maxResponseBytes,
            "headers" to headers,
            "userAgent" to userAgent,
            "onUnknown" to onUnknown,
            "logger" to logger,
            "logLevel" to logLevel,
        )

    override fun equals(other: Any?): Boolean = this === other || other is ClientOptions && given == other.given

    override fun hashCode(): Int = given.hashCode()

    override fun toString(): String = shown("ClientOptions", given)
}

/**
 * What can be said of every call; what isn't given is as the client has it. Nothing may be negative; [toString] hides what
 * the headers say.
 *
 * @property timeout The call's deadline, retries and settling included; zero has passed already. Of a stream: of each of its
 * requests.
 * @property maxRetries How often it is tried again where that is safe.
 * @property headers Further headers.
 */
public class CallOptions(
    public val timeout: Duration? = null,
    public val maxRetries: Int? = null,
    public val headers: Map<String, String> = emptyMap(),
) {
    private val given: Map<String, Any?>
        get() = mapOf("timeout" to timeout, "maxRetries" to maxRetries, "headers" to headers)

    override fun equals(other: Any?): Boolean = this === other || other is CallOptions && given == other.given

    override fun hashCode(): Int = given.hashCode()

    override fun toString(): String = shown("CallOptions", given)

    internal companion object {
        val NONE = CallOptions()
    }
}

/** What was said, and of headers and functions only which there are. */
private fun shown(name: String, given: Map<String, Any?>): String =
    given.entries.filter { (_, value) -> value != null && value != emptyMap<String, String>() }
        .joinToString(prefix = "$name(", postfix = ")") { (option, value) ->
            when (value) {
                is Map<*, *> -> "$option=${value.keys}"
                is Logger, is Function<*> -> "$option=…"
                else -> "$option=$value"
            }
        }
