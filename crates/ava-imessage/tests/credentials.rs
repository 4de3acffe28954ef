//! Tokens: kept until they expire, renewed one at a time, replaced once after a 401.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ava_imessage::{BoxError, Client, ClientBuilder, Delivery, ErrorKind, Token};
use ava_sandbox::Sandbox;

const PHONE: &str = "+15550001111";

/// A provider that gives `token-1`, `token-2` …, each as this function makes it.
fn provider(
    client: ClientBuilder,
    make: impl Fn(String) -> Token + Send + Sync + 'static,
) -> (ClientBuilder, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let make = Arc::new(make);
    let client = client.token_provider(move || {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        let make = Arc::clone(&make);
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, BoxError>(make(format!("token-{number}")))
        }
    });
    (client, asked)
}

async fn sandbox() -> (Sandbox, ClientBuilder) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .backoff(Duration::from_millis(1), Duration::from_millis(5));
    (sandbox, client)
}

/// Tokens that the sandbox issued, under the names that the test uses.
fn issue(sandbox: &Sandbox, names: &[&str]) -> HashMap<String, String> {
    let issue = |name: &&str| ((*name).to_owned(), sandbox.issue_token(Duration::from_secs(60), None).token);
    names.iter().map(issue).collect()
}

#[tokio::test]
async fn fifty_calls_share_one_renewal() {
    let (sandbox, client) = sandbox().await;
    let tokens = issue(&sandbox, &["token-1"]);
    let (client, asked) = provider(client, move |name| Token::new(tokens[&name].clone()));
    let client = client.build().unwrap();
    let calls: Vec<_> = (0..50).map(|_| tokio::spawn(client.poll().into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_expired_token_is_renewed_before_it_is_refused() {
    let (sandbox, client) = sandbox().await;
    let tokens = issue(&sandbox, &["token-1", "token-2"]);
    let (client, asked) = provider(client, move |name| {
        Token::new(tokens[&name].clone()).expires_in(Duration::from_millis(200))
    });
    let client = client.build().unwrap();
    client.poll().await.unwrap();
    client.poll().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(250)).await;
    client.poll().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(sandbox.requests().iter().all(|request| request.outcome == ava_sandbox::Outcome::Answered));
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_call_replayed_once() {
    let (sandbox, client) = sandbox().await;
    let tokens = issue(&sandbox, &["token-2"]);
    let (client, asked) = provider(client, move |name| {
        Token::new(tokens.get(&name).cloned().unwrap_or_else(|| "stale".into()))
    });
    let client = client.max_retries(0).build().unwrap();
    let sent = client.send(PHONE, "hello").await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let posts = sandbox.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 2);
    assert!(sent.message_id.starts_with("msg_"));
}

#[tokio::test]
async fn the_same_token_again_is_no_cure() {
    let (sandbox, client) = sandbox().await;
    let (client, asked) = provider(client, |_| Token::new("stale"));
    let error = client.build().unwrap().send(PHONE, "hello").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Authentication, Some(401)));
    assert_eq!(error.delivery(), Some(Delivery::NotSent));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(sandbox.requests().len(), 1);
}

#[tokio::test]
async fn a_provider_that_fails_or_hangs_sends_nothing() {
    let (sandbox, client) = sandbox().await;
    let failing = client.token_provider(|| async { Err::<Token, _>("the gateway is down") }).build().unwrap();
    let error = failing.send(PHONE, "hello").await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Authentication, Some(Delivery::NotSent)));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("gateway"));

    let hanging = Client::builder()
        .base_url(sandbox.base_url())
        .timeout(Duration::from_millis(100))
        .token_provider(std::future::pending::<Result<Token, BoxError>>)
        .build()
        .unwrap();
    let error = hanging.send(PHONE, "hello").await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Timeout, Some(Delivery::NotSent)));
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_malformed_token_never_leaves() {
    let (sandbox, client) = sandbox().await;
    let (client, _) = provider(client, |_| Token::new("tok\r\nx-evil: 1"));
    let error = client.build().unwrap().poll().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.message().starts_with("token_provider"), "{error}");
    assert!(!format!("{error:?}").contains("evil"));
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn a_provider_may_use_a_client_of_its_own() {
    let (sandbox, client) = sandbox().await;
    let inner = Client::builder().api_key(sandbox.api_key()).base_url(sandbox.base_url()).build().unwrap();
    let token = sandbox.issue_token(Duration::from_secs(60), None).token;
    let polls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&polls);
    let outer = client
        .token_provider(move || {
            let (inner, token, counted) = (inner.clone(), token.clone(), Arc::clone(&counted));
            async move {
                inner.poll().await?;
                *counted.lock().unwrap() += 1;
                Ok::<_, ava_imessage::Error>(Token::new(token))
            }
        })
        .build()
        .unwrap();
    outer.poll().await.unwrap();
    assert_eq!(*polls.lock().unwrap(), 1);
}

#[test]
fn one_kind_of_credentials_and_neither_shows() {
    let both =
        Client::builder().api_key("sk").token_provider(|| async { Ok::<_, BoxError>(Token::new("t")) });
    assert_eq!(both.build().unwrap_err().kind(), ErrorKind::Configuration);
    assert!(Client::builder().build().unwrap_err().message().contains("AVA_API_KEY"));
    let client = Client::new("sk_secret_canary").unwrap();
    assert!(!format!("{client:?}{:?}", Token::new("sk_secret_canary")).contains("canary"));
    for bad in ["", "two words", "line\nbreak", "ключ"] {
        let error = Client::new(bad).unwrap_err();
        assert!(error.message().starts_with("api_key:"), "{error}");
    }
}
