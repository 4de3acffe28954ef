/* What the ops of the vectors have in common: arguments, the two faces of the library, outcomes. */
#ifndef OP_H
#define OP_H

#include "runner.h"

#include <stdlib.h>
#include <string.h>

static inline const cJSON *get(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static inline const char *string(const cJSON *args, const char *name) {
    const cJSON *value = get(args, name);
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

/* An option of C's: there 0 leaves the default, and AVA_NONE is 0. */
static inline int64_t number(const cJSON *args, const char *name) {
    const cJSON *value = get(args, name);
    if (value == NULL) {
        return 0;
    }
    return value->valuedouble == 0 ? AVA_NONE : (int64_t)value->valuedouble;
}

static inline int32_t yes_or_no(const cJSON *args, const char *name) {
    const cJSON *value = get(args, name);
    return value == NULL ? 0 : cJSON_IsTrue(value) ? AVA_YES : AVA_NONE;
}

/* The outcome of a call with a callback, and who waits for it. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool done;
    ava_status status;
    void *value;
    ava_error *error;
} answer;

void told_sent_message(void *user_data, ava_status status, ava_sent_message *sent, ava_error *error);
void told_message_page(void *user_data, ava_status status, ava_message_page *page, ava_error *error);
void told_poll_page(void *user_data, ava_status status, ava_poll_page *page, ava_error *error);
void told_generated_message(void *user_data, ava_status status, ava_generated_message *generated,
                            ava_error *error);
void told_listener(void *user_data, ava_status status, ava_listener *listener, ava_error *error);
void told_message(void *user_data, ava_status status, ava_message *message, ava_error *error);
void told_done(void *user_data, ava_status status, ava_error *error);

/* Waits for the outcome of a call, which `cancel` can cancel meanwhile. */
ava_status wait_for(answer *it, ava_call *call, canceller *cancel);

/* Calls through the face of the world: `inputs` in parentheses, then where the outcome goes. */
#define UNWRAP(...) __VA_ARGS__
#define CALL(it, cancel, function, inputs, teller, value_out, error_out)                          \
    do {                                                                                          \
        if ((it)->callbacks) {                                                                    \
            answer answer_ = {                                                                    \
                PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, AVA_OK, NULL, NULL};  \
            ava_call *call_ = NULL;                                                               \
            if (function##_async(UNWRAP inputs, teller, &answer_, &call_, error_out) == AVA_OK) { \
                wait_for(&answer_, call_, cancel);                                                \
                *(value_out) = answer_.value;                                                     \
                *(error_out) = answer_.error;                                                     \
            }                                                                                     \
        } else {                                                                                  \
            function(UNWRAP inputs, value_out, error_out);                                        \
        }                                                                                         \
    } while (0)

/* The same for what gives nothing. */
#define CALL_DONE(it, cancel, function, inputs, error_out)                                           \
    do {                                                                                             \
        if ((it)->callbacks) {                                                                       \
            answer answer_ = {                                                                       \
                PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, AVA_OK, NULL, NULL};     \
            ava_call *call_ = NULL;                                                                  \
            if (function##_async(UNWRAP inputs, told_done, &answer_, &call_, error_out) == AVA_OK) { \
                wait_for(&answer_, call_, cancel);                                                   \
                *(error_out) = answer_.error;                                                        \
            }                                                                                        \
        } else {                                                                                     \
            function(UNWRAP inputs, error_out);                                                      \
        }                                                                                            \
    } while (0)

/* The options of every call. */
typedef struct {
    ava_call_options options;
    ava_header headers[16];
} call_options;

/* Fails on a member that is neither one of these nor among `names`. */
bool read_options(call_options *to, const cJSON *args, const char *const *names, canceller *cancel);

/* The view of an error, which it frees, and whose attempt the world keeps; NULL after failed(). */
cJSON *of_error(world *it, ava_error *error);
/* What a call came to; NULL after failed(). */
cJSON *outcome(world *it, cJSON *result, ava_error *error);

/* The lists of a stream's result. */
cJSON *lists(void);
/* Takes a message of a stream into its lists, and frees it. */
void take(cJSON *result, ava_message *message);
/* The outcome of a stream: always a result, with the error that ended it. */
cJSON *of_stream(world *it, cJSON *result, ava_error *error);

typedef cJSON *op(world *it, const cJSON *args, canceller *cancel);
op op_listen, op_parallel, op_cancel, op_control, op_wait, op_sleep;

#endif
