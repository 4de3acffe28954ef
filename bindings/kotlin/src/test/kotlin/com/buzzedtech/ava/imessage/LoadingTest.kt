package com.buzzedtech.ava.imessage

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

internal object Loading {
    @JvmStatic
    fun main(arguments: Array<String>) {
        repeat(2) {
            try {
                AvaClient(apiKey = "sk_1")
                println("loaded")
            } catch (error: LinkageError) {
                println("${error::class.simpleName}: ${error.message}")
            }
        }
    }
}

/** Where the native library can't be loaded, the error says what is missing. */
class LoadingTest {
    private val classPath = System.getProperty("java.class.path").split(File.pathSeparator)
    private val override = "uniffi.component.ava_imessage.libraryOverride"

    private fun load(classPath: List<String> = this.classPath, properties: Map<String, String> = emptyMap()): String {
        val path = classPath.joinToString(File.pathSeparator)
        val ended = java(Loading::class.java.name, classPath = path, properties = properties)
        assertEquals(0, ended.status, ended.said)
        val lines = ended.said.trim().lines()
        // The second attempt fails as the first did.
        assertEquals(listOf(lines[0], lines[0]), lines)
        return lines[0]
    }

    @Test
    fun `it is loaded from the class path`() = assertEquals("loaded", load())

    @Test
    fun `a jar without the platform's library`(@TempDir folder: File) {
        val classes = MODULE.resolve("target/classes")
        classes.resolve("com").copyRecursively(folder.resolve("com"))
        val said = load(classPath.map { if (File(it).absoluteFile == classes) folder.path else it })
        assertTrue(said.startsWith("UnsatisfiedLinkError: ava-imessage has no native library for this platform: "), said)
        assertTrue(System.mapLibraryName("ava_uniffi") in said, said)
    }

    @Test
    fun `no JNA`() {
        val said = load(classPath.filter { "jna" !in File(it).name })
        assertTrue(said.startsWith("UnsatisfiedLinkError: ava-imessage needs JNA"), said)
        assertTrue("net.java.dev.jna:jna" in said, said)
    }

    @Test
    fun `a library that is named and isn't there`() {
        val said = load(properties = mapOf(override to "/nowhere/libava.so"))
        assertTrue(override in said && "/nowhere/libava.so" in said, said)
    }

    @Test
    fun `a library of something else`() {
        val said = load(properties = mapOf(override to "c"))
        assertTrue("is of another version than its classes" in said, said)
    }
}
