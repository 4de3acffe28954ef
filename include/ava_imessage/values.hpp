// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What calls give, and what they throw. A part of ava_imessage.hpp, which is to be included.

#ifndef AVA_IMESSAGE_VALUES_HPP
#define AVA_IMESSAGE_VALUES_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../ava_imessage.h"

namespace ava {

/// A text, or none: of an option, the default.
class OptionalText {
 public:
  OptionalText() : set_(false) {}
  OptionalText(const char *text) : set_(text != nullptr), text_(text != nullptr ? text : "") {}
  OptionalText(std::string text) : set_(true), text_(std::move(text)) {}

  explicit operator bool() const { return set_; }
  const std::string &value() const { return text_; }

 private:
  bool set_;
  std::string text_;
};

/// Headers of requests, by name.
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace detail {

template <class T, void (*Free)(T *)>
struct Freed {
  void operator()(T *handle) const { Free(handle); }
};

template <class T, void (*Free)(T *)>
using Handle = std::unique_ptr<T, Freed<T, Free>>;

inline std::string text(const char *borrowed) { return borrowed != nullptr ? borrowed : ""; }

template <class T>
std::string text_with_length(const char *(*getter)(const T *, std::size_t *), const T *handle) {
  std::size_t length = 0;
  const char *borrowed = getter(handle, &length);
  return borrowed != nullptr ? std::string(borrowed, length) : std::string();
}

// What the library is handed as `user_data`, for what it calls more than once; ava_release deletes it.
template <class Kept>
void release(void *user_data) {
  delete static_cast<Kept *>(user_data);
}

}  // namespace detail

/// A send that may or may not have happened, for Client::settle().
class Attempt {
 public:
  Attempt() {}
  explicit Attempt(ava_attempt *owned) : handle_(owned) {}

  /// The attempt that json() wrote.
  static Attempt from_json(const std::string &json);

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_attempt *get() const { return handle_.get(); }
  Attempt clone() const { return Attempt(ava_attempt_clone(get())); }

  std::string phone() const { return detail::text(ava_attempt_phone(get())); }
  std::string text() const { return detail::text_with_length(ava_attempt_text, get()); }
  /// Whether another process can settle it.
  bool is_portable() const { return ava_attempt_is_portable(get()); }
  /// To be kept over a restart. It holds the phone and the message.
  std::string json() const { return detail::text(ava_attempt_json(get())); }

 private:
  detail::Handle<ava_attempt, ava_attempt_free> handle_;
};

/// What went wrong. what() is for people, status() for decisions: docs/errors.md has a line on each.
class Error : public std::runtime_error {
 public:
  /// From the library, which gave it to us to own.
  explicit Error(ava_error *owned)
      : Error(ava_error_status(owned), std::shared_ptr<const ava_error>(owned, [](const ava_error *error) {
                ava_error_free(const_cast<ava_error *>(error));
              })) {}

  /// From here, before the library was asked.
  Error(ava_status status, const std::string &message, const char *delivery = "", const ava_attempt *attempt = nullptr)
      : std::runtime_error(message),
        status_(status),
        delivery_(delivery),
        attempt_(ava_attempt_clone(attempt),
                 [](const ava_attempt *owned) { ava_attempt_free(const_cast<ava_attempt *>(owned)); }) {}

  ava_status status() const noexcept { return status_; }
  /// The stable name of status(): "rate_limited".
  std::string code() const { return ava_status_name(status_); }
  /// 0 if there was no answer.
  unsigned http_status() const noexcept { return ava_error_http_status(handle_.get()); }
  /// The service's name for the request, or empty.
  std::string request_id() const { return detail::text(ava_error_request_id(handle_.get())); }
  /// How long the service asks to wait; -1 if it doesn't say.
  std::int64_t retry_after_ms() const noexcept {
    return handle_ ? ava_error_retry_after_ms(handle_.get()) : -1;
  }
  /// The first 8 KiB of the service's answer. It may hold people's data: not for logs.
  std::string body() const { return detail::text_with_length(ava_error_body, handle_.get()); }
  /// Of a send "not_sent" or "unknown", else empty. What is unknown may have been delivered: don't send it again.
  std::string delivery() const { return handle_ ? detail::text(ava_error_delivery(handle_.get())) : delivery_; }
  /// Of the message that failed, or empty.
  std::string message_id() const { return detail::text(ava_error_message_id(handle_.get())); }
  /// What Client::settle() needs, or an empty one.
  Attempt attempt() const {
    return Attempt(ava_attempt_clone(handle_ ? ava_error_attempt(handle_.get()) : attempt_.get()));
  }
  /// The error behind this one, or null.
  std::shared_ptr<const Error> cause() const {
    const ava_error *behind = ava_error_cause(handle_.get());
    if (behind == nullptr) {
      return nullptr;
    }
    // The cause lives as long as its error, which this keeps.
    std::shared_ptr<const ava_error> shared(handle_, behind);
    return std::shared_ptr<const Error>(new Error(ava_error_status(behind), std::move(shared)));
  }
  /// What a callback of yours gave as its reason to fail: it stands with the innermost cause.
  std::string reason() const { return detail::text(ava_error_reason(handle_.get())); }

