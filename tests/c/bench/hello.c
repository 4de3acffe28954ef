/* The smallest program that sends: what a static link of the library makes of it is measured. */
#include <ava_imessage.h>
#include <stdio.h>

int main(void) {
    ava_client *client = NULL;
    ava_sent_message *sent = NULL;
    ava_error *error = NULL;
    if (ava_client_new(NULL, &client, &error) == AVA_OK &&
        ava_client_send(client, "+15550100142", "Hello!", AVA_NUL_TERMINATED, NULL, &sent, &error) == AVA_OK) {
        puts(ava_sent_message_message_id(sent));
    } else {
        puts(ava_error_message(error));
    }
    ava_sent_message_free(sent);
    ava_client_free(client);
    ava_error_free(error);
    return 0;
}
