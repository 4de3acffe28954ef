//! The client.

use std::ffi::{c_char, c_void};

use ava_bridge::core::{GeneratedMessage, Receipt, SentMessage, Turn};
use ava_bridge::{Call, Client, Error, PageOptions, PollOptions, Result, not_sent, parse_time};

use crate::attempt::ava_attempt;
use crate::border::{Out, ava_status, free, list, optional, read, required, run, string, text};
use crate::call::{
    ava_call, ava_done_callback, ava_generated_message_callback, ava_listener_callback,
    ava_message_page_callback, ava_poll_page_callback, ava_sent_message_callback, begin, begin_done,
    begin_or, wait, wait_done, wait_or,
};
use crate::error::ava_error;
use crate::generated::ava_generated_message;
use crate::listener::ava_listener;
use crate::messages::ava_messages;
use crate::options::{
    self, ListenOwners, ava_call_options, ava_client_options, ava_draft_options, ava_generate_options,
    ava_listen_options,
};
use crate::page::{ava_message_page, ava_poll_page};
use crate::sent::ava_sent_message;
use crate::text::Text;

/// A client. Any thread may use it, several at a time; one is enough for a program.
///
/// Own it: free it with ava_client_free().
pub struct ava_client {
    client: Client,
    base_url: Text,
}

/// What somebody said, as context for a reply.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ava_turn {
    /// Who: "user", "assistant", or whatever the service knows.
    pub role: *const c_char,
    /// What.
    pub content: *const c_char,
    /// Its length, or AVA_NUL_TERMINATED.
    pub content_len: usize,
}

/// Makes a client. No connection is opened yet. `options` may be NULL: then key and base URL come from the environment.
///
/// Free `*client` with ava_client_free(). AVA_ERROR_CONFIGURATION names the option that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_new(
    options: *const ava_client_options,
    client: *mut *mut ava_client,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the options.
    let owner = unsafe { options::client_owner(options) };
    run(error, || {
        let out = Out::new(client, "client")?;
        // SAFETY: as above.
        let client = Client::new(unsafe { options::client(options, &owner) }?)?;
        let base_url = Text::new(client.base_url()?);
        out.give(ava_client { client, base_url });
        Ok(())
    })
}

/// Frees a client. Calls under way go on, and so do its listeners and conversations: they are handles of their own. NULL
/// does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_free(client: *mut ava_client) {
    // SAFETY: the caller vouches that it is NULL or a handle not freed yet.
    unsafe { free(client) }
}

/// Where its requests go. It lives as long as the client. NULL of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_base_url(client: *const ava_client) -> *const c_char {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(client, std::ptr::null(), |client| client.base_url.pointer()) }
}

/// Whether it was closed. True of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_is_closed(client: *const ava_client) -> bool {
    // SAFETY: the caller vouches for the handle.
    unsafe { read(client, true, |client| client.client.is_closed()) }
}

/// Closes a client: from this moment on it refuses new calls with AVA_ERROR_CLOSED, and its listeners end without an
/// error. Waits until the calls under way have ended, each by its deadline. Twice does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_close(
    client: *const ava_client,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the handle.
    wait_done(error, || Ok(unsafe { of(client) }?.close()))
}

/// As ava_client_close(), and `callback` is told when the calls under way have ended.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_close_async(
    client: *const ava_client,
    callback: ava_done_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for the handle.
    begin_done((callback, user_data), call, error, || Ok(unsafe { of(client) }?.close()))
}

/// # Safety
/// The handle is null or valid.
unsafe fn of<'a>(client: *const ava_client) -> Result<&'a Client> {
    // SAFETY: by this function's contract.
    unsafe { required(client, "client") }.map(|client| &client.client)
}

/// Opens a conversation, to be read message by message, oldest or newest first as the service has it (*Get Messages*).
/// Nothing is asked yet. The deadline of `options` is that of each page.
///
/// Free `*messages` with ava_messages_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_messages(
    client: *const ava_client,
    phone: *const c_char,
    options: *const ava_call_options,
    messages: *mut *mut ava_messages,
    error: *mut *mut ava_error,
) -> ava_status {
    run(error, || {
        let out = Out::new(messages, "messages")?;
        // SAFETY: the caller vouches for the handle, the string and the options.
        let (client, phone, options) =
            unsafe { (of(client)?, string(phone, "phone")?, options::call(options)?) };
        out.give(ava_messages(client.messages(phone, options)?));
        Ok(())
    })
}

