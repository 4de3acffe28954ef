//! What held, a line each, for the table in docs/conformance.md: appended to the file that `AVA_CONFORMANCE_OUT` names.

#![allow(clippy::unwrap_used, reason = "what can't be written down would be missing on the page")]

use std::io::Write;

use serde_json::json;

/// Says of something, a `vector` or an `error`, whether it holds here.
pub(crate) fn record(what: &str, name: &str, passed: bool) {
    let Some(file) = std::env::var_os("AVA_CONFORMANCE_OUT") else { return };
    let line = format!("{}\n", json!({"face": "rust", what: name, "passed": passed}));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}
