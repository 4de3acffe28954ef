// Sends an iMessage, and says what became of it.
//
//     send +15550001111 "Lunch at noon?"
//
// The key and the service are the environment's: AVA_API_KEY, AVA_BASE_URL. It exits with 0 if the message was sent,
// 1 if it certainly wasn't, 2 if it was called wrongly, and 3 if nobody knows.

#include <ava_imessage.hpp>
#include <iostream>

namespace {

int fail(const char *what, const ava::Error &error) {
  std::cerr << what << ": " << error.what() << " (" << error.code() << ")\n";
  if (error.retry_after_ms() >= 0) {
    std::cerr << "try again in " << error.retry_after_ms() << " ms\n";
  }
  return 1;
}

// The message may have been delivered: sending it again might text a person twice. So the history is asked later.
int settle(const ava::Client &client, const ava::Attempt &attempt) {
  std::cerr << "it may or may not have been sent; asking the history again\n";
  try {
    std::cout << "sent after all: " << client.settle(attempt).message_id() << "\n";
    return 0;
  } catch (const ava::Error &error) {
    if (error.status() == AVA_ERROR_REJECTED) {
      return fail("it was not sent", error);
    }
    // A real program keeps attempt.json(), and settles it when the service is back.
    fail("it still isn't known", error);
    return 3;
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::cerr << "usage: send PHONE TEXT\n";
    return 2;
  }
  try {
    const ava::Client client;
    try {
      const auto sent = client.send(argv[1], argv[2]);
      std::cout << "sent: " << sent.message_id() << ", confirmed by the " << sent.confirmation() << "\n";
      return 0;
    } catch (const ava::Error &error) {
      const auto attempt = error.attempt();
      return attempt ? settle(client, attempt) : fail("it was not sent", error);
    }
  } catch (const ava::Error &error) {
    return fail("no client", error);
  }
}
