/* Whether outcomes and requests are those that a vector expects. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const cJSON *get(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool differs(const char *path, const cJSON *wanted, const cJSON *actual) {
    char *one = cJSON_PrintUnformatted(wanted),
         *other = actual != NULL ? cJSON_PrintUnformatted(actual) : NULL;
    failed("%s: %.600s expected, %.1500s there", path, one, other != NULL ? other : "nothing");
    free(one);
    free(other);
    return false;
}

static bool is_equal(const cJSON *wanted, const cJSON *actual) {
    return actual != NULL && cJSON_Compare(wanted, actual, true);
}

/* Objects by the members listed, lists element by element, all else as it is. */
static bool part_fits(const cJSON *wanted, const cJSON *actual, const char *path) {
    char inner[512];
    const cJSON *member;
    if (cJSON_IsObject(wanted) && cJSON_IsObject(actual)) {
        cJSON_ArrayForEach(member, wanted) {
            snprintf(inner, sizeof inner, "%s.%s", path, member->string);
            if (get(actual, member->string) == NULL) {
                return differs(inner, member, NULL);
            }
            if (!part_fits(member, get(actual, member->string), inner)) {
                return false;
            }
        }
        return true;
    }
    if (cJSON_IsArray(wanted) && cJSON_IsArray(actual)) {
        int at = 0;
        if (cJSON_GetArraySize(wanted) != cJSON_GetArraySize(actual)) {
            return differs(path, wanted, actual);
        }
        cJSON_ArrayForEach(member, wanted) {
            snprintf(inner, sizeof inner, "%s[%d]", path, at);
            if (!part_fits(member, cJSON_GetArrayItem(actual, at++), inner)) {
                return false;
            }
        }
        return true;
    }
    return is_equal(wanted, actual) || differs(path, wanted, actual);
}

/* Whether all words, or none of them, are in a text. */
static bool words_fit(const cJSON *words, const cJSON *in, bool there, const char *path) {
    const cJSON *word = cJSON_IsArray(words) ? words->child : words;
    const char *searched = cJSON_IsString(in) ? in->valuestring : "";
    if (word == NULL || !cJSON_IsString(word)) {
        return failed("%s: expected is a text, or a list of texts", path);
    }
    for (; word != NULL; word = cJSON_IsArray(words) ? word->next : NULL) {
        if ((strstr(searched, word->valuestring) != NULL) != there) {
            return differs(path, word, in);
        }
    }
    return true;
}

static bool error_fits(const cJSON *wanted, const cJSON *actual, const char *path) {
    static const char *const exact[] = {
        "code",           "number",  "status",     "delivery",    "request_id",
        "retry_after_ms", "message", "message_id", "has_attempt", NULL};
    const cJSON *member;
    if (!cJSON_IsObject(actual)) {
        return failed("%s: there is none", path);
    }
    cJSON_ArrayForEach(member, wanted) {
        char inner[512];
        const char *const *name = exact;
        bool fits;
        snprintf(inner, sizeof inner, "%s.%s", path, member->string);
        while (*name != NULL && strcmp(*name, member->string) != 0) {
            name++;
        }
        if (*name != NULL) {
            fits = is_equal(member, get(actual, *name)) || differs(inner, member, actual);
        } else if (strcmp(member->string, "message_contains") == 0) {
            fits = words_fit(member, get(actual, "message"), true, inner);
        } else if (strcmp(member->string, "message_excludes") == 0) {
            fits = words_fit(member, get(actual, "message"), false, inner);
        } else if (strcmp(member->string, "body_contains") == 0) {
            fits = words_fit(member, get(actual, "body"), true, inner);
        } else if (strcmp(member->string, "cause") == 0) {
            fits = cJSON_IsNull(member)
                       ? cJSON_IsNull(get(actual, "cause")) || differs(inner, member, get(actual, "cause"))
                       : error_fits(member, get(actual, "cause"), inner);
        } else {
            fits = failed("%s: no member of an error", inner);
        }
        if (!fits) {
            return false;
        }
    }
    return true;
}

