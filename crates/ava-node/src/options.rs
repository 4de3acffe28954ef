//! Options as TypeScript gives them: of the right types already, and all of them optional.

use std::sync::Arc;

use ava_bridge::{CallOptions, Options};
use napi_derive::napi;

use crate::foreign::{Asked, Owner, hook};
use crate::logging;
use crate::mailbox::Item;
use crate::time::milliseconds;

/// Of a client. Times are milliseconds.
#[napi(object)]
#[derive(Default)]
pub struct ClientOptions {
    pub api_key: Option<String>,
    /// Whether the owner has one.
    pub token_provider: Option<bool>,
    pub base_url: Option<String>,
    pub timeout_ms: Option<f64>,
    pub connect_timeout_ms: Option<f64>,
    pub read_idle_timeout_ms: Option<f64>,
    pub pool_idle_timeout_ms: Option<f64>,
    pub max_retries: Option<u32>,
    pub backoff_ms: Option<f64>,
    pub backoff_max_ms: Option<f64>,
    pub confirm_from_history: Option<bool>,
    pub settle_within_ms: Option<f64>,
    pub settle_gap_ms: Option<f64>,
    pub rate_limited_is_not_sent: Option<bool>,
    pub max_response_bytes: Option<f64>,
    pub environment_proxy: Option<bool>,
    /// Names and values by turns.
    pub headers: Option<Vec<String>>,
    pub user_agent: Option<String>,
    /// Whether the owner has one.
    pub on_unknown: Option<bool>,
    /// The level from which on the owner's logger is told.
    pub log_level: Option<String>,
}

impl ClientOptions {
    pub(crate) fn into_bridge(self, owner: &Owner) -> Options {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked in TypeScript")]
        let max_response_bytes = self.max_response_bytes.map(|bytes| bytes as usize);
        Options {
            api_key: self.api_key.map(Into::into),
            token_provider: self
                .token_provider
                .filter(|has| *has)
                .map(|_| Arc::new(Asked(Arc::clone(owner))) as Arc<_>),
            base_url: self.base_url,
            timeout: self.timeout_ms.map(milliseconds),
            connect_timeout: self.connect_timeout_ms.map(milliseconds),
            read_idle_timeout: self.read_idle_timeout_ms.map(milliseconds),
            pool_idle_timeout: self.pool_idle_timeout_ms.map(milliseconds),
            max_retries: self.max_retries,
            backoff: self.backoff_ms.map(milliseconds),
            backoff_max: self.backoff_max_ms.map(milliseconds),
            confirm_from_history: self.confirm_from_history,
            settle_within: self.settle_within_ms.map(milliseconds),
            settle_gap: self.settle_gap_ms.map(milliseconds),
            rate_limited_is_not_sent: self.rate_limited_is_not_sent,
            max_response_bytes,
            environment_proxy: self.environment_proxy,
            headers: headers(self.headers),
            user_agent: self.user_agent,
            binding: Some(concat!("ava-imessage-node/", env!("CARGO_PKG_VERSION")).to_owned()),
            on_unknown: self
                .on_unknown
                .filter(|has| *has)
                .map(|_| hook(owner, "onUnknown", Item::TellAttempt)),
            logger: self.log_level.and_then(|level| logging::logger(owner, &level)),
            ..Options::default()
        }
    }
}

/// Of a listener.
#[napi(object)]
#[derive(Default)]
pub struct ListenerOptions {
    /// RFC 3339.
    pub since: Option<String>,
    pub phone: Option<String>,
    pub interval_ms: Option<f64>,
    /// A file's path.
    pub checkpoint: Option<String>,
    /// Whether the owner is one.
    pub stores: Option<bool>,
    pub auto_ack: Option<bool>,
    /// Whether the owner has these hooks.
    pub on_gap: Option<bool>,
    pub on_skipped: Option<bool>,
    pub on_retry: Option<bool>,
}

/// Names and values by turns, as pairs.
fn headers(given: Option<Vec<String>>) -> Vec<(String, String)> {
    let mut given = given.unwrap_or_default().into_iter();
    std::iter::from_fn(|| Some((given.next()?, given.next()?))).collect()
}

/// The options of every call, as its last three arguments.
pub(crate) fn call(
    timeout: Option<f64>,
    max_retries: Option<u32>,
    given: Option<Vec<String>>,
) -> CallOptions {
    CallOptions { timeout: timeout.map(milliseconds), max_retries, headers: headers(given), cancel: None }
}
