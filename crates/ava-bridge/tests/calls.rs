//! The doors of a call, cancelling, blocking, and what a hook hears of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

mod support;

use std::ops::ControlFlow;
use std::time::Duration;

use ava_bridge::core::Delivery;
use ava_bridge::{
    Call, CallOptions, Cancel, Client, ErrorKind, ErrorView, Options, PollOptions, attempt_from_text,
    attempt_to_text, forbid_blocking, is_blocking_forbidden,
};
use ava_sandbox::{Fault, On, Outcome};
use support::{
    LONG, PHONE, SERVER, client, hook, options, sandbox, stall, told, until, until_disconnected,
    until_requests,
};

fn plain() -> CallOptions {
    CallOptions::default()
}

#[test]
fn a_call_goes_through_each_door() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let send = |text: &str| client.send(PHONE, text, CallOptions::default());
    let never_started = send("never");
    let ids = [
        send("blocked").block().unwrap().take().unwrap().message_id,
        SERVER.block_on(send("awaited").start()).unwrap().take().unwrap().message_id,
        told(send("told")).1.recv_timeout(LONG).unwrap().unwrap().take().unwrap().message_id,
        send("mapped").map(|sent| sent.take().unwrap().message_id).block().unwrap(),
    ];
    drop(never_started);
    let known: Vec<String> = sandbox.state().messages.into_iter().map(|message| message.id).collect();
    assert_eq!(known, ids);
}

#[test]
fn options_of_a_call_reach_the_wire() {
    let sandbox = sandbox();
    let client = Client::new(Options {
        headers: vec![("x-all".into(), "1".into())],
        user_agent: Some("app/2".into()),
        binding: Some("ava-imessage-test/0".into()),
        ..options(&sandbox)
    })
    .unwrap();
    let call = CallOptions { headers: vec![("x-one".into(), "2".into())], ..plain() };
    client.poll(PollOptions { call, ..PollOptions::default() }).block().unwrap();
    let request = &sandbox.requests()[0];
    assert_eq!((&*request.headers["x-all"], &*request.headers["x-one"]), ("1", "2"));
    assert!(request.headers["user-agent"].starts_with("app/2 ava-imessage-test/0 ava-imessage/"));

    sandbox.fault(Fault { status: Some(503), times: None, ..Fault::on(On::Poll) }).unwrap();
    let call = CallOptions { max_retries: Some(1), ..plain() };
    client.poll(PollOptions { call, ..PollOptions::default() }).block().unwrap_err();
    assert_eq!(sandbox.requests().len(), 3);
}

#[test]
fn what_is_dropped_is_gone_at_the_server() {
    let sandbox = sandbox();
    let (on_unknown, unknown) = hook();
    let client = Client::new(Options { on_unknown: Some(on_unknown), ..options(&sandbox) }).unwrap();
    stall(&sandbox, On::Send, 4);
    let send = |text: &str| client.send(PHONE, text, CallOptions::default());

    let task = send("a task").start();
    until_requests(&sandbox, 1);
    drop(task);
    until_disconnected(&sandbox, 1);

    let (running, result) = told(send("a running call"));
    until_requests(&sandbox, 2);
    running.cancel();
    let error = result.recv_timeout(LONG).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Cancelled, Some(Delivery::Unknown)));
    until_disconnected(&sandbox, 2);
    until("it is finished", || running.is_finished());
    drop(running);
    assert!(result.recv().is_err(), "told once");

    let cancel = Cancel::new();
    let options = CallOptions { cancel: Some(cancel.clone()), ..plain() };
    let (_running, result) = told(client.send(PHONE, "a token", options));
    until_requests(&sandbox, 3);
    std::thread::spawn(move || cancel.cancel()).join().unwrap();
    let error = result.recv_timeout(LONG).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Cancelled, Some(Delivery::Unknown)));
    until_disconnected(&sandbox, 3);

    let mut checks = 0;
    let left = send("a blocked thread").block_checking(Duration::from_millis(1), || {
        checks += 1;
        if sandbox.requests().len() >= 4 { ControlFlow::Break("Ctrl-C") } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(left, ControlFlow::Break("Ctrl-C")));
    assert!(checks >= 1);
    until_disconnected(&sandbox, 4);

    for text in ["a task", "a running call", "a token", "a blocked thread"] {
        let (attempt, thread) = unknown.recv_timeout(LONG).unwrap();
        assert_eq!((attempt.text(), &*thread), (text, "ava-callbacks"));
    }
    send("after").block().unwrap().take().unwrap();
    assert!(unknown.try_recv().is_err());
}

