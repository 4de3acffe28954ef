//! What calls give: values of the core on their way to JavaScript.

use ava_bridge::core::{GeneratedMessage, MessagePage, PollPage, Receipt, SentMessage, Undelivered};
use ava_bridge::{Error, Handed, Messages};

use crate::model::{Row, json};

/// How a call ended.
pub(crate) enum Outcome {
    /// With a value, as JSON text, which is written on the worker, and what is to be told when it has arrived.
    Value(String, Option<Arrival>),
    /// With an error.
    Error(Error, Option<Undelivered>),
}

/// What has to know that a value reached whoever asked. Dropped untold, that is told of.
pub(crate) enum Arrival {
    /// The outcome of a send.
    Send(Undelivered),
    /// A message of a listener.
    Message(Handed),
    /// A message of a conversation, which brings along what was fetched with it.
    Messages(Handed, Messages),
}

/// A value that becomes an outcome, on the worker.
pub(crate) trait Answer: Send + 'static {
    fn answer(self) -> Outcome;
}

macro_rules! answer_as_row {
    ($($type:ty),*) => {$(
        impl Answer for $type {
            fn answer(self) -> Outcome {
                Outcome::Value(json(&Row(&self)), None)
            }
        }
    )*};
}

answer_as_row!(SentMessage, GeneratedMessage, MessagePage, PollPage);

impl Answer for () {
    fn answer(self) -> Outcome {
        Outcome::Value("null".to_owned(), None)
    }
}

impl Answer for Receipt {
    fn answer(self) -> Outcome {
        match self.into_parts() {
            (Ok(sent), undelivered) => Outcome::Value(json(&Row(&sent)), Some(Arrival::Send(undelivered))),
            (Err(error), undelivered) => Outcome::Error(error, Some(undelivered)),
        }
    }
}

/// The next message of a listener; the end is `null`.
impl Answer for Option<Handed> {
    fn answer(self) -> Outcome {
        match self {
            Some(handed) => Outcome::Value(text_of(&handed), Some(Arrival::Message(handed))),
            None => ().answer(),
        }
    }
}

/// The next message of a conversation; the end is `null`.
impl Answer for (Option<Handed>, Messages) {
    fn answer(self) -> Outcome {
        match self {
            (Some(handed), stream) => {
                Outcome::Value(text_of(&handed), Some(Arrival::Messages(handed, stream)))
            }
            (None, _) => ().answer(),
        }
    }
}

fn text_of(handed: &Handed) -> String {
    handed.message().map_or_else(|| "null".to_owned(), |message| json(&Row(message)))
}
