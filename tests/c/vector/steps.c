/* The ops of the vectors. */
#include "runner.h"

#include <stdlib.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *string(const cJSON *args, const char *name) {
    const cJSON *value = get(args, name);
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

static int64_t number(const cJSON *args, const char *name) {
    const cJSON *value = get(args, name);
    if (value == NULL) {
        return 0;
    }
    return value->valuedouble == 0 ? AVA_NONE : (int64_t)value->valuedouble;
}

/* ---- the two faces ---- */

/* The outcome of a call with a callback, and who waits for it. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool done;
    ava_status status;
    void *value;
    ava_error *error;
} answer;

static void tell(void *user_data, ava_status status, void *value, ava_error *error) {
    answer *it = user_data;
    pthread_mutex_lock(&it->lock);
    it->done = true;
    it->status = status;
    it->value = value;
    it->error = error;
    pthread_cond_signal(&it->told);
    pthread_mutex_unlock(&it->lock);
}

#define TELLER(type)                                                                                   \
    static void told_##type(void *user_data, ava_status status, ava_##type *value, ava_error *error) { \
        tell(user_data, status, value, error);                                                         \
    }
TELLER(sent_message)
TELLER(message_page)
TELLER(poll_page)
TELLER(generated_message)
TELLER(listener)
TELLER(message)
static void told_done(void *user_data, ava_status status, ava_error *error) {
    tell(user_data, status, NULL, error);
}

static ava_status wait_for(answer *it, ava_call *call, canceller *cancel) {
    if (cancel != NULL) {
        pthread_mutex_lock(&cancel->lock);
        cancel->call = call;
        if (cancel->cancelled) {
            ava_call_cancel(call);
        }
        pthread_mutex_unlock(&cancel->lock);
    }
    pthread_mutex_lock(&it->lock);
    while (!it->done) {
        pthread_cond_wait(&it->told, &it->lock);
    }
    pthread_mutex_unlock(&it->lock);
    if (cancel != NULL) {
        pthread_mutex_lock(&cancel->lock);
        cancel->call = NULL;
        pthread_mutex_unlock(&cancel->lock);
    }
    ava_call_free(call);
    return it->status;
}

/* Calls through the face of the world: `inputs` in parentheses, then where the outcome goes. */
#define UNWRAP(...) __VA_ARGS__
#define CALL(it, cancel, function, inputs, teller, value_out, error_out)                          \
    do {                                                                                          \
        if ((it)->callbacks) {                                                                    \
            answer answer_ = {                                                                    \
                PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, AVA_OK, NULL, NULL};  \
            ava_call *call_ = NULL;                                                               \
            if (function##_async(UNWRAP inputs, teller, &answer_, &call_, error_out) == AVA_OK) { \
                wait_for(&answer_, call_, cancel);                                                \
                *(value_out) = answer_.value;                                                     \
                *(error_out) = answer_.error;                                                     \
            }                                                                                     \
        } else {                                                                                  \
            function(UNWRAP inputs, value_out, error_out);                                        \
        }                                                                                         \
    } while (0)

/* The same for what gives nothing. */
#define CALL_DONE(it, cancel, function, inputs, error_out)                                           \
    do {                                                                                             \
        if ((it)->callbacks) {                                                                       \
            answer answer_ = {                                                                       \
                PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, AVA_OK, NULL, NULL};     \
            ava_call *call_ = NULL;                                                                  \
            if (function##_async(UNWRAP inputs, told_done, &answer_, &call_, error_out) == AVA_OK) { \
                wait_for(&answer_, call_, cancel);                                                   \
                *(error_out) = answer_.error;                                                        \
            }                                                                                        \
        } else {                                                                                     \
            function(UNWRAP inputs, error_out);                                                      \
        }                                                                                            \
    } while (0)

/* ---- options of every call ---- */

typedef struct {
    ava_call_options options;
    ava_header headers[16];
} call_options;

