/* Calls with callbacks: once each, on one thread, never after they were freed, and no deadlock from within.
 */
#include "check.h"

static ava_client *client;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t told;
    int calls;
    ava_status status;
    pthread_t thread;
    bool blocking_refused, slow;
    ava_call *call;
} outcome;

static void told(void *user_data, ava_status status, ava_sent_message *sent, ava_error *error) {
    outcome *it = user_data;
    ava_message_page *page = NULL;
    ava_error *refused = NULL;
    ava_status blocking;
    bool slow = it->slow;
    ava_call *call;
    if (slow) {
        sleep_ms(5);
    }
    blocking = ava_client_messages_page(client, PHONE, 1, 0, NULL, &page, &refused);
    pthread_mutex_lock(&it->lock);
    call = it->call;
    it->calls++;
    it->status = status;
    it->thread = pthread_self();
    it->blocking_refused =
        failed_as(blocking, AVA_ERROR_INVALID_REQUEST, &refused, "a blocking call is not possible here");
    pthread_cond_broadcast(&it->told);
    pthread_mutex_unlock(&it->lock);
    /* From here on whoever waited may have freed the outcome. */
    CHECK((status == AVA_OK) == (sent != NULL) && (status == AVA_OK) == (error == NULL));
    CHECK(ava_shutdown(10, NULL) == AVA_ERROR_INVALID_REQUEST);
    ava_sent_message_free(sent);
    ava_error_free(error);
    /* Freeing the call from within its own callback waits for nothing. */
    if (!slow) {
        ava_call_free(call);
    }
}

static outcome *new_outcome(void) {
    outcome *it = calloc(1, sizeof *it);
    pthread_mutex_init(&it->lock, NULL);
    pthread_cond_init(&it->told, NULL);
    return it;
}

static void wait_for(outcome *it) {
    pthread_mutex_lock(&it->lock);
    while (it->calls == 0) {
        pthread_cond_wait(&it->told, &it->lock);
    }
    pthread_mutex_unlock(&it->lock);
}

static void once_on_one_thread(void) {
    outcome *one = new_outcome(), *other = new_outcome();
    one->slow = other->slow = true;
    CHECK(ava_client_send_async(client, PHONE, "one", 3, NULL, told, one, NULL, NULL) == AVA_OK);
    CHECK(ava_client_send_async(client, "nonsense", "two", 3, NULL, told, other, NULL, NULL) == AVA_OK);
    wait_for(one);
    wait_for(other);
    CHECK(one->status == AVA_OK && other->status == AVA_ERROR_INVALID_REQUEST);
    CHECK(pthread_equal(one->thread, other->thread) && !pthread_equal(one->thread, pthread_self()));
    CHECK(one->blocking_refused && other->blocking_refused);
    CHECK(one->calls == 1 && other->calls == 1);
    free(one);
    free(other);
}

static void freed_from_within(void) {
    outcome *it = new_outcome();
    /* The lock keeps the callback from looking before the handle is there. */
    pthread_mutex_lock(&it->lock);
    CHECK(ava_client_send_async(client, PHONE, "in", 2, NULL, told, it, &it->call, NULL) == AVA_OK);
    pthread_mutex_unlock(&it->lock);
    wait_for(it);
    CHECK(it->calls == 1);
    sleep_ms(50);
    free(it);
}

/* Once ava_call_free() has returned, the callback doesn't run and won't. */
static void never_after_free(void) {
    int round;
    for (round = 0; round < 300; round++) {
        outcome *it = new_outcome();
        ava_call *call = NULL;
        int calls;
        it->slow = true;
        CHECK(ava_client_send_async(client, PHONE, "free", 4, NULL, told, it, &call, NULL) == AVA_OK);
        if (round % 3 == 1) {
            sleep_ms(round % 7);
        }
        if (round % 10 == 2) {
            wait_for(it);
        }
        ava_call_free(call);
        calls = it->calls;
        CHECK(calls <= 1);
        /* Whoever would still call it writes into freed memory: AddressSanitizer and valgrind see it. */
        free(it);
    }
}

static void cancelled(void) {
    outcome *it = new_outcome();
    ava_call *call = NULL;
    it->slow = true;
    CHECK(ava_client_send_async(client, PHONE, "cancel", 6, NULL, told, it, &call, NULL) == AVA_OK);
    ava_call_cancel(call);
    wait_for(it);
    CHECK(it->status == AVA_ERROR_CANCELLED || it->status == AVA_OK);
    ava_call_free(call);
    free(it);
}

