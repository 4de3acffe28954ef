//! Numbers as languages give them whose numbers all have signs.

use std::time::Duration;

use ava_imessage::{Error, ErrorKind, Result};

/// As a length of time: for ever.
const FOR_EVER: u64 = i64::MAX.unsigned_abs();

/// A number that must not be negative; `name` is the option's or argument's, for the error.
///
/// # Errors
/// Of this kind: `configuration` for a client's options, else `invalid_request`.
pub fn whole(kind: ErrorKind, name: &str, given: i64) -> Result<u64> {
    u64::try_from(given).map_err(|_| Error::new(kind, format!("{name}: must not be negative")))
}

/// A length of time, in milliseconds; the largest number is for ever.
///
/// # Errors
/// As [`whole`]'s.
pub fn length(kind: ErrorKind, name: &str, given: i64) -> Result<Duration> {
    let ms = whole(kind, name, given)?;
    Ok(if ms == FOR_EVER { Duration::MAX } else { Duration::from_millis(ms) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_negative_is_refused_by_its_name() {
        let kind = ErrorKind::Configuration;
        for given in [-1, i64::MIN] {
            let refused = length(kind, "timeout", given).unwrap_err();
            assert_eq!((refused.kind(), refused.message()), (kind, "timeout: must not be negative"));
        }
        assert_eq!(whole(kind, "limit", 0).unwrap(), 0);
        assert_eq!(length(kind, "timeout", 1).unwrap(), Duration::from_millis(1));
        assert_eq!(length(kind, "timeout", i64::MAX).unwrap(), Duration::MAX);
    }
}
