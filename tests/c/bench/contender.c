/*
 * One contender at one task. It measures itself, and prints JSON on its last line:
 *
 *     contender ours|libcurl send|page|hello --url URL --calls N --warm-up N
 *
 * libcurl keeps one easy handle, sets the same headers and the same deadline, and decodes with cJSON into a
 * struct of what a caller wants: of a send the id and the time, of a page its rows with copies of their texts
 * and times in milliseconds. It has no retries and doesn't know whether a message went out.
 */
#include <ava_imessage.h>
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const KEY = "sk_bench", *const TEXT = "Your table is ready. Reply C to confirm.";
static const char *const PHONE = "+15550000100";
enum { DEADLINE_MS = 30000 };

typedef void task(void);

static void stop(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* ---- ours ---- */

static ava_client *client;

static void ours_begin(const char *url) {
    ava_client_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.api_key = KEY;
    options.base_url = url;
    options.timeout_ms = DEADLINE_MS;
    if (ava_client_new(&options, &client, NULL) != AVA_OK) {
        stop("no client");
    }
}

static void ours_send(void) {
    ava_sent_message *sent = NULL;
    if (ava_client_send(client, PHONE, TEXT, AVA_NUL_TERMINATED, NULL, &sent, NULL) != AVA_OK) {
        stop("not sent");
    }
    if (*ava_sent_message_message_id(sent) == '\0' || ava_sent_message_timestamp_ms(sent) == 0) {
        stop("an empty answer");
    }
    ava_sent_message_free(sent);
}

static void ours_page(void) {
    ava_message_page *page = NULL;
    size_t at, length, all = 0;
    if (ava_client_messages_page(client, PHONE, 100, 0, NULL, &page, NULL) != AVA_OK ||
        ava_message_page_len(page) != 100) {
        stop("no page");
    }
    for (at = 0; at < 100; at++) {
        const ava_message *message = ava_message_page_message(page, at);
        ava_message_text(message, &length);
        all += length + strlen(ava_message_id(message)) + strlen(ava_message_status(message)) +
               strlen(ava_message_direction(message)) + (ava_message_timestamp_ms(message) != 0);
    }
    if (all < 1000) {
        stop("an empty page");
    }
    ava_message_page_free(page);
}

/* ---- libcurl with cJSON ---- */

typedef struct {
    char *data;
    size_t length, room;
} buffer;

typedef struct {
    char *id, *phone, *text, *direction, *status;
    long long timestamp_ms;
} row;

static CURL *easy;
static struct curl_slist *headers, *json_headers;
static buffer answer;
static char send_url[256], page_url[256];

static size_t more(char *data, size_t size, size_t count, void *user_data) {
    buffer *to = user_data;
    size_t length = size * count;
    if (to->length + length + 1 > to->room) {
        to->room = (to->length + length + 1) * 2;
        to->data = realloc(to->data, to->room);
    }
    memcpy(to->data + to->length, data, length);
    to->length += length;
    to->data[to->length] = '\0';
    return length;
}

static void libcurl_begin(const char *url) {
    char authorization[64];
    curl_global_init(CURL_GLOBAL_ALL);
    easy = curl_easy_init();
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", KEY);
    headers = curl_slist_append(headers, authorization);
    headers = curl_slist_append(headers, "Accept: application/json");
    json_headers = curl_slist_append(json_headers, authorization);
    json_headers = curl_slist_append(json_headers, "Accept: application/json");
    json_headers = curl_slist_append(json_headers, "Content-Type: application/json");
    snprintf(send_url, sizeof send_url, "%s/api/send", url);
    snprintf(page_url, sizeof page_url, "%s/api/messages/%s?limit=100&offset=0", url, PHONE);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, more);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)DEADLINE_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static cJSON *ask(const char *url, const char *body) {
    long status = 0;
    cJSON *json;
    answer.length = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (body != NULL) {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, json_headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    if (curl_easy_perform(easy) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200) {
        stop("libcurl failed");
    }
    json = cJSON_ParseWithLength(answer.data, answer.length);
    if (json == NULL) {
        stop("no JSON");
    }
    return json;
}

static char *copy(const cJSON *object, const char *name) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(value)) {
        stop("a member is missing");
    }
    return strdup(value->valuestring);
}

