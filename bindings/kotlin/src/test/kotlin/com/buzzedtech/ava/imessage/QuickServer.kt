package com.buzzedtech.ava.imessage

import java.io.BufferedInputStream
import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

/**
 * Answers polls and sends at once, which the sandbox is too slow for; requests with the header `x-slow` never. It counts the
 * latter.
 */
internal class QuickServer : AutoCloseable {
    private val listening = ServerSocket(0, 128, InetAddress.getLoopbackAddress())
    val url = "http://127.0.0.1:${listening.localPort}"

    /** Requests that wait for an answer, and those whose client has left. */
    val waiting = AtomicInteger()
    val dropped = AtomicInteger()

    init {
        thread(isDaemon = true, name = "quick server") {
            try {
                while (true) listening.accept().let { thread(isDaemon = true) { serve(it) } }
            } catch (_: IOException) {
                // It was closed.
            }
        }
    }

    private fun serve(socket: Socket) {
        try {
            socket.use {
                socket.tcpNoDelay = true
                val input = BufferedInputStream(socket.getInputStream())
                val output = socket.getOutputStream()
                while (true) {
                    val head = head(input) ?: return
                    if ("x-slow" in head) return hold(input)
                    val length = Regex("content-length: (\\d+)").find(head)?.groupValues?.get(1)?.toInt() ?: 0
                    input.readNBytes(length)
                    output.write(if (head.startsWith("POST")) SENT else POLLED)
                }
            }
        } catch (_: IOException) {
            // The client has left.
        }
    }

    private fun head(input: BufferedInputStream): String? {
        val head = StringBuilder()
        while (!head.endsWith("\r\n\r\n")) {
            val next = input.read()
            if (next < 0) return null
            head.append(next.toChar())
        }
        return head.toString()
    }

    private fun hold(input: BufferedInputStream) {
        waiting.incrementAndGet()
        try {
            while (input.read() >= 0) continue
        } finally {
            waiting.decrementAndGet()
            dropped.incrementAndGet()
        }
    }

    override fun close() = listening.close()

    private companion object {
        val POLLED = answer("""{"success":true,"messages":[],"count":0,"has_more":false}""")
        val SENT = answer("""{"success":true,"message_id":"msg_1","timestamp":"2026-01-25T12:00:00Z"}""")

        fun answer(json: String): ByteArray =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n$json".toByteArray()
    }
}
