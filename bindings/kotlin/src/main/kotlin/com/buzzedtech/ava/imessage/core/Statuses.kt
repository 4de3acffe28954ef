package com.buzzedtech.ava.imessage.core

/**
 * The statuses that calls of the library write their success to, used again and again by their thread.
 *
 * UniFFI makes one for each of the dozen native calls that one of ours takes. JNA allocates memory for it, has the garbage
 * collector watch that, and copies every field to and fro by reflection: that was half of what a call cost. `cargo xtask`
 * has the generated code take one from here instead.
 */
internal object Statuses {
    private val ofThread = ThreadLocal.withInitial { ArrayDeque<Status>() }

    /** One that nobody uses: calls of a thread may lie within each other, where the library calls back. */
    fun take(): Status {
        val status = ofThread.get().removeLastOrNull() ?: Status()
        status.pointer.setByte(0, UNIFFI_CALL_SUCCESS)
        return status
    }

    fun giveBack(status: Status) {
        ofThread.get().addLast(status)
    }

    class Status : UniffiRustCallStatus() {
        init {
            // Else its memory stays unallocated, and is zeroed by nobody.
            write()
            setAutoSynch(false)
        }

        /** Whether the call succeeded; if it didn't, the fields are read. */
        fun succeeded(): Boolean {
            if (pointer.getByte(0) == UNIFFI_CALL_SUCCESS) return true
            read()
            return false
        }
    }
}