/* Fails on a member that is neither one of these nor among `names`. */
static bool read_options(call_options *to, const cJSON *args, const char *const *names, canceller *cancel) {
    static const char *const common[] = {"timeout_ms", "max_retries", "headers", NULL};
    const cJSON *member;
    memset(to, 0, sizeof *to);
    to->options.size = sizeof to->options;
    cJSON_ArrayForEach(member, args) {
        const char *const *name = names;
        const char *const *other = common;
        while (*name != NULL && strcmp(*name, member->string) != 0) {
            name++;
        }
        while (*other != NULL && strcmp(*other, member->string) != 0) {
            other++;
        }
        if (*name == NULL && *other == NULL) {
            return failed("unknown argument: %s", member->string);
        }
    }
    cJSON_ArrayForEach(member, get(args, "headers")) {
        to->headers[to->options.headers_len].name = member->string;
        to->headers[to->options.headers_len++].value = member->valuestring;
    }
    to->options.headers = to->headers;
    to->options.timeout_ms = number(args, "timeout_ms");
    to->options.max_retries = number(args, "max_retries");
    to->options.cancel = cancel != NULL ? cancel->token : NULL;
    return true;
}

/* ---- outcomes ---- */

static cJSON *of_error(world *it, ava_error *error) {
    cJSON *view = view_error(error);
    if (ava_error_attempt(error) != NULL) {
        world_keep(it, ava_error_attempt(error));
    }
    ava_error_free(error);
    if (!error_is_decent(view)) {
        cJSON_Delete(view);
        return NULL;
    }
    return view;
}

static cJSON *outcome(world *it, cJSON *result, ava_error *error) {
    cJSON *outcome = cJSON_CreateObject(), *inner = error != NULL ? of_error(it, error) : result;
    if (inner == NULL) {
        cJSON_Delete(outcome);
        failed("a call gave neither a value nor an error");
        return NULL;
    }
    cJSON_AddItemToObject(outcome, error != NULL ? "error" : "result", inner);
    return outcome;
}

static cJSON *op_send(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"phone", "text", NULL};
    call_options how;
    text written = with_nuls(string(args, "text"));
    ava_sent_message *sent = NULL;
    ava_error *error = NULL;
    cJSON *made = NULL;
    if (read_options(&how, args, names, cancel)) {
        CALL(it, cancel, ava_client_send,
             (it->client, string(args, "phone"), written.data, written.length, &how.options),
             told_sent_message, &sent, &error);
        made = outcome(it, sent != NULL ? view_sent(sent) : NULL, error);
    }
    ava_sent_message_free(sent);
    free(written.data);
    return made;
}

static cJSON *op_settle(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"through_json", "new_client", NULL};
    call_options how;
    ava_attempt *attempt;
    ava_client *client = it->client;
    ava_sent_message *sent = NULL;
    ava_error *error = NULL;
    cJSON *made = NULL;
    pthread_mutex_lock(&it->lock);
    attempt = ava_attempt_clone(it->attempt);
    pthread_mutex_unlock(&it->lock);
    if (attempt == NULL) {
        failed("settle: no error had an attempt so far");
        return NULL;
    }
    if (cJSON_IsTrue(get(args, "through_json"))) {
        ava_attempt *again = NULL;
        ava_attempt_from_json(ava_attempt_json(attempt), AVA_NUL_TERMINATED, &again, NULL);
        ava_attempt_free(attempt);
        attempt = again;
    }
    if (cJSON_IsTrue(get(args, "new_client"))) {
        client = world_client(it, &error);
    }
    if (read_options(&how, args, names, cancel)) {
        CALL(it, cancel, ava_client_settle, (client, attempt, &how.options), told_sent_message, &sent,
             &error);
        made = outcome(it, sent != NULL ? view_sent(sent) : NULL, error);
    }
    ava_sent_message_free(sent);
    ava_attempt_free(attempt);
    if (client != it->client) {
        ava_client_free(client);
    }
    return made;
}

static cJSON *op_messages_page(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"phone", "limit", "offset", NULL};
    call_options how;
    ava_message_page *page = NULL;
    ava_error *error = NULL;
    cJSON *made = NULL;
    if (read_options(&how, args, names, cancel)) {
        CALL(it, cancel, ava_client_messages_page,
             (it->client, string(args, "phone"), number(args, "limit"), number(args, "offset"), &how.options),
             told_message_page, &page, &error);
        made = outcome(it, page != NULL ? view_message_page(page) : NULL, error);
    }
    ava_message_page_free(page);
    return made;
}

