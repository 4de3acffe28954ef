// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What calls take: options, hooks, completions. A part of ava_imessage.hpp, which is to be included.

#ifndef AVA_IMESSAGE_OPTIONS_HPP
#define AVA_IMESSAGE_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "values.hpp"

namespace ava {

/// What a completion is given: a value, or an error.
template <class T>
class Outcome {
 public:
  explicit Outcome(T value) : value_(std::move(value)) {}
  explicit Outcome(Error error) : error_(std::make_shared<Error>(std::move(error))) {}

  bool ok() const { return error_ == nullptr; }
  /// Null if it went well.
  const Error *error() const { return error_.get(); }
  /// The value, once; or throws the error.
  T take() {
    if (error_) {
      throw *error_;
    }
    return std::move(value_);
  }

 private:
  T value_;
  std::shared_ptr<const Error> error_;
};

/// It runs once, on the thread of the completions.
template <class T>
using Completion = std::function<void(Outcome<T>)>;

/// Is given null where it went well.
using Done = std::function<void(const Error *)>;

/// A call under way. Destroying it cancels it: its completion doesn't run after that. So keep it until it is done.
class Call {
 public:
  Call() {}
  Call(Call &&other) noexcept : completion_(std::move(other.completion_)), handle_(std::move(other.handle_)) {}
  Call &operator=(Call &&other) noexcept {
    // The old call first, then the completion that it may have been about to run.
    handle_ = std::move(other.handle_);
    completion_ = std::move(other.completion_);
    return *this;
  }

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_call *get() const { return handle_.get(); }
  /// The completion is given AVA_ERROR_CANCELLED, unless it ended before.
  void cancel() const { ava_call_cancel(get()); }
  /// Whether the completion has returned.
  bool is_done() const { return ava_call_is_done(get()); }

 private:
  friend struct Begin;

  // Destroyed from below: once the call is freed, nobody asks for the completion any more.
  std::shared_ptr<void> completion_;
  detail::Handle<ava_call, ava_call_free> handle_;
};

// How the calls with completions begin; not for use by itself.
struct Begin {
  // What the library gives to a completion becomes an outcome. It is moved out first: it may destroy its own call.
  template <class T, class Raw>
  static void completed(void *user_data, ava_status status, Raw *value, ava_error *error) {
    detail::quietly([=] {
      Completion<T> completion = std::move(*static_cast<Completion<T> *>(user_data));
      if (status == AVA_OK) {
        completion(Outcome<T>(T(value)));
      } else {
        completion(Outcome<T>(Error(error)));
      }
    });
  }

  // As above, of a call that gives nothing.
  static void ended(void *user_data, ava_status status, ava_error *error) {
    detail::quietly([=] {
      Done done = std::move(*static_cast<Done *>(user_data));
      if (status == AVA_OK) {
        done(nullptr);
      } else {
        const Error failure(error);
        done(&failure);
      }
    });
  }

  template <class Callback, class Start>
  static Call call(Callback callback, Start start) {
    Call call;
    auto kept = std::make_shared<Callback>(std::move(callback));
    call.completion_ = kept;
    ava_call *handle = nullptr;
    ava_error *error = nullptr;
    detail::check(start(kept.get(), &handle, &error), error);
    call.handle_.reset(handle);
    return call;
  }
};

/// What can be said of every call.
struct CallOptions {
  std::int64_t timeout_ms = 0;
  std::int64_t max_retries = 0;
  Headers headers;
  const Cancel *cancel = nullptr;
};

/// Options of Client::generate().
struct GenerateOptions {
  OptionalText instructions;
  bool auto_send = false;
};

/// Options of Client::draft_reply().
struct DraftOptions {
  OptionalText instructions;
  std::int64_t history = 0;
};

/// What somebody said: "user", "assistant", or whatever the service knows.
struct Turn {
  std::string role;
  std::string content;
};

/// A short-lived token. `expires_in_ms`: for how long it is valid from now on, or 0.
struct Token {
  std::string token;
  std::int64_t expires_in_ms;
};

/// How a client is set up. What is left alone has its default: key and base URL are the environment's.
struct ClientOptions {
  OptionalText api_key;
  OptionalText base_url;
  std::int64_t timeout_ms = 0;
  std::int64_t connect_timeout_ms = 0;
  std::int64_t read_idle_timeout_ms = 0;
  std::int64_t pool_idle_timeout_ms = 0;
  std::int64_t max_retries = 0;
  std::int64_t backoff_ms = 0;
  std::int64_t backoff_max_ms = 0;
  std::int64_t settle_within_ms = 0;
  std::int64_t settle_gap_ms = 0;
  std::int64_t max_response_bytes = 0;
  /// AVA_YES or AVA_NONE, as the next two.
  std::int32_t confirm_from_history = 0;
  std::int32_t rate_limited_is_not_sent = 0;
  std::int32_t environment_proxy = 0;
  Headers headers;
  OptionalText user_agent;
  /// Gives tokens, instead of a key. It may block.
  std::function<Token()> token_provider;
  /// Is told of every send that was cancelled in flight.
  std::function<void(Attempt)> on_unknown;
};

/// Keeps a listener's state as text. Its functions throw if they fail.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() {}
  /// What was saved last; none if nothing ever was.
  virtual OptionalText load() = 0;
  /// Keeps a state in place of the last.
  virtual void save(const std::string &state) = 0;
};

