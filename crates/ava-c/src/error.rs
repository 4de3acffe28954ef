//! What went wrong, and what a caller needs to decide what to do.

use std::ffi::c_char;

use ava_bridge::{Error, ErrorView, source_of};

use crate::attempt::ava_attempt;
use crate::border::{ava_status, free, quietly, read};
use crate::foreign::Said;
use crate::text::{Text, none, pointer};

/// What went wrong. Immutable; its strings, its attempt and its cause live as long as it does.
///
/// Own it: free it with ava_error_free().
pub struct ava_error {
    status: ava_status,
    code: Text,
    message: Text,
    http_status: u16,
    request_id: Option<Text>,
    retry_after_ms: i64,
    body: Option<Text>,
    delivery: Option<Text>,
    message_id: Option<Text>,
    attempt: Option<Box<ava_attempt>>,
    cause: Option<Box<ava_error>>,
    reason: Option<Text>,
}

impl ava_error {
    pub(crate) fn new(error: &Error) -> ava_error {
        let mut made = ava_error::from(ErrorView::from(error));
        made.set_reason(error);
        made
    }

    /// What a callback of the application said stands behind the innermost of our errors.
    fn set_reason(&mut self, error: &Error) {
        match (&mut self.cause, error.cause()) {
            (Some(cause), Some(of)) => cause.set_reason(of),
            _ => self.reason = source_of::<Said>(error).map(said),
        }
    }
}

impl From<ErrorView> for ava_error {
    fn from(view: ErrorView) -> ava_error {
        let is_innermost = view.cause.is_none();
        let reason = view.source_of::<Said>().filter(|_| is_innermost).map(said);
        ava_error {
            status: view.number.into(),
            code: view.code.into(),
            message: Text::new(view.message),
            http_status: view.status.unwrap_or_default(),
            request_id: view.request_id.map(Text::new),
            retry_after_ms: view.retry_after_ms.map_or(-1, |ms| i64::try_from(ms).unwrap_or(i64::MAX)),
            body: view.body.map(Text::new),
            delivery: view.delivery.map(Text::from),
            message_id: view.message_id.map(Text::new),
            attempt: view.attempt.map(|attempt| Box::new(ava_attempt::new(attempt))),
            cause: view.cause.map(|cause| Box::new(ava_error::from(*cause))),
            reason,
        }
    }
}

fn said(what: &Said) -> Text {
    Text::from(&*what.0)
}

/// Frees an error and all that it gave. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_free(error: *mut ava_error) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(error) }
}

/// Its kind: what the call returned. AVA_OK of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_status(error: *const ava_error) -> ava_status {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, 0, |error| error.status) }
}

/// The stable name of its kind: "rate_limited". NULL of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_code(error: *const ava_error) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), |error| error.code.pointer()) }
}

/// One line for people, without anybody's data; the service's words where it gave some. NULL of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_message(error: *const ava_error) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), |error| error.message.pointer()) }
}

/// The HTTP status, or 0 if there was no answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_http_status(error: *const ava_error) -> u16 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, 0, |error| error.http_status) }
}

/// The service's name for the request ("x-request-id", "request-id"), or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_request_id(error: *const ava_error) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), |error| pointer(error.request_id.as_ref())) }
}

/// How many milliseconds the service asks to wait, or -1 if it doesn't say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_retry_after_ms(error: *const ava_error) -> i64 {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, -1, |error| error.retry_after_ms) }
}

/// The first 8 KiB of the service's answer, or NULL; its length goes to `len` unless that is NULL. It may hold
/// people's data: for debugging, not for logs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_body(error: *const ava_error, len: *mut usize) -> *const c_char {
    let body = |error: &ava_error| {
        // SAFETY: the caller vouches for `len`.
        unsafe { error.body.as_ref().map_or_else(|| none(len), |body| body.give(len)) }
    };
    // SAFETY: the caller vouches for both.
    unsafe { read(error, none(len), body) }
}

/// Of a send that failed, "not_sent" or "unknown"; else NULL. What is unknown may have been delivered: don't send
/// it again; ask ava_client_settle().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_delivery(error: *const ava_error) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), |error| pointer(error.delivery.as_ref())) }
}

/// The id of the message that failed, where the history showed that it did; else NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_message_id(error: *const ava_error) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), |error| pointer(error.message_id.as_ref())) }
}

/// What ava_client_settle() needs, or NULL. Borrowed: it lives as long as the error; ava_attempt_clone() keeps it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_attempt(error: *const ava_error) -> *const ava_attempt {
    let attempt = |error: &ava_error| error.attempt.as_deref().map_or(std::ptr::null(), |it| it as *const _);
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), attempt) }
}

/// The error behind this one, or NULL. Borrowed: it lives as long as this one; don't free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_cause(error: *const ava_error) -> *const ava_error {
    let cause = |error: &ava_error| error.cause.as_deref().map_or(std::ptr::null(), |it| it as *const _);
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), cause) }
}

/// What a callback of yours gave as its reason to fail, or NULL. It stands with the innermost cause.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_error_reason(error: *const ava_error) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(error, std::ptr::null(), |error| pointer(error.reason.as_ref())) }
}

/// The stable name of a status: "rate_limited"; "ok" of AVA_OK, "unknown" of a number that this version doesn't
/// know. It lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn ava_status_name(status: ava_status) -> *const c_char {
    quietly(c"unknown".as_ptr(), || crate::library::name_of(status).as_ptr())
}