bool error_is_decent(const cJSON *error) {
    for (; cJSON_IsObject(error); error = get(error, "cause")) {
        const char *message = get(error, "message")->valuestring;
        if (message[0] == '\0' || strpbrk(message, "\r\n") != NULL || strcasestr(message, "<html") != NULL) {
            return failed("a message is one line of words: %s", message);
        }
    }
    return true;
}

typedef bool fit(const cJSON *wanted, const cJSON *actual);

static bool place(const cJSON *wanted, const cJSON *all, bool *taken, fit *fits) {
    int at;
    if (wanted == NULL) {
        return true;
    }
    for (at = 0; at < cJSON_GetArraySize(all); at++) {
        if (!taken[at] && fits(wanted, cJSON_GetArrayItem(all, at))) {
            taken[at] = true;
            if (place(wanted->next, all, taken, fits)) {
                forget_failure();
                return true;
            }
            taken[at] = false;
        }
    }
    return false;
}

/* Whether each of `wanted` has one of `all` for itself, in order or in any order. */
static bool assign(const cJSON *wanted, const cJSON *all, bool any_order, fit *fits) {
    int count = cJSON_GetArraySize(all), at;
    if (cJSON_GetArraySize(wanted) != count) {
        return failed("%d expected, %d there", cJSON_GetArraySize(wanted), count);
    }
    if (any_order) {
        bool *taken = calloc((size_t)count + 1, sizeof *taken);
        bool fine = place(wanted->child, all, taken, fits);
        free(taken);
        return fine;
    }
    for (at = 0; at < count; at++) {
        if (!fits(cJSON_GetArrayItem(wanted, at), cJSON_GetArrayItem(all, at))) {
            return false;
        }
    }
    return true;
}

bool outcome_fits(const cJSON *expected, const cJSON *actual) {
    static const char *const members[] = {"result", "error", "any_order", NULL};
    const cJSON *result = get(expected, "result"), *error = get(expected, "error"), *ended;
    bool fits;
    if (!known(expected, members)) {
        return false;
    }
    if ((result == NULL) == (error == NULL)) {
        return failed("expect: give either result or error");
    }
    if (cJSON_IsArray(actual)) {
        return result != NULL &&
               assign(result, actual, cJSON_IsTrue(get(expected, "any_order")), outcome_fits);
    }
    if (error != NULL) {
        return get(actual, "error") != NULL ? error_fits(error, get(actual, "error"), "error")
                                            : differs("an error", expected, actual);
    }
    if (get(actual, "result") == NULL) {
        return differs("a result", expected, actual);
    }
    /* The error that ended a stream is in the result, and must be expected. */
    ended = get(get(actual, "result"), "error");
    if (ended != NULL) {
        cJSON *rest = cJSON_Duplicate(result, true);
        fits = get(result, "error") != NULL ? error_fits(get(result, "error"), ended, "result.error")
                                            : differs("result.error", result, ended);
        cJSON_DeleteItemFromObjectCaseSensitive(rest, "error");
        fits = fits && part_fits(rest, get(actual, "result"), "result");
        cJSON_Delete(rest);
        return fits;
    }
    return part_fits(result, get(actual, "result"), "result");
}

static int hex(char digit) { return digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10; }

/* Whether a query, decoded, has exactly these parameters. */
static bool query_fits(const cJSON *wanted, const char *query) {
    char *written = copy(query != NULL ? query : ""), *rest = written, *pair;
    int count = 0;
    bool fits = true;
    while (fits && (pair = strsep(&rest, "&")) != NULL) {
        char *value = strchr(pair, '='), *from, *to;
        const cJSON *member;
        if (*pair == '\0') {
            continue;
        }
        if (value != NULL) {
            *value++ = '\0';
        }
        for (from = to = value; from != NULL && *from != '\0'; from++) {
            if (*from == '%') {
                *to++ = (char)(hex(from[1]) * 16 + hex(from[2]));
                from += 2;
            } else {
                *to++ = (char)(*from == '+' ? ' ' : *from);
            }
        }
        if (to != NULL) {
            *to = '\0';
        }
        member = get(wanted, pair);
        count++;
        fits = member != NULL && value != NULL && strcmp(member->valuestring, value) == 0;
    }
    free(written);
    return (fits && count == cJSON_GetArraySize(wanted)) ||
           failed("query: %s there", query != NULL ? query : "none");
}

