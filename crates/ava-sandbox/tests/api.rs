//! The API's rules: who may call what, what is refused, and how the settings bend what its document leaves open.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where they can't go on"
)]

mod support;

use std::time::Duration;

use ava_sandbox::{
    ClockChange, IdleReply, InboundMessage, Order, Precision, RateLimit, Sandbox, Seed, Settings,
};
use support::{PHONE, call, call_with, history, message, poll, send, texts};

async fn frozen(settings: Settings) -> Sandbox {
    let now = Some("2026-01-25T12:00:00Z".parse().unwrap());
    let clock = ClockChange { now, frozen: Some(true), ..ClockChange::default() };
    Sandbox::builder().settings(settings).clock(clock).start().await.unwrap()
}

#[tokio::test]
async fn a_call_needs_the_key() {
    let sandbox = Sandbox::start().await.unwrap();
    assert!(sandbox.api_key().starts_with("sk_sandbox_"));
    for authorization in
        ["", "Bearer", "Bearer wrong", "Basic YWJj", &format!("Bearer {}x", sandbox.api_key())]
    {
        let headers = if authorization.is_empty() { vec![] } else { vec![("authorization", authorization)] };
        let reply = call_with(&sandbox, "POST", "/api/send", &headers, &message("hi")).await;
        assert_eq!(reply.status, 401, "{authorization}");
        assert!(!reply.error().is_empty());
    }
    assert!(sandbox.state().messages.is_empty());
    let lower = format!("bearer {}", sandbox.api_key());
    let reply = call_with(&sandbox, "POST", "/api/send", &[("authorization", &lower)], &message("hi")).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_are_json_errors() {
    let sandbox = Sandbox::start().await.unwrap();
    for path in [
        "/",
        "/api",
        "/api/sends",
        "/api/send/",
        "/api/messages",
        "/api/messages/",
        "/api/messages/+12/x",
        "/_sandboxed",
    ] {
        let reply = call(&sandbox, "GET", path, "").await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.error().contains(path));
    }
    for (method, path, allow) in [
        ("GET", "/api/send", "POST"),
        ("PUT", "/api/generate", "POST"),
        ("POST", "/api/messages/poll", "GET"),
        ("DELETE", "/api/messages/+1234567890", "GET"),
    ] {
        let reply = call(&sandbox, method, path, "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
        assert!(reply.error().contains(method));
    }
    let head = call(&sandbox, "HEAD", "/api/messages/poll", "").await;
    assert_eq!((head.status, head.body.len()), (405, 0));
    assert_eq!(sandbox.connections_dropped_by_client(), 0);
}

#[tokio::test]
async fn send_refuses_what_the_document_does_not_allow() {
    let sandbox = Sandbox::start().await.unwrap();
    for (body, about) in [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "object"),
        (r#"{"message":"x"}"#, "phone"),
        (r#"{"phone":12345,"message":"x"}"#, "phone"),
        (r#"{"phone":"12345","message":"x"}"#, "phone number"),
        (r#"{"phone":"+1","message":"x"}"#, "phone number"),
        (r#"{"phone":"+0123","message":"x"}"#, "phone number"),
        (r#"{"phone":"+1234567890"}"#, "message"),
        (r#"{"phone":"+1234567890","message":""}"#, "message"),
        (r#"{"phone":"+1234567890","message":null}"#, "message"),
    ] {
        let reply = call(&sandbox, "POST", "/api/send", body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.error().contains(about), "{body}: {}", reply.error());
    }
    assert!(sandbox.state().messages.is_empty());
}

#[tokio::test]
async fn generate_refuses_what_the_document_does_not_allow() {
    let sandbox = Sandbox::start().await.unwrap();
    for (rest, about) in [
        ("", "context"),
        (r#","context":[]"#, "context"),
        (r#","context":{}"#, "context"),
        (r#","context":["x"]"#, "context[0]"),
        (r#","context":[{"role":"user","content":"a"},{"role":"user"}]"#, "context[1]"),
        (r#","context":[{"role":"user","content":"a"}],"instructions":5"#, "instructions"),
        (r#","context":[{"role":"user","content":"a"}],"auto_send":"yes""#, "auto_send"),
    ] {
        let body = format!(r#"{{"phone":"{PHONE}"{rest}}}"#);
        let reply = call(&sandbox, "POST", "/api/generate", &body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.error().contains(about), "{body}: {}", reply.error());
    }
}

#[tokio::test]
async fn auto_send_puts_the_draft_into_the_history() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = format!(
        r#"{{"phone":"{PHONE}","context":[{{"role":"user","content":"a"}},{{"role":"tool","content":"b"}}],"auto_send":true}}"#
    );
    let reply = call(&sandbox, "POST", "/api/generate", &body).await.json();
    assert_eq!(reply["sent"], true);
    let row = sandbox.state().messages.remove(0);
    assert_eq!(
        (row.id.as_str(), row.message.as_str()),
        (reply["message_id"].as_str().unwrap(), reply["generated_message"].as_str().unwrap())
    );
    assert!(row.message.contains("“a”"), "the last user turn: {}", row.message);
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_and_read_to_its_end() {
    let sandbox = Sandbox::start().await.unwrap();
    let size = (1 << 20) - message("").len();
    assert_eq!(send(&sandbox, &"a".repeat(size)).await.status, 200);
    assert_eq!(send(&sandbox, &"a".repeat(size + 1)).await.status, 413);
    let reply = send(&sandbox, &"a".repeat(8 << 20)).await;
    assert_eq!(reply.status, 413);
    reply.error();
    let complete: Vec<_> = sandbox.requests().iter().map(|request| request.complete).collect();
    assert_eq!(complete, [true, true, false], "one byte over the limit is kept");
}

#[tokio::test]
async fn a_phone_is_spelled_differently_in_path_and_query() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inbound(PHONE, "hi");
    for target in [
        "/api/messages/+1234567890",
        "/api/messages/%2B1234567890",
        "/api/messages/%2b1234567890",
        "/api/messages/poll?phone=%2B1234567890",
        "/api/messages/poll",
    ] {
        assert_eq!(texts(&call(&sandbox, "GET", target, "").await), ["hi"], "{target}");
    }
    for target in [
        "/api/messages/1234567890",
        "/api/messages/%201234567890",
        "/api/messages/%2",
        "/api/messages/polls",
        "/api/messages/%70oll",
        "/api/messages/poll?phone=+1234567890",
        "/api/messages/poll?phone=",
        "/api/messages/poll?since=yesterday",
        "/api/messages/poll?since=2026-01-25T12:00:00",
        "/api/messages/poll?since=2026-01-25T12:00:00+00:00",
        "/api/messages/+1234567890?limit=0",
        "/api/messages/+1234567890?limit=101",
        "/api/messages/+1234567890?limit=ten",
        "/api/messages/+1234567890?limit=",
        "/api/messages/+1234567890?offset=-1",
    ] {
        let reply = call(&sandbox, "GET", target, "").await;
        assert_eq!(reply.status, 400, "{target}");
        assert!(reply.error().starts_with("Invalid"), "{target}");
    }
    assert_eq!(poll(&sandbox, "?since=2026-01-25T12:00:00%2B02:00&phone=%2B1234567890").await, ["hi"]);
}

#[tokio::test]
async fn the_history_has_pages_and_an_order() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.seed(Seed::count(PHONE, 250)).unwrap();
    let page = async |query: &str| {
        let json = call(&sandbox, "GET", &format!("/api/messages/+1234567890{query}"), "").await.json();
        let ids: Vec<_> = json["messages"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
        let numbers = ["total", "limit", "offset"].map(|name| json[name].as_u64().unwrap());
        (ids.len(), ids.first().cloned().unwrap_or_default(), numbers)
    };
    assert_eq!(page("").await, (50, "msg_seed_1".into(), [250, 50, 0]));
    assert_eq!(page("?limit=100&offset=200").await, (50, "msg_seed_201".into(), [250, 100, 200]));
    assert_eq!(page("?limit=1&offset=250").await, (0, serde_json::Value::Null, [250, 1, 250]));
    let settings = Settings { history_order: Order::NewestFirst, ..Settings::default() };
    sandbox.set_settings(settings).unwrap();
    assert_eq!(page("?limit=2&offset=1").await, (2, "msg_seed_249".into(), [250, 2, 1]));
}

#[tokio::test]
async fn polls_have_pages_an_order_and_a_since() {
    let sandbox = frozen(Settings { poll_page: 2, ..Settings::default() }).await;
    for second in 1..=3 {
        let timestamp = Some(format!("2026-01-25T12:00:0{second}.500Z").parse().unwrap());
        let inbound = InboundMessage { timestamp, ..InboundMessage::new(PHONE, second.to_string()) };
        sandbox.inbound_with(inbound);
    }
    sandbox.inbound("+15550001111", "elsewhere");
    let first = call(&sandbox, "GET", "/api/messages/poll?phone=%2B1234567890", "").await.json();
    assert_eq!((first["count"].as_u64(), first["has_more"].as_bool()), (Some(2), Some(true)));
    assert_eq!(poll(&sandbox, "?since=2026-01-25T12:00:01Z").await, ["2", "3"], "after, by what is shown");
    assert_eq!(poll(&sandbox, "?since=2026-01-25T12:00:00.999Z&phone=%2B1234567890").await, ["1", "2"]);

    let newest_first = Settings {
        poll_order: Order::NewestFirst,
        since_inclusive: true,
        poll_page: 2,
        ..Settings::default()
    };
    sandbox.set_settings(newest_first).unwrap();
    assert_eq!(poll(&sandbox, "?since=2026-01-25T12:00:02Z").await, ["3", "2"]);
    let exact = Settings { timestamp_precision: Precision::Milliseconds, ..Settings::default() };
    sandbox.set_settings(exact).unwrap();
    assert_eq!(poll(&sandbox, "?since=2026-01-25T12:00:02Z").await, ["2", "3"]);
    assert_eq!(sandbox.state().messages[0].timestamp, "2026-01-25T12:00:01.500Z");
}

#[tokio::test]
async fn a_message_is_queued_then_sent_then_delivered_or_failed() {
    let settings = Settings {
        deliver_after_ms: 1000,
        outbound_fails_for: vec!["+15550001111".into()],
        ..Settings::default()
    };
    let sandbox = frozen(settings).await;
    send(&sandbox, "one").await;
    call(&sandbox, "POST", "/api/send", r#"{"phone":"+15550001111","message":"two"}"#).await;
    let statuses = || sandbox.state().messages.into_iter().map(|row| row.status).collect::<Vec<_>>();
    assert_eq!(statuses(), ["queued", "queued"]);
    sandbox.clock().advance(Duration::from_millis(500));
    assert_eq!(statuses(), ["sent", "sent"]);
    sandbox.clock().advance(Duration::from_millis(500));
    assert_eq!(statuses(), ["delivered", "failed"]);
}

#[tokio::test]
async fn late_rows_appear_when_the_clock_says_so() {
    let sandbox = frozen(Settings { history_lag_ms: 1000, poll_lag_ms: 2000, ..Settings::default() }).await;
    send(&sandbox, "ours").await;
    sandbox
        .inbound_with(InboundMessage { visible_after_ms: Some(500), ..InboundMessage::new(PHONE, "theirs") });
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push((history(&sandbox).await.len(), poll(&sandbox, "").await.len()));
        sandbox.clock().advance(Duration::from_millis(1000));
    }
    assert_eq!(seen, [(0, 0), (1, 0), (2, 0), (2, 1)]);
}

#[tokio::test]
async fn too_many_requests_are_refused_for_a_while() {
    let rate_limit = Some(RateLimit { requests: 2, per_ms: 300, retry_after_s: Some(7) });
    let sandbox =
        Sandbox::builder().settings(Settings { rate_limit, ..Settings::default() }).start().await.unwrap();
    assert_eq!(send(&sandbox, "1").await.status, 200);
    assert_eq!(send(&sandbox, "2").await.status, 200);
    let refused = send(&sandbox, "3").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("7")));
    assert!(refused.error().contains("Rate limit"));
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(send(&sandbox, "4").await.status, 200);
    assert_eq!(sandbox.state().messages.len(), 3);
}

#[tokio::test]
async fn the_date_follows_the_settings() {
    let sandbox = frozen(Settings { date_offset_s: -60, ..Settings::default() }).await;
    assert_eq!(send(&sandbox, "a").await.header("date"), Some("Sun, 25 Jan 2026 11:59:00 GMT"));
    sandbox.set_settings(Settings { omit_date: true, ..Settings::default() }).unwrap();
    assert_eq!(send(&sandbox, "b").await.header("date"), None);
}

#[tokio::test]
async fn an_echo_replies_to_a_send() {
    let sandbox =
        frozen(Settings { idle_reply: Some(IdleReply::Echo { after_ms: 800 }), ..Settings::default() }).await;
    send(&sandbox, "hello").await;
    assert_eq!(history(&sandbox).await, ["hello"]);
    sandbox.clock().advance(Duration::from_millis(800));
    assert_eq!(history(&sandbox).await, ["hello", "Echo: hello"]);
    assert_eq!(poll(&sandbox, "").await, ["Echo: hello"]);
}
