// A program for each contender, which measures itself: `<contender> <task> --url URL --calls N --warm-up N --in-flight N`.
// It prints what it measured on its last line.

import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.CallOptions
import com.buzzedtech.ava.imessage.Direction
import com.buzzedtech.ava.imessage.Message
import com.buzzedtech.ava.imessage.Status
import com.google.gson.Gson
import com.sun.management.OperatingSystemMXBean
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.future.await
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import okhttp3.Call
import okhttp3.Callback
import okhttp3.Dispatcher
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import java.io.IOException
import java.lang.management.ManagementFactory
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.time.Instant
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlin.system.exitProcess

private const val KEY = "sk_bench_0123456789"
private const val TEXT = "Your appointment is tomorrow at noon."
private const val AGENT = "bench/1"
private val DEADLINE = Duration.ofSeconds(30)

interface Contender {
    suspend fun send(phone: String): String

    suspend fun page(phone: String): List<Message>
}

private class Ours(url: String) : Contender {
    val client = AvaClient(apiKey = KEY, baseURL = url)

    override suspend fun send(phone: String) = client.send(phone, TEXT).messageId

    override suspend fun page(phone: String) = client.messagesPage(phone, limit = 100).messages
}

/** What the wire holds, as Gson reads it. */
private class Row(
    val id: String,
    val phone: String,
    val message: String,
    val direction: String,
    val timestamp: String,
    val status: String,
)

private class Page(
    val messages: List<Row>,
)

private class Sent(
    val message_id: String,
)

private class Sending(
    val phone: String,
    val message: String,
)

/** JSON by Gson, into the same types. */
private abstract class OverHttp : Contender {
    private val gson = Gson()

    abstract suspend fun ask(path: String, body: String?): String

    override suspend fun send(phone: String): String =
        gson.fromJson(ask("/api/send", gson.toJson(Sending(phone, TEXT))), Sent::class.java).message_id

    override suspend fun page(phone: String): List<Message> {
        val page = gson.fromJson(ask("/api/messages/%2B${phone.drop(1)}?limit=100&offset=0", null), Page::class.java)
        return page.messages.map {
            Message(it.id, it.phone, it.message, Direction(it.direction), Instant.parse(it.timestamp), Status(it.status))
        }
    }
}

private class JavaNetHttp(
    private val url: String,
) : OverHttp() {
    private val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()

    override suspend fun ask(path: String, body: String?): String {
        val request = HttpRequest.newBuilder(URI(url + path)).timeout(DEADLINE)
        request.header("authorization", "Bearer $KEY").header("user-agent", AGENT)
        if (body != null) {
            request.header("content-type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body))
        }
        val answer = client.sendAsync(request.build(), BodyHandlers.ofString()).await()
        check(answer.statusCode() == 200) { "status ${answer.statusCode()}" }
        return answer.body()
    }
}

private class OverOkHttp(
    private val url: String,
) : OverHttp() {
    private val json = "application/json".toMediaType()
    private val client = OkHttpClient.Builder()
        .callTimeout(DEADLINE)
        .dispatcher(Dispatcher().apply { maxRequestsPerHost = 64 })
        .build()

    override suspend fun ask(path: String, body: String?): String = suspendCancellableCoroutine { waiting ->
        val request = Request.Builder().url(url + path).header("authorization", "Bearer $KEY").header("user-agent", AGENT)
        body?.let { request.post(it.toRequestBody(json)) }
        val call = client.newCall(request.build())
        waiting.invokeOnCancellation { call.cancel() }
        call.enqueue(
            object : Callback {
                override fun onFailure(call: Call, e: IOException) = waiting.resumeWithException(e)

                override fun onResponse(call: Call, response: Response) = response.use {
                    check(it.code == 200) { "status ${it.code}" }
                    waiting.resume(it.body.string())
                }
            },
        )
    }
}

private suspend fun sends(contender: Contender, calls: Int, inFlight: Int): Int = coroutineScope {
    val each = maxOf(1, calls / inFlight)
    List(inFlight) { async { repeat(each) { check(contender.send("+15550000000").isNotEmpty()) } } }.awaitAll()
    each * inFlight
}

/** Every text and time is looked at. */
private suspend fun pages(contender: Contender, calls: Int): Int {
    repeat(calls) {
        val rows = contender.page("+15550000100")
        check(rows.size == 100 && rows.all { it.text.isNotEmpty() && it.timestamp.epochSecond > 0 })
    }
    return calls
}

/** A call that crosses the border, runs on the library's runtime and comes back, and asks nobody. */
private suspend fun overhead(ours: Ours, calls: Int): Int {
    val listener = ours.client.listen(since = Instant.EPOCH, options = CallOptions())
    listener.open()
    val message = Message("msg_none", "+15550000000", "", Direction.INBOUND, Instant.EPOCH, Status.RECEIVED)
    repeat(calls) { listener.ack(message) }
    listener.close()
    return calls
}

fun main(arguments: Array<String>) {
    val (name, task) = arguments
    val options = arguments.drop(2).chunked(2).associate { (option, value) -> option to value }
    val url = options.getValue("--url")
    val contender = when (name) {
        "ours" -> Ours(url)
        "java.net.http" -> JavaNetHttp(url)
        "okhttp" -> OverOkHttp(url)
        else -> error("no contender $name")
    }
    val inFlight = options["--in-flight"]?.toInt() ?: 1
    val work: suspend (Int) -> Int = { calls ->
        when (task) {
            "send" -> sends(contender, calls, inFlight)
            "page" -> pages(contender, calls)
            "overhead" -> overhead(contender as Ours, calls)
            else -> error("no task $task")
        }
    }
    val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean
    runBlocking {
        withContext(Dispatchers.Default) {
            work(options.getValue("--warm-up").toInt())
            // What the warm-up left to be collected is not the calls'.
            System.gc()
            val cpu = system.processCpuTime
            val wall = System.nanoTime()
            val calls = work(options.getValue("--calls").toInt())
            val cpuTime = system.processCpuTime - cpu
            println("""{"calls":$calls,"cpu_ns":$cpuTime,"wall_ns":${System.nanoTime() - wall}}""")
        }
    }
    // How it ends is not what is measured.
    exitProcess(0)
}