static bool request_fits(const cJSON *wanted, const cJSON *request) {
    static const char *const members[] = {"method",  "path",    "query",      "raw_query", "json",
                                          "headers", "outcome", "min_gap_ms", NULL};
    static const char *const exact[] = {"method", "path", "outcome", "json", NULL};
    const char *const *name;
    const cJSON *query = get(request, "query"), *header;
    if (!known(wanted, members)) {
        return false;
    }
    for (name = exact; *name != NULL; name++) {
        if (get(wanted, *name) != NULL && !is_equal(get(wanted, *name), get(request, *name))) {
            return differs(*name, get(wanted, *name), request);
        }
    }
    if (get(wanted, "query") != NULL &&
        !query_fits(get(wanted, "query"), cJSON_IsString(query) ? query->valuestring : NULL)) {
        return false;
    }
    if (get(wanted, "raw_query") != NULL && !is_equal(get(wanted, "raw_query"), query)) {
        return differs("raw_query", get(wanted, "raw_query"), query);
    }
    cJSON_ArrayForEach(header, get(wanted, "headers")) {
        const cJSON *there = cJSON_GetObjectItem(get(request, "headers"), header->string);
        if (cJSON_IsNull(header) ? there != NULL : !is_equal(header, there)) {
            return differs(header->string, header, there);
        }
    }
    if (get(wanted, "min_gap_ms") != NULL &&
        get(request, "gap_ms")->valuedouble < get(wanted, "min_gap_ms")->valuedouble) {
        return differs("min_gap_ms", get(wanted, "min_gap_ms"), get(request, "gap_ms"));
    }
    return true;
}

static bool is_pending(const cJSON *requests) {
    const cJSON *request;
    cJSON_ArrayForEach(request, requests) {
        if (strcmp(get(request, "outcome")->valuestring, "pending") == 0) {
            return true;
        }
    }
    return false;
}

static bool script_is_used(const cJSON *vector, const sandbox *it) {
    cJSON *answer = control(it, "GET", "/_sandbox/script", "", 0);
    const cJSON *state = get(answer, "state");
    bool fine = state != NULL && get(state, "unmatched")->valuedouble == 0 &&
                (get(state, "remaining")->valuedouble == 0 || cJSON_IsTrue(get(vector, "unused_ok")));
    if (!fine) {
        differs("the script", vector, answer);
    }
    cJSON_Delete(answer);
    return fine;
}

bool requests_fit(const cJSON *vector, const sandbox *it) {
    long until = now_ms() + 1000;
    cJSON *requests = recorded(it), *request;
    double before = -1;
    int posts = 0;
    bool fine;
    while (is_pending(requests) && now_ms() < until) {
        cJSON_Delete(requests);
        sleep_ms(10);
        requests = recorded(it);
    }
    cJSON_ArrayForEach(request, requests) {
        double at = get(request, "received_at_ms")->valuedouble;
        cJSON_AddNumberToObject(request, "gap_ms", before < 0 || at < before ? 0 : at - before);
        before = at;
        posts += strcmp(get(request, "method")->valuestring, "POST") == 0 &&
                 strcmp(get(request, "path")->valuestring, "/api/send") == 0;
    }
    fine = get(vector, "expect_requests") == NULL ||
           assign(get(vector, "expect_requests"), requests, cJSON_IsTrue(get(vector, "requests_any_order")),
                  request_fits);
    if (fine && get(vector, "expect_posts") != NULL && get(vector, "expect_posts")->valueint != posts) {
        fine = failed("%d posts", posts);
    }
    cJSON_Delete(requests);
    return fine && (get(vector, "script") == NULL || script_is_used(vector, it));
}
