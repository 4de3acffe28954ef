// A stranger's program: it sends, waits for the answer, reads the history, and is refused with a wrong key.

#include <ava_imessage.hpp>
#include <iostream>
#include <stdexcept>

namespace {

const char *const PHONE = "+15550100142";

void check(bool holds, const char *what) {
  if (!holds) {
    throw std::logic_error(what);
  }
}

void converse() {
  const ava::Client client;
  const auto sent = client.send(PHONE, "Hello from C++");
  ava::ListenOptions how;
  how.since = sent.timestamp();
  how.interval_ms = 200;
  const auto listener = client.listen(how);
  const auto answer = listener.next(20000);
  check(answer && answer.text() == "Echo: Hello from C++", "the answer comes");
  int found = 0;
  for (const auto &message : client.messages(PHONE)) {
    found += message.text() == "Hello from C++" || message.text() == answer.text();
  }
  check(found == 2, "both are in the history");
}

void be_refused() {
  ava::ClientOptions options;
  options.api_key = "sk_wrong";
  const ava::Client client(options);
  try {
    client.send(PHONE, "Let me in");
  } catch (const ava::Error &error) {
    check(error.status() == AVA_ERROR_AUTHENTICATION && error.http_status() == 401, "it is told why");
    return;
  }
  check(false, "a wrong key is refused");
}

}  // namespace

int main() {
  try {
    converse();
    be_refused();
    return 0;
  } catch (const std::exception &error) {
    std::cerr << "not so: " << error.what() << "\n";
    return 1;
  }
}
