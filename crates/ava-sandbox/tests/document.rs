//! The API document's calls, replayed to the letter, and its answers compared member by member.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where they can't go on"
)]

mod support;

use std::fmt;

use ava_sandbox::{ClockChange, Direction, Sandbox, Seed, SeedRow};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use support::{KEY, PHONE, Reply, call_with};

/// The document's calls and answers, copied from it.
const SEND: (&str, &str) = (
    r#"curl -X POST https://chat.buzzedtech.com/api/send \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"phone": "+1234567890",
"message": "Hello from AVA!"
}'"#,
    r#"{
"success": true,
"message_id": "msg_abc123",
"timestamp": "2026-01-25T12:00:00Z"
}"#,
);

const MESSAGES: (&str, &str) = (
    r#"curl -X GET https://chat.buzzedtech.com/api/messages/+1234567890 \
-H "Authorization: Bearer YOUR_API_KEY""#,
    r#"{
"success": true,
"messages": [
{
"id": "msg_abc123",
"phone": "+1234567890",
"message": "Hello!",
"direction": "outbound",
"timestamp": "2026-01-25T12:00:00Z",
"status": "delivered"
},
{
"id": "msg_def456",
"phone": "+1234567890",
"message": "Hi there!",
"direction": "inbound",
"timestamp": "2026-01-25T12:01:00Z",
"status": "received"
}
],
"total": 2,
"limit": 50,
"offset": 0
}"#,
);

const POLL: (&str, &str) = (
    r#"curl -X GET "https://chat.buzzedtech.com/api/messages/poll?since=2026-01-25T12:00:00Z" \
-H "Authorization: Bearer YOUR_API_KEY""#,
    r#"{
"success": true,
"messages": [
{
"id": "msg_xyz789",
"phone": "+1234567890",
"message": "New inbound message",
"direction": "inbound",
"timestamp": "2026-01-25T12:05:30Z",
"status": "received"
}
],
"count": 1,
"has_more": false
}"#,
);

const GENERATE: (&str, &str) = (
    r#"curl -X POST https://chat.buzzedtech.com/api/generate \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"phone": "+1234567890",
"context": [
{
"role": "user",
"content": "What are your business hours?"
}
],
"instructions": "Respond professionally and mention we are open 9-5 weekdays"
}'"#,
    r#"{
"success": true,
"generated_message": "We're open Monday through Friday from 9 AM to 5 PM. Feel free to reach out during those hours!",
"message_id": "msg_ai_abc123",
"sent": false,
"timestamp": "2026-01-25T12:00:00Z"
}"#,
);

/// What a JSON text is made of: names in order, and types.
#[derive(Debug, PartialEq)]
enum Shape {
    Null,
    Bool,
    Integer,
    Float,
    String,
    Array(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Shape;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape::Null)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
                Ok(Shape::Bool)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
                Ok(Shape::Integer)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
                Ok(Shape::Integer)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
                Ok(Shape::Float)
            }
            fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
                Ok(Shape::String)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Shape::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Shape::Object(members))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

fn assert_same_shape(answer: &str, example: &str) {
    let shape = |text: &str| serde_json::from_str::<Shape>(text).unwrap();
    assert_eq!(shape(answer), shape(example), "{answer}");
}

/// The example as a server would send it: its own bytes, without the white space between the members.
fn compact(example: &str) -> String {
    example.lines().collect::<String>().replace("\": ", "\":")
}

/// Does what the curl command says, against the sandbox instead of its host.
async fn curl(sandbox: &Sandbox, command: &str) -> Reply {
    let (mut method, mut target, mut headers, mut body) = ("GET", "", Vec::new(), "");
    let mut words = shell_words(command).into_iter();
    assert_eq!(words.next(), Some("curl"));
    while let Some(word) = words.next() {
        match word {
            "-X" => method = words.next().unwrap(),
            "-H" => headers.push(words.next().unwrap().split_once(": ").unwrap()),
            "-d" => body = words.next().unwrap(),
            url => target = url.strip_prefix("https://chat.buzzedtech.com").unwrap(),
        }
    }
    call_with(sandbox, method, target, &headers, body).await
}

fn shell_words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest[1..].split_once(quote).unwrap(),
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if word != "\\" {
            words.push(word);
        }
        rest = after.trim_start();
    }
    words
}

