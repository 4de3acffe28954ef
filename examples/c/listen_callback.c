/*
 * Listens, and answers each message that comes in, until so many were answered; nothing waits.
 *
 *     listen_callback 3
 *
 * Each step begins the next from its callback. Callbacks run one at a time, on one thread of the library's, so that
 * what only they touch needs no lock. They must not make calls that wait; those are refused there.
 */

#include <ava_imessage.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct program {
  ava_client *client;
  ava_listener *listener;
  /* The message that is being answered. */
  ava_message *message;
  long left;

  /* What main() waits for. */
  pthread_mutex_t lock;
  pthread_cond_t ended;
  int is_ended;
  int code;
} program;

static void on_message(void *user_data, ava_status status, ava_message *message, ava_error *error);
static void on_draft(void *user_data, ava_status status, ava_generated_message *draft, ava_error *error);
static void on_sent(void *user_data, ava_status status, ava_sent_message *sent, ava_error *error);
static void on_acknowledged(void *user_data, ava_status status, ava_error *error);

static void end(program *program, int code) {
  pthread_mutex_lock(&program->lock);
  program->is_ended = 1;
  program->code = code;
  pthread_cond_signal(&program->ended);
  pthread_mutex_unlock(&program->lock);
}

static void fail(program *program, const char *what, ava_error *error) {
  fprintf(stderr, "%s: %s (%s)\n", what, ava_error_message(error), ava_error_code(error));
  ava_error_free(error);
  end(program, 1);
}

/* Of a send that failed. */
static int may_have_been_sent(const ava_error *error) {
  const char *delivery = ava_error_delivery(error);
  return delivery != NULL && strcmp(delivery, "unknown") == 0;
}

/* NULL for the ava_call: these calls are neither cancelled nor given up, so nobody needs a handle of them. */
static void next(program *program) {
  ava_error *error = NULL;
  if (ava_listener_next_async(program->listener, AVA_FOREVER, on_message, program, NULL, &error) != AVA_OK) {
    fail(program, "no next message", error);
  }
}

static void on_message(void *user_data, ava_status status, ava_message *message, ava_error *error) {
  program *program = user_data;
  if (status != AVA_OK) {
    fail(program, "no more messages", error);
  } else if (message == NULL) {
    end(program, 0);
  } else {
    const char *phone = ava_message_phone(message);
    program->message = message;
    if (ava_client_draft_reply_async(program->client, phone, NULL, NULL, on_draft, program, NULL, &error) != AVA_OK) {
      fail(program, "no draft", error);
    }
  }
}

static void on_draft(void *user_data, ava_status status, ava_generated_message *draft, ava_error *error) {
  program *program = user_data;
  size_t length = 0;
  const char *text;

  if (status != AVA_OK) {
    fail(program, "no draft", error);
    return;
  }
  text = ava_generated_message_text(draft, &length);
  if (ava_client_send_async(program->client, ava_message_phone(program->message), text, length, NULL, on_sent, program,
                            NULL, &error) != AVA_OK) {
    fail(program, "not answered", error);
  }
  /* The text was copied. */
  ava_generated_message_free(draft);
}

static void on_sent(void *user_data, ava_status status, ava_sent_message *sent, ava_error *error) {
  program *program = user_data;
  if (status == AVA_OK) {
    printf("answered %s with %s\n", ava_message_id(program->message), ava_sent_message_message_id(sent));
    fflush(stdout);
    ava_sent_message_free(sent);
  } else if (may_have_been_sent(error)) {
    /* It may have been delivered. Sent again, it might come twice: so it counts as answered. */
    fprintf(stderr, "it may or may not have been answered: %s\n", ava_error_message(error));
    ava_error_free(error);
  } else {
    fail(program, "not answered", error);
    return;
  }
  if (ava_listener_ack_async(program->listener, program->message, on_acknowledged, program, NULL, &error) != AVA_OK) {
    fail(program, "not acknowledged", error);
  }
}

static void on_acknowledged(void *user_data, ava_status status, ava_error *error) {
  program *program = user_data;
  ava_message_free(program->message);
  program->message = NULL;
  if (status != AVA_OK) {
    fail(program, "not acknowledged", error);
  } else if (--program->left == 0) {
    end(program, 0);
  } else {
    next(program);
  }
}

/* Here, before anything is called back, main()'s thread may still wait. */
static int listen_to(program *program) {
  ava_listen_options options;
  ava_error *error = NULL;

  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.interval_ms = 200;
  options.auto_ack = AVA_NONE;
  if (ava_client_new(NULL, &program->client, &error) != AVA_OK ||
      ava_client_listen(program->client, &options, NULL, &program->listener, &error) != AVA_OK) {
    fail(program, "not listening", error);
    return 1;
  }
  printf("listening\n");
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  program program;

  memset(&program, 0, sizeof program);
  if (argc != 2 || (program.left = strtol(argv[1], NULL, 10)) < 1) {
    fprintf(stderr, "usage: listen_callback COUNT\n");
    return 2;
  }
  pthread_mutex_init(&program.lock, NULL);
  pthread_cond_init(&program.ended, NULL);
  if (listen_to(&program) == 0) {
    next(&program);
    pthread_mutex_lock(&program.lock);
    while (!program.is_ended) {
      pthread_cond_wait(&program.ended, &program.lock);
    }
    pthread_mutex_unlock(&program.lock);
  }
  ava_message_free(program.message);
  ava_listener_free(program.listener);
  ava_client_free(program.client);
  pthread_cond_destroy(&program.ended);
  pthread_mutex_destroy(&program.lock);
  return program.code;
}
