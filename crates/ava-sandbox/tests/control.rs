//! The control plane: what it changes, what it tells, and whom it answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where they can't go on"
)]

mod support;

use std::time::Duration;

use ava_sandbox::{EventKind, Fault, InboundMessage, On, Outcome, Sandbox, Settings};
use serde_json::{Value, json};
use support::{PATIENCE, PHONE, call, call_with, control, event, history, poll, request, send};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

async fn post(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let reply = control(sandbox, "POST", &format!("/_sandbox{path}"), &body.to_string()).await;
    assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text());
    reply.json()
}

#[tokio::test]
async fn inbound_messages_and_seeds_are_put_in_place() {
    let sandbox = Sandbox::start().await.unwrap();
    let message = json!({"phone": PHONE, "text": "hi", "timestamp": "2026-01-25T12:00:00Z", "id": "msg_x", "visible_after_ms": 0});
    let row = post(&sandbox, "/inbound", message).await;
    assert_eq!(
        (&row["id"], &row["status"], &row["timestamp"]),
        (&json!("msg_x"), &json!("received"), &json!("2026-01-25T12:00:00Z"))
    );
    let rows = json!([{"text": "a", "direction": "outbound", "timestamp": "2026-01-25T12:00:01Z", "status": "failed"}, {"text": "b", "direction": "inbound", "id": "b"}]);
    assert_eq!(post(&sandbox, "/seed", json!({"phone": PHONE, "rows": rows})).await, json!({"rows": 2}));
    assert_eq!(history(&sandbox).await, ["hi", "a", "b"]);
    let count = json!({"phone": "+15550001111", "count": 3, "start": "2026-01-25T12:00:00Z", "step_ms": 10, "text_prefix": "t", "id_prefix": "p", "direction": "inbound"});
    post(&sandbox, "/seed", count).await;
    assert_eq!(poll(&sandbox, "?phone=%2B15550001111").await, ["t1", "t2", "t3"]);
    let ids: Vec<_> = sandbox.state().messages.into_iter().map(|message| message.id).collect();
    assert_eq!(ids, ["msg_x", "msg_000001", "b", "p1", "p2", "p3"]);
    post(&sandbox, "/inbound", json!({"phone": "not a phone", "text": ""})).await;
}

#[tokio::test]
async fn typos_and_nonsense_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for (path, body, about) in [
        ("/inbound", json!({"phone": PHONE, "message": "hi"}), "unknown field `message`"),
        ("/inbound", json!({"phone": PHONE}), "missing field `text`"),
        ("/inbound", json!({"phone": PHONE, "text": "", "timestamp": "noon"}), "inbound"),
        ("/seed", json!({"phone": PHONE}), "either rows or count"),
        ("/seed", json!({"phone": PHONE, "count": 1, "rows": []}), "either rows or count"),
        ("/seed", json!({"phone": PHONE, "rows": [], "step_ms": 5}), "go with count"),
        ("/seed", json!({"phone": PHONE, "rows": [{"text": "a"}]}), "direction"),
        ("/clock", json!({"time": "2026-01-25T12:00:00Z"}), "unknown field `time`"),
        ("/settings", json!({"pol_page": 5}), "unknown field `pol_page`"),
        ("/settings", json!({"poll_page": 0}), "poll_page"),
        ("/settings", json!({"rate_limit": {"requests": 1, "per_ms": 0}}), "per_ms"),
        ("/settings", json!([]), "object"),
        ("/tokens", json!({"ttl": 5}), "ttl"),
    ] {
        let reply = control(&sandbox, "POST", &format!("/_sandbox{path}"), &body.to_string()).await;
        assert_eq!(reply.status, 400, "{path} {body}");
        assert!(reply.error().contains(about), "{path} {body}: {}", reply.error());
    }
    assert_eq!(control(&sandbox, "GET", "/_sandbox/nothing", "").await.status, 404);
    assert_eq!(control(&sandbox, "GET", "/_sandbox/page/nothing.js", "").await.status, 404);
    assert_eq!(control(&sandbox, "GET", "/_sandbox/reset", "").await.status, 405);
    assert_eq!(control(&sandbox, "POST", "/_sandbox/shutdown", "").await.status, 403);
    assert!(sandbox.requests().is_empty(), "controls aren't recorded");
}

#[tokio::test]
async fn settings_change_in_part() {
    let sandbox = Sandbox::start().await.unwrap();
    let change = json!({"poll_page": 7, "rate_limit": {"requests": 5, "per_ms": 1000}, "idle_reply": {"echo": {"after_ms": 5}}});
    let reply = control(&sandbox, "PATCH", "/_sandbox/settings", &change.to_string()).await;
    assert_eq!(reply.json()["poll_page"], 7);
    post(&sandbox, "/settings", json!({"rate_limit": null})).await;
    let settings = sandbox.settings();
    assert_eq!((settings.poll_page, settings.rate_limit), (7, None));
    assert!(settings.idle_reply.is_some());
    let all = control(&sandbox, "GET", "/_sandbox/settings", "").await;
    assert_eq!(serde_json::from_slice::<Settings>(&all.body).unwrap(), settings);
    sandbox.reset();
    assert_eq!(sandbox.settings(), Settings::default());
}

