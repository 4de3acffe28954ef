//! Options. A field of 0 or NULL leaves the default, so that a struct of zeroes with its size is a whole one; the
//! defaults themselves are the core's.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use ava_bridge::{
    CallOptions, CheckpointOption, DraftOptions, Error, ErrorKind, GenerateOptions, ListenOptions, Options,
    Result, length, parse_time, whole,
};

use crate::border::{AVA_NONE, Extensible, invalid, known, list, optional, options, string, text};
use crate::cancel::ava_cancel;
use crate::foreign::{
    Owner, ava_checkpoint_store, ava_gap_hook, ava_release, ava_retry_hook, ava_skipped_hook,
    ava_token_provider, ava_unknown_hook, on_gap, on_retry, on_skipped, on_unknown, store, token_provider,
};

/// As the value of an option that is yes or no: yes. (0 leaves the default; no is AVA_NONE.)
pub const AVA_YES: i32 = 1;

/// A header of requests.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_header {
    /// Its name.
    pub name: *const c_char,
    /// Its value.
    pub value: *const c_char,
}

/// How a client is set up. Fill it with zeroes and set `size`; what is 0 or NULL has its default, AVA_NONE is zero or
/// no. Everything in it is copied. Times are milliseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_client_options {
    /// sizeof(ava_client_options).
    pub size: usize,
    /// The API key. If there is neither a key nor a token provider, the environment's AVA_API_KEY. Keep it on a server;
    /// it must not be in what you hand out (*Authentication*).
    pub api_key: *const c_char,
    /// Where the API is: http or https. Default: the environment's AVA_BASE_URL, else
    /// <https://chat.buzzedtech.com>.
    pub base_url: *const c_char,
    /// The deadline of each call, retries and settling included. Default: 30,000; 60,000 for ava_client_generate() and
    /// ava_client_draft_reply().
    pub timeout_ms: i64,
    /// For DNS, TCP and TLS together. Default: 5,000.
    pub connect_timeout_ms: i64,
    /// How long the service may be silent. Default: 10,000.
    pub read_idle_timeout_ms: i64,
    /// How long an unused connection is kept. Default: 4,000.
    pub pool_idle_timeout_ms: i64,
    /// How often a call is tried again where that is safe. Default: 2; AVA_NONE: never.
    pub max_retries: i64,
    /// The first wait between tries. Default: 500.
    pub backoff_ms: i64,
    /// The longest wait between tries. Default: 8,000.
    pub backoff_max_ms: i64,
    /// For how long the history is asked about a send whose answer was lost. Default: 10,000.
    pub settle_within_ms: i64,
    /// The first gap between two readings of the history. Default: 500.
    pub settle_gap_ms: i64,
    /// The largest answer that is read. Default: 8 MiB.
    pub max_response_bytes: i64,
    /// Whether a send whose answer was lost is looked up in the history. AVA_YES (the default) or AVA_NONE.
    pub confirm_from_history: i32,
    /// Whether a send that was answered with 429 certainly had no effect. AVA_YES (the default) or AVA_NONE.
    pub rate_limited_is_not_sent: i32,
    /// Whether HTTPS_PROXY and its like are followed. AVA_YES (the default) or AVA_NONE. Never for loopback.
    pub environment_proxy: i32,
    /// So many headers.
    pub headers_len: usize,
    /// Headers of every request.
    pub headers: *const ava_header,
    /// Your words in the user-agent: "my-app/1.0".
    pub user_agent: *const c_char,
    /// Gives short-lived tokens, instead of a key.
    pub token_provider: ava_token_provider,
    /// Is told of every send that was cancelled in flight.
    pub on_unknown: ava_unknown_hook,
    /// Passed to `token_provider`, `on_unknown` and `release`.
    pub user_data: *mut c_void,
    /// Called once when neither `token_provider` nor `on_unknown` will be called again, or when the client couldn't be
    /// made, whatever the reason; but if `size` is wrong, where nothing of this can be read.
    pub release: ava_release,
}

// SAFETY: repr(C), `size` first, and pointers, numbers and optional functions may be zero.
unsafe impl Extensible for ava_client_options {}

