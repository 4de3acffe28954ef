//! Functions of the application: off the worker, within the deadline, their failures kept; and the log.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on has failed")]

mod support;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use ava_bridge::core::{BoxError, Timestamp, Token};
use ava_bridge::{
    CallOptions, CheckpointOption, CheckpointStore, Client, ErrorKind, Level, ListenOptions, Logger, Options,
    PollOptions, Record, checkpoint, flush_callbacks, is_blocking_forbidden, source_of, token_provider,
    token_provider_elsewhere,
};
use ava_sandbox::{Fault, On};
use support::{LONG, PHONE, client, hook, options, sandbox, stall, told, until_requests};

/// An exception of the application's language.
#[derive(Debug)]
struct Raised(&'static str);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Raised {}

fn with_provider(
    sandbox: &ava_sandbox::Sandbox,
    ask: impl Fn() -> Result<Token, BoxError> + Send + Sync + 'static,
) -> Client {
    Client::new(Options { api_key: None, token_provider: Some(token_provider(ask)), ..options(sandbox) })
        .unwrap()
}

#[test]
fn a_token_provider_may_block_and_use_a_client() {
    let sandbox = sandbox();
    let (other, key) = (client(&sandbox), sandbox.api_key().to_owned());
    let client = with_provider(&sandbox, move || {
        assert!(!is_blocking_forbidden());
        other.poll(PollOptions::default()).block()?;
        Ok(Token::new(key.clone()))
    });
    client.send(PHONE, "hello", CallOptions::default()).block().unwrap().take().unwrap();
    assert_eq!(sandbox.requests().len(), 2);
}

#[test]
fn a_token_provider_that_asks_its_own_client_ends_by_the_deadline() {
    let sandbox = sandbox();
    let own: Arc<OnceLock<Client>> = Arc::default();
    let inner = Arc::clone(&own);
    let client = with_provider(&sandbox, move || {
        let call = CallOptions { timeout: Some(Duration::from_millis(50)), ..CallOptions::default() };
        inner.get().unwrap().poll(PollOptions { call, ..PollOptions::default() }).block()?;
        Ok(Token::new("never"))
    });
    own.set(client.clone()).unwrap();
    let error = client.send(PHONE, "hello", CallOptions::default()).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Timeout);
}

#[test]
fn a_token_provider_that_hangs_holds_nobody_else_up() {
    let sandbox = sandbox();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let client = with_provider(&sandbox, move || {
        let _ = held.lock().unwrap().recv();
        Err("released".into())
    });
    let call = CallOptions { timeout: Some(Duration::from_millis(50)), ..CallOptions::default() };
    let error = client.send(PHONE, "hello", call).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    support::client(&sandbox).poll(PollOptions::default()).block().unwrap();
    drop(release);
}