#[tokio::test]
async fn of_a_list_of_faults_all_are_installed_or_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let faults = json!([{"on": "send", "status": 500}, {"on": "send", "status": 500, "times": 0}]);
    let refused = control(&sandbox, "POST", "/_sandbox/faults", &faults.to_string()).await;
    assert_eq!((refused.status, sandbox.state().faults.len()), (400, 0));
}

#[tokio::test]
async fn what_only_begins_like_the_control_plane_is_none() {
    let sandbox = Sandbox::start().await.unwrap();
    control(&sandbox, "GET", "/_sandboxes", "").await;
    assert_eq!(sandbox.requests()[0].path, "/_sandboxes");
}

#[tokio::test]
async fn a_reset_brings_back_the_beginning() {
    let sandbox = Sandbox::start().await.unwrap();
    let first = send(&sandbox, "a").await.json()["message_id"].clone();
    sandbox.fault(Fault { status: Some(500), ..Fault::on(On::Any) }).unwrap();
    sandbox.clock().freeze();
    let token = sandbox.issue_token(Duration::from_secs(60), None).token;
    post(&sandbox, "/reset", Value::Null).await;
    let state = sandbox.state();
    assert_eq!((state.messages.len(), state.faults.len(), state.requests, state.tokens), (0, 0, 0, 0));
    assert!(state.clock.real);
    assert_eq!(send(&sandbox, "a").await.json()["message_id"], first, "ids begin anew");
    assert_ne!(sandbox.issue_token(Duration::from_secs(60), None).token, token, "tokens don't");
    assert_eq!(sandbox.requests()[0].seq, 2, "nor do requests");
}

#[tokio::test]
async fn the_clock_is_set_frozen_and_advanced() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(control(&sandbox, "GET", "/_sandbox/clock", "").await.json()["real"], true);
    let state =
        post(&sandbox, "/clock", json!({"now": "2026-01-25T12:00:00Z", "frozen": true, "advance_ms": 1500}))
            .await;
    assert_eq!(state, json!({"now": "2026-01-25T12:00:01.5Z", "frozen": true, "real": false}));
    assert_eq!(send(&sandbox, "a").await.json()["timestamp"], "2026-01-25T12:00:01Z");
    sandbox.clock().run();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let now = sandbox.clock().now();
    assert!(
        now > "2026-01-25T12:00:01.51Z".parse().unwrap() && now < "2026-01-25T12:00:10Z".parse().unwrap()
    );
    post(&sandbox, "/clock", json!({"real": true})).await;
    assert!(sandbox.state().clock.real);
}

#[tokio::test]
async fn tokens_expire_and_cover_some_numbers() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.clock().freeze();
    sandbox.inbound(PHONE, "mine");
    sandbox.inbound("+15550001111", "yours");
    let issued = post(&sandbox, "/tokens", json!({"ttl_ms": 1000, "phones": [PHONE]})).await;
    let token = issued["token"].as_str().unwrap();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let status = async |target: &str| call_with(&sandbox, "GET", target, &headers, "").await.status;
    assert_eq!(status("/api/messages/+1234567890").await, 200);
    assert_eq!(status("/api/messages/+15550001111").await, 403);
    assert_eq!(status("/api/messages/poll?phone=%2B15550001111").await, 403);
    let all = call_with(&sandbox, "GET", "/api/messages/poll", &headers, "").await;
    assert_eq!(support::texts(&all), ["mine"]);
    let send =
        call_with(&sandbox, "POST", "/api/send", &headers, r#"{"phone":"+15550001111","message":"x"}"#).await;
    assert_eq!(send.status, 403);
    sandbox.clock().advance(Duration::from_millis(999));
    assert_eq!(status("/api/messages/poll").await, 200);
    sandbox.clock().advance(Duration::from_millis(1));
    assert_eq!(status("/api/messages/poll").await, 401);

    let other = sandbox.issue_token(Duration::from_secs(60), None);
    assert_eq!(sandbox.state().tokens, 1);
    let bearer = format!("Bearer {}", other.token);
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(call_with(&sandbox, "GET", "/api/messages/poll", &headers, "").await.status, 200);
    assert_eq!(post(&sandbox, "/tokens/expire", Value::Null).await, json!({"expired": 2}));
    let refused = call_with(&sandbox, "GET", "/api/messages/poll", &headers, "").await;
    assert_eq!((refused.status, refused.error().as_str()), (401, "Token expired"));
    assert_eq!(poll(&sandbox, "").await.len(), 2, "the key goes on");
}

