import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import java.io.File

/** The documents' programs, as they stand there. Those of their blocks that are tests run by themselves. */
class DocsTest {
    @TestFactory
    fun `every program runs`(): List<DynamicTest> {
        val blocks = File("target/docs").listFiles().orEmpty().filter { "fun main(" in it.resolve("Program.kt").readText() }
        assertTrue(blocks.size >= 3) { "programs: $blocks" }
        return blocks.sorted().map { folder ->
            DynamicTest.dynamicTest(folder.name) {
                val program = Class.forName("${folder.name}.ProgramKt")
                program.getMethod("main", Array<String>::class.java).invoke(null, emptyArray<String>())
            }
        }
    }
}
