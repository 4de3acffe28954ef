package com.buzzedtech.ava.imessage.internal

import com.buzzedtech.ava.imessage.Attempt
import com.buzzedtech.ava.imessage.AvaException
import com.buzzedtech.ava.imessage.CallOptions
import com.buzzedtech.ava.imessage.Checkpoint
import com.buzzedtech.ava.imessage.CheckpointStore
import com.buzzedtech.ava.imessage.ClientOptions
import com.buzzedtech.ava.imessage.FileCheckpoint
import com.buzzedtech.ava.imessage.Gap
import com.buzzedtech.ava.imessage.LogLevel
import com.buzzedtech.ava.imessage.LogRecord
import com.buzzedtech.ava.imessage.Logger
import com.buzzedtech.ava.imessage.SkippedRow
import com.buzzedtech.ava.imessage.TokenProvider
import com.buzzedtech.ava.imessage.core.CallbackException
import com.buzzedtech.ava.imessage.core.ClientHooks
import com.buzzedtech.ava.imessage.core.CoreException
import com.buzzedtech.ava.imessage.core.Header
import com.buzzedtech.ava.imessage.core.ListenHooks
import com.buzzedtech.ava.imessage.core.LogLine
import com.buzzedtech.ava.imessage.core.LogSink
import com.buzzedtech.ava.imessage.core.Thrown
import com.buzzedtech.ava.imessage.core.flushCallbacks
import com.buzzedtech.ava.imessage.core.flushLimitMs
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.time.Instant
import kotlin.coroutines.coroutineContext
import kotlin.time.Duration
import com.buzzedtech.ava.imessage.core.Attempt as CoreAttempt
import com.buzzedtech.ava.imessage.core.CallOptions as CoreCallOptions
import com.buzzedtech.ava.imessage.core.CheckpointStore as CoreStore
import com.buzzedtech.ava.imessage.core.ClientOptions as CoreClientOptions
import com.buzzedtech.ava.imessage.core.Gap as CoreGap
import com.buzzedtech.ava.imessage.core.ListenOptions as CoreListenOptions
import com.buzzedtech.ava.imessage.core.LogLevel as CoreLevel
import com.buzzedtech.ava.imessage.core.SkippedRow as CoreRow
import com.buzzedtech.ava.imessage.core.Token as CoreToken
import com.buzzedtech.ava.imessage.core.TokenProvider as CoreProvider

internal fun coreOptions(
    apiKey: String?,
    tokenProvider: TokenProvider?,
    baseURL: String?,
    options: ClientOptions,
    told: Told,
): CoreClientOptions = CoreClientOptions(
    language = "kotlin",
    apiKey = apiKey,
    tokenProvider = tokenProvider?.let(::Provided),
    baseUrl = baseURL,
    timeoutMs = milliseconds(options.timeout),
    connectTimeoutMs = milliseconds(options.connectTimeout),
    readIdleTimeoutMs = milliseconds(options.readIdleTimeout),
    poolIdleTimeoutMs = milliseconds(options.poolIdleTimeout),
    maxRetries = options.maxRetries?.toLong(),
    backoffMs = milliseconds(options.backoff),
    backoffMaxMs = milliseconds(options.backoffMax),
    confirmFromHistory = options.confirmFromHistory,
    settleWithinMs = milliseconds(options.settleWithin),
    settleGapMs = milliseconds(options.settleGap),
    rateLimitedIsNotSent = options.rateLimitedIsNotSent,
    maxResponseBytes = options.maxResponseBytes,
    headers = headers(options.headers),
    userAgent = options.userAgent,
    hooks = options.onUnknown?.let(told::ofClient),
    logger = options.logger?.let(::Sink),
    logLevel = options.logLevel?.let { CoreLevel.valueOf(it.name) },
)

private val NO_OPTIONS = CoreCallOptions(null, null, emptyList())

internal fun coreOptions(options: CallOptions): CoreCallOptions =
    if (options === CallOptions.NONE) {
        NO_OPTIONS
    } else {
        CoreCallOptions(milliseconds(options.timeout), options.maxRetries?.toLong(), headers(options.headers))
    }