/* Listening by callback, with a reply sent by callback from within. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t told;
    ava_listener *listener;
    int heard, replied;
    bool failed;
} conversation;

static void replied(void *user_data, ava_status status, ava_sent_message *sent, ava_error *error) {
    conversation *it = user_data;
    pthread_mutex_lock(&it->lock);
    it->replied++;
    it->failed |= status != AVA_OK;
    pthread_cond_broadcast(&it->told);
    pthread_mutex_unlock(&it->lock);
    ava_sent_message_free(sent);
    ava_error_free(error);
}

static void heard(void *user_data, ava_status status, ava_message *message, ava_error *error) {
    conversation *it = user_data;
    int count;
    pthread_mutex_lock(&it->lock);
    it->failed |= status != AVA_OK || message == NULL;
    count = ++it->heard;
    pthread_mutex_unlock(&it->lock);
    if (message != NULL) {
        ava_client_send_async(client, ava_message_phone(message), "re", 2, NULL, replied, it, NULL, NULL);
    }
    if (count < 2) {
        ava_listener_next_async(it->listener, AVA_FOREVER, heard, it, NULL, NULL);
    }
    ava_message_free(message);
    ava_error_free(error);
}

/* The sandbox echoes what is sent: see its settings in the test that starts this. */
static void a_conversation(void) {
    conversation it = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, 0, 0, false};
    ava_listen_options options;
    ava_sent_message *sent = NULL;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.phone = "+15550003333";
    options.interval_ms = 100;
    CHECK(ava_client_listen(client, &options, NULL, &it.listener, NULL) == AVA_OK);
    CHECK(ava_listener_next_async(it.listener, AVA_FOREVER, heard, &it, NULL, NULL) == AVA_OK);
    CHECK(ava_client_send(client, "+15550003333", "hello", 5, NULL, &sent, NULL) == AVA_OK);
    ava_sent_message_free(sent);
    pthread_mutex_lock(&it.lock);
    while (it.replied < 2 && !it.failed) {
        pthread_cond_wait(&it.told, &it.lock);
    }
    CHECK(!it.failed);
    pthread_mutex_unlock(&it.lock);
    ava_listener_free(it.listener);
}

static void a_listener_times_out_and_ends(void) {
    ava_listener *listener = NULL;
    ava_message *message = NULL;
    ava_listen_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.phone = "+15550004444";
    CHECK(ava_client_listen(client, &options, NULL, &listener, NULL) == AVA_OK);
    CHECK(ava_listener_next(listener, 20, &message, NULL) == AVA_OK && message == NULL);
    CHECK(!ava_listener_is_ended(listener));
    CHECK(ava_listener_next(listener, -5, &message, NULL) == AVA_ERROR_INVALID_REQUEST);
    ava_listener_close(listener);
    CHECK(ava_listener_next(listener, AVA_FOREVER, &message, NULL) == AVA_OK && message == NULL);
    CHECK(ava_listener_is_ended(listener));
    ava_listener_free(listener);
}

/* Providers of tokens: late, from another thread, and failing with a reason. */
static ava_token_request *waiting;

static void later(void *user_data, ava_token_request *request) {
    (void)user_data;
    __atomic_store_n(&waiting, request, __ATOMIC_SEQ_CST);
}

static void *give(void *argument) {
    ava_token_request *request;
    (void)argument;
    while ((request = __atomic_exchange_n(&waiting, NULL, __ATOMIC_SEQ_CST)) == NULL) {
        sleep_ms(1);
    }
    sleep_ms(20);
    ava_token_request_succeed(request, getenv("AVA_API_KEY"), 60000);
    return NULL;
}

static void refuse(void *user_data, ava_token_request *request) {
    ava_token_request_fail(request, user_data);
}

static void token_providers(void) {
    ava_client_options options;
    ava_client *other = NULL;
    ava_message_page *page = NULL;
    ava_error *error = NULL;
    pthread_t thread;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.token_provider = later;
    CHECK(ava_client_new(&options, &other, NULL) == AVA_OK);
    pthread_create(&thread, NULL, give, NULL);
    CHECK(ava_client_messages_page(other, PHONE, 1, 0, NULL, &page, NULL) == AVA_OK);
    pthread_join(thread, NULL);
    ava_message_page_free(page);
    ava_client_free(other);
    options.token_provider = refuse;
    options.user_data = "locked out";
    CHECK(ava_client_new(&options, &other, NULL) == AVA_OK);
    CHECK(ava_client_messages_page(other, PHONE, 1, 0, NULL, &page, &error) == AVA_ERROR_AUTHENTICATION);
    CHECK(ava_error_reason(error) != NULL && strcmp(ava_error_reason(error), "locked out") == 0);
    CHECK(strstr(ava_error_message(error), "locked out") == NULL);
    ava_error_free(error);
    ava_client_free(other);
}

