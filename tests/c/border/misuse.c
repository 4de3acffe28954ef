/* What callers get wrong comes back as an error that names it, and nothing is written. */
#include "check.h"

static ava_client *client;

static void null_where_something_must_be(void) {
    ava_error *error = NULL;
    ava_sent_message *sent = (ava_sent_message *)&error;
    CHECK(failed_as(ava_client_send(NULL, PHONE, "x", 1, NULL, &sent, &error), AVA_ERROR_INVALID_REQUEST,
                    &error, "client: is NULL"));
    CHECK(failed_as(ava_client_send(client, NULL, "x", 1, NULL, &sent, &error), AVA_ERROR_INVALID_REQUEST,
                    &error, "phone: is NULL"));
    CHECK(failed_as(ava_client_send(client, PHONE, NULL, 0, NULL, &sent, &error), AVA_ERROR_INVALID_REQUEST,
                    &error, "text: is NULL"));
    CHECK(failed_as(ava_client_send(client, PHONE, "x", 1, NULL, NULL, &error), AVA_ERROR_INVALID_REQUEST,
                    &error, "sent: is NULL"));
    CHECK(failed_as(ava_client_send_async(client, PHONE, "x", 1, NULL, NULL, NULL, NULL, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "callback: is NULL"));
    CHECK(failed_as(ava_client_settle(client, NULL, NULL, &sent, &error), AVA_ERROR_INVALID_REQUEST, &error,
                    "attempt: is NULL"));
    CHECK(ava_client_send(client, PHONE, NULL, 0, NULL, &sent, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(sent == (ava_sent_message *)&error);
}

static void text_that_is_none(void) {
    ava_error *error = NULL;
    ava_sent_message *sent = NULL;
    ava_turn turn = {"user", "\xff", 1};
    ava_generated_message *generated = NULL;
    CHECK(failed_as(ava_client_send(client, "\xff\xfe", "x", 1, NULL, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "phone: is not UTF-8"));
    CHECK(failed_as(ava_client_send(client, PHONE, "\xc3", 1, NULL, &sent, &error), AVA_ERROR_INVALID_REQUEST,
                    &error, "text: is not UTF-8"));
    CHECK(failed_as(ava_client_send(client, PHONE, "", 0, NULL, &sent, &error), AVA_ERROR_INVALID_REQUEST,
                    &error, "text: must not be empty"));
    CHECK(failed_as(ava_client_send(client, PHONE, "x", SIZE_MAX - 1, NULL, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "text_len"));
    CHECK(failed_as(ava_client_send(client, "not a phone", "x", 1, NULL, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "phone: must be E.164"));
    CHECK(failed_as(ava_client_generate(client, PHONE, &turn, 1, NULL, NULL, &generated, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "content: is not UTF-8"));
    CHECK(failed_as(ava_client_generate(client, PHONE, &turn, SIZE_MAX, NULL, NULL, &generated, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "context_len"));
    CHECK(failed_as(ava_client_generate(client, PHONE, NULL, 0, NULL, NULL, &generated, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "context"));
    CHECK(failed_as(ava_check_phone("+0", &error), AVA_ERROR_INVALID_REQUEST, &error, "E.164"));
    CHECK(ava_check_phone(PHONE, NULL) == AVA_OK && ava_check_text("x", 1, NULL) == AVA_OK);
}

/* Whoever refuses a send, it certainly did not go out. */
static bool not_sent(ava_error **error) {
    bool fine = *error != NULL && ava_error_delivery(*error) != NULL && !strcmp(ava_error_delivery(*error), "not_sent");
    ava_error_free(*error);
    *error = NULL;
    return fine;
}

static void what_is_refused_here_was_not_sent_either(void) {
    ava_error *error = NULL;
    ava_sent_message *sent = NULL;
    ava_generated_message *generated = NULL;
    ava_call_options options;
    ava_generate_options how;
    memset(&options, 0, sizeof options);
    memset(&how, 0, sizeof how);
    options.size = sizeof options;
    how.size = sizeof how;
    options.timeout_ms = -5;
    CHECK(ava_client_send(client, PHONE, "x", 1, &options, &sent, &error) == AVA_ERROR_INVALID_REQUEST);
    CHECK(not_sent(&error));
    CHECK(ava_client_send(client, NULL, "x", 1, NULL, &sent, &error) == AVA_ERROR_INVALID_REQUEST);
    CHECK(not_sent(&error));
    CHECK(ava_client_send(client, PHONE, "x", 1, NULL, NULL, &error) == AVA_ERROR_INVALID_REQUEST);
    CHECK(not_sent(&error));
    CHECK(ava_client_send_async(client, PHONE, "x", 1, NULL, NULL, NULL, NULL, &error) ==
          AVA_ERROR_INVALID_REQUEST);
    CHECK(not_sent(&error));
    CHECK(ava_client_generate(client, NULL, NULL, 0, &how, NULL, &generated, &error) == AVA_ERROR_INVALID_REQUEST);
    CHECK(ava_error_delivery(error) == NULL);
    ava_error_free(error);
    error = NULL;
    how.auto_send = AVA_YES;
    CHECK(ava_client_generate(client, NULL, NULL, 0, &how, NULL, &generated, &error) == AVA_ERROR_INVALID_REQUEST);
    CHECK(not_sent(&error));
    CHECK(ava_client_generate(client, PHONE, NULL, 0, &how, NULL, NULL, &error) == AVA_ERROR_INVALID_REQUEST);
    CHECK(not_sent(&error));
}

/* Whoever refuses to settle, the send is as unknown as before, and the attempt comes back. */
static void what_is_not_settled_stays_unknown(void) {
    ava_error *error = NULL;
    ava_sent_message *sent = NULL;
    ava_attempt *attempt = NULL;
    ava_call_options options;
    int way;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.timeout_ms = -5;
    CHECK(ava_attempt_from_json(getenv("AVA_TEST_ATTEMPT"), AVA_NUL_TERMINATED, &attempt, NULL) == AVA_OK);
    for (way = 0; way < 3; way++) {
        ava_status status = way == 0   ? ava_client_settle(client, attempt, &options, &sent, &error)
                            : way == 1 ? ava_client_settle(client, attempt, NULL, NULL, &error)
                                       : ava_client_settle_async(client, attempt, NULL, NULL, NULL, NULL, &error);
        CHECK(status == AVA_ERROR_INVALID_REQUEST);
        CHECK(ava_error_delivery(error) != NULL && !strcmp(ava_error_delivery(error), "unknown"));
        CHECK(ava_error_attempt(error) != NULL);
        ava_error_free(error);
        error = NULL;
    }
    ava_attempt_free(attempt);
}

/* A NUL that a length covers is a character as any other: nothing is cut off. */
static void a_nul_is_not_an_end(void) {
    ava_sent_message *sent = NULL;
    ava_message_page *page = NULL;
    size_t length = 0;
    const char *text = NULL;
    CHECK(ava_client_send(client, "+15550002222", "a\0b", 3, NULL, &sent, NULL) == AVA_OK);
    CHECK(ava_client_messages_page(client, "+15550002222", 0, 0, NULL, &page, NULL) == AVA_OK);
    CHECK(ava_message_page_len(page) == 1);
    text = ava_message_text(ava_message_page_message(page, 0), &length);
    CHECK(length == 3 && memcmp(text, "a\0b", 4) == 0);
    ava_sent_message_free(sent);
    ava_message_page_free(page);
}

static void options_of_other_versions(void) {
    struct {
        ava_call_options known;
        long newer;
    } options;
    ava_error *error = NULL;
    ava_sent_message *sent = NULL;
    ava_client *other = NULL;
    ava_client_options of_client;
    memset(&options, 0, sizeof options);
    options.known.size = sizeof options;
    CHECK(ava_client_send(client, PHONE, "newer", 5, &options.known, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
    sent = NULL;
    options.newer = 1;
    CHECK(failed_as(ava_client_send(client, PHONE, "newer", 5, &options.known, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "doesn't know"));
    /* One that ends after its first option. */
    options.known.size = offsetof(ava_call_options, max_retries);
    options.known.max_retries = -77;
    CHECK(ava_client_send(client, PHONE, "older", 5, &options.known, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
    /* What would cut a field in two is the size of no struct. */
    options.known.size = offsetof(ava_call_options, cancel) + 3;
    CHECK(failed_as(ava_client_send(client, PHONE, "x", 1, &options.known, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "size"));
    options.known.size = 0;
    CHECK(failed_as(ava_client_send(client, PHONE, "x", 1, &options.known, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "size"));
    options.known.size = sizeof options.known;
    CHECK(failed_as(ava_client_send(client, PHONE, "x", 1, &options.known, &sent, &error),
                    AVA_ERROR_INVALID_REQUEST, &error, "max_retries"));
    memset(&of_client, 0, sizeof of_client);
    of_client.size = sizeof of_client;
    of_client.base_url = "ftp://example.com";
    CHECK(failed_as(ava_client_new(&of_client, &other, &error), AVA_ERROR_CONFIGURATION, &error, "base_url"));
    /* Whatever is wrong with a client's options, it is its configuration. */
    of_client.base_url = "\xff";
    CHECK(failed_as(ava_client_new(&of_client, &other, &error), AVA_ERROR_CONFIGURATION, &error,
                    "base_url: is not UTF-8"));
    of_client.base_url = NULL;
    of_client.confirm_from_history = 7;
    CHECK(failed_as(ava_client_new(&of_client, &other, &error), AVA_ERROR_CONFIGURATION, &error,
                    "confirm_from_history"));
    of_client.confirm_from_history = 0;
    of_client.backoff_ms = -5;
    CHECK(failed_as(ava_client_new(&of_client, &other, &error), AVA_ERROR_CONFIGURATION, &error,
                    "backoff_ms: must not be negative"));
    of_client.size = 3;
    CHECK(failed_as(ava_client_new(&of_client, &other, &error), AVA_ERROR_CONFIGURATION, &error, "size"));
    CHECK(failed_as(ava_client_new(NULL, NULL, &error), AVA_ERROR_INVALID_REQUEST, &error, "client: is NULL"));
    CHECK(other == NULL);
}

static void nothing_of_null(void) {
    size_t length = 77;
    ava_client_free(NULL);
    ava_error_free(NULL);
    ava_attempt_free(NULL);
    ava_call_free(NULL);
    ava_cancel_free(NULL);
    ava_message_free(NULL);
    ava_messages_free(NULL);
    ava_listener_free(NULL);
    ava_sent_message_free(NULL);
    ava_generated_message_free(NULL);
    ava_message_page_free(NULL);
    ava_poll_page_free(NULL);
    ava_cancel_cancel(NULL);
    ava_call_cancel(NULL);
    ava_listener_close(NULL);
    ava_messages_close(NULL);
    ava_token_request_fail(NULL, NULL);
    ava_checkpoint_reply_give(NULL, NULL, 0);
    CHECK(ava_error_status(NULL) == AVA_OK && ava_error_message(NULL) == NULL &&
          ava_error_cause(NULL) == NULL);
    CHECK(ava_message_text(NULL, &length) == NULL && length == 0);
    length = 77;
    CHECK(ava_attempt_text(NULL, &length) == NULL && length == 0);
    length = 77;
    CHECK(ava_generated_message_text(NULL, &length) == NULL && length == 0);
    length = 77;
    CHECK(ava_error_body(NULL, &length) == NULL && length == 0);
    CHECK(ava_message_page_len(NULL) == 0 && ava_message_page_message(NULL, 0) == NULL);
    CHECK(ava_attempt_clone(NULL) == NULL && ava_message_clone(NULL) == NULL);
    CHECK(ava_client_is_closed(NULL) && ava_listener_is_ended(NULL) && ava_call_is_done(NULL));
    CHECK(strcmp(ava_status_name(AVA_OK), "ok") == 0);
    CHECK(strcmp(ava_status_name((ava_status)4711), "unknown") == 0);
    CHECK(strcmp(ava_version(), AVA_VERSION) == 0);
}

static void past_the_end(void) {
    ava_message_page *page = NULL;
    CHECK(ava_client_messages_page(client, PHONE, 1, 0, NULL, &page, NULL) == AVA_OK);
    CHECK(ava_message_page_message(page, 1) == NULL && ava_message_page_message(page, SIZE_MAX) == NULL);
    CHECK(ava_message_page_skipped(page, 0) == NULL);
    ava_message_page_free(page);
}

static int released;

static void release(void *user_data) {
    (void)user_data;
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

/* Whether it was called so often by now, and no more. */
static bool released_times(int times) {
    long until = now_ms() + 10000;
    while (__atomic_load_n(&released, __ATOMIC_SEQ_CST) < times && now_ms() < until) {
        sleep_ms(1);
    }
    return __atomic_load_n(&released, __ATOMIC_SEQ_CST) == times;
}

static int load(void *user_data, ava_checkpoint_reply *reply) {
    (void)user_data;
    (void)reply;
    return 0;
}

static int save(void *user_data, const char *state, size_t state_len) {
    (void)user_data;
    (void)state;
    (void)state_len;
    return 0;
}

/* The application's data is let go of once, however the call ends. */
static void user_data_is_let_go_of(void) {
    ava_client_options options;
    ava_client *other = NULL;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.release = release;
    CHECK(ava_client_new(&options, &other, NULL) == AVA_OK);
    ava_client_free(other);
    options.base_url = "nonsense";
    CHECK(ava_client_new(&options, &other, NULL) == AVA_ERROR_CONFIGURATION);
    options.base_url = "\xff";
    CHECK(ava_client_new(&options, &other, NULL) == AVA_ERROR_CONFIGURATION);
    CHECK(ava_client_new(&options, NULL, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(4));
}

/* So is a listener's and its store's, at whatever point listening fails. */
static void user_data_of_listeners_is_let_go_of(void) {
    struct {
        ava_listen_options known;
        long newer;
    } extended;
    ava_listen_options *how = &extended.known;
    ava_checkpoint_store store;
    ava_call_options bad;
    ava_listener *listener = NULL;
    released = 0;
    memset(&store, 0, sizeof store);
    store.size = sizeof store;
    store.load = load;
    store.save = save;
    store.release = release;
    memset(&extended, 0, sizeof extended);
    how->size = sizeof *how;
    how->checkpoint_store = &store;
    how->release = release;
    memset(&bad, 0, sizeof bad);
    bad.size = sizeof bad;
    bad.timeout_ms = -5;
    /* Refused before the options are looked at, ... */
    CHECK(ava_client_listen(NULL, how, NULL, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(2));
    CHECK(ava_client_listen(client, how, NULL, NULL, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(4));
    CHECK(ava_client_listen(client, how, &bad, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(6));
    CHECK(ava_client_listen_async(client, how, NULL, NULL, NULL, NULL, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(8));
    /* ... because of them, ... */
    how->since = "yesterday";
    CHECK(ava_client_listen(client, how, NULL, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(10));
    how->since = "\xff";
    CHECK(ava_client_listen(client, how, NULL, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(12));
    how->since = NULL;
    store.save = NULL;
    CHECK(ava_client_listen(client, how, NULL, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(14));
    store.save = save;
    how->size = sizeof extended;
    extended.newer = 1;
    CHECK(ava_client_listen(client, how, NULL, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(16));
    /* ... by the core, and at the end of one that was opened. */
    how->size = sizeof *how;
    how->phone = "nobody";
    CHECK(ava_client_listen(client, how, NULL, &listener, NULL) == AVA_ERROR_INVALID_REQUEST);
    CHECK(released_times(18));
    how->phone = PHONE;
    CHECK(ava_client_listen(client, how, NULL, &listener, NULL) == AVA_OK);
    ava_listener_free(listener);
    CHECK(released_times(20));
}

int main(void) {
    client = new_client();
    CHECK(client != NULL);
    null_where_something_must_be();
    text_that_is_none();
    what_is_refused_here_was_not_sent_either();
    a_nul_is_not_an_end();
    options_of_other_versions();
    nothing_of_null();
    past_the_end();
    what_is_not_settled_stays_unknown();
    user_data_is_let_go_of();
    user_data_of_listeners_is_let_go_of();
    ava_client_free(client);
    return finish();
}
