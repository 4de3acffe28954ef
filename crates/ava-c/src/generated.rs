//! A message that AVA has written.

use std::ffi::c_char;

use ava_bridge::core::GeneratedMessage;

use crate::border::{free, read};
use crate::text::{Extra, Lazy, Text, Time, none};

/// A message that AVA has written (*Generate Message with AVA*). Immutable; its strings live as long as it does.
///
/// Own it: free it with ava_generated_message_free().
pub struct ava_generated_message {
    text: Text,
    message_id: Text,
    sent: bool,
    timestamp: Time,
    extra: Extra,
}

impl From<GeneratedMessage> for ava_generated_message {
    fn from(generated: GeneratedMessage) -> ava_generated_message {
        ava_generated_message {
            text: Text::new(generated.text),
            message_id: Text::new(generated.message_id),
            sent: generated.sent,
            timestamp: Lazy::new(generated.timestamp),
            extra: Lazy::new(generated.extra),
        }
    }
}

/// Frees it. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_free(generated: *mut ava_generated_message) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(generated) }
}

/// What AVA wrote (the wire's "generated_message"); its length goes to `len` unless that is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_text(
    generated: *const ava_generated_message,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the caller vouches for both.
    unsafe { read(generated, none(len), |it| it.text.give(len)) }
}

/// The service's id: "msg_ai_abc123".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_message_id(
    generated: *const ava_generated_message,
) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(generated, std::ptr::null(), |it| it.message_id.pointer()) }
}

/// Whether the service has sent it, too. Without `auto_send` it never has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_sent(generated: *const ava_generated_message) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(generated, false, |it| it.sent) }
}

/// When, by the service's clock: RFC 3339, UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_timestamp(
    generated: *const ava_generated_message,
) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(generated, std::ptr::null(), |it| it.timestamp.rfc3339()) }
}

/// When, by the service's clock: milliseconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_timestamp_ms(generated: *const ava_generated_message) -> i64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(generated, 0, |it| it.timestamp.milliseconds()) }
}

/// Further members of the wire, as the text of a JSON object: "{}" if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_generated_message_extra(
    generated: *const ava_generated_message,
) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(generated, std::ptr::null(), |it| it.extra.json()) }
}
