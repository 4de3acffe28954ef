// Prints a conversation, message by message; pages are fetched as it goes.
//
//     history +15550001111
//
// The key and the service are the environment's: AVA_API_KEY, AVA_BASE_URL.

#include <ava_imessage.hpp>
#include <iostream>

int main(int argc, char **argv) {
  if (argc != 2) {
    std::cerr << "usage: history PHONE\n";
    return 2;
  }
  try {
    const ava::Client client;
    unsigned long count = 0;
    for (const auto &message : client.messages(argv[1])) {
      std::cout << message.timestamp() << "  " << message.direction() << "  " << message.status() << "  "
                << message.text() << "\n";
      ++count;
    }
    std::cout << count << " messages\n";
    return 0;
  } catch (const ava::Error &error) {
    std::cerr << "the history breaks off: " << error.what() << " (" << error.code() << ")\n";
    return 1;
  }
}