static cJSON *op_poll(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"since", "phone", NULL};
    call_options how;
    ava_poll_page *page = NULL;
    ava_error *error = NULL;
    cJSON *made = NULL;
    if (read_options(&how, args, names, cancel)) {
        CALL(it, cancel, ava_client_poll,
             (it->client, string(args, "since"), string(args, "phone"), &how.options), told_poll_page, &page,
             &error);
        made = outcome(it, page != NULL ? view_poll_page(page) : NULL, error);
    }
    ava_poll_page_free(page);
    return made;
}

static cJSON *op_generate(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"phone", "context", "instructions", "auto_send", NULL};
    call_options how;
    ava_generate_options options;
    ava_generated_message *generated = NULL;
    ava_error *error = NULL;
    cJSON *made = NULL;
    const cJSON *turn, *context = get(args, "context");
    size_t count = 0, at;
    ava_turn *turns = calloc((size_t)cJSON_GetArraySize(context) + 1, sizeof *turns);
    text *contents = calloc((size_t)cJSON_GetArraySize(context) + 1, sizeof *contents);
    text instructions = {NULL, 0};
    cJSON_ArrayForEach(turn, context) {
        contents[count] = with_nuls(string(turn, "content"));
        turns[count].role = string(turn, "role");
        turns[count].content = contents[count].data;
        turns[count].content_len = contents[count].length;
        count++;
    }
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    if (string(args, "instructions") != NULL) {
        instructions = with_nuls(string(args, "instructions"));
        options.instructions = instructions.data;
        options.instructions_len = instructions.length;
    }
    options.auto_send = get(args, "auto_send") == NULL         ? 0
                        : cJSON_IsTrue(get(args, "auto_send")) ? AVA_YES
                                                               : AVA_NONE;
    if (read_options(&how, args, names, cancel)) {
        CALL(it, cancel, ava_client_generate,
             (it->client, string(args, "phone"), turns, count, &options, &how.options),
             told_generated_message, &generated, &error);
        made = outcome(it, generated != NULL ? view_generated(generated) : NULL, error);
    }
    ava_generated_message_free(generated);
    for (at = 0; at < count; at++) {
        free(contents[at].data);
    }
    free(contents);
    free(turns);
    free(instructions.data);
    return made;
}

static cJSON *op_draft_reply(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"phone", "instructions", "history", NULL};
    call_options how;
    ava_draft_options options;
    ava_generated_message *generated = NULL;
    ava_error *error = NULL;
    cJSON *made = NULL;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.instructions = string(args, "instructions");
    options.instructions_len = AVA_NUL_TERMINATED;
    options.history = number(args, "history");
    if (read_options(&how, args, names, cancel)) {
        CALL(it, cancel, ava_client_draft_reply, (it->client, string(args, "phone"), &options, &how.options),
             told_generated_message, &generated, &error);
        made = outcome(it, generated != NULL ? view_generated(generated) : NULL, error);
    }
    ava_generated_message_free(generated);
    return made;
}

static cJSON *op_close(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {NULL};
    ava_error *error = NULL;
    if (!known(args, names)) {
        return NULL;
    }
    CALL_DONE(it, cancel, ava_client_close, (it->client), &error);
    return outcome(it, error == NULL ? cJSON_CreateObject() : NULL, error);
}

/* Takes a message of a stream into its lists, and frees it. */
static void take(cJSON *result, ava_message *message) {
    cJSON *view = view_message(message);
    cJSON_AddItemToArray(cJSON_GetObjectItem(result, "ids"), cJSON_CreateString(ava_message_id(message)));
    cJSON_AddItemToArray(cJSON_GetObjectItem(result, "texts"), cJSON_DetachItemFromObject(view, "text"));
    cJSON_Delete(view);
    ava_message_free(message);
}

static cJSON *lists(void) {
    cJSON *result = cJSON_CreateObject();
    cJSON_AddArrayToObject(result, "ids");
    cJSON_AddArrayToObject(result, "texts");
    return result;
}

