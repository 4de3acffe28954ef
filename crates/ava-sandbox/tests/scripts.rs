//! Scripts: which response a request gets, and that it gets it to the byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where they can't go on"
)]

mod support;

use std::{collections::BTreeMap, time::Duration};

use ava_sandbox::{Fault, On, Outcome, Repeat, Sandbox, Script, ScriptedResponse, Seed, When};
use serde_json::{Value, json};
use support::{PHONE, call, call_with, control, parse, raw, request, send, try_call};

async fn playing(script: Value) -> Sandbox {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = control(&sandbox, "POST", "/_sandbox/script", &script.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    sandbox
}

/// A request as it is, without a key.
async fn get(sandbox: &Sandbox, target: &str) -> support::Reply {
    call_with(sandbox, "GET", target, &[], "").await
}

#[tokio::test]
async fn entries_answer_in_order_and_then_nothing_does() {
    let sandbox = playing(json!([
        {"status": 429, "headers": {"retry-after": "1"}, "json": {"b": 1, "a": [1.5, null]}},
        {"text": "plain", "headers": {"content-type": "text/plain", "X-Request-Id": "req_mine", "date": null}},
        {},
    ]))
    .await;
    assert_eq!(sandbox.script_remaining(), 3);
    let reply = call_with(&sandbox, "PATCH", "/api/anything?x", &[], "not json").await;
    assert_eq!((reply.status, reply.text()), (429, r#"{"a":[1.5,null],"b":1}"#));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("date"), Some("Sun, 25 Jan 2026 12:00:00 GMT"), "frozen there");
    let reply = get(&sandbox, "/api/send").await;
    assert_eq!((reply.status, reply.text()), (200, "plain"));
    assert_eq!((reply.header("x-request-id"), reply.header("date")), (Some("req_mine"), None));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    let reply = get(&sandbox, "/api/send").await;
    assert_eq!((reply.body.len(), reply.header("content-length")), (0, Some("0")));
    let reply = send(&sandbox, "too many").await;
    assert_eq!(reply.status, 599);
    assert_eq!(reply.json(), json!({"error": "no scripted response matches POST /api/send"}));
    assert_eq!((sandbox.script_remaining(), sandbox.script_unmatched()), (0, 1));
    assert!(sandbox.state().messages.is_empty(), "a script has no state");
    let recorded = sandbox.requests();
    assert_eq!(recorded.len(), 4);
    assert_eq!((recorded[0].path.as_str(), recorded[0].query.as_deref()), ("/api/anything", Some("x")));
    assert_eq!((recorded[0].body.as_deref(), &recorded[0].json), (Some("not json"), &None));
    assert!(recorded.iter().all(|request| request.outcome == Outcome::Answered && request.complete));
}

#[tokio::test]
async fn the_first_unused_entry_that_matches_answers() {
    let sandbox = playing(json!([
        {"when": {"method": "post"}, "text": "post"},
        {"when": {"path": "/api/messages/+1"}, "text": "exact"},
        {"when": {"path": "/api/messages/*", "query": {"since": "a+b", "x": ""}}, "text": "query"},
        {"when": {"body": {"phone": "+1", "context": [{"role": "user"}]}}, "text": "part", "repeat": 2},
        {"when": {"path": "/api/messages/*"}, "text": "glob", "repeat": "forever"},
        {"when": {"body": null}, "text": "null"},
    ]))
    .await;
    assert_eq!(sandbox.script_remaining(), 6);
    let text = async |method: &str, target: &str, body: &str| {
        let reply = call_with(&sandbox, method, target, &[], body).await;
        if reply.status == 599 { "599".to_owned() } else { reply.text().to_owned() }
    };
    assert_eq!(text("GET", "/api/messages/%2B1", "").await, "glob", "paths are compared as on the wire");
    assert_eq!(text("GET", "/api/messages/+1", "").await, "exact");
    assert_eq!(text("GET", "/api/messages/+1", "").await, "glob", "used up");
    assert_eq!(text("GET", "/api/messages/poll?x=&y=2&since=a%2Bb", "").await, "query");
    assert_eq!(text("GET", "/api/messages/poll?since=a+b&x=", "").await, "glob");
    let part = r#"{"phone":"+1","context":[{"role":"user","content":"x"}],"more":1}"#;
    assert_eq!(text("PUT", "/api/generate", part).await, "part");
    assert_eq!(text("PUT", "/api/generate", r#"{"phone":"+1","context":[]}"#).await, "599");
    assert_eq!(text("PUT", "/api/generate", part).await, "part");
    assert_eq!(text("PUT", "/api/generate", part).await, "599");
    assert_eq!(text("PUT", "/api/generate", "null").await, "null");
    assert_eq!(text("POST", "/x", "").await, "post", "everything but the control plane is scripted");
    let used = sandbox.state().script.unwrap();
    assert_eq!(used.used, [1, 1, 1, 2, 3, 1]);
    assert_eq!((used.remaining, used.unmatched), (0, 2));
}

#[tokio::test]
async fn concurrent_requests_never_share_an_entry() {
    let entries: Vec<_> = (0..40).map(|n| ScriptedResponse::json(200, json!(n))).collect();
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.script(entries).unwrap();
    let calls = (0..40).map(|_| {
        let sandbox = sandbox.clone();
        tokio::spawn(async move { send(&sandbox, "x").await.json().as_u64().unwrap() })
    });
    let mut answers = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        answers.push(call.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, (0..40).collect::<Vec<_>>());
    assert_eq!(sandbox.script_remaining(), 0);
    let order: Vec<_> = sandbox.requests().iter().map(|request| request.seq).collect();
    assert!(order.is_sorted());
}

#[tokio::test]
async fn a_script_begins_afresh_and_its_end_brings_the_api_back() {
    let sandbox = Sandbox::start().await.unwrap();
    send(&sandbox, "before").await;
    sandbox.fault(Fault { status: Some(500), times: None, ..Fault::on(On::Any) }).unwrap();
    let script = json!({"clock": "2030-01-01T00:00:00Z", "frozen": false, "responses": [{"status": 201}]});
    control(&sandbox, "POST", "/_sandbox/script", &script.to_string()).await;
    let state = sandbox.state();
    assert_eq!((state.messages.len(), state.faults.len(), state.requests), (0, 0, 0));
    assert!(!state.clock.frozen && state.clock.now.to_string().starts_with("2030-01-01T00:00"));
    assert_eq!(send(&sandbox, "x").await.status, 201);
    let listed = control(&sandbox, "GET", "/_sandbox/script", "").await.json();
    assert_eq!(listed["state"], json!({"remaining": 0, "unmatched": 0, "used": [1]}));
    assert_eq!(listed["script"]["responses"][0]["status"], 201);
    control(&sandbox, "DELETE", "/_sandbox/script", "").await;
    assert_eq!(control(&sandbox, "GET", "/_sandbox/script", "").await.json(), Value::Null);
    assert!(sandbox.state().clock.real);
    assert_eq!(send(&sandbox, "after").await.status, 200);
}

#[tokio::test]
async fn bodies_can_be_bytes_fills_or_rows() {
    let sandbox = playing(json!([
        {"bytes_hex": "00ffC3"},
        {"fill": {"byte": 120, "count": 300_000, "prefix": "[\"", "suffix": "\"]"}},
        {"rows": {"count": 250, "order": "newest_first", "limit": 2, "offset": 1, "phone": PHONE}},
        {"rows": {"count": 3, "step_ms": 500, "id_prefix": "m", "text_prefix": "t", "direction": "inbound", "offset": 1, "total": 99}},
    ]))
    .await;
    assert_eq!(get(&sandbox, "/api/x").await.body, [0x00, 0xff, 0xc3]);
    let fill = get(&sandbox, "/api/x").await;
    assert_eq!(fill.header("content-length"), Some("300004"));
    assert_eq!(fill.json()[0].as_str().unwrap(), "x".repeat(300_000));
    let rows = get(&sandbox, "/api/x").await;
    let row = |id: &str, text: &str, direction: &str, timestamp: &str, status: &str| {
        format!(
            r#"{{"id":"{id}","phone":"{PHONE}","message":"{text}","direction":"{direction}","timestamp":"{timestamp}","status":"{status}"}}"#
        )
    };
    let expected = format!(
        r#"{{"success":true,"messages":[{},{}],"total":250,"limit":2,"offset":1}}"#,
        row("msg_249", "message 249", "outbound", "2026-01-25T12:04:08Z", "delivered"),
        row("msg_248", "message 248", "inbound", "2026-01-25T12:04:07Z", "received"),
    );
    assert_eq!(rows.text(), expected);
    let expected = format!(
        r#"{{"success":true,"messages":[{},{}],"total":99,"limit":50,"offset":1}}"#,
        row("m2", "t2", "inbound", "2026-01-25T12:00:00.5Z", "received"),
        row("m3", "t3", "inbound", "2026-01-25T12:00:01Z", "received"),
    );
    assert_eq!(get(&sandbox, "/api/x").await.text(), expected);
}

#[tokio::test]
async fn generated_rows_are_the_ones_a_seed_makes() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = Seed {
        start: Some("2026-01-25T12:00:00Z".parse().unwrap()),
        id_prefix: Some("msg_".into()),
        ..Seed::count(PHONE, 7)
    };
    sandbox.seed(seed).unwrap();
    let seeded = call(&sandbox, "GET", "/api/messages/+1234567890?limit=3&offset=2", "").await;
    let script = json!([{"rows": {"count": 7, "limit": 3, "offset": 2}}]);
    sandbox.script(Script::from_json(script.to_string().as_bytes()).unwrap()).unwrap();
    assert_eq!(get(&sandbox, "/api/x").await.text(), seeded.text());
}

#[tokio::test]
async fn connections_are_cut_where_the_script_says() {
    let sandbox = playing(json!([
        {"drop": "before"},
        {"drop": "after_headers", "json": {"success": true}},
        {"drop": 5, "json": {"success": true}},
        {"content_length": 100, "text": "short"},
        {"content_length": 3, "text": "long enough"},
        {"headers": {"Content-Length": null}, "text": "chunked"},
        {"headers": {"content-length": null}, "text": "chunked", "drop": 4},
        {"status": 204},
        {"http_close": true, "text": "bye"},
    ]))
    .await;
    assert!(try_call(&sandbox, "GET", "/api/x", &[], "").await.is_none());
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.text(), reply.header("content-length")), ("", Some("16")));
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.text(), reply.header("content-length")), ("{\"suc", Some("16")));
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.text(), reply.header("content-length")), ("short", Some("100")));
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.text(), reply.header("content-length")), ("lon", Some("3")));
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.text(), reply.header("content-length")), ("7\r\nchunked\r\n0\r\n\r\n", None));
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.text(), reply.header("transfer-encoding")), ("4\r\nchun\r\n", Some("chunked")));
    let reply = get(&sandbox, "/api/x").await;
    assert_eq!((reply.status, reply.body.len(), reply.header("content-length")), (204, 0, None));
    // Without a `connection: close` of the client's, the server's ends the connection.
    let text = request(sandbox.address(), "GET", "/api/x", &[], "").replace("connection: close\r\n", "");
    let reply = parse(&raw(sandbox.address(), text.as_bytes()).await).unwrap();
    assert_eq!((reply.text(), reply.header("connection")), ("bye", Some("close")));
    let outcomes: Vec<_> = sandbox.requests().iter().map(|request| request.outcome).collect();
    use Outcome::{Answered, DroppedAfter, DroppedBefore};
    let expected = [
        DroppedBefore,
        DroppedAfter,
        DroppedAfter,
        DroppedAfter,
        Answered,
        Answered,
        DroppedAfter,
        Answered,
        Answered,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(sandbox.connections_dropped_by_client(), 0);
}

