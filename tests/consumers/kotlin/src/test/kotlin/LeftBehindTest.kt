import com.buzzedtech.ava.imessage.testing.Sandbox
import com.buzzedtech.ava.imessage.testing.SandboxExtension
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

private fun running() = ProcessHandle.current().children().filter(ProcessHandle::isAlive).count()

@Order(1)
@ExtendWith(SandboxExtension::class)
class ItsSandboxTest {
    @Test
    fun `a class has a sandbox`(sandbox: Sandbox) {
        assertTrue(sandbox.baseURL.isNotEmpty())
        assertEquals(1, running())
    }
}

@Order(2)
class LeftBehindTest {
    @Test
    fun `which ends with it, by an old JUnit too`() = assertEquals(0, running())
}