/* The outcome of a stream: always a result, with the error that ended it. */
static cJSON *of_stream(world *it, cJSON *result, ava_error *error) {
    if (error != NULL) {
        cJSON *view = of_error(it, error);
        if (view == NULL) {
            cJSON_Delete(result);
            return NULL;
        }
        cJSON_AddItemToObject(result, "error", view);
    }
    return outcome(it, result, NULL);
}

static cJSON *op_messages(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"phone", NULL};
    call_options how;
    ava_messages *messages = NULL;
    ava_error *error = NULL;
    cJSON *result;
    int count = 0;
    if (!read_options(&how, args, names, cancel)) {
        return NULL;
    }
    result = lists();
    if (ava_client_messages(it->client, string(args, "phone"), &how.options, &messages, &error) == AVA_OK) {
        for (;;) {
            ava_message *message = NULL;
            CALL(it, cancel, ava_messages_next, (messages), told_message, &message, &error);
            if (message == NULL) {
                break;
            }
            take(result, message);
            count++;
        }
        ava_messages_free(messages);
    }
    cJSON_AddNumberToObject(result, "count", count);
    return of_stream(it, result, error);
}

/* ---- listening ---- */

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

static cJSON *op_listen(world *it, const cJSON *args, canceller *cancel) {
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
    options.auto_ack = get(args, "auto_ack") == NULL         ? 0
                       : cJSON_IsTrue(get(args, "auto_ack")) ? AVA_YES
                                                             : AVA_NONE;
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

/* ---- what isn't a call of the client's ---- */

typedef struct {
    world *world;
    const cJSON *step;
    canceller *cancel;
    cJSON *outcome;
    bool done;
} branch;

/* One step, or several one after the other; the outcome is the last one's. */
static void *run_branch(void *argument) {
    branch *it = argument;
    const cJSON *step = cJSON_IsArray(it->step) ? it->step->child : it->step;
    for (; step != NULL; step = cJSON_IsArray(it->step) ? step->next : NULL) {
        cJSON_Delete(it->outcome);
        it->outcome = get(step, "expect") == NULL ? run_step(it->world, step, it->cancel) : NULL;
        if (it->outcome == NULL) {
            failed("a branch went wrong");
            break;
        }
    }
    __atomic_store_n(&it->done, true, __ATOMIC_RELEASE);
    return NULL;
}

static cJSON *op_parallel(world *it, const cJSON *steps, canceller *cancel) {
    int count = cJSON_GetArraySize(steps), at;
    branch *branches = calloc((size_t)count, sizeof *branches);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    cJSON *all = cJSON_CreateArray();
    bool fine = true;
    for (at = 0; at < count; at++) {
        branches[at].world = it;
        branches[at].step = cJSON_GetArrayItem(steps, at);
        branches[at].cancel = cancel;
        pthread_create(&threads[at], NULL, run_branch, &branches[at]);
    }
    for (at = 0; at < count; at++) {
        pthread_join(threads[at], NULL);
        fine = fine && branches[at].outcome != NULL;
        cJSON_AddItemToArray(all, branches[at].outcome != NULL ? branches[at].outcome : cJSON_CreateNull());
    }
    free(branches);
    free(threads);
    if (!fine) {
        cJSON_Delete(all);
        return NULL;
    }
    return all;
}

static int hooks_called(world *it) {
    int count;
    pthread_mutex_lock(&it->lock);
    count = it->unknown_hooks;
    pthread_mutex_unlock(&it->lock);
    return count;
}

static int recorded_count(const sandbox *it) {
    cJSON *requests = recorded(it);
    int count = cJSON_GetArraySize(requests);
    cJSON_Delete(requests);
    return count;
}

static bool was_cancelled(const cJSON *outcome) {
    const cJSON *error =
        get(outcome, "error") != NULL ? get(outcome, "error") : get(get(outcome, "result"), "error");
    return error != NULL && strcmp(get(error, "code")->valuestring, "cancelled") == 0;
}

static cJSON *op_cancel(world *it, const cJSON *args, canceller *outer) {
    static const char *const names[] = {"step", "after_requests", "after_ms", NULL};
    canceller cancel = {PTHREAD_MUTEX_INITIALIZER, false, NULL, NULL};
    branch running = {NULL, NULL, NULL, NULL, false};
    pthread_t thread;
    int before = hooks_called(it);
    long until;
    cJSON *result;
    (void)outer;
    if (!known(args, names)) {
        return NULL;
    }
    cancel.token = ava_cancel_new();
    running.world = it;
    running.step = get(args, "step");
    running.cancel = &cancel;
    pthread_create(&thread, NULL, run_branch, &running);
    while (get(args, "after_requests") != NULL && !__atomic_load_n(&running.done, __ATOMIC_ACQUIRE) &&
           recorded_count(it->sandbox) < get(args, "after_requests")->valueint) {
        sleep_ms(5);
    }
    sleep_ms(get(args, "after_ms") != NULL ? (long)get(args, "after_ms")->valuedouble : 0);
    pthread_mutex_lock(&cancel.lock);
    cancel.cancelled = true;
    ava_cancel_cancel(cancel.token);
    if (cancel.call != NULL) {
        ava_call_cancel(cancel.call);
    }
    pthread_mutex_unlock(&cancel.lock);
    pthread_join(thread, NULL);
    ava_cancel_free(cancel.token);
    if (running.outcome == NULL) {
        return NULL;
    }
    /* The request is dropped on the worker, a moment after the caller has left. */
    for (until = now_ms() + 300; hooks_called(it) == before && now_ms() < until;) {
        sleep_ms(10);
    }
    result = cJSON_CreateObject();
    cJSON_AddBoolToObject(result, "cancelled", was_cancelled(running.outcome));
    cJSON_AddNumberToObject(result, "unknown_hook", hooks_called(it) - before);
    cJSON_Delete(running.outcome);
    return outcome(it, result, NULL);
}

static cJSON *op_control(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"method", "path", "body", NULL};
    char *body = get(args, "body") != NULL ? cJSON_PrintUnformatted(get(args, "body")) : copy("");
    cJSON *result = NULL;
    (void)cancel;
    if (known(args, names)) {
        const char *method = string(args, "method") != NULL ? string(args, "method") : "POST";
        result = control(it->sandbox, method, string(args, "path"), body, strlen(body));
    }
    free(body);
    return result != NULL ? outcome(it, result, NULL) : NULL;
}

