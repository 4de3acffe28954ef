//! What can go wrong: a control that makes no sense, and a connection cut on purpose.

use std::fmt;

/// A control input that the sandbox refuses, with the reason in one line.
///
/// Over HTTP it is the `error` of a 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError(String);

impl ControlError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        ControlError(reason.into())
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ControlError {}

/// The connection is to be closed without a response, because a fault or a script says so.
///
/// The TCP server closes the socket; an in-process transport turns it into whatever its client calls a lost connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The request had no effect.
    BeforeProcessing,
    /// The request took effect, and only the answer is missing.
    AfterProcessing,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dropped::BeforeProcessing => "connection dropped before the request was processed",
            Dropped::AfterProcessing => "connection dropped after the request was processed",
        })
    }
}

impl std::error::Error for Dropped {}

/// The end of a response body that a fault or a script cuts short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("response body cut short on purpose")
    }
}

impl std::error::Error for Cut {}
