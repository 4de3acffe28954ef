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

#ifndef AVA_IMESSAGE_H
#define AVA_IMESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header; ava_version() is the library's. */
#define AVA_VERSION "0.1.0"

/* As the length of a text: it ends with its first NUL. */
#define AVA_NUL_TERMINATED SIZE_MAX

/* How a call ended. */
typedef enum ava_status {
  /* It went well. */
  AVA_OK = 0,
  /* The client is set up wrongly (no key, a malformed key, a base URL it refuses, a checkpoint of
     another listener). Nothing was sent; mend the set-up. */
  AVA_ERROR_CONFIGURATION = 1,
  /* The request is refused, here before anything left the machine or by the service (400, or another 4xx
     that has no kind of its own). Mend the argument; retrying does not help. */
  AVA_ERROR_INVALID_REQUEST = 2,
  /* The service does not know the key or token (401), or the token provider failed. Nothing was sent. */
  AVA_ERROR_AUTHENTICATION = 3,
  /* The key or token may not do this (403). Nothing was sent. */
  AVA_ERROR_PERMISSION_DENIED = 4,
  /* There is no such thing (404). Nothing was sent. */
  AVA_ERROR_NOT_FOUND = 5,
  /* Too many requests (429), and waiting was tried or would take too long. Wait for retry_after. */
  AVA_ERROR_RATE_LIMITED = 6,
  /* The service failed (5xx). A read was retried already; try again later. */
  AVA_ERROR_SERVER = 7,
  /* DNS, TCP or TLS failed, or a connection was lost or went silent. On a send: it was not sent. */
  AVA_ERROR_CONNECTION = 8,
  /* The deadline of the call passed; it spans all retries. On a send: it was not sent. */
  AVA_ERROR_TIMEOUT = 9,
  /* The answer is not what the API documents: not JSON, a missing field, or over the size cap. */
  AVA_ERROR_UNEXPECTED_RESPONSE = 10,
  /* The service accepted the request and declined to do it (success: false), or the message failed. */
  AVA_ERROR_REJECTED = 11,
  /* A send that may or may not have happened, after the history was asked. Do not send again by guess;
     settle the attempt later. */
  AVA_ERROR_DELIVERY_UNKNOWN = 12,
  /* The caller cancelled the call. */
  AVA_ERROR_CANCELLED = 13,
  /* The client was used after it was closed, or a listener was carried over a fork. */
  AVA_ERROR_CLOSED = 14,
  /* The durable store or checkpoint failed; nothing was acknowledged. */
  AVA_ERROR_STORAGE = 15,
  /* A bug in this library. Please report it. */
  AVA_ERROR_INTERNAL = 16
} ava_status;


/*
 As the value of an option: zero, none, or no. (0 leaves the default.)
 */
#define AVA_NONE -1

/*
 As a length of time: for ever.
 */
#define AVA_FOREVER INT64_MAX

/*
 As the value of an option that is yes or no: yes. (0 leaves the default; no is AVA_NONE.)
 */
#define AVA_YES 1

/*
 A send that may or may not have happened, for ava_client_settle(). Immutable.

 Own it (but for the one that an error has): free it with ava_attempt_free().
 */
typedef struct ava_attempt ava_attempt;

/*
 A call under way whose outcome a callback will be given.

 Own it: free it with ava_call_free().
 */
typedef struct ava_call ava_call;

/*
 Cancels the calls that were given it in their options, from any thread.

 Own it: free it with ava_cancel_free().
 */
typedef struct ava_cancel ava_cancel;

/*
 Where ava_checkpoint_store's `load` puts what it has. It is valid until `load` returns.
 */
typedef struct ava_checkpoint_reply ava_checkpoint_reply;

/*
 A client. Any thread may use it, several at a time; one is enough for a program.

 Own it: free it with ava_client_free().
 */
typedef struct ava_client ava_client;

/*
 What went wrong. Immutable; its strings, its attempt and its cause live as long as it does.

 Own it: free it with ava_error_free().
 */
typedef struct ava_error ava_error;

/*
 A message that AVA has written (*Generate Message with AVA*). Immutable; its strings live as long as it does.

 Own it: free it with ava_generated_message_free().
 */
typedef struct ava_generated_message ava_generated_message;

/*
 Inbound messages as they come in (*Receive Messages*): each at least once, and once only but after a crash.

 Own it: free it with ava_listener_free().
 */
typedef struct ava_listener ava_listener;

/*
 A message: a row of a history, or one that came in (*Get Messages*, *Receive Messages*). Immutable; its strings live
 as long as it does.

 Own it if a function gave it to you through an output or a callback: free it with ava_message_free(). Those of a
 page are the page's.
 */
typedef struct ava_message ava_message;

/*
 A page of a conversation (*Get Messages*). Immutable; its messages and strings live as long as it does.

 Own it: free it with ava_message_page_free().
 */
typedef struct ava_message_page ava_message_page;

/*
 A conversation, message by message; pages are fetched as it is read (*Get Messages*).

 Own it: free it with ava_messages_free().
 */
typedef struct ava_messages ava_messages;

/*
 What one poll has brought (*Receive Messages*). Immutable; its messages and strings live as long as it does.

 Own it: free it with ava_poll_page_free().
 */
typedef struct ava_poll_page ava_poll_page;

/*
 A message that was sent: the service has accepted it (*Send Message*). Whether it was delivered, a row of the history
 tells. Immutable; its strings live as long as it does.

 Own it: free it with ava_sent_message_free().
 */
typedef struct ava_sent_message ava_sent_message;

