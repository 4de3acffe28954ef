//! A C program that is made up as it goes: its handles, and the calls that it makes.

#![allow(unsafe_code, reason = "it calls what is made for C")]

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

use ava_c::attempt::*;
use ava_c::border::ava_status;
use ava_c::call::*;
use ava_c::cancel::*;
use ava_c::client::*;
use ava_c::error::*;
use ava_c::generated::*;
use ava_c::library::*;
use ava_c::listener::*;
use ava_c::message::*;
use ava_c::messages::*;
use ava_c::options::*;
use ava_c::page::*;
use ava_c::sent::*;
use ava_sandbox::{Cutoff, Fault, On, Sandbox};

use super::handles::{Handles, c, resized, zeroed};
use super::input::{Input, Text};

const PHONE: &str = "+15550100142";

pub(super) struct Machine<'a> {
    sandbox: &'a Sandbox,
    // Freed from top to bottom, which is as good as any order.
    calls: Handles<ava_call>,
    listeners: Handles<ava_listener>,
    conversations: Handles<ava_messages>,
    clients: Handles<ava_client>,
    cancels: Handles<ava_cancel>,
    attempts: Handles<ava_attempt>,
    messages: Handles<ava_message>,
    sent: Handles<ava_sent_message>,
    generated: Handles<ava_generated_message>,
    pages: Handles<ava_message_page>,
    polls: Handles<ava_poll_page>,
    errors: Handles<ava_error>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(sandbox: &'a Sandbox) -> Machine<'a> {
        let mut machine = Machine {
            sandbox,
            calls: Handles::freed_by(ava_call_free),
            listeners: Handles::freed_by(ava_listener_free),
            conversations: Handles::freed_by(ava_messages_free),
            clients: Handles::freed_by(ava_client_free),
            cancels: Handles::freed_by(ava_cancel_free),
            attempts: Handles::freed_by(ava_attempt_free),
            messages: Handles::freed_by(ava_message_free),
            sent: Handles::freed_by(ava_sent_message_free),
            generated: Handles::freed_by(ava_generated_message_free),
            pages: Handles::freed_by(ava_message_page_free),
            polls: Handles::freed_by(ava_poll_page_free),
            errors: Handles::freed_by(ava_error_free),
        };
        machine.client(&mut Input::new(&[]));
        machine
    }

    /// Makes one call.
    pub(super) fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 28 {
            0 => self.client(input),
            1 => self.send(input),
            2 => self.send_later(input),
            3 => self.page(input),
            4 => self.poll(input),
            5 => self.generate(input),
            6 => self.draft(input),
            7 => self.settle(input),
            8 => self.listen(input),
            9 => self.listener_next(input),
            10 => self.ack(input),
            11 => self.conversation(input),
            12 => self.conversation_next(input),
            13 => self.attempt(input),
            14 => self.read_message(input),
            15 => self.read_page(input),
            16 => self.read_poll(input),
            17 => self.read_error(input),
            18 => self.read_sent(input),
            19 => self.check(input),
            20 => self.end(input),
            21 => self.cancels.keep(ava_cancel_new()),
            22 => c!(ava_cancel_cancel(self.cancels.any(input))),
            23 => c!(ava_call_cancel(self.calls.any(input))),
            24 => self.poll_later(input),
            25 | 26 => self.free(input),
            _ => self.service(input),
        }
    }

    /// The outcome of a call that can fail: an error if and only if it failed, and an output only if it didn't.
    fn outcome<T>(&mut self, status: ava_status, error: *mut ava_error, wanted: bool, value: *mut T) -> bool {
        assert!(status <= 16, "{status} is no status");
        assert_eq!(!error.is_null(), status != 0 && wanted, "status {status}");
        assert!(status == 0 || value.is_null(), "an output was written on failure");
        assert_eq!(c!(ava_error_status(error)), if error.is_null() { 0 } else { status });
        self.errors.keep(error);
        status == 0
    }

    fn client(&mut self, input: &mut Input<'_>) {
        let (url, key) = (input.text(self.sandbox.base_url()), input.text(self.sandbox.api_key()));
        let (name, value, agent) = (input.text("x-trace"), input.text("1"), input.text("fuzz/1.0"));
        let headers = [ava_header { name: name.start(), value: value.start() }];
        let mut options = ava_client_options {
            api_key: key.start(),
            base_url: url.start(),
            user_agent: agent.start(),
            timeout_ms: 300,
            backoff_ms: 1,
            backoff_max_ms: 2,
            settle_within_ms: 10,
            settle_gap_ms: 1,
            headers: headers.as_ptr(),
            headers_len: usize::from(input.one_in(3)),
            ..zeroed()
        };
        if input.one_in(4) {
            options.connect_timeout_ms = input.number();
            options.read_idle_timeout_ms = input.number();
            options.pool_idle_timeout_ms = input.number();
            options.max_response_bytes = input.number();
            options.max_retries = input.number().min(3);
            options.confirm_from_history = input.number() as i32;
        }
        let options = resized(&options, input);
        // What isn't this machine's own service is left alone.
        if key.start().is_null()
            || url.start().is_null()
            || options[0] < size_of::<ava_client_options>() as u64
        {
            return;
        }
        let (mut client, mut error) = (null_mut(), null_mut());
        let status = c!(ava_client_new(options.as_ptr().cast(), &mut client, &mut error));
        if self.outcome(status, error, true, client) {
            text(c!(ava_client_base_url(client)));
        }
        self.clients.keep(client);
    }

    /// Options of a call: NULL, or any.
    fn options(&mut self, input: &mut Input<'_>) -> Option<Vec<u64>> {
        if !input.one_in(3) {
            return None;
        }
        let options = ava_call_options {
            timeout_ms: input.number(),
            max_retries: input.number().min(3),
            cancel: self.cancels.any(input),
            ..zeroed()
        };
        let mut options = resized(&options, input);
        options[0] = options[0].max(8);
        Some(options)
    }

    fn send(&mut self, input: &mut Input<'_>) {
        let (client, phone, words) = (self.clients.any(input), input.text(PHONE), input.text("Hello"));
        let options = self.options(input);
        let (mut sent, mut error) = (null_mut(), null_mut());
        let wants = !input.one_in(8);
        let status = c!(ava_client_send(
            client,
            phone.start(),
            words.start(),
            words.length(),
            pointer(options.as_deref()),
            &mut sent,
            if wants { &mut error } else { null_mut() },
        ));
        self.outcome(status, error, wants, sent);
        self.sent.keep(sent);
    }

    fn send_later(&mut self, input: &mut Input<'_>) {
        let (client, phone, words) = (self.clients.any(input), input.text(PHONE), input.text("Hello"));
        let options = self.options(input);
        let (mut call, mut error) = (null_mut(), null_mut());
        let callback: ava_sent_message_callback = if input.one_in(8) { None } else { Some(on_sent) };
        let status = c!(ava_client_send_async(
            client,
            phone.start(),
            words.start(),
            words.length(),
            pointer(options.as_deref()),
            callback,
            null_mut(),
            &mut call,
            &mut error,
        ));
        self.outcome(status, error, true, call);
        self.calls.keep(call);
    }

    fn page(&mut self, input: &mut Input<'_>) {
        let (client, phone) = (self.clients.any(input), input.text(PHONE));
        let (limit, offset, options) = (input.number(), input.number(), self.options(input));
        let (mut page, mut error) = (null_mut(), null_mut());
        let status = c!(ava_client_messages_page(
            client,
            phone.start(),
            limit,
            offset,
            pointer(options.as_deref()),
            &mut page,
            &mut error,
        ));
        self.outcome(status, error, true, page);
        self.pages.keep(page);
    }

    fn poll(&mut self, input: &mut Input<'_>) {
        let (client, since, phone) =
            (self.clients.any(input), input.text("2026-01-25T12:00:00Z"), input.text(PHONE));
        let options = self.options(input);
        let (mut page, mut error) = (null_mut(), null_mut());
        let options = pointer(options.as_deref());
        let status =
            c!(ava_client_poll(client, since.start(), phone.start(), options, &mut page, &mut error));
        self.outcome(status, error, true, page);
        self.polls.keep(page);
    }

    fn poll_later(&mut self, input: &mut Input<'_>) {
        let client = self.clients.any(input);
        let (mut call, mut error) = (null_mut(), null_mut());
        let status = c!(ava_client_poll_async(
            client,
            null(),
            null(),
            null(),
            Some(on_poll),
            null_mut(),
            &mut call,
            &mut error,
        ));
        self.outcome(status, error, true, call);
        self.calls.keep(call);
    }

    fn generate(&mut self, input: &mut Input<'_>) {
        let (client, phone) = (self.clients.any(input), input.text(PHONE));
        let (role, content, how) = (input.text("user"), input.text("Hi?"), input.text("Be brief."));
        let turns =
            [ava_turn { role: role.start(), content: content.start(), content_len: content.length() }];
        let generate = ava_generate_options {
            instructions: how.start(),
            instructions_len: how.length(),
            auto_send: input.number() as i32,
            ..zeroed()
        };
        let mut generate = resized(&generate, input);
        generate[0] = generate[0].max(8);
        let options = self.options(input);
        let (mut generated, mut error) = (null_mut(), null_mut());
        let status = c!(ava_client_generate(
            client,
            phone.start(),
            if input.one_in(8) { null() } else { turns.as_ptr() },
            usize::from(!input.one_in(8)),
            generate.as_ptr().cast(),
            pointer(options.as_deref()),
            &mut generated,
            &mut error,
        ));
        if self.outcome(status, error, true, generated) {
            let mut length = 0;
            measured(c!(ava_generated_message_text(generated, &mut length)), length);
        }
        self.generated.keep(generated);
    }

    fn draft(&mut self, input: &mut Input<'_>) {
        let (client, phone, how) = (self.clients.any(input), input.text(PHONE), input.text("Be brief."));
        let draft = ava_draft_options {
            instructions: how.start(),
            instructions_len: how.length(),
            history: input.number(),
            ..zeroed()
        };
        let mut draft = resized(&draft, input);
        draft[0] = draft[0].max(8);
        let options = self.options(input);
        let (mut generated, mut error) = (null_mut(), null_mut());
        let (draft, options) = (draft.as_ptr().cast(), pointer(options.as_deref()));
        let status =
            c!(ava_client_draft_reply(client, phone.start(), draft, options, &mut generated, &mut error));
        self.outcome(status, error, true, generated);
        self.generated.keep(generated);
    }

    fn settle(&mut self, input: &mut Input<'_>) {
        let (client, attempt) = (self.clients.any(input), self.attempts.any(input));
        let options = self.options(input);
        let (mut sent, mut error) = (null_mut(), null_mut());
        let options = pointer(options.as_deref());
        let status = c!(ava_client_settle(client, attempt, options, &mut sent, &mut error));
        self.outcome(status, error, true, sent);
        self.sent.keep(sent);
    }

    fn listen(&mut self, input: &mut Input<'_>) {
        let (client, since, phone) =
            (self.clients.any(input), input.text("2026-01-25T12:00:00Z"), input.text(PHONE));
        let how = ava_listen_options {
            since: since.start(),
            phone: phone.start(),
            interval_ms: input.number(),
            auto_ack: input.number() as i32,
            ..zeroed()
        };
        let mut how = resized(&how, input);
        how[0] = how[0].max(8);
        let (mut listener, mut error) = (null_mut(), null_mut());
        let status = c!(ava_client_listen(client, how.as_ptr().cast(), null(), &mut listener, &mut error));
        self.outcome(status, error, true, listener);
        self.listeners.keep(listener);
    }

    fn listener_next(&mut self, input: &mut Input<'_>) {
        let listener = self.listeners.any(input);
        // For ever would be just that.
        let wait = input.number().min(3);
        let (mut message, mut error) = (null_mut(), null_mut());
        let status = c!(ava_listener_next(listener, wait, &mut message, &mut error));
        self.outcome(status, error, true, message);
        self.messages.keep(message);
        c!(ava_listener_is_ended(listener));
    }

    fn ack(&mut self, input: &mut Input<'_>) {
        let (listener, message) = (self.listeners.any(input), self.messages.any(input));
        let mut error = null_mut();
        let status = c!(ava_listener_ack(listener, message, &mut error));
        self.outcome(status, error, true, null_mut::<c_void>());
    }

    fn conversation(&mut self, input: &mut Input<'_>) {
        let (client, phone) = (self.clients.any(input), input.text(PHONE));
        let (mut messages, mut error) = (null_mut(), null_mut());
        let status = c!(ava_client_messages(client, phone.start(), null(), &mut messages, &mut error));
        self.outcome(status, error, true, messages);
        self.conversations.keep(messages);
    }

    fn conversation_next(&mut self, input: &mut Input<'_>) {
        let messages = self.conversations.any(input);
        let (mut message, mut error) = (null_mut(), null_mut());
        let status = c!(ava_messages_next(messages, &mut message, &mut error));
        self.outcome(status, error, true, message);
        self.messages.keep(message);
        if input.one_in(8) {
            c!(ava_messages_close(messages));
        }
    }

    fn attempt(&mut self, input: &mut Input<'_>) {
        let json = input.text(
            r#"{"origin":"http://127.0.0.1:1","phone":"+12","text":"hi","client":"c","number":1,"began_ms":null,"window":null}"#,
        );
        let (mut attempt, mut error) = (null_mut(), null_mut());
        let status = c!(ava_attempt_from_json(json.start(), json.length(), &mut attempt, &mut error));
        if self.outcome(status, error, true, attempt) {
            let mut length = 0;
            text(c!(ava_attempt_json(attempt)));
            text(c!(ava_attempt_phone(attempt)));
            measured(c!(ava_attempt_text(attempt, &mut length)), length);
            c!(ava_attempt_is_portable(attempt));
        }
        self.attempts.keep(attempt);
        let copy = c!(ava_attempt_clone(self.attempts.any(input)));
        self.attempts.keep(copy);
    }

    fn read_message(&mut self, input: &mut Input<'_>) {
        let message = self.messages.any(input);
        look_at(message);
        let copy = c!(ava_message_clone(message));
        assert_eq!(copy.is_null(), message.is_null());
        self.messages.keep(copy);
    }

    fn read_page(&mut self, input: &mut Input<'_>) {
        let (page, index) = (self.pages.any(input), usize::from(input.byte()));
        let (length, skipped) = (c!(ava_message_page_len(page)), c!(ava_message_page_skipped_len(page)));
        let message = c!(ava_message_page_message(page, index));
        assert_eq!(message.is_null(), index >= length);
        assert_eq!(c!(ava_message_page_skipped(page, index)).is_null(), index >= skipped);
        look_at(message);
        let copy = c!(ava_message_clone(message));
        self.messages.keep(copy);
        text(c!(ava_message_page_extra(page)));
        c!(ava_message_page_total(page));
        c!(ava_message_page_limit(page));
        c!(ava_message_page_offset(page));
    }

    fn read_poll(&mut self, input: &mut Input<'_>) {
        let (page, index) = (self.polls.any(input), usize::from(input.byte()));
        let message = c!(ava_poll_page_message(page, index));
        assert_eq!(message.is_null(), index >= c!(ava_poll_page_len(page)));
        look_at(message);
        let copy = c!(ava_message_clone(message));
        self.messages.keep(copy);
        text(c!(ava_poll_page_extra(page)));
        c!(ava_poll_page_count(page));
        c!(ava_poll_page_has_more(page));
        c!(ava_poll_page_skipped(page, index));
    }

    fn read_error(&mut self, input: &mut Input<'_>) {
        let mut error: *const ava_error = self.errors.any(input);
        if let Some(message) = text(c!(ava_error_message(error))) {
            assert!(!message.contains('\n'), "{message:?}");
        }
        let copy = c!(ava_attempt_clone(ava_error_attempt(error)));
        self.attempts.keep(copy);
        while !error.is_null() {
            let mut length = 0;
            measured(c!(ava_error_body(error, &mut length)), length);
            c!(ava_error_body(error, null_mut()));
            text(c!(ava_error_code(error))).expect("an error has a code");
            text(c!(ava_error_request_id(error)));
            text(c!(ava_error_delivery(error)));
            text(c!(ava_error_message_id(error)));
            text(c!(ava_error_reason(error)));
            assert!(c!(ava_error_retry_after_ms(error)) >= -1);
            c!(ava_error_http_status(error));
            error = c!(ava_error_cause(error));
        }
    }

    fn read_sent(&mut self, input: &mut Input<'_>) {
        let sent = self.sent.any(input);
        text(c!(ava_sent_message_message_id(sent)));
        text(c!(ava_sent_message_timestamp(sent)));
        text(c!(ava_sent_message_confirmation(sent)));
        text(c!(ava_sent_message_extra(sent)));
        c!(ava_sent_message_timestamp_ms(sent));
        let generated = self.generated.any(input);
        c!(ava_generated_message_text(generated, null_mut()));
        text(c!(ava_generated_message_message_id(generated)));
        c!(ava_generated_message_sent(generated));
    }

    fn check(&mut self, input: &mut Input<'_>) {
        let words: Text = input.text(PHONE);
        let mut error = null_mut();
        let status = c!(ava_check_phone(words.start(), &mut error));
        self.outcome(status, error, true, null_mut::<c_void>());
        error = null_mut();
        let status = c!(ava_check_text(words.start(), words.length(), &mut error));
        self.outcome(status, error, true, null_mut::<c_void>());
        text(ava_status_name(input.number() as u32)).expect("every number has a name");
    }

    fn end(&mut self, input: &mut Input<'_>) {
        if input.one_in(2) {
            return c!(ava_listener_close(self.listeners.any(input)));
        }
        let client = self.clients.any(input);
        let mut error = null_mut();
        let status = c!(ava_client_close(client, &mut error));
        self.outcome(status, error, true, null_mut::<c_void>());
        assert!(c!(ava_client_is_closed(client)) || client.is_null());
    }

    fn free(&mut self, input: &mut Input<'_>) {
        match input.byte() % 12 {
            0 => self.clients.free(input),
            1 => self.calls.free(input),
            2 => self.listeners.free(input),
            3 => self.conversations.free(input),
            4 => self.cancels.free(input),
            5 => self.attempts.free(input),
            6 => self.messages.free(input),
            7 => self.sent.free(input),
            8 => self.generated.free(input),
            9 => self.pages.free(input),
            10 => self.polls.free(input),
            _ => self.errors.free(input),
        }
    }

    /// What the service does meanwhile.
    fn service(&mut self, input: &mut Input<'_>) {
        let on = Fault::on([On::Send, On::Any, On::Poll, On::Messages][usize::from(input.byte() % 4)]);
        let fault = match input.byte() % 8 {
            0 => Fault { status: Some(429), retry_after: Some("0".to_owned()), ..on },
            1 => Fault { status: Some(503), ..on },
            2 => Fault { drop: Some(Cutoff::Before), ..on },
            3 => Fault { drop: Some(Cutoff::After), ..on },
            4 => Fault { truncate: Some(u64::from(input.byte())), ..on },
            5 => Fault { garbage: true, ..on },
            _ => {
                let words = input.text("Hi there!");
                self.sandbox.inbound(PHONE, text(words.start()).unwrap_or_default());
                return;
            }
        };
        self.sandbox.fault(fault).expect("it is a good fault");
    }
}