/// Sends an iMessage (*Send Message*). It is posted again only if every earlier attempt certainly wasn't sent; if an answer
/// is lost, the history is asked.
///
/// `text_len` may be AVA_NUL_TERMINATED. `options` may be NULL. Free `*sent` with ava_sent_message_free(). If it fails,
/// ava_error_delivery() tells whether the message may have been delivered: with AVA_ERROR_DELIVERY_UNKNOWN it may; then
/// don't send it again, and ask ava_client_settle() with ava_error_attempt().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_send(
    client: *const ava_client,
    phone: *const c_char,
    text: *const c_char,
    text_len: usize,
    options: *const ava_call_options,
    sent: *mut *mut ava_sent_message,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    wait_or(not_sent, (sent, "sent"), error, || unsafe { send(client, phone, text, text_len, options) })
}

/// As ava_client_send(), and `callback` is given the outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_send_async(
    client: *const ava_client,
    phone: *const c_char,
    text: *const c_char,
    text_len: usize,
    options: *const ava_call_options,
    callback: ava_sent_message_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    begin_or(not_sent, (callback, user_data), call, error, || unsafe {
        send(client, phone, text, text_len, options)
    })
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn send(
    client: *const ava_client,
    phone: *const c_char,
    text: *const c_char,
    text_len: usize,
    options: *const ava_call_options,
) -> Result<Call<Receipt>> {
    // SAFETY: by this function's contract.
    let (client, phone, text, options) = unsafe {
        (of(client)?, string(phone, "phone")?, self::text(text, text_len, "text")?, options::call(options)?)
    };
    Ok(client.send(phone, text, options))
}

/// Asks the history again whether an unknown send happened (*Get Messages*). Nothing is posted.
///
/// `options` may be NULL. Free `*sent` with ava_sent_message_free(). AVA_ERROR_REJECTED if the message is there and failed;
/// AVA_ERROR_DELIVERY_UNKNOWN again if the history doesn't tell: absence proves nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_settle(
    client: *const ava_client,
    attempt: *const ava_attempt,
    options: *const ava_call_options,
    sent: *mut *mut ava_sent_message,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    let refuse = |error| unsafe { still_unknown(attempt, error) };
    // SAFETY: as above.
    wait_or(refuse, (sent, "sent"), error, || unsafe { settle(client, attempt, options) })
}

/// As ava_client_settle(), and `callback` is given the outcome. Nothing of `attempt` is needed after this has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_settle_async(
    client: *const ava_client,
    attempt: *const ava_attempt,
    options: *const ava_call_options,
    callback: ava_sent_message_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    let refuse = |error| unsafe { still_unknown(attempt, error) };
    // SAFETY: as above.
    begin_or(refuse, (callback, user_data), call, error, || unsafe { settle(client, attempt, options) })
}

/// Of a settling: what kept us from asking says nothing of the send.
///
/// # Safety
/// The attempt is null or valid.
unsafe fn still_unknown(attempt: *const ava_attempt, refused: Error) -> Error {
    // SAFETY: by this function's contract.
    match unsafe { attempt.as_ref() } {
        Some(attempt) => attempt.get().still_unknown(refused),
        None => refused,
    }
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn settle(
    client: *const ava_client,
    attempt: *const ava_attempt,
    options: *const ava_call_options,
) -> Result<Call<SentMessage>> {
    // SAFETY: by this function's contract.
    let (client, attempt, options) =
        unsafe { (of(client)?, required(attempt, "attempt")?, options::call(options)?) };
    Ok(client.settle(attempt.get(), options))
}

/// One page of a conversation (*Get Messages*).
///
/// `limit`: how many messages at the most, 1 to 100; 0 is the default, 50. `offset`: how many are passed over. `options`
/// may be NULL. Free `*page` with ava_message_page_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_messages_page(
    client: *const ava_client,
    phone: *const c_char,
    limit: i64,
    offset: i64,
    options: *const ava_call_options,
    page: *mut *mut ava_message_page,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    wait((page, "page"), error, || unsafe { messages_page(client, phone, limit, offset, options) })
}