/*
 A token that is wanted. Answer it exactly once, now or later, from any thread, with ava_token_request_succeed() or
 ava_token_request_fail(), which free it.
 */
typedef struct ava_token_request ava_token_request;

/*
 A row that couldn't be read, and that cost nobody else anything. Its strings live as long as what gave it.
 */
typedef struct ava_skipped_row {
  /*
   The row's place in the answer, from 0.
   */
  size_t index;
  /*
   What is wrong with it, without anybody's data.
   */
  const char *reason;
  /*
   The row as it came, JSON text. It may hold people's data.
   */
  const char *raw;
} ava_skipped_row;

/*
 Is given the outcome of ava_messages_next_async() or ava_listener_next_async(): with AVA_OK the message, or NULL as
 from the function without _async; else the error. Both are yours to free.
 */
typedef void (*ava_message_callback)(void *user_data,
                                     ava_status status,
                                     struct ava_message *message,
                                     struct ava_error *error);

/*
 Is told that something has ended, with AVA_OK or with an error, which is yours to free.
 */
typedef void (*ava_done_callback)(void *user_data, ava_status status, struct ava_error *error);

/*
 A header of requests.
 */
typedef struct ava_header {
  /*
   Its name.
   */
  const char *name;
  /*
   Its value.
   */
  const char *value;
} ava_header;

/*
 Is asked for a token, on a thread of the library's own: it may block, and use the client, but for calls that need the
 token. The deadline of the call that needs it goes on meanwhile: at its end the call fails, and the next one asks again,
 though the first request may be unanswered yet.
 */
typedef void (*ava_token_provider)(void *user_data, struct ava_token_request *request);

/*
 Is told of a send that was cancelled in flight: its attempt is yours to free. On the thread of the hooks, where it
 may block and use the client.
 */
typedef void (*ava_unknown_hook)(void *user_data, struct ava_attempt *attempt);

/*
 Lets go of a `user_data`, on the thread of the completions.
 */
typedef void (*ava_release)(void *user_data);

/*
 How a client is set up. Fill it with zeroes and set `size`; what is 0 or NULL has its default, AVA_NONE is zero or
 no. Everything in it is copied. Times are milliseconds.
 */
typedef struct ava_client_options {
  /*
   sizeof(ava_client_options).
   */
  size_t size;
  /*
   The API key. If there is neither a key nor a token provider, the environment's AVA_API_KEY. Keep it on a server;
   it must not be in what you hand out (*Authentication*).
   */
  const char *api_key;
  /*
   Where the API is: http or https. Default: the environment's AVA_BASE_URL, else
   <https://chat.buzzedtech.com>.
   */
  const char *base_url;
  /*
   The deadline of each call, retries and settling included. Default: 30,000; 60,000 for ava_client_generate() and
   ava_client_draft_reply().
   */
  int64_t timeout_ms;
  /*
   For DNS, TCP and TLS together. Default: 5,000.
   */
  int64_t connect_timeout_ms;
  /*
   How long the service may be silent. Default: 10,000.
   */
  int64_t read_idle_timeout_ms;
  /*
   How long an unused connection is kept. Default: 4,000.
   */
  int64_t pool_idle_timeout_ms;
  /*
   How often a call is tried again where that is safe. Default: 2; AVA_NONE: never.
   */
  int64_t max_retries;
  /*
   The first wait between tries. Default: 500.
   */
  int64_t backoff_ms;
  /*
   The longest wait between tries. Default: 8,000.
   */
  int64_t backoff_max_ms;
  /*
   For how long the history is asked about a send whose answer was lost. Default: 10,000.
   */
  int64_t settle_within_ms;
  /*
   The first gap between two readings of the history. Default: 500.
   */
  int64_t settle_gap_ms;
  /*
   The largest answer that is read. Default: 8 MiB.
   */
  int64_t max_response_bytes;
  /*
   Whether a send whose answer was lost is looked up in the history. AVA_YES (the default) or AVA_NONE.
   */
  int32_t confirm_from_history;
  /*
   Whether a send that was answered with 429 certainly had no effect. AVA_YES (the default) or AVA_NONE.
   */
  int32_t rate_limited_is_not_sent;
  /*
   Whether HTTPS_PROXY and its like are followed. AVA_YES (the default) or AVA_NONE. Never for loopback.
   */
  int32_t environment_proxy;
  /*
   So many headers.
   */
  size_t headers_len;
  /*
   Headers of every request.
   */
  const struct ava_header *headers;
  /*
   Your words in the user-agent: "my-app/1.0".
   */
  const char *user_agent;
  /*
   Gives short-lived tokens, instead of a key.
   */
  ava_token_provider token_provider;
  /*
   Is told of every send that was cancelled in flight.
   */
  ava_unknown_hook on_unknown;
  /*
   Passed to `token_provider`, `on_unknown` and `release`.
   */
  void *user_data;
  /*
   Called once when neither `token_provider` nor `on_unknown` will be called again, or when the client couldn't be
   made, whatever the reason; but if `size` is wrong, where nothing of this can be read.
   */
  ava_release release;
} ava_client_options;

/*
 What can be said of every call. Fill it with zeroes and set `size`; NULL instead of one is as good.
 */
typedef struct ava_call_options {
  /*
   sizeof(ava_call_options).
   */
  size_t size;
  /*
   The call's deadline in milliseconds, instead of the client's. AVA_FOREVER: none.
   */
  int64_t timeout_ms;
  /*
   How often it is tried again, instead of the client's number. AVA_NONE: never.
   */
  int64_t max_retries;
  /*
   So many headers.
   */
  size_t headers_len;
  /*
   Further headers.
   */
  const struct ava_header *headers;
  /*
   Cancels the call from another thread. It may be freed once the call is made.
   */
  const struct ava_cancel *cancel;
} ava_call_options;