#[test]
fn cancelled_before_it_began_sends_nothing() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let cancel = Cancel::new();
    cancel.cancel();
    cancel.cancel();
    let options = CallOptions { cancel: Some(cancel), ..plain() };
    for _ in 0..50 {
        let error = client.send(PHONE, "never", options.clone()).block().unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Cancelled, Some(Delivery::NotSent)));
    }
    assert!(sandbox.requests().is_empty());
}

#[test]
fn blocking_where_it_would_hang_is_an_error() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let refused = |client: &Client| {
        let error = client.send(PHONE, "never", CallOptions::default()).block().unwrap_err();
        let is_refused =
            error.kind() == ErrorKind::InvalidRequest && error.delivery() == Some(Delivery::NotSent);
        is_refused && sandbox.requests().len() == 1
    };
    assert!(!is_blocking_forbidden());

    let (sender, receiver) = std::sync::mpsc::channel();
    let inner = client.clone();
    let running = client.poll(PollOptions::default()).start_with(move |_| {
        sender
            .send(inner.send(PHONE, "never", CallOptions::default()).block().map_err(|e| e.kind()))
            .unwrap();
    });
    assert_eq!(receiver.recv_timeout(LONG).unwrap().unwrap_err(), ErrorKind::InvalidRequest);
    drop(running);

    let inner = client.clone();
    let nested = Call::new(async move { inner.send(PHONE, "never", CallOptions::default()).block() });
    assert_eq!(nested.block().unwrap_err().kind(), ErrorKind::InvalidRequest);

    let guard = forbid_blocking();
    assert!(refused(&client));
    assert_eq!(ava_bridge::shutdown(Duration::ZERO).unwrap_err().kind(), ErrorKind::InvalidRequest);
    drop(guard);
    assert!(client.send(PHONE, "now", plain()).block().is_ok());
}

#[test]
fn a_completion_that_panics_harms_nobody() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let running = client.poll(PollOptions::default()).start_with(|_| panic!("a binding's mistake"));
    until("it is finished", || running.is_finished());
    assert!(client.poll(PollOptions::default()).block().is_ok());
}

#[test]
fn a_call_that_is_let_go_ends_by_itself() {
    let sandbox = sandbox();
    let (running, result) = told(client(&sandbox).send(PHONE, "let go", plain()));
    running.detach();
    assert!(result.recv_timeout(LONG).unwrap().is_ok());
}

#[test]
fn many_threads_share_a_client() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..50 {
                    client.poll(PollOptions::default()).block().unwrap();
                }
            });
        }
    });
    assert_eq!(sandbox.requests().len(), 800);
}

#[test]
fn a_thousand_cancellations_leave_nothing_behind() {
    let sandbox = sandbox();
    let (on_unknown, unknown) = hook();
    let client = Client::new(Options { on_unknown: Some(on_unknown), ..options(&sandbox) }).unwrap();
    sandbox.fault(Fault { delay_after_ms: Some(3), times: None, ..Fault::on(On::Any) }).unwrap();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut sent, mut cancelled) = (0, 0);
    let mut running = Vec::new();
    for i in 0..1000 {
        let cancel = Cancel::new();
        let call = CallOptions { cancel: Some(cancel.clone()), ..plain() };
        running.push((cancel, told(client.send(PHONE, format!("message {i}"), call))));
        std::thread::sleep(Duration::from_micros(random.u64(..300)));
        let (cancel, (handle, result)) = running.swap_remove(random.usize(..running.len()));
        if random.bool() {
            cancel.cancel()
        } else {
            handle.cancel()
        }
        match result.recv_timeout(LONG).unwrap() {
            // As a binding whose task was cancelled meanwhile: nobody takes it.
            Ok(receipt) if random.bool() => {
                drop(receipt);
                cancelled += 1;
            }
            Ok(receipt) => sent += usize::from(receipt.take().is_ok()),
            Err(error) if error.kind() == ErrorKind::Cancelled => cancelled += 1,
            Err(error) => panic!("seed {seed}: {error:?}"),
        }
        while running.len() > 16 {
            let (_, (_handle, result)) = running.remove(0);
            sent += usize::from(result.recv_timeout(LONG).unwrap().unwrap().take().is_ok());
        }
    }
    for (_, (_handle, result)) in running {
        sent += usize::from(result.recv_timeout(LONG).unwrap().unwrap().take().is_ok());
    }
    assert_eq!(sent + cancelled, 1000, "seed {seed}");
    assert!(cancelled > 100, "seed {seed}: {cancelled}");

    // Closing ends when nothing is in flight; then what was cut is known of, or never left.
    client.close().block().unwrap();
    until("the server is done", || sandbox.state().in_flight == 0);
    assert!(ava_bridge::flush_callbacks(LONG));
    let told = unknown.try_iter().count();
    let at_server = sandbox.requests();
    let cut = at_server.iter().filter(|request| request.outcome == Outcome::ClientDisconnected).count();
    assert!(told <= cancelled, "seed {seed}: {told} of {cancelled}");
    // What the server had in hand was told of; and what it never saw may still have left the client.
    assert!(cut <= told, "seed {seed}: {cut} cut, {told} told of");
    assert!(at_server.len() <= sent + told, "seed {seed}: {} requests, {sent}, {told}", at_server.len());
}