static cJSON *op_wait(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"requests", NULL};
    long until = now_ms() + 10000;
    (void)cancel;
    if (!known(args, names)) {
        return NULL;
    }
    while (recorded_count(it->sandbox) < get(args, "requests")->valueint && now_ms() < until) {
        sleep_ms(5);
    }
    return outcome(it, cJSON_CreateObject(), NULL);
}

static cJSON *op_sleep(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"ms", NULL};
    (void)cancel;
    if (!known(args, names)) {
        return NULL;
    }
    sleep_ms((long)get(args, "ms")->valuedouble);
    return outcome(it, cJSON_CreateObject(), NULL);
}

typedef cJSON *op(world *it, const cJSON *args, canceller *cancel);

cJSON *run_step(world *it, const cJSON *step, canceller *cancel) {
    static const struct {
        const char *name;
        op *run;
    } ops[] = {{"send", op_send},         {"settle", op_settle},
               {"messages", op_messages}, {"messages_page", op_messages_page},
               {"poll", op_poll},         {"listen", op_listen},
               {"generate", op_generate}, {"draft_reply", op_draft_reply},
               {"close", op_close},       {"cancel", op_cancel},
               {"control", op_control},   {"wait", op_wait},
               {"sleep", op_sleep}};
    static const char *const of_op[] = {"op", "args", "expect", NULL}, *const of_parallel[] = {
                                                                           "parallel", "expect", NULL};
    size_t at;
    if (get(step, "parallel") != NULL) {
        return known(step, of_parallel) ? op_parallel(it, get(step, "parallel"), cancel) : NULL;
    }
    if (!known(step, of_op)) {
        return NULL;
    }
    for (at = 0; at < sizeof ops / sizeof *ops; at++) {
        if (strcmp(ops[at].name, string(step, "op")) == 0) {
            return ops[at].run(it, get(step, "args"), cancel);
        }
    }
    failed("unknown op %s", string(step, "op"));
    return NULL;
}