#[tokio::test]
async fn requests_are_read_back_and_forgotten() {
    let settings = Settings { record_limit: 2, ..Settings::default() };
    let sandbox = Sandbox::builder().settings(settings).start().await.unwrap();
    for text in ["1", "2", "3"] {
        send(&sandbox, text).await;
    }
    let requests = control(&sandbox, "GET", "/_sandbox/requests", "").await.json();
    assert_eq!(requests.as_array().unwrap().len(), 2);
    let last = &requests[1];
    assert_eq!(
        (&last["seq"], &last["method"], &last["path"], &last["query"]),
        (&json!(3), &json!("POST"), &json!("/api/send"), &Value::Null)
    );
    assert_eq!(
        (&last["json"]["message"], &last["complete"], &last["outcome"]),
        (&json!("3"), &json!(true), &json!("answered"))
    );
    assert_eq!(last["headers"]["authorization"], format!("Bearer {}", sandbox.api_key()));
    assert!(requests[0]["received_at_ms"].as_u64() <= last["received_at_ms"].as_u64());
    assert_eq!(sandbox.state().requests_forgotten, 1);
    control(&sandbox, "DELETE", "/_sandbox/requests", "").await;
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn everything_that_happens_is_an_event() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut events = sandbox.events();
    sandbox.fault(Fault { timestamps: Some(ava_sandbox::RowTimes::Equal), ..Fault::on(On::Send) }).unwrap();
    send(&sandbox, "out").await;
    sandbox.inbound_with(InboundMessage { visible_after_ms: Some(100), ..InboundMessage::new(PHONE, "in") });
    let late = event(&mut events, |kind| matches!(kind, EventKind::Inbound { .. })).await;
    assert_eq!(poll(&sandbox, "").await, ["in"]);
    assert!(matches!(late.kind, EventKind::Inbound { message } if message.message == "in"));
    let (all, _) = sandbox_events(&sandbox, "0").await;
    let kinds: Vec<_> = all.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = ["control", "request", "fault", "outbound", "response", "delivery", "inbound"];
    assert_eq!(kinds[..7], expected);
    assert!(all.iter().enumerate().all(|(n, event)| event["id"] == n as u64 + 1), "{all:?}");
    assert_eq!(all[5]["message"]["status"], "delivered");
    assert_eq!(sandbox.requests()[0].outcome, Outcome::Answered);
}

/// The events that are there after `last_id`, and a reader of those to come.
async fn sandbox_events(sandbox: &Sandbox, last_id: &str) -> (Vec<Value>, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    let text = request(sandbox.address(), "GET", "/_sandbox/events", &[("Last-Event-ID", last_id)], "");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reader = BufReader::new(stream);
    let mut events = Vec::new();
    let mut line = String::new();
    // What is there comes at once; a pause means that it was all.
    while timeout(Duration::from_millis(200), reader.read_line(&mut line))
        .await
        .is_ok_and(|read| read.unwrap() > 0)
    {
        if let Some(data) = line.strip_prefix("data: ") {
            events.push(serde_json::from_str(data).unwrap());
        }
        line.clear();
    }
    (events, reader)
}

#[tokio::test]
async fn the_event_stream_is_server_sent_events() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inbound(PHONE, "missed");
    let (missed, mut reader) = sandbox_events(&sandbox, "0").await;
    assert_eq!(missed[0]["message"]["message"], "missed");
    sandbox.inbound(PHONE, "live");
    let mut text = String::new();
    while !text.contains("data: ") {
        timeout(PATIENCE, reader.read_line(&mut text)).await.unwrap().unwrap();
    }
    assert!(text.contains("id: 2\r\n") || text.contains("id: 2\n"), "{text}");
    assert!(text.contains("event: inbound\n"), "{text}");
    drop(reader);
    assert_eq!(
        call(&sandbox, "GET", "/api/messages/poll", "").await.status,
        200,
        "a reader gone hurts nobody"
    );
    assert_eq!(sandbox.connections_dropped_by_client(), 0, "and isn't counted");
}

#[tokio::test]
async fn only_this_machine_and_its_own_pages_control() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = sandbox.address().port();
    let status = async |host: &str, origin: Option<&str>| {
        let origin = origin.map(|origin| format!("origin: {origin}\r\n")).unwrap_or_default();
        let text = format!(
            "POST /_sandbox/reset HTTP/1.1\r\nhost: {host}\r\n{origin}connection: close\r\ncontent-length: 0\r\n\r\n"
        );
        support::parse(&support::raw(sandbox.address(), text.as_bytes()).await).unwrap()
    };
    assert_eq!(status(&format!("localhost:{port}"), None).await.status, 200);
    assert_eq!(
        status(&format!("127.0.0.1:{port}"), Some(&format!("http://localhost:{port}"))).await.status,
        200
    );
    assert_eq!(status(&format!("evil.example:{port}"), None).await.status, 403);
    for origin in
        ["https://evil.example", "null", "http://localhost:1", &format!("http://evil.example:{port}")]
    {
        let reply = status(&format!("localhost:{port}"), Some(origin)).await;
        assert_eq!(reply.status, 403, "{origin}");
        assert!(!reply.head.to_ascii_lowercase().contains("access-control"), "no CORS headers");
    }
    let options = control(&sandbox, "OPTIONS", "/_sandbox/state", "").await;
    assert_eq!(options.status, 405, "no preflight succeeds");
}
