//! What only real sockets show: hostile answers, cancellation, proxies, redirects, closing.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ava_imessage::{Attempt, Client, ClientBuilder, Delivery, ErrorKind, MemoryCheckpoint, Timestamp};
use ava_sandbox::{Cutoff, Fault, On, Sandbox, Seed};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PHONE: &str = "+15550001111";

fn quick(base_url: impl Into<String>) -> ClientBuilder {
    Client::builder()
        .api_key("sk_test")
        .base_url(base_url)
        .backoff(Duration::from_millis(1), Duration::from_millis(5))
        .settling(Duration::from_millis(200), Duration::from_millis(10))
}

async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = quick(sandbox.base_url()).api_key(sandbox.api_key()).build().unwrap();
    (sandbox, client)
}

/// A server that gives each connection to a function once the request's head is there.
async fn serve<F, Fut>(handler: F) -> (String, Arc<AtomicUsize>)
where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = vec![0; 64 * 1024];
            let _ = socket.read(&mut head).await;
            tokio::spawn(handler(socket));
        }
    });
    (url, connections)
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_with_memory_flat() {
    let (url, _) = serve(|mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"messages\":[").await;
        let chunk = vec![b' '; 1 << 20];
        for _ in 0..64 {
            if socket.write_all(&chunk).await.is_err() {
                break;
            }
        }
    })
    .await;
    let client = quick(url).max_retries(0).build().unwrap();
    let before = resident_kib();
    for _ in 0..4 {
        let error = client.messages_page(PHONE, 50, 0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(error.message().contains("8388608"), "{error}");
    }
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 40 * 1024, "grew by {grown} KiB");
}

#[tokio::test]
async fn a_dripping_answer_ends_at_the_deadline() {
    let (url, _) = serve(|mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        while socket.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let client = quick(url).timeout(Duration::from_millis(400)).build().unwrap();
    let began = Instant::now();
    let read = client.messages_page(PHONE, 50, 0).await.unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Timeout);
    let sent = client.send(PHONE, "hello").await.unwrap_err();
    assert_eq!(sent.kind(), ErrorKind::DeliveryUnknown);
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_silent_server_is_given_up_on() {
    let (url, connections) = serve(|mut socket| async move {
        let _ = socket.read(&mut [0; 1]).await;
    })
    .await;
    let client = quick(url).read_idle_timeout(Duration::from_millis(50)).max_retries(1).build().unwrap();
    let error = client.poll().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.message().contains("silent"), "{error}");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_redirect_takes_the_key_nowhere() {
    let (elsewhere, seen) = serve(|_| async {}).await;
    let target = elsewhere.clone();
    let (url, _) = serve(move |mut socket| {
        let answer = format!("HTTP/1.1 307 T\r\nlocation: {target}/api/send\r\ncontent-length: 0\r\n\r\n");
        async move {
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    let client = quick(url).build().unwrap();
    let error = client.poll().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedResponse, Some(307)));
    assert_eq!(client.send(PHONE, "hello").await.unwrap_err().kind(), ErrorKind::DeliveryUnknown);
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nobody_listens_and_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = quick(url).build().unwrap().send(PHONE, "hello").await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Connection, Some(Delivery::NotSent)));
}

