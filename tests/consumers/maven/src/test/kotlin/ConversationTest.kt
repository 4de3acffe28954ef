import com.buzzedtech.ava.imessage.AvaClient
import com.buzzedtech.ava.imessage.AvaException
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.milliseconds

private const val PHONE = "+15550100142"

/** A stranger's program: it sends, waits for the answer, reads the history, and is refused with a wrong key. */
class ConversationTest {
    private val baseURL = System.getenv("AVA_BASE_URL")

    @Test
    fun converse(): Unit = runBlocking {
        AvaClient(apiKey = System.getenv("AVA_API_KEY"), baseURL = baseURL).use { client ->
            val sent = client.send(PHONE, "Hello from Kotlin")
            val answer = client.listen(since = sent.timestamp, interval = 200.milliseconds).first()
            assertEquals("Echo: Hello from Kotlin", answer.text)
            val texts = client.messages(PHONE).toList().map { it.text }
            assertTrue(texts.containsAll(listOf("Hello from Kotlin", answer.text))) { "$texts" }
        }
    }

    @Test
    fun `be refused`(): Unit = runBlocking {
        AvaClient(apiKey = "sk_wrong", baseURL = baseURL).use { stranger ->
            try {
                stranger.send(PHONE, "Let me in")
                fail<Unit>("a wrong key was taken")
            } catch (error: AvaException.Authentication) {
                assertEquals(401, error.status)
            }
        }
    }
}