#[test]
fn an_error_is_seen_whole() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    sandbox.fault(Fault { status: Some(503), retry_after: Some("2".into()), ..Fault::on(On::Send) }).unwrap();
    let error = client.send(PHONE, "lost", plain()).block().unwrap().take().unwrap_err();
    let view = ErrorView::from(&error);
    assert_eq!((view.number, view.code, view.status), (12, "delivery_unknown", Some(503)));
    assert_eq!((view.delivery, view.retry_after_ms), (Some("unknown"), Some(2000)));
    assert!(view.request_id.is_some() && view.body.is_some() && view.message_id.is_none());
    let cause = view.cause.unwrap();
    assert_eq!((cause.number, cause.code), (7, "server"));
    assert!(cause.cause.is_none());

    let attempt = view.attempt.unwrap();
    let text = attempt_to_text(&attempt).unwrap();
    let again = attempt_from_text(&text).unwrap();
    assert_eq!((again.phone(), again.text(), again.is_portable()), (PHONE, "lost", true));
    let error = client.settle(&again, plain()).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeliveryUnknown);
    for broken in ["", "{}", "null", r#"{"phone": "+15550001111"}"#] {
        let error = attempt_from_text(broken).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(!format!("{error:?}").contains("1555"));
    }
}

#[test]
fn closing_refuses_calls_at_once_and_waits_for_those_in_flight() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    sandbox.fault(Fault { delay_ms: Some(100), ..Fault::on(On::Send) }).unwrap();
    let (running, result) = told(client.send(PHONE, "in flight", plain()));
    until_requests(&sandbox, 1);
    let closing = client.close();
    assert!(client.is_closed());
    let refused = client.send(PHONE, "late", plain()).block().unwrap_err();
    assert_eq!((refused.kind(), ErrorView::from(&refused).delivery), (ErrorKind::Closed, Some("not_sent")));
    assert_eq!(client.messages(PHONE, plain()).unwrap_err().kind(), ErrorKind::Closed);
    closing.block().unwrap();
    assert!(running.is_finished());
    assert!(result.try_recv().unwrap().is_ok());
    client.close().block().unwrap();
}

#[test]
fn wrong_options_are_named() {
    let sandbox = sandbox();
    for (wrong, name) in [
        (Options { api_key: None, ..options(&sandbox) }, "api_key"),
        (Options { base_url: Some("ftp://example.com".into()), ..options(&sandbox) }, "base_url"),
        (Options { user_agent: Some("a\nb".into()), ..options(&sandbox) }, "user_agent"),
    ] {
        let error = Client::new(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().starts_with(name), "{error}");
    }
    assert_eq!(ava_bridge::set_worker_threads(0).unwrap_err().kind(), ErrorKind::Configuration);
    client(&sandbox).poll(PollOptions::default()).block().unwrap();
    assert_eq!(ava_bridge::set_worker_threads(2).unwrap_err().kind(), ErrorKind::Configuration);
}