/*
 Is given the outcome of ava_client_send_async() or ava_client_settle_async(): with AVA_OK what was sent, else the
 error. Both are yours to free.
 */
typedef void (*ava_sent_message_callback)(void *user_data,
                                          ava_status status,
                                          struct ava_sent_message *sent,
                                          struct ava_error *error);

/*
 Is given the outcome of ava_client_messages_page_async(): with AVA_OK the page, else the error. Both are yours to
 free.
 */
typedef void (*ava_message_page_callback)(void *user_data,
                                          ava_status status,
                                          struct ava_message_page *page,
                                          struct ava_error *error);

/*
 Is given the outcome of ava_client_poll_async(): with AVA_OK the page, else the error. Both are yours to free.
 */
typedef void (*ava_poll_page_callback)(void *user_data,
                                       ava_status status,
                                       struct ava_poll_page *page,
                                       struct ava_error *error);

/*
 What somebody said, as context for a reply.
 */
typedef struct ava_turn {
  /*
   Who: "user", "assistant", or whatever the service knows.
   */
  const char *role;
  /*
   What.
   */
  const char *content;
  /*
   Its length, or AVA_NUL_TERMINATED.
   */
  size_t content_len;
} ava_turn;

/*
 Options of ava_client_generate(). Fill it with zeroes and set `size`; NULL instead of one is as good.
 */
typedef struct ava_generate_options {
  /*
   sizeof(ava_generate_options).
   */
  size_t size;
  /*
   Tone, style or content to keep to.
   */
  const char *instructions;
  /*
   Its length, or AVA_NUL_TERMINATED.
   */
  size_t instructions_len;
  /*
   AVA_YES: the service sends at once what AVA has written. Default: no.
   */
  int32_t auto_send;
} ava_generate_options;

/*
 Is given the outcome of ava_client_generate_async() or ava_client_draft_reply_async(): with AVA_OK what AVA has
 written, else the error. Both are yours to free.
 */
typedef void (*ava_generated_message_callback)(void *user_data,
                                               ava_status status,
                                               struct ava_generated_message *generated,
                                               struct ava_error *error);

/*
 Options of ava_client_draft_reply(). Fill it with zeroes and set `size`; NULL instead of one is as good.
 */
typedef struct ava_draft_options {
  /*
   sizeof(ava_draft_options).
   */
  size_t size;
  /*
   Tone, style or content to keep to.
   */
  const char *instructions;
  /*
   Its length, or AVA_NUL_TERMINATED.
   */
  size_t instructions_len;
  /*
   How many of the newest messages to reply to, 1 to 100. Default: 20.
   */
  int64_t history;
} ava_draft_options;

/*
 Keeps a listener's state as text: in a row, under a key. Its functions may block; they are called one at a time, on
 threads of the library's own, and each has the deadline of a call.
 */
typedef struct ava_checkpoint_store {
  /*
   sizeof(ava_checkpoint_store).
   */
  size_t size;
  /*
   Gives the state that was saved last by ava_checkpoint_reply_give(), or nothing if there never was one. Returns 0,
   or anything else if it failed.
   */
  int (*load)(void *user_data, struct ava_checkpoint_reply *reply);
  /*
   Keeps a state in place of the last. Returns 0, or anything else if it failed: the last must still be there then.
   */
  int (*save)(void *user_data, const char *state, size_t state_len);
  /*
   Passed to these and to `release`.
   */
  void *user_data;
  /*
   Called once when neither will be called again, or when the listener couldn't be opened.
   */
  ava_release release;
} ava_checkpoint_store;

/*
 A stretch of time of which messages may have been missed. Its strings live until the hook returns.
 */
typedef struct ava_gap {
  /*
   Its beginning: RFC 3339, UTC.
   */
  const char *from;
  /*
   Its end: RFC 3339, UTC.
   */
  const char *to;
  /*
   Its beginning: milliseconds since 1970-01-01T00:00:00Z.
   */
  int64_t from_ms;
  /*
   Its end: milliseconds since 1970-01-01T00:00:00Z.
   */
  int64_t to_ms;
} ava_gap;

/*
 Is told of a gap, which lives until it returns. On the thread of the hooks, where it may block and use the client.
 */
typedef void (*ava_gap_hook)(void *user_data, const struct ava_gap *gap);

/*
 Is told of a row that can't be read, which lives until it returns. On the thread of the hooks, where it may block
 and use the client.
 */
typedef void (*ava_skipped_hook)(void *user_data, const struct ava_skipped_row *row);

/*
 Is told of a poll that failed and will be tried again; the error lives until it returns. On the thread of the
 hooks, where it may block and use the client.
 */
typedef void (*ava_retry_hook)(void *user_data, const struct ava_error *error);

/*
 Options of ava_client_listen(). Fill it with zeroes and set `size`; NULL instead of one is as good.
 */
