//! The virtual clock: what the sandbox believes the time is.
//!
//! Row timestamps, `Date`, delivery, lags and token expiry follow it. Delays of faults and scripts are real time.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::settings::Precision;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The machine's time.
    Real,
    Frozen(Timestamp),
    /// Runs at the speed of tokio's time, so that a test with paused tokio time has it too.
    Running {
        from: Timestamp,
        since: Instant,
    },
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        match *self {
            Clock::Real => Timestamp::now(),
            Clock::Frozen(now) => now,
            Clock::Running { from, since } => {
                let elapsed = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX);
                from.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
            }
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        matches!(self, Clock::Frozen(_))
    }

    pub(crate) fn change(&mut self, change: &ClockChange) {
        if change.real {
            *self = Clock::Real;
        }
        let frozen = change.frozen.unwrap_or(self.is_frozen());
        if change.now.is_none() && change.advance_ms.is_none() && frozen == self.is_frozen() {
            return;
        }
        let from = shift(change.now.unwrap_or_else(|| self.now()), change.advance_ms.unwrap_or(0));
        *self = if frozen { Clock::Frozen(from) } else { Clock::Running { from, since: Instant::now() } };
    }

    pub(crate) fn state(&self) -> ClockState {
        ClockState { now: self.now(), frozen: self.is_frozen(), real: matches!(self, Clock::Real) }
    }
}

/// A change of the virtual clock. In order: `real`, `now`, `advance_ms`, `frozen`; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockChange {
    /// Go back to the machine's time.
    pub real: bool,
    /// Set the clock to this instant.
    pub now: Option<Timestamp>,
    /// Stop the clock, or let it run on from where it stands.
    pub frozen: Option<bool>,
    /// Move the clock by this many milliseconds; negative moves it back.
    pub advance_ms: Option<i64>,
}

/// What the virtual clock shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// The time it shows.
    pub now: Timestamp,
    /// Whether it stands still.
    pub frozen: bool,
    /// Whether it is simply the machine's time.
    pub real: bool,
}

/// `time` moved by milliseconds, staying within what a timestamp can hold.
pub(crate) fn shift(time: Timestamp, ms: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_millis(ms)).unwrap_or(time)
}

/// Like [`shift`], for the unsigned milliseconds of settings and faults.
pub(crate) fn later(time: Timestamp, ms: u64) -> Timestamp {
    shift(time, i64::try_from(ms).unwrap_or(i64::MAX))
}

/// `time` as rows show it: cut down to the precision.
pub(crate) fn truncate(time: Timestamp, precision: Precision) -> Timestamp {
    let unit = match precision {
        Precision::Seconds => 1000,
        Precision::Milliseconds => 1,
    };
    let ms = time.as_millisecond().div_euclid(unit) * unit;
    Timestamp::from_millisecond(ms).unwrap_or(time)
}

/// The text of a row's timestamp.
pub(crate) fn text(time: Timestamp, precision: Precision) -> String {
    let time = truncate(time, precision);
    match precision {
        Precision::Seconds => time.to_string(),
        Precision::Milliseconds => format!("{time:.3}"),
    }
}

/// `time` as a `Date` header, or nothing where the format can't hold it.
pub(crate) fn http_date(time: Timestamp) -> Option<http::HeaderValue> {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?;
    http::HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn timestamps_have_the_precision_asked_for() {
        let time = at("2026-01-25T12:00:00.98765Z");
        assert_eq!(text(time, Precision::Seconds), "2026-01-25T12:00:00Z");
        assert_eq!(text(time, Precision::Milliseconds), "2026-01-25T12:00:00.987Z");
        assert_eq!(text(at("2026-01-25T12:00:00Z"), Precision::Milliseconds), "2026-01-25T12:00:00.000Z");
        assert_eq!(http_date(time).unwrap(), "Sun, 25 Jan 2026 12:00:00 GMT");
    }

    #[test]
    fn a_change_is_applied_in_order() {
        let mut clock = Clock::Real;
        let noon = at("2026-01-25T12:00:00Z");
        clock.change(&ClockChange {
            now: Some(noon),
            frozen: Some(true),
            advance_ms: Some(1500),
            real: false,
        });
        assert_eq!(clock.now(), at("2026-01-25T12:00:01.5Z"));
        clock.change(&ClockChange { advance_ms: Some(-500), ..Default::default() });
        assert_eq!(clock.now(), at("2026-01-25T12:00:01Z"));
        assert!(clock.is_frozen());
        clock.change(&ClockChange { real: true, ..Default::default() });
        assert!(clock.state().real);
    }

    #[tokio::test(start_paused = true)]
    async fn a_running_clock_follows_paused_tokio_time() {
        let mut clock = Clock::Real;
        clock.change(&ClockChange { now: Some(at("2026-01-25T12:00:00Z")), ..Default::default() });
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert_eq!(clock.now(), at("2026-01-25T13:00:00Z"));
    }
}
