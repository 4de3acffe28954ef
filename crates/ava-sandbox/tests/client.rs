//! A client of the sandbox, without a socket and on tokio's paused clock.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::time::Duration;

use ava_imessage::{Client, Confirmation, Delivery, Direction, ErrorKind};
use ava_sandbox::{ClockChange, Cutoff, Fault, On, Outcome, Sandbox, Seed};
use tokio::time::{Instant, sleep, timeout};

const PHONE: &str = "+1234567890";

/// A sandbox whose clock starts at noon and runs with tokio's, and a client of it.
fn in_process() -> (Sandbox, Client) {
    let now = Some("2026-01-25T12:00:00Z".parse().unwrap());
    let clock = ClockChange { now, ..ClockChange::default() };
    let sandbox = Sandbox::builder().clock(clock).in_process().unwrap();
    let client = sandbox.client().build().unwrap();
    assert_eq!(client.base_url(), sandbox.base_url());
    (sandbox, client)
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_and_read_back() {
    let (sandbox, client) = in_process();
    sandbox.fault(Fault { delay_ms: Some(4000), ..Fault::on(On::Send) }).unwrap();
    let start = std::time::Instant::now();
    let sent = client.send(PHONE, "hello").await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "nobody waits for paused time");
    assert_eq!(sent.confirmation, Confirmation::Response);
    assert_eq!(sent.timestamp, "2026-01-25T12:00:04Z".parse().unwrap());
    let page = client.messages_page(PHONE, 50, 0).await.unwrap();
    assert_eq!((page.messages[0].id.as_str(), &*page.messages[0].text), (&*sent.message_id, "hello"));
    assert_eq!(sandbox.requests()[0].headers["authorization"], format!("Bearer {}", sandbox.api_key()));
}

#[tokio::test(start_paused = true)]
async fn a_history_is_read_in_pages() {
    let (sandbox, client) = in_process();
    sandbox.seed(Seed::count(PHONE, 120)).unwrap();
    let page = client.messages_page(PHONE, 100, 100).await.unwrap();
    assert_eq!((page.total, page.messages.len()), (120, 20));
    assert_eq!(page.messages[0].id, "msg_seed_101");
}

#[tokio::test(start_paused = true)]
async fn a_send_whose_answer_is_cut_off_is_settled_from_the_history() {
    for fault in [
        Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) },
        Fault { truncate: Some(5), ..Fault::on(On::Send) },
    ] {
        let (sandbox, client) = in_process();
        sandbox.fault(fault.clone()).unwrap();
        let sent = client.send(PHONE, "once").await.unwrap();
        assert_eq!(sent.confirmation, Confirmation::History, "{fault:?}");
        let rows = sandbox.state().messages;
        assert_eq!((rows.len(), &rows[0].id), (1, &sent.message_id), "{fault:?}");
        let first = &sandbox.requests()[0];
        assert_eq!((first.path.as_str(), first.outcome), ("/api/send", Outcome::DroppedAfter));
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_before_its_effect_stays_unknown() {
    let (sandbox, client) = in_process();
    sandbox.fault(Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) }).unwrap();
    let error = client.send(PHONE, "never").await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::DeliveryUnknown, Some(Delivery::Unknown)));
    let posts = sandbox.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1, "it is not posted again by guess");
    assert!(sandbox.state().messages.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_a_client_gone() {
    let (sandbox, client) = in_process();
    sandbox.fault(Fault { delay_ms: Some(60_000), ..Fault::on(On::Messages) }).unwrap();
    let read = async { client.messages_page(PHONE, 50, 0).await };
    assert!(timeout(Duration::from_secs(1), read).await.is_err());
    assert_eq!(sandbox.connections_dropped_by_client(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_listener_gets_what_arrives() {
    let (sandbox, client) = in_process();
    let mut inbox = client.listen().since(sandbox.clock().now()).await.unwrap();
    sandbox.inbound(PHONE, "at once");
    let other_side = sandbox.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(3600)).await;
        other_side.inbound(PHONE, "an hour later");
    });
    let start = Instant::now();
    for (text, after) in [("at once", 0), ("an hour later", 3600)] {
        let message = inbox.next().await.unwrap().unwrap();
        assert_eq!((&*message.text, message.direction), (text, Direction::Inbound));
        let waited = start.elapsed().as_secs();
        assert!((after..after + 15).contains(&waited), "{text}: {waited} s");
    }
}

#[tokio::test]
async fn with_a_socket_the_client_uses_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = sandbox.client().build().unwrap();
    let sent = client.send(PHONE, "over TCP").await.unwrap();
    assert_eq!(sent.message_id, sandbox.state().messages[0].id);
    assert!(sandbox.requests()[0].headers.contains_key("host"), "hyper wrote it");
}
