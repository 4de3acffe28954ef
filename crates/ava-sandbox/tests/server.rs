//! The server as a process and a socket: clients that leave, garbage, floods, its beginning and its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where they can't go on"
)]

mod support;

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ava_sandbox::{
    ClockChange, Cut, Cutoff, Dropped, EventKind, Fault, On, Outcome, Sandbox, ServeOptions, serve_to,
};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use support::{PATIENCE, PHONE, control, event, message, raw, request, send};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    time::timeout,
};

const AT_ONCE: Duration = Duration::from_millis(250);

/// Writes a request, reads `read` bytes of the answer, and leaves; then waits until the sandbox has seen it.
async fn leave(sandbox: &Sandbox, text: &str, read: usize) -> Duration {
    let mut events = sandbox.events();
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    if read > 0 {
        stream.read_exact(&mut vec![0; read]).await.unwrap();
    } else if text.contains("\"message\"") {
        event(&mut events, |kind| matches!(kind, EventKind::Request { .. })).await;
    } else {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let left = Instant::now();
    drop(stream);
    let seen = event(&mut events, |kind| matches!(kind, EventKind::ClientDisconnected { .. })).await;
    let last = sandbox.requests().pop().unwrap();
    assert!(matches!(seen.kind, EventKind::ClientDisconnected { seq } if seq == last.seq));
    assert_eq!(last.outcome, Outcome::ClientDisconnected);
    left.elapsed()
}

fn post(sandbox: &Sandbox) -> String {
    let key = format!("Bearer {}", sandbox.api_key());
    request(sandbox.address(), "POST", "/api/send", &[("authorization", &key)], &message("x"))
}

#[tokio::test]
async fn a_client_that_leaves_is_seen_at_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = Some(60_000);
    sandbox.fault(Fault { delay_ms: long, ..Fault::on(On::Send) }).unwrap();
    assert!(leave(&sandbox, &post(&sandbox), 0).await < AT_ONCE, "while delayed");
    assert!(sandbox.state().messages.is_empty(), "it was never processed");
    sandbox.fault(Fault { delay_after_ms: long, ..Fault::on(On::Send) }).unwrap();
    assert!(leave(&sandbox, &post(&sandbox), 0).await < AT_ONCE, "while delayed after processing");
    assert_eq!(sandbox.state().messages.len(), 1);
    sandbox.fault(Fault { drip_ms: Some(100), ..Fault::on(On::Send) }).unwrap();
    assert!(leave(&sandbox, &post(&sandbox), 20).await < AT_ONCE, "while dripping");
    sandbox.fault(Fault { huge_bytes: Some(1 << 40), ..Fault::on(On::Send) }).unwrap();
    assert!(leave(&sandbox, &post(&sandbox), 100_000).await < AT_ONCE, "while flooding");
    let whole = post(&sandbox);
    let part = &whole[..whole.len() - 30];
    assert!(leave(&sandbox, part, 0).await < AT_ONCE, "while sending its body");
    let last = sandbox.requests().pop().unwrap();
    assert!(!last.complete && last.body.is_some_and(|body| body.starts_with('{')));
    let state = sandbox.state();
    assert_eq!((state.client_disconnects, state.in_flight), (5, 0));
    assert_eq!(sandbox.connections_dropped_by_client(), 5);
    sandbox.script(vec![serde_json::from_value(json!({"delay_ms": 60_000})).unwrap()]).unwrap();
    assert!(leave(&sandbox, &post(&sandbox), 0).await < AT_ONCE, "while a script delays");
}

#[tokio::test]
async fn garbage_does_not_end_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    for garbage in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc".as_slice(),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/send HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"POST /api/send HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        long.as_bytes(),
    ] {
        let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let _ = timeout(Duration::from_millis(50), stream.read(&mut [0; 64])).await;
    }
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(TcpStream::connect(sandbox.address()).await.unwrap());
    }
    assert_eq!(send(&sandbox, "still here").await.status, 200);
}

