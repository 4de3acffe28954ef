/* Texts, the clock, and why a vector failed. */
#include "runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How much a text of a length has: so much that it rarely grows. */
static size_t room(size_t length) {
    size_t room = 16;
    while (room <= length) {
        room *= 2;
    }
    return room;
}

void add(text *to, const char *what, size_t length) {
    if (to->data == NULL || room(to->length) != room(to->length + length)) {
        to->data = realloc(to->data, room(to->length + length));
    }
    if (length != 0) {
        memcpy(to->data + to->length, what, length);
    }
    to->length += length;
    to->data[to->length] = '\0';
}

void add_string(text *to, const char *what) { add(to, what, strlen(what)); }

char *copy(const char *what) {
    text made = {NULL, 0};
    add_string(&made, what);
    return made.data;
}

static void replace(text *to, const char *source, size_t length, const char *what, size_t what_length,
                    const char *by, size_t by_length) {
    const char *end = source + length;
    while (source < end) {
        if ((size_t)(end - source) >= what_length && memcmp(source, what, what_length) == 0) {
            add(to, by, by_length);
            source += what_length;
        } else {
            add(to, source++, 1);
        }
    }
}

cJSON *parse(const char *source) {
    text made = {NULL, 0};
    cJSON *json;
    add_string(&made, "");
    while (*source != '\0') {
        if (strncmp(source, "\\u0000", 6) == 0) {
            add_string(&made, STANDS_FOR_NUL);
            source += 6;
        } else {
            /* An escaped backslash goes as one: what follows it is no escape. */
            size_t length = strncmp(source, "\\\\", 2) == 0 ? 2 : 1;
            add(&made, source, length);
            source += length;
        }
    }
    json = cJSON_Parse(made.data);
    free(made.data);
    return json;
}

text with_nuls(const char *source) {
    text made = {NULL, 0};
    add_string(&made, "");
    replace(&made, source, strlen(source), STANDS_FOR_NUL, 3, "", 1);
    return made;
}

char *without_nuls(const char *source, size_t length) {
    text made = {NULL, 0};
    add_string(&made, "");
    replace(&made, source, length, "", 1, STANDS_FOR_NUL, 3);
    return made.data;
}

static void add_json(text *to, cJSON *value) {
    char *printed = cJSON_PrintUnformatted(value);
    add_string(to, printed);
    free(printed);
    cJSON_Delete(value);
}

/* Adds what a {"$...": {...}} stands for. */
static bool add_generated(text *to, const cJSON *object) {
    const cJSON *how = object->child;
    text made = {NULL, 0};
    add_string(&made, "");
    if (strcmp(how->string, "$repeat") == 0) {
        int left = cJSON_GetObjectItem(how, "times")->valueint;
        const char *what = cJSON_GetObjectItem(how, "text")->valuestring;
        for (; left > 0; left--) {
            add_string(&made, what);
        }
        add_json(to, cJSON_CreateString(made.data));
    } else if (strcmp(how->string, "$range") == 0) {
        int from = cJSON_GetObjectItem(how, "from")->valueint, end = cJSON_GetObjectItem(how, "to")->valueint;
        const char *prefix = cJSON_GetObjectItem(how, "prefix")->valuestring;
        cJSON *list = cJSON_CreateArray();
        int step = from <= end ? 1 : -1, at;
        for (at = from; at != end + step; at += step) {
            char number[32];
            made.length = 0;
            snprintf(number, sizeof number, "%d", at);
            add_string(&made, prefix);
            add_string(&made, number);
            cJSON_AddItemToArray(list, cJSON_CreateString(made.data));
        }
        add_json(to, list);
    } else {
        free(made.data);
        return failed("unknown: %s", how->string);
    }
    free(made.data);
    return true;
}

text expand(const char *source, const char *base_url, const char *api_key) {
    text made = {NULL, 0};
    add_string(&made, "");
    while (*source != '\0') {
        const char *after = source + 1 + strspn(source + 1, " \n");
        if (source[0] == '{' && strncmp(after, "\"$", 2) == 0) {
            const char *end = NULL;
            cJSON *object = cJSON_ParseWithOpts(source, &end, false);
            bool fine = object != NULL && cJSON_GetArraySize(object) == 1 && add_generated(&made, object);
            cJSON_Delete(object);
            if (!fine) {
                failed("what begins with $ can't be read");
                break;
            }
            source = end;
        } else if (strncmp(source, "${base_url}", 11) == 0) {
            add_string(&made, base_url);
            source += 11;
        } else if (strncmp(source, "${api_key}", 10) == 0) {
            add_string(&made, api_key);
            source += 10;
        } else if (strncmp(source, "${port}", 7) == 0) {
            add_string(&made, strrchr(base_url, ':') + 1);
            source += 7;
        } else if (strncmp(source, "${", 2) == 0) {
            failed("unknown: %.12s", source);
            break;
        } else {
            add(&made, source++, 1);
        }
    }
    return made;
}

/* The end of a JSON value. */
static const char *skip_value(const char *at) {
    int depth = 0;
    do {
        if (*at == '"') {
            for (at++; *at != '"'; at++) {
                if (*at == '\\') {
                    at++;
                }
            }
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
        at++;
    } while (*at != '\0' && (depth > 0 || strchr(",}] \n", *at) == NULL));
    return at;
}

text raw_member(const char *object, const char *name) {
    text made = {NULL, 0};
    const char *at = strchr(object, '{') + 1;
    while ((at = at + strspn(at, " \n,")), *at == '"') {
        const char *end = skip_value(at), *value = end + strspn(end, " \n:");
        bool is_it = strncmp(at + 1, name, strlen(name)) == 0 && at[strlen(name) + 1] == '"';
        at = skip_value(value);
        if (is_it) {
            add(&made, value, (size_t)(at - value));
            break;
        }
    }
    return made;
}

void sleep_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char reason[4096];

bool failed(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    if (reason[0] == '\0') {
        vsnprintf(reason, sizeof reason, format, arguments);
    }
    pthread_mutex_unlock(&lock);
    va_end(arguments);
    return false;
}

void forget_failure(void) { reason[0] = '\0'; }

const char *failure(void) { return reason; }

bool known(const cJSON *object, const char *const *names) {
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, member->string) != 0) {
            name++;
        }
        if (*name == NULL) {
            return failed("unknown member: %s", member->string);
        }
    }
    return true;
}

void record(const char *face, const char *what, const char *name, bool passed) {
    const char *path = getenv("AVA_CONFORMANCE_OUT");
    FILE *file = path != NULL ? fopen(path, "a") : NULL;
    if (file != NULL) {
        fprintf(file, "{\"face\": \"%s\", \"%s\": \"%s\", \"passed\": %s}\n", face, what, name,
                passed ? "true" : "false");
        fclose(file);
    }
}
