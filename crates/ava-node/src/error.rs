//! Errors on their way to JavaScript and, from callbacks, the other way.

use std::error::Error as StdError;
use std::fmt;

use ava_bridge::core::Attempt;
use ava_bridge::{Error, ErrorView, source_of};
use serde::Serialize;

use crate::foreign::Kept;

/// An error as JSON; `errors.ts` makes an object of the right class of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    code: &'static str,
    message: String,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after_ms: Option<u64>,
    body: Option<String>,
    delivery: Option<&'static str>,
    message_id: Option<String>,
    /// Under which number the attempt can be had from the mailbox.
    attempt: Option<u32>,
    cause: Option<Box<Told>>,
    /// Under which number TypeScript keeps what a callback threw.
    raised: Option<u32>,
}

impl Told {
    /// `keep` keeps an attempt for TypeScript to fetch.
    pub(crate) fn of(error: &Error, keep: &mut dyn FnMut(Attempt) -> u32) -> Told {
        let raised = source_of::<Raised>(error).map(|raised| raised.thrown.id());
        Told::with(ErrorView::from(error).in_camel_case(), raised, keep)
    }

    /// The same, of what a hook is told.
    pub(crate) fn of_view(error: ErrorView, keep: &mut dyn FnMut(Attempt) -> u32) -> Told {
        let raised = error.source_of::<Raised>().map(|raised| raised.thrown.id());
        Told::with(error.in_camel_case(), raised, keep)
    }

    /// What was thrown stands behind the innermost of our errors.
    fn with(error: ErrorView, raised: Option<u32>, keep: &mut dyn FnMut(Attempt) -> u32) -> Told {
        let cause = error.cause.map(|cause| Box::new(Told::with(*cause, raised, keep)));
        Told {
            code: error.code,
            message: error.message,
            status: error.status,
            request_id: error.request_id,
            retry_after_ms: error.retry_after_ms,
            body: error.body,
            delivery: error.delivery,
            message_id: error.message_id,
            attempt: error.attempt.map(keep),
            raised: raised.filter(|_| cause.is_none()),
            cause,
        }
    }
}

/// What a callback of JavaScript threw.
pub(crate) struct Raised {
    pub(crate) thrown: Kept,
    /// All that is told of it here: its words may hold anything.
    pub(crate) class: String,
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.class)
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raised({})", self.class)
    }
}

impl StdError for Raised {}