#[tokio::test]
async fn connections_are_kept_alive_and_pipelined_in_order() {
    let sandbox = Sandbox::start().await.unwrap();
    let keep = post(&sandbox).replace("connection: close\r\n", "");
    let both = format!("{keep}{}", post(&sandbox));
    let answers = String::from_utf8(raw(sandbox.address(), both.as_bytes()).await).unwrap();
    let ids: Vec<_> = ["msg_000001", "msg_000002"].iter().map(|id| answers.find(id).unwrap()).collect();
    assert!(ids.is_sorted());
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(sandbox.address().ip(), Ipv4Addr::LOCALHOST);
    assert_eq!(sandbox.base_url(), format!("http://{}", sandbox.address()));
    let elsewhere = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        // Asks the routing table for this machine's outward address; no packet is sent.
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    if let Ok(outward) = elsewhere
        && !outward.ip().is_loopback()
        && !outward.ip().is_unspecified()
    {
        let address = SocketAddr::from((outward.ip(), sandbox.address().port()));
        assert!(!matches!(timeout(PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_))), "{address}");
    }
}

#[tokio::test]
async fn a_flood_takes_no_memory() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.fault(Fault { huge_bytes: Some(1 << 28), ..Fault::on(On::Send) }).unwrap();
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    stream.write_all(post(&sandbox).as_bytes()).await.unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut total, mut most, mut last) = (0, 0, 0);
    let before = resident();
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        last = buffer[read - 1];
        total += read;
        most = most.max(resident().saturating_sub(before));
    }
    assert!(total > 1 << 28 && total < (1 << 28) + 1000, "{total}");
    assert_eq!(last, b'}', "a JSON object to the end");
    assert!(most < 16 << 20, "{most} bytes more");
}

/// Bytes of memory in use; 0 where the system doesn't say.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok()).unwrap_or(0) * 4096
}

#[tokio::test]
async fn it_ends_with_its_last_handle_or_on_shutdown() {
    let sandbox = Sandbox::start().await.unwrap();
    let (address, clone) = (sandbox.address(), sandbox.clone());
    drop(sandbox);
    assert_eq!(send(&clone, "x").await.status, 200);
    let mut stream = TcpStream::connect(address).await.unwrap();
    drop(clone);
    assert!(matches!(timeout(PATIENCE, stream.read(&mut [0; 8])).await.unwrap(), Ok(0) | Err(_)));
    assert!(TcpStream::connect(address).await.is_err());

    let sandbox = Sandbox::start().await.unwrap();
    sandbox.fault(Fault { delay_ms: Some(60_000), ..Fault::on(On::Send) }).unwrap();
    let (address, clone) = (sandbox.address(), sandbox.clone());
    let mut events = sandbox.events();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(post(&sandbox).as_bytes()).await.unwrap();
    event(&mut events, |kind| matches!(kind, EventKind::Request { .. })).await;
    let start = Instant::now();
    sandbox.shutdown().await;
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(clone.connections_dropped_by_client(), 0, "that was the server");
    let again = Sandbox::builder().port(address.port()).start().await.unwrap();
    assert_eq!(again.address(), address, "the port is free");
    assert!(Sandbox::builder().port(address.port()).start().await.is_err(), "and now it isn't");
}

