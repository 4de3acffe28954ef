// What ava_imessage.hpp promises on top of the C library: owners, exceptions, texts, callbacks that throw.
//
//     header PHONE

#include <ava_imessage.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>
#include <type_traits>

namespace {

void check(bool holds, const char *what) {
  if (!holds) {
    std::cerr << "not so: " << what << "\n";
    std::exit(1);
  }
}

// The error that a call throws.
template <class Function>
ava::Error thrown(Function function) {
  try {
    function();
  } catch (const ava::Error &error) {
    return error;
  }
  std::cerr << "nothing was thrown\n";
  std::exit(1);
}

std::string with_nul(const char *text) { return std::string(text) + '\0' + "x"; }

void owners() {
  static_assert(!std::is_copy_constructible<ava::Client>::value, "one owner");
  static_assert(!std::is_copy_constructible<ava::Message>::value, "one owner");
  static_assert(std::is_nothrow_move_constructible<ava::Call>::value, "calls are moved");
  static_assert(std::is_nothrow_copy_constructible<ava::Error>::value, "exceptions are copied");
  check(!ava::Message() && ava::Message().text().empty(), "an empty message has empty texts");
}

void texts(const ava::Client &client, const std::string &phone) {
  const auto refused = thrown([&] { client.send(with_nul("+1555"), "hi"); });
  check(refused.status() == AVA_ERROR_INVALID_REQUEST && refused.code() == "invalid_request", "its kind");
  check(std::string(refused.what()).find("phone") == 0, "the argument is named");
  check(refused.delivery() == "not_sent" && !refused.attempt() && !refused.cause(), "nothing was done");
  check(refused.retry_after_ms() == -1 && refused.http_status() == 0 && refused.body().empty(), "nothing was asked");

  ava::GenerateOptions how;
  check(thrown([&] { client.generate(with_nul("+1555"), {{"user", "Hi"}}, how); }).delivery().empty(), "it only asks");
  how.auto_send = true;
  for (const auto &refusal : {thrown([&] { client.generate(with_nul("+1555"), {{"user", "Hi"}}, how); }),
                              thrown([&] { client.generate(phone, {{with_nul("user"), "Hi"}}, how); })}) {
    check(refusal.delivery() == "not_sent", "a reply that would have been sent was not");
  }

  ava::ClientOptions options;
  options.api_key = with_nul("ava_key");
  const auto no_client = thrown([&] { ava::Client client(options); });
  check(std::string(no_client.what()).find("api_key") == 0, "a key has no NUL");
  options.api_key = "";
  check(thrown([&] { ava::Client client(options); }).status() == AVA_ERROR_CONFIGURATION, "an empty key is a key");

  const auto text = with_nul("a text may have one");
  check(bool(client.send(phone, text)), "and is sent");
  bool found = false;
  for (const auto &message : client.messages(phone)) {
    found = found || message.text() == text;
  }
  check(found, "and read");
}

void errors(const ava::Client &client, const std::string &phone) {
  ava::Cancel cancel;
  cancel.cancel();
  ava::CallOptions options;
  options.cancel = &cancel;
  const auto cancelled = thrown([&] { client.messages_page(phone, 0, 0, options); });
  check(cancelled.status() == AVA_ERROR_CANCELLED && cancel.is_cancelled(), "cancelled");
  check(thrown([&] { client.messages_page(phone, 101); }).status() == AVA_ERROR_INVALID_REQUEST, "100 at most");
  check(thrown([] { ava::Attempt::from_json("{}"); }).status() == AVA_ERROR_INVALID_REQUEST, "no attempt");
  const auto attempt = ava::Attempt::from_json(R"({"origin":")" + client.base_url() +
                                               R"(","phone":"+15550100142","text":"lost","client":"another",)"
                                               R"("number":1,"began_ms":0})");
  for (const auto &headers : {ava::Headers{{"x-nul", with_nul("x")}}, ava::Headers{{"no name", "x"}}}) {
    ava::CallOptions refused;
    refused.headers = headers;
    const auto error = thrown([&] { client.settle(attempt, refused); });
    check(error.status() == AVA_ERROR_INVALID_REQUEST && error.delivery() == "unknown", "whoever refuses to settle");
    check(error.attempt().json() == attempt.json(), "hands the attempt back");
  }
}

// What a token provider throws is the reason why the call fails.
void tokens(const ava::Client &client, const std::string &phone) {
  auto asked = std::make_shared<int>(0);
  ava::ClientOptions options;
  options.base_url = client.base_url();
  options.token_provider = [asked]() -> ava::Token {
    ++*asked;
    throw std::runtime_error("the vault is shut");
  };
  {
    const ava::Client locked(options);
    const auto error = thrown([&] { locked.messages_page(phone); });
    check(error.status() == AVA_ERROR_AUTHENTICATION, "no token");
    auto reason = error.reason();
    for (auto cause = error.cause(); cause; cause = cause->cause()) {
      reason = cause->reason();
    }
    check(reason == "the vault is shut", "the innermost cause has the reason");
    check(*asked >= 1, "it was asked");
    locked.close();
  }
  options.token_provider = nullptr;
  for (int tries = 0; asked.use_count() > 1 && tries < 500; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  check(asked.use_count() == 1, "the provider was let go of");
}

void completions(const ava::Client &client, const std::string &phone) {
  std::promise<std::string> told;
  const auto call = client.send_async(phone, "by completion", [&](ava::Outcome<ava::SentMessage> sent) {
    told.set_value(sent.take().message_id());
    throw std::runtime_error("dropped");
  });
  check(told.get_future().get().find("msg_") == 0, "a completion is told");

  std::promise<std::string> refused;
  const auto waiting = client.poll_async({}, {}, [&](ava::Outcome<ava::PollPage>) {
    refused.set_value(thrown([&] { client.poll(); }).code());
  });
  check(refused.get_future().get() == "invalid_request", "a completion must not wait");

  auto kept = std::make_shared<int>(0);
  {
    const auto listener = client.listen();
    const auto given_up = listener.next_async(AVA_FOREVER, [kept](ava::Outcome<ava::Message>) { *kept = 1; });
  }
  check(*kept == 0 && kept.use_count() == 1, "a call that was given up is forgotten");
}

class Row : public ava::CheckpointStore {
 public:
  ava::OptionalText load() override { return state_; }
  void save(const std::string &state) override {
    state_ = state;
    ++saved;
  }
  int saved = 0;

 private:
  ava::OptionalText state_;
};

void checkpoints(const ava::Client &client) {
  auto row = std::make_shared<Row>();
  ava::ListenOptions options;
  options.checkpoint_store = row;
  options.interval_ms = 100;
  const auto listener = client.listen(options);
  check(!listener.next(300) && !listener.is_ended(), "nothing came");
  check(row->saved > 0, "the state was kept");
  listener.close();
  check(!listener.next() && listener.is_ended(), "closed");
}

}  // namespace

int main(int argc, char **argv) {
  check(argc == 2, "usage: header PHONE");
  const std::string phone = argv[1];
  try {
    const ava::Client client;
    owners();
    texts(client, phone);
    errors(client, phone);
    tokens(client, phone);
    completions(client, phone);
    checkpoints(client);
    client.close();
    check(thrown([&] { client.poll(); }).status() == AVA_ERROR_CLOSED, "closed");
    ava::shutdown(5000);
  } catch (const ava::Error &error) {
    std::cerr << error.code() << ": " << error.what() << "\n";
    return 1;
  }
  std::cout << ava::version() << "\nok\n";
}