/// As ava_client_messages_page(), and `callback` is given the outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_messages_page_async(
    client: *const ava_client,
    phone: *const c_char,
    limit: i64,
    offset: i64,
    options: *const ava_call_options,
    callback: ava_message_page_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    begin((callback, user_data), call, error, || unsafe {
        messages_page(client, phone, limit, offset, options)
    })
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn messages_page(
    client: *const ava_client,
    phone: *const c_char,
    limit: i64,
    offset: i64,
    options: *const ava_call_options,
) -> Result<Call<ava_message_page>> {
    // SAFETY: by this function's contract.
    let (client, phone, call) = unsafe { (of(client)?, string(phone, "phone")?, options::call(options)?) };
    let (limit, offset) = (options::number(limit, "limit")?, options::number(offset, "offset")?);
    Ok(client.messages_page(phone, PageOptions { limit, offset, call }).map(ava_message_page::from))
}

/// Asks once for inbound messages (*Receive Messages*). To get them all, listen: ava_client_listen().
///
/// `since`: only messages after this time, RFC 3339, by the service's clock; NULL: whatever the service gives. `phone`: only
/// from this phone; NULL: from all. `options` may be NULL. Free `*page` with ava_poll_page_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_poll(
    client: *const ava_client,
    since: *const c_char,
    phone: *const c_char,
    options: *const ava_call_options,
    page: *mut *mut ava_poll_page,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    wait((page, "page"), error, || unsafe { poll(client, since, phone, options) })
}

/// As ava_client_poll(), and `callback` is given the outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_poll_async(
    client: *const ava_client,
    since: *const c_char,
    phone: *const c_char,
    options: *const ava_call_options,
    callback: ava_poll_page_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    begin((callback, user_data), call, error, || unsafe { poll(client, since, phone, options) })
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn poll(
    client: *const ava_client,
    since: *const c_char,
    phone: *const c_char,
    options: *const ava_call_options,
) -> Result<Call<ava_poll_page>> {
    // SAFETY: by this function's contract.
    let (client, since, phone, call) = unsafe {
        (of(client)?, optional(since, "since")?, optional(phone, "phone")?, options::call(options)?)
    };
    let since = since.map(|text| parse_time("since", &text)).transpose()?;
    Ok(client.poll(PollOptions { since, phone, call }).map(ava_poll_page::from))
}

/// Has AVA write a reply to `context_len` turns, oldest first (*Generate Message with AVA*). Unless `auto_send` is on, nothing
/// is sent.
///
/// `how` and `options` may be NULL. Free `*generated` with ava_generated_message_free(). With `auto_send`, a failure
/// may be AVA_ERROR_DELIVERY_UNKNOWN, which can't be settled: nobody knows the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_generate(
    client: *const ava_client,
    phone: *const c_char,
    context: *const ava_turn,
    context_len: usize,
    how: *const ava_generate_options,
    options: *const ava_call_options,
    generated: *mut *mut ava_generated_message,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    let refuse = |error| unsafe { if_sending(how, error) };
    // SAFETY: as above.
    wait_or(refuse, (generated, "generated"), error, || unsafe {
        generate(client, phone, context, context_len, how, options)
    })
}

/// As ava_client_generate(), and `callback` is given the outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_generate_async(
    client: *const ava_client,
    phone: *const c_char,
    context: *const ava_turn,
    context_len: usize,
    how: *const ava_generate_options,
    options: *const ava_call_options,
    callback: ava_generated_message_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    let refuse = |error| unsafe { if_sending(how, error) };
    // SAFETY: as above.
    begin_or(refuse, (callback, user_data), call, error, || unsafe {
        generate(client, phone, context, context_len, how, options)
    })
}

