//! One message of a conversation.

use std::ffi::c_char;
use std::sync::Arc;

use ava_bridge::core::Message;

use crate::border::{free, into_handle, read};
use crate::text::{Extra, Lazy, Time, none};

/// A message: a row of a history, or one that came in (*Get Messages*, *Receive Messages*). Immutable; its strings live
/// as long as it does.
///
/// Own it if a function gave it to you through an output or a callback: free it with ava_message_free(). Those of a
/// page are the page's.
pub struct ava_message {
    /// All strings of all messages that came together, a NUL after each.
    strings: Arc<Vec<u8>>,
    id: Span,
    phone: Span,
    text: Span,
    direction: Span,
    status: Span,
    timestamp: Time,
    extra: Extra,
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    length: usize,
}

impl ava_message {
    pub(crate) fn one(message: Message) -> ava_message {
        let mut only = ava_message::all(vec![message]);
        only.swap_remove(0)
    }

    /// Messages whose strings are one piece of memory.
    pub(crate) fn all(messages: Vec<Message>) -> Vec<ava_message> {
        let parts = |it: &Message| {
            let texts = [&*it.id, &it.phone, &it.text, it.direction.as_str(), it.status.as_str()];
            texts.iter().map(|text| text.len() + 1).sum::<usize>()
        };
        let mut strings = Vec::with_capacity(messages.iter().map(parts).sum());
        let mut put = |text: &str| {
            let span = Span { start: strings.len(), length: text.len() };
            strings.extend_from_slice(text.as_bytes());
            strings.push(0);
            span
        };
        let spans: Vec<[Span; 5]> = messages
            .iter()
            .map(|it| [&*it.id, &it.phone, &it.text, it.direction.as_str(), it.status.as_str()].map(&mut put))
            .collect();
        let strings = Arc::new(strings);
        messages
            .into_iter()
            .zip(spans)
            .map(|(message, [id, phone, text, direction, status])| ava_message {
                strings: Arc::clone(&strings),
                id,
                phone,
                text,
                direction,
                status,
                timestamp: Lazy::new(message.timestamp),
                extra: Lazy::new(message.extra),
            })
            .collect()
    }

    fn at(&self, span: Span) -> *const c_char {
        self.strings[span.start..].as_ptr().cast()
    }

    /// What acknowledges it.
    pub(crate) fn id(&self) -> String {
        let Span { start, length } = self.id;
        String::from_utf8_lossy(&self.strings[start..start + length]).into_owned()
    }
}

/// Frees a message. NULL does nothing. Not for those of a page.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_free(message: *mut ava_message) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(message) }
}

/// Another handle of the same message, to be freed by itself: for keeping one of a page. NULL of NULL. It shares the
/// page's memory, which lives as long as either.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_clone(message: *const ava_message) -> *mut ava_message {
    let clone = |it: &ava_message| {
        into_handle(ava_message {
            strings: Arc::clone(&it.strings),
            timestamp: Lazy::new(*it.timestamp.value()),
            extra: Lazy::new(it.extra.value().clone()),
            ..*it
        })
    };
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null_mut(), clone) }
}

/// The service's id: "msg_abc123".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_id(message: *const ava_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null(), |it| it.at(it.id)) }
}

/// The other person's number, E.164.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_phone(message: *const ava_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null(), |it| it.at(it.phone)) }
}

/// What was written (the wire's "message"); its length goes to `len` unless that is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_text(message: *const ava_message, len: *mut usize) -> *const c_char {
    let text = |it: &ava_message| {
        // SAFETY: the caller vouches for `len`.
        if let Some(len) = unsafe { len.as_mut() } {
            *len = it.text.length;
        }
        it.at(it.text)
    };
    // SAFETY: the caller vouches for both.
    unsafe { read(message, none(len), text) }
}

/// Which way it went: "inbound" or "outbound", or what the service wrote instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_direction(message: *const ava_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null(), |it| it.at(it.direction)) }
}

/// How far it got: "queued", "sent", "delivered", "received", "failed", or what the service wrote instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_status(message: *const ava_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null(), |it| it.at(it.status)) }
}

/// When, by the service's clock: RFC 3339, UTC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_timestamp(message: *const ava_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null(), |it| it.timestamp.rfc3339()) }
}

/// When, by the service's clock: milliseconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_timestamp_ms(message: *const ava_message) -> i64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, 0, |it| it.timestamp.milliseconds()) }
}

/// Further members of the wire, as the text of a JSON object: "{}" if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_message_extra(message: *const ava_message) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(message, std::ptr::null(), |it| it.extra.json()) }
}
