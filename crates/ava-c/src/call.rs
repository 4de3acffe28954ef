//! The two ways to call: wait here, or be called back on the thread of the completions.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use ava_bridge::core::{GeneratedMessage, Receipt, SentMessage};
use ava_bridge::{Call, Error, Handed, Pulled, Result, Running, complete_later, is_blocking_forbidden};

use crate::border::{Out, ava_status, free, into_handle, invalid, quietly, read, run};
use crate::error::ava_error;
use crate::generated::ava_generated_message;
use crate::listener::ava_listener;
use crate::message::ava_message;
use crate::page::{ava_message_page, ava_poll_page};
use crate::sent::ava_sent_message;

/// Is given the outcome of ava_client_send_async() or ava_client_settle_async(): with AVA_OK what was sent, else the
/// error. Both are yours to free.
pub type ava_sent_message_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        status: ava_status,
        sent: *mut ava_sent_message,
        error: *mut ava_error,
    ),
>;

/// Is given the outcome of ava_client_messages_page_async(): with AVA_OK the page, else the error. Both are yours to
/// free.
pub type ava_message_page_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        status: ava_status,
        page: *mut ava_message_page,
        error: *mut ava_error,
    ),
>;

/// Is given the outcome of ava_client_poll_async(): with AVA_OK the page, else the error. Both are yours to free.
pub type ava_poll_page_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        status: ava_status,
        page: *mut ava_poll_page,
        error: *mut ava_error,
    ),
>;

/// Is given the outcome of ava_client_generate_async() or ava_client_draft_reply_async(): with AVA_OK what AVA has
/// written, else the error. Both are yours to free.
pub type ava_generated_message_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        status: ava_status,
        generated: *mut ava_generated_message,
        error: *mut ava_error,
    ),
>;

/// Is given the outcome of ava_client_listen_async(): with AVA_OK the listener, else the error. Both are yours to free.
pub type ava_listener_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        status: ava_status,
        listener: *mut ava_listener,
        error: *mut ava_error,
    ),
>;

/// Is given the outcome of ava_messages_next_async() or ava_listener_next_async(): with AVA_OK the message, or NULL as
/// from the function without _async; else the error. Both are yours to free.
pub type ava_message_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        status: ava_status,
        message: *mut ava_message,
        error: *mut ava_error,
    ),
>;

/// Is told that something has ended, with AVA_OK or with an error, which is yours to free.
pub type ava_done_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, status: ava_status, error: *mut ava_error)>;

/// What the application gave to have it back.
pub(crate) struct UserData(pub(crate) *mut c_void);

// SAFETY: never looked into here; by the header's contract what it points to may be used by any thread.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// By a method, so that closures take the whole of it along.
    pub(crate) fn get(&self) -> *mut c_void {
        self.0
    }
}

/// What a call of the bridge becomes in C.
pub(crate) trait Outcome: Send + 'static {
    type Handle;

    /// For whoever certainly has it now; null where there is nothing to have.
    fn into_c(self) -> Result<*mut Self::Handle>;
}

macro_rules! outcomes {
    ($($outcome:ty => $handle:ty: |$it:ident| $made:expr;)*) => {$(
        impl Outcome for $outcome {
            type Handle = $handle;

            fn into_c(self) -> Result<*mut $handle> {
                let $it = self;
                Ok($made)
            }
        }
    )*};
}

outcomes! {
    () => c_void: |_nothing| std::ptr::null_mut();
    Receipt => ava_sent_message: |it| into_handle(it.take()?.into());
    SentMessage => ava_sent_message: |it| into_handle(it.into());
    // Pages are converted on the worker already: what it has allocated is cheapest freed there.
    ava_message_page => ava_message_page: |it| into_handle(it);
    ava_poll_page => ava_poll_page: |it| into_handle(it);
    GeneratedMessage => ava_generated_message: |it| into_handle(it.into());
    ava_bridge::Listener => ava_listener: |it| into_handle(it.into());
    Option<Handed> => ava_message: |it| message(it);
    Pulled => ava_message: |it| match it {
        Pulled::Message(handed) => message(Some(handed)),
        Pulled::TimedOut | Pulled::Ended => std::ptr::null_mut(),
    };
}

fn message(handed: Option<Handed>) -> *mut ava_message {
    let message = handed.and_then(Handed::take);
    message.map_or(std::ptr::null_mut(), |message| into_handle(ava_message::one(message)))
}

/// Makes a call and waits for it.
pub(crate) fn wait<T: Outcome>(
    out: (*mut *mut T::Handle, &str),
    error: *mut *mut ava_error,
    call: impl FnOnce() -> Result<Call<T>>,
) -> ava_status {
    wait_or(|refused| refused, out, error, call)
}

/// As [`wait`], and what is refused before the call is made is told as `refuse` has it.
pub(crate) fn wait_or<T: Outcome>(
    refuse: impl FnOnce(Error) -> Error,
    out: (*mut *mut T::Handle, &str),
    error: *mut *mut ava_error,
    call: impl FnOnce() -> Result<Call<T>>,
) -> ava_status {
    run(error, || {
        let made = || {
            may_block()?;
            Ok((Out::new(out.0, out.1)?, call()?))
        };
        let (out, call) = made().map_err(refuse)?;
        out.write(call.block()?.into_c()?);
        Ok(())
    })
}

/// Makes a call that gives nothing, and waits for it.
pub(crate) fn wait_done(error: *mut *mut ava_error, call: impl FnOnce() -> Result<Call<()>>) -> ava_status {
    run(error, || {
        may_block()?;
        call()?.block()
    })
}

