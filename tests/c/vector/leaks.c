/* Neither keys nor texts nor full phone numbers may stand in the log, or in an error's line. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char **forbidden;
static size_t forbidden_count;
static text seen;
static size_t lines;

static void forbid(const char *secret) {
    size_t at;
    for (at = 0; at < forbidden_count; at++) {
        if (strcmp(forbidden[at], secret) == 0) {
            return;
        }
    }
    forbidden = realloc(forbidden, (forbidden_count + 1) * sizeof *forbidden);
    forbidden[forbidden_count++] = copy(secret);
}

static void log_line(void *user_data, const ava_log_record *record) {
    (void)user_data;
    leaks_saw(record->message);
    leaks_saw(record->fields);
    lines++;
}

bool leaks_begin(const char *api_key) {
    forbid("canary");
    forbid(api_key);
    return ava_log_set(log_line, NULL, AVA_LOG_TRACE, NULL) == AVA_OK;
}

void leaks_forbid(const cJSON *value) {
    static const char *const private[] = {"text",   "content", "instructions", "api_key", "token",
                                          "tokens", NULL};
    const cJSON *member;
    cJSON_ArrayForEach(member, value) {
        const char *name = member->string != NULL ? member->string : value->string;
        /* What a vector expects may quote what the service said. */
        if (name != NULL && (strcmp(name, "expect") == 0 || strcmp(name, "expect_requests") == 0 ||
                             strcmp(name, "script") == 0)) {
            continue;
        }
        if (cJSON_IsString(member)) {
            const char *string = member->valuestring;
            size_t at;
            if (string[0] == '+' && strlen(string) > 6 &&
                strspn(string + 1, "0123456789") == strlen(string) - 1) {
                forbid(string + 1);
            }
            for (at = 0; private[at] != NULL; at++) {
                if (name != NULL && strcmp(name, private[at]) == 0 && strlen(string) >= 6) {
                    forbid(string);
                }
            }
        } else {
            leaks_forbid(member);
        }
    }
}

void leaks_saw(const char *line) {
    pthread_mutex_lock(&lock);
    add_string(&seen, line);
    add_string(&seen, "\n");
    pthread_mutex_unlock(&lock);
}

bool leaks_none(void) {
    size_t at;
    bool none = lines > 0 || failed("nothing was logged");
    pthread_mutex_lock(&lock);
    for (at = 0; at < forbidden_count; at++) {
        if (strstr(seen.data, forbidden[at]) != NULL) {
            none = failed("in the log or in an error's line: %s", forbidden[at]);
        }
        free(forbidden[at]);
    }
    free(forbidden);
    free(seen.data);
    pthread_mutex_unlock(&lock);
    return none;
}
