//! Functions of the application: those that a call waits for, and those that are only told.

use std::ffi::{c_char, c_int, c_void};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ava_bridge::core::{Attempt, BoxError, Gap, SkippedRow, Token, TokenProvider};
use ava_bridge::{
    CheckpointOption, CheckpointStore, ErrorView, Hook, Reply, Result, checkpoint, complete_later,
    token_provider_elsewhere,
};

use crate::attempt::ava_attempt;
use crate::border::{Extensible, into_handle, invalid, options, quietly, string, text};
use crate::call::UserData;
use crate::error::ava_error;
use crate::page::{Skipped, ava_skipped_row};
use crate::text::Text;

/// Lets go of a `user_data`, on the thread of the completions.
pub type ava_release = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Whose functions are called: its `user_data`, and who lets go of it.
pub(crate) struct Owner {
    user_data: UserData,
    release: ava_release,
}

impl Default for Owner {
    /// Nobody's.
    fn default() -> Owner {
        Owner::new(std::ptr::null_mut(), None)
    }
}

impl Owner {
    pub(crate) fn new(user_data: *mut c_void, release: ava_release) -> Owner {
        Owner { user_data: UserData(user_data), release }
    }

    fn get(&self) -> *mut c_void {
        self.user_data.get()
    }
}

impl Drop for Owner {
    /// Elsewhere, since this may be the runtime's worker.
    fn drop(&mut self) {
        if let Some(release) = self.release {
            let user_data = UserData(self.get());
            // SAFETY: by the header's contract it may be called once with its `user_data`.
            complete_later(move || unsafe { release(user_data.get()) });
        }
    }
}

/// What a callback gave as its reason to fail. Its words may hold anything, so that no text shows them.
pub(crate) struct Said(pub(crate) String);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Said(…)")
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the callback failed")
    }
}

impl std::error::Error for Said {}

/// # Safety
/// The reason is null or a string.
unsafe fn failed(reason: *const c_char) -> BoxError {
    // SAFETY: by this function's contract.
    let reason = unsafe { string(reason, "reason") }.unwrap_or_default();
    Box::new(Said(reason.to_owned()))
}

/// A token that is wanted. Answer it exactly once, now or later, from any thread, with ava_token_request_succeed() or
/// ava_token_request_fail(), which free it.
pub struct ava_token_request(Reply);

/// Is asked for a token, on a thread of the library's own: it may block, and use the client, but for calls that need the
/// token. The deadline of the call that needs it goes on meanwhile: at its end the call fails, and the next one asks again,
/// though the first request may be unanswered yet.
pub type ava_token_provider =
    Option<unsafe extern "C" fn(user_data: *mut c_void, request: *mut ava_token_request)>;

/// Gives a token, which is copied. `expires_in_ms`: for how long it is valid from now on; 0 if that isn't known: then it
/// is used until the service refuses it. What is negative is over: the token is of no use beyond the call that asked.
/// NULL for a request does nothing; for a token it is a failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_token_request_succeed(
    request: *mut ava_token_request,
    token: *const c_char,
    expires_in_ms: i64,
) {
    // SAFETY: the caller vouches for the string.
    let given = unsafe { string(token, "token") }.map(|secret| {
        let token = Token::new(secret);
        match expires_in_ms {
            0 => token,
            life => token.expires_in(Duration::from_millis(u64::try_from(life).unwrap_or_default())),
        }
    });
    // SAFETY: the caller vouches that the request wasn't answered yet.
    unsafe { answer(request, given.map_err(Into::into)) }
}

/// Says that there is no token. The call that needs it fails with AVA_ERROR_AUTHENTICATION; ava_error_reason() of its
/// innermost cause is `reason`, which may be NULL. NULL for a request does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_token_request_fail(request: *mut ava_token_request, reason: *const c_char) {
    // SAFETY: the caller vouches for the string, and that the request wasn't answered yet.
    unsafe { answer(request, Err(failed(reason))) }
}

