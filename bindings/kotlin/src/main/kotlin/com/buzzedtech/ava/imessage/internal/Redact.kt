package com.buzzedtech.ava.imessage.internal

/** A phone number as it may be shown: its last two digits. */
internal fun masked(phone: String): String = if (phone.length > 4) "+…${phone.takeLast(2)}" else "+…"

/** A text as it may be shown: how long it is. */
internal fun measured(text: String): String = "<${text.codePointCount(0, text.length)} characters>"