internal fun listenOptions(
    since: Instant?,
    phone: String?,
    interval: Duration?,
    checkpoint: Checkpoint?,
    autoAck: Boolean,
    hooks: ListenHooks?,
    options: CallOptions,
): CoreListenOptions = CoreListenOptions(
    since = moment(since),
    phone = phone,
    intervalMs = milliseconds(interval),
    checkpointPath = (checkpoint as? FileCheckpoint)?.file?.path,
    checkpointStore = (checkpoint as? CheckpointStore)?.let(::Stored),
    autoAck = autoAck,
    hooks = hooks,
    call = coreOptions(options),
)

private fun headers(them: Map<String, String>): List<Header> = them.map { (name, value) -> Header(name, value) }

/** What a function of the app threw, which comes back as the cause of an exception. */
internal class ThrownByApp(
    val error: Throwable,
) : Thrown {
    override fun className(): String = error::class.qualifiedName ?: "an anonymous exception"
}

/** Lets the app's function throw whatever it likes; a cancellation only counts as one if nobody waits any more. */
private inline fun <T> raising(isActive: () -> Unit, work: () -> T): T = try {
    work()
} catch (error: Throwable) {
    if (error is CancellationException) isActive()
    throw CallbackException.Raised(ThrownByApp(error))
}

private class Provided(
    private val provider: TokenProvider,
) : CoreProvider {
    override suspend fun token(): CoreToken {
        val context = coroutineContext
        val token = raising({ context.ensureActive() }) { provider.token() }
        return CoreToken(token.value, token.expiresIn?.inWholeMilliseconds, moment(token.expiresAt))
    }
}

private class Stored(
    private val store: CheckpointStore,
) : CoreStore {
    override suspend fun load(): String? {
        val context = coroutineContext
        return raising({ context.ensureActive() }) { store.load() }
    }

    override suspend fun save(state: String) {
        val context = coroutineContext
        raising({ context.ensureActive() }) { store.save(state) }
    }
}

private class Sink(
    private val logger: Logger,
) : LogSink {
    override fun log(lines: List<LogLine>) {
        for (line in lines) {
            val fields = line.fields.associate { it.name to it.value }
            // Nobody is left to tell of what it throws.
            runCatching { logger.log(LogRecord(LogLevel.valueOf(line.level.name), instant(line.time), line.message, fields)) }
        }
    }
}

/** The app's functions that are only told. What they throw is told in the log. */
internal class Told(
    private val logger: Logger?,
) {
    private inline fun tell(name: String, work: () -> Unit) {
        try {
            work()
        } catch (error: Throwable) {
            val fields = mapOf("hook" to name, "exception" to error::class.qualifiedName)
            runCatching { logger?.log(LogRecord(LogLevel.ERROR, Instant.now(), "a hook threw", fields)) }
        }
    }

    fun ofClient(onUnknown: (Attempt) -> Unit): ClientHooks = object : ClientHooks {
        override fun onUnknown(attempt: CoreAttempt) = tell("onUnknown") { onUnknown(Attempt(attempt)) }
    }

    fun ofListener(
        onGap: ((Gap) -> Unit)?,
        onSkipped: ((SkippedRow) -> Unit)?,
        onRetry: ((AvaException) -> Unit)?,
    ): ListenHooks? {
        if (onGap == null && onSkipped == null && onRetry == null) return null
        return object : ListenHooks {
            override fun onGap(gap: CoreGap) = tell("onGap") { onGap?.invoke(gap(gap)) }

            override fun onSkipped(row: CoreRow) = tell("onSkipped") { onSkipped?.invoke(skippedRow(row)) }

            override fun onRetry(error: CoreException) = tell("onRetry") { onRetry?.invoke(exception(error)) }
        }
    }
}

/** How long a closing client waits for what was logged and told: it may be closed on a thread that draws. */
private const val AT_CLOSE_MS: ULong = 1000u

/** How long a thread is blocked for a coroutine that waits, before it is looked whether that was cancelled. */
private const val SLICE_MS: ULong = 50u

internal fun deliver() {
    flushCallbacks(AT_CLOSE_MS)
}

/** Whether all that was logged and told so far has arrived. */
internal suspend fun delivered(): Boolean = withContext(Dispatchers.IO) {
    repeat((flushLimitMs() / SLICE_MS).toInt()) {
        if (flushCallbacks(SLICE_MS)) return@withContext true
        ensureActive()
    }
    false
}
