//! A conversation, pulled.

use std::ffi::c_void;

use ava_bridge::Messages;

use crate::border::{Out, ava_status, free, into_handle, read, required, run};
use crate::call::{ava_call, ava_message_callback, begin};
use crate::error::ava_error;
use crate::message::ava_message;

/// A conversation, message by message; pages are fetched as it is read (*Get Messages*).
///
/// Own it: free it with ava_messages_free().
pub struct ava_messages(pub(crate) Messages);

/// The next message, or NULL at the end. After an error it is at its end, too. Free `*message` with ava_message_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_messages_next(
    messages: *const ava_messages,
    message: *mut *mut ava_message,
    error: *mut *mut ava_error,
) -> ava_status {
    run(error, || {
        let out = Out::new(message, "message")?;
        // SAFETY: the caller vouches for the handle.
        let messages = &unsafe { required(messages, "messages") }?.0;
        if let Some(message) = messages.try_next() {
            // The rest of a page that is here already.
            out.give(ava_message::one(message));
            return Ok(());
        }
        let next = messages.next().block()?.and_then(ava_bridge::Handed::take);
        out.write(next.map_or(std::ptr::null_mut(), |message| into_handle(ava_message::one(message))));
        Ok(())
    })
}

/// As ava_messages_next(), and `callback` is given the outcome. Once this call is freed before that, the message comes
/// with the next.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_messages_next_async(
    messages: *const ava_messages,
    callback: ava_message_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    begin((callback, user_data), call, error, || {
        // SAFETY: the caller vouches for the handle.
        Ok(unsafe { required(messages, "messages") }?.0.next())
    })
}

/// Ends it, from any thread: a request under way is dropped, and ava_messages_next() gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_messages_close(messages: *const ava_messages) {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(messages, (), |messages| messages.0.close()) }
}

/// Ends and frees it. NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_messages_free(messages: *mut ava_messages) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe {
        ava_messages_close(messages);
        free(messages);
    }
}
