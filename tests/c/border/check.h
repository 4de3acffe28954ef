/* What the tests of the border have in common. Each is a program: it prints `test result: …`. */
#ifndef CHECK_H
#define CHECK_H

#include <ava_imessage.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Callbacks check, too. */
static int passed_, failed_;

static inline void check_(bool holds, const char *what, const char *file, int line) {
    if (holds) {
        __atomic_add_fetch(&passed_, 1, __ATOMIC_RELAXED);
    } else {
        __atomic_add_fetch(&failed_, 1, __ATOMIC_RELAXED);
        printf("%s:%d: %s\n", file, line, what);
    }
}
#define CHECK(condition) check_((condition), #condition, __FILE__, __LINE__)

static inline int finish(void) {
    printf("test result: %d passed; %d failed;\n", passed_, failed_);
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
}

static inline void sleep_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static inline long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

/* Whether a call failed as it should, with an error that says so; frees the error. */
static inline bool failed_as(ava_status status, ava_status expected, ava_error **error, const char *word) {
    bool fine = status == expected && *error != NULL && ava_error_status(*error) == expected &&
                strstr(ava_error_message(*error), word) != NULL;
    if (!fine) {
        printf("%s expected, %s: %s\n", ava_status_name(expected), ava_status_name(status),
               *error != NULL ? ava_error_message(*error) : "no error");
    }
    ava_error_free(*error);
    *error = NULL;
    return fine;
}

/* A client of the sandbox that AVA_BASE_URL and AVA_API_KEY name, with short waits. */
static inline ava_client *new_client(void) {
    ava_client_options options;
    ava_client *client = NULL;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.backoff_ms = 1;
    options.backoff_max_ms = 5;
    options.settle_within_ms = 200;
    options.settle_gap_ms = 10;
    ava_client_new(&options, &client, NULL);
    return client;
}

#define PHONE "+15550001111"
#endif