static long long milliseconds(const char *text) {
    struct tm parts;
    memset(&parts, 0, sizeof parts);
    if (sscanf(text, "%d-%d-%dT%d:%d:%dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec) != 6) {
        stop("no time");
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return (long long)timegm(&parts) * 1000;
}

static long long time_of(const cJSON *object) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, "timestamp");
    return cJSON_IsString(value) ? milliseconds(value->valuestring) : 0;
}

static void libcurl_send(void) {
    cJSON *request = cJSON_CreateObject(), *json;
    char *body, *id;
    cJSON_AddStringToObject(request, "phone", PHONE);
    cJSON_AddStringToObject(request, "message", TEXT);
    body = cJSON_PrintUnformatted(request);
    json = ask(send_url, body);
    id = copy(json, "message_id");
    if (*id == '\0' || time_of(json) == 0) {
        stop("an empty answer");
    }
    free(id);
    free(body);
    cJSON_Delete(request);
    cJSON_Delete(json);
}

static void libcurl_page(void) {
    cJSON *json = ask(page_url, NULL), *message;
    cJSON *messages = cJSON_GetObjectItemCaseSensitive(json, "messages");
    row *rows = calloc(100, sizeof *rows);
    size_t count = 0, at, all = 0;
    cJSON_ArrayForEach(message, messages) {
        row *it = &rows[count++];
        it->id = copy(message, "id");
        it->phone = copy(message, "phone");
        it->text = copy(message, "message");
        it->direction = copy(message, "direction");
        it->status = copy(message, "status");
        it->timestamp_ms = time_of(message);
    }
    cJSON_Delete(json);
    if (count != 100) {
        stop("no page");
    }
    for (at = 0; at < count; at++) {
        all += strlen(rows[at].text) + strlen(rows[at].id) + strlen(rows[at].status) +
               strlen(rows[at].direction) + (rows[at].timestamp_ms != 0);
        free(rows[at].id);
        free(rows[at].phone);
        free(rows[at].text);
        free(rows[at].direction);
        free(rows[at].status);
    }
    free(rows);
    if (all < 1000) {
        stop("an empty page");
    }
}

static long long clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int count, char **arguments) {
    const char *url = NULL;
    long calls = 1, warm_up = 0, left;
    bool is_ours;
    task *run;
    long long cpu, wall;
    int at;
    if (count < 3) {
        stop("usage: contender ours|libcurl send|page --url URL --calls N --warm-up N");
    }
    for (at = 3; at + 1 < count; at += 2) {
        if (strcmp(arguments[at], "--url") == 0) {
            url = arguments[at + 1];
        } else if (strcmp(arguments[at], "--calls") == 0) {
            calls = atol(arguments[at + 1]);
        } else if (strcmp(arguments[at], "--warm-up") == 0) {
            warm_up = atol(arguments[at + 1]);
        }
    }
    is_ours = strcmp(arguments[1], "ours") == 0;
    if (is_ours) {
        ours_begin(url);
        run = strcmp(arguments[2], "send") == 0 ? ours_send : ours_page;
    } else {
        libcurl_begin(url);
        run = strcmp(arguments[2], "send") == 0 ? libcurl_send : libcurl_page;
    }
    for (left = warm_up; left > 0; left--) {
        run();
    }
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    wall = clock_ns(CLOCK_MONOTONIC);
    for (left = calls; left > 0; left--) {
        run();
    }
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = clock_ns(CLOCK_MONOTONIC) - wall;
    printf("{\"calls\":%ld,\"cpu_ns\":%lld,\"wall_ns\":%lld}\n", calls, cpu, wall);
    return 0;
}
