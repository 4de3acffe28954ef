package com.buzzedtech.ava.imessage.internal

import com.buzzedtech.ava.imessage.core.uniffiCallbackInterfaceCheckpointStore
import com.buzzedtech.ava.imessage.core.uniffiCallbackInterfaceClientHooks
import com.buzzedtech.ava.imessage.core.uniffiCallbackInterfaceListenHooks
import com.buzzedtech.ava.imessage.core.uniffiCallbackInterfaceLogSink
import com.buzzedtech.ava.imessage.core.uniffiCallbackInterfaceTokenProvider
import com.buzzedtech.ava.imessage.core.uniffiEnsureInitialized
import com.buzzedtech.ava.imessage.core.uniffiForeignFutureDroppedCallbackImpl
import com.buzzedtech.ava.imessage.core.uniffiRustFutureContinuationCallbackImpl
import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import com.sun.jna.Platform

/** Loads the native half, and says what is missing where that fails. */
internal object NativeLibrary {
    private const val NAME = "ava_uniffi"

    /** Where another library than the jar's is named. */
    private const val OVERRIDE = "uniffi.component.ava_imessage.libraryOverride"

    private val failure: String? by lazy(::attempt)

    /** Does nothing if it is loaded. */
    fun load() {
        failure?.let { throw UnsatisfiedLinkError(it) }
    }

    private fun attempt(): String? {
        try {
            com.sun.jna.NativeLibrary.getInstance(System.getProperty(OVERRIDE) ?: NAME, javaClass.classLoader)
        } catch (error: NoClassDefFoundError) {
            return "ava-imessage needs JNA (${error.message} is missing): depend on net.java.dev.jna:jna; on Android on its " +
                "aar, net.java.dev.jna:jna:…@aar"
        } catch (error: UnsatisfiedLinkError) {
            return missing(error)
        }
        return try {
            stayAttached()
            uniffiEnsureInitialized()
            null
        } catch (error: Throwable) {
            "the native library of ava-imessage is of another version than its classes: ${error.cause ?: error}"
        }
    }

    /**
     * The library's threads call the JVM: one tells of the end of each call and asks for tokens, the other writes the log and
     * tells hooks. For that they are threads of the JVM's, too. By default JNA would make them that anew each time, which
     * costs more than the call, without a name, and so that they keep a program alive. It is asked when it first hands a
     * callback to the library, and not later.
     */
    private fun stayAttached() {
        val network = CallbackThreadInitializer(true, false, "ava-imessage")
        for (callback in listOf(
            uniffiRustFutureContinuationCallbackImpl,
            uniffiForeignFutureDroppedCallbackImpl,
            uniffiCallbackInterfaceTokenProvider.token,
            uniffiCallbackInterfaceCheckpointStore.load,
            uniffiCallbackInterfaceCheckpointStore.save,
        )) {
            Native.setCallbackThreadInitializer(callback, network)
        }
        val callbacks = CallbackThreadInitializer(true, false, "ava-callbacks")
        for (callback in listOf(
            uniffiCallbackInterfaceLogSink.log,
            uniffiCallbackInterfaceClientHooks.onUnknown,
            uniffiCallbackInterfaceListenHooks.onGap,
            uniffiCallbackInterfaceListenHooks.onSkipped,
            uniffiCallbackInterfaceListenHooks.onRetry,
        )) {
            Native.setCallbackThreadInitializer(callback, callbacks)
        }
    }

    private fun missing(error: UnsatisfiedLinkError): String {
        val why = error.message.orEmpty().lineSequence().first().trimEnd(':')
        System.getProperty(OVERRIDE)?.let { return "the native library that $OVERRIDE names can't be loaded: $why" }
        if (Platform.isAndroid()) {
            val abis = System.getProperty("os.arch")
            return "the native library of ava-imessage is missing: jniLibs has no lib$NAME.so for this device ($abis)"
        }
        val wanted = "${Platform.RESOURCE_PREFIX}/${System.mapLibraryName(NAME)}"
        if (javaClass.classLoader.getResource(wanted) != null) {
            return "the native library of ava-imessage is there and can't be loaded: $wanted: $why"
        }
        return "ava-imessage has no native library for this platform: $wanted is not on the class path. A jar is built for " +
            "the platform that `cargo xtask package kotlin` ran on"
    }
}
