// SPDX-License-Identifier: MIT OR Apache-2.0
//
// ava_imessage.hpp: ava_imessage.h for C++, from C++11 on. docs/c.md is the guide.
//
// OWNERS. Each class owns one handle, is moved and not copied (clone() where there is one), and frees it at its end.
// One that was moved from, and what a function gives when there is nothing, is empty: `if (message)`.
//
// ERRORS are thrown, as ava::Error. A text with a NUL in it, where the C library would end it there, is refused with
// AVA_ERROR_INVALID_REQUEST. Texts of messages may have one.
//
// OPTIONS. A member that is left alone has the library's default; numbers are as in ava_imessage.h: 0 is the default,
// AVA_NONE an explicit zero or no. Times are milliseconds.
//
// CALLBACKS may throw: nothing passes through the library. What a completion or a hook throws is dropped. What a token
// provider throws fails the call, and its what() is the reason() of the error's innermost cause; what a checkpoint throws
// fails it with AVA_ERROR_STORAGE, and its words are lost. Completions must not wait for another call.
//
// THREADS. As in C: any thread may use any object, but for moving and destroying it.

#ifndef AVA_IMESSAGE_HPP
#define AVA_IMESSAGE_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ava_imessage/options.hpp"
#include "ava_imessage/values.hpp"

namespace ava {

/// A conversation, message by message: `for (const auto &message : client.messages(phone))`.
class Messages {
 public:
  explicit Messages(ava_messages *owned) : handle_(owned) {}

  const ava_messages *get() const { return handle_.get(); }

  /// Empty at the end.
  Message next() const {
    ava_message *message = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_messages_next(get(), &message, &error), error);
    return Message(message);
  }

  Call next_async(Completion<Message> completion) const {
    return Begin::call(std::move(completion), [this](void *user_data, ava_call **call, ava_error **error) {
      return ava_messages_next_async(get(), Begin::completed<Message, ava_message>, user_data, call, error);
    });
  }

  /// Ends it, from any thread.
  void close() const { ava_messages_close(get()); }

  /// Goes through what is left, once.
  class Iterator {
   public:
    Iterator() : messages_(nullptr) {}
    explicit Iterator(const Messages *messages) : messages_(messages) { ++*this; }

    const Message &operator*() const { return message_; }
    const Message *operator->() const { return &message_; }
    Iterator &operator++() {
      message_ = messages_->next();
      if (!message_) {
        messages_ = nullptr;
      }
      return *this;
    }
    bool operator!=(const Iterator &other) const { return messages_ != other.messages_; }
    bool operator==(const Iterator &other) const { return messages_ == other.messages_; }

   private:
    const Messages *messages_;
    Message message_;
  };

  Iterator begin() const { return Iterator(this); }
  Iterator end() const { return Iterator(); }

 private:
  detail::Handle<ava_messages, ava_messages_free> handle_;
};

/// Inbound messages as they come in.
class Listener {
 public:
  explicit Listener(ava_listener *owned) : handle_(owned) {}

  const ava_listener *get() const { return handle_.get(); }

  /// Empty if none came in time, and at the end, of which is_ended() tells.
  Message next(std::int64_t timeout_ms = AVA_FOREVER) const {
    ava_message *message = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_listener_next(get(), timeout_ms, &message, &error), error);
    return Message(message);
  }

  Call next_async(std::int64_t timeout_ms, Completion<Message> completion) const {
    return Begin::call(std::move(completion), [=](void *user_data, ava_call **call, ava_error **error) {
      const auto callback = Begin::completed<Message, ava_message>;
      return ava_listener_next_async(get(), timeout_ms, callback, user_data, call, error);
    });
  }

  bool is_ended() const { return ava_listener_is_ended(get()); }

  /// The message need not come again. When this returns, the checkpoint has it.
  void ack(const Message &message) const {
    ava_error *error = nullptr;
    detail::check(ava_listener_ack(get(), message.get(), &error), error);
  }

  Call ack_async(const Message &message, Done done) const {
    return Begin::call(std::move(done), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_listener_ack_async(get(), message.get(), Begin::ended, user_data, call, error);
    });
  }

  /// Ends it, from any thread. It acknowledges nothing.
  void close() const { ava_listener_close(get()); }

 private:
  detail::Handle<ava_listener, ava_listener_free> handle_;
};

