/*
 * Prints a conversation, message by message; pages are fetched as it goes.
 *
 *     history +15550001111
 *
 * The key and the service are the environment's: AVA_API_KEY, AVA_BASE_URL.
 */

#include <ava_imessage.h>
#include <stdio.h>

static int fail(const char *what, ava_error *error) {
  fprintf(stderr, "%s: %s (%s)\n", what, ava_error_message(error), ava_error_code(error));
  ava_error_free(error);
  return 1;
}

static void print(const ava_message *message) {
  /* By its length: a text may have a NUL in it. */
  size_t length = 0;
  const char *text = ava_message_text(message, &length);

  printf("%s  %-8s  %-9s  ", ava_message_timestamp(message), ava_message_direction(message),
         ava_message_status(message));
  fwrite(text, 1, length, stdout);
  putchar('\n');
}

int main(int argc, char **argv) {
  ava_client *client = NULL;
  ava_messages *messages = NULL;
  ava_message *message = NULL;
  ava_error *error = NULL;
  ava_status status;
  unsigned long count = 0;
  int code = 0;

  if (argc != 2) {
    fprintf(stderr, "usage: history PHONE\n");
    return 2;
  }
  if (ava_client_new(NULL, &client, &error) != AVA_OK) {
    return fail("no client", error);
  }
  if (ava_client_messages(client, argv[1], NULL, &messages, &error) != AVA_OK) {
    code = fail("no conversation", error);
  } else {
    while ((status = ava_messages_next(messages, &message, &error)) == AVA_OK && message != NULL) {
      print(message);
      ava_message_free(message);
      ++count;
    }
    if (status != AVA_OK) {
      code = fail("the history breaks off", error);
    }
    printf("%lu messages\n", count);
  }
  ava_messages_free(messages);
  ava_client_free(client);
  return code;
}
