/* Threads that make random calls, right and wrong ones, on handles that they share: stress CALLS. */
#include "check.h"

enum { THREADS = 16 };

static ava_client *client;
static ava_message_page *page;
static ava_poll_page *polled;
static ava_listener *listener;
static ava_messages *messages;
static ava_cancel *cancel;
static ava_attempt *attempt;
static long calls;

static unsigned next_random(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void told(void *user_data, ava_status status, ava_sent_message *sent, ava_error *error) {
    (void)user_data;
    (void)status;
    ava_sent_message_free(sent);
    ava_error_free(error);
}

/* Any of these may be NULL now and then. */
#define MAYBE(handle) (next_random(state) % 16 == 0 ? NULL : (handle))

static void one_call(unsigned *state) {
    ava_error *error = NULL, **where = next_random(state) % 2 ? &error : NULL;
    ava_sent_message *sent = NULL;
    ava_message *message = NULL;
    ava_call *call = NULL;
    const ava_message *row = ava_message_page_message(MAYBE(page), next_random(state) % 40);
    size_t length;
    switch (next_random(state) % 24) {
    case 0:
        /* Once in a while a real one: it is the network that takes the time. */
        if (next_random(state) % 64 == 0) {
            ava_client_send(MAYBE(client), MAYBE(PHONE), MAYBE("stress"), 6, NULL, MAYBE(&sent), where);
        }
        break;
    case 1:
        if (next_random(state) % 64 == 0) {
            ava_client_send_async(MAYBE(client), PHONE, "stress", 6, NULL, MAYBE(told), NULL, &call, where);
        }
        break;
    case 2:
        ava_client_send(client, "nonsense", "x", 1, NULL, &sent, where);
        break;
    case 3:
        ava_client_settle(client, NULL, NULL, MAYBE(&sent), where);
        break;
    case 4:
        ava_check_phone(MAYBE("+15550001111"), where);
        break;
    case 5:
        ava_check_text(MAYBE("x\xff"), 1 + next_random(state) % 2, where);
        break;
    case 6:
        ava_message_text(MAYBE(row), MAYBE(&length));
        break;
    case 7:
        ava_message_timestamp(MAYBE(row));
        break;
    case 8:
        ava_message_extra(MAYBE(row));
        break;
    case 9:
        ava_message_free(ava_message_clone(MAYBE(row)));
        break;
    case 10:
        ava_message_page_extra(MAYBE(page));
        break;
    case 11:
        ava_poll_page_message(MAYBE(polled), next_random(state));
        break;
    case 12:
        ava_client_base_url(MAYBE(client));
        break;
    case 13:
        ava_listener_ack(MAYBE(listener), MAYBE(row), where);
        break;
    case 14:
        if (next_random(state) % 256 == 0) {
            ava_listener_next(MAYBE(listener), 0, MAYBE(&message), where);
        }
        break;
    case 15:
        if (next_random(state) % 64 == 0) {
            ava_messages_next(MAYBE(messages), MAYBE(&message), where);
        }
        break;
    case 16:
        ava_cancel_is_cancelled(MAYBE(cancel));
        break;
    case 17:
        ava_attempt_json(MAYBE(attempt));
        break;
    case 18:
        ava_attempt_free(ava_attempt_clone(MAYBE(attempt)));
        break;
    case 19:
        ava_status_name((ava_status)(next_random(state) % 20));
        break;
    case 20:
        ava_client_is_closed(MAYBE(client));
        break;
    case 21:
        ava_client_messages_page(client, PHONE, -(int64_t)(next_random(state) % 9), -7, NULL, NULL, where);
        break;
    case 22: {
        ava_attempt *read = NULL;
        ava_attempt_from_json(MAYBE("{\"phone\":"), next_random(state) % 9, MAYBE(&read), where);
        break;
    }
    default:
        ava_log_level_from_env();
    }
    ava_error_message(error);
    ava_error_cause(error);
    ava_error_free(error);
    ava_sent_message_free(sent);
    ava_message_free(message);
    ava_call_free(call);
}

static void *work(void *argument) {
    unsigned state = (unsigned)(size_t)argument;
    long left = calls;
    while (left-- > 0) {
        one_call(&state);
    }
    return NULL;
}

int main(int count, char **arguments) {
    pthread_t threads[THREADS];
    ava_sent_message *sent = NULL;
    size_t at;
    calls = count > 1 ? atol(arguments[1]) : 20000;
    client = new_client();
    CHECK(ava_client_send(client, PHONE, "seed", 4, NULL, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
    CHECK(ava_client_messages_page(client, PHONE, 100, 0, NULL, &page, NULL) == AVA_OK);
    CHECK(ava_client_poll(client, NULL, NULL, NULL, &polled, NULL) == AVA_OK);
    CHECK(ava_client_messages(client, PHONE, NULL, &messages, NULL) == AVA_OK);
    CHECK(ava_client_listen(client, NULL, NULL, &listener, NULL) == AVA_OK);
    CHECK(ava_attempt_from_json(getenv("AVA_TEST_ATTEMPT"), AVA_NUL_TERMINATED, &attempt, NULL) == AVA_OK);
    cancel = ava_cancel_new();
    for (at = 0; at < THREADS; at++) {
        pthread_create(&threads[at], NULL, work, (void *)(at * 7919 + 1));
    }
    for (at = 0; at < THREADS; at++) {
        pthread_join(threads[at], NULL);
    }
    CHECK(ava_client_send(client, PHONE, "still here", 10, NULL, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
    ava_cancel_free(cancel);
    ava_attempt_free(attempt);
    ava_listener_free(listener);
    ava_messages_free(messages);
    ava_poll_page_free(polled);
    ava_message_page_free(page);
    ava_client_free(client);
    printf("%d threads, %ld calls each\n", THREADS, calls);
    return finish();
}