#[test]
fn providers_that_hang_elsewhere_use_up_no_threads() {
    let sandbox = sandbox();
    let (hanging, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let (replies, count) = (Arc::clone(&hanging), Arc::clone(&asked));
    let elsewhere = token_provider_elsewhere(move |reply| {
        count.fetch_add(1, Ordering::SeqCst);
        replies.lock().unwrap().push(reply);
    });
    let client = |provider| {
        Client::new(Options { api_key: None, token_provider: Some(provider), ..options(&sandbox) }).unwrap()
    };
    // More than there may be threads.
    for client in (0..600).map(|_| client(Arc::clone(&elsewhere))) {
        let call = CallOptions { timeout: Some(Duration::from_millis(5)), ..CallOptions::default() };
        let error = client.send(PHONE, "hello", call).block().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
    assert!(asked.load(Ordering::SeqCst) > 512);
    let key = sandbox.api_key().to_owned();
    client(token_provider(move || Ok(Token::new(key.clone())))).poll(PollOptions::default()).block().unwrap();
    let dropped = client(token_provider_elsewhere(drop));
    let error = dropped.poll(PollOptions::default()).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    let key = sandbox.api_key().to_owned();
    let given = client(token_provider_elsewhere(move |reply| reply.give(Ok(Token::new(key.clone())))));
    given.poll(PollOptions::default()).block().unwrap();
}

#[test]
fn what_a_token_provider_raises_is_found_again() {
    let sandbox = sandbox();
    let client = with_provider(&sandbox, || Err(Raised("no network").into()));
    let error = client.send(PHONE, "hello", CallOptions::default()).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(source_of::<Raised>(&error).unwrap().0, "no network");
    assert!(source_of::<fmt::Error>(&error).is_none());
}

#[test]
fn a_callback_that_panics_is_internal_and_the_client_works_after() {
    let sandbox = sandbox();
    let (asked, key) = (AtomicUsize::new(0), sandbox.api_key().to_owned());
    let client = with_provider(&sandbox, move || {
        assert!(asked.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
        Ok(Token::new(key.clone()))
    });
    let error = client.send(PHONE, "hello", CallOptions::default()).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(client.send(PHONE, "hello", CallOptions::default()).block().is_ok());
}

/// What one save does, by its number.
type Behaviour = fn(usize) -> Result<(), BoxError>;

struct Store {
    text: Arc<Mutex<Option<String>>>,
    saves: AtomicUsize,
    behave: Behaviour,
}

impl CheckpointStore for Store {
    fn load(&self) -> Result<Option<String>, BoxError> {
        Ok(self.text.lock().unwrap().clone())
    }

    fn save(&self, state: String) -> Result<(), BoxError> {
        assert!(!is_blocking_forbidden());
        (self.behave)(self.saves.fetch_add(1, Ordering::SeqCst))?;
        *self.text.lock().unwrap() = Some(state);
        Ok(())
    }
}

fn stored(behave: Behaviour) -> (ListenOptions, Arc<Mutex<Option<String>>>) {
    let text = Arc::default();
    let store = Store { text: Arc::clone(&text), saves: AtomicUsize::new(0), behave };
    let options = ListenOptions {
        since: Some(Timestamp::UNIX_EPOCH),
        interval: Some(Duration::from_millis(100)),
        checkpoint: Some(CheckpointOption::Custom(checkpoint(store))),
        auto_ack: Some(false),
        ..ListenOptions::default()
    };
    (options, text)
}

#[test]
fn a_checkpoint_is_kept_as_text() {
    let sandbox = sandbox();
    let id = sandbox.inbound(PHONE, "hello").id;
    let (options, text) = stored(|_| Ok(()));
    let listener = client(&sandbox).listen(options.clone()).block().unwrap();
    listener.next().block().unwrap().unwrap().take().unwrap();
    assert!(!text.lock().unwrap().as_ref().unwrap().contains(&id));
    listener.ack(&*id).block().unwrap();
    assert!(text.lock().unwrap().as_ref().unwrap().contains(&id));

    *text.lock().unwrap() = Some("garbage".to_owned());
    assert_eq!(client(&sandbox).listen(options).block().unwrap_err().kind(), ErrorKind::Storage);
}

#[test]
fn a_checkpoint_that_fails_or_hangs_acknowledges_nothing() {
    let sandbox = sandbox();
    let id = sandbox.inbound(PHONE, "hello").id;
    let (mut options, text) = stored(|save| match save {
        1 => Err(Raised("disk full").into()),
        2 => {
            std::thread::sleep(Duration::from_millis(300));
            Ok(())
        }
        _ => Ok(()),
    });
    options.call.timeout = Some(Duration::from_millis(50));
    let listener = client(&sandbox).listen(options).block().unwrap();
    listener.next().block().unwrap().unwrap().take().unwrap();

    let failed = listener.ack(&*id).block().unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Storage);
    assert_eq!(source_of::<Raised>(&failed).unwrap().0, "disk full");
    let late = listener.ack(&*id).block().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Storage);
    assert!(late.message().contains("50ms"), "{late}");
    assert!(!text.lock().unwrap().as_ref().unwrap().contains(&id));
    support::until("the store answers again", || listener.ack(&*id).block().is_ok());
    assert!(text.lock().unwrap().as_ref().unwrap().contains(&id));
}

#[test]
fn hooks_of_a_listener_run_on_their_own_thread_and_may_use_the_client() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    sandbox.fault(Fault { status: Some(503), ..Fault::on(On::Poll) }).unwrap();
    let (on_retry, retries) = hook();
    let inner = client.clone();
    let options = ListenOptions {
        since: Some(Timestamp::UNIX_EPOCH),
        interval: Some(Duration::from_millis(100)),
        on_retry: Some(Arc::new(move |error: ava_bridge::ErrorView| {
            inner.send(PHONE, "from a hook", CallOptions::default()).block().unwrap().take().unwrap();
            on_retry(error);
        })),
        ..ListenOptions::default()
    };
    let listener = client.listen(options).block().unwrap();
    let (_running, _result) = told(listener.next());
    let (error, thread) = retries.recv_timeout(LONG).unwrap();
    assert_eq!((error.status, &*thread), (Some(503), "ava-callbacks"));
}

