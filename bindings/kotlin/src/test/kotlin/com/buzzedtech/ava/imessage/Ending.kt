package com.buzzedtech.ava.imessage

import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlin.system.exitProcess

/** A program that exits with calls in flight, so many milliseconds after it began them; or, without these, simply ends. */
@OptIn(DelicateCoroutinesApi::class)
internal fun main(arguments: Array<String>) {
    val options = ClientOptions(onUnknown = {}, logger = {}, logLevel = LogLevel.TRACE)
    val client = AvaClient(tokenProvider = { Token("token") }, baseURL = arguments[0], options)
    runBlocking { client.poll() }
    val after = arguments.getOrNull(1)?.toLong() ?: return
    val slow = CallOptions(headers = mapOf("x-slow" to "1"))
    repeat(25) {
        GlobalScope.launch { client.poll(options = slow) }
        GlobalScope.launch { client.send(PHONE, "canary", slow) }
        GlobalScope.launch { client.poll() }
        GlobalScope.launch { client.listen().collect {} }
    }
    Thread.sleep(after)
    exitProcess(7)
}
