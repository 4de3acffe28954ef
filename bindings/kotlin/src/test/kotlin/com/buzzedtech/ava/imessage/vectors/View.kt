package com.buzzedtech.ava.imessage.vectors

import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.GeneratedMessage
import com.buzzedtech.ava.imessage.Message
import com.buzzedtech.ava.imessage.MessagePage
import com.buzzedtech.ava.imessage.PollPage
import com.buzzedtech.ava.imessage.SentMessage
import com.buzzedtech.ava.imessage.SkippedRow
import java.time.Instant

/** A result as the JSON that vectors compare with. */
internal fun view(result: Any): Object = when (result) {
    is Unit -> emptyMap()
    is Message -> mapOf(
        "id" to result.id,
        "phone" to result.phone,
        "text" to result.text,
        "direction" to result.direction.value,
        "timestamp" to rfc3339(result.timestamp),
        "status" to result.status.value,
        "extra" to result.extra,
    )
    is SentMessage -> mapOf(
        "message_id" to result.messageId,
        "timestamp" to rfc3339(result.timestamp),
        "confirmation" to result.confirmation.value,
        "extra" to result.extra,
    )
    is GeneratedMessage -> mapOf(
        "text" to result.text,
        "message_id" to result.messageId,
        "sent" to result.sent,
        "timestamp" to rfc3339(result.timestamp),
        "extra" to result.extra,
    )
    is MessagePage -> mapOf(
        "messages" to result.messages.map(::view),
        "total" to result.total,
        "limit" to result.limit,
        "offset" to result.offset,
        "skipped" to skipped(result.skipped),
        "extra" to result.extra,
    )
    is PollPage -> mapOf(
        "messages" to result.messages.map(::view),
        "count" to result.count,
        "has_more" to result.hasMore,
        "skipped" to skipped(result.skipped),
        "extra" to result.extra,
    )
    else -> throw Failed("a result of class ${result::class.simpleName}")
}

private fun skipped(rows: List<SkippedRow>): List<Object> = rows.map { mapOf("index" to it.index, "reason" to it.reason) }

/** With as many digits of a second's fraction as it needs. */
internal fun rfc3339(time: Instant): String = time.toString().let { text ->
    if ('.' in text) text.dropLast(1).trimEnd('0').trimEnd('.') + "Z" else text
}

internal fun view(error: AvaException): Object = mapOf(
    "code" to error.code,
    "number" to error.number,
    "status" to error.status,
    "delivery" to error.delivery?.value,
    "request_id" to error.requestId,
    "retry_after_ms" to error.retryAfter?.inWholeMilliseconds,
    "message" to error.message,
    "body" to error.body,
    "message_id" to error.messageId,
    "has_attempt" to (error.attempt != null),
    "cause" to (error.cause as? AvaException)?.let(::view),
)