#[tokio::test]
async fn the_server_sees_a_cancelled_call_at_once() {
    let (sandbox, client) = sandbox().await;
    sandbox.fault(Fault { delay_ms: Some(5_000), times: None, ..Fault::on(On::Any) }).unwrap();
    let calls: Vec<_> = (0..20)
        .map(|i| {
            let client = client.clone();
            tokio::spawn(async move {
                if i % 2 == 0 {
                    let _ = client.poll().await;
                } else {
                    let _ = client.send(PHONE, "hello").await;
                }
            })
        })
        .collect();
    while sandbox.requests().len() < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let cancelled = Instant::now();
    for call in calls {
        call.abort();
    }
    while sandbox.connections_dropped_by_client() < 20 {
        assert!(cancelled.elapsed() < Duration::from_secs(2), "the server didn't see it");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sandbox.clear_faults();
    assert!(client.poll().await.is_ok(), "the client works after");
}

#[tokio::test]
async fn closing_refuses_new_calls_lets_running_ones_end_and_ends_listeners() {
    let (sandbox, client) = sandbox().await;
    sandbox.fault(Fault { delay_ms: Some(200), ..Fault::on(On::Send) }).unwrap();
    let sending = tokio::spawn(client.send(PHONE, "hello").into_future());
    let mut inbox = client.listen().interval(Duration::from_millis(100)).await.unwrap();
    let listening = tokio::spawn(async move { inbox.next().await.is_none() });
    while sandbox.requests().iter().all(|request| request.path != "/api/send") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    client.close().await;
    assert!(sending.is_finished(), "close waits for what is in flight");
    assert!(sending.await.unwrap().is_ok());
    assert!(tokio::time::timeout(Duration::from_secs(1), listening).await.unwrap().unwrap());
    for error in [client.poll().await.unwrap_err(), client.send(PHONE, "again").await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
    assert!(client.messages(PHONE).next().await.unwrap().is_err());
}

#[tokio::test]
async fn the_rest_of_a_page_is_taken_without_another_request() {
    let (sandbox, client) = sandbox().await;
    sandbox.seed(Seed::count(PHONE, 150)).unwrap();
    let mut messages = client.messages(PHONE);
    assert!(messages.take_fetched().is_empty(), "nothing is fetched before it is read");
    messages.next().await.unwrap().unwrap();
    assert_eq!(messages.take_fetched().len(), 99);
    assert_eq!(sandbox.requests().len(), 1);
    assert_eq!(messages.count().await, 50);
}

#[tokio::test]
async fn a_message_is_acknowledged_by_its_id_alone() {
    let (sandbox, client) = sandbox().await;
    let kept = MemoryCheckpoint::new();
    let listen = || client.listen().since(Timestamp::UNIX_EPOCH).auto_ack(false).checkpoint(kept.clone());
    let ids = [1, 2].map(|i| sandbox.inbound(PHONE, &format!("hello {i}")).id);
    let mut inbox = listen().await.unwrap();
    inbox.next().await.unwrap().unwrap();
    inbox.acknowledger().ack_id(&ids[0]).await.unwrap();
    inbox.acknowledger().ack_id("msg_of_nobody").await.unwrap();
    drop(inbox);
    assert_eq!(listen().await.unwrap().next().await.unwrap().unwrap().id, ids[1]);
}

#[tokio::test]
async fn many_calls_share_a_client() {
    let (sandbox, client) = sandbox().await;
    let sends = (0..200).map(|i| {
        let client = client.clone();
        async move { client.send(PHONE, format!("hello {i}")).await.unwrap().message_id }
    });
    let ids: std::collections::HashSet<String> =
        futures_util::stream::iter(sends).buffer_unordered(32).collect().await;
    assert_eq!(ids.len(), 200);
    assert_eq!(client.messages(PHONE).count().await, 200);
    assert_eq!(sandbox.requests().iter().filter(|request| request.method == "POST").count(), 200);
}

#[tokio::test]
async fn no_duration_is_too_short_or_too_long() {
    let sandbox = Sandbox::start().await.unwrap();
    let at = |duration: Duration| {
        Client::builder()
            .api_key(sandbox.api_key())
            .base_url(sandbox.base_url())
            .timeout(duration)
            .connect_timeout(duration)
            .read_idle_timeout(duration)
            .pool_idle_timeout(duration)
            .backoff(duration, duration)
            .settling(duration, duration)
            .build()
            .unwrap()
    };
    let patient = at(Duration::MAX);
    sandbox.fault(Fault { status: Some(429), ..Fault::on(On::Send) }).unwrap();
    assert_eq!(patient.send(PHONE, "hello").await.unwrap_err().kind(), ErrorKind::RateLimited);
    sandbox.fault(Fault { status: Some(500), process: Some(true), ..Fault::on(On::Send) }).unwrap();
    assert!(patient.send(PHONE, "hello").timeout(Duration::MAX).await.is_ok());
    sandbox.inbound(PHONE, "hi");
    let since = "2000-01-01T00:00:00Z".parse().unwrap();
    let mut inbox = patient.listen().since(since).interval(Duration::MAX).await.unwrap();
    assert!(inbox.next().await.unwrap().is_ok());
    let idle = tokio::time::timeout(Duration::from_millis(100), inbox.next()).await;
    assert!(idle.is_err(), "it waits for a very long time");

    let hasty = at(Duration::from_nanos(1));
    let error = hasty.send(PHONE, "hello").await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Timeout, Some(Delivery::NotSent)));
}

#[test]
fn no_runtime_is_an_error_not_a_panic() {
    let client = quick("http://127.0.0.1:9").build().unwrap();
    let mut call = Box::pin(client.poll().into_future());
    let outcome = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(
        matches!(outcome, std::task::Poll::Ready(Err(error)) if error.kind() == ErrorKind::Configuration)
    );
}