typedef struct ava_listen_options {
  /*
   sizeof(ava_listen_options).
   */
  size_t size;
  /*
   From this time on, RFC 3339, by the service's clock. Default: from now on.
   */
  const char *since;
  /*
   Only messages from this phone.
   */
  const char *phone;
  /*
   Between polls, in milliseconds; it stretches to twice as much while nothing comes. Default: 5,000; 100 at least.
   */
  int64_t interval_ms;
  /*
   A file in which what was acknowledged is kept over a restart.
   */
  const char *checkpoint_file;
  /*
   Where it is kept instead. Copied.
   */
  const struct ava_checkpoint_store *checkpoint_store;
  /*
   Whether asking for the next message acknowledges the last. AVA_YES (the default) or AVA_NONE: then only
   ava_listener_ack() does, which is what anything that pulls ahead must use.
   */
  int32_t auto_ack;
  /*
   Is told of each stretch of time of which messages may have been missed.
   */
  ava_gap_hook on_gap;
  /*
   Is told of each row that can't be read.
   */
  ava_skipped_hook on_skipped;
  /*
   Is told of each poll that failed and will be tried again.
   */
  ava_retry_hook on_retry;
  /*
   Passed to these hooks and to `release`.
   */
  void *user_data;
  /*
   Called once when none of the hooks will be called again, or when the listener couldn't be opened, whatever the
   reason; but if `size` is wrong, where nothing of this can be read.
   */
  ava_release release;
} ava_listen_options;

/*
 Is given the outcome of ava_client_listen_async(): with AVA_OK the listener, else the error. Both are yours to free.
 */
typedef void (*ava_listener_callback)(void *user_data,
                                      ava_status status,
                                      struct ava_listener *listener,
                                      struct ava_error *error);

/*
 How much a line of the log matters.
 */
typedef uint32_t ava_log_level;

/*
 A line of the log. Neither a key nor a text nor a whole phone number is in it. Its strings live until the callback
 returns.
 */
typedef struct ava_log_record {
  /*
   How much it matters.
   */
  ava_log_level level;
  /*
   When it was written, by this machine's clock: milliseconds since 1970-01-01T00:00:00Z.
   */
  int64_t time_ms;
  /*
   What happened, in words that don't change from one time to the next.
   */
  const char *message;
  /*
   With what: the text of a JSON object.
   */
  const char *fields;
} ava_log_record;

/*
 Is given the lines of the log, oldest first, on the thread of the hooks: it may block, and nobody waits for it.
 */
typedef void (*ava_log_callback)(void *user_data, const struct ava_log_record *record);

/*
 No lines at all.
 */
#define AVA_LOG_OFF 0

/*
 Something is broken.
 */
#define AVA_LOG_ERROR 1

/*
 Somebody should know: a send was cut in flight, messages may have been missed.
 */
#define AVA_LOG_WARN 2

/*
 Worth knowing.
 */
#define AVA_LOG_INFO 3

/*
 Each request, each retry.
 */
#define AVA_LOG_DEBUG 4

/*
 Everything.
 */
#define AVA_LOG_TRACE 5

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The version of the library that is loaded: "0.1.0". The header's is AVA_VERSION.
 */
const char *ava_version(void);

/*
 Ends everything of this library in this process, for good: calls in flight end with AVA_ERROR_CLOSED, and so does
 every later one. Waits up to `timeout_ms` milliseconds until the requests' threads have ended and every completion,
 hook and line of the log has been told. Handles are freed as ever, before or after.

 AVA_ERROR_TIMEOUT if that isn't over by then: callbacks may still be running, or be called yet, so that no `user_data`
 may go. Calling it again goes on waiting. So it ends from within a hook, a token provider or a checkpoint, which it
 waits for; from within a completion it is AVA_ERROR_INVALID_REQUEST.

 Not needed before a process exits. Two threads stay, that of the completions and that of the hooks, each if it was ever
 needed: so the library can't be unloaded.
 */
ava_status ava_shutdown(int64_t timeout_ms,
                        struct ava_error **error);

/*
 How many threads carry the requests of all clients: 1 unless set here, which is enough for thousands of calls in
 flight. AVA_ERROR_CONFIGURATION for 0, or once a call was made.
 */
ava_status ava_set_worker_threads(size_t count,
                                  struct ava_error **error);

/*
 Whether a phone number is one that could be sent to, as every call checks it: "+", a digit from 1 to 9, and 1 to 14
 further digits. AVA_ERROR_INVALID_REQUEST if not.
 */
ava_status ava_check_phone(const char *phone,
                           struct ava_error **error);

/*
 Whether a text is one that could be sent, as every send checks it: not empty. `text_len` may be
 AVA_NUL_TERMINATED. AVA_ERROR_INVALID_REQUEST if not.
 */
ava_status ava_check_text(const char *text, size_t text_len, struct ava_error **error);

/*
 Frees an error and all that it gave. NULL does nothing.
 */
void ava_error_free(struct ava_error *error);

/*
 Its kind: what the call returned. AVA_OK of NULL.
 */
ava_status ava_error_status(const struct ava_error *error);

/*
 The stable name of its kind: "rate_limited". NULL of NULL.
 */
const char *ava_error_code(const struct ava_error *error);

/*
 One line for people, without anybody's data; the service's words where it gave some. NULL of NULL.
 */
const char *ava_error_message(const struct ava_error *error);

/*
 The HTTP status, or 0 if there was no answer.
 */
uint16_t ava_error_http_status(const struct ava_error *error);

/*
 The service's name for the request ("x-request-id", "request-id"), or NULL.
 */
const char *ava_error_request_id(const struct ava_error *error);

/*
 How many milliseconds the service asks to wait, or -1 if it doesn't say.
 */
int64_t ava_error_retry_after_ms(const struct ava_error *error);

/*
 The first 8 KiB of the service's answer, or NULL; its length goes to `len` unless that is NULL. It may hold
 people's data: for debugging, not for logs.
 */
const char *ava_error_body(const struct ava_error *error, size_t *len);

/*
 Of a send that failed, "not_sent" or "unknown"; else NULL. What is unknown may have been delivered: don't send
 it again; ask ava_client_settle().
 */
const char *ava_error_delivery(const struct ava_error *error);

