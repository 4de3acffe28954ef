package com.buzzedtech.ava.imessage.core

import com.sun.jna.Memory

/**
 * What native calls need beside their arguments, kept by their thread: one of our calls takes a dozen of them.
 *
 * UniFFI makes a status for each, and a structure for each text; JNA allocates memory for every one, twice, has the garbage
 * collector find out when to free it, and copies fields to and fro by reflection. That was most of what a call cost, and at
 * full speed the collector's threads did not keep up. So statuses are used again, and so is the memory of structures when
 * the call that they were made for is over. `cargo xtask` has the generated code go through here.
 */
internal object Kept {
    private class OfThread {
        val statuses = ArrayDeque<Status>()
        val memory = ArrayDeque<Memory>()
        val arguments = ArrayDeque<Buffer>()

        /** How many calls are under way, one within the other: arguments are made, or the library calls back. */
        var depth = 0
    }

    /** So much memory is kept; a call takes four pieces. */
    private const val MOST = 32

    private val ofThread = ThreadLocal.withInitial(::OfThread)

    fun begin(): Status {
        val here = ofThread.get()
        here.depth += 1
        val status = here.statuses.removeLastOrNull() ?: Status()
        status.begin(here.arguments.size)
        return status
    }

    fun end(status: Status) {
        val here = ofThread.get()
        here.depth -= 1
        while (here.arguments.size > status.before) here.arguments.removeLast().release()
        here.statuses.addLast(status)
    }

    /** A structure that is an argument of the call under way, if there is one: it is let go of when that ends. */
    fun argument(structure: Buffer) {
        val here = ofThread.get()
        if (here.depth > 0) here.arguments.addLast(structure)
    }

    /** A `RustBuffer` whose own memory, which is not its data, is used again once it is [release]d. */
    abstract class Buffer : RustBuffer() {
        // JNA's constructor asks for memory before any field here would be initialised.
        private lateinit var own: Memory
        private var released = false

        override fun autoAllocate(size: Int): Memory {
            if (!::own.isInitialized) own = ofThread.get().memory.removeLastOrNull() ?: super.autoAllocate(size)
            return own
        }

        /** From here on it is not to be used. Twice does nothing. */
        fun release() {
            if (released) return
            released = true
            ofThread.get().memory.let { if (it.size < MOST) it.addLast(own) else own.close() }
        }
    }

    class Status : UniffiRustCallStatus() {
        /** How many arguments there were when its call began. */
        var before = 0
            private set

        init {
            write()
            setAutoSynch(false)
        }

        fun begin(arguments: Int) {
            before = arguments
            pointer.setByte(0, UNIFFI_CALL_SUCCESS)
        }

        /** Whether the call succeeded; if it didn't, the fields are read. */
        fun succeeded(): Boolean {
            if (pointer.getByte(0) == UNIFFI_CALL_SUCCESS) return true
            read()
            return false
        }
    }
}
