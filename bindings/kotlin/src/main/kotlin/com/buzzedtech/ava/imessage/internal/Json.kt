package com.buzzedtech.ava.imessage.internal

import java.math.BigDecimal

/**
 * JSON as Kotlin values: maps, lists, strings, booleans, null, and numbers as [Long] or, where they aren't whole or don't
 * fit, [BigDecimal]. Small, so that the package needs no library for the few members that it has no name for.
 */
internal object Json {
    /** How deep it may be nested; the core reads no deeper. */
    private const val DEEPEST = 128

    fun parse(text: String): Any? = Parser(text).whole()

    fun write(value: Any?): String = StringBuilder().also { write(value, it) }.toString()

    private fun write(value: Any?, to: StringBuilder) {
        when (value) {
            null, is Boolean, is Number -> to.append(value)
            is CharSequence -> quote(value, to)
            is Map<*, *> -> {
                to.append('{')
                value.entries.forEachIndexed { index, (name, member) ->
                    if (index > 0) to.append(',')
                    quote(name.toString(), to)
                    to.append(':')
                    write(member, to)
                }
                to.append('}')
            }
            is Iterable<*> -> {
                to.append('[')
                value.forEachIndexed { index, item ->
                    if (index > 0) to.append(',')
                    write(item, to)
                }
                to.append(']')
            }
            else -> throw IllegalArgumentException("no JSON can hold a ${value::class.simpleName}")
        }
    }

    private fun quote(text: CharSequence, to: StringBuilder) {
        to.append('"')
        for (char in text) {
            when {
                char == '"' || char == '\\' -> to.append('\\').append(char)
                char < ' ' -> to.append("\\u").append(char.code.toString(16).padStart(4, '0'))
                else -> to.append(char)
            }
        }
        to.append('"')
    }

    private class Parser(private val text: String) {
        private var at = 0

        fun whole(): Any? {
            val value = value(0)
            space()
            if (at < text.length) fail()
            return value
        }

        private fun value(depth: Int): Any? {
            if (depth > DEEPEST) fail()
            space()
            return when (peek()) {
                '{' -> members(depth)
                '[' -> items(depth)
                '"' -> string()
                't' -> word("true", true)
                'f' -> word("false", false)
                'n' -> word("null", null)
                else -> number()
            }
        }

        private fun members(depth: Int): Map<String, Any?> {
            val members = LinkedHashMap<String, Any?>()
            at += 1
            space()
            if (taken('}')) return members
            do {
                space()
                if (peek() != '"') fail()
                val name = string()
                space()
                if (!taken(':')) fail()
                members[name] = value(depth + 1)
                space()
            } while (taken(','))
            if (!taken('}')) fail()
            return members
        }

        private fun items(depth: Int): List<Any?> {
            val items = ArrayList<Any?>()
            at += 1
            space()
            if (taken(']')) return items
            do {
                items += value(depth + 1)
                space()
            } while (taken(','))
            if (!taken(']')) fail()
            return items
        }

        private fun string(): String {
            at += 1
            val until = text.indexOf('"', at)
            if (until >= 0 && text.indexOf('\\', at).let { it < 0 || it > until }) {
                return text.substring(at, until).also { at = until + 1 }
            }
            val read = StringBuilder()
            while (true) {
                when (val char = next()) {
                    '"' -> return read.toString()
                    '\\' -> read.append(escaped())
                    else -> read.append(char)
                }
            }
        }

        private fun escaped(): Char = when (val char = next()) {
            '"', '\\', '/' -> char
            'b' -> '\b'
            'f' -> '\u000c'
            'n' -> '\n'
            'r' -> '\r'
            't' -> '\t'
            'u' -> {
                val digits = text.substring(at, minOf(at + 4, text.length))
                at += digits.length
                digits.takeIf { it.length == 4 }?.toIntOrNull(16)?.toChar() ?: fail()
            }
            else -> fail()
        }

        private fun number(): Number {
            val from = at
            while (at < text.length && (text[at] in '0'..'9' || text[at] in "+-.eE")) at += 1
            val digits = text.substring(from, at)
            return digits.toLongOrNull() ?: digits.toBigDecimalOrNull() ?: fail()
        }

        private fun <T> word(word: String, value: T): T {
            if (!text.startsWith(word, at)) fail()
            at += word.length
            return value
        }

        private fun space() {
            while (at < text.length && text[at] in " \t\r\n") at += 1
        }

        private fun taken(char: Char): Boolean {
            val isIt = at < text.length && text[at] == char
            if (isIt) at += 1
            return isIt
        }

        private fun peek(): Char = if (at < text.length) text[at] else fail()

        private fun next(): Char = peek().also { at += 1 }

        private fun fail(): Nothing = throw IllegalArgumentException("not JSON at character $at")
    }
}
