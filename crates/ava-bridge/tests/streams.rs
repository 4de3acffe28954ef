//! Pull streams: what is pulled, what comes back, and how they end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use ava_bridge::core::{MemoryCheckpoint, Timestamp};
use ava_bridge::{
    CallOptions, Cancel, CheckpointOption, Client, ErrorKind, Level, ListenOptions, Listener, Logger,
    PageOptions, Pulled, Record, flush_callbacks, set_logger,
};
use ava_sandbox::{On, Sandbox, Seed};
use support::{LONG, PHONE, client, sandbox, stall, told, until, until_disconnected, until_requests};

const OTHER: &str = "+15550002222";

fn listening() -> ListenOptions {
    ListenOptions {
        since: Some(Timestamp::UNIX_EPOCH),
        interval: Some(Duration::from_millis(100)),
        ..ListenOptions::default()
    }
}

fn inbox(texts: &[&str]) -> (Sandbox, Client, Listener) {
    let sandbox = sandbox();
    for (second, text) in texts.iter().enumerate() {
        let timestamp = Timestamp::from_second(1_700_000_000 + second as i64).unwrap();
        sandbox.inbound_with(
            serde_json::from_value(serde_json::json!({
                "phone": PHONE, "text": text, "timestamp": timestamp,
            }))
            .unwrap(),
        );
    }
    let client = client(&sandbox);
    let listener = client.listen(listening()).block().unwrap();
    (sandbox, client, listener)
}

fn next(listener: &Listener) -> Option<String> {
    listener.next().block().unwrap().map(|handed| handed.take().unwrap().text)
}

#[test]
fn a_history_is_pulled_page_by_page() {
    let sandbox = sandbox();
    sandbox.seed(Seed::count(PHONE, 250)).unwrap();
    let messages = client(&sandbox).messages(PHONE, CallOptions::default()).unwrap();
    assert!(messages.try_next().is_none());
    assert!(sandbox.requests().is_empty(), "nothing is fetched before it is asked for");
    let (mut all, mut calls) = (Vec::new(), 0);
    loop {
        if let Some(message) = messages.try_next() {
            all.push(message.id);
            continue;
        }
        calls += 1;
        let Some(handed) = messages.next().block().unwrap() else { break };
        all.push(handed.take().unwrap().id);
    }
    assert_eq!((all.len(), calls, sandbox.requests().len()), (250, 4, 3));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 250);
    assert!(messages.next().block().unwrap().is_none(), "the end stays the end");
}

#[test]
fn what_was_not_delivered_comes_again() {
    let sandbox = sandbox();
    sandbox.seed(Seed::count(PHONE, 3)).unwrap();
    let messages = client(&sandbox).messages(PHONE, CallOptions::default()).unwrap();
    let first = messages.next().block().unwrap().unwrap();
    let id = first.message().unwrap().id.clone();
    drop(first);
    assert_eq!(messages.next().block().unwrap().unwrap().take().unwrap().id, id);
    let mut rest = 0;
    while let Some(handed) = messages.next().block().unwrap() {
        assert_ne!(handed.take().unwrap().id, id);
        rest += 1;
    }
    assert_eq!(rest, 2);

    // Of a task that nobody awaited, too.
    let (_sandbox, _client, listener) = inbox(&["one", "two"]);
    let task = listener.next().start();
    until("the task has its message", || task.is_finished());
    drop(task);
    assert_eq!([next(&listener), next(&listener)], [Some("one".to_owned()), Some("two".to_owned())]);
}

#[test]
fn a_message_on_its_way_is_not_acknowledged() {
    let (sandbox, client, listener) = inbox(&["one", "two"]);
    drop((listener, client));
    let kept = MemoryCheckpoint::new();
    let options = || ListenOptions {
        checkpoint: Some(CheckpointOption::Custom(Arc::new(kept.clone()))),
        ..listening()
    };
    let client = support::client(&sandbox);
    let listener = client.listen(options()).block().unwrap();
    let on_its_way = listener.next().block().unwrap().unwrap();
    // Another consumer asks already: it must wait, for its asking would acknowledge.
    let (_running, second) = told(listener.next());
    assert!(second.recv_timeout(Duration::from_millis(100)).is_err());
    drop(on_its_way);
    assert_eq!(second.recv_timeout(LONG).unwrap().unwrap().unwrap().take().unwrap().text, "one");
    listener.close();

    let resumed = client.listen(options()).block().unwrap();
    assert_eq!(next(&resumed).as_deref(), Some("one"), "it was never acknowledged");
    assert_eq!(next(&resumed).as_deref(), Some("two"));
    resumed.close();
    let resumed = client.listen(options()).block().unwrap();
    assert_eq!(next(&resumed).as_deref(), Some("two"), "asking for it acknowledged the one before");
}

