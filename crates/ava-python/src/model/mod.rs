//! What the API speaks of, as Python sees it: frozen, comparable, hashable, picklable. Texts become Python strings
//! when they are read. No `repr` shows a text or a full phone number.

mod attempt;
mod gap;
mod generated;
mod message;
mod page;
mod sent;
mod token;

use std::hash::{DefaultHasher, Hash, Hasher};

use ava_bridge::{MaskedPhone, MeasuredText};
use pyo3::prelude::*;
use pyo3::types::PyString;

pub(crate) use attempt::Attempt;
pub(crate) use gap::Gap;
pub(crate) use generated::{GeneratedMessage, Turn, turns};
pub(crate) use message::{Message, SkippedRow};
pub(crate) use page::{MessagePage, PollPage};
pub(crate) use sent::SentMessage;
pub(crate) use token::Token;

/// A phone number in a `repr`: its last two digits.
fn masked(phone: &str) -> String {
    format!("'{}'", MaskedPhone(phone))
}

/// A text in a `repr`: how long it is.
fn measured(text: &str) -> String {
    format!("{:?}", MeasuredText(text))
}

fn hashed(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn quoted(py: Python<'_>, text: &str) -> PyResult<String> {
    PyString::new(py, text).repr()?.extract()
}
