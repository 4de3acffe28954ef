/*
 * Listens, and answers each message that comes in, until so many were answered.
 *
 *     listen_pull 3 [CHECKPOINT]
 *
 * With a file as CHECKPOINT it goes on where it stopped. The key and the service are the environment's: AVA_API_KEY,
 * AVA_BASE_URL. Here everything waits: listen_callback.c does the same and waits for nothing.
 */

#include <ava_imessage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, ava_error *error) {
  fprintf(stderr, "%s: %s (%s)\n", what, ava_error_message(error), ava_error_code(error));
  ava_error_free(error);
  return 1;
}

/* Of a send that failed. */
static int may_have_been_sent(const ava_error *error) {
  const char *delivery = ava_error_delivery(error);
  return delivery != NULL && strcmp(delivery, "unknown") == 0;
}

/* A message that was answered once must not be answered twice: a send whose end isn't known counts as answered. */
static int answer(const ava_client *client, const ava_message *message) {
  ava_generated_message *draft = NULL;
  ava_sent_message *sent = NULL;
  ava_error *error = NULL;
  size_t length = 0;
  const char *text;
  int code = 0;

  if (ava_client_draft_reply(client, ava_message_phone(message), NULL, NULL, &draft, &error) != AVA_OK) {
    return fail("no draft", error);
  }
  text = ava_generated_message_text(draft, &length);
  if (ava_client_send(client, ava_message_phone(message), text, length, NULL, &sent, &error) == AVA_OK) {
    printf("answered %s with %s\n", ava_message_id(message), ava_sent_message_message_id(sent));
    ava_sent_message_free(sent);
  } else if (may_have_been_sent(error)) {
    fail("it may or may not have been answered", error);
  } else {
    code = fail("not answered", error);
  }
  ava_generated_message_free(draft);
  return code;
}

int main(int argc, char **argv) {
  ava_client *client = NULL;
  ava_listener *listener = NULL;
  ava_message *message = NULL;
  ava_error *error = NULL;
  ava_listen_options options;
  long left;
  int code = 0;

  if (argc < 2 || argc > 3 || (left = strtol(argv[1], NULL, 10)) < 1) {
    fprintf(stderr, "usage: listen_pull COUNT [CHECKPOINT]\n");
    return 2;
  }
  if (ava_client_new(NULL, &client, &error) != AVA_OK) {
    return fail("no client", error);
  }
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.interval_ms = 200;
  options.checkpoint_file = argc == 3 ? argv[2] : NULL;
  /* What couldn't be answered must come again, so each message is acknowledged when it was dealt with. */
  options.auto_ack = AVA_NONE;
  if (ava_client_listen(client, &options, NULL, &listener, &error) != AVA_OK) {
    code = fail("not listening", error);
  } else {
    printf("listening\n");
    fflush(stdout);
  }
  while (code == 0 && left > 0) {
    if (ava_listener_next(listener, AVA_FOREVER, &message, &error) != AVA_OK) {
      code = fail("no more messages", error);
    } else if (message == NULL) {
      break;
    } else {
      code = answer(client, message);
      if (code == 0 && ava_listener_ack(listener, message, &error) != AVA_OK) {
        code = fail("not acknowledged", error);
      }
      ava_message_free(message);
      fflush(stdout);
      --left;
    }
  }
  ava_listener_free(listener);
  ava_client_free(client);
  return code;
}