#[test]
fn a_hook_finds_what_the_token_provider_failed_with() {
    let sandbox = sandbox();
    let client = with_provider(&sandbox, || Err(Raised("no token today").into()));
    let (on_retry, retries) = hook();
    let options = ListenOptions {
        since: Some(Timestamp::UNIX_EPOCH),
        on_retry: Some(on_retry),
        ..ListenOptions::default()
    };
    let listener = client.listen(options).block().unwrap();
    let (_running, _result) = told(listener.next());
    let (error, _) = retries.recv_timeout(LONG).unwrap();
    assert_eq!(error.kind, ErrorKind::Authentication);
    assert_eq!(error.source_of::<Raised>().unwrap().0, "no token today");
    assert!(error.cause.is_none(), "it is none of ours");
}

type Records = Arc<Mutex<Vec<Record>>>;

fn collected() -> (Records, impl Fn(Vec<Record>) + Send + Sync + 'static) {
    let records = Records::default();
    let into = Arc::clone(&records);
    (records, move |batch: Vec<Record>| into.lock().unwrap().extend(batch))
}

#[test]
fn a_log_has_its_lines_and_no_data() {
    let sandbox = sandbox();
    let (records, sink) = collected();
    let logger = Logger::new(sink, Level::Trace);
    let client = Client::new(Options { logger: Some(Arc::clone(&logger)), ..options(&sandbox) }).unwrap();
    let text = "canary in the log";
    client.send(PHONE, text, CallOptions::default()).block().unwrap().take().unwrap();
    // A line that is written while the call is dropped belongs to the client as well.
    stall(&sandbox, On::Send, 1);
    let (running, result) = told(client.send(PHONE, text, CallOptions::default()));
    until_requests(&sandbox, 2);
    drop(running);
    result.recv_timeout(LONG).unwrap().unwrap_err();
    assert!(flush_callbacks(LONG));

    let lines = std::mem::take(&mut *records.lock().unwrap());
    let exchange = lines.iter().find(|line| line.level == Level::Debug).unwrap();
    assert_eq!((exchange.target, &*exchange.message), ("ava_imessage", "exchange ended"));
    let field =
        |name: &str| exchange.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    assert_eq!(field("ok"), Some(true.into()));
    assert_eq!(field("url.template"), Some("/api/send".into()));
    assert_eq!(field("http.response.status_code"), Some(200.into()));
    assert!(lines.iter().any(|line| line.level == Level::Warn && line.message.contains("in flight")));
    let shown = format!("{lines:?}");
    for secret in [text, PHONE, &PHONE[1..], sandbox.api_key()] {
        assert!(!shown.contains(secret), "{shown}");
    }

    logger.set_level(Level::Error);
    client.send(PHONE, text, CallOptions::default()).block().unwrap().take().unwrap();
    support::client(&sandbox).send(PHONE, text, CallOptions::default()).block().unwrap().take().unwrap();
    assert!(flush_callbacks(LONG));
    assert!(records.lock().unwrap().is_empty());
}

#[test]
fn a_slow_log_is_bounded_and_says_so() {
    let sandbox = sandbox();
    let (records, sink) = collected();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let slow = move |batch: Vec<Record>| {
        let _ = held.lock().unwrap().recv();
        sink(batch);
    };
    let logger = Logger::new(slow, Level::Debug);
    let client = Client::new(Options { logger: Some(logger), ..options(&sandbox) }).unwrap();
    for _ in 0..1100 {
        client.poll(PollOptions::default()).block().unwrap();
    }
    drop(release);
    assert!(flush_callbacks(LONG));
    let records = records.lock().unwrap();
    assert!(records.len() <= 1100, "{}", records.len());
    let told: u64 =
        records.iter().flat_map(|r| &r.fields).filter(|f| f.0 == "lost").filter_map(|f| f.1.as_u64()).sum();
    assert!(told > 0);
}

#[test]
fn a_logger_that_waits_for_the_log_does_not_wait_for_itself() {
    let sandbox = sandbox();
    let (told, answers) = mpsc::channel();
    let sink = move |_: Vec<Record>| {
        let _ = told.send(flush_callbacks(LONG));
    };
    let logger = Logger::new(sink, Level::Debug);
    let client = Client::new(Options { logger: Some(logger), ..options(&sandbox) }).unwrap();
    client.poll(PollOptions::default()).block().unwrap();
    assert!(!answers.recv_timeout(LONG / 2).unwrap());
    assert!(flush_callbacks(LONG));
}
