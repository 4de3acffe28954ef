/* Generated from crates/ava-c by `cargo xtask gen`. Do not edit. */
/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * ava_imessage.h: a client for the AVA iMessage API, for C, C++ and every language with an FFI.
 * docs/c.md is the guide. What holds of every function stands here.
 *
 * HANDLES. A type that isn't defined here is opaque, and only used through pointers. What a function gives through an
 * output, and what a callback is given to own, is yours: free it with the type's own _free(), once. _free(NULL) does
 * nothing. What a getter gives is borrowed: it lives as long as the handle that was asked, and isn't freed.
 *
 * STATUS. A function that can fail is
 *     ava_status f(inputs..., outputs..., ava_error **error);
 * AVA_OK is 0; the other numbers are the kinds of error, and are never reused. Outputs are written on success only,
 * *error on failure only, which is then yours to free; NULL for `error` says that the status will do. What can't fail
 * returns its value, and of NULL 0, NULL or what its comment says.
 *
 * ARGUMENTS. NULL where something must be there, and text that isn't UTF-8, is AVA_ERROR_INVALID_REQUEST; nothing has
 * been done then. Strings end with a NUL and are copied. Messages' texts have a length, so that a NUL may be in them;
 * AVA_NUL_TERMINATED measures them.
 *
 * OPTIONS. Fill the struct with zeroes, set `size` to its sizeof, set what you want. 0 and NULL leave a default; AVA_NONE
 * is an explicit zero or no. A program that was compiled with an older header runs with a newer library, and with an
 * older library as long as it uses no option that this one doesn't know: that is an error, not ignored.
 *
 * STRINGS are UTF-8, and a NUL follows them.
 *
 * THREADS. Any thread may use any handle, several at a time; only freeing one while another call uses it is up to you.
 * No call holds a lock while it waits.
 *
 * THREE WAYS TO CALL. f() waits. f_async() returns at once, and its callback, a completion, is called exactly once, on one
 * thread that all completions share; freeing the ava_call first means that it is never called. f_next() pulls histories
 * and inbound messages one by one. Blocking calls from within a completion are AVA_ERROR_INVALID_REQUEST, and don't
 * hang: the outcome they wait for may be the next to be told.
 *
 * HOOKS. on_unknown, on_gap, on_skipped, on_retry and the log have another thread in common, on which they are told in
 * order; nobody waits for it. Token providers and checkpoints run on threads of their own. All these may block, and call
 * what they like. No callback, of whatever kind, may throw or longjmp through the library.
 *
 * FORK. In a forked child the library begins afresh: a client opens connections of its own, while calls under way,
 * listeners and conversations stay with the parent, and give AVA_ERROR_CLOSED in the child.
 *
 * UNDEFINED is what C can't check: a handle that was freed or never was one, a string without an end, a length beyond
 * the memory, a struct whose `size` isn't its own.
 */