/* Tokens of a life: what is negative is over, and asked for again; only 0 says that it isn't known. */
static int asked;

static void count(void *user_data, ava_token_request *request) {
    const int64_t *life = user_data;
    __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
    ava_token_request_succeed(request, getenv("AVA_API_KEY"), *life);
}

static void lives_of_tokens(void) {
    static int64_t lives[] = {-1, INT64_MIN, 0, 600000};
    int expected[] = {2, 2, 1, 1}, i, call;
    for (i = 0; i < 4; i++) {
        ava_client_options options;
        ava_client *other = NULL;
        memset(&options, 0, sizeof options);
        options.size = sizeof options;
        options.token_provider = count;
        options.user_data = &lives[i];
        asked = 0;
        CHECK(ava_client_new(&options, &other, NULL) == AVA_OK);
        for (call = 0; call < 2; call++) {
            ava_message_page *page = NULL;
            CHECK(ava_client_messages_page(other, PHONE, 1, 0, NULL, &page, NULL) == AVA_OK);
            ava_message_page_free(page);
        }
        CHECK(asked == expected[i]);
        ava_client_free(other);
    }
}

/* A blocking call that is refused in a completion has done nothing. */
typedef struct {
    ava_client *client;
    ava_status closing, sending;
    bool open, not_sent;
    int done;
} refusal;

static void blocks(void *user_data, ava_status status, ava_message_page *page, ava_error *error) {
    refusal *it = user_data;
    ava_sent_message *sent = NULL;
    ava_error *refused = NULL;
    (void)status;
    ava_message_page_free(page);
    ava_error_free(error);
    it->closing = ava_client_close(it->client, NULL);
    it->open = !ava_client_is_closed(it->client);
    it->sending = ava_client_send(it->client, PHONE, "blocks", 6, NULL, &sent, &refused);
    it->not_sent = ava_error_delivery(refused) != NULL && !strcmp(ava_error_delivery(refused), "not_sent");
    ava_error_free(refused);
    __atomic_store_n(&it->done, 1, __ATOMIC_SEQ_CST);
}

static void refused_without_a_trace(void) {
    refusal it;
    memset(&it, 0, sizeof it);
    it.client = new_client();
    CHECK(ava_client_messages_page_async(it.client, PHONE, 1, 0, NULL, blocks, &it, NULL, NULL) == AVA_OK);
    while (!__atomic_load_n(&it.done, __ATOMIC_SEQ_CST)) {
        sleep_ms(1);
    }
    CHECK(it.closing == AVA_ERROR_INVALID_REQUEST && it.open);
    CHECK(it.sending == AVA_ERROR_INVALID_REQUEST && it.not_sent);
    ava_client_free(it.client);
}

/* While a callback runs, nothing is over. */
static int hook_may_end;

static void linger(void *user_data, const ava_log_record *record) {
    (void)user_data;
    (void)record;
    while (!__atomic_load_n(&hook_may_end, __ATOMIC_SEQ_CST)) {
        sleep_ms(1);
    }
}

static void shut_down(void) {
    ava_error *error = NULL;
    ava_message_page *page = NULL;
    CHECK(ava_log_set(linger, NULL, AVA_LOG_TRACE, NULL) == AVA_OK);
    CHECK(ava_client_messages_page(client, PHONE, 1, 0, NULL, &page, NULL) == AVA_OK);
    ava_message_page_free(page);
    CHECK(ava_client_close(client, NULL) == AVA_OK && ava_client_is_closed(client));
    ava_client_free(client);
    CHECK(failed_as(ava_shutdown(50, &error), AVA_ERROR_TIMEOUT, &error, "shutdown"));
    CHECK(failed_as(ava_shutdown(50, &error), AVA_ERROR_TIMEOUT, &error, "shutdown"));
    __atomic_store_n(&hook_may_end, 1, __ATOMIC_SEQ_CST);
    CHECK(ava_shutdown(5000, NULL) == AVA_OK);
}

int main(void) {
    client = new_client();
    CHECK(client != NULL);
    once_on_one_thread();
    freed_from_within();
    never_after_free();
    cancelled();
    a_conversation();
    a_listener_times_out_and_ends();
    token_providers();
    lives_of_tokens();
    refused_without_a_trace();
    shut_down();
    return finish();
}
