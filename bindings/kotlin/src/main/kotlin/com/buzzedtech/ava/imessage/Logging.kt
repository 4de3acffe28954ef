package com.buzzedtech.ava.imessage

import java.time.Instant

/** How much a line of the log matters. */
public enum class LogLevel {
    /** Something is broken. */
    ERROR,

    /** Somebody should know: a send was cut in flight, messages may have been missed, a poll failed. */
    WARN,

    /** Worth knowing. */
    INFO,

    /** Each request, each retry. */
    DEBUG,

    /** Everything. */
    TRACE,
}

/**
 * One line of the log. It holds neither keys nor texts nor whole phone numbers.
 *
 * @property level How much it matters.
 * @property time When, by this device's clock.
 * @property message What happened, in words that don't change from one time to the next.
 * @property fields With what: `http.request.method`, `url.template`, …
 */
public class LogRecord internal constructor(
    public val level: LogLevel,
    public val time: Instant,
    public val message: String,
    public val fields: Map<String, Any?>,
) {
    override fun toString(): String =
        "$level $message" + fields.entries.joinToString("") { (name, value) -> " $name=$value" }
}

/**
 * Takes the lines of the log, one after the other, on a thread of the library's (`ava-callbacks`), which keeps no program
 * alive: [AvaClient.close] and [AvaClient.flush] see to it that the last lines arrive.
 */
public fun interface Logger {
    /** Takes one line. What it throws is ignored. */
    public fun log(record: LogRecord)
}
