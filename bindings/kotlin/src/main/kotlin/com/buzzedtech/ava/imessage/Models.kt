package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.masked
import com.buzzedtech.ava.imessage.internal.measured
import java.time.Instant

/** Which way a message went. The set is open: the service may know others. */
@JvmInline
public value class Direction(
    /** As it stands on the wire. */
    public val value: String,
) {
    override fun toString(): String = value

    public companion object {
        /** From the other person to us. */
        public val INBOUND: Direction = Direction("inbound")

        /** From us to the other person. */
        public val OUTBOUND: Direction = Direction("outbound")
    }
}

/** How far a message got. The set is open: the service may know others. */
@JvmInline
public value class Status(
    /** As it stands on the wire. */
    public val value: String,
) {
    override fun toString(): String = value

    public companion object {
        /** Accepted and waiting to go out. */
        public val QUEUED: Status = Status("queued")

        /** Gone out. */
        public val SENT: Status = Status("sent")

        /** Arrived on the other person's device. */
        public val DELIVERED: Status = Status("delivered")

        /** It did not go out. */
        public val FAILED: Status = Status("failed")

        /** An inbound message that arrived. */
        public val RECEIVED: Status = Status("received")
    }
}

/** Who speaks in a [Turn]. The set is open: the service may know others. */
@JvmInline
public value class Role(
    /** As it stands on the wire. */
    public val value: String,
) {
    override fun toString(): String = value

    public companion object {
        /** The other person. */
        public val USER: Role = Role("user")

        /** Us, or AVA on our behalf. */
        public val ASSISTANT: Role = Role("assistant")
    }
}

/**
 * One message of a conversation. [toString] hides text and phone.
 *
 * @property id The service's id: `msg_abc123`.
 * @property phone The other person's number, E.164.
 * @property text What was written.
 * @property direction Which way it went.
 * @property timestamp When, by the service's clock.
 * @property status How far it got.
 * @property extra Further members of the wire: maps, lists, strings, booleans, `Long`s, `BigDecimal`s and nulls.
 */
public data class Message(
    val id: String,
    val phone: String,
    val text: String,
    val direction: Direction,
    val timestamp: Instant,
    val status: Status,
    val extra: Map<String, Any?> = emptyMap(),
) {
    override fun toString(): String =
        "Message(id=$id, phone=${masked(phone)}, text=${measured(text)}, direction=$direction, " +
            "timestamp=$timestamp, status=$status, extra=${extra.keys})"
}

/** How it is known that a message was sent. */
public enum class Confirmation(
    /** The stable name: `response` or `history`. */
    public val value: String,
) {
    /** The service answered the send. */
    RESPONSE("response"),

    /** The answer was lost; the message was found in the history. */
    HISTORY("history"),
}

/**
 * A message that the service accepted. Whether it was delivered is the [status][Message.status] of its row in the
 * history.
 *
 * @property messageId The service's id: `msg_abc123`.
 * @property timestamp When, by the service's clock; where its answer names no time, by the answer's `Date`, else by this
 * device's clock.
 * @property confirmation How it is known.
 * @property extra Further members of the wire, as of a [Message].
 */
public data class SentMessage(
    val messageId: String,
    val timestamp: Instant,
    val confirmation: Confirmation,
    val extra: Map<String, Any?> = emptyMap(),
) {
    override fun toString(): String =
        "SentMessage(messageId=$messageId, timestamp=$timestamp, confirmation=${confirmation.value}, extra=${extra.keys})"
}

/**
 * A row that isn't what the API documents. It costs nobody the rows beside it. [toString] hides the row.
 *
 * @property index Its place in the server's list, from 0.
 * @property reason What is wrong with it.
 * @property raw The row as JSON text. It may hold people's data.
 */
public data class SkippedRow(
    val index: Int,
    val reason: String,
    val raw: String,
) {
    override fun toString(): String = "SkippedRow(index=$index, reason=$reason)"
}

/**
 * A page of a conversation's history.
 *
 * @property messages The rows, in the server's order, which the API leaves open.
 * @property total How many messages the conversation has.
 * @property limit How many rows a page has at the most.
 * @property offset How many rows were passed over.
 * @property skipped Rows that couldn't be read.
 * @property extra Further members of the wire, as of a [Message].
 */
public data class MessagePage(
    val messages: List<Message>,
    val total: Long,
    val limit: Long,
    val offset: Long,
    val skipped: List<SkippedRow> = emptyList(),
    val extra: Map<String, Any?> = emptyMap(),
) {
    override fun toString(): String =
        "MessagePage(messages=$messages, total=$total, limit=$limit, offset=$offset, skipped=$skipped, " +
            "extra=${extra.keys})"
}

/**
 * What one poll brought.
 *
 * @property messages The rows, in the server's order.
 * @property count How many rows the server says there are.
 * @property hasMore Whether there are more than these.
 * @property skipped Rows that couldn't be read.
 * @property extra Further members of the wire, as of a [Message].
 */
public data class PollPage(
    val messages: List<Message>,
    val count: Long,
    val hasMore: Boolean,
    val skipped: List<SkippedRow> = emptyList(),
    val extra: Map<String, Any?> = emptyMap(),
) {
    override fun toString(): String =
        "PollPage(messages=$messages, count=$count, hasMore=$hasMore, skipped=$skipped, extra=${extra.keys})"
}

/**
 * One turn of the conversation that a reply is drafted from. [toString] hides the content.
 *
 * @property role Who speaks.
 * @property content What is said.
 */
public data class Turn(
    val role: Role,
    val content: String,
) {
    override fun toString(): String = "Turn(role=$role, content=${measured(content)})"

    public companion object {
        /** What the other person said. */
        public fun user(content: String): Turn = Turn(Role.USER, content)

        /** What we said. */
        public fun assistant(content: String): Turn = Turn(Role.ASSISTANT, content)
    }
}

/**
 * A reply that AVA wrote. [toString] hides the text.
 *
 * @property text What it wrote.
 * @property messageId The service's id: `msg_ai_abc123`.
 * @property sent Whether it was sent.
 * @property timestamp When, by the service's clock.
 * @property extra Further members of the wire, as of a [Message].
 */
public data class GeneratedMessage(
    val text: String,
    val messageId: String,
    val sent: Boolean,
    val timestamp: Instant,
    val extra: Map<String, Any?> = emptyMap(),
) {
    override fun toString(): String =
        "GeneratedMessage(text=${measured(text)}, messageId=$messageId, sent=$sent, timestamp=$timestamp, " +
            "extra=${extra.keys})"
}

/**
 * A stretch of time, by the service's clock, of which messages may have been missed.
 *
 * @property from Its beginning.
 * @property to Its end.
 */
public data class Gap(
    val from: Instant,
    val to: Instant,
)
