/* Listening. */
#include "op.h"

/* What the hooks of a listener were told; the library has it until `released`. */
typedef struct {
    pthread_mutex_t lock;
    cJSON *gaps;
    int skipped;
    bool released;
} heard;

static void told_gap(void *user_data, const ava_gap *gap) {
    heard *it = user_data;
    cJSON *view = cJSON_CreateObject();
    cJSON_AddStringToObject(view, "from", gap->from);
    cJSON_AddStringToObject(view, "to", gap->to);
    pthread_mutex_lock(&it->lock);
    cJSON_AddItemToArray(it->gaps, view);
    pthread_mutex_unlock(&it->lock);
}

static void told_skipped(void *user_data, const ava_skipped_row *row) {
    heard *it = user_data;
    leaks_saw(row->reason);
    pthread_mutex_lock(&it->lock);
    it->skipped++;
    pthread_mutex_unlock(&it->lock);
}

static void told_retry(void *user_data, const ava_error *error) {
    (void)user_data;
    leaks_saw(ava_error_message(error));
}

static void released(void *user_data) {
    heard *it = user_data;
    pthread_mutex_lock(&it->lock);
    it->released = true;
    pthread_mutex_unlock(&it->lock);
}

static bool is_released(heard *it) {
    bool is;
    pthread_mutex_lock(&it->lock);
    is = it->released;
    pthread_mutex_unlock(&it->lock);
    return is;
}

static int load(void *user_data, ava_checkpoint_reply *reply) {
    checkpoint *it = user_data;
    pthread_mutex_lock(&it->lock);
    if (it->state != NULL) {
        ava_checkpoint_reply_give(reply, it->state, AVA_NUL_TERMINATED);
    }
    pthread_mutex_unlock(&it->lock);
    return 0;
}

static int save(void *user_data, const char *state, size_t state_len) {
    checkpoint *it = user_data;
    pthread_mutex_lock(&it->lock);
    free(it->state);
    it->state = copy(state);
    pthread_mutex_unlock(&it->lock);
    return strlen(state) == state_len ? 0 : 1;
}

/* Takes messages until there are enough, it ends, or the time is over. */
static void hear(world *it, const cJSON *args, canceller *cancel, ava_listener *listener, cJSON *result,
                 ava_error **error) {
    int left = get(args, "take")->valueint;
    long until = get(args, "for_ms") != NULL ? now_ms() + (long)get(args, "for_ms")->valuedouble : -1;
    while (left > 0) {
        ava_message *message = NULL;
        long rest = until - now_ms();
        int64_t timeout = until < 0 ? AVA_FOREVER : rest > 0 ? rest : 0;
        CALL(it, cancel, ava_listener_next, (listener, timeout), told_message, &message, error);
        if (message == NULL) {
            return;
        }
        if (cJSON_IsTrue(get(args, "ack"))) {
            CALL_DONE(it, cancel, ava_listener_ack, (listener, message), error);
        }
        take(result, message);
        left--;
        if (*error != NULL) {
            return;
        }
    }
}

cJSON *op_listen(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"take",     "for_ms", "since",      "phone", "interval_ms",
                                        "auto_ack", "ack",    "checkpoint", NULL};
    call_options how;
    ava_listen_options options;
    ava_checkpoint_store store;
    ava_listener *listener = NULL;
    ava_error *error = NULL;
    heard *told = calloc(1, sizeof *told);
    cJSON *result = lists();
    long until = now_ms() + 20000;
    if (!read_options(&how, args, names, cancel)) {
        return NULL;
    }
    pthread_mutex_init(&told->lock, NULL);
    told->gaps = cJSON_CreateArray();
    memset(&options, 0, sizeof options);
    memset(&store, 0, sizeof store);
    options.size = sizeof options;
    store.size = sizeof store;
    options.since = string(args, "since");
    options.phone = string(args, "phone");
    options.interval_ms = number(args, "interval_ms");
    options.auto_ack = yes_or_no(args, "auto_ack");
    if (string(args, "checkpoint") != NULL) {
        store.load = load;
        store.save = save;
        store.user_data = world_checkpoint(it, string(args, "checkpoint"));
        options.checkpoint_store = &store;
    }
    options.on_gap = told_gap;
    options.on_skipped = told_skipped;
    options.on_retry = told_retry;
    options.user_data = told;
    options.release = released;
    CALL(it, cancel, ava_client_listen, (it->client, &options, &how.options), told_listener, &listener,
         &error);
    if (listener != NULL) {
        hear(it, args, cancel, listener, result, &error);
    }
    cJSON_AddBoolToObject(result, "ended", listener != NULL && ava_listener_is_ended(listener));
    ava_listener_free(listener);
    /* What the hooks are still to be told, they are told before the library lets go of them. */
    while (!is_released(told) && now_ms() < until) {
        sleep_ms(1);
    }
    if (!is_released(told)) {
        failed("the library still has the listener's user_data");
        return NULL;
    }
    cJSON_AddItemToObject(result, "gaps", told->gaps);
    cJSON_AddNumberToObject(result, "skipped", told->skipped);
    pthread_mutex_destroy(&told->lock);
    free(told);
    return of_stream(it, result, error);
}
