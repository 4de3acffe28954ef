//! Times as languages give them that have no type for them.

use ava_imessage::{Error, ErrorKind, Result, Timestamp};

/// The time that a text of RFC 3339 says; `name` is the argument's, for the error.
///
/// # Errors
/// `invalid_request`.
pub fn parse_time(name: &str, text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("{name}: must be a time of RFC 3339: 2026-01-25T12:00:00Z"),
        )
    })
}
