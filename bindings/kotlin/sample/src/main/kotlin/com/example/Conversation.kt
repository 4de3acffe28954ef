package com.example

import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.ClientOptions
import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxOperation
import kotlinx.coroutines.flow.first
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private const val MAYA = "+15550100142"

/**
 * A conversation, and two lost connections, against a sandbox on this machine, with short-lived tokens as an app has them.
 *
 * What it says is checked against the sandbox's own records. It exits with 1 if anything does not hold.
 */
object Conversation {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val wrong = kotlinx.coroutines.runBlocking { Sandbox.start().use { converse(it) } }
        println(if (wrong == 0) "\nAll of it holds." else "\n$wrong claims do not hold.")
        exitProcess(minOf(wrong, 1))
    }
}

/** Plays it, and gives how many claims do not hold. */
suspend fun converse(sandbox: Sandbox): Int {
    val options = ClientOptions(settleWithin = 1.seconds, settleGap = 100.milliseconds)
    val client = sandbox.client(lifetime = 10.minutes, options)
    var wrong = 0

    fun say(who: String, words: String) = println("${who.padStart(8)}   $words")

    suspend fun expect(text: String, posts: Int, rows: Int) {
        val posted = sandbox.requests().count { (it["json"] as? Map<*, *>)?.get("message") == text }
        val kept = sandbox.messages().count { it["message"] == text }
        say("records", "$posted POST of this message, $kept in the history")
        if (posted != posts || kept != rows) {
            wrong += 1
            say("WRONG", "expected $posts and $rows")
        }
    }

    println("1. A conversation")
    val inbox = client.listen(interval = 200.milliseconds)
    inbox.open()
    val lunch = "Hi Maya, lunch at noon?"
    say("us", lunch)
    say("", "sent: ${client.send(MAYA, lunch).messageId}")
    expect(lunch, posts = 1, rows = 1)
    sandbox.inbound(MAYA, "Lovely! Shall I book a table?")
    val answer = inbox.first()
    say("Maya", answer.text)
    val draft = client.draftReply(answer.phone)
    say("AVA", "would say: ${draft.text}")
    sandbox.expireTokens()
    say("sandbox", "refuses the token from now on; the app gets a new one")
    say("", "sent: ${client.send(MAYA, draft.text).messageId}")
    // The first was refused, with a 401.
    expect(draft.text, posts = 2, rows = 1)

    println("\n2. The answer is lost on its way back")
    sandbox.fault(SandboxOperation.SEND, "drop" to "after")
    val late = "Yes please. I'll be five minutes late."
    say("us", late)
    val confirmed = client.send(MAYA, late)
    say("", "sent, confirmed from the ${confirmed.confirmation.value}: ${confirmed.messageId}")
    expect(late, posts = 1, rows = 1)

    println("\n3. Nobody can know yet")
    sandbox.fault(SandboxOperation.SEND, "drop" to "before")
    val coffee = "Ordering for both of us. Coffee?"
    say("us", coffee)
    try {
        client.send(MAYA, coffee)
        wrong += 1
    } catch (error: AvaException.DeliveryUnknown) {
        say("", "unknown: ${error.message}")
        expect(coffee, posts = 1, rows = 0)
        sandbox.seed(MAYA, listOf(mapOf("text" to coffee, "direction" to "outbound")))
        say("sandbox", "only now has the message in its history")
        val settled = client.settle(checkNotNull(error.attempt))
        say("", "sent, confirmed from the ${settled.confirmation.value}: ${settled.messageId}")
        expect(coffee, posts = 1, rows = 1)
    }
    client.closeAndJoin()
    return wrong
}