/// Of a reply: nothing was sent, where something would have been.
///
/// # Safety
/// The options are null or as the header says.
unsafe fn if_sending(how: *const ava_generate_options, refused: Error) -> Error {
    // SAFETY: by this function's contract.
    if unsafe { options::auto_sends(how) } { not_sent(refused) } else { refused }
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn generate(
    client: *const ava_client,
    phone: *const c_char,
    context: *const ava_turn,
    context_len: usize,
    how: *const ava_generate_options,
    options: *const ava_call_options,
) -> Result<Call<GeneratedMessage>> {
    // SAFETY: by this function's contract.
    let (client, phone, context) =
        unsafe { (of(client)?, string(phone, "phone")?, list(context, context_len, "context")?) };
    // SAFETY: by this function's contract.
    let turns = context.iter().map(|it| unsafe { turn(it) }).collect::<Result<_>>()?;
    // SAFETY: by this function's contract.
    let how = unsafe { options::generate(how, options::call(options)?) }?;
    Ok(client.generate(phone, turns, how))
}

/// # Safety
/// Its texts are there.
unsafe fn turn(turn: &ava_turn) -> Result<Turn> {
    // SAFETY: by this function's contract.
    let (role, content) =
        unsafe { (string(turn.role, "role")?, text(turn.content, turn.content_len, "content")?) };
    Ok(Turn::new(role.into(), content))
}

/// Has AVA write a reply to the newest messages of a conversation (*Get Messages*, *Generate Message with AVA*). Nothing is
/// sent.
///
/// `how` and `options` may be NULL. Free `*generated` with ava_generated_message_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_draft_reply(
    client: *const ava_client,
    phone: *const c_char,
    how: *const ava_draft_options,
    options: *const ava_call_options,
    generated: *mut *mut ava_generated_message,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    wait((generated, "generated"), error, || unsafe { draft_reply(client, phone, how, options) })
}

/// As ava_client_draft_reply(), and `callback` is given the outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_draft_reply_async(
    client: *const ava_client,
    phone: *const c_char,
    how: *const ava_draft_options,
    options: *const ava_call_options,
    callback: ava_generated_message_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    begin((callback, user_data), call, error, || unsafe { draft_reply(client, phone, how, options) })
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn draft_reply(
    client: *const ava_client,
    phone: *const c_char,
    how: *const ava_draft_options,
    options: *const ava_call_options,
) -> Result<Call<GeneratedMessage>> {
    // SAFETY: by this function's contract.
    let (client, phone, call) = unsafe { (of(client)?, string(phone, "phone")?, options::call(options)?) };
    // SAFETY: by this function's contract.
    let options = unsafe { options::draft(how, call) }?;
    Ok(client.draft_reply(phone, options))
}

/// Listens for inbound messages (*Receive Messages*). Unless told where to begin, it asks the service for its time.
///
/// `how` and `options` may be NULL; the latter speak of each poll. Free `*listener` with ava_listener_free().
/// AVA_ERROR_CONFIGURATION if the checkpoint is of another client's service or of another phone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_listen(
    client: *const ava_client,
    how: *const ava_listen_options,
    options: *const ava_call_options,
    listener: *mut *mut ava_listener,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    let owners = unsafe { options::listen_owners(how) };
    // SAFETY: as above.
    wait((listener, "listener"), error, || unsafe { listen(client, how, owners, options) })
}

/// As ava_client_listen(), and `callback` is given the outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ava_client_listen_async(
    client: *const ava_client,
    how: *const ava_listen_options,
    options: *const ava_call_options,
    callback: ava_listener_callback,
    user_data: *mut c_void,
    call: *mut *mut ava_call,
    error: *mut *mut ava_error,
) -> ava_status {
    // SAFETY: the caller vouches for what it gives.
    let owners = unsafe { options::listen_owners(how) };
    // SAFETY: as above.
    begin((callback, user_data), call, error, || unsafe { listen(client, how, owners, options) })
}

/// # Safety
/// What comes from C is as the header says.
unsafe fn listen(
    client: *const ava_client,
    how: *const ava_listen_options,
    owners: ListenOwners,
    options: *const ava_call_options,
) -> Result<Call<ava_bridge::Listener>> {
    // SAFETY: by this function's contract.
    let (client, call) = unsafe { (of(client)?, options::call(options)?) };
    // SAFETY: by this function's contract.
    let options = unsafe { options::listen(how, owners, call) }?;
    Ok(client.listen(options))
}
