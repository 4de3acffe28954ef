package com.buzzedtech.ava.imessage.testing

import com.buzzedtech.ava.imessage.Attempt
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.Delivery
import com.buzzedtech.ava.imessage.Details
import com.buzzedtech.ava.imessage.internal.Json
import com.buzzedtech.ava.imessage.internal.KINDS
import com.buzzedtech.ava.imessage.internal.exception
import kotlin.reflect.KClass
import kotlin.time.Duration

/**
 * An exception as a call throws it, for a stub in a test of yours:
 * `throw madeUpException<AvaException.RateLimited>(retryAfter = 2.seconds)`.
 */
public inline fun <reified E : AvaException> madeUpException(
    message: String = "made up by a test",
    cause: Throwable? = null,
    status: Int? = null,
    requestId: String? = null,
    retryAfter: Duration? = null,
    body: String? = null,
    delivery: Delivery? = null,
    messageId: String? = null,
    attempt: Attempt? = null,
): E = madeUpOf(E::class, message, cause, status, requestId, retryAfter, body, delivery, messageId, attempt)

@PublishedApi
internal fun <E : AvaException> madeUpOf(
    kind: KClass<E>,
    message: String,
    cause: Throwable?,
    status: Int?,
    requestId: String?,
    retryAfter: Duration?,
    body: String?,
    delivery: Delivery?,
    messageId: String?,
    attempt: Attempt?,
): E {
    val details = Details(status, requestId, retryAfter, body, delivery, messageId, attempt)
    val all = KINDS.asSequence().map { exception(it, message, cause, details) }
    val made = all.firstOrNull { it.javaClass == kind.java }
    return kind.java.cast(requireNotNull(made) { "name a kind: AvaException.RateLimited, …" })
}

/**
 * The attempt of an unknown send, for a stub in a test of yours that throws an [AvaException.DeliveryUnknown]. No history
 * has a row for it.
 */
public fun madeUpAttempt(phone: String, text: String): Attempt = Attempt.fromJson(
    Json.write(
        mapOf(
            "origin" to "http://127.0.0.1",
            "phone" to phone,
            "text" to text,
            "client" to "made up by a test",
            "number" to 0,
            "began_ms" to null,
            "window" to null,
        ),
    ),
)