 private:
  Error(ava_status status, std::shared_ptr<const ava_error> handle)
      : std::runtime_error(detail::text(ava_error_message(handle.get()))),
        status_(status),
        delivery_(""),
        handle_(std::move(handle)) {}

  ava_status status_;
  const char *delivery_;
  std::shared_ptr<const ava_attempt> attempt_;
  std::shared_ptr<const ava_error> handle_;
};

namespace detail {

// By reference: `check(f(&error), error)` may look at its second argument before its first has been called.
inline void check(ava_status status, ava_error *const &error) {
  if (status != AVA_OK) {
    throw error != nullptr ? Error(error) : Error(status, ava_status_name(status));
  }
}

// A text that the library ends at its first NUL.
inline const char *c_text(const char *argument, const std::string &text, const char *delivery = "",
                          const ava_attempt *attempt = nullptr) {
  if (text.find('\0') != std::string::npos) {
    throw Error(AVA_ERROR_INVALID_REQUEST, std::string(argument) + ": has a NUL in it", delivery, attempt);
  }
  return text.c_str();
}

inline const char *c_text(const char *argument, const OptionalText &text) {
  return text ? c_text(argument, text.value()) : nullptr;
}

inline std::vector<ava_header> c_headers(const Headers &headers, const char *delivery = "",
                                         const ava_attempt *attempt = nullptr) {
  std::vector<ava_header> list;
  list.reserve(headers.size());
  for (const auto &header : headers) {
    ava_header one = ava_header();
    one.name = c_text("headers", header.first, delivery, attempt);
    one.value = c_text("headers", header.second, delivery, attempt);
    list.push_back(one);
  }
  return list;
}

// A hook of the user's: nothing that it throws passes through the library.
template <class Function>
void quietly(Function function) noexcept {
  try {
    function();
  } catch (...) {
  }
}

}  // namespace detail

inline Attempt Attempt::from_json(const std::string &json) {
  ava_attempt *attempt = nullptr;
  ava_error *error = nullptr;
  detail::check(ava_attempt_from_json(json.data(), json.size(), &attempt, &error), error);
  return Attempt(attempt);
}

/// A message: a row of a history, or one that came in. An empty one stands for none.
class Message {
 public:
  Message() {}
  explicit Message(ava_message *owned) : handle_(owned) {}

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_message *get() const { return handle_.get(); }
  Message clone() const { return Message(ava_message_clone(get())); }

  std::string id() const { return detail::text(ava_message_id(get())); }
  std::string phone() const { return detail::text(ava_message_phone(get())); }
  std::string text() const { return detail::text_with_length(ava_message_text, get()); }
  std::string direction() const { return detail::text(ava_message_direction(get())); }
  std::string status() const { return detail::text(ava_message_status(get())); }
  std::string timestamp() const { return detail::text(ava_message_timestamp(get())); }
  std::int64_t timestamp_ms() const { return ava_message_timestamp_ms(get()); }
  /// Further members of the wire, the text of a JSON object.
  std::string extra() const { return detail::text(ava_message_extra(get())); }

 private:
  detail::Handle<ava_message, ava_message_free> handle_;
};

/// A message that the service has accepted.
class SentMessage {
 public:
  SentMessage() {}
  explicit SentMessage(ava_sent_message *owned) : handle_(owned) {}

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_sent_message *get() const { return handle_.get(); }

  std::string message_id() const { return detail::text(ava_sent_message_message_id(get())); }
  std::string timestamp() const { return detail::text(ava_sent_message_timestamp(get())); }
  std::int64_t timestamp_ms() const { return ava_sent_message_timestamp_ms(get()); }
  /// "response", or "history" where the answer was lost and the history showed it.
  std::string confirmation() const { return detail::text(ava_sent_message_confirmation(get())); }
  std::string extra() const { return detail::text(ava_sent_message_extra(get())); }

