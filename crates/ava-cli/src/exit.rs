//! What the command's exit status says. The one place where the numbers stand.

use ava_imessage::{Delivery, Error, ErrorKind};

/// An exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(pub(crate) u8);

impl Exit {
    pub(crate) const OK: Exit = Exit(0);
    pub(crate) const FAILURE: Exit = Exit(1);
    pub(crate) const USAGE: Exit = Exit(2);
    pub(crate) const DENIED: Exit = Exit(3);
    pub(crate) const NOT_SENT: Exit = Exit(4);
    pub(crate) const UNKNOWN: Exit = Exit(5);
    pub(crate) const RATE_LIMITED: Exit = Exit(6);
    pub(crate) const NETWORK: Exit = Exit(7);
    pub(crate) const INTERRUPTED: Exit = Exit(130);
    pub(crate) const TERMINATED: Exit = Exit(143);

    /// Of an error of the client. Whatever may have gone out is 5, before anything else is asked.
    pub(crate) fn of(error: &Error) -> Exit {
        if error.delivery() == Some(Delivery::Unknown) {
            return Exit::UNKNOWN;
        }
        match error.kind() {
            ErrorKind::Configuration => Exit::USAGE,
            // Refused before anything left the machine.
            ErrorKind::InvalidRequest if error.status().is_none() => Exit::USAGE,
            ErrorKind::Authentication | ErrorKind::PermissionDenied => Exit::DENIED,
            ErrorKind::RateLimited => Exit::RATE_LIMITED,
            ErrorKind::Connection | ErrorKind::Timeout => Exit::NETWORK,
            ErrorKind::DeliveryUnknown => Exit::UNKNOWN,
            ErrorKind::Cancelled => Exit::INTERRUPTED,
            ErrorKind::Rejected => Exit::NOT_SENT,
            _ if error.delivery() == Some(Delivery::NotSent) => Exit::NOT_SENT,
            _ => Exit::FAILURE,
        }
    }
}

/// The table of `ava --help`.
pub(crate) const HELP: &str = "\
Exit codes:
    0  done
    1  another failure
    2  wrong usage or set-up; not sent
    3  the key was not accepted (401), or may not do this (403); not sent
    4  not sent: refused, declined or failed
    5  delivery unknown: it may have gone out; never send it again by guess
    6  rate limited; not sent
    7  network: no connection, or no answer in time; not sent
  130  interrupted with nothing in flight (143 by SIGTERM)
  `listen --exec` ends with the program's own exit code when that gives up.";
