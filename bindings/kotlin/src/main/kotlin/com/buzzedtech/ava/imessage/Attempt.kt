package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.NativeLibrary
import com.buzzedtech.ava.imessage.internal.failing
import com.buzzedtech.ava.imessage.internal.masked
import com.buzzedtech.ava.imessage.internal.measured
import com.buzzedtech.ava.imessage.core.Attempt as CoreAttempt

/**
 * A send that may or may not have happened, to be settled later: [AvaClient.settle].
 *
 * [toJson] keeps it over a restart. [toString] hides phone and text.
 */
public class Attempt internal constructor(
    internal val core: CoreAttempt,
) {
    /** To whom the message would have gone. */
    public val phone: String get() = core.phone()

    /** What it would have said. */
    public val text: String get() = core.text()

    /** Whether another process can settle it: the history was read at least once. */
    public val isPortable: Boolean get() = core.isPortable()

    /** As JSON text, to be kept over a restart. It holds the phone and the message. */
    public fun toJson(): String = failing { core.toText() }

    /** Whether it is the same attempt, this one or a copy by way of JSON. */
    override fun equals(other: Any?): Boolean = this === other || other is Attempt && toJson() == other.toJson()

    override fun hashCode(): Int = toJson().hashCode()

    override fun toString(): String =
        "Attempt(phone=${masked(phone)}, text=${measured(text)}, isPortable=$isPortable)"

    public companion object {
        /**
         * The attempt that [toJson] wrote.
         *
         * @throws AvaException.InvalidRequest if it is something else.
         */
        public fun fromJson(json: String): Attempt {
            NativeLibrary.load()
            return Attempt(failing { CoreAttempt.fromText(json) })
        }
    }
}