 private:
  detail::Handle<ava_sent_message, ava_sent_message_free> handle_;
};

/// A message that AVA has written.
class GeneratedMessage {
 public:
  GeneratedMessage() {}
  explicit GeneratedMessage(ava_generated_message *owned) : handle_(owned) {}

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_generated_message *get() const { return handle_.get(); }

  std::string text() const { return detail::text_with_length(ava_generated_message_text, get()); }
  std::string message_id() const { return detail::text(ava_generated_message_message_id(get())); }
  bool sent() const { return ava_generated_message_sent(get()); }
  std::string timestamp() const { return detail::text(ava_generated_message_timestamp(get())); }
  std::int64_t timestamp_ms() const { return ava_generated_message_timestamp_ms(get()); }
  std::string extra() const { return detail::text(ava_generated_message_extra(get())); }

 private:
  detail::Handle<ava_generated_message, ava_generated_message_free> handle_;
};

/// A row that couldn't be read.
struct SkippedRow {
  std::size_t index;
  std::string reason;
  /// As it came, JSON text. It may hold people's data.
  std::string raw;
};

namespace detail {

inline SkippedRow skipped(const ava_skipped_row &row) { return SkippedRow{row.index, text(row.reason), text(row.raw)}; }

}  // namespace detail

/// A page of a conversation.
class MessagePage {
 public:
  MessagePage() {}
  explicit MessagePage(ava_message_page *owned) : handle_(owned) {}

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_message_page *get() const { return handle_.get(); }

  std::size_t size() const { return ava_message_page_len(get()); }
  /// Empty past the end. It may outlive the page.
  Message message(std::size_t index) const {
    return Message(ava_message_clone(ava_message_page_message(get(), index)));
  }
  std::vector<Message> messages() const {
    std::vector<Message> all;
    for (std::size_t index = 0; index < size(); ++index) {
      all.push_back(message(index));
    }
    return all;
  }
  std::uint64_t total() const { return ava_message_page_total(get()); }
  std::uint64_t limit() const { return ava_message_page_limit(get()); }
  std::uint64_t offset() const { return ava_message_page_offset(get()); }
  std::vector<SkippedRow> skipped() const {
    std::vector<SkippedRow> rows;
    for (std::size_t index = 0; index < ava_message_page_skipped_len(get()); ++index) {
      rows.push_back(detail::skipped(*ava_message_page_skipped(get(), index)));
    }
    return rows;
  }
  std::string extra() const { return detail::text(ava_message_page_extra(get())); }

 private:
  detail::Handle<ava_message_page, ava_message_page_free> handle_;
};

/// What one poll has brought.
class PollPage {
 public:
  PollPage() {}
  explicit PollPage(ava_poll_page *owned) : handle_(owned) {}

  explicit operator bool() const { return handle_ != nullptr; }
  const ava_poll_page *get() const { return handle_.get(); }

  std::size_t size() const { return ava_poll_page_len(get()); }
  /// Empty past the end. It may outlive the page.
  Message message(std::size_t index) const {
    return Message(ava_message_clone(ava_poll_page_message(get(), index)));
  }
  std::vector<Message> messages() const {
    std::vector<Message> all;
    for (std::size_t index = 0; index < size(); ++index) {
      all.push_back(message(index));
    }
    return all;
  }
  std::uint64_t count() const { return ava_poll_page_count(get()); }
  bool has_more() const { return ava_poll_page_has_more(get()); }
  std::vector<SkippedRow> skipped() const {
    std::vector<SkippedRow> rows;
    for (std::size_t index = 0; index < ava_poll_page_skipped_len(get()); ++index) {
      rows.push_back(detail::skipped(*ava_poll_page_skipped(get(), index)));
    }
    return rows;
  }
  std::string extra() const { return detail::text(ava_poll_page_extra(get())); }

 private:
  detail::Handle<ava_poll_page, ava_poll_page_free> handle_;
};

/// Cancels the calls that were given it in their options, from any thread.
class Cancel {
 public:
  Cancel() : handle_(ava_cancel_new()) {}

  const ava_cancel *get() const { return handle_.get(); }
  void cancel() const { ava_cancel_cancel(get()); }
  bool is_cancelled() const { return ava_cancel_is_cancelled(get()); }

 private:
  detail::Handle<ava_cancel, ava_cancel_free> handle_;
};

}  // namespace ava

#endif  // AVA_IMESSAGE_VALUES_HPP
