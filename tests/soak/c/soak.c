/* The soak in C: see the README beside this folder. */

#include <ava_imessage.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SENDERS = 3, PAUSE_MS = 100, LONGER_PAUSE_MS = 200, BEFORE_SETTLING_MS = 1000, READ = 60 };

static ava_client *client;
static ava_listener *inbox;
static const char *name, *phone;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int stopping;

static int is_stopping(void) {
    int is;
    pthread_mutex_lock(&lock);
    is = stopping;
    pthread_mutex_unlock(&lock);
    return is;
}

/* A line for whoever compares it with the sandbox's records. */
static void say(const char *what, const char *one, const char *other) {
    pthread_mutex_lock(&lock);
    printf("%s%s%s%s%s\n", what, one ? "\t" : "", one ? one : "", other ? "\t" : "", other ? other : "");
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

static void say_number(const char *what, size_t number) {
    char text[32];
    snprintf(text, sizeof text, "%zu", number);
    say(what, text, NULL);
}

static void rest(int ms) {
    struct timespec time;
    time.tv_sec = ms / 1000;
    time.tv_nsec = ms % 1000 * 1000000L;
    nanosleep(&time, NULL);
}

static void failed(ava_error *error) {
    say("failed", ava_error_code(error), NULL);
    ava_error_free(error);
}

/* Sends, and says what came of it. */
static void send_text(const char *text) {
    ava_sent_message *sent = NULL;
    ava_error *error = NULL;
    const char *delivery;
    if (ava_client_send(client, phone, text, AVA_NUL_TERMINATED, NULL, &sent, &error) == AVA_OK) {
        say("sent", text, ava_sent_message_message_id(sent));
        ava_sent_message_free(sent);
        return;
    }
    delivery = ava_error_delivery(error);
    if (delivery == NULL || strcmp(delivery, "unknown") != 0) {
        say("not_sent", text, ava_error_code(error));
    } else {
        say("unknown", text, ava_error_code(error));
        rest(BEFORE_SETTLING_MS);
        if (ava_client_settle(client, ava_error_attempt(error), NULL, &sent, NULL) == AVA_OK) {
            say("settled", text, ava_sent_message_message_id(sent));
            ava_sent_message_free(sent);
        }
    }
    ava_error_free(error);
}

/* One text after the other. */
static void *send_on(void *sender) {
    unsigned long number;
    for (number = 1; !is_stopping(); number++) {
        char text[200];
        snprintf(text, sizeof text, "%s %d %lu", name, *(int *)sender, number);
        send_text(text);
        rest(PAUSE_MS);
    }
    return NULL;
}

static void read_page(void) {
    ava_message_page *page = NULL;
    ava_error *error = NULL;
    if (ava_client_messages_page(client, phone, 20, 0, NULL, &page, &error) != AVA_OK) {
        failed(error);
        return;
    }
    say_number("read", ava_message_page_len(page));
    ava_message_page_free(page);
}

static void read_conversation(void) {
    ava_messages *messages = NULL;
    ava_error *error = NULL;
    size_t read = 0;
    if (ava_client_messages(client, phone, NULL, &messages, &error) != AVA_OK) {
        failed(error);
        return;
    }
    while (read < READ) {
        ava_message *message = NULL;
        if (ava_messages_next(messages, &message, &error) != AVA_OK) {
            failed(error);
            break;
        }
        if (message == NULL) {
            break;
        }
        ava_message_free(message);
        read++;
    }
    say_number("read", read);
    ava_messages_free(messages);
}

static void *read_on(void *nothing) {
    (void)nothing;
    while (!is_stopping()) {
        read_page();
        read_conversation();
        rest(LONGER_PAUSE_MS);
    }
    return NULL;
}

static void *answer(void *nothing) {
    (void)nothing;
    while (!ava_listener_is_ended(inbox)) {
        ava_message *message = NULL;
        ava_error *error = NULL;
        char text[200];
        ava_status status = ava_listener_next(inbox, AVA_FOREVER, &message, &error);
        if (status != AVA_OK) {
            failed(error);
            if (status == AVA_ERROR_CLOSED) {
                break;
            }
        } else if (message != NULL) {
            say("heard", ava_message_id(message), NULL);
            snprintf(text, sizeof text, "%s answers %s", name, ava_message_id(message));
            ava_message_free(message);
            send_text(text);
        }
    }
    return NULL;
}

static void give_token(void *path, ava_token_request *request) {
    char token[512];
    size_t length = 0;
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        length = fread(token, 1, sizeof token - 1, file);
        fclose(file);
    }
    token[length] = 0;
    if (length == 0) {
        ava_token_request_fail(request, "no token");
    } else {
        ava_token_request_succeed(request, token, 0);
    }
}

static int set_up(void) {
    ava_client_options options;
    ava_listen_options listening;
    ava_error *error = NULL;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.timeout_ms = 6000;
    options.read_idle_timeout_ms = 2000;
    options.backoff_ms = 50;
    options.backoff_max_ms = 500;
    options.settle_within_ms = 1500;
    options.settle_gap_ms = 50;
    options.token_provider = give_token;
    options.user_data = getenv("SOAK_TOKEN_FILE");
    memset(&listening, 0, sizeof listening);
    listening.size = sizeof listening;
    listening.phone = phone;
    listening.interval_ms = 250;
    if (ava_client_new(&options, &client, &error) == AVA_OK &&
        ava_client_listen(client, &listening, NULL, &inbox, &error) == AVA_OK) {
        return 1;
    }
    fprintf(stderr, "%s\n", ava_error_message(error));
    ava_error_free(error);
    return 0;
}

int main(void) {
    pthread_t listener, reader, senders[SENDERS];
    int numbers[SENDERS], at;
    name = getenv("SOAK_NAME");
    phone = getenv("SOAK_PHONE");
    if (name == NULL || phone == NULL || getenv("SOAK_TOKEN_FILE") == NULL || !set_up()) {
        return 1;
    }
    say("ready", NULL, NULL);
    pthread_create(&listener, NULL, answer, NULL);
    pthread_create(&reader, NULL, read_on, NULL);
    for (at = 0; at < SENDERS; at++) {
        numbers[at] = at;
        pthread_create(&senders[at], NULL, send_on, &numbers[at]);
    }
    while (getchar() != EOF) {
    }
    pthread_mutex_lock(&lock);
    stopping = 1;
    pthread_mutex_unlock(&lock);
    for (at = 0; at < SENDERS; at++) {
        pthread_join(senders[at], NULL);
    }
    pthread_join(reader, NULL);
    ava_client_close(client, NULL);
    pthread_join(listener, NULL);
    ava_listener_free(inbox);
    ava_client_free(client);
    say("ended", NULL, NULL);
    return 0;
}