/// What can be said of every call. Fill it with zeroes and set `size`; NULL instead of one is as good.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_call_options {
    /// sizeof(ava_call_options).
    pub size: usize,
    /// The call's deadline in milliseconds, instead of the client's. AVA_FOREVER: none.
    pub timeout_ms: i64,
    /// How often it is tried again, instead of the client's number. AVA_NONE: never.
    pub max_retries: i64,
    /// So many headers.
    pub headers_len: usize,
    /// Further headers.
    pub headers: *const ava_header,
    /// Cancels the call from another thread. It may be freed once the call is made.
    pub cancel: *const ava_cancel,
}

// SAFETY: as above.
unsafe impl Extensible for ava_call_options {}

/// Options of ava_client_generate(). Fill it with zeroes and set `size`; NULL instead of one is as good.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_generate_options {
    /// sizeof(ava_generate_options).
    pub size: usize,
    /// Tone, style or content to keep to.
    pub instructions: *const c_char,
    /// Its length, or AVA_NUL_TERMINATED.
    pub instructions_len: usize,
    /// AVA_YES: the service sends at once what AVA has written. Default: no.
    pub auto_send: i32,
}

// SAFETY: as above.
unsafe impl Extensible for ava_generate_options {}

/// Options of ava_client_draft_reply(). Fill it with zeroes and set `size`; NULL instead of one is as good.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_draft_options {
    /// sizeof(ava_draft_options).
    pub size: usize,
    /// Tone, style or content to keep to.
    pub instructions: *const c_char,
    /// Its length, or AVA_NUL_TERMINATED.
    pub instructions_len: usize,
    /// How many of the newest messages to reply to, 1 to 100. Default: 20.
    pub history: i64,
}

// SAFETY: as above.
unsafe impl Extensible for ava_draft_options {}

/// Options of ava_client_listen(). Fill it with zeroes and set `size`; NULL instead of one is as good.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_listen_options {
    /// sizeof(ava_listen_options).
    pub size: usize,
    /// From this time on, RFC 3339, by the service's clock. Default: from now on.
    pub since: *const c_char,
    /// Only messages from this phone.
    pub phone: *const c_char,
    /// Between polls, in milliseconds; it stretches to twice as much while nothing comes. Default: 5,000; 100 at least.
    pub interval_ms: i64,
    /// A file in which what was acknowledged is kept over a restart.
    pub checkpoint_file: *const c_char,
    /// Where it is kept instead. Copied.
    pub checkpoint_store: *const ava_checkpoint_store,
    /// Whether asking for the next message acknowledges the last. AVA_YES (the default) or AVA_NONE: then only
    /// ava_listener_ack() does, which is what anything that pulls ahead must use.
    pub auto_ack: i32,
    /// Is told of each stretch of time of which messages may have been missed.
    pub on_gap: ava_gap_hook,
    /// Is told of each row that can't be read.
    pub on_skipped: ava_skipped_hook,
    /// Is told of each poll that failed and will be tried again.
    pub on_retry: ava_retry_hook,
    /// Passed to these hooks and to `release`.
    pub user_data: *mut c_void,
    /// Called once when none of the hooks will be called again, or when the listener couldn't be opened, whatever the
    /// reason; but if `size` is wrong, where nothing of this can be read.
    pub release: ava_release,
}

// SAFETY: as above.
unsafe impl Extensible for ava_listen_options {}

/// A number of which 0 is the default and AVA_NONE zero.
pub(crate) fn number(given: i64, name: &str) -> Result<Option<u64>> {
    match given {
        0 => Ok(None),
        AVA_NONE => Ok(Some(0)),
        given => whole(ErrorKind::InvalidRequest, name, given).map(Some),
    }
}

fn time(given: i64, name: &str) -> Result<Option<Duration>> {
    match given {
        0 => Ok(None),
        AVA_NONE => Ok(Some(Duration::ZERO)),
        given => length(ErrorKind::InvalidRequest, name, given).map(Some),
    }
}

