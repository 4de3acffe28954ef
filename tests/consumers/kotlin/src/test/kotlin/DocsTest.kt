import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows
import java.io.File
import java.util.concurrent.FutureTask
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** The documents' programs, as they stand there. Those of their blocks that are tests run by themselves. */
class DocsTest {
    @TestFactory
    fun `every program runs`(): List<DynamicTest> {
        val blocks = File("target/docs").listFiles().orEmpty().filter { "fun main(" in it.resolve("Program.kt").readText() }
        assertTrue(blocks.size >= 3) { "programs: $blocks" }
        return blocks.sorted().map { folder ->
            DynamicTest.dynamicTest(folder.name) {
                val program = Class.forName("${folder.name}.ProgramKt").getMethod("main", Array<String>::class.java)
                val main = FutureTask { program.invoke(null, emptyArray<String>()) }
                Thread(main, folder.name).apply { isDaemon = true }.start()
                if (!folder.resolve("endless").exists()) {
                    main.get(60, TimeUnit.SECONDS)
                } else {
                    assertThrows<TimeoutException>("it ended by itself") { main.get(2, TimeUnit.SECONDS) }
                    main.cancel(true)
                }
            }
        }
    }
}
