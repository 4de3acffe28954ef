//! Each fault, as a client meets it on the wire.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where they can't go on"
)]

mod support;

use std::time::{Duration, Instant};

use ava_sandbox::{Cutoff, EventKind, Fault, On, Outcome, RowTimes, Sandbox, Settings};
use serde_json::json;
use support::{PHONE, call, control, event, history, message, send, try_api};

async fn with(fault: Fault) -> Sandbox {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.fault(fault).unwrap();
    sandbox
}

fn fault() -> Fault {
    Fault::on(On::Send)
}

fn outcome(sandbox: &Sandbox) -> Outcome {
    sandbox.requests().last().unwrap().outcome
}

#[tokio::test]
async fn a_status_answers_instead_of_the_api() {
    let retry_after = Some("Wed, 21 Oct 2026 07:28:00 GMT".into());
    let sandbox = with(Fault { status: Some(503), retry_after, ..fault() }).await;
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("Wed, 21 Oct 2026 07:28:00 GMT")));
    assert!(reply.error().contains("503"));
    assert!(reply.header("x-request-id").is_some() && reply.header("date").is_some());
    assert!(sandbox.state().messages.is_empty());
    assert_eq!(send(&sandbox, "b").await.status, 200, "once");
    assert_eq!(sandbox.faults()[0].hits, 1);
}

#[tokio::test]
async fn a_status_can_hide_a_send_that_happened() {
    let sandbox = with(Fault { status: Some(500), process: Some(true), ..fault() }).await;
    assert_eq!(send(&sandbox, "a").await.status, 500);
    assert_eq!(history(&sandbox).await, ["a"]);
}

#[tokio::test]
async fn bodies_and_content_types_are_sent_as_given() {
    let sandbox = Sandbox::start().await.unwrap();
    let html = Fault {
        status: Some(502),
        body: Some(json!("<h1>Bad gateway</h1>")),
        content_type: Some("text/html".into()),
        ..fault()
    };
    sandbox.fault(html).unwrap();
    sandbox.fault(Fault { body: Some(json!({"detail": [1, 2]})), status: Some(400), ..fault() }).unwrap();
    sandbox.fault(Fault { garbage: true, ..fault() }).unwrap();
    sandbox.fault(Fault { reject: Some("blocked".into()), ..fault() }).unwrap();
    sandbox.fault(Fault { redirect: Some("http://127.0.0.1:1/".into()), ..fault() }).unwrap();
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.text()), (502, "<h1>Bad gateway</h1>"));
    assert_eq!(reply.header("content-type"), Some("text/html"));
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.text()), (400, r#"{"detail":[1,2]}"#));
    let reply = send(&sandbox, "a").await;
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.error().as_str()), (200, "blocked"));
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.header("location")), (302, Some("http://127.0.0.1:1/")));
    assert!(sandbox.state().messages.is_empty(), "none of them sends");
}

#[tokio::test]
async fn a_drop_before_loses_the_request_and_a_drop_after_the_answer() {
    let sandbox = with(Fault { drop: Some(Cutoff::Before), ..fault() }).await;
    assert!(try_api(&sandbox, "POST", "/api/send", &message("a")).await.is_none());
    assert_eq!(outcome(&sandbox), Outcome::DroppedBefore);
    assert!(sandbox.state().messages.is_empty());
    sandbox.fault(Fault { drop: Some(Cutoff::After), ..fault() }).unwrap();
    assert!(try_api(&sandbox, "POST", "/api/send", &message("b")).await.is_none());
    assert_eq!(outcome(&sandbox), Outcome::DroppedAfter);
    assert_eq!(history(&sandbox).await, ["b"]);
    assert_eq!(sandbox.connections_dropped_by_client(), 0);
}