fn retries(given: i64) -> Result<Option<u32>> {
    Ok(number(given, "max_retries")?.map(|retries| u32::try_from(retries).unwrap_or(u32::MAX)))
}

/// [`AVA_NONE`], in a field that is yes or no.
const NO: i32 = -1;

fn yes_or_no(given: i32, name: &str) -> Result<Option<bool>> {
    match given {
        0 => Ok(None),
        AVA_YES => Ok(Some(true)),
        NO => Ok(Some(false)),
        _ => Err(invalid(format!("{name}: must be 0, AVA_YES or AVA_NONE"))),
    }
}

/// # Safety
/// The headers are there.
unsafe fn headers(start: *const ava_header, length: usize) -> Result<Vec<(String, String)>> {
    // SAFETY: by this function's contract.
    let given = unsafe { list(start, length, "headers") }?;
    given
        .iter()
        .map(|header| {
            // SAFETY: by this function's contract.
            unsafe {
                Ok((string(header.name, "headers")?.to_owned(), string(header.value, "headers")?.to_owned()))
            }
        })
        .collect()
}

/// Who lets go of a client's `user_data`. To be made first: whatever is refused afterwards, it is let go of.
///
/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn client_owner(given: *const ava_client_options) -> Arc<Owner> {
    // SAFETY: by this function's contract.
    let owner = unsafe { known(given) }.map(|(it, _)| Owner::new(it.user_data, it.release));
    Arc::new(owner.unwrap_or_default())
}

/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn client(given: *const ava_client_options, owner: &Arc<Owner>) -> Result<Options> {
    // SAFETY: by this function's contract.
    let read = unsafe { client_options(given, owner) };
    // Whatever is wrong here, it is how the client is set up.
    read.map_err(|refused| Error::new(ErrorKind::Configuration, refused.message().to_owned()))
}

/// # Safety
/// The options are null or as the header says.
unsafe fn client_options(given: *const ava_client_options, owner: &Arc<Owner>) -> Result<Options> {
    // SAFETY: by this function's contract, here and below.
    let it = unsafe { options(given, "options") }?;
    // SAFETY: as above.
    let (api_key, base_url, user_agent, headers) = unsafe {
        (
            optional(it.api_key, "api_key")?,
            optional(it.base_url, "base_url")?,
            optional(it.user_agent, "user_agent")?,
            headers(it.headers, it.headers_len)?,
        )
    };
    let made = Options {
        api_key: api_key.map(Into::into),
        token_provider: token_provider(it.token_provider, owner),
        base_url,
        timeout: time(it.timeout_ms, "timeout_ms")?,
        connect_timeout: time(it.connect_timeout_ms, "connect_timeout_ms")?,
        read_idle_timeout: time(it.read_idle_timeout_ms, "read_idle_timeout_ms")?,
        pool_idle_timeout: time(it.pool_idle_timeout_ms, "pool_idle_timeout_ms")?,
        max_retries: retries(it.max_retries)?,
        backoff: time(it.backoff_ms, "backoff_ms")?,
        backoff_max: time(it.backoff_max_ms, "backoff_max_ms")?,
        confirm_from_history: yes_or_no(it.confirm_from_history, "confirm_from_history")?,
        settle_within: time(it.settle_within_ms, "settle_within_ms")?,
        settle_gap: time(it.settle_gap_ms, "settle_gap_ms")?,
        rate_limited_is_not_sent: yes_or_no(it.rate_limited_is_not_sent, "rate_limited_is_not_sent")?,
        max_response_bytes: number(it.max_response_bytes, "max_response_bytes")?
            .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
        environment_proxy: yes_or_no(it.environment_proxy, "environment_proxy")?,
        headers,
        user_agent,
        binding: Some(concat!("ava-imessage-c/", env!("CARGO_PKG_VERSION")).to_owned()),
        on_unknown: on_unknown(it.on_unknown, owner),
        ..Options::default()
    };
    Ok(made.or_environment())
}

