//! A message that the service has accepted.

use std::ffi::c_char;

use ava_bridge::core::SentMessage;

use crate::border::{free, read};
use crate::text::{Extra, Lazy, Text, Time};

/// A message that was sent: the service has accepted it (*Send Message*). Whether it was delivered, a row of the history
/// tells. Immutable; its strings live as long as it does.
///
/// Own it: free it with ava_sent_message_free().
pub struct ava_sent_message {
    message_id: Text,
    timestamp: Time,
    confirmation: Text,
    extra: Extra,
}

impl From<SentMessage> for ava_sent_message {
    fn from(sent: SentMessage) -> ava_sent_message {
        ava_sent_message {
            message_id: Text::new(sent.message_id),
            timestamp: Lazy::new(sent.timestamp),
            confirmation: sent.confirmation.as_str().into(),
            extra: Lazy::new(sent.extra),
        }
    }
}

/// Frees it. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_sent_message_free(sent: *mut ava_sent_message) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(sent) }
}

/// The service's id: "msg_abc123".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_sent_message_message_id(sent: *const ava_sent_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(sent, std::ptr::null(), |it| it.message_id.pointer()) }
}

/// When it was accepted, by the service's clock: RFC 3339, UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_sent_message_timestamp(sent: *const ava_sent_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(sent, std::ptr::null(), |it| it.timestamp.rfc3339()) }
}

/// When it was accepted, by the service's clock: milliseconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_sent_message_timestamp_ms(sent: *const ava_sent_message) -> i64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(sent, 0, |it| it.timestamp.milliseconds()) }
}

/// What says that it was sent: "response", or "history" where the answer was lost and the history showed it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_sent_message_confirmation(sent: *const ava_sent_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(sent, std::ptr::null(), |it| it.confirmation.pointer()) }
}

/// Further members of the wire, as the text of a JSON object: "{}" if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_sent_message_extra(sent: *const ava_sent_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(sent, std::ptr::null(), |it| it.extra.json()) }
}