#[tokio::test]
async fn delays_and_drips_take_real_time_even_with_a_frozen_clock() {
    let sandbox = playing(json!([{"delay_ms": 100, "drip_ms": 10, "text": "0123456789"}])).await;
    let start = std::time::Instant::now();
    assert_eq!(get(&sandbox, "/api/x").await.text(), "0123456789");
    assert!(start.elapsed() >= Duration::from_millis(190), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_wrong_script_is_refused_with_its_place() {
    let sandbox = playing(json!([{}])).await;
    for (script, about) in [
        (json!([{}, {"staus": 500}]), "responses[1]: unknown field `staus`"),
        (json!([{"when": {"metod": "GET"}}]), "unknown field `metod`"),
        (json!([{"status": 100}]), "status must be 200 to 999"),
        (json!([{"repeat": 0}]), "repeat: expected a number from 1 on, or \"forever\""),
        (json!([{"repeat": "always"}]), "repeat"),
        (json!([{"drop": "after"}]), "drop: expected"),
        (json!([{"json": 1, "text": "1"}]), "only one of"),
        (json!([{"bytes_hex": "abc"}]), "bytes_hex"),
        (json!([{"headers": {"a b": "c"}}]), "name"),
        (json!([{"headers": {"content-length": "5"}}]), "content_length"),
        (json!([{"headers": {"a": "b\r\nc: d"}}]), "value of a"),
        (json!([{"headers": {"content-length": null}, "content_length": 5}]), "taken away"),
        (json!([{"rows": {"cont": 5}}]), "cont"),
        (json!({"responses": [], "clok": 1}), "clok"),
        (json!({"responses": [], "clock": "noon"}), "script"),
        (json!(5), "script"),
    ] {
        let reply = control(&sandbox, "POST", "/_sandbox/script", &script.to_string()).await;
        assert_eq!(reply.status, 400, "{script}");
        assert!(reply.error().contains(about), "{script}: {}", reply.error());
    }
    assert_eq!(sandbox.script_remaining(), 1, "the old one is still there");
}

#[test]
fn what_is_written_in_rust_is_what_is_read_from_json() {
    let json = json!([{
        "when": {"method": "POST", "query": {"a": "b"}, "body": null},
        "repeat": "forever", "status": 502, "headers": {"date": null}, "json": null, "drop": 7
    }]);
    let response = ScriptedResponse {
        when: When {
            method: Some("POST".into()),
            query: BTreeMap::from([("a".into(), "b".into())]),
            body: Some(Value::Null),
            ..When::default()
        },
        repeat: Repeat::Forever,
        status: Some(502),
        headers: BTreeMap::from([("date".into(), None)]),
        json: Some(Value::Null),
        drop: Some(ava_sandbox::ScriptedDrop::AfterBytes(7)),
        ..ScriptedResponse::default()
    };
    assert_eq!(Script::from_json(json.to_string().as_bytes()).unwrap(), Script::from(vec![response.clone()]));
    let written = serde_json::to_string(&[response]).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json);
}