/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn call(given: *const ava_call_options) -> Result<CallOptions> {
    // SAFETY: by this function's contract, here and below.
    let it = unsafe { options(given, "call") }?;
    Ok(CallOptions {
        timeout: time(it.timeout_ms, "timeout_ms")?,
        max_retries: retries(it.max_retries)?,
        // SAFETY: as above.
        headers: unsafe { headers(it.headers, it.headers_len) }?,
        // SAFETY: as above.
        cancel: unsafe { it.cancel.as_ref() }.map(|cancel| cancel.0.clone()),
    })
}

/// # Safety
/// The text is null or there.
unsafe fn instructions(start: *const c_char, length: usize) -> Result<Option<String>> {
    if start.is_null() {
        return Ok(None);
    }
    // SAFETY: by this function's contract.
    unsafe { text(start, length, "instructions") }.map(|text| Some(text.to_owned()))
}

/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn generate(
    given: *const ava_generate_options,
    call: CallOptions,
) -> Result<GenerateOptions> {
    // SAFETY: by this function's contract, here and below.
    let it = unsafe { options(given, "options") }?;
    Ok(GenerateOptions {
        // SAFETY: as above.
        instructions: unsafe { instructions(it.instructions, it.instructions_len) }?,
        auto_send: yes_or_no(it.auto_send, "auto_send")?.unwrap_or_default(),
        call,
    })
}

/// Whether what is asked for sends a message, as far as it can be read.
///
/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn auto_sends(given: *const ava_generate_options) -> bool {
    // SAFETY: by this function's contract.
    unsafe { known(given) }.is_some_and(|(it, _)| it.auto_send == AVA_YES)
}

/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn draft(given: *const ava_draft_options, call: CallOptions) -> Result<DraftOptions> {
    // SAFETY: by this function's contract, here and below.
    let it = unsafe { options(given, "options") }?;
    Ok(DraftOptions {
        // SAFETY: as above.
        instructions: unsafe { instructions(it.instructions, it.instructions_len) }?,
        history: number(it.history, "history")?,
        call,
    })
}

/// Who lets go of the `user_data` of a listener's hooks, and of its store's. To be made first: whatever is refused
/// afterwards, they are let go of.
#[derive(Default)]
pub(crate) struct ListenOwners {
    hooks: Arc<Owner>,
    store: Owner,
}

/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn listen_owners(given: *const ava_listen_options) -> ListenOwners {
    // SAFETY: by this function's contract, here and below.
    let Some((it, _)) = (unsafe { known(given) }) else { return ListenOwners::default() };
    // SAFETY: as above.
    let store = unsafe { known(it.checkpoint_store) }.map(|(it, _)| Owner::new(it.user_data, it.release));
    ListenOwners { hooks: Arc::new(Owner::new(it.user_data, it.release)), store: store.unwrap_or_default() }
}

/// # Safety
/// The options are null or as the header says.
pub(crate) unsafe fn listen(
    given: *const ava_listen_options,
    owners: ListenOwners,
    call: CallOptions,
) -> Result<ListenOptions> {
    // SAFETY: by this function's contract, here and below.
    let it = unsafe { options(given, "options") }?;
    // SAFETY: as above.
    let (since, phone, file, store) = unsafe {
        (
            optional(it.since, "since")?,
            optional(it.phone, "phone")?,
            optional(it.checkpoint_file, "checkpoint_file")?,
            store(it.checkpoint_store, owners.store)?,
        )
    };
    if file.is_some() && store.is_some() {
        return Err(invalid("checkpoint_file: there is a checkpoint_store, too".to_owned()));
    }
    Ok(ListenOptions {
        since: since.map(|text| parse_time("since", &text)).transpose()?,
        phone,
        interval: time(it.interval_ms, "interval_ms")?,
        checkpoint: file.map(|path| CheckpointOption::File(path.into())).or(store),
        auto_ack: yes_or_no(it.auto_ack, "auto_ack")?,
        on_gap: on_gap(it.on_gap, &owners.hooks),
        on_skipped: on_skipped(it.on_skipped, &owners.hooks),
        on_retry: on_retry(it.on_retry, &owners.hooks),
        call,
    })
}
