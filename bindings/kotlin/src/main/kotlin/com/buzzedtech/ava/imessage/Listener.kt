package com.buzzedtech.ava.imessage

import com.buzzedtech.ava.imessage.internal.failing
import com.buzzedtech.ava.imessage.internal.finish
import com.buzzedtech.ava.imessage.internal.next
import com.buzzedtech.ava.imessage.internal.outcome
import com.buzzedtech.ava.imessage.internal.message
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.util.concurrent.atomic.AtomicBoolean
import com.buzzedtech.ava.imessage.core.ListenCall
import com.buzzedtech.ava.imessage.core.Listener as CoreListener

/**
 * Inbound messages, as a cold [Flow]: it polls while it is collected, by one collector at a time.
 *
 * Asking for the next message, which is what a collector does when it is done with one, acknowledges the last: what was not
 * acknowledged comes again after a restart. Whatever takes messages ahead of the code that handles them (`buffer`,
 * `flowOn`, `shareIn`, several workers) must turn that off, and [ack] when a message is done:
 *
 * ```kotlin
 * val inbox = client.listen(autoAck = false, checkpoint = FileCheckpoint(file))
 * inbox.buffer().collect { message ->
 *     handle(message)
 *     inbox.ack(message)
 * }
 * ```
 *
 * Failed polls are tried again for as long as it takes. It ends without an error when it or its client is closed, and with
 * one that trying again does not cure ([AvaException.Authentication], [AvaException.PermissionDenied], …).
 */
public class Listener internal constructor(
    private val opening: () -> ListenCall,
) : Flow<Message>, AutoCloseable {
    private val turn = Mutex()
    private val collected = AtomicBoolean()

    @Volatile
    private var closed = false

    /** The one that is open, or was last. */
    @Volatile
    private var core: CoreListener? = null

    /** Whether [core] was not collected yet. */
    private var fresh = false

    /**
     * Asks the service where to begin, so that no message from now on is missed. Collecting does it if this didn't.
     */
    public suspend fun open() {
        turn.withLock { if (!fresh && !closed) begin() }
    }

    private suspend fun begin() {
        core = outcome(opening(), { wait() }, { take() })
        fresh = true
        if (closed) core?.finish()
    }

    private suspend fun opened(): CoreListener? = turn.withLock {
        if (!fresh && !closed) begin()
        fresh = false
        core
    }

    /** Collects it; by one at a time. */
    override suspend fun collect(collector: FlowCollector<Message>) {
        check(collected.compareAndSet(false, true)) { "this listener is being collected already" }
        try {
            flow.collect(collector)
        } finally {
            collected.set(false)
        }
    }

    private val flow: Flow<Message> = flow {
        val listener = opened() ?: return@flow
        try {
            while (true) {
                emit(message(next(listener.next()) ?: break))
            }
        } finally {
            listener.finish()
        }
    }

    /**
     * Acknowledges a message: it need not come again. When this returns, the checkpoint has it. It works after the end of
     * the collection, too; twice does nothing.
     *
     * @throws AvaException.Storage if the checkpoint failed.
     * @throws IllegalStateException if this listener was never opened or collected, and so gave no message.
     */
    public suspend fun ack(message: Message): Unit = ack(message.id)

    /**
     * [ack] by the message's [id][Message.id], for who keeps only that, such as a queue. An id that this listener has not
     * given does nothing: of messages that came before a restart, wait until they come again.
     */
    public suspend fun ack(id: String) {
        val listener = checkNotNull(core) { "this listener was not opened: it has given nothing to acknowledge" }
        outcome(failing { listener.ack(id) }, { wait() }, { take() })
    }

    /** Ends it, without an error for its collector. Acknowledges nothing. */
    override fun close() {
        closed = true
        core?.finish()
    }
}
