// Listens, and answers each message that comes in, until so many were answered; nothing waits.
//
//     listen_callback 3
//
// Each step begins the next from its completion. Completions run one at a time, on one thread of the library's, so that
// what only they touch needs no lock. They must not make calls that wait; those are refused there.

#include <ava_imessage.hpp>
#include <cstdlib>
#include <future>
#include <iostream>

namespace {

ava::ListenOptions options() {
  ava::ListenOptions options;
  options.interval_ms = 200;
  options.auto_ack = false;
  return options;
}

class Answering {
 public:
  explicit Answering(long count) : left_(count), listener_(client_.listen(options())) {}

  // Until all were answered; throws what came in between.
  void run() {
    std::cout << "listening" << std::endl;
    auto ended = ended_.get_future();
    // Apart from call_, which belongs to the completions from here on.
    const auto first = begin_next();
    ended.get();
  }

 private:
  ava::Call begin_next() {
    return listener_.next_async(AVA_FOREVER, [this](ava::Outcome<ava::Message> next) {
      step([&] { draft(next.take()); });
    });
  }

  void draft(ava::Message message) {
    if (!message) {
      ended_.set_value();
      return;
    }
    message_ = std::move(message);
    call_ = client_.draft_reply_async(message_.phone(), [this](ava::Outcome<ava::GeneratedMessage> draft) {
      step([&] { send(draft.take().text()); });
    });
  }

  void send(const std::string &text) {
    call_ = client_.send_async(message_.phone(), text, [this](ava::Outcome<ava::SentMessage> sent) {
      step([&] { acknowledge(std::move(sent)); });
    });
  }

  void acknowledge(ava::Outcome<ava::SentMessage> sent) {
    if (sent.error() != nullptr && sent.error()->delivery() == "unknown") {
      // It may have been delivered. Sent again, it might come twice: so it counts as answered.
      std::cerr << "it may or may not have been answered: " << sent.error()->what() << "\n";
    } else {
      std::cout << "answered " << message_.id() << " with " << sent.take().message_id() << std::endl;
    }
    call_ = listener_.ack_async(message_, [this](const ava::Error *error) {
      step([&] { acknowledged(error); });
    });
  }

  void acknowledged(const ava::Error *error) {
    if (error != nullptr) {
      throw *error;
    }
    if (--left_ == 0) {
      ended_.set_value();
    } else {
      call_ = begin_next();
    }
  }

  // What a step throws ends the program.
  template <class Step>
  void step(Step step) {
    try {
      step();
    } catch (...) {
      ended_.set_exception(std::current_exception());
    }
  }

  ava::Client client_;
  long left_;
  ava::Listener listener_;
  ava::Message message_;
  std::promise<void> ended_;
  // The call under way. Assigning it frees the last one, which has ended.
  ava::Call call_;
};

}  // namespace

int main(int argc, char **argv) {
  const long count = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (count < 1) {
    std::cerr << "usage: listen_callback COUNT\n";
    return 2;
  }
  try {
    Answering(count).run();
    return 0;
  } catch (const ava::Error &error) {
    std::cerr << error.what() << " (" << error.code() << ")\n";
    return 1;
  }
}