/// # Safety
/// The request is null, or a handle that wasn't answered yet.
unsafe fn answer(request: *mut ava_token_request, given: Result<Token, BoxError>) {
    if !request.is_null() {
        // SAFETY: by this function's contract.
        quietly((), || unsafe { Box::from_raw(request) }.0.give(given));
    }
}

pub(crate) fn token_provider(
    given: ava_token_provider,
    owner: &Arc<Owner>,
) -> Option<Arc<dyn TokenProvider>> {
    let (ask, owner) = (given?, Arc::clone(owner));
    Some(token_provider_elsewhere(move |reply| {
        let request = into_handle(ava_token_request(reply));
        // SAFETY: by the header's contract it may be called with its `user_data`.
        unsafe { ask(owner.get(), request) }
    }))
}

/// Where ava_checkpoint_store's `load` puts what it has. It is valid until `load` returns.
pub struct ava_checkpoint_reply {
    state: Option<String>,
    error: Option<BoxError>,
}

/// Keeps a listener's state as text: in a row, under a key. Its functions may block; they are called one at a time, on
/// threads of the library's own, and each has the deadline of a call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_checkpoint_store {
    /// sizeof(ava_checkpoint_store).
    pub size: usize,
    /// Gives the state that was saved last by ava_checkpoint_reply_give(), or nothing if there never was one. Returns 0,
    /// or anything else if it failed.
    pub load: Option<unsafe extern "C" fn(user_data: *mut c_void, reply: *mut ava_checkpoint_reply) -> c_int>,
    /// Keeps a state in place of the last. Returns 0, or anything else if it failed: the last must still be there then.
    pub save:
        Option<unsafe extern "C" fn(user_data: *mut c_void, state: *const c_char, state_len: usize) -> c_int>,
    /// Passed to these and to `release`.
    pub user_data: *mut c_void,
    /// Called once when neither will be called again, or when the listener couldn't be opened.
    pub release: ava_release,
}

// SAFETY: repr(C), `size` first, and pointers, numbers and optional functions may be zero.
unsafe impl Extensible for ava_checkpoint_store {}

/// Gives the state, which is copied. `state_len` may be AVA_NUL_TERMINATED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_checkpoint_reply_give(
    reply: *mut ava_checkpoint_reply,
    state: *const c_char,
    state_len: usize,
) {
    // SAFETY: the caller vouches that `load` is running, and for the text.
    if let Some(reply) = unsafe { reply.as_mut() } {
        // SAFETY: as above.
        match unsafe { text(state, state_len, "state") } {
            Ok(state) => reply.state = Some(state.to_owned()),
            Err(error) => reply.error = Some(error.into()),
        }
    }
}

struct Store {
    given: ava_checkpoint_store,
    owner: Owner,
}

// SAFETY: functions, and a `user_data` that by the header's contract any thread may use.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

impl Store {
    fn ended(status: c_int) -> Result<(), BoxError> {
        if status == 0 { Ok(()) } else { Err(format!("the checkpoint's function returned {status}").into()) }
    }
}

impl CheckpointStore for Store {
    fn load(&self) -> Result<Option<String>, BoxError> {
        let Some(load) = self.given.load else { return Ok(None) };
        let mut reply = ava_checkpoint_reply { state: None, error: None };
        // SAFETY: by the header's contract it may be called with its `user_data`; the reply lives until it returns.
        Store::ended(unsafe { load(self.owner.get(), &raw mut reply) })?;
        reply.error.map_or(Ok(reply.state), Err)
    }

    fn save(&self, state: String) -> Result<(), BoxError> {
        let Some(save) = self.given.save else { return Ok(()) };
        let length = state.len();
        let state = Text::new(state);
        // SAFETY: by the header's contract it may be called with its `user_data`.
        Store::ended(unsafe { save(self.owner.get(), state.pointer(), length) })
    }
}

