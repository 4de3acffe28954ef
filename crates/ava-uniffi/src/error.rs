//! The error, one variant a kind, as both languages like to tell them apart.

use std::fmt;
use std::sync::Arc;

use ava_bridge::core::ErrorKind;
use ava_bridge::{Error, ErrorView, source_of};

use crate::attempt::Attempt;
use crate::foreign::{CallbackError, Thrown};

/// What an error carries, whatever its kind.
#[derive(Clone, uniffi::Record)]
pub struct Failure {
    /// Its stable number.
    pub number: u16,
    /// Its stable code.
    pub code: String,
    /// One line for people. Not `message`, which is what Kotlin calls it itself.
    pub reason: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The service's name for the request.
    pub request_id: Option<String>,
    /// How long the service asks to wait.
    pub retry_after_ms: Option<u64>,
    /// The beginning of the server's answer. It may hold people's data.
    pub body: Option<String>,
    /// Of a send: `not_sent` or `unknown`.
    pub delivery: Option<String>,
    /// The id of the message that failed, where the history showed that it did.
    pub message_id: Option<String>,
    /// Of a send that is unknown.
    pub attempt: Option<Arc<Attempt>>,
    /// The errors of this library behind this one, the nearest first. Theirs are empty.
    pub causes: Vec<Failure>,
    /// Behind the last of all: what a function of the application threw.
    pub thrown: Option<Arc<dyn Thrown>>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// An error. What to do about each kind stands in the packages.
        #[derive(Clone, uniffi::Error)]
        pub enum CoreError {
            $($(#[$doc])* $kind {
                /// What it carries.
                failure: Failure,
            },)*
        }

        impl CoreError {
            fn new(kind: ErrorKind, failure: Failure) -> CoreError {
                match kind {
                    $(ErrorKind::$kind => CoreError::$kind { failure },)*
                    // A kind that is new in the core: `number` and `code` still tell which.
                    #[allow(unreachable_patterns, reason = "the core's enum is open to others")]
                    _ => CoreError::Internal { failure },
                }
            }

            fn failure(&self) -> &Failure {
                match self {
                    $(CoreError::$kind { failure } => failure,)*
                }
            }
        }
    };
}

kinds! {
    /// The client is set up wrongly.
    Configuration,
    /// The request is refused.
    InvalidRequest,
    /// The key or token isn't known.
    Authentication,
    /// It may not do this.
    PermissionDenied,
    /// There is no such thing.
    NotFound,
    /// Too many requests.
    RateLimited,
    /// The service failed.
    Server,
    /// The network failed.
    Connection,
    /// The deadline passed.
    Timeout,
    /// The answer isn't what the API documents.
    UnexpectedResponse,
    /// The service refused the message.
    Rejected,
    /// The message may or may not have gone out.
    DeliveryUnknown,
    /// The caller cancelled.
    Cancelled,
    /// Used after close.
    Closed,
    /// The checkpoint failed.
    Storage,
    /// A bug here.
    Internal,
}

impl CoreError {
    pub(crate) fn of(error: &Error) -> CoreError {
        let thrown = source_of::<CallbackError>(error).and_then(CallbackError::thrown);
        CoreError::of_view(ErrorView::from(error), thrown)
    }

    pub(crate) fn of_view(error: ErrorView, thrown: Option<Arc<dyn Thrown>>) -> CoreError {
        let mut view = error.in_camel_case();
        let mut behind = view.cause.take();
        let mut causes = Vec::new();
        while let Some(mut cause) = behind {
            behind = cause.cause.take();
            causes.push(Failure::of(*cause));
        }
        let kind = view.kind;
        CoreError::new(kind, Failure { causes, thrown, ..Failure::of(view) })
    }
}

impl Failure {
    /// Without what is behind it.
    fn of(view: ErrorView) -> Failure {
        Failure {
            number: view.number,
            code: view.code.to_owned(),
            reason: named(view.message),
            status: view.status,
            request_id: view.request_id,
            retry_after_ms: view.retry_after_ms,
            body: view.body,
            delivery: view.delivery.map(str::to_owned),
            message_id: view.message_id,
            attempt: view.attempt.map(|attempt| Arc::new(Attempt(attempt))),
            causes: Vec::new(),
            thrown: None,
        }
    }
}

/// Both languages write this one name in another way than camel case has it.
fn named(reason: String) -> String {
    reason.strip_prefix("baseUrl:").map(|rest| format!("baseURL:{rest}")).unwrap_or(reason)
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure().reason)
    }
}

impl fmt::Debug for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure().code)
    }
}

impl std::error::Error for CoreError {}
