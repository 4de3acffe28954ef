//! Settling an attempt that anybody may have written, by a history that says anything. The input is the attempt's JSON
//! and the history's body, parted by a NUL.
//!
//! An attempt that is taken is written as it was read, hides what it holds, and settling it never posts.

use std::time::Duration;

use ava_imessage::Attempt;
use serde_json::Value;

use crate::canned::{self, Answer, BASE_URL, Canned};

pub(crate) fn run(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let json = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let history = parts.next().unwrap_or_default();
    let Ok(attempt) = serde_json::from_str::<Attempt>(&json) else { return };
    let written = serde_json::to_value(&attempt).expect("what was read can be written");
    let again: Attempt = serde_json::from_value(written.clone()).expect("and read again");
    assert!(again == attempt);
    let shown = format!("{attempt:?}");
    assert!(!shown.contains('\n'));
    settle(&with_origin(written), history);
    settle(&attempt, history);
}

fn with_origin(mut attempt: Value) -> Attempt {
    attempt["origin"] = BASE_URL.into();
    serde_json::from_value(attempt).expect("it has another origin only")
}

fn settle(attempt: &Attempt, history: &[u8]) {
    let service = Canned::new([Answer::new(200, history).header("date", b"Sun, 25 Jan 2026 12:00:00 GMT")]);
    let client = canned::builder(service.clone()).confirm_from_history(true).build().expect("good options");
    let settled = canned::run(async { client.settle(attempt).timeout(Duration::from_secs(5)).await });
    if let Some(request) = service.request() {
        assert_eq!(request.method(), http::Method::GET, "settling posted");
    }
    if let Err(error) = settled {
        assert_ne!(error.code(), "internal", "{error}");
        assert!(!error.to_string().contains('\n'));
    }
}
