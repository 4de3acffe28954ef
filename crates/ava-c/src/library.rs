//! The library as a whole.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use ava_bridge::ErrorKind;

use crate::border::{ava_status, run, string, text};
use crate::error::ava_error;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The version of the library that is loaded: "0.1.0". The header's is AVA_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn ava_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The name of a status, without a copy of the table of errors.
pub(crate) fn name_of(status: ava_status) -> &'static CStr {
    use std::ffi::CString;
    use std::sync::LazyLock;
    static NAMES: LazyLock<Vec<(u32, CString)>> = LazyLock::new(|| {
        let names = ErrorKind::ALL
            .iter()
            .map(|kind| (u32::from(kind.number()), CString::new(kind.code()).unwrap_or_default()));
        std::iter::once((0, c"ok".to_owned())).chain(names).collect()
    });
    let found = NAMES.iter().find(|(number, _)| *number == status);
    found.map_or(c"unknown", |(_, name)| name)
}

/// Ends everything of this library in this process, for good: calls in flight end with AVA_ERROR_CLOSED, and so does
/// every later one. Waits up to `timeout_ms` milliseconds until the requests' threads have ended and every completion,
/// hook and line of the log has been told. Handles are freed as ever, before or after.
///
/// AVA_ERROR_TIMEOUT if that isn't over by then: callbacks may still be running, or be called yet, so that no `user_data`
/// may go. Calling it again goes on waiting. So it ends from within a hook, a token provider or a checkpoint, which it
/// waits for; from within a completion it is AVA_ERROR_INVALID_REQUEST.
///
/// Not needed before a process exits. Two threads stay, that of the completions and that of the hooks, each if it was ever
/// needed: so the library can't be unloaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_shutdown(timeout_ms: i64, error: *mut *mut ava_error) -> ava_status {
    run(error, || ava_bridge::shutdown(Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0))))
}

/// How many threads carry the requests of all clients: 1 unless set here, which is enough for thousands of calls in
/// flight. AVA_ERROR_CONFIGURATION for 0, or once a call was made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_set_worker_threads(count: usize, error: *mut *mut ava_error) -> ava_status {
    run(error, || ava_bridge::set_worker_threads(count))
}

/// Whether a phone number is one that could be sent to, as every call checks it: "+", a digit from 1 to 9, and 1 to 14
/// further digits. AVA_ERROR_INVALID_REQUEST if not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_check_phone(phone: *const c_char, error: *mut *mut ava_error) -> ava_status {
    // SAFETY: the caller vouches for the string.
    run(error, || ava_imessage::check_phone(unsafe { string(phone, "phone") }?))
}

/// Whether a text is one that could be sent, as every send checks it: not empty. `text_len` may be
/// AVA_NUL_TERMINATED. AVA_ERROR_INVALID_REQUEST if not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_check_text(
    text: *const c_char,
    text_len: usize,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the text.
    run(error, || ava_imessage::check_text(unsafe { self::text(text, text_len, "text") }?))
}
