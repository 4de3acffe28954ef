/* The two faces of the library, the options of every call, and what calls came to. */
#include "op.h"

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

#define TELLER(type)                                                                            \
    void told_##type(void *user_data, ava_status status, ava_##type *value, ava_error *error) { \
        tell(user_data, status, value, error);                                                  \
    }
TELLER(sent_message)
TELLER(message_page)
TELLER(poll_page)
TELLER(generated_message)
TELLER(listener)
TELLER(message)
void told_done(void *user_data, ava_status status, ava_error *error) { tell(user_data, status, NULL, error); }

ava_status wait_for(answer *it, ava_call *call, canceller *cancel) {
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

bool read_options(call_options *to, const cJSON *args, const char *const *names, canceller *cancel) {
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

cJSON *of_error(world *it, ava_error *error) {
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

cJSON *outcome(world *it, cJSON *result, ava_error *error) {
    cJSON *outcome = cJSON_CreateObject(), *inner = error != NULL ? of_error(it, error) : result;
    if (inner == NULL) {
        cJSON_Delete(outcome);
        failed("a call gave neither a value nor an error");
        return NULL;
    }
    cJSON_AddItemToObject(outcome, error != NULL ? "error" : "result", inner);
    return outcome;
}

cJSON *lists(void) {
    cJSON *result = cJSON_CreateObject();
    cJSON_AddArrayToObject(result, "ids");
    cJSON_AddArrayToObject(result, "texts");
    return result;
}

void take(cJSON *result, ava_message *message) {
    cJSON *view = view_message(message);
    cJSON_AddItemToArray(cJSON_GetObjectItem(result, "ids"), cJSON_CreateString(ava_message_id(message)));
    cJSON_AddItemToArray(cJSON_GetObjectItem(result, "texts"), cJSON_DetachItemFromObject(view, "text"));
    cJSON_Delete(view);
    ava_message_free(message);
}

cJSON *of_stream(world *it, cJSON *result, ava_error *error) {
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
