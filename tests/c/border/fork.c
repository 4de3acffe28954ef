/* A forked child begins afresh; what the parent had open is closed there. */
#include "check.h"

#include <sys/wait.h>

static ava_client *client;

static void nothing(void *user_data, ava_status status, ava_message *message, ava_error *error) {
    (void)user_data;
    (void)status;
    ava_message_free(message);
    ava_error_free(error);
}

static int child(ava_listener *listener, ava_call *call, int number) {
    ava_sent_message *sent = NULL;
    ava_message *message = NULL;
    ava_error *error = NULL;
    char text[32];
    sprintf(text, "child %d", number);
    if (ava_listener_next(listener, 10, &message, &error) != AVA_ERROR_CLOSED) {
        return 1;
    }
    ava_error_free(error);
    ava_call_free(call);
    ava_listener_free(listener);
    if (ava_client_send(client, PHONE, text, strlen(text), NULL, &sent, NULL) != AVA_OK) {
        return 2;
    }
    ava_sent_message_free(sent);
    ava_client_free(client);
    return ava_shutdown(5000, NULL) == AVA_OK ? 0 : 3;
}

int main(void) {
    int number, sent = 0;
    size_t at;
    ava_listener *listener = NULL;
    ava_call *call = NULL;
    ava_message_page *page = NULL;
    client = new_client();
    CHECK(ava_client_listen(client, NULL, NULL, &listener, NULL) == AVA_OK);
    CHECK(ava_listener_next_async(listener, AVA_FOREVER, nothing, NULL, &call, NULL) == AVA_OK);
    for (number = 0; number < 20; number++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child(listener, call, number));
        }
        waitpid(pid, &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK(ava_client_messages_page(client, PHONE, 100, 0, NULL, &page, NULL) == AVA_OK);
    for (at = 0; at < ava_message_page_len(page); at++) {
        sent += strcmp(ava_message_direction(ava_message_page_message(page, at)), "outbound") == 0;
    }
    CHECK(sent == 20);
    ava_message_page_free(page);
    ava_call_free(call);
    ava_listener_free(listener);
    ava_client_free(client);
    return finish();
}
