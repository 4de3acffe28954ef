//! Cancelling blocking calls from another thread.

use ava_bridge::Cancel;

use crate::border::{free, into_handle, quietly, read};

/// Cancels the calls that were given it in their options, from any thread.
///
/// Own it: free it with ava_cancel_free().
pub struct ava_cancel(pub(crate) Cancel);

/// One that nobody has used yet. Never NULL, unless there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn ava_cancel_new() -> *mut ava_cancel {
    quietly(std::ptr::null_mut(), || into_handle(ava_cancel(Cancel::new())))
}

/// Cancels: the requests are dropped, and their calls end with AVA_ERROR_CANCELLED, now and later. A send cut in flight
/// is told of (the client's `on_unknown`, the log). It can't be undone, and must not be called from a signal's handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_cancel_cancel(cancel: *const ava_cancel) {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(cancel, (), |cancel| cancel.0.cancel()) }
}

/// Whether it was used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_cancel_is_cancelled(cancel: *const ava_cancel) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(cancel, false, |cancel| cancel.0.is_cancelled()) }
}

/// Frees it, and cancels nothing: calls that were given it go on. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_cancel_free(cancel: *mut ava_cancel) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(cancel) }
}
