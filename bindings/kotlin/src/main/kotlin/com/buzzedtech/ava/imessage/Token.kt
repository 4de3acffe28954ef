package com.buzzedtech.ava.imessage

import java.time.Instant
import kotlin.time.Duration

/**
 * A short-lived token, as an app's own server issues it. [toString] hides it.
 *
 * It is asked for again when it is about to expire, and once after a 401. One without an expiry is kept until then.
 */
public class Token private constructor(
    internal val value: String,
    internal val expiresIn: Duration?,
    internal val expiresAt: Instant?,
) {
    /** A token that is kept until the service refuses it. */
    public constructor(value: String) : this(value, null, null)

    /** One that expires so long after it was given. */
    public constructor(value: String, expiresIn: Duration) : this(value, expiresIn, null)

    /** One that expires at a time, by this device's clock. */
    public constructor(value: String, expiresAt: Instant) : this(value, null, expiresAt)

    override fun toString(): String = "Token(expiresIn=$expiresIn, expiresAt=$expiresAt)"
}

/**
 * Where tokens come from: `AvaClient(tokenProvider = { Token(backend.avaToken()) }, baseURL = …)`.
 *
 * It runs as a coroutine of its own on [kotlinx.coroutines.Dispatchers.Default], is cancelled when nobody waits for it
 * any more, may use a client, and may be called while it runs already. The call's deadline covers it. What it throws is
 * the cause of an [AvaException.Authentication]; nothing was sent then.
 */
public fun interface TokenProvider {
    /** Gives a token. */
    public suspend fun token(): Token
}
