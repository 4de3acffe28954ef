//! Shutting down while foreign code runs. It is for good, so this is a process of its own with one test.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod support;

use std::sync::mpsc;
use std::time::Duration;

use ava_bridge::core::Token;
use ava_bridge::{CallOptions, Client, ErrorKind, Options, complete_later, shutdown, token_provider};
use support::{LONG, PHONE, options, sandbox, told};

const SHORT: Duration = Duration::from_millis(50);

#[test]
fn it_is_not_over_while_foreign_code_runs() {
    let sandbox = sandbox();
    let (asked, was_asked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let provider = std::sync::Mutex::new(may_go_on);
    let provider = token_provider(move || {
        asked.send(()).unwrap();
        let _ = provider.lock().unwrap().recv();
        Ok(Token::new("late"))
    });
    let client =
        Client::new(Options { api_key: None, token_provider: Some(provider), ..options(&sandbox) }).unwrap();
    let (_running, outcome) = told(client.send(PHONE, "waits for a token", CallOptions::default()));
    was_asked.recv_timeout(LONG).unwrap();

    // The provider is being asked: it may not be let go of yet.
    assert_eq!(shutdown(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(outcome.recv_timeout(LONG).unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(shutdown(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    drop(go_on);
    shutdown(LONG).unwrap();

    // So may what is told on the thread of the completions.
    let (end, may_end) = mpsc::channel::<()>();
    complete_later(move || {
        let _ = may_end.recv();
    });
    assert_eq!(shutdown(SHORT).unwrap_err().kind(), ErrorKind::Timeout);
    drop(end);
    shutdown(LONG).unwrap();
}