/*
 The id of the message that failed, where the history showed that it did; else NULL.
 */
const char *ava_error_message_id(const struct ava_error *error);

/*
 What ava_client_settle() needs, or NULL. Borrowed: it lives as long as the error; ava_attempt_clone() keeps it.
 */
const struct ava_attempt *ava_error_attempt(const struct ava_error *error);

/*
 The error behind this one, or NULL. Borrowed: it lives as long as this one; don't free it.
 */
const struct ava_error *ava_error_cause(const struct ava_error *error);

/*
 What a callback of yours gave as its reason to fail, or NULL. It stands with the innermost cause.
 */
const char *ava_error_reason(const struct ava_error *error);

/*
 The stable name of a status: "rate_limited"; "ok" of AVA_OK, "unknown" of a number that this version doesn't
 know. It lives for ever.
 */
const char *ava_status_name(ava_status status);

/*
 Frees an attempt. NULL does nothing.
 */
void ava_attempt_free(struct ava_attempt *attempt);

/*
 Another handle of the same attempt, to be freed by itself: for keeping what an error has. NULL of NULL.
 */
struct ava_attempt *ava_attempt_clone(const struct ava_attempt *attempt);

/*
 To whom the message would have gone.
 */
const char *ava_attempt_phone(const struct ava_attempt *attempt);

/*
 What it would have said; its length goes to `len` unless that is NULL.
 */
const char *ava_attempt_text(const struct ava_attempt *attempt, size_t *len);

/*
 Whether another process can settle it, from its text.
 */
bool ava_attempt_is_portable(const struct ava_attempt *attempt);

/*
 The attempt as JSON text, to be kept over a restart; NULL of NULL. It holds the phone and the message. It lives as
 long as the attempt.
 */
const char *ava_attempt_json(const struct ava_attempt *attempt);

/*
 The attempt that ava_attempt_json() wrote.

 `json_len` may be AVA_NUL_TERMINATED. Free `*attempt` with ava_attempt_free(). AVA_ERROR_INVALID_REQUEST if the text
 is none of an attempt.
 */
ava_status ava_attempt_from_json(const char *json,
                                 size_t json_len,
                                 struct ava_attempt **attempt,
                                 struct ava_error **error);

/*
 Frees a message. NULL does nothing. Not for those of a page.
 */
void ava_message_free(struct ava_message *message);

/*
 Another handle of the same message, to be freed by itself: for keeping one of a page. NULL of NULL. It shares the
 page's memory, which lives as long as either.
 */
struct ava_message *ava_message_clone(const struct ava_message *message);

/*
 The service's id: "msg_abc123".
 */
const char *ava_message_id(const struct ava_message *message);

/*
 The other person's number, E.164.
 */
const char *ava_message_phone(const struct ava_message *message);

/*
 What was written (the wire's "message"); its length goes to `len` unless that is NULL.
 */
const char *ava_message_text(const struct ava_message *message, size_t *len);

/*
 Which way it went: "inbound" or "outbound", or what the service wrote instead.
 */
const char *ava_message_direction(const struct ava_message *message);

/*
 How far it got: "queued", "sent", "delivered", "received", "failed", or what the service wrote instead.
 */
const char *ava_message_status(const struct ava_message *message);

/*
 When, by the service's clock: RFC 3339, UTC.
 */
const char *ava_message_timestamp(const struct ava_message *message);

/*
 When, by the service's clock: milliseconds since 1970-01-01T00:00:00Z.
 */
int64_t ava_message_timestamp_ms(const struct ava_message *message);

/*
 Further members of the wire, as the text of a JSON object: "{}" if there are none.
 */
const char *ava_message_extra(const struct ava_message *message);

/*
 Frees it. NULL does nothing.
 */
void ava_sent_message_free(struct ava_sent_message *sent);

/*
 The service's id: "msg_abc123".
 */
const char *ava_sent_message_message_id(const struct ava_sent_message *sent);

/*
 When it was accepted, by the service's clock: RFC 3339, UTC.
 */
const char *ava_sent_message_timestamp(const struct ava_sent_message *sent);

/*
 When it was accepted, by the service's clock: milliseconds since 1970-01-01T00:00:00Z.
 */
int64_t ava_sent_message_timestamp_ms(const struct ava_sent_message *sent);

/*
 What says that it was sent: "response", or "history" where the answer was lost and the history showed it.
 */
const char *ava_sent_message_confirmation(const struct ava_sent_message *sent);

/*
 Further members of the wire, as the text of a JSON object: "{}" if there are none.
 */
const char *ava_sent_message_extra(const struct ava_sent_message *sent);

/*
 Frees it. NULL does nothing.
 */
void ava_generated_message_free(struct ava_generated_message *generated);

/*
 What AVA wrote (the wire's "generated_message"); its length goes to `len` unless that is NULL.
 */
const char *ava_generated_message_text(const struct ava_generated_message *generated, size_t *len);

/*
 The service's id: "msg_ai_abc123".
 */
const char *ava_generated_message_message_id(const struct ava_generated_message *generated);

/*
 Whether the service has sent it, too. Without `auto_send` it never has.
 */
bool ava_generated_message_sent(const struct ava_generated_message *generated);

/*
 When, by the service's clock: RFC 3339, UTC.
 */
const char *ava_generated_message_timestamp(const struct ava_generated_message *generated);

/*
 When, by the service's clock: milliseconds since 1970-01-01T00:00:00Z.
 */
int64_t ava_generated_message_timestamp_ms(const struct ava_generated_message *generated);

/*
 Further members of the wire, as the text of a JSON object: "{}" if there are none.
 */