#[tokio::test]
async fn delays_stand_on_either_side_of_processing() {
    let sandbox = with(Fault { delay_ms: Some(150), ..fault() }).await;
    let mut events = sandbox.events();
    let start = Instant::now();
    assert_eq!(send(&sandbox, "a").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(150));
    sandbox.fault(Fault { delay_after_ms: Some(150), status: Some(504), ..fault() }).unwrap();
    let (reply, early) = tokio::join!(send(&sandbox, "b"), async {
        event(&mut events, |kind| matches!(kind, EventKind::Outbound { message } if message.message == "b"))
            .await;
        outcome(&sandbox)
    });
    assert_eq!(
        (reply.status, early),
        (504, Outcome::Pending),
        "it happened, and the answer was still to come"
    );
    assert_eq!(history(&sandbox).await, ["a", "b"]);
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_comes() {
    let sandbox = with(Fault { truncate: Some(10), ..fault() }).await;
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.text()), (200, r#"{"success""#));
    assert!(reply.header("content-length").unwrap().parse::<usize>().unwrap() > 10);
    assert_eq!(outcome(&sandbox), Outcome::DroppedAfter);
    assert_eq!(history(&sandbox).await, ["a"]);
    sandbox.fault(Fault { truncate: Some(0), ..fault() }).unwrap();
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    // However much it is: all of it arrives before the cut.
    let big = Fault { huge_bytes: Some(64 << 20), truncate: Some(5_000_001), ..fault() };
    sandbox.fault(big).unwrap();
    let reply = send(&sandbox, "a").await;
    assert_eq!((reply.body.len(), reply.header("content-length")), (5_000_001, Some("67108864")));
}

#[tokio::test]
async fn a_drip_sends_a_byte_at_a_time() {
    let sandbox = with(Fault { drip_ms: Some(5), reject: Some("no".into()), ..fault() }).await;
    let start = Instant::now();
    let reply = send(&sandbox, "a").await;
    assert_eq!(reply.text(), r#"{"success":false,"error":"no"}"#);
    assert!(start.elapsed() >= Duration::from_millis(5 * 29), "{:?}", start.elapsed());
    assert_eq!(outcome(&sandbox), Outcome::Answered);
}

#[tokio::test]
async fn rows_get_odd_times_and_come_late() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.clock().set("2026-01-25T12:00:00Z".parse().unwrap());
    sandbox.clock().freeze();
    send(&sandbox, "first").await;
    sandbox.clock().advance(Duration::from_secs(90));
    for times in [RowTimes::Equal, RowTimes::OutOfOrder, RowTimes::Future] {
        sandbox.fault(Fault { timestamps: Some(times), history_lag_ms: Some(1000), ..fault() }).unwrap();
    }
    // Conditions that set the same member: the first one counts for the request, and all that apply are used up.
    send(&sandbox, "equal").await;
    assert_eq!(sandbox.state().messages[1].timestamp, sandbox.state().messages[0].timestamp);
    assert_eq!(history(&sandbox).await, ["first"]);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(history(&sandbox).await, ["first", "equal"]);
    for (times, expected) in
        [(RowTimes::OutOfOrder, "2026-01-25T12:01:01Z"), (RowTimes::Future, "2026-01-25T13:01:31Z")]
    {
        sandbox.fault(Fault { timestamps: Some(times), ..fault() }).unwrap();
        let reply = send(&sandbox, "odd").await.json();
        assert_eq!(reply["timestamp"], expected);
    }
}

#[tokio::test]
async fn the_date_can_be_missing() {
    let sandbox = with(Fault { omit_date: true, times: None, on: On::Any, ..fault() }).await;
    assert_eq!(send(&sandbox, "a").await.header("date"), None);
    sandbox.fault(Fault { status: Some(500), ..fault() }).unwrap();
    assert_eq!(send(&sandbox, "a").await.header("date"), None, "conditions hold for faults' answers too");
}

#[tokio::test]
async fn faults_choose_their_calls() {
    let sandbox = Sandbox::start().await.unwrap();
    let wanted = [
        (On::Send, "POST", "/api/send", message("a")),
        (On::Messages, "GET", "/api/messages/%2B1234567890", String::new()),
        (On::Poll, "GET", "/api/messages/poll?phone=%2B1234567890", String::new()),
        (On::Generate, "POST", "/api/generate", json!({"phone": PHONE}).to_string()),
        (On::Any, "GET", "/api/messages/+1234567890", String::new()),
    ];
    for (on, method, target, body) in &wanted {
        sandbox.clear_faults();
        let phone = Some(PHONE.to_owned());
        sandbox.fault(Fault { status: Some(500), phone, times: None, skip: 1, ..Fault::on(*on) }).unwrap();
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(call(&sandbox, method, target, body).await.status);
        }
        assert_ne!(statuses[0], 500, "{on:?} skips one");
        assert_eq!(statuses[1..], [500, 500], "{on:?}");
        let other = call(&sandbox, "GET", "/api/messages/+15550001111", "").await;
        assert_eq!(other.status, 200, "{on:?} is about another number");
    }
}

#[tokio::test]
async fn a_fault_stands_before_the_key_and_the_limits() {
    let rate_limit = Some(ava_sandbox::RateLimit { requests: 0, per_ms: 1000, retry_after_s: None });
    let sandbox =
        Sandbox::builder().settings(Settings { rate_limit, ..Settings::default() }).start().await.unwrap();
    sandbox.fault(Fault { status: Some(500), ..Fault::default() }).unwrap();
    let reply = support::call_with(&sandbox, "POST", "/api/send", &[], "").await;
    assert_eq!(reply.status, 500);
}

#[tokio::test]
async fn faults_are_set_listed_and_cleared_over_http() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply =
        control(&sandbox, "POST", "/_sandbox/faults", r#"{"on":"send","status":500,"times":null}"#).await;
    assert_eq!(reply.json()[0]["fault"]["times"], json!(null));
    let list = r#" [{"on":"poll","drop":"after"},{"garbage":true,"skip":2}]"#;
    assert_eq!(control(&sandbox, "POST", "/_sandbox/faults", list).await.json()[1]["id"], 3);
    let all = control(&sandbox, "GET", "/_sandbox/faults", "").await.json();
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!(
        all[0],
        json!({"id": 1, "skipped": 0, "hits": 0, "fault": {"on": "send", "times": null, "skip": 0, "status": 500}})
    );
    for (body, about) in [
        (r#"{"on":"send","statsu":500}"#, "statsu"),
        (r#"{"on":"sends","status":500}"#, "sends"),
        (r#"{"on":"send"}"#, "does nothing"),
        (r#"{"status":99}"#, "status"),
        ("", "fault"),
    ] {
        let reply = control(&sandbox, "POST", "/_sandbox/faults", body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.error().contains(about), "{}", reply.error());
    }
    control(&sandbox, "DELETE", "/_sandbox/faults", "").await;
    assert!(sandbox.faults().is_empty());
}
