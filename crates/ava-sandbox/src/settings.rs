//! What the API document leaves open, as switches.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ControlError;

/// How the sandbox answers where the API document doesn't say. All of it can change while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Order of `GET /api/messages/:phone`. Default: oldest first, as in the document's example.
    pub history_order: Order,
    /// Order of `GET /api/messages/poll`. Default: oldest first.
    pub poll_order: Order,
    /// Most rows in one poll answer; more make `has_more` true. Default 100.
    pub poll_page: usize,
    /// Whether `since` also matches rows of exactly that time. Default false ("after this time").
    pub since_inclusive: bool,
    /// Precision of the timestamps of rows; `since` compares what is shown. Default seconds.
    pub timestamp_precision: Precision,
    /// Time by the virtual clock from `queued` over `sent` (at half of it) to `delivered`. Default 50.
    pub deliver_after_ms: u64,
    /// Numbers whose messages end as `failed` instead of `delivered`. Default none.
    pub outbound_fails_for: Vec<String>,
    /// Answer 429 beyond this many requests. Default off.
    pub rate_limit: Option<RateLimit>,
    /// New rows appear in the history this late, by the virtual clock. Default 0.
    pub history_lag_ms: u64,
    /// New inbound rows appear in polls this late, by the virtual clock. Default 0.
    pub poll_lag_ms: u64,
    /// Send no `Date` header. Default false.
    pub omit_date: bool,
    /// Seconds added to the `Date` header. Default 0.
    pub date_offset_s: i64,
    /// What the other side does after each send. Default nothing.
    pub idle_reply: Option<IdleReply>,
    /// Most requests kept for reading back; the oldest are forgotten first. Default 10,000.
    pub record_limit: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            history_order: Order::OldestFirst,
            poll_order: Order::OldestFirst,
            poll_page: 100,
            since_inclusive: false,
            timestamp_precision: Precision::Seconds,
            deliver_after_ms: 50,
            outbound_fails_for: Vec::new(),
            rate_limit: None,
            history_lag_ms: 0,
            poll_lag_ms: 0,
            omit_date: false,
            date_offset_s: 0,
            idle_reply: None,
            record_limit: 10_000,
        }
    }
}

impl Settings {
    /// These settings with the members of a JSON object laid over them.
    pub(crate) fn patched(&self, patch: &[u8]) -> Result<Settings, ControlError> {
        let reason = |error: serde_json::Error| ControlError::new(format!("settings: {error}"));
        let Value::Object(patch) = serde_json::from_slice(patch).map_err(reason)? else {
            return Err(ControlError::new("settings: expected a JSON object"));
        };
        let Value::Object(mut all) = serde_json::to_value(self).map_err(reason)? else {
            return Err(ControlError::new("settings: expected a JSON object"));
        };
        all.extend(patch);
        let settings: Settings = serde_json::from_value(Value::Object(all)).map_err(reason)?;
        settings.check()?;
        Ok(settings)
    }

    pub(crate) fn check(&self) -> Result<(), ControlError> {
        if self.poll_page == 0 {
            return Err(ControlError::new("settings: poll_page must be at least 1"));
        }
        if self.rate_limit.is_some_and(|limit| limit.per_ms == 0) {
            return Err(ControlError::new("settings: rate_limit.per_ms must be at least 1"));
        }
        Ok(())
    }
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Ascending timestamps.
    #[default]
    OldestFirst,
    /// Descending timestamps.
    NewestFirst,
}

/// How exact the timestamps of rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// `2026-01-25T12:00:00Z`
    #[default]
    Seconds,
    /// `2026-01-25T12:00:00.000Z`
    Milliseconds,
}

/// At most `requests` in any `per_ms` milliseconds of real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many requests pass in the window.
    pub requests: usize,
    /// The sliding window, in milliseconds.
    pub per_ms: u64,
    /// `Retry-After` of the 429, in seconds; none sends no header.
    #[serde(default)]
    pub retry_after_s: Option<u64>,
}

/// What the other side does after each send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum IdleReply {
    /// `{"echo": {"after_ms": n}}`: an inbound `Echo: …` appears n milliseconds later, by the virtual clock.
    Echo {
        /// Milliseconds from the send to the reply.
        after_ms: u64,
    },
}