const char *ava_generated_message_extra(const struct ava_generated_message *generated);

/*
 Frees a page, its messages included. NULL does nothing.
 */
void ava_message_page_free(struct ava_message_page *page);

/*
 How many messages the page has.
 */
size_t ava_message_page_len(const struct ava_message_page *page);

/*
 One of its messages, from 0; NULL past the end. Borrowed: it lives as long as the page; ava_message_clone() keeps it.
 */
const struct ava_message *ava_message_page_message(const struct ava_message_page *page,
                                                   size_t index);

/*
 How many messages the conversation has.
 */
uint64_t ava_message_page_total(const struct ava_message_page *page);

/*
 How many were asked for.
 */
uint64_t ava_message_page_limit(const struct ava_message_page *page);

/*
 How many were passed over.
 */
uint64_t ava_message_page_offset(const struct ava_message_page *page);

/*
 How many rows couldn't be read.
 */
size_t ava_message_page_skipped_len(const struct ava_message_page *page);

/*
 One of the rows that couldn't be read, from 0; NULL past the end. Borrowed from the page.
 */
const struct ava_skipped_row *ava_message_page_skipped(const struct ava_message_page *page, size_t index);

/*
 Further members of the wire, as the text of a JSON object: "{}" if there are none.
 */
const char *ava_message_page_extra(const struct ava_message_page *page);

/*
 Frees a page, its messages included. NULL does nothing.
 */
void ava_poll_page_free(struct ava_poll_page *page);

/*
 How many messages the page has.
 */
size_t ava_poll_page_len(const struct ava_poll_page *page);

/*
 One of its messages, from 0; NULL past the end. Borrowed: it lives as long as the page; ava_message_clone() keeps it.
 */
const struct ava_message *ava_poll_page_message(const struct ava_poll_page *page,
                                                size_t index);

/*
 How many messages the service says it gave.
 */
uint64_t ava_poll_page_count(const struct ava_poll_page *page);

/*
 Whether the service has more.
 */
bool ava_poll_page_has_more(const struct ava_poll_page *page);

/*
 How many rows couldn't be read.
 */
size_t ava_poll_page_skipped_len(const struct ava_poll_page *page);

/*
 One of the rows that couldn't be read, from 0; NULL past the end. Borrowed from the page.
 */
const struct ava_skipped_row *ava_poll_page_skipped(const struct ava_poll_page *page, size_t index);

/*
 Further members of the wire, as the text of a JSON object: "{}" if there are none.
 */
const char *ava_poll_page_extra(const struct ava_poll_page *page);

/*
 One that nobody has used yet. Never NULL, unless there is no memory.
 */
struct ava_cancel *ava_cancel_new(void);

/*
 Cancels: the requests are dropped, and their calls end with AVA_ERROR_CANCELLED, now and later. A send cut in flight
 is told of (the client's `on_unknown`, the log). It can't be undone, and must not be called from a signal's handler.
 */
void ava_cancel_cancel(const struct ava_cancel *cancel);

/*
 Whether it was used.
 */
bool ava_cancel_is_cancelled(const struct ava_cancel *cancel);

/*
 Frees it, and cancels nothing: calls that were given it go on. NULL does nothing.
 */
void ava_cancel_free(struct ava_cancel *cancel);

/*
 Gives a token, which is copied. `expires_in_ms`: for how long it is valid from now on; 0 if that isn't known: then it
 is used until the service refuses it. What is negative is over: the token is of no use beyond the call that asked.
 NULL for a request does nothing; for a token it is a failure.
 */
void ava_token_request_succeed(struct ava_token_request *request,
                               const char *token,
                               int64_t expires_in_ms);

/*
 Says that there is no token. The call that needs it fails with AVA_ERROR_AUTHENTICATION; ava_error_reason() of its
 innermost cause is `reason`, which may be NULL. NULL for a request does nothing.
 */
void ava_token_request_fail(struct ava_token_request *request,
                            const char *reason);

/*
 Gives the state, which is copied. `state_len` may be AVA_NUL_TERMINATED.
 */
void ava_checkpoint_reply_give(struct ava_checkpoint_reply *reply, const char *state, size_t state_len);

/*
 The next message, or NULL at the end. After an error it is at its end, too. Free `*message` with ava_message_free().
 */
ava_status ava_messages_next(const struct ava_messages *messages,
                             struct ava_message **message,
                             struct ava_error **error);

/*
 As ava_messages_next(), and `callback` is given the outcome. Once this call is freed before that, the message comes
 with the next.
 */
ava_status ava_messages_next_async(const struct ava_messages *messages,
                                   ava_message_callback callback,
                                   void *user_data,
                                   struct ava_call **call,
                                   struct ava_error **error);

/*
 Ends it, from any thread: a request under way is dropped, and ava_messages_next() gives NULL.
 */
void ava_messages_close(const struct ava_messages *messages);

/*
 Ends and frees it. NULL does nothing.
 */
void ava_messages_free(struct ava_messages *messages);

/*
 The next message; NULL if none came within `timeout_ms` milliseconds (AVA_FOREVER waits on), and at the end, of which
 ava_listener_is_ended() tells. Nothing is lost by a timeout or an error. Free `*message` with ava_message_free().

 Unless `auto_ack` is off, asking acknowledges the message before. Errors end it for good where the service refuses
 the client (AVA_ERROR_AUTHENTICATION, AVA_ERROR_PERMISSION_DENIED, …); those that pass it deals with by itself, and
 tells `on_retry`.
 */
ava_status ava_listener_next(const struct ava_listener *listener,
                             int64_t timeout_ms,
                             struct ava_message **message,
                             struct ava_error **error);

