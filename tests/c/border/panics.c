/* A panic in any export that can fail is AVA_ERROR_INTERNAL, and the client works after. */
#include "check.h"

/* Of a library that was built with the feature test-hooks. */
extern void ava_test_panic_in_next_exports(size_t count);
extern void ava_test_panic_in_next_calls(size_t count);

static ava_client *client;
static int told_internal;

#define PANICS(call)                                                         \
    do {                                                                     \
        ava_error *error = NULL;                                             \
        ava_test_panic_in_next_exports(1);                                   \
        CHECK(failed_as((call), AVA_ERROR_INTERNAL, &error, "it panicked")); \
        error = NULL;                                                        \
    } while (0)

#define TOLD(type)                                                                                     \
    static void told_##type(void *user_data, ava_status status, ava_##type *value, ava_error *error) { \
        (void)user_data;                                                                               \
        CHECK(value == NULL);                                                                          \
        if (status == AVA_ERROR_INTERNAL) {                                                            \
            __atomic_add_fetch(&told_internal, 1, __ATOMIC_SEQ_CST);                                   \
        }                                                                                              \
        ava_error_free(error);                                                                         \
    }
TOLD(sent_message)
TOLD(message_page)
TOLD(poll_page)
TOLD(generated_message)
TOLD(listener)
TOLD(message)

static void told_done(void *user_data, ava_status status, ava_error *error) {
    (void)user_data;
    (void)status;
    ava_error_free(error);
}

static void in_exports(ava_messages *messages, ava_listener *listener, ava_message *message,
                       ava_attempt *attempt) {
    ava_client *made = NULL;
    ava_sent_message *sent = NULL;
    ava_message_page *page = NULL;
    ava_poll_page *polled = NULL;
    ava_generated_message *generated = NULL;
    ava_messages *opened = NULL;
    ava_listener *listening = NULL;
    ava_message *next = NULL;
    ava_attempt *read = NULL;
    ava_call *call = NULL;
    ava_turn turn = {"user", "hi", 2};
    PANICS(ava_client_new(NULL, &made, &error));
    PANICS(ava_client_close(client, &error));
    PANICS(ava_client_close_async(client, told_done, NULL, &call, &error));
    PANICS(ava_client_send(client, PHONE, "x", 1, NULL, &sent, &error));
    PANICS(ava_client_send_async(client, PHONE, "x", 1, NULL, told_sent_message, NULL, &call, &error));
    PANICS(ava_client_settle(client, attempt, NULL, &sent, &error));
    PANICS(ava_client_settle_async(client, attempt, NULL, told_sent_message, NULL, &call, &error));
    PANICS(ava_client_messages_page(client, PHONE, 0, 0, NULL, &page, &error));
    PANICS(ava_client_messages_page_async(client, PHONE, 0, 0, NULL, told_message_page, NULL, &call, &error));
    PANICS(ava_client_poll(client, NULL, NULL, NULL, &polled, &error));
    PANICS(ava_client_poll_async(client, NULL, NULL, NULL, told_poll_page, NULL, &call, &error));
    PANICS(ava_client_generate(client, PHONE, &turn, 1, NULL, NULL, &generated, &error));
    PANICS(ava_client_generate_async(client, PHONE, &turn, 1, NULL, NULL, told_generated_message, NULL, &call,
                                     &error));
    PANICS(ava_client_draft_reply(client, PHONE, NULL, NULL, &generated, &error));
    PANICS(
        ava_client_draft_reply_async(client, PHONE, NULL, NULL, told_generated_message, NULL, &call, &error));
    PANICS(ava_client_messages(client, PHONE, NULL, &opened, &error));
    PANICS(ava_client_listen(client, NULL, NULL, &listening, &error));
    PANICS(ava_client_listen_async(client, NULL, NULL, told_listener, NULL, &call, &error));
    PANICS(ava_messages_next(messages, &next, &error));
    PANICS(ava_messages_next_async(messages, told_message, NULL, &call, &error));
    PANICS(ava_listener_next(listener, 1, &next, &error));
    PANICS(ava_listener_next_async(listener, 1, told_message, NULL, &call, &error));
    PANICS(ava_listener_ack(listener, message, &error));
    PANICS(ava_listener_ack_async(listener, message, told_done, NULL, &call, &error));
    PANICS(ava_attempt_from_json("{}", 2, &read, &error));
    PANICS(ava_log_set(NULL, NULL, AVA_LOG_OFF, &error));
    PANICS(ava_set_worker_threads(1, &error));
    PANICS(ava_check_phone(PHONE, &error));
    PANICS(ava_check_text("x", 1, &error));
    PANICS(ava_shutdown(0, &error));
    CHECK(made == NULL && sent == NULL && page == NULL && polled == NULL && generated == NULL &&
          opened == NULL);
    CHECK(listening == NULL && next == NULL && read == NULL && call == NULL);
}

static void in_calls(void) {
    ava_sent_message *sent = NULL;
    ava_error *error = NULL;
    long until = now_ms() + 10000;
    ava_test_panic_in_next_calls(1);
    CHECK(failed_as(ava_client_send(client, PHONE, "x", 1, NULL, &sent, &error), AVA_ERROR_INTERNAL, &error,
                    "it panicked"));
    ava_test_panic_in_next_calls(1);
    CHECK(ava_client_send_async(client, PHONE, "x", 1, NULL, told_sent_message, NULL, NULL, NULL) == AVA_OK);
    while (__atomic_load_n(&told_internal, __ATOMIC_SEQ_CST) == 0 && now_ms() < until) {
        sleep_ms(1);
    }
    CHECK(told_internal == 1);
    CHECK(ava_client_send(client, PHONE, "after", 5, NULL, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
}

int main(void) {
    ava_messages *messages = NULL;
    ava_listener *listener = NULL;
    ava_message *message = NULL;
    ava_sent_message *sent = NULL;
    ava_attempt *attempt = NULL;
    client = new_client();
    CHECK(ava_client_send(client, PHONE, "first", 5, NULL, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
    CHECK(ava_client_messages(client, PHONE, NULL, &messages, NULL) == AVA_OK);
    CHECK(ava_messages_next(messages, &message, NULL) == AVA_OK && message != NULL);
    CHECK(ava_client_listen(client, NULL, NULL, &listener, NULL) == AVA_OK);
    CHECK(ava_attempt_from_json(getenv("AVA_TEST_ATTEMPT"), AVA_NUL_TERMINATED, &attempt, NULL) == AVA_OK);
    in_exports(messages, listener, message, attempt);
    in_calls();
    ava_attempt_free(attempt);
    ava_message_free(message);
    ava_messages_free(messages);
    ava_listener_free(listener);
    ava_client_free(client);
    return finish();
}
