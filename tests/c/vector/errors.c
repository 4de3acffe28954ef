/* tests/vectors/errors.json, which the core wrote, beside the header and the library. */
#include "runner.h"

#include <string.h>

#define STATUS(name) {#name, name}
static const struct {
    const char *name;
    ava_status status;
} STATUSES[] = {
    STATUS(AVA_ERROR_CONFIGURATION),
    STATUS(AVA_ERROR_INVALID_REQUEST),
    STATUS(AVA_ERROR_AUTHENTICATION),
    STATUS(AVA_ERROR_PERMISSION_DENIED),
    STATUS(AVA_ERROR_NOT_FOUND),
    STATUS(AVA_ERROR_RATE_LIMITED),
    STATUS(AVA_ERROR_SERVER),
    STATUS(AVA_ERROR_CONNECTION),
    STATUS(AVA_ERROR_TIMEOUT),
    STATUS(AVA_ERROR_UNEXPECTED_RESPONSE),
    STATUS(AVA_ERROR_REJECTED),
    STATUS(AVA_ERROR_DELIVERY_UNKNOWN),
    STATUS(AVA_ERROR_CANCELLED),
    STATUS(AVA_ERROR_CLOSED),
    STATUS(AVA_ERROR_STORAGE),
    STATUS(AVA_ERROR_INTERNAL),
};
enum { KINDS = sizeof STATUSES / sizeof *STATUSES };

bool errors_hold(const char *table) {
    cJSON *kinds = cJSON_Parse(table), *kind;
    int at = 0;
    bool fine = cJSON_GetArraySize(kinds) == KINDS || failed("errors.json has not %d kinds", (int)KINDS);
    cJSON_ArrayForEach(kind, kinds) {
        const char *name = cJSON_GetObjectItem(kind, "c")->valuestring;
        const char *code = cJSON_GetObjectItem(kind, "code")->valuestring;
        int number = cJSON_GetObjectItem(kind, "number")->valueint;
        bool holds = at < KINDS && strcmp(STATUSES[at].name, name) == 0 &&
                     (int)STATUSES[at].status == number &&
                     strcmp(ava_status_name(STATUSES[at].status), code) == 0;
        record("c", "error", code, holds);
        fine = (holds || failed("errors.json: %s is something else here", code)) && fine;
        at++;
    }
    cJSON_Delete(kinds);
    return fine;
}