/*
 As ava_listener_next(), and `callback` is given the outcome. If this call is freed before that, the message comes with
 the next.
 */
ava_status ava_listener_next_async(const struct ava_listener *listener,
                                   int64_t timeout_ms,
                                   ava_message_callback callback,
                                   void *user_data,
                                   struct ava_call **call,
                                   struct ava_error **error);

/*
 Whether ava_listener_next() gave NULL because this, or its client, was closed.
 */
bool ava_listener_is_ended(const struct ava_listener *listener);

/*
 Acknowledges a message: it need not come again. When this returns, the checkpoint has it. Twice does nothing. It works
 on a closed listener, too. AVA_ERROR_STORAGE if the checkpoint fails: nothing was acknowledged.
 */
ava_status ava_listener_ack(const struct ava_listener *listener,
                            const struct ava_message *message,
                            struct ava_error **error);

/*
 As ava_listener_ack(), and `callback` is told of its end. Nothing of `message` is needed after this has returned.
 */
ava_status ava_listener_ack_async(const struct ava_listener *listener,
                                  const struct ava_message *message,
                                  ava_done_callback callback,
                                  void *user_data,
                                  struct ava_call **call,
                                  struct ava_error **error);

/*
 Ends it, from any thread: the poll under way is dropped, and ava_listener_next() gives NULL. It acknowledges nothing.
 */
void ava_listener_close(const struct ava_listener *listener);

/*
 Ends and frees it. It acknowledges nothing. NULL does nothing.
 */
void ava_listener_free(struct ava_listener *listener);

/*
 Cancels the call: its request is dropped, and the callback is given AVA_ERROR_CANCELLED, unless the call has ended
 before. A send cut in flight is told of (the client's `on_unknown`, the log).
 */
void ava_call_cancel(const struct ava_call *call);

/*
 Whether the callback has returned. In a forked child, where it never will be called, it is true.
 */
bool ava_call_is_done(const struct ava_call *call);

/*
 Frees the call, cancelling it if it hasn't ended: once this returns, the callback doesn't run and won't be called. So
 it waits for a callback that is running, but on the thread of the completions, where it would wait for itself. NULL
 does nothing.
 */
void ava_call_free(struct ava_call *call);

/*
 Makes a client. No connection is opened yet. `options` may be NULL: then key and base URL come from the environment.

 Free `*client` with ava_client_free(). AVA_ERROR_CONFIGURATION names the option that is wrong.
 */
ava_status ava_client_new(const struct ava_client_options *options,
                          struct ava_client **client,
                          struct ava_error **error);

/*
 Frees a client. Calls under way go on, and so do its listeners and conversations: they are handles of their own. NULL
 does nothing.
 */
void ava_client_free(struct ava_client *client);

/*
 Where its requests go. It lives as long as the client. NULL of NULL.
 */
const char *ava_client_base_url(const struct ava_client *client);

/*
 Whether it was closed. True of NULL.
 */
bool ava_client_is_closed(const struct ava_client *client);

/*
 Closes a client: from this moment on it refuses new calls with AVA_ERROR_CLOSED, and its listeners end without an
 error. Waits until the calls under way have ended, each by its deadline. Twice does nothing.
 */
ava_status ava_client_close(const struct ava_client *client,
                            struct ava_error **error);

/*
 As ava_client_close(), and `callback` is told when the calls under way have ended.
 */
ava_status ava_client_close_async(const struct ava_client *client,
                                  ava_done_callback callback,
                                  void *user_data,
                                  struct ava_call **call,
                                  struct ava_error **error);

/*
 Opens a conversation, to be read message by message, oldest or newest first as the service has it (*Get Messages*).
 Nothing is asked yet. The deadline of `options` is that of each page.

 Free `*messages` with ava_messages_free().
 */
ava_status ava_client_messages(const struct ava_client *client,
                               const char *phone,
                               const struct ava_call_options *options,
                               struct ava_messages **messages,
                               struct ava_error **error);

/*
 Sends an iMessage (*Send Message*). It is posted again only if every earlier attempt certainly wasn't sent; if an answer
 is lost, the history is asked.

 `text_len` may be AVA_NUL_TERMINATED. `options` may be NULL. Free `*sent` with ava_sent_message_free(). If it fails,
 ava_error_delivery() tells whether the message may have been delivered: with AVA_ERROR_DELIVERY_UNKNOWN it may; then
 don't send it again, and ask ava_client_settle() with ava_error_attempt().
 */
ava_status ava_client_send(const struct ava_client *client,
                           const char *phone,
                           const char *text,
                           size_t text_len,
                           const struct ava_call_options *options,
                           struct ava_sent_message **sent,
                           struct ava_error **error);

/*
 As ava_client_send(), and `callback` is given the outcome.
 */
ava_status ava_client_send_async(const struct ava_client *client,
                                 const char *phone,
                                 const char *text,
                                 size_t text_len,
                                 const struct ava_call_options *options,
                                 ava_sent_message_callback callback,
                                 void *user_data,
                                 struct ava_call **call,
                                 struct ava_error **error);

/*
 Asks the history again whether an unknown send happened (*Get Messages*). Nothing is posted.

 `options` may be NULL. Free `*sent` with ava_sent_message_free(). AVA_ERROR_REJECTED if the message is there and failed;
 AVA_ERROR_DELIVERY_UNKNOWN again if the history doesn't tell: absence proves nothing.
 */
ava_status ava_client_settle(const struct ava_client *client,
                             const struct ava_attempt *attempt,
                             const struct ava_call_options *options,
                             struct ava_sent_message **sent,
                             struct ava_error **error);

