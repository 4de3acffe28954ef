/* Results and errors as the JSON that vectors compare with. */
#include "runner.h"

#include <stdlib.h>
#include <string.h>

static void put(cJSON *object, const char *name, const char *string) {
    cJSON_AddItemToObject(object, name, string != NULL ? cJSON_CreateString(string) : cJSON_CreateNull());
}

static void put_text(cJSON *object, const char *name, const char *start, size_t length) {
    char *held = without_nuls(start, length);
    put(object, name, held);
    free(held);
}

static void put_extra(cJSON *object, const char *json) {
    cJSON *extra = parse(json);
    cJSON_AddItemToObject(object, "extra", extra);
}

cJSON *view_error(const ava_error *error) {
    cJSON *view;
    if (error == NULL) {
        return cJSON_CreateNull();
    }
    view = cJSON_CreateObject();
    leaks_saw(ava_error_message(error));
    put(view, "code", ava_error_code(error));
    cJSON_AddNumberToObject(view, "number", ava_error_status(error));
    if (ava_error_http_status(error) != 0) {
        cJSON_AddNumberToObject(view, "status", ava_error_http_status(error));
    } else {
        cJSON_AddNullToObject(view, "status");
    }
    put(view, "delivery", ava_error_delivery(error));
    put(view, "request_id", ava_error_request_id(error));
    if (ava_error_retry_after_ms(error) >= 0) {
        cJSON_AddNumberToObject(view, "retry_after_ms", (double)ava_error_retry_after_ms(error));
    } else {
        cJSON_AddNullToObject(view, "retry_after_ms");
    }
    put(view, "message", ava_error_message(error));
    {
        size_t length = 0;
        const char *body = ava_error_body(error, &length);
        if (body != NULL) {
            put_text(view, "body", body, length);
        } else {
            cJSON_AddNullToObject(view, "body");
        }
    }
    put(view, "message_id", ava_error_message_id(error));
    cJSON_AddBoolToObject(view, "has_attempt", ava_error_attempt(error) != NULL);
    cJSON_AddItemToObject(view, "cause", view_error(ava_error_cause(error)));
    if (strcmp(ava_status_name(ava_error_status(error)), ava_error_code(error)) != 0) {
        failed("the status is not the code");
    }
    return view;
}

cJSON *view_message(const ava_message *message) {
    cJSON *view = cJSON_CreateObject();
    size_t length;
    const char *written = ava_message_text(message, &length);
    put(view, "id", ava_message_id(message));
    put(view, "phone", ava_message_phone(message));
    put_text(view, "text", written, length);
    put(view, "direction", ava_message_direction(message));
    put(view, "timestamp", ava_message_timestamp(message));
    put(view, "status", ava_message_status(message));
    put_extra(view, ava_message_extra(message));
    return view;
}

cJSON *view_sent(const ava_sent_message *sent) {
    cJSON *view = cJSON_CreateObject();
    put(view, "message_id", ava_sent_message_message_id(sent));
    put(view, "timestamp", ava_sent_message_timestamp(sent));
    put(view, "confirmation", ava_sent_message_confirmation(sent));
    put_extra(view, ava_sent_message_extra(sent));
    return view;
}

cJSON *view_generated(const ava_generated_message *generated) {
    cJSON *view = cJSON_CreateObject();
    size_t length;
    const char *written = ava_generated_message_text(generated, &length);
    put_text(view, "text", written, length);
    put(view, "message_id", ava_generated_message_message_id(generated));
    cJSON_AddBoolToObject(view, "sent", ava_generated_message_sent(generated));
    put(view, "timestamp", ava_generated_message_timestamp(generated));
    put_extra(view, ava_generated_message_extra(generated));
    return view;
}

static void put_skipped(cJSON *list, const ava_skipped_row *row) {
    cJSON *view = cJSON_CreateObject();
    cJSON_AddNumberToObject(view, "index", (double)row->index);
    put(view, "reason", row->reason);
    leaks_saw(row->reason);
    cJSON_AddItemToArray(list, view);
}

cJSON *view_message_page(const ava_message_page *page) {
    cJSON *view = cJSON_CreateObject(), *messages = cJSON_AddArrayToObject(view, "messages");
    cJSON *skipped = cJSON_AddArrayToObject(view, "skipped");
    size_t at;
    for (at = 0; at < ava_message_page_len(page); at++) {
        cJSON_AddItemToArray(messages, view_message(ava_message_page_message(page, at)));
    }
    for (at = 0; at < ava_message_page_skipped_len(page); at++) {
        put_skipped(skipped, ava_message_page_skipped(page, at));
    }
    cJSON_AddNumberToObject(view, "total", (double)ava_message_page_total(page));
    cJSON_AddNumberToObject(view, "limit", (double)ava_message_page_limit(page));
    cJSON_AddNumberToObject(view, "offset", (double)ava_message_page_offset(page));
    put_extra(view, ava_message_page_extra(page));
    return view;
}

cJSON *view_poll_page(const ava_poll_page *page) {
    cJSON *view = cJSON_CreateObject(), *messages = cJSON_AddArrayToObject(view, "messages");
    cJSON *skipped = cJSON_AddArrayToObject(view, "skipped");
    size_t at;
    for (at = 0; at < ava_poll_page_len(page); at++) {
        cJSON_AddItemToArray(messages, view_message(ava_poll_page_message(page, at)));
    }
    for (at = 0; at < ava_poll_page_skipped_len(page); at++) {
        put_skipped(skipped, ava_poll_page_skipped(page, at));
    }
    cJSON_AddNumberToObject(view, "count", (double)ava_poll_page_count(page));
    cJSON_AddBoolToObject(view, "has_more", ava_poll_page_has_more(page));
    put_extra(view, ava_poll_page_extra(page));
    return view;
}
