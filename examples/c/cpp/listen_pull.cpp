// Listens, and answers each message that comes in, until so many were answered.
//
//     listen_pull 3 [CHECKPOINT]
//
// With a file as CHECKPOINT it goes on where it stopped. The key and the service are the environment's: AVA_API_KEY,
// AVA_BASE_URL. Here everything waits: listen_callback.cpp does the same and waits for nothing.

#include <ava_imessage.hpp>
#include <cstdlib>
#include <iostream>

namespace {

// A message that was answered once must not be answered twice: a send whose end isn't known counts as answered.
void answer(const ava::Client &client, const ava::Message &message) {
  const auto draft = client.draft_reply(message.phone());
  try {
    const auto sent = client.send(message.phone(), draft.text());
    std::cout << "answered " << message.id() << " with " << sent.message_id() << std::endl;
  } catch (const ava::Error &error) {
    if (error.delivery() != "unknown") {
      throw;
    }
    std::cerr << "it may or may not have been answered: " << error.what() << "\n";
  }
}

}  // namespace

int main(int argc, char **argv) {
  long left = argc == 2 || argc == 3 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (left < 1) {
    std::cerr << "usage: listen_pull COUNT [CHECKPOINT]\n";
    return 2;
  }
  try {
    const ava::Client client;
    ava::ListenOptions options;
    options.interval_ms = 200;
    // What couldn't be answered must come again, so each message is acknowledged when it was dealt with.
    options.auto_ack = false;
    if (argc == 3) {
      options.checkpoint_file = argv[2];
    }
    const auto listener = client.listen(options);
    std::cout << "listening" << std::endl;
    while (left > 0) {
      const auto message = listener.next();
      if (!message) {
        break;
      }
      answer(client, message);
      listener.ack(message);
      --left;
    }
    return 0;
  } catch (const ava::Error &error) {
    std::cerr << error.what() << " (" << error.code() << ")\n";
    return 1;
  }
}