/*
 As ava_client_settle(), and `callback` is given the outcome. Nothing of `attempt` is needed after this has returned.
 */
ava_status ava_client_settle_async(const struct ava_client *client,
                                   const struct ava_attempt *attempt,
                                   const struct ava_call_options *options,
                                   ava_sent_message_callback callback,
                                   void *user_data,
                                   struct ava_call **call,
                                   struct ava_error **error);

/*
 One page of a conversation (*Get Messages*).

 `limit`: how many messages at the most, 1 to 100; 0 is the default, 50. `offset`: how many are passed over. `options`
 may be NULL. Free `*page` with ava_message_page_free().
 */
ava_status ava_client_messages_page(const struct ava_client *client,
                                    const char *phone,
                                    int64_t limit,
                                    int64_t offset,
                                    const struct ava_call_options *options,
                                    struct ava_message_page **page,
                                    struct ava_error **error);

/*
 As ava_client_messages_page(), and `callback` is given the outcome.
 */
ava_status ava_client_messages_page_async(const struct ava_client *client,
                                          const char *phone,
                                          int64_t limit,
                                          int64_t offset,
                                          const struct ava_call_options *options,
                                          ava_message_page_callback callback,
                                          void *user_data,
                                          struct ava_call **call,
                                          struct ava_error **error);

/*
 Asks once for inbound messages (*Receive Messages*). To get them all, listen: ava_client_listen().

 `since`: only messages after this time, RFC 3339, by the service's clock; NULL: whatever the service gives. `phone`: only
 from this phone; NULL: from all. `options` may be NULL. Free `*page` with ava_poll_page_free().
 */
ava_status ava_client_poll(const struct ava_client *client,
                           const char *since,
                           const char *phone,
                           const struct ava_call_options *options,
                           struct ava_poll_page **page,
                           struct ava_error **error);

/*
 As ava_client_poll(), and `callback` is given the outcome.
 */
ava_status ava_client_poll_async(const struct ava_client *client,
                                 const char *since,
                                 const char *phone,
                                 const struct ava_call_options *options,
                                 ava_poll_page_callback callback,
                                 void *user_data,
                                 struct ava_call **call,
                                 struct ava_error **error);

/*
 Has AVA write a reply to `context_len` turns, oldest first (*Generate Message with AVA*). Unless `auto_send` is on, nothing
 is sent.

 `how` and `options` may be NULL. Free `*generated` with ava_generated_message_free(). With `auto_send`, a failure
 may be AVA_ERROR_DELIVERY_UNKNOWN, which can't be settled: nobody knows the text.
 */
ava_status ava_client_generate(const struct ava_client *client,
                               const char *phone,
                               const struct ava_turn *context,
                               size_t context_len,
                               const struct ava_generate_options *how,
                               const struct ava_call_options *options,
                               struct ava_generated_message **generated,
                               struct ava_error **error);

/*
 As ava_client_generate(), and `callback` is given the outcome.
 */
ava_status ava_client_generate_async(const struct ava_client *client,
                                     const char *phone,
                                     const struct ava_turn *context,
                                     size_t context_len,
                                     const struct ava_generate_options *how,
                                     const struct ava_call_options *options,
                                     ava_generated_message_callback callback,
                                     void *user_data,
                                     struct ava_call **call,
                                     struct ava_error **error);

/*
 Has AVA write a reply to the newest messages of a conversation (*Get Messages*, *Generate Message with AVA*). Nothing is
 sent.

 `how` and `options` may be NULL. Free `*generated` with ava_generated_message_free().
 */
ava_status ava_client_draft_reply(const struct ava_client *client,
                                  const char *phone,
                                  const struct ava_draft_options *how,
                                  const struct ava_call_options *options,
                                  struct ava_generated_message **generated,
                                  struct ava_error **error);

/*
 As ava_client_draft_reply(), and `callback` is given the outcome.
 */
ava_status ava_client_draft_reply_async(const struct ava_client *client,
                                        const char *phone,
                                        const struct ava_draft_options *how,
                                        const struct ava_call_options *options,
                                        ava_generated_message_callback callback,
                                        void *user_data,
                                        struct ava_call **call,
                                        struct ava_error **error);

/*
 Listens for inbound messages (*Receive Messages*). Unless told where to begin, it asks the service for its time.

 `how` and `options` may be NULL; the latter speak of each poll. Free `*listener` with ava_listener_free().
 AVA_ERROR_CONFIGURATION if the checkpoint is of another client's service or of another phone.
 */
ava_status ava_client_listen(const struct ava_client *client,
                             const struct ava_listen_options *how,
                             const struct ava_call_options *options,
                             struct ava_listener **listener,
                             struct ava_error **error);

/*
 As ava_client_listen(), and `callback` is given the outcome.
 */
ava_status ava_client_listen_async(const struct ava_client *client,
                                   const struct ava_listen_options *how,
                                   const struct ava_call_options *options,
                                   ava_listener_callback callback,
                                   void *user_data,
                                   struct ava_call **call,
                                   struct ava_error **error);

/*
 Has the log of all clients go to `callback`, from `level` on; NULL turns it off, as it is at first. The last callback
 may still be given a line that is on its way; `user_data` must live until the library is shut down, or the process
 ends.
 */
ava_status ava_log_set(ava_log_callback callback,
                       void *user_data,
                       ava_log_level level,
                       struct ava_error **error);

/*
 The level that the environment's AVA_LOG names ("debug"); AVA_LOG_OFF if it names none.
 */
ava_log_level ava_log_level_from_env(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AVA_IMESSAGE_H */