async fn sandbox() -> Sandbox {
    let now = Some("2026-01-25T12:00:00Z".parse().unwrap());
    let clock = ClockChange { now, frozen: Some(true), ..ClockChange::default() };
    Sandbox::builder().api_key(KEY).clock(clock).start().await.unwrap()
}

fn row(id: &str, text: &str, direction: Direction, timestamp: &str) -> SeedRow {
    let timestamp = Some(timestamp.parse().unwrap());
    SeedRow { id: Some(id.into()), text: text.into(), direction, timestamp, status: None }
}

fn assert_ok(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.header("x-request-id").unwrap().starts_with("req_"));
    assert_eq!(reply.header("date"), Some("Sun, 25 Jan 2026 12:00:00 GMT"));
}

#[tokio::test]
async fn send_message() {
    let sandbox = sandbox().await;
    let reply = curl(&sandbox, SEND.0).await;
    assert_ok(&reply);
    assert_same_shape(reply.text(), SEND.1);
    assert_eq!(reply.json()["timestamp"], "2026-01-25T12:00:00Z");
    assert!(reply.json()["message_id"].as_str().unwrap().starts_with("msg_"));
    let recorded = sandbox.requests().remove(0);
    assert_eq!(recorded.body.unwrap(), "{\n\"phone\": \"+1234567890\",\n\"message\": \"Hello from AVA!\"\n}");
    assert_eq!(recorded.headers["authorization"], "Bearer YOUR_API_KEY");
}

#[tokio::test]
async fn get_messages() {
    let sandbox = sandbox().await;
    let rows = vec![
        row("msg_abc123", "Hello!", Direction::Outbound, "2026-01-25T12:00:00Z"),
        row("msg_def456", "Hi there!", Direction::Inbound, "2026-01-25T12:01:00Z"),
    ];
    sandbox.seed(Seed::rows(PHONE, rows)).unwrap();
    let reply = curl(&sandbox, MESSAGES.0).await;
    assert_ok(&reply);
    assert_same_shape(reply.text(), MESSAGES.1);
    assert_eq!(reply.text(), compact(MESSAGES.1), "to the byte");
}

#[tokio::test]
async fn receive_messages() {
    let sandbox = sandbox().await;
    let rows = vec![
        row("msg_old", "At the very time", Direction::Inbound, "2026-01-25T12:00:00Z"),
        row("msg_out", "Ours", Direction::Outbound, "2026-01-25T12:05:00Z"),
        row("msg_xyz789", "New inbound message", Direction::Inbound, "2026-01-25T12:05:30Z"),
    ];
    sandbox.seed(Seed::rows(PHONE, rows)).unwrap();
    let reply = curl(&sandbox, POLL.0).await;
    assert_ok(&reply);
    assert_same_shape(reply.text(), POLL.1);
    assert_eq!(reply.text(), compact(POLL.1), "to the byte");
}

#[tokio::test]
async fn generate_message() {
    let sandbox = sandbox().await;
    let reply = curl(&sandbox, GENERATE.0).await;
    assert_ok(&reply);
    assert_same_shape(reply.text(), GENERATE.1);
    let json = reply.json();
    assert_eq!(json["sent"], false);
    assert!(json["message_id"].as_str().unwrap().starts_with("msg_ai_"));
    let text = json["generated_message"].as_str().unwrap();
    assert!(text.starts_with("[sandbox draft] In reply to “What are your business hours?”"), "{text}");
    assert!(sandbox.state().messages.is_empty(), "a draft is not a message");
    let again = curl(&sandbox, GENERATE.0).await.json();
    assert_eq!(again["generated_message"], json["generated_message"], "the same words for the same request");
}

#[test]
fn a_wrong_order_or_type_would_be_seen() {
    let same = |a: &str, b: &str| {
        serde_json::from_str::<Shape>(a).unwrap() == serde_json::from_str::<Shape>(b).unwrap()
    };
    assert!(same(r#"{"a":1,"b":"x"}"#, r#"{"a":2,"b":"y"}"#));
    assert!(!same(r#"{"a":1,"b":"x"}"#, r#"{"b":"x","a":1}"#));
    assert!(!same(r#"{"a":1}"#, r#"{"a":"1"}"#));
    assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":null}"#));
}
