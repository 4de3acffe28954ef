/* The runner of tests/vectors in C, through both faces of the library: calls that wait, and calls with
 * callbacks. */
#ifndef RUNNER_H
#define RUNNER_H

#include <ava_imessage.h>
#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* cJSON can't hold a NUL in a string. In what it parses here U+E0FF stands for one; no vector has it. */
#define STANDS_FOR_NUL "\xee\x83\xbf"

/* ---- support.c: texts, and why a vector failed ---- */

typedef struct {
    char *data;
    size_t length;
} text;

void add(text *to, const char *what, size_t length);
void add_string(text *to, const char *what);
char *copy(const char *what);
/* What `${...}`, $repeat and $range stand for, put in their place. */
text expand(const char *source, const char *base_url, const char *api_key);
/* The member of an object's text, as it is written there; no data if it has none. */
text raw_member(const char *object, const char *name);
/* Parses a text in which NULs are escaped. */
cJSON *parse(const char *source);
/* A text of cJSON's as the library wants it. */
text with_nuls(const char *source);
/* A text of the library's as cJSON wants it. */
char *without_nuls(const char *source, size_t length);

void sleep_ms(long milliseconds);
long now_ms(void);

/* Says why the vector failed, in place of what was said before: the first reason counts. Returns false. */
bool failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
void forget_failure(void);
const char *failure(void);

/* Says of something, a "vector" or an "error", whether it holds through a face: a line of the file that
 * AVA_CONFORMANCE_OUT names, for docs/conformance.md. */
void record(const char *face, const char *what, const char *name, bool passed);

/* Fails on a member that isn't among the names, which end with NULL. */
bool known(const cJSON *object, const char *const *names);

/* ---- errors.c: the table of the kinds of errors ---- */

/* Whether it is the header's, and the library names its statuses so. */
bool errors_hold(const char *table);

/* ---- sandbox.c: a process of its own for each vector ---- */

typedef struct {
    int pid, input;
    int port;
    char *base_url, *api_key;
} sandbox;

bool sandbox_start(sandbox *it, const char *ava);
void sandbox_stop(sandbox *it);
/* Asks the control plane; the answer's JSON, or NULL after failed(). */
cJSON *control(const sandbox *it, const char *method, const char *path, const char *body, size_t length);
cJSON *recorded(const sandbox *it);

/* ---- view.c: outcomes as the JSON that vectors compare with ---- */

cJSON *view_error(const ava_error *error);
cJSON *view_message(const ava_message *message);
cJSON *view_sent(const ava_sent_message *sent);
cJSON *view_generated(const ava_generated_message *generated);
cJSON *view_message_page(const ava_message_page *page);
cJSON *view_poll_page(const ava_poll_page *page);

/* ---- expect.c ---- */

/* Whether an outcome, {"result"}, {"error"} or a list of these, is the one expected. */
bool outcome_fits(const cJSON *expected, const cJSON *actual);
/* What holds of every error, whatever a vector says. */
bool error_is_decent(const cJSON *error);
bool requests_fit(const cJSON *vector, const sandbox *it);

/* ---- world.c: the client of a vector, and what its steps share ---- */

typedef struct checkpoint {
    struct checkpoint *next;
    char *name, *state;
    pthread_mutex_t lock;
} checkpoint;

typedef struct {
    sandbox *sandbox;
    const cJSON *options;
    ava_client *client;
    bool callbacks; /* which face */
    pthread_mutex_t lock;
    ava_attempt *attempt;
    int unknown_hooks;
    checkpoint *checkpoints;
    int owners; /* user_data that the library still has */
    int tokens_asked;
    ava_token_request *hanging[8];
    int hanging_count;
} world;

/* The world, or NULL with *error the client's, or NULL with neither after failed(). */
world *world_new(sandbox *sandbox, const cJSON *options, bool callbacks, ava_error **error);
void world_free(world *it);
ava_client *world_client(world *it, ava_error **error);
void world_keep(world *it, const ava_attempt *attempt);
checkpoint *world_checkpoint(world *it, const char *name);

/* ---- steps.c ---- */

/* What cancels the call that a step is making. */
typedef struct {
    pthread_mutex_t lock;
    bool cancelled;
    ava_cancel *token;
    ava_call *call;
} canceller;

/* A step's outcome, or NULL after failed(). */
cJSON *run_step(world *it, const cJSON *step, canceller *cancel);

/* ---- leaks.c: neither keys nor texts nor full phone numbers may stand in the log or in an error's line ----
 */

bool leaks_begin(const char *api_key);
void leaks_forbid(const cJSON *vector);
void leaks_saw(const char *line);
bool leaks_none(void);

#endif