/// A client. Any thread may use it; one is enough for a program.
class Client {
 public:
  /// No connection is opened yet. Without options key and base URL come from the environment.
  explicit Client(const ClientOptions &options = ClientOptions()) {
    const auto headers = detail::c_headers(options.headers);
    ava_client_options c = ava_client_options();
    c.size = sizeof c;
    c.api_key = detail::c_text("api_key", options.api_key);
    c.base_url = detail::c_text("base_url", options.base_url);
    c.timeout_ms = options.timeout_ms;
    c.connect_timeout_ms = options.connect_timeout_ms;
    c.read_idle_timeout_ms = options.read_idle_timeout_ms;
    c.pool_idle_timeout_ms = options.pool_idle_timeout_ms;
    c.max_retries = options.max_retries;
    c.backoff_ms = options.backoff_ms;
    c.backoff_max_ms = options.backoff_max_ms;
    c.settle_within_ms = options.settle_within_ms;
    c.settle_gap_ms = options.settle_gap_ms;
    c.max_response_bytes = options.max_response_bytes;
    c.confirm_from_history = options.confirm_from_history;
    c.rate_limited_is_not_sent = options.rate_limited_is_not_sent;
    c.environment_proxy = options.environment_proxy;
    c.headers_len = headers.size();
    c.headers = headers.data();
    c.user_agent = detail::c_text("user_agent", options.user_agent);
    c.token_provider = options.token_provider ? detail::ClientHooks::provide : nullptr;
    c.on_unknown = options.on_unknown ? detail::ClientHooks::unknown : nullptr;
    if (options.token_provider || options.on_unknown) {
      // The library releases them, even where it refuses the rest.
      c.user_data = new detail::ClientHooks{options.token_provider, options.on_unknown};
      c.release = detail::release<detail::ClientHooks>;
    }
    ava_client *client = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_new(&c, &client, &error), error);
    handle_.reset(client);
  }

  const ava_client *get() const { return handle_.get(); }
  std::string base_url() const { return detail::text(ava_client_base_url(get())); }
  bool is_closed() const { return ava_client_is_closed(get()); }

  /// Refuses new calls from now on, ends the listeners, and waits until the calls under way have ended.
  void close() const {
    ava_error *error = nullptr;
    detail::check(ava_client_close(get(), &error), error);
  }

  /// Sends an iMessage. If it throws, delivery() says whether the message may have been delivered.
  SentMessage send(const std::string &phone, const std::string &text,
                   const CallOptions &options = CallOptions()) const {
    const char *to = detail::c_text("phone", phone, not_sent());
    const detail::CCallOptions c(options, not_sent());
    ava_sent_message *sent = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_send(get(), to, text.data(), text.size(), c.get(), &sent, &error), error);
    return SentMessage(sent);
  }

  Call send_async(const std::string &phone, const std::string &text, Completion<SentMessage> completion,
                  const CallOptions &options = CallOptions()) const {
    const char *to = detail::c_text("phone", phone, not_sent());
    const detail::CCallOptions c(options, not_sent());
    return Begin::call(std::move(completion), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_client_send_async(get(), to, text.data(), text.size(), c.get(),
                                   Begin::completed<SentMessage, ava_sent_message>, user_data, call, error);
    });
  }

  /// Asks the history again whether an unknown send happened. Nothing is posted.
  SentMessage settle(const Attempt &attempt, const CallOptions &options = CallOptions()) const {
    const detail::CCallOptions c(options, attempt ? "unknown" : "", attempt.get());
    ava_sent_message *sent = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_settle(get(), attempt.get(), c.get(), &sent, &error), error);
    return SentMessage(sent);
  }

  Call settle_async(const Attempt &attempt, Completion<SentMessage> completion,
                    const CallOptions &options = CallOptions()) const {
    const detail::CCallOptions c(options, attempt ? "unknown" : "", attempt.get());
    return Begin::call(std::move(completion), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_client_settle_async(get(), attempt.get(), c.get(),
                                     Begin::completed<SentMessage, ava_sent_message>, user_data, call, error);
    });
  }

  /// A conversation, to be read message by message. The deadline is that of each page.
  Messages messages(const std::string &phone, const CallOptions &options = CallOptions()) const {
    const detail::CCallOptions c(options);
    ava_messages *messages = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_messages(get(), detail::c_text("phone", phone), c.get(), &messages, &error), error);
    return Messages(messages);
  }

  /// One page of a conversation. `limit`: 1 to 100, or 0 for the default.
  MessagePage messages_page(const std::string &phone, std::int64_t limit = 0, std::int64_t offset = 0,
                            const CallOptions &options = CallOptions()) const {
    const char *of = detail::c_text("phone", phone);
    const detail::CCallOptions c(options);
    ava_message_page *page = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_messages_page(get(), of, limit, offset, c.get(), &page, &error), error);
    return MessagePage(page);
  }

  Call messages_page_async(const std::string &phone, std::int64_t limit, std::int64_t offset,
                           Completion<MessagePage> completion,
                           const CallOptions &options = CallOptions()) const {
    const char *of = detail::c_text("phone", phone);
    const detail::CCallOptions c(options);
    return Begin::call(std::move(completion), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_client_messages_page_async(get(), of, limit, offset, c.get(),
                                            Begin::completed<MessagePage, ava_message_page>, user_data, call, error);
    });
  }

  /// Asks once for inbound messages. To get them all, listen().
  PollPage poll(const OptionalText &since = OptionalText(), const OptionalText &phone = OptionalText(),
                const CallOptions &options = CallOptions()) const {
    const char *after = detail::c_text("since", since);
    const char *from = detail::c_text("phone", phone);
    const detail::CCallOptions c(options);
    ava_poll_page *page = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_poll(get(), after, from, c.get(), &page, &error), error);
    return PollPage(page);
  }

  Call poll_async(const OptionalText &since, const OptionalText &phone, Completion<PollPage> completion,
                  const CallOptions &options = CallOptions()) const {
    const char *after = detail::c_text("since", since);
    const char *from = detail::c_text("phone", phone);
    const detail::CCallOptions c(options);
    return Begin::call(std::move(completion), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_client_poll_async(get(), after, from, c.get(), Begin::completed<PollPage, ava_poll_page>, user_data,
                                   call, error);
    });
  }

  /// Has AVA write a reply to these turns, oldest first. Unless `auto_send` is on, nothing is sent.
  GeneratedMessage generate(const std::string &phone, const std::vector<Turn> &context,
                            const GenerateOptions &how = GenerateOptions(),
                            const CallOptions &options = CallOptions()) const {
    const char *delivery = how.auto_send ? not_sent() : "";
    const char *to = detail::c_text("phone", phone, delivery);
    const auto turns = detail::c_turns(context, delivery);
    const auto c_how = detail::c_options(how);
    const detail::CCallOptions c(options, delivery);
    ava_generated_message *made = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_generate(get(), to, turns.data(), turns.size(), &c_how, c.get(), &made, &error), error);
    return GeneratedMessage(made);
  }

  Call generate_async(const std::string &phone, const std::vector<Turn> &context,
                      Completion<GeneratedMessage> completion, const GenerateOptions &how = GenerateOptions(),
                      const CallOptions &options = CallOptions()) const {
    const char *delivery = how.auto_send ? not_sent() : "";
    const char *to = detail::c_text("phone", phone, delivery);
    const auto turns = detail::c_turns(context, delivery);
    const auto c_how = detail::c_options(how);
    const detail::CCallOptions c(options, delivery);
    return Begin::call(std::move(completion), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_client_generate_async(get(), to, turns.data(), turns.size(), &c_how, c.get(),
                                       Begin::completed<GeneratedMessage, ava_generated_message>, user_data, call,
                                       error);
    });
  }

  /// Has AVA write a reply to the newest messages of a conversation. Nothing is sent.
  GeneratedMessage draft_reply(const std::string &phone, const DraftOptions &how = DraftOptions(),
                               const CallOptions &options = CallOptions()) const {
    const char *to = detail::c_text("phone", phone);
    const auto c_how = detail::c_options(how);
    const detail::CCallOptions c(options);
    ava_generated_message *made = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_draft_reply(get(), to, &c_how, c.get(), &made, &error), error);
    return GeneratedMessage(made);
  }

  Call draft_reply_async(const std::string &phone, Completion<GeneratedMessage> completion,
                         const DraftOptions &how = DraftOptions(),
                         const CallOptions &options = CallOptions()) const {
    const char *to = detail::c_text("phone", phone);
    const auto c_how = detail::c_options(how);
    const detail::CCallOptions c(options);
    return Begin::call(std::move(completion), [&](void *user_data, ava_call **call, ava_error **error) {
      return ava_client_draft_reply_async(get(), to, &c_how, c.get(),
                                          Begin::completed<GeneratedMessage, ava_generated_message>, user_data, call,
                                          error);
    });
  }

  /// Listens for inbound messages. The options speak of each poll.
  Listener listen(const ListenOptions &how = ListenOptions(), const CallOptions &options = CallOptions()) const {
    ava_listen_options c_how = ava_listen_options();
    c_how.size = sizeof c_how;
    c_how.since = detail::c_text("since", how.since);
    c_how.phone = detail::c_text("phone", how.phone);
    c_how.interval_ms = how.interval_ms;
    c_how.checkpoint_file = detail::c_text("checkpoint_file", how.checkpoint_file);
    c_how.auto_ack = how.auto_ack ? AVA_YES : AVA_NONE;
    c_how.on_gap = how.on_gap ? detail::ListenerHooks::gap : nullptr;
    c_how.on_skipped = how.on_skipped ? detail::ListenerHooks::skip : nullptr;
    c_how.on_retry = how.on_retry ? detail::ListenerHooks::retry : nullptr;
    const detail::CCallOptions c(options);
    // From here on the library releases what it is handed, even where it refuses the rest.
    std::unique_ptr<detail::ListenerHooks> hooks;
    if (how.on_gap || how.on_skipped || how.on_retry) {
      hooks.reset(new detail::ListenerHooks{how.on_gap, how.on_skipped, how.on_retry});
    }
    ava_checkpoint_store store = ava_checkpoint_store();
    if (how.checkpoint_store) {
      store.size = sizeof store;
      store.load = detail::Checkpoint::load;
      store.save = detail::Checkpoint::save;
      store.user_data = new detail::Checkpoint{how.checkpoint_store};
      store.release = detail::release<detail::Checkpoint>;
      c_how.checkpoint_store = &store;
    }
    if (hooks) {
      c_how.user_data = hooks.release();
      c_how.release = detail::release<detail::ListenerHooks>;
    }
    ava_listener *listener = nullptr;
    ava_error *error = nullptr;
    detail::check(ava_client_listen(get(), &c_how, c.get(), &listener, &error), error);
    return Listener(listener);
  }

 private:
  static const char *not_sent() { return "not_sent"; }

  detail::Handle<ava_client, ava_client_free> handle_;
};

/// The version of the library that is loaded.
inline std::string version() { return ava_version(); }

/// Throws unless a phone number is one that could be sent to.
inline void check_phone(const std::string &phone) {
  ava_error *error = nullptr;
  detail::check(ava_check_phone(detail::c_text("phone", phone), &error), error);
}

/// Throws unless a text is one that could be sent.
inline void check_text(const std::string &text) {
  ava_error *error = nullptr;
  detail::check(ava_check_text(text.data(), text.size(), &error), error);
}

/// Ends everything of the library in this process, for good. Not needed before a process exits. It throws with
/// AVA_ERROR_TIMEOUT if callbacks may still be running then, or be called yet: calling it again goes on waiting.
inline void shutdown(std::int64_t timeout_ms) {
  ava_error *error = nullptr;
  detail::check(ava_shutdown(timeout_ms, &error), error);
}

}  // namespace ava

#endif  // AVA_IMESSAGE_HPP
