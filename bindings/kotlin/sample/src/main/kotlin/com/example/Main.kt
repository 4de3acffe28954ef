package com.example

import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.FileCheckpoint
import com.buzzedtech.ava.imessage.Message
import com.buzzedtech.ava.imessage.Token
import com.buzzedtech.ava.imessage.testing.Sandbox
import kotlinx.coroutines.flow.Flow
import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/**
 * Listens, and replies to whatever comes, until Ctrl-C.
 *
 *     mvn compile exec:java                                                   # against a sandbox that answers
 *     mvn compile exec:java -Dexec.args="https://gateway.example.com TOKEN"   # against your gateway
 */
suspend fun main(arguments: Array<String>) {
    val checkpoint = FileCheckpoint(File("inbox.json"))
    if (arguments.size == 2) {
        val (gateway, token) = arguments
        val client = AvaClient(tokenProvider = { Token(token) }, baseURL = gateway)
        return client.use { reply(client, client.listen(checkpoint = checkpoint)) }
    }
    Sandbox.start(echoAfter = 500.milliseconds).use { sandbox ->
        val client = sandbox.client(lifetime = 10.minutes)
        val inbox = client.listen(interval = 1000.milliseconds)
        inbox.open()
        client.send("+15550100142", "Say something!")
        reply(client, inbox)
    }
}

/** Answers each message, one after the other. */
suspend fun reply(client: AvaClient, inbox: Flow<Message>) {
    inbox.collect { message ->
        println("${message.phone} wrote: ${message.text}")
        try {
            val sent = client.send(message.phone, "You wrote: ${message.text.take(100)}")
            println("    replied: ${sent.messageId}")
        } catch (error: AvaException.DeliveryUnknown) {
            // It may have gone out: not again.
            println("    not known whether the reply went out: ${error.message}")
        } catch (error: AvaException) {
            println("    not replied (${error.code}): ${error.message}")
        }
    }
}
