//! When to try again: waits, `Retry-After`, and the budget that keeps retries from making an outage worse.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use crate::dates;

/// A server that asks for more patience than this gets its answer passed on instead.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a server can ask for at the most: about 136 years. Larger values are as good as this one.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(u32::MAX as u64);

/// Exponential backoff.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) initial: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    /// The wait before retry `n`, counted from 0, without jitter.
    pub(crate) fn wait(self, n: u32) -> Duration {
        self.initial.saturating_mul(2u32.saturating_pow(n)).min(self.max)
    }

    /// Full jitter, for reads: anything up to the wait.
    pub(crate) fn full_jitter(self, n: u32) -> Duration {
        self.wait(n).mul_f64(fastrand::f64())
    }

    /// Jitter that only adds, for sends: up to a quarter on top.
    pub(crate) fn added_jitter(self, n: u32) -> Duration {
        self.wait(n).mul_f64(1.0 + fastrand::f64() / 4.0)
    }
}

/// A bucket of tokens: each call puts a fraction in, each retry takes one out.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: Mutex<f64>,
    capacity: f64,
    deposit: f64,
}

impl Budget {
    /// For retries of calls: 10 tokens, 0.2 a call.
    pub(crate) fn for_calls() -> Budget {
        Budget::new(10.0, 0.2)
    }

    /// For further readings of the history: settling is what tells a lost message from a sent one, so it
    /// has more to spend.
    pub(crate) fn for_settling() -> Budget {
        Budget::new(50.0, 1.0)
    }

    fn new(capacity: f64, deposit: f64) -> Budget {
        Budget { tokens: Mutex::new(capacity), capacity, deposit }
    }

    /// A first attempt is made.
    pub(crate) fn deposit(&self) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *tokens = (*tokens + self.deposit).min(self.capacity);
    }

    /// Whether a retry may be made.
    pub(crate) fn withdraw(&self) -> bool {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        // Deposits are tenths: without the slack ten of them would not make one.
        let enough = *tokens >= 1.0 - 1e-9;
        if enough {
            *tokens -= 1.0;
        }
        enough
    }
}

/// `Retry-After`: seconds, or an HTTP date read against the answer's own `Date`. What is negative, past or
/// unreadable is as good as none; what is absurdly large is cut to 136 years.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let raw = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = raw.parse::<f64>() {
        let most = MAX_RETRY_AFTER.as_secs_f64();
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(most)));
    }
    let until = dates::parse_http(raw)?;
    let now = dates::of(headers).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).ok()?.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_all_its_forms() {
        let parse = |raw: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", raw.parse().unwrap());
            headers.insert("date", "Sun, 25 Jan 2026 12:00:00 GMT".parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(parse("3"), Some(Duration::from_secs(3)));
        assert_eq!(parse("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(parse("Sun, 25 Jan 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(parse("Sun, 25 Jan 2026 11:00:00 GMT"), None);
        assert_eq!(parse("Wed, 01 Jan 3000 00:00:00 GMT"), Some(Duration::from_secs(u32::MAX.into())));
        assert_eq!(parse("1e300"), Some(Duration::from_secs(u32::MAX.into())));
        assert_eq!(parse("99999999999999999999"), Some(Duration::from_secs(u32::MAX.into())));
        for none in ["-5", "NaN", "soon", ""] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_never_overflow() {
        let backoff = Backoff { initial: Duration::from_millis(500), max: Duration::from_secs(8) };
        let waits: Vec<_> = (0..6).map(|n| backoff.wait(n).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(backoff.wait(u32::MAX), backoff.max);
        for n in 0..100 {
            assert!(backoff.full_jitter(n) <= backoff.wait(n));
            assert!(backoff.added_jitter(n) >= backoff.wait(n));
        }
    }

    #[test]
    fn the_budget_runs_out_and_fills_again() {
        let budget = Budget::for_calls();
        assert_eq!((0..20).filter(|_| budget.withdraw()).count(), 10);
        for _ in 0..5 {
            budget.deposit();
        }
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
    }
}