/// # Safety
/// The store is null or as the header says.
pub(crate) unsafe fn store(
    given: *const ava_checkpoint_store,
    owner: Owner,
) -> Result<Option<CheckpointOption>> {
    if given.is_null() {
        return Ok(None);
    }
    // SAFETY: by this function's contract.
    let given = unsafe { options(given, "checkpoint_store") }?;
    if given.load.is_none() || given.save.is_none() {
        return Err(invalid("checkpoint_store: load and save must both be there".to_owned()));
    }
    Ok(Some(CheckpointOption::Custom(checkpoint(Store { given, owner }))))
}

/// Is told of a send that was cancelled in flight: its attempt is yours to free. On the thread of the hooks, where it
/// may block and use the client.
pub type ava_unknown_hook = Option<unsafe extern "C" fn(user_data: *mut c_void, attempt: *mut ava_attempt)>;

pub(crate) fn on_unknown(given: ava_unknown_hook, owner: &Arc<Owner>) -> Option<Hook<Attempt>> {
    let (hook, owner) = (given?, Arc::clone(owner));
    Some(Arc::new(move |attempt| {
        // SAFETY: by the header's contract it may be called with its `user_data`.
        unsafe { hook(owner.get(), into_handle(ava_attempt::new(attempt))) }
    }))
}

/// A stretch of time of which messages may have been missed. Its strings live until the hook returns.
#[repr(C)]
pub struct ava_gap {
    /// Its beginning: RFC 3339, UTC.
    pub from: *const c_char,
    /// Its end: RFC 3339, UTC.
    pub to: *const c_char,
    /// Its beginning: milliseconds since 1970-01-01T00:00:00Z.
    pub from_ms: i64,
    /// Its end: milliseconds since 1970-01-01T00:00:00Z.
    pub to_ms: i64,
}

/// Is told of a gap, which lives until it returns. On the thread of the hooks, where it may block and use the client.
pub type ava_gap_hook = Option<unsafe extern "C" fn(user_data: *mut c_void, gap: *const ava_gap)>;

pub(crate) fn on_gap(given: ava_gap_hook, owner: &Arc<Owner>) -> Option<Hook<Gap>> {
    let (hook, owner) = (given?, Arc::clone(owner));
    Some(Arc::new(move |gap: Gap| {
        let (from, to) = (Text::new(gap.from.to_string()), Text::new(gap.to.to_string()));
        let gap = ava_gap {
            from: from.pointer(),
            to: to.pointer(),
            from_ms: gap.from.as_millisecond(),
            to_ms: gap.to.as_millisecond(),
        };
        // SAFETY: by the header's contract it may be called with its `user_data`; the gap lives until it returns.
        unsafe { hook(owner.get(), &raw const gap) }
    }))
}

/// Is told of a row that can't be read, which lives until it returns. On the thread of the hooks, where it may block
/// and use the client.
pub type ava_skipped_hook = Option<unsafe extern "C" fn(user_data: *mut c_void, row: *const ava_skipped_row)>;

pub(crate) fn on_skipped(given: ava_skipped_hook, owner: &Arc<Owner>) -> Option<Hook<SkippedRow>> {
    let (hook, owner) = (given?, Arc::clone(owner));
    Some(Arc::new(move |row| {
        let row = Skipped::from(row);
        // SAFETY: by the header's contract it may be called with its `user_data`; the row lives until it returns.
        unsafe { hook(owner.get(), row.row()) }
    }))
}

/// Is told of a poll that failed and will be tried again; the error lives until it returns. On the thread of the
/// hooks, where it may block and use the client.
pub type ava_retry_hook = Option<unsafe extern "C" fn(user_data: *mut c_void, error: *const ava_error)>;

pub(crate) fn on_retry(given: ava_retry_hook, owner: &Arc<Owner>) -> Option<Hook<ErrorView>> {
    let (hook, owner) = (given?, Arc::clone(owner));
    Some(Arc::new(move |view| {
        let error = ava_error::from(view);
        // SAFETY: by the header's contract it may be called with its `user_data`; the error lives until it returns.
        unsafe { hook(owner.get(), &raw const error) }
    }))
}
