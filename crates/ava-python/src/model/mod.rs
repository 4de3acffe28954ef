//! What the API speaks of, as Python sees it: frozen, comparable, hashable, picklable. Texts become Python strings
//! when they are read. No `repr` shows a text or a full phone number.

mod attempt;
mod gap;
mod generated;
mod message;
mod page;
mod sent;
mod token;

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
    let end = phone.char_indices().rev().nth(1).map_or("", |(at, _)| &phone[at..]);
    if phone.chars().count() > 4 { format!("'+…{end}'") } else { "'+…'".to_owned() }
}

/// A text in a `repr`: how long it is.
fn measured(text: &str) -> String {
    format!("<{} characters>", text.chars().count())
}

fn quoted(py: Python<'_>, text: &str) -> PyResult<String> {
    PyString::new(py, text).repr()?.extract()
}
