package com.buzzedtech.ava.imessage.internal

import com.buzzedtech.ava.imessage.Attempt
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.Confirmation
import com.buzzedtech.ava.imessage.Delivery
import com.buzzedtech.ava.imessage.Details
import com.buzzedtech.ava.imessage.Direction
import com.buzzedtech.ava.imessage.Gap
import com.buzzedtech.ava.imessage.GeneratedMessage
import com.buzzedtech.ava.imessage.Message
import com.buzzedtech.ava.imessage.MessagePage
import com.buzzedtech.ava.imessage.PollPage
import com.buzzedtech.ava.imessage.SentMessage
import com.buzzedtech.ava.imessage.SkippedRow
import com.buzzedtech.ava.imessage.Status
import com.buzzedtech.ava.imessage.core.CoreException
import com.buzzedtech.ava.imessage.core.Failure
import com.buzzedtech.ava.imessage.core.Moment
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import com.buzzedtech.ava.imessage.core.Gap as CoreGap
import com.buzzedtech.ava.imessage.core.GeneratedMessage as CoreGenerated
import com.buzzedtech.ava.imessage.core.Message as CoreMessage
import com.buzzedtech.ava.imessage.core.MessagePage as CorePage
import com.buzzedtech.ava.imessage.core.PollPage as CorePoll
import com.buzzedtech.ava.imessage.core.SentMessage as CoreSent
import com.buzzedtech.ava.imessage.core.SkippedRow as CoreRow

internal fun message(it: CoreMessage): Message = Message(
    id = it.id,
    phone = it.phone,
    text = it.text,
    direction = Direction(it.direction),
    timestamp = instant(it.timestamp),
    status = Status(it.status),
    extra = extra(it.extra),
)

internal fun sentMessage(it: CoreSent): SentMessage = SentMessage(
    messageId = it.messageId,
    timestamp = instant(it.timestamp),
    confirmation = Confirmation.entries.first { confirmation -> confirmation.value == it.confirmation },
    extra = extra(it.extra),
)

internal fun messagePage(it: CorePage): MessagePage = MessagePage(
    messages = it.messages.map(::message),
    total = it.total.toLong(),
    limit = it.limit.toLong(),
    offset = it.offset.toLong(),
    skipped = it.skipped.map(::skippedRow),
    extra = extra(it.extra),
)

internal fun pollPage(it: CorePoll): PollPage = PollPage(
    messages = it.messages.map(::message),
    count = it.count.toLong(),
    hasMore = it.hasMore,
    skipped = it.skipped.map(::skippedRow),
    extra = extra(it.extra),
)

internal fun generatedMessage(it: CoreGenerated): GeneratedMessage = GeneratedMessage(
    text = it.text,
    messageId = it.messageId,
    sent = it.sent,
    timestamp = instant(it.timestamp),
    extra = extra(it.extra),
)

internal fun skippedRow(it: CoreRow): SkippedRow = SkippedRow(it.index.toInt(), it.reason, it.raw)

internal fun gap(it: CoreGap): Gap = Gap(instant(it.from), instant(it.to))

internal fun instant(it: Moment): Instant = Instant.ofEpochSecond(it.seconds, it.nanoseconds.toLong())

internal fun moment(it: Instant?): Moment? = it?.let { Moment(it.epochSecond, it.nano.toUInt()) }

/** Further members, parsed when somebody looks. */
private fun extra(json: String?): Map<String, Any?> = if (json == null) emptyMap() else Extra(json)

private class Extra(
    private val json: String,
) : AbstractMap<String, Any?>() {
    private val parsed by lazy(LazyThreadSafetyMode.PUBLICATION) {
        (Json.parse(json) as Map<*, *>).entries.associate { (name, value) -> name.toString() to value }
    }
    override val entries: Set<Map.Entry<String, Any?>> get() = parsed.entries
}

/** In whole milliseconds, rounded away from zero: a moment is not none at all. */
internal fun milliseconds(it: Duration?): Long? = it?.inWholeMilliseconds?.let { whole ->
    when {
        it > whole.milliseconds -> whole + 1
        it < whole.milliseconds -> whole - 1
        else -> whole
    }
}

internal fun exception(error: CoreException): AvaException = exception(failure(error))

private fun failure(error: CoreException): Failure = when (error) {
    is CoreException.Configuration -> error.failure
    is CoreException.InvalidRequest -> error.failure
    is CoreException.Authentication -> error.failure
    is CoreException.PermissionDenied -> error.failure
    is CoreException.NotFound -> error.failure
    is CoreException.RateLimited -> error.failure
    is CoreException.Server -> error.failure
    is CoreException.Connection -> error.failure
    is CoreException.Timeout -> error.failure
    is CoreException.UnexpectedResponse -> error.failure
    is CoreException.Rejected -> error.failure
    is CoreException.DeliveryUnknown -> error.failure
    is CoreException.Cancelled -> error.failure
    is CoreException.Closed -> error.failure
    is CoreException.Storage -> error.failure
    is CoreException.Internal -> error.failure
}

/** With the causes that it lists, and behind the last of them what a function of the app threw. */
internal fun exception(failure: Failure): AvaException {
    val thrown: Throwable? = (failure.thrown as? ThrownByApp)?.error
    val behind = failure.causes.foldRight(thrown) { cause, behind -> exception(cause, behind) }
    return exception(failure, behind)
}

private fun exception(failure: Failure, cause: Throwable?): AvaException {
    val details = Details(
        status = failure.status?.toInt(),
        requestId = failure.requestId,
        retryAfter = failure.retryAfterMs?.toLong()?.milliseconds,
        body = failure.body,
        delivery = Delivery.entries.firstOrNull { it.value == failure.delivery },
        messageId = failure.messageId,
        attempt = failure.attempt?.let(::Attempt),
    )
    return exception(failure.number.toInt(), failure.reason, cause, details)
}

/** The numbers of the kinds. */
internal val KINDS: IntRange = 1..16

internal fun exception(number: Int, message: String, cause: Throwable?, details: Details): AvaException =
    when (number) {
        1 -> AvaException.Configuration(message, cause, details)
        2 -> AvaException.InvalidRequest(message, cause, details)
        3 -> AvaException.Authentication(message, cause, details)
        4 -> AvaException.PermissionDenied(message, cause, details)
        5 -> AvaException.NotFound(message, cause, details)
        6 -> AvaException.RateLimited(message, cause, details)
        7 -> AvaException.Server(message, cause, details)
        8 -> AvaException.Connection(message, cause, details)
        9 -> AvaException.Timeout(message, cause, details)
        10 -> AvaException.UnexpectedResponse(message, cause, details)
        11 -> AvaException.Rejected(message, cause, details)
        12 -> AvaException.DeliveryUnknown(message, cause, details)
        13 -> AvaException.Cancelled(message, cause, details)
        14 -> AvaException.Closed(message, cause, details)
        15 -> AvaException.Storage(message, cause, details)
        else -> AvaException.Internal(message, cause, details)
    }
