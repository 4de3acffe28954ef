package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.Json
import java.io.File

/**
 * Says of something, a `vector` or an `error`, whether it holds here: a line of the file that `AVA_CONFORMANCE_OUT`
 * names, for docs/conformance.md.
 */
internal fun record(what: String, name: String, passed: Boolean) {
    val file = System.getenv("AVA_CONFORMANCE_OUT") ?: return
    File(file).appendText("${Json.write(mapOf("face" to "kotlin", what to name, "passed" to passed))}\n")
}
