//! Times and lengths of time as JavaScript gives them.

use std::time::Duration;

use ava_bridge::Result;
use ava_bridge::core::Timestamp;

/// A number of milliseconds, checked in TypeScript; infinity is for ever.
pub(crate) fn milliseconds(given: f64) -> Duration {
    Duration::try_from_secs_f64(given / 1000.0).unwrap_or(Duration::MAX)
}

/// RFC 3339 text, which says more than a `Date` can hold.
pub(crate) fn parse(name: &str, given: Option<String>) -> Result<Option<Timestamp>> {
    given.map(|text| ava_bridge::parse_time(name, &text)).transpose()
}
