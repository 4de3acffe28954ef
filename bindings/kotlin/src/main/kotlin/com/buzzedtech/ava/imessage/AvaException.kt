package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.exception
import kotlinx.coroutines.CopyableThrowable
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlin.time.Duration

/** Whether a message that a send failed with may have gone out. */
public enum class Delivery(
    /** The stable name: `not_sent` or `unknown`. */
    public val value: String,
) {
    /** It certainly did not go out. */
    NOT_SENT("not_sent"),

    /** It may or may not have gone out. Don't send it again: [AvaClient.settle] asks. */
    UNKNOWN("unknown"),
}

/** What an [AvaException] knows beside its message. */
internal class Details(
    val status: Int? = null,
    val requestId: String? = null,
    val retryAfter: Duration? = null,
    val body: String? = null,
    val delivery: Delivery? = null,
    val messageId: String? = null,
    val attempt: Attempt? = null,
)

/**
 * What a call fails with; each kind is a class of its own, so that `when` knows all of them.
 *
 * [message] is one line, from the service where it gave one; neither it nor [toString] holds keys, texts or whole phone
 * numbers. A coroutine that is cancelled ends with a [kotlinx.coroutines.CancellationException], as any other. For stubs in
 * tests the package `testing` makes them: `madeUpException<AvaException.RateLimited>()`.
 */
@OptIn(ExperimentalCoroutinesApi::class)
public sealed class AvaException(
    /** The stable number of the kind. */
    public val number: Int,
    /** The stable name of the kind: `rate_limited`. */
    public val code: String,
    message: String,
    cause: Throwable?,
    private val details: Details,
) : Exception(message, cause), CopyableThrowable<AvaException> {
    /**
     * For coroutines, which with assertions on (`-ea`, as tests have them) add the caller's frames to a copy where an
     * exception passes from one to another. [cause] stays what it is.
     */
    final override fun createCopy(): AvaException = exception(number, message.orEmpty(), cause, details)

    /** The HTTP status, if there was an answer. */
    public val status: Int? get() = details.status

    /** The service's name for the request; tell it to those who run the service. */
    public val requestId: String? get() = details.requestId

    /** How long the service asks to wait. */
    public val retryAfter: Duration? get() = details.retryAfter

    /** The beginning of the server's answer. It may hold people's data: not for logs. */
    public val body: String? get() = details.body

    /** Of a send: whether the message may have gone out. `null` where nothing would have been sent. */
    public val delivery: Delivery? get() = details.delivery

    /** The id of the message that failed, where the history showed that it did. */
    public val messageId: String? get() = details.messageId

    /** What [AvaClient.settle] asks by, of a send that is unknown. */
    public val attempt: Attempt? get() = details.attempt

    /** The client is set up wrongly: no key, a malformed key, a base URL that is refused. Nothing was sent. */
    public class Configuration internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(1, "configuration", message, cause, details)

    /** Refused, here before anything left the device or by the service (400). Mend the argument. */
    public class InvalidRequest internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(2, "invalid_request", message, cause, details)

    /** The service does not know the key or token (401), or the token provider failed. Nothing was sent. */
    public class Authentication internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(3, "authentication", message, cause, details)

    /** The key or token may not do this (403). Nothing was sent. */
    public class PermissionDenied internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(4, "permission_denied", message, cause, details)

    /** There is no such thing (404). Nothing was sent. */
    public class NotFound internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(5, "not_found", message, cause, details)

    /** Too many requests (429), after retries. Wait for [retryAfter]. */
    public class RateLimited internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(6, "rate_limited", message, cause, details)

    /** The service failed (5xx). A read was retried already; try again later. */
    public class Server internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(7, "server", message, cause, details)

    /** DNS, TCP or TLS failed, or a connection was lost or went silent. Of a send: it was not sent. */
    public class Connection internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(8, "connection", message, cause, details)

    /** The deadline of the call passed; it spans all retries. Of a send: it was not sent. */
    public class Timeout internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(9, "timeout", message, cause, details)

    /** The answer is not what the API documents: not JSON, a missing field, or too large. */
    public class UnexpectedResponse internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(10, "unexpected_response", message, cause, details)

    /** The service declined it, or the history shows that the message failed ([messageId]). */
    public class Rejected internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(11, "rejected", message, cause, details)

    /**
     * A send that may or may not have happened, after the history was asked. Don't send it again: keep the [attempt], and
     * ask later with [AvaClient.settle].
     */
    public class DeliveryUnknown internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(12, "delivery_unknown", message, cause, details)

    /** The call was cancelled from within the library, not by its coroutine. */
    public class Cancelled internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(13, "cancelled", message, cause, details)

    /** The client was closed. Nothing was sent. */
    public class Closed internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(14, "closed", message, cause, details)

    /** The checkpoint failed; nothing was acknowledged. */
    public class Storage internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(15, "storage", message, cause, details)

    /** A bug in this library. The client is usable after. */
    public class Internal internal constructor(message: String, cause: Throwable?, details: Details) :
        AvaException(16, "internal", message, cause, details)
}
