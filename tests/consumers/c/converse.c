/* A stranger's program: it sends, waits for the answer, reads the history, and is refused with a wrong key. */

#include <ava_imessage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PHONE[] = "+15550100142";
static const char TEXT[] = "Hello from C";
static const char ANSWER[] = "Echo: Hello from C";

static void check(int holds, const char *what, ava_error *error) {
  if (!holds) {
    fprintf(stderr, "not so: %s (%s)\n", what, error == NULL ? "no error" : ava_error_message(error));
    exit(1);
  }
}

static int is(const ava_message *message, const char *text) {
  size_t length = 0;
  const char *its = ava_message_text(message, &length);
  return length == strlen(text) && memcmp(its, text, length) == 0;
}

static void listen(const ava_client *client, const ava_sent_message *sent) {
  ava_listen_options how;
  ava_listener *listener = NULL;
  ava_message *message = NULL;
  ava_error *error = NULL;

  memset(&how, 0, sizeof how);
  how.size = sizeof how;
  how.since = ava_sent_message_timestamp(sent);
  how.interval_ms = 200;
  check(ava_client_listen(client, &how, NULL, &listener, &error) == AVA_OK, "it listens", error);
  check(ava_listener_next(listener, 20000, &message, &error) == AVA_OK, "something comes", error);
  check(message != NULL && is(message, ANSWER), "it is the answer", NULL);
  ava_message_free(message);
  ava_listener_free(listener);
}

static void read_back(const ava_client *client) {
  ava_messages *messages = NULL;
  ava_message *message = NULL;
  ava_error *error = NULL;
  int found = 0;

  check(ava_client_messages(client, PHONE, NULL, &messages, &error) == AVA_OK, "there is a history", error);
  while (ava_messages_next(messages, &message, &error) == AVA_OK && message != NULL) {
    found |= is(message, TEXT) ? 1 : is(message, ANSWER) ? 2 : 0;
    ava_message_free(message);
  }
  check(found == 3 && error == NULL, "both are in it", error);
  ava_messages_free(messages);
}

static void be_refused(void) {
  ava_client_options options;
  ava_client *client = NULL;
  ava_sent_message *sent = NULL;
  ava_error *error = NULL;
  ava_status status;

  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.api_key = "sk_wrong";
  check(ava_client_new(&options, &client, &error) == AVA_OK, "a key is a key", error);
  status = ava_client_send(client, PHONE, TEXT, strlen(TEXT), NULL, &sent, &error);
  check(status == AVA_ERROR_AUTHENTICATION && ava_error_http_status(error) == 401, "a wrong one is refused", error);
  ava_error_free(error);
  ava_client_free(client);
}

int main(void) {
  ava_client *client = NULL;
  ava_sent_message *sent = NULL;
  ava_error *error = NULL;

  check(strcmp(ava_version(), AVA_VERSION) == 0, "header and library are of one version", NULL);
  check(ava_client_new(NULL, &client, &error) == AVA_OK, "there is a client", error);
  check(ava_client_send(client, PHONE, TEXT, strlen(TEXT), NULL, &sent, &error) == AVA_OK, "it is sent", error);
  listen(client, sent);
  read_back(client);
  be_refused();
  ava_sent_message_free(sent);
  ava_client_free(client);
  return 0;
}
