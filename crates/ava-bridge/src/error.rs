//! What a binding makes its own error of: every field of the core's error, as plain values.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use ava_imessage::{Attempt, BoxError, Delivery, Error, ErrorKind, Result};

/// An [`Error`] taken apart. What each kind means stands with [`ErrorKind`].
#[derive(Clone)]
#[non_exhaustive]
pub struct ErrorView {
    /// The kind.
    pub kind: ErrorKind,
    /// Its stable number; C's status.
    pub number: u16,
    /// Its stable code: `rate_limited`.
    pub code: &'static str,
    /// One line for people, without data of theirs.
    pub message: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The service's name for the request.
    pub request_id: Option<String>,
    /// How long the service asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The first 8 KiB of the server's answer. It may hold people's data: not for texts or logs.
    pub body: Option<String>,
    /// Of a send that failed: `not_sent` or `unknown`.
    pub delivery: Option<&'static str>,
    /// The id of the message that failed, where the history showed that it did.
    pub message_id: Option<String>,
    /// What [`Client::settle`](crate::Client::settle) needs. Keep it as it is where the language can: its text
    /// ([`attempt_to_text`]) knows less, in the process that made it.
    pub attempt: Option<Attempt>,
    /// The error of this library behind this one. A foreign one is found by [`source_of`], and for a hook, which gets
    /// no more than this, by [`ErrorView::source_of`].
    pub cause: Option<Box<ErrorView>>,
    foreign: Option<Foreign>,
}

impl fmt::Debug for ErrorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorView")
            .field("code", &self.code)
            .field("message", &self.message)
            .field("status", &self.status)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

impl From<&Error> for ErrorView {
    fn from(error: &Error) -> ErrorView {
        ErrorView {
            kind: error.kind(),
            number: error.kind().number(),
            code: error.code(),
            message: error.message().to_owned(),
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
            retry_after_ms: error
                .retry_after()
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            body: error.body().map(str::to_owned),
            delivery: error.delivery().map(|delivery| delivery.as_str()),
            message_id: error.message_id().map(str::to_owned),
            attempt: error.attempt().cloned(),
            cause: error.cause().map(|cause| Box::new(ErrorView::from(cause))),
            foreign: source_of::<Foreign>(error).cloned(),
        }
    }
}

impl ErrorView {
    /// The error of type `E` that the application's token provider failed with, if it stands behind this one.
    pub fn source_of<E: StdError + 'static>(&self) -> Option<&E> {
        self.foreign.as_ref()?.0.downcast_ref()
    }

    /// The same, for a language whose names are in camel case: what the library itself found wrong begins with the
    /// option's or argument's name, `baseUrl: …` instead of `base_url: …`. What the service said stays.
    #[must_use]
    pub fn in_camel_case(mut self) -> ErrorView {
        if self.status.is_none() && matches!(self.kind, ErrorKind::Configuration | ErrorKind::InvalidRequest)
        {
            self.message = camel_case(&self.message).unwrap_or(self.message);
        }
        self.cause = self.cause.map(|cause| Box::new(cause.in_camel_case()));
        self
    }
}

/// A line that begins with a name, or with names joined by *and*, and a colon: with those of several words in camel case.
fn camel_case(line: &str) -> Option<String> {
    let (names, rest) = line.split_once(':')?;
    if !names.contains('_') {
        return None;
    }
    let names: Vec<String> = names.split(" and ").map(camel_name).collect::<Option<_>>()?;
    Some(format!("{}:{rest}", names.join(" and ")))
}

fn camel_name(name: &str) -> Option<String> {
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return None;
    }
    let mut words = name.split('_');
    let mut camel = words.next()?.to_owned();
    for word in words {
        let (first, others) = word.split_at_checked(1)?;
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(others);
    }
    Some(camel)
}

/// The error of type `E` behind this one, however deep: the exception that a callback of the application failed
/// with, as the binding boxed it.
pub fn source_of<E: StdError + 'static>(error: &Error) -> Option<&E> {
    let mut source = error.source();
    while let Some(this) = source {
        let foreign = || this.downcast_ref::<Foreign>()?.0.downcast_ref::<E>();
        if let Some(found) = this.downcast_ref::<E>().or_else(foreign) {
            return Some(found);
        }
        source = this.source();
    }
    None
}

/// What the application failed with, which an error and its views share: it passes for what is in it.
#[derive(Clone)]
pub(crate) struct Foreign(Arc<dyn StdError + Send + Sync>);

impl Foreign {
    /// An error of this library, as a client that the application's code uses gives it, stays what it is.
    pub(crate) fn shared(error: BoxError) -> BoxError {
        if error.is::<Error>() { error } else { Foreign(error.into()).into() }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Foreign {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// The error of a call that would have sent a message, and that a binding refuses before it comes here.
#[must_use]
pub fn not_sent(refused: Error) -> Error {
    refused.with_delivery(Delivery::NotSent)
}

/// An attempt as JSON text, to be kept over a restart. It holds the phone and the message.
///
/// # Errors
/// Never, so far.
pub fn attempt_to_text(attempt: &Attempt) -> Result<String> {
    serde_json::to_string(attempt).map_err(|error| {
        Error::new(ErrorKind::Internal, "the attempt can't be written as JSON").with_source(error)
    })
}

/// The attempt that [`attempt_to_text`] wrote.
///
/// # Errors
/// `invalid_request` if the text is none.
pub fn attempt_from_text(text: &str) -> Result<Attempt> {
    // The parser's words may quote the text.
    serde_json::from_str(text)
        .map_err(|_| Error::new(ErrorKind::InvalidRequest, "attempt: not the text of an attempt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_the_server_wrote() {
        let mut view = ErrorView::from(&Error::new(ErrorKind::Server, "HTTP 500"));
        view.body = Some("people's data".to_owned());
        assert!(!format!("{view:?}").contains("data"));
    }

    #[test]
    fn only_a_leading_name_becomes_camel_case() {
        assert_eq!(camel_case("base_url: not an URL").as_deref(), Some("baseUrl: not an URL"));
        assert_eq!(camel_case("max_response_bytes: 0").as_deref(), Some("maxResponseBytes: 0"));
        assert_eq!(
            camel_case("api_key and token_provider: give one").as_deref(),
            Some("apiKey and tokenProvider: give one")
        );
        for line in ["phone: must be E.164", "no base_url: none", "a__b: x", "a_: x", "without a name"] {
            assert_eq!(camel_case(line), None, "{line}");
        }
        let view = |error: &Error| ErrorView::from(error).in_camel_case().message;
        assert_eq!(view(&Error::new(ErrorKind::Configuration, "api_key: none")), "apiKey: none");
        assert_eq!(view(&Error::new(ErrorKind::Server, "api_key: none")), "api_key: none");
    }
}
