/* The client of a vector, and what its steps share. */
#include "op.h"

static void give_token(void *user_data, ava_token_request *request) {
    world *it = user_data;
    const cJSON *tokens = get(get(it->options, "token_provider"), "tokens"), *given;
    int at, last = cJSON_GetArraySize(tokens) - 1;
    pthread_mutex_lock(&it->lock);
    at = it->tokens_asked++;
    pthread_mutex_unlock(&it->lock);
    given = cJSON_GetArrayItem(tokens, at < last ? at : last);
    if (cJSON_IsString(given)) {
        ava_token_request_succeed(request, given->valuestring, 0);
    } else if (get(given, "token") != NULL) {
        ava_token_request_succeed(request, string(given, "token"), number(given, "expires_in_ms"));
    } else if (get(given, "error") != NULL) {
        ava_token_request_fail(request, string(given, "error"));
    } else if (cJSON_IsTrue(get(given, "hang"))) {
        pthread_mutex_lock(&it->lock);
        if (it->hanging_count < 8) {
            it->hanging[it->hanging_count++] = request;
        }
        pthread_mutex_unlock(&it->lock);
    } else {
        failed("no such token");
        ava_token_request_fail(request, NULL);
    }
}

static void told_unknown(void *user_data, ava_attempt *attempt) {
    world *it = user_data;
    pthread_mutex_lock(&it->lock);
    it->unknown_hooks++;
    pthread_mutex_unlock(&it->lock);
    world_keep(it, attempt);
    ava_attempt_free(attempt);
}

static void release(void *user_data) {
    world *it = user_data;
    pthread_mutex_lock(&it->lock);
    it->owners--;
    pthread_mutex_unlock(&it->lock);
}

void world_keep(world *it, const ava_attempt *attempt) {
    pthread_mutex_lock(&it->lock);
    ava_attempt_free(it->attempt);
    it->attempt = ava_attempt_clone(attempt);
    pthread_mutex_unlock(&it->lock);
}

ava_client *world_client(world *it, ava_error **error) {
    static const char *const names[] = {"api_key",
                                        "base_url",
                                        "token_provider",
                                        "timeout_ms",
                                        "connect_timeout_ms",
                                        "read_idle_ms",
                                        "max_retries",
                                        "backoff_ms",
                                        "backoff_max_ms",
                                        "settle_ms",
                                        "settle_gap_ms",
                                        "confirm_from_history",
                                        "rate_limited_is_not_sent",
                                        "max_response_bytes",
                                        "headers",
                                        NULL};
    const cJSON *given = it->options, *header;
    ava_client_options options;
    ava_client *client = NULL;
    ava_header headers[16];
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    if (!known(given, names)) {
        return NULL;
    }
    options.api_key = string(given, "api_key");
    if (get(given, "api_key") == NULL && get(given, "token_provider") == NULL) {
        options.api_key = it->sandbox->api_key;
    }
    options.base_url = get(given, "base_url") != NULL ? string(given, "base_url") : it->sandbox->base_url;
    options.token_provider = get(given, "token_provider") != NULL ? give_token : NULL;
    options.timeout_ms = number(given, "timeout_ms");
    options.connect_timeout_ms = number(given, "connect_timeout_ms");
    options.read_idle_timeout_ms = number(given, "read_idle_ms");
    options.max_retries = number(given, "max_retries");
    options.backoff_ms = number(given, "backoff_ms");
    options.backoff_max_ms = number(given, "backoff_max_ms");
    options.settle_within_ms = number(given, "settle_ms");
    options.settle_gap_ms = number(given, "settle_gap_ms");
    options.confirm_from_history = yes_or_no(given, "confirm_from_history");
    options.rate_limited_is_not_sent = yes_or_no(given, "rate_limited_is_not_sent");
    options.max_response_bytes = number(given, "max_response_bytes");
    cJSON_ArrayForEach(header, get(given, "headers")) {
        headers[options.headers_len].name = header->string;
        headers[options.headers_len++].value = header->valuestring;
    }
    options.headers = headers;
    options.on_unknown = told_unknown;
    options.user_data = it;
    options.release = release;
    pthread_mutex_lock(&it->lock);
    it->owners++;
    pthread_mutex_unlock(&it->lock);
    ava_client_new(&options, &client, error);
    return client;
}

world *world_new(sandbox *sandbox, const cJSON *options, bool callbacks, ava_error **error) {
    world *it = calloc(1, sizeof *it);
    it->sandbox = sandbox;
    it->options = options;
    it->callbacks = callbacks;
    pthread_mutex_init(&it->lock, NULL);
    it->client = world_client(it, error);
    if (it->client == NULL) {
        world_free(it);
        return NULL;
    }
    return it;
}

/* Frees it when the library has let go of it: hooks that are on their way still use it. */
void world_free(world *it) {
    long until = now_ms() + 20000;
    int owners;
    ava_client_free(it->client);
    do {
        pthread_mutex_lock(&it->lock);
        while (it->hanging_count > 0) {
            ava_token_request_fail(it->hanging[--it->hanging_count], NULL);
        }
        owners = it->owners;
        pthread_mutex_unlock(&it->lock);
        if (owners > 0) {
            sleep_ms(1);
        }
    } while (owners > 0 && now_ms() < until);
    if (owners > 0) {
        failed("the library still has %d user_data", owners);
        return;
    }
    ava_attempt_free(it->attempt);
    while (it->checkpoints != NULL) {
        checkpoint *next = it->checkpoints->next;
        free(it->checkpoints->name);
        free(it->checkpoints->state);
        pthread_mutex_destroy(&it->checkpoints->lock);
        free(it->checkpoints);
        it->checkpoints = next;
    }
    pthread_mutex_destroy(&it->lock);
    free(it);
}

checkpoint *world_checkpoint(world *it, const char *name) {
    checkpoint *found;
    pthread_mutex_lock(&it->lock);
    for (found = it->checkpoints; found != NULL && strcmp(found->name, name) != 0; found = found->next) {
    }
    if (found == NULL) {
        found = calloc(1, sizeof *found);
        found->name = copy(name);
        found->next = it->checkpoints;
        pthread_mutex_init(&found->lock, NULL);
        it->checkpoints = found;
    }
    pthread_mutex_unlock(&it->lock);
    return found;
}
