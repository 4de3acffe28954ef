/* The ops of the vectors. */
#include "op.h"

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
    options.auto_send = yes_or_no(args, "auto_send");
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
