//! Neither keys, nor texts, nor full phone numbers may stand in logs, in `Debug` or in `Display`.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// What must not be seen, and what was to be seen.
#[derive(Clone, Default)]
pub(crate) struct Leaks(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    forbidden: BTreeSet<String>,
    lines: Vec<u8>,
}

/// Every text of the vectors that must stay private has this in it.
const CANARY: &str = "canary";
/// Shorter secrets would be found by chance.
const SHORTEST: usize = 6;

impl Leaks {
    /// Captures the client's whole log from now on.
    pub(crate) fn capture() -> Leaks {
        let leaks = Leaks::default();
        let ours = filter_fn(|metadata| metadata.target().starts_with("ava_imessage"));
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_writer(leaks.clone())
            .with_filter(ours);
        let installed = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines));
        if installed.is_err() {
            leaks.note(b"canary: the log could not be captured");
        }
        leaks
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, bytes: &[u8]) {
        self.inner().lines.extend_from_slice(bytes);
    }

    /// Learns what is private of a vector: its keys, tokens, phones and texts.
    pub(crate) fn forbid(&self, vector: &Value, secrets: &[&str]) {
        let mut forbidden: BTreeSet<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        forbidden.insert(CANARY.to_owned());
        collect(vector, "", &mut forbidden);
        self.inner().forbidden.append(&mut forbidden);
    }

    pub(crate) fn saw(&self, value: &(impl Debug + ?Sized)) {
        self.note(format!("{value:?}\n{value:#?}\n").as_bytes());
    }

    pub(crate) fn saw_words(&self, value: &(impl Display + ?Sized)) {
        self.note(format!("{value}\n").as_bytes());
    }

    /// The lines that show what they must not.
    pub(crate) fn found(&self) -> Vec<String> {
        let inner = self.inner();
        let text = String::from_utf8_lossy(&inner.lines);
        let mut found = BTreeSet::new();
        for secret in inner.forbidden.iter().filter(|secret| text.contains(secret.as_str())) {
            let lines = text.lines().filter(|line| line.contains(secret.as_str()));
            found.extend(lines.map(|line| format!("leaked {secret:?}: {line}")));
        }
        if !text.contains("exchange ended") {
            found.insert("the log of the client was not captured".to_owned());
        }
        found.into_iter().take(20).collect()
    }
}

fn collect(value: &Value, name: &str, forbidden: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let phone =
                text.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            let private =
                matches!(name, "text" | "content" | "instructions" | "api_key" | "token" | "tokens");
            let secret = phone.or(private.then_some(text));
            if let Some(secret) = secret.filter(|secret| secret.len() >= SHORTEST && !secret.contains("${")) {
                forbidden.insert(secret.to_owned());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, forbidden)),
        Value::Object(members) => members
            .iter()
            // What a vector expects may quote what the service said.
            .filter(|(name, _)| !matches!(name.as_str(), "expect" | "expect_requests" | "script"))
            .for_each(|(name, member)| collect(member, name, forbidden)),
        _ => {}
    }
}

impl<'a> MakeWriter<'a> for Leaks {
    type Writer = Leaks;

    fn make_writer(&'a self) -> Leaks {
        self.clone()
    }
}

impl io::Write for Leaks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.note(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
