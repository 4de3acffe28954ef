/*
 * Sends an iMessage, and says what became of it.
 *
 *     send +15550001111 "Lunch at noon?"
 *
 * The key and the service are the environment's: AVA_API_KEY, AVA_BASE_URL. It exits with 0 if the message was sent,
 * 1 if it certainly wasn't, 2 if it was called wrongly, and 3 if nobody knows.
 */

#include <ava_imessage.h>
#include <stdio.h>

/* Says what went wrong, and frees it. */
static int fail(const char *what, ava_error *error) {
  fprintf(stderr, "%s: %s (%s)\n", what, ava_error_message(error), ava_error_code(error));
  if (ava_error_request_id(error) != NULL) {
    fprintf(stderr, "the service calls this request %s\n", ava_error_request_id(error));
  }
  if (ava_error_retry_after_ms(error) >= 0) {
    fprintf(stderr, "try again in %lld ms\n", (long long)ava_error_retry_after_ms(error));
  }
  ava_error_free(error);
  return 1;
}

/* The message may have been delivered: sending it again might text a person twice. So the history is asked later. */
static int settle(const ava_client *client, ava_error *unknown) {
  ava_sent_message *sent = NULL;
  ava_error *error = NULL;
  ava_status status;

  fprintf(stderr, "it may or may not have been sent; asking the history again\n");
  status = ava_client_settle(client, ava_error_attempt(unknown), NULL, &sent, &error);
  ava_error_free(unknown);
  if (status == AVA_OK) {
    printf("sent after all: %s\n", ava_sent_message_message_id(sent));
    ava_sent_message_free(sent);
    return 0;
  }
  if (status == AVA_ERROR_REJECTED) {
    return fail("it was not sent", error);
  }
  /* A real program keeps ava_attempt_json() of ava_error_attempt(), and settles it when the service is back. */
  fail("it still isn't known", error);
  return 3;
}

int main(int argc, char **argv) {
  ava_client *client = NULL;
  ava_sent_message *sent = NULL;
  ava_error *error = NULL;
  int code;

  if (argc != 3) {
    fprintf(stderr, "usage: send PHONE TEXT\n");
    return 2;
  }
  if (ava_client_new(NULL, &client, &error) != AVA_OK) {
    return fail("no client", error);
  }
  if (ava_client_send(client, argv[1], argv[2], AVA_NUL_TERMINATED, NULL, &sent, &error) == AVA_OK) {
    printf("sent: %s, confirmed by the %s\n", ava_sent_message_message_id(sent), ava_sent_message_confirmation(sent));
    ava_sent_message_free(sent);
    code = 0;
  } else if (ava_error_attempt(error) != NULL) {
    code = settle(client, error);
  } else {
    code = fail("it was not sent", error);
  }
  ava_client_free(client);
  return code;
}
