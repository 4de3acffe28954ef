//! A send that may or may not have happened.

use std::ffi::c_char;

use ava_bridge::core::Attempt;
use ava_bridge::{attempt_from_text, attempt_to_text};

use crate::border::{Out, ava_status, free, into_handle, read, run, text};
use crate::error::ava_error;
use crate::text::{Lazy, Text, none};

/// A send that may or may not have happened, for ava_client_settle(). Immutable.
///
/// Own it (but for the one that an error has): free it with ava_attempt_free().
pub struct ava_attempt {
    attempt: Lazy<Attempt>,
    phone: Text,
    text: Text,
}

impl ava_attempt {
    pub(crate) fn new(attempt: Attempt) -> ava_attempt {
        let (phone, text) = (attempt.phone().into(), attempt.text().into());
        ava_attempt { attempt: Lazy::new(attempt), phone, text }
    }

    pub(crate) fn get(&self) -> &Attempt {
        self.attempt.value()
    }
}

/// Frees an attempt. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_free(attempt: *mut ava_attempt) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(attempt) }
}

/// Another handle of the same attempt, to be freed by itself: for keeping what an error has. NULL of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_clone(attempt: *const ava_attempt) -> *mut ava_attempt {
    let clone = |attempt: &ava_attempt| into_handle(ava_attempt::new(attempt.get().clone()));
    // SAFETY: the caller vouches for the handle.
    unsafe { read(attempt, std::ptr::null_mut(), clone) }
}

/// To whom the message would have gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_phone(attempt: *const ava_attempt) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(attempt, std::ptr::null(), |attempt| attempt.phone.pointer()) }
}

/// What it would have said; its length goes to `len` unless that is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_text(attempt: *const ava_attempt, len: *mut usize) -> *const c_char {
    // SAFETY: the caller vouches for both.
    unsafe { read(attempt, none(len), |attempt| attempt.text.give(len)) }
}

/// Whether another process can settle it, from its text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_is_portable(attempt: *const ava_attempt) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(attempt, false, |attempt| attempt.get().is_portable()) }
}

/// The attempt as JSON text, to be kept over a restart; NULL of NULL. It holds the phone and the message. It lives as
/// long as the attempt.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_json(attempt: *const ava_attempt) -> *const c_char {
    let json = |attempt: &ava_attempt| {
        attempt.attempt.text(|attempt| attempt_to_text(attempt).unwrap_or_default()).pointer()
    };
    // SAFETY: the caller vouches for the handle.
    unsafe { read(attempt, std::ptr::null(), json) }
}

/// The attempt that ava_attempt_json() wrote.
///
/// `json_len` may be AVA_NUL_TERMINATED. Free `*attempt` with ava_attempt_free(). AVA_ERROR_INVALID_REQUEST if the text
/// is none of an attempt.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_attempt_from_json(
    json: *const c_char,
    json_len: usize,
    attempt: *mut *mut ava_attempt,
    error: *mut *mut ava_error,
) -> ava_status {
    run(error, || {
        let out = Out::new(attempt, "attempt")?;
        // SAFETY: the caller vouches for the text.
        let json = unsafe { text(json, json_len, "json") }?;
        out.give(ava_attempt::new(attempt_from_text(json)?));
        Ok(())
    })
}
