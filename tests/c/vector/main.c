/* Plays every vector: runner AVA FOLDER waits|callbacks [WORD]. WORD runs those with it in their name. */
#include "runner.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const API_KEY = "sk_vectors_7f3k9q2x";

static const cJSON *get(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static text read_file(const char *path) {
    text made = {NULL, 0};
    char part[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    add_string(&made, "");
    while (file != NULL && (got = fread(part, 1, sizeof part, file)) > 0) {
        add(&made, part, got);
    }
    if (file != NULL) {
        fclose(file);
    }
    return made;
}

static bool fits(const cJSON *expected, cJSON *outcome) {
    bool fine = outcome != NULL && outcome_fits(expected, outcome);
    cJSON_Delete(outcome);
    return fine;
}

static bool play(const cJSON *vector, sandbox *box, bool callbacks) {
    cJSON *none = cJSON_CreateObject();
    const cJSON *client = get(vector, "client") != NULL ? get(vector, "client") : none, *step;
    ava_error *error = NULL;
    bool fine = true;
    world *it = world_new(box, client, callbacks, &error);
    if (error != NULL) {
        cJSON *outcome = cJSON_CreateObject();
        cJSON_AddItemToObject(outcome, "error", view_error(error));
        ava_error_free(error);
        fine = fits(get(vector, "expect"), outcome);
    } else if (it != NULL) {
        fine = cJSON_GetArraySize(get(vector, "steps")) > 0 ||
               failed("the client was made, and there is no step");
        cJSON_ArrayForEach(step, get(vector, "steps")) {
            const cJSON *expected = step->next == NULL ? get(vector, "expect") : get(step, "expect");
            cJSON *outcome = fine ? run_step(it, step, NULL) : NULL;
            if (expected != NULL) {
                fine = fits(expected, outcome);
            } else {
                fine = outcome != NULL;
                cJSON_Delete(outcome);
            }
            if (step->next == NULL && get(step, "expect") != NULL) {
                fine = failed("the last step's expect is the vector's");
            }
        }
        world_free(it);
    }
    cJSON_Delete(none);
    return fine && failure()[0] == '\0';
}

static bool run(const char *source, const char *name, const char *ava, bool callbacks) {
    static const char *const members[] = {
        "name",         "about",     "client",          "steps",
        "script",       "expect",    "expect_requests", "requests_any_order",
        "expect_posts", "unused_ok", "within_ms",       NULL};
    sandbox box;
    text whole, script;
    cJSON *vector;
    bool fine;
    long began;
    if (!sandbox_start(&box, ava)) {
        return false;
    }
    whole = expand(source, box.base_url, box.api_key);
    script = raw_member(whole.data, "script");
    vector = parse(whole.data);
    fine = vector != NULL && failure()[0] == '\0' && known(vector, members) &&
           strcmp(get(vector, "name")->valuestring, name) == 0 &&
           get(vector, "about")->valuestring[0] != '\0';
    leaks_forbid(vector);
    if (fine && script.data != NULL) {
        cJSON *answer = control(&box, "POST", "/_sandbox/script", script.data, script.length);
        fine = answer != NULL;
        cJSON_Delete(answer);
    }
    began = now_ms();
    fine = fine && play(vector, &box, callbacks);
    if (fine) {
        long within = get(vector, "within_ms") != NULL ? (long)get(vector, "within_ms")->valuedouble : 5000;
        long slower = getenv("RUNNER_SLOWER") != NULL ? atol(getenv("RUNNER_SLOWER")) : 1;
        fine = (now_ms() - began <= within * slower || failed("took longer than %ld ms", within)) &&
               requests_fit(vector, &box);
    }
    cJSON_Delete(vector);
    free(script.data);
    free(whole.data);
    sandbox_stop(&box);
    return fine;
}

static int by_name(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

int main(int count, char **arguments) {
    const char *ava, *folder, *word;
    bool callbacks, fine;
    char path[4096], *names[4096];
    size_t found = 0, at;
    int passed = 0, failures = 0, expected;
    long began = now_ms();
    struct dirent *entry;
    DIR *directory;
    text counted;
    if (count < 4) {
        fprintf(stderr, "usage: runner AVA FOLDER waits|callbacks [WORD]\n");
        return 2;
    }
    ava = arguments[1];
    folder = arguments[2];
    callbacks = strcmp(arguments[3], "callbacks") == 0;
    word = count > 4 ? arguments[4] : "";
    unsetenv("AVA_API_KEY");
    unsetenv("AVA_BASE_URL");
    directory = opendir(folder);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char *end = strstr(entry->d_name, ".json");
        if (end != NULL && end[5] == '\0' && strcmp(entry->d_name, "errors.json") != 0 &&
            strstr(entry->d_name, word) != NULL && found < sizeof names / sizeof *names) {
            names[found] = copy(entry->d_name);
            names[found++][end - entry->d_name] = '\0';
        }
    }
    closedir(directory);
    qsort(names, found, sizeof *names, by_name);
    leaks_begin(API_KEY);
    for (at = 0; at < found; at++) {
        text source;
        snprintf(path, sizeof path, "%s/%s.json", folder, names[at]);
        source = read_file(path);
        forget_failure();
        fine = run(source.data, names[at], ava, callbacks);
        record(callbacks ? "c-callbacks" : "c-waits", "vector", names[at], fine);
        if (fine) {
            passed++;
        } else {
            failures++;
            printf("%s: %s\n", names[at], failure());
        }
        free(source.data);
        free(names[at]);
    }
    snprintf(path, sizeof path, "%s/COUNT", folder);
    counted = read_file(path);
    expected = atoi(counted.data);
    free(counted.data);
    if (word[0] == '\0' && (int)found != expected) {
        printf("COUNT says %d vectors, %lu are there\n", expected, (unsigned long)found);
        failures++;
    }
    snprintf(path, sizeof path, "%s/errors.json", folder);
    counted = read_file(path);
    forget_failure();
    if (!errors_hold(counted.data)) {
        printf("%s\n", failure());
        failures++;
    }
    free(counted.data);
    ava_shutdown(5000, NULL);
    forget_failure();
    if (!leaks_none()) {
        printf("%s\n", failure());
        failures++;
    }
    printf("vectors: %d passed, %d failed (%s, %.1f s)\n", passed, failures,
           callbacks ? "callbacks" : "waits", (double)(now_ms() - began) / 1000);
    printf("test result: %d passed; %d failed;\n", passed, failures);
    return failures == 0 && passed > 0 ? 0 : 1;
}
