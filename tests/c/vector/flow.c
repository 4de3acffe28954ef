/* The ops that are no call of the client's: steps side by side, cancelling, the control plane, waiting. */
#include "op.h"

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

cJSON *op_parallel(world *it, const cJSON *steps, canceller *cancel) {
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

cJSON *op_cancel(world *it, const cJSON *args, canceller *outer) {
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

cJSON *op_control(world *it, const cJSON *args, canceller *cancel) {
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

cJSON *op_wait(world *it, const cJSON *args, canceller *cancel) {
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

cJSON *op_sleep(world *it, const cJSON *args, canceller *cancel) {
    static const char *const names[] = {"ms", NULL};
    (void)cancel;
    if (!known(args, names)) {
        return NULL;
    }
    sleep_ms((long)get(args, "ms")->valuedouble);
    return outcome(it, cJSON_CreateObject(), NULL);
}