/// What the child process of the proxy tests does: one call to `AVA_TEST_URL`.
#[tokio::test]
async fn proxied_call() {
    let Ok(url) = std::env::var("AVA_TEST_URL") else { return };
    let follow = std::env::var("AVA_TEST_FOLLOW").is_ok();
    let client = quick(url).environment_proxy(follow).max_retries(0).timeout(Duration::from_secs(5)).build();
    let _ = client.unwrap().poll().await;
}

/// How many connections a proxy sees while a child process, told of it by its environment, makes a call.
async fn seen_by_proxy(url: &str, follow: bool) -> usize {
    let (proxy, seen) = serve(|mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    })
    .await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxied_call", "--quiet"]).env("AVA_TEST_URL", url);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &proxy);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
    if follow {
        child.env("AVA_TEST_FOLLOW", "1");
    }
    let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    seen.load(Ordering::SeqCst)
}

#[tokio::test]
async fn proxies_of_the_environment_are_followed_unless_told_otherwise() {
    assert_eq!(seen_by_proxy("https://ava.invalid", true).await, 1);
    assert_eq!(seen_by_proxy("https://ava.invalid", false).await, 0);
}

#[tokio::test]
async fn loopback_never_uses_a_proxy() {
    let (url, direct) = serve(|_| async {}).await;
    assert_eq!(seen_by_proxy(&url, true).await, 0);
    assert_eq!(direct.load(Ordering::SeqCst), 1);
}

/// What `on_unknown` was told, and a client that tells it.
async fn told() -> (Sandbox, Client, std::sync::mpsc::Receiver<Attempt>) {
    let sandbox = Sandbox::start().await.unwrap();
    let (sender, attempts) = std::sync::mpsc::channel();
    let client = quick(sandbox.base_url())
        .api_key(sandbox.api_key())
        .on_unknown(move |attempt| sender.send(attempt).unwrap())
        .build()
        .unwrap();
    (sandbox, client, attempts)
}

#[tokio::test]
async fn an_outcome_that_reaches_nobody_is_told_of() {
    let (sandbox, client, attempts) = told().await;

    let receipt = client.send(PHONE, "answered").with_receipt().await.unwrap();
    let (sent, undelivered) = receipt.into_parts();
    drop(undelivered);
    let attempt = attempts.try_recv().unwrap();
    let settled = client.settle(&attempt).await.unwrap();
    assert_eq!(settled.message_id, sent.unwrap().message_id);

    sandbox.fault(Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) }).unwrap();
    drop(client.send(PHONE, "found in the history").with_receipt().await.unwrap());
    let attempt = attempts.try_recv().unwrap();
    assert_eq!(attempt.text(), "found in the history");
    client.settle(&attempt).await.unwrap();

    sandbox.fault(Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) }).unwrap();
    let (failed, undelivered) = client.send(PHONE, "unknown").with_receipt().await.unwrap().into_parts();
    drop(undelivered);
    assert_eq!(attempts.try_recv().unwrap(), *failed.unwrap_err().attempt().unwrap());

    assert_eq!(sandbox.requests().iter().filter(|request| request.method == "POST").count(), 3);
    assert!(attempts.try_recv().is_err(), "each is told once");
}

#[tokio::test]
async fn an_outcome_that_arrives_is_told_to_nobody_else() {
    let (sandbox, client, attempts) = told().await;
    client.send(PHONE, "taken").with_receipt().await.unwrap().take().unwrap();
    let (sent, undelivered) = client.send(PHONE, "delivered").with_receipt().await.unwrap().into_parts();
    undelivered.delivered();
    sent.unwrap();

    // It certainly was not sent, so that nobody need know.
    sandbox.fault(Fault { status: Some(400), ..Fault::on(On::Send) }).unwrap();
    client.send(PHONE, "refused").with_receipt().await.unwrap_err();
    client.send("nobody", "malformed").with_receipt().await.unwrap_err();

    assert!(attempts.try_recv().is_err());
}

#[test]
fn a_stream_may_outlive_its_runtime_context() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sandbox = runtime.block_on(Sandbox::start()).unwrap();
    for pause in 0..300 {
        // A new client each time, so that a connection is being made.
        let client = quick(sandbox.base_url()).api_key(sandbox.api_key()).build().unwrap();
        let mut messages = client.messages(PHONE);
        for _ in 0..2 {
            runtime.block_on(std::future::poll_fn(|cx| {
                let _ = messages.poll_next_unpin(cx);
                std::task::Poll::Ready(())
            }));
            std::thread::sleep(Duration::from_micros(pause * 2));
        }
        drop(messages);
    }
}