/// A stretch of time of which messages may have been missed: RFC 3339, UTC.
struct Gap {
  std::string from;
  std::string to;
  std::int64_t from_ms;
  std::int64_t to_ms;
};

/// Options of Client::listen().
struct ListenOptions {
  OptionalText since;
  OptionalText phone;
  std::int64_t interval_ms = 0;
  OptionalText checkpoint_file;
  std::shared_ptr<CheckpointStore> checkpoint_store;
  /// Whether asking for the next message acknowledges the last. If not, only Listener::ack() does.
  bool auto_ack = true;
  std::function<void(const Gap &)> on_gap;
  std::function<void(const SkippedRow &)> on_skipped;
  /// The status and the words of a poll that failed and will be tried again.
  std::function<void(ava_status, const std::string &)> on_retry;
};

namespace detail {

// The options of a call, as the library reads them while it is called.
class CCallOptions {
 public:
  explicit CCallOptions(const CallOptions &options, const char *delivery = "", const ava_attempt *attempt = nullptr)
      : headers_(c_headers(options.headers, delivery, attempt)), options_(ava_call_options()) {
    options_.size = sizeof options_;
    options_.timeout_ms = options.timeout_ms;
    options_.max_retries = options.max_retries;
    options_.headers_len = headers_.size();
    options_.headers = headers_.data();
    options_.cancel = options.cancel != nullptr ? options.cancel->get() : nullptr;
  }
  CCallOptions(const CCallOptions &) = delete;
  CCallOptions &operator=(const CCallOptions &) = delete;

  const ava_call_options *get() const { return &options_; }

 private:
  std::vector<ava_header> headers_;
  ava_call_options options_;
};

inline ava_generate_options c_options(const GenerateOptions &how) {
  ava_generate_options options = ava_generate_options();
  options.size = sizeof options;
  options.instructions = how.instructions ? how.instructions.value().data() : nullptr;
  options.instructions_len = how.instructions.value().size();
  options.auto_send = how.auto_send ? AVA_YES : 0;
  return options;
}

inline ava_draft_options c_options(const DraftOptions &how) {
  ava_draft_options options = ava_draft_options();
  options.size = sizeof options;
  options.instructions = how.instructions ? how.instructions.value().data() : nullptr;
  options.instructions_len = how.instructions.value().size();
  options.history = how.history;
  return options;
}

inline std::vector<ava_turn> c_turns(const std::vector<Turn> &context, const char *delivery) {
  std::vector<ava_turn> turns;
  turns.reserve(context.size());
  for (const auto &said : context) {
    ava_turn turn = ava_turn();
    turn.role = c_text("context", said.role, delivery);
    turn.content = said.content.data();
    turn.content_len = said.content.size();
    turns.push_back(turn);
  }
  return turns;
}

// What a client calls.
struct ClientHooks {
  std::function<Token()> token_provider;
  std::function<void(Attempt)> on_unknown;

  static void provide(void *user_data, ava_token_request *request) {
    try {
      const Token token = static_cast<ClientHooks *>(user_data)->token_provider();
      ava_token_request_succeed(request, c_text("token", token.token), token.expires_in_ms);
    } catch (const std::exception &failure) {
      ava_token_request_fail(request, failure.what());
    } catch (...) {
      ava_token_request_fail(request, nullptr);
    }
  }

  static void unknown(void *user_data, ava_attempt *attempt) {
    quietly([=] { static_cast<ClientHooks *>(user_data)->on_unknown(Attempt(attempt)); });
  }
};

// What a listener calls.
struct ListenerHooks {
  std::function<void(const Gap &)> on_gap;
  std::function<void(const SkippedRow &)> on_skipped;
  std::function<void(ava_status, const std::string &)> on_retry;

  static void gap(void *user_data, const ava_gap *gap) {
    quietly([=] {
      static_cast<ListenerHooks *>(user_data)->on_gap(Gap{text(gap->from), text(gap->to), gap->from_ms, gap->to_ms});
    });
  }

  static void skip(void *user_data, const ava_skipped_row *row) {
    quietly([=] { static_cast<ListenerHooks *>(user_data)->on_skipped(skipped(*row)); });
  }

  static void retry(void *user_data, const ava_error *error) {
    quietly([=] {
      static_cast<ListenerHooks *>(user_data)->on_retry(ava_error_status(error), text(ava_error_message(error)));
    });
  }
};

struct Checkpoint {
  std::shared_ptr<CheckpointStore> store;

  static int load(void *user_data, ava_checkpoint_reply *reply) {
    try {
      const OptionalText state = static_cast<Checkpoint *>(user_data)->store->load();
      if (state) {
        ava_checkpoint_reply_give(reply, state.value().data(), state.value().size());
      }
      return 0;
    } catch (...) {
      return 1;
    }
  }

  static int save(void *user_data, const char *state, std::size_t state_len) {
    try {
      static_cast<Checkpoint *>(user_data)->store->save(std::string(state, state_len));
      return 0;
    } catch (...) {
      return 1;
    }
  }
};

}  // namespace detail

}  // namespace ava

#endif  // AVA_IMESSAGE_OPTIONS_HPP
