package com.buzzedtech.ava.imessage.internal

import com.buzzedtech.ava.imessage.Attempt
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.Delivery
import com.buzzedtech.ava.imessage.Details
import com.buzzedtech.ava.imessage.core.CoreException
import com.buzzedtech.ava.imessage.core.Disposable
import com.buzzedtech.ava.imessage.core.NextCall
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.nio.charset.CharacterCodingException
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.coroutineContext
import com.buzzedtech.ava.imessage.core.Listener as CoreListener
import com.buzzedtech.ava.imessage.core.Message as CoreMessage
import com.buzzedtech.ava.imessage.core.MessageStream as CoreStream

/**
 * Waits for a call and takes what came of it. Letting go of the call, which a cancelled coroutine does, drops its request.
 *
 * Nothing is suspended between the taking and the return to the caller, so that what was taken is never lost to a
 * cancellation; what was not taken the library still has.
 */
internal suspend inline fun <C : Disposable, T> outcome(
    call: C,
    crossinline wait: suspend C.() -> Unit,
    take: C.() -> T,
): T {
    try {
        // Without a dispatcher the caller's code would go on on the library's own thread, which all calls wait for.
        if (needsThread(coroutineContext[ContinuationInterceptor])) {
            withContext(Dispatchers.Default) { call.wait() }
        } else {
            call.wait()
        }
        return failing { call.take() }
    } finally {
        call.destroy()
    }
}

internal fun needsThread(interceptor: ContinuationInterceptor?): Boolean =
    interceptor == null || interceptor === Dispatchers.Unconfined

/** The next message of a stream; `null` at its end. */
internal suspend fun next(call: NextCall): CoreMessage? = outcome(call, { wait() }, { take() })

/** Ends a stream, and lets go of it once nobody uses it. */
internal fun CoreListener.finish(): Unit = shut()

internal fun CoreStream.finish() {
    shut()
    destroy()
}

/**
 * What the library throws, as this package's exceptions.
 *
 * @param delivery Of what would have sent something: that nothing went out. Of a settling: that it is as unknown as before.
 * @param attempt What is being settled.
 */
internal inline fun <T> failing(delivery: Delivery? = null, attempt: Attempt? = null, work: () -> T): T {
    try {
        return work()
    } catch (error: CoreException) {
        throw exception(error)
    } catch (error: CharacterCodingException) {
        throw AvaException.InvalidRequest(HALF, error, Details(delivery = delivery, attempt = attempt))
    }
}

/** [failing], of a client that is set up. */
internal inline fun <T> configuring(work: () -> T): T {
    try {
        return work()
    } catch (error: CoreException) {
        throw exception(error)
    } catch (error: CharacterCodingException) {
        throw AvaException.Configuration(HALF, error, Details())
    }
}

internal const val HALF: String = "a text has half of a character (a lone surrogate)"
