//! One error for everything: a kind with a stable number and code, and what a caller needs to decide.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::send::Attempt;

/// What the client's calls return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, boxed: the cause behind an [`Error`], and what callbacks of the application may fail with.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

macro_rules! error_kinds {
    ($($(#[doc = $doc:literal])* $variant:ident = $number:literal, $code:literal;)*) => {
        /// What went wrong. The numbers and codes never change their meaning and are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum ErrorKind {
            $($(#[doc = $doc])* $variant = $number,)*
        }

        impl ErrorKind {
            /// Every kind, in the order of the numbers.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$variant,)*];

            /// The stable name, the same in every language: `rate_limited`.
            pub const fn code(self) -> &'static str {
                match self { $(ErrorKind::$variant => $code,)* }
            }

            /// What the kind means and what to do about it, as one line of plain text.
            pub const fn description(self) -> &'static str {
                match self { $(ErrorKind::$variant => concat!($($doc),*),)* }
            }
        }
    };
}

error_kinds! {
    /// The client is set up wrongly (no key, a malformed key, a base URL it refuses, a checkpoint of another
    /// listener). Nothing was sent; mend the set-up.
    Configuration = 1, "configuration";
    /// The request is refused, here before anything left the machine or by the service (400, or another 4xx
    /// that has no kind of its own). Mend the argument; retrying does not help.
    InvalidRequest = 2, "invalid_request";
    /// The service does not know the key or token (401), or the token provider failed. Nothing was sent.
    Authentication = 3, "authentication";
    /// The key or token may not do this (403). Nothing was sent.
    PermissionDenied = 4, "permission_denied";
    /// There is no such thing (404). Nothing was sent.
    NotFound = 5, "not_found";
    /// Too many requests (429), and waiting was tried or would take too long. Wait for `retry_after`.
    RateLimited = 6, "rate_limited";
    /// The service failed (5xx). A read was retried already; try again later.
    Server = 7, "server";
    /// DNS, TCP or TLS failed, or a connection was lost or went silent. On a send: it was not sent.
    Connection = 8, "connection";
    /// The deadline of the call passed; it spans all retries. On a send: it was not sent.
    Timeout = 9, "timeout";
    /// The answer is not what the API documents: not JSON, a missing field, or over the size cap.
    UnexpectedResponse = 10, "unexpected_response";
    /// The service accepted the request and declined to do it (`success: false`), or the message failed.
    Rejected = 11, "rejected";
    /// A send that may or may not have happened, after the history was asked. Do not send again by guess;
    /// settle the attempt later.
    DeliveryUnknown = 12, "delivery_unknown";
    /// The caller cancelled the call.
    Cancelled = 13, "cancelled";
    /// The client was used after it was closed, or a listener was carried over a fork.
    Closed = 14, "closed";
    /// The durable store or checkpoint failed; nothing was acknowledged.
    Storage = 15, "storage";
    /// A bug in this library. Please report it.
    Internal = 16, "internal";
}

impl ErrorKind {
    /// The stable number, the same in every language; C's status is this number.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The kind of an HTTP status that is not a success, per the *Errors* section of the API document.
    pub(crate) fn of_status(status: u16) -> ErrorKind {
        match status {
            401 => ErrorKind::Authentication,
            403 => ErrorKind::PermissionDenied,
            404 => ErrorKind::NotFound,
            429 => ErrorKind::RateLimited,
            400..=499 => ErrorKind::InvalidRequest,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::UnexpectedResponse,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Whether the message of a failed send may have gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// It certainly was not sent: sending it again texts nobody twice.
    NotSent,
    /// It may or may not have been sent: only the history can tell.
    Unknown,
}

impl Delivery {
    /// The stable name: `not_sent` or `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Delivery::NotSent => "not_sent",
            Delivery::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of every call; a pointer wide.
///
/// `Display` is one line. Neither it nor `Debug` shows a key, a message text, or a full phone number;
/// [`body`](Error::body) is the server's raw answer and may.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    body: Option<String>,
    delivery: Option<Delivery>,
    message_id: Option<String>,
    attempt: Option<Attempt>,
    source: Option<BoxError>,
}

impl Error {
    /// An error of this kind. For stores and transports written outside this crate.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            status: None,
            request_id: None,
            retry_after: None,
            body: None,
            delivery: None,
            message_id: None,
            attempt: None,
            source: None,
        }))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code of the kind: `rate_limited`.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// One line for people: the server's words where it gave some, with sent text and long numbers masked.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's name for the request (`x-request-id`, else `request-id`), to quote in a support case.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the service asks to wait (`Retry-After`), if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The first 8 KiB of the server's answer, raw, for debugging. It may hold people's data.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// For a send: whether the message may have gone out. `None` where nothing would have been sent.
    pub fn delivery(&self) -> Option<Delivery> {
        self.0.delivery
    }

    /// The id of the message that failed, where the history showed that it did.
    pub fn message_id(&self) -> Option<&str> {
        self.0.message_id.as_deref()
    }

    /// For [`ErrorKind::DeliveryUnknown`]: what [`Client::settle`](crate::Client::settle) needs to ask again.
    /// `None` for a generated reply that was to be sent at once, whose text isn't known.
    pub fn attempt(&self) -> Option<&Attempt> {
        self.0.attempt.as_ref()
    }

    /// The error of this library that led to this one: what befell the attempt of an unknown send.
    pub fn cause(&self) -> Option<&Error> {
        self.0.source.as_deref().and_then(|e| e.downcast_ref::<Error>())
    }

    /// Attaches the error behind this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// Says what became of the message, of a send that something refused before it came here.
    #[must_use]
    pub fn with_delivery(mut self, delivery: Delivery) -> Error {
        self.0.delivery = Some(delivery);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Error {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Error {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Error {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_body(mut self, body: String) -> Error {
        self.0.body = (!body.is_empty()).then_some(body);
        self
    }

    pub(crate) fn with_message_id(mut self, id: String) -> Error {
        self.0.message_id = Some(id);
        self
    }

    pub(crate) fn with_attempt(mut self, attempt: Attempt) -> Error {
        self.0.attempt = Some(attempt);
        self
    }

    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::InvalidRequest, message)
    }

    /// A send that may or may not have happened: what befell it, and why the history did not tell.
    pub(crate) fn delivery_unknown(cause: Option<Error>, why: &str) -> Error {
        let unknown = |rest: &str| {
            Error::new(
                ErrorKind::DeliveryUnknown,
                format!("the message may or may not have been sent ({why}){rest}"),
            )
            .with_delivery(Delivery::Unknown)
        };
        let Some(cause) = cause else {
            return unknown("");
        };
        let inner = &cause.0;
        unknown(&format!(": {}", inner.message))
            .with_request_id(inner.request_id.clone())
            .with_retry_after(inner.retry_after)
            .with_answer(inner.status, inner.body.clone())
            .with_source(cause)
    }

    fn with_answer(mut self, status: Option<u16>, body: Option<String>) -> Error {
        (self.0.status, self.0.body) = (status, body);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut out = f.debug_struct("Error");
        out.field("code", &inner.kind.code()).field("message", &inner.message);
        if let Some(status) = inner.status {
            out.field("status", &status);
        }
        if let Some(id) = &inner.request_id {
            out.field("request_id", id);
        }
        if let Some(wait) = inner.retry_after {
            out.field("retry_after", &wait);
        }
        if let Some(delivery) = inner.delivery {
            out.field("delivery", &delivery.as_str());
        }
        if let Some(source) = &inner.source {
            out.field("cause", source);
        }
        out.finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn numbers_are_dense_and_codes_unique() {
        let mut codes = std::collections::HashSet::new();
        for (i, kind) in ErrorKind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.number()), i + 1);
            assert!(codes.insert(kind.code()));
        }
        assert_eq!(codes.len(), 16);
    }
}