#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Out {
    async fn line(&self) -> String {
        timeout(PATIENCE, async {
            loop {
                let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
                if text.ends_with('\n') {
                    return text;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn the_process_says_when_it_is_ready_and_ends_when_told() {
    let out = Out::default();
    let (end, ended) = oneshot::channel::<()>();
    let options = ServeOptions { json: true, ..ServeOptions::default() };
    let process = tokio::spawn(serve_to(options, out.clone(), async move {
        let _ = ended.await;
    }));
    let line = out.line().await;
    assert!(line.starts_with(r#"{"event":"ready","base_url":"http://127.0.0.1:"#), "{line}");
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["pid"], std::process::id());
    let address: SocketAddr =
        ready["base_url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let key = format!("Bearer {}", ready["api_key"].as_str().unwrap());
    let text = request(address, "POST", "/api/send", &[("authorization", &key)], &message("x"));
    assert!(raw(address, text.as_bytes()).await.starts_with(b"HTTP/1.1 200"));
    end.send(()).unwrap();
    timeout(PATIENCE, process).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(out.line().await.lines().count(), 1, "one line, and nothing else");
}

#[tokio::test]
async fn the_process_may_be_ended_over_http() {
    let out = Out::default();
    let options = ServeOptions { api_key: Some("k".into()), allow_shutdown: true, ..ServeOptions::default() };
    let process = tokio::spawn(serve_to(options, out.clone(), std::future::pending()));
    let line = out.line().await;
    let rest = line.strip_prefix("ava sandbox ready at http://").unwrap();
    let (address, rest) = rest.split_once("  key: ").unwrap();
    assert_eq!(rest, "k  (no message leaves this machine)\n");
    let text = request(address.parse().unwrap(), "POST", "/_sandbox/shutdown", &[], "");
    assert!(raw(address.parse().unwrap(), text.as_bytes()).await.starts_with(b"HTTP/1.1 200"));
    timeout(PATIENCE, process).await.unwrap().unwrap().unwrap();
}

fn in_memory(sandbox: &Sandbox) -> http::Request<Bytes> {
    http::Request::post("http://127.0.0.1/api/send")
        .header("authorization", format!("Bearer {}", sandbox.api_key()))
        .body(message("x").into())
        .unwrap()
}

#[tokio::test]
async fn it_works_without_a_socket() {
    let sandbox = Sandbox::builder().in_process().unwrap();
    assert_eq!(sandbox.address().port(), 0);
    let response = sandbox.handle(in_memory(&sandbox)).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["success"], true);
    sandbox.fault(Fault { drop: Some(Cutoff::Before), ..Fault::default() }).unwrap();
    sandbox.fault(Fault { drop: Some(Cutoff::After), ..Fault::default() }).unwrap();
    sandbox.fault(Fault { truncate: Some(3), ..Fault::default() }).unwrap();
    assert_eq!(sandbox.handle(in_memory(&sandbox)).await.unwrap_err(), Dropped::BeforeProcessing);
    assert_eq!(sandbox.handle(in_memory(&sandbox)).await.unwrap_err(), Dropped::AfterProcessing);
    let mut body = sandbox.handle(in_memory(&sandbox)).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "{\"s");
    assert_eq!(body.frame().await.unwrap().unwrap_err(), Cut);
    assert_eq!(sandbox.state().messages.len(), 3);
    let state = http::Request::get("http://localhost/_sandbox/state").body(Bytes::new()).unwrap();
    assert_eq!(sandbox.handle(state).await.unwrap().status(), 200);
    let unnamed = http::Request::get("/_sandbox/state").body(Bytes::new()).unwrap();
    assert_eq!(sandbox.handle(unnamed).await.unwrap().status(), 403);
    // What a closed connection is on a socket: the future dropped, or the body.
    sandbox.fault(Fault { delay_ms: Some(60_000), ..Fault::default() }).unwrap();
    assert!(timeout(Duration::from_millis(20), sandbox.handle(in_memory(&sandbox))).await.is_err());
    drop(sandbox.handle(in_memory(&sandbox)).await);
    assert_eq!(sandbox.connections_dropped_by_client(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_socket_it_follows_paused_time() {
    let now = Some("2026-01-25T12:00:00Z".parse().unwrap());
    let clock = ClockChange { now, ..ClockChange::default() };
    let sandbox = Sandbox::builder().clock(clock).in_process().unwrap();
    sandbox.fault(Fault { delay_ms: Some(3_600_000), ..Fault::default() }).unwrap();
    let start = Instant::now();
    let response = sandbox.handle(in_memory(&sandbox)).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["timestamp"], "2026-01-25T13:00:00Z");
    assert!(start.elapsed() < PATIENCE);
}

#[tokio::test]
async fn a_clone_in_another_task_controls_the_same_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let clone = sandbox.clone();
    std::thread::spawn(move || clone.inbound(PHONE, "from a thread without a runtime")).join().unwrap();
    let state = control(&sandbox, "GET", "/_sandbox/state", "").await.json();
    assert_eq!(state["messages"][0]["message"], "from a thread without a runtime");
    assert_eq!(format!("{sandbox:?}"), format!("Sandbox {{ base_url: \"{}\", .. }}", sandbox.base_url()));
}
