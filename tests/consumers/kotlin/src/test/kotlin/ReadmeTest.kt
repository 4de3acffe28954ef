import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import java.io.File

/** The README's programs, as they stand there. Those of its blocks that are tests run by themselves. */
class ReadmeTest {
    @TestFactory
    fun `every program runs`(): List<DynamicTest> {
        val blocks = File("target/readme").listFiles().orEmpty().filter { "fun main(" in it.readText() }
        assertTrue(blocks.size >= 3) { "programs: $blocks" }
        return blocks.sorted().map { file ->
            val name = file.nameWithoutExtension
            DynamicTest.dynamicTest(name) {
                val program = Class.forName("${name.lowercase()}.${name}Kt")
                program.getMethod("main", Array<String>::class.java).invoke(null, emptyArray<String>())
            }
        }
    }
}
