//! Inbound messages, pulled.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ava_bridge::{Call, ErrorKind, Listener, Pulled, Result, length};

use crate::border::{ava_status, free, read, required};
use crate::call::{ava_call, ava_done_callback, ava_message_callback, begin, begin_done, wait, wait_done};
use crate::error::ava_error;
use crate::message::ava_message;

/// Inbound messages as they come in (*Receive Messages*): each at least once, and once only but after a crash.
///
/// Own it: free it with ava_listener_free().
pub struct ava_listener {
    listener: Listener,
    ended: Arc<AtomicBool>,
}

impl From<Listener> for ava_listener {
    fn from(listener: Listener) -> ava_listener {
        ava_listener { listener, ended: Arc::default() }
    }
}

impl ava_listener {
    fn next(&self, timeout_ms: i64) -> Result<Call<Pulled>> {
        let within = length(ErrorKind::InvalidRequest, "timeout_ms", timeout_ms)?;
        let ended = Arc::clone(&self.ended);
        let note = move |pulled: Pulled| {
            if matches!(pulled, Pulled::Ended) {
                ended.store(true, Ordering::Release);
            }
            pulled
        };
        Ok(self.listener.next_within(within).map(note))
    }
}

/// The next message; NULL if none came within `timeout_ms` milliseconds (AVA_FOREVER waits on), and at the end, of which
/// ava_listener_is_ended() tells. Nothing is lost by a timeout or an error. Free `*message` with ava_message_free().
///
/// Unless `auto_ack` is off, asking acknowledges the message before. Errors end it for good where the service refuses
/// the client (AVA_ERROR_AUTHENTICATION, AVA_ERROR_PERMISSION_DENIED, …); those that pass it deals with by itself, and
/// tells `on_retry`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_next(
    listener: *const ava_listener,
    timeout_ms: i64,
    message: *mut *mut ava_message,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the handle.
    wait((message, "message"), error, || unsafe { required(listener, "listener") }?.next(timeout_ms))
}

/// As ava_listener_next(), and `callback` is given the outcome. If this call is freed before that, the message comes with
/// the next.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_next_async(
    listener: *const ava_listener,
    timeout_ms: i64,
    callback: ava_message_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    begin((callback, user_data), call, error, || {
        // SAFETY: the caller vouches for the handle.
        unsafe { required(listener, "listener") }?.next(timeout_ms)
    })
}

/// Whether ava_listener_next() gave NULL because this, or its client, was closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_is_ended(listener: *const ava_listener) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(listener, true, |listener| listener.ended.load(Ordering::Acquire)) }
}

/// Acknowledges a message: it need not come again. When this returns, the checkpoint has it. Twice does nothing. It works
/// on a closed listener, too. AVA_ERROR_STORAGE if the checkpoint fails: nothing was acknowledged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_ack(
    listener: *const ava_listener,
    message: *const ava_message,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the handles.
    wait_done(error, || unsafe { ack(listener, message) })
}

/// As ava_listener_ack(), and `callback` is told of its end. Nothing of `message` is needed after this has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_ack_async(
    listener: *const ava_listener,
    message: *const ava_message,
    callback: ava_done_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the handles.
    begin_done((callback, user_data), call, error, || unsafe { ack(listener, message) })
}

/// # Safety
/// Both are null or valid.
unsafe fn ack(listener: *const ava_listener, message: *const ava_message) -> Result<Call<()>> {
    // SAFETY: by this function's contract.
    let (listener, message) = unsafe { (required(listener, "listener")?, required(message, "message")?) };
    Ok(listener.listener.ack(message.id()))
}

/// Ends it, from any thread: the poll under way is dropped, and ava_listener_next() gives NULL. It acknowledges nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_close(listener: *const ava_listener) {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(listener, (), |listener| listener.listener.close()) }
}

/// Ends and frees it. It acknowledges nothing. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_listener_free(listener: *mut ava_listener) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe {
        ava_listener_close(listener);
        free(listener);
    }
}