/// Asked before a call is made, since making one may already do something: close a client, acknowledge a message.
fn may_block() -> Result<()> {
    Call::done(Ok(())).block()
}

/// What a callback of C's is called through.
pub(crate) type Callback<T> = unsafe extern "C" fn(*mut c_void, ava_status, *mut T, *mut ava_error);

/// Makes a call whose outcome a callback is given.
pub(crate) fn begin<T: Outcome>(
    callback: (Option<Callback<T::Handle>>, *mut c_void),
    handle: *mut *mut ava_call,
    error: *mut *mut ava_error,
    call: impl FnOnce() -> Result<Call<T>>,
) -> ava_status {
    begin_or(|refused| refused, callback, handle, error, call)
}

/// As [`begin`], and what is refused before the call is made is told as `refuse` has it.
pub(crate) fn begin_or<T: Outcome>(
    refuse: impl FnOnce(Error) -> Error,
    (callback, user_data): (Option<Callback<T::Handle>>, *mut c_void),
    handle: *mut *mut ava_call,
    error: *mut *mut ava_error,
    call: impl FnOnce() -> Result<Call<T>>,
) -> ava_status {
    run(error, || {
        let made = || Ok((callback.ok_or_else(|| invalid("callback: is NULL".to_owned()))?, call()?));
        let (callback, call) = made().map_err(refuse)?;
        let user_data = UserData(user_data);
        start(handle, call, move |status, value, error| {
            // SAFETY: by the header's contract the callback may be called with what it was registered with.
            unsafe { callback(user_data.get(), status, value, error) }
        });
        Ok(())
    })
}

/// Makes a call of whose end a callback is told.
pub(crate) fn begin_done(
    (callback, user_data): (ava_done_callback, *mut c_void),
    handle: *mut *mut ava_call,
    error: *mut *mut ava_error,
    call: impl FnOnce() -> Result<Call<()>>,
) -> ava_status {
    run(error, || {
        let callback = callback.ok_or_else(|| invalid("callback: is NULL".to_owned()))?;
        let user_data = UserData(user_data);
        start(handle, call()?, move |status, _, error| {
            // SAFETY: as in `begin`.
            unsafe { callback(user_data.get(), status, error) }
        });
        Ok(())
    })
}

fn start<T: Outcome>(
    handle: *mut *mut ava_call,
    call: Call<T>,
    tell: impl FnOnce(ava_status, *mut T::Handle, *mut ava_error) + Send + 'static,
) {
    let ticket = Arc::new(Ticket::default());
    let theirs = Arc::clone(&ticket);
    let running = call.start_with(move |result| {
        complete_later(move || {
            // An outcome that nobody waits for any more is dropped, which tells of it whomever it concerns.
            theirs.deliver(|| match result.and_then(T::into_c) {
                Ok(value) => tell(0, value, std::ptr::null_mut()),
                Err(failure) => {
                    let error = ava_error::new(&failure);
                    tell(failure.kind().number().into(), std::ptr::null_mut(), into_handle(error));
                }
            });
        });
    });
    // SAFETY: null, or the caller of the export vouches that a pointer may be written there.
    match unsafe { handle.as_mut() } {
        Some(place) => *place = into_handle(ava_call { ticket, running }),
        None => running.detach(),
    }
}

/// A call under way whose outcome a callback will be given.
///
/// Own it: free it with ava_call_free().
pub struct ava_call {
    ticket: Arc<Ticket>,
    running: Running,
}

/// Cancels the call: its request is dropped, and the callback is given AVA_ERROR_CANCELLED, unless the call has ended
/// before. A send cut in flight is told of (the client's `on_unknown`, the log).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_call_cancel(call: *const ava_call) {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(call, (), |call| call.running.cancel()) }
}

/// Whether the callback has returned. In a forked child, where it never will be called, it is true.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_call_is_done(call: *const ava_call) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(call, true, |call| call.ticket.is_done()) }
}

/// Frees the call, cancelling it if it hasn't ended: once this returns, the callback doesn't run and won't be called. So
/// it waits for a callback that is running, but on the thread of the completions, where it would wait for itself. NULL
/// does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_call_free(call: *mut ava_call) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe {
        read(call, (), |call: &ava_call| quietly((), || call.ticket.discard()));
        free(call);
    }
}

const WAITING: u8 = 0;
const DELIVERING: u8 = 1;
const DELIVERED: u8 = 2;
const DISCARDED: u8 = 3;

/// Who has the last word on a callback: the thread that calls it, or the one that frees the call.
struct Ticket {
    state: AtomicU8,
    process: u32,
    /// Only for those who wait while it is being delivered.
    waiting: Mutex<()>,
    delivered: Condvar,
}

impl Default for Ticket {
    fn default() -> Ticket {
        Ticket {
            state: AtomicU8::new(WAITING),
            process: std::process::id(),
            waiting: Mutex::new(()),
            delivered: Condvar::new(),
        }
    }
}

impl Ticket {
    fn claim(&self, state: u8) -> bool {
        self.state.compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn deliver(&self, tell: impl FnOnce()) {
        if self.claim(DELIVERING) {
            tell();
            let _turn = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            self.state.store(DELIVERED, Ordering::Release);
            self.delivered.notify_all();
        }
    }

    fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) == DELIVERED || self.process != std::process::id()
    }

    fn discard(&self) {
        // After a fork nobody delivers, and the lock may be held by a thread that is gone.
        if self.claim(DISCARDED) || self.is_done() || is_blocking_forbidden() {
            return;
        }
        let mut turn = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while self.state.load(Ordering::Acquire) == DELIVERING {
            turn = self.delivered.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
