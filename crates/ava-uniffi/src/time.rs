//! Times and lengths of time. UniFFI's own types would end the process at what they can't hold.

use std::time::Duration;

use ava_bridge::core::Timestamp;
use ava_bridge::{Error, ErrorKind, Result};

/// A time, by Unix's clock.
#[derive(Clone, Copy, uniffi::Record)]
pub struct Moment {
    /// Whole seconds, rounded down.
    pub seconds: i64,
    /// And so many nanoseconds.
    pub nanoseconds: u32,
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Moment {
        // Before 1970 both parts of jiff's are negative.
        let (seconds, nanoseconds) = (time.as_second(), time.subsec_nanosecond());
        let (seconds, nanoseconds) =
            if nanoseconds < 0 { (seconds - 1, nanoseconds + 1_000_000_000) } else { (seconds, nanoseconds) };
        Moment { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or_default() }
    }
}

/// The time that was given as `name`.
pub(crate) fn moment(name: &str, given: Option<Moment>) -> Result<Option<Timestamp>> {
    given.map(timestamp).transpose().map_err(|()| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("{name}: must be a time between the years -9999 and 9999"),
        )
    })
}

pub(crate) fn timestamp(given: Moment) -> std::result::Result<Timestamp, ()> {
    let nanoseconds = i32::try_from(given.nanoseconds).map_err(drop)?;
    Timestamp::new(given.seconds, nanoseconds).map_err(drop)
}

/// A length of time in milliseconds, that was given as `name`; the largest number is for ever.
pub(crate) fn length(kind: ErrorKind, name: &str, given: Option<i64>) -> Result<Option<Duration>> {
    given.map(|ms| ava_bridge::length(kind, name, ms)).transpose()
}

/// A number that was given as `name`. Both languages have signs in all of theirs.
pub(crate) fn whole(kind: ErrorKind, name: &str, given: Option<i64>) -> Result<Option<u64>> {
    given.map(|number| ava_bridge::whole(kind, name, number)).transpose()
}