fn look_at(message: *const ava_message) {
    let mut length = 0;
    measured(c!(ava_message_text(message, &mut length)), length);
    text(c!(ava_message_id(message)));
    text(c!(ava_message_phone(message)));
    text(c!(ava_message_direction(message)));
    text(c!(ava_message_status(message)));
    text(c!(ava_message_timestamp(message)));
    text(c!(ava_message_extra(message)));
    c!(ava_message_timestamp_ms(message));
}

fn pointer<T>(options: Option<&[u64]>) -> *const T {
    options.map_or(null(), |options| options.as_ptr().cast())
}

/// A text that C was given: it ends with a NUL.
fn text<'a>(start: *const c_char) -> Option<&'a str> {
    if start.is_null() {
        return None;
    }
    // SAFETY: by the header's contract a NUL ends it, and it lives as long as its handle, which nobody frees meanwhile.
    let text = unsafe { CStr::from_ptr(start) };
    std::str::from_utf8(text.to_bytes()).ok()
}

/// One that came with its length: a NUL follows it, and may be in it.
fn measured(start: *const c_char, length: usize) {
    if start.is_null() {
        return assert_eq!(length, 0);
    }
    // SAFETY: by the header's contract so many bytes are there, and a NUL after them.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length + 1) };
    assert_eq!(bytes[length], 0);
}

unsafe extern "C" fn on_sent(
    _: *mut c_void,
    status: ava_status,
    sent: *mut ava_sent_message,
    error: *mut ava_error,
) {
    told(status, sent, error, ava_sent_message_free);
}

unsafe extern "C" fn on_poll(
    _: *mut c_void,
    status: ava_status,
    page: *mut ava_poll_page,
    error: *mut ava_error,
) {
    told(status, page, error, ava_poll_page_free);
}

fn told<T>(status: ava_status, value: *mut T, error: *mut ava_error, free: unsafe extern "C" fn(*mut T)) {
    if (status == 0) != error.is_null() || (status == 0) == value.is_null() {
        // A panic must not leave a function of C's.
        std::process::abort();
    }
    c!(free(value));
    c!(ava_error_free(error));
}
