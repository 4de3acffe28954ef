//! A client that does nothing on its own: it writes what it is told and reads what comes.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{net::SocketAddr, time::Duration};

use ava_sandbox::{Event, EventKind, Sandbox};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::broadcast::Receiver,
    time::timeout,
};

pub(crate) const PHONE: &str = "+1234567890";
pub(crate) const KEY: &str = "YOUR_API_KEY";

/// Nothing here takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn error(&self) -> String {
        let json = self.json();
        assert_eq!(json["success"], false, "{json}");
        json["error"].as_str().unwrap().to_owned()
    }
}

/// Writes `request` and reads until the connection ends.
pub(crate) async fn raw(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end of the connection");
    answer
}

/// The text of a request that closes its connection.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    format!("{text}\r\n{body}")
}

/// One request on a connection of its own; nothing if it was closed without a whole response head.
pub(crate) async fn try_call(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Reply> {
    parse(&raw(sandbox.address(), request(sandbox.address(), method, target, headers, body).as_bytes()).await)
}

/// The status, head and body (as it came, whatever the head promises) of an answer.
pub(crate) fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Reply { status, head, body: answer[end + 4..].to_vec() })
}

pub(crate) async fn call_with(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    try_call(sandbox, method, target, headers, body).await.expect("an answer")
}

/// A call to the API with its key.
pub(crate) async fn call(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Reply {
    let authorization = format!("Bearer {}", sandbox.api_key());
    call_with(sandbox, method, target, &[("authorization", &authorization)], body).await
}

/// A call that may find its connection closed.
pub(crate) async fn try_api(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Option<Reply> {
    let authorization = format!("Bearer {}", sandbox.api_key());
    try_call(sandbox, method, target, &[("authorization", &authorization)], body).await
}

/// A control, which needs no key.
pub(crate) async fn control(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Reply {
    call_with(sandbox, method, target, &[], body).await
}

pub(crate) fn message(text: &str) -> String {
    serde_json::json!({ "phone": PHONE, "message": text }).to_string()
}

pub(crate) async fn send(sandbox: &Sandbox, text: &str) -> Reply {
    call(sandbox, "POST", "/api/send", &message(text)).await
}

/// The texts of the first page of the history.
pub(crate) async fn history(sandbox: &Sandbox) -> Vec<String> {
    texts(&call(sandbox, "GET", "/api/messages/+1234567890", "").await)
}

pub(crate) async fn poll(sandbox: &Sandbox, query: &str) -> Vec<String> {
    texts(&call(sandbox, "GET", &format!("/api/messages/poll{query}"), "").await)
}

pub(crate) fn texts(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let messages = json["messages"].as_array().unwrap_or_else(|| panic!("{json}"));
    messages.iter().map(|message| message["message"].as_str().unwrap().to_owned()).collect()
}

/// Waits for the event that fits.
pub(crate) async fn event(events: &mut Receiver<Event>, fits: impl Fn(&EventKind) -> bool) -> Event {
    timeout(PATIENCE, async {
        loop {
            let event = events.recv().await.unwrap();
            if fits(&event.kind) {
                return event;
            }
        }
    })
    .await
    .expect("the event")
}