#[test]
fn only_ack_acknowledges_without_auto_ack() {
    let (sandbox, client, listener) = inbox(&["one", "two"]);
    drop(listener);
    let kept = MemoryCheckpoint::new();
    let options = || ListenOptions {
        auto_ack: Some(false),
        checkpoint: Some(CheckpointOption::Custom(Arc::new(kept.clone()))),
        ..listening()
    };
    let listener = client.listen(options()).block().unwrap();
    let ids: Vec<_> = (0..2).map(|_| listener.next().block().unwrap().unwrap().take().unwrap().id).collect();
    listener.close();
    listener.ack(&*ids[1]).block().unwrap();
    listener.ack(&*ids[1]).block().unwrap();
    listener.ack("msg_of_nobody").block().unwrap();
    let resumed = client.listen(options()).block().unwrap();
    assert_eq!(next(&resumed).as_deref(), Some("one"));
    sandbox.inbound(OTHER, "three");
    assert_eq!(next(&resumed).as_deref(), Some("three"));
}

#[test]
fn a_time_limit_loses_nothing() {
    let (sandbox, _client, listener) = inbox(&[]);
    assert!(matches!(listener.next_within(Duration::from_millis(1)).block().unwrap(), Pulled::TimedOut));
    sandbox.inbound(PHONE, "late");
    let Pulled::Message(handed) = listener.next_within(LONG).block().unwrap() else { panic!("no message") };
    assert_eq!(handed.take().unwrap().text, "late");
    listener.close();
    assert!(matches!(listener.next_within(LONG).block().unwrap(), Pulled::Ended));
}

#[test]
fn closing_ends_whoever_waits_and_drops_the_poll() {
    let (sandbox, client, listener) = inbox(&[]);
    stall(&sandbox, On::Poll, 1);
    let (_running, waiting) = told(listener.next());
    until("the poll is under way", || sandbox.state().in_flight == 1);
    listener.close();
    assert!(waiting.recv_timeout(LONG).unwrap().unwrap().is_none());
    until_disconnected(&sandbox, 1);
    assert!(listener.next().block().unwrap().is_none());
    listener.close();

    stall(&sandbox, On::Messages, 1);
    let messages = client.messages(PHONE, CallOptions::default()).unwrap();
    let (running, _result) = told(messages.next());
    until("the page is under way", || sandbox.state().in_flight == 1);
    drop(running);
    drop(messages);
    until_disconnected(&sandbox, 2);

    // The client's closing ends a listener without an error.
    let listener = client.listen(listening()).block().unwrap();
    let (_running, waiting) = told(listener.next());
    client.close().block().unwrap();
    assert!(waiting.recv_timeout(LONG).unwrap().unwrap().is_none());
}

#[test]
fn closing_in_the_moment_in_which_a_next_is_cancelled_drops_the_poll_too() {
    for _ in 0..20 {
        let (sandbox, _client, listener) = inbox(&[]);
        stall(&sandbox, On::Poll, 1);
        let (running, _result) = told(listener.next());
        until("the poll is under way", || sandbox.state().in_flight == 1);
        running.cancel();
        listener.close();
        until_disconnected(&sandbox, 1);
    }
}

#[test]
fn a_cancelled_next_is_taken_up_by_the_one_that_follows() {
    let (sandbox, _client, listener) = inbox(&["one"]);
    for _ in 0..20 {
        let (running, result) = told(listener.next());
        std::thread::sleep(Duration::from_micros(fastrand::u64(..2000)));
        running.cancel();
        drop(result.recv_timeout(LONG).unwrap());
    }
    assert_eq!(next(&listener).as_deref(), Some("one"));
    sandbox.inbound(OTHER, "two");
    assert_eq!(next(&listener).as_deref(), Some("two"));
}

#[test]
fn a_stream_may_be_dropped_on_any_thread_at_any_moment() {
    let sandbox = sandbox();
    sandbox.seed(Seed::count(PHONE, 3)).unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let sink = move |records: Vec<Record>| records.into_iter().for_each(|record| drop(sender.send(record)));
    set_logger(Some(Logger::new(sink, Level::Error)));
    for i in 0..300 {
        // A new client each time, so that a connection is being made.
        let messages = client(&sandbox).messages(PHONE, CallOptions::default()).unwrap();
        let (running, result) = told(messages.next());
        std::thread::sleep(Duration::from_micros(i * 5));
        running.cancel();
        drop(result.recv_timeout(LONG).unwrap());
        if i % 2 == 0 { messages.close() } else { drop(messages) }
    }
    client(&sandbox).messages_page(PHONE, PageOptions::default()).block().unwrap();
    assert!(flush_callbacks(LONG));
    set_logger(None);
    assert!(lines.try_recv().is_err(), "a drop panicked");
}

#[test]
fn a_cancel_token_ends_the_whole_stream() {
    let sandbox = sandbox();
    let cancel = Cancel::new();
    let call = CallOptions { cancel: Some(cancel.clone()), ..CallOptions::default() };
    let listener = client(&sandbox).listen(ListenOptions { call, ..listening() }).block().unwrap();
    let (_running, waiting) = told(listener.next());
    until_requests(&sandbox, 1);
    cancel.cancel();
    for error in [waiting.recv_timeout(LONG).unwrap().unwrap_err(), listener.next().block().unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}
