// The soak in Kotlin: see the README beside this folder.

import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.ClientOptions
import com.buzzedtech.ava.imessage.Token
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private const val SENDERS = 3
private const val READ = 60
private val PAUSE = 100.milliseconds
private val LONGER_PAUSE = 200.milliseconds
private val BEFORE_SETTLING = 1.seconds

private fun environment(name: String) = requireNotNull(System.getenv(name)) { "$name is not set" }

private val name = environment("SOAK_NAME")
private val phone = environment("SOAK_PHONE")

@Volatile
private var stopping = false

/** A line for whoever compares it with the sandbox's records. */
private fun say(vararg words: Any) = println(words.joinToString("\t"))

/** Sends, and says what came of it. */
private suspend fun send(client: AvaClient, text: String) {
    try {
        say("sent", text, client.send(phone, text).messageId)
    } catch (error: AvaException.DeliveryUnknown) {
        say("unknown", text, error.code)
        delay(BEFORE_SETTLING)
        try {
            error.attempt?.let { say("settled", text, client.settle(it).messageId) }
        } catch (_: AvaException) {
            // Still unknown.
        }
    } catch (error: AvaException) {
        say("not_sent", text, error.code)
    }
}

/** One text after the other. */
private suspend fun sendOn(client: AvaClient, sender: Int) {
    var number = 0
    while (!stopping) {
        number += 1
        send(client, "$name $sender $number")
        delay(PAUSE)
    }
}

/** A page, and the conversation. */
private suspend fun readOn(client: AvaClient) {
    while (!stopping) {
        try {
            say("read", client.messagesPage(phone, limit = 20).messages.size)
            say("read", client.messages(phone).take(READ).count())
        } catch (error: AvaException) {
            say("failed", error.code)
        }
        delay(LONGER_PAUSE)
    }
}

fun main() = runBlocking {
    val token = File(environment("SOAK_TOKEN_FILE"))
    val client = AvaClient(
        tokenProvider = { Token(token.readText()) },
        baseURL = environment("AVA_BASE_URL"),
        options = ClientOptions(
            timeout = 6.seconds,
            readIdleTimeout = 2.seconds,
            backoff = 50.milliseconds,
            backoffMax = 500.milliseconds,
            settleWithin = 1500.milliseconds,
            settleGap = 50.milliseconds,
        ),
    )
    val inbox = client.listen(phone = phone, interval = 250.milliseconds)
    inbox.open()
    say("ready")
    val listener = launch {
        inbox.collect { message ->
            say("heard", message.id)
            send(client, "$name answers ${message.id}")
        }
    }
    val work = List(SENDERS) { sender -> launch { sendOn(client, sender) } } + launch { readOn(client) }
    withContext(Dispatchers.IO) { System.`in`.readAllBytes() }
    stopping = true
    work.joinAll()
    client.closeAndJoin()
    listener.join()
    say("ended")
}
