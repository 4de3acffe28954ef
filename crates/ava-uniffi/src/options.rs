//! Options. What isn't said has the core's default. Lengths of time are milliseconds; the largest number is for ever, and
//! none may be negative.

use std::sync::Arc;

use ava_bridge::{CheckpointOption, ErrorKind, Options, Result};

use crate::foreign::{
    CheckpointStore, ClientHooks, ListenHooks, Provided, Stored, TokenProvider, hook, on_gap, on_retry,
    on_skipped,
};
use crate::logging::{LogLevel, LogSink, logger};
use crate::time::{Moment, length, moment, whole};

/// A header of requests.
#[derive(uniffi::Record)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Of a client.
#[derive(uniffi::Record)]
pub struct ClientOptions {
    /// Which package this is, for the `user-agent`: `swift`.
    pub language: String,
    /// A key, which no app may hold.
    #[uniffi(default)]
    pub api_key: Option<String>,
    /// Tokens instead.
    #[uniffi(default)]
    pub token_provider: Option<Arc<dyn TokenProvider>>,
    /// Where the API is.
    #[uniffi(default)]
    pub base_url: Option<String>,
    /// The deadline of each call.
    #[uniffi(default)]
    pub timeout_ms: Option<i64>,
    /// DNS, TCP and TLS together.
    #[uniffi(default)]
    pub connect_timeout_ms: Option<i64>,
    /// How long the server may be silent.
    #[uniffi(default)]
    pub read_idle_timeout_ms: Option<i64>,
    /// How long an unused connection is kept.
    #[uniffi(default)]
    pub pool_idle_timeout_ms: Option<i64>,
    /// How often a call is tried again, where that is safe.
    #[uniffi(default)]
    pub max_retries: Option<i64>,
    /// The first wait between tries.
    #[uniffi(default)]
    pub backoff_ms: Option<i64>,
    /// The longest wait between tries.
    #[uniffi(default)]
    pub backoff_max_ms: Option<i64>,
    /// Whether a send whose answer was lost is looked up in the history.
    #[uniffi(default)]
    pub confirm_from_history: Option<bool>,
    /// For how long.
    #[uniffi(default)]
    pub settle_within_ms: Option<i64>,
    /// The first gap between two readings.
    #[uniffi(default)]
    pub settle_gap_ms: Option<i64>,
    /// Whether a send answered with 429 certainly had no effect.
    #[uniffi(default)]
    pub rate_limited_is_not_sent: Option<bool>,
    /// The largest answer that is read.
    #[uniffi(default)]
    pub max_response_bytes: Option<i64>,
    /// Headers of every request.
    #[uniffi(default)]
    pub headers: Vec<Header>,
    /// The application's words in the `user-agent`.
    #[uniffi(default)]
    pub user_agent: Option<String>,
    /// Told of what happens.
    #[uniffi(default)]
    pub hooks: Option<Arc<dyn ClientHooks>>,
    /// Where this client's log goes.
    #[uniffi(default)]
    pub logger: Option<Arc<dyn LogSink>>,
    /// Lines from this level on: from `info` on.
    #[uniffi(default)]
    pub log_level: Option<LogLevel>,
}

impl ClientOptions {
    pub(crate) fn into_bridge(self) -> Result<Options> {
        let length = |name, given| length(ErrorKind::Configuration, name, given);
        let whole = |name, given| whole(ErrorKind::Configuration, name, given);
        Ok(Options {
            api_key: self.api_key.map(Into::into),
            token_provider: self.token_provider.map(|provider| Arc::new(Provided(provider)) as Arc<_>),
            base_url: self.base_url,
            timeout: length("timeout", self.timeout_ms)?,
            connect_timeout: length("connect_timeout", self.connect_timeout_ms)?,
            read_idle_timeout: length("read_idle_timeout", self.read_idle_timeout_ms)?,
            pool_idle_timeout: length("pool_idle_timeout", self.pool_idle_timeout_ms)?,
            max_retries: whole("max_retries", self.max_retries)?.map(clamped),
            backoff: length("backoff", self.backoff_ms)?,
            backoff_max: length("backoff_max", self.backoff_max_ms)?,
            confirm_from_history: self.confirm_from_history,
            settle_within: length("settle_within", self.settle_within_ms)?,
            settle_gap: length("settle_gap", self.settle_gap_ms)?,
            rate_limited_is_not_sent: self.rate_limited_is_not_sent,
            max_response_bytes: whole("max_response_bytes", self.max_response_bytes)?
                .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            // The mobile packages read no environment.
            environment_proxy: Some(false),
            headers: headers(self.headers),
            user_agent: self.user_agent,
            binding: Some(format!("ava-imessage-{}/{}", self.language, env!("CARGO_PKG_VERSION"))),
            on_unknown: self.hooks.map(|hooks| {
                hook(&hooks, |hooks, attempt| hooks.on_unknown(Arc::new(crate::attempt::Attempt(attempt))))
            }),
            logger: self.logger.map(|sink| logger(sink, self.log_level.unwrap_or(LogLevel::Info))),
            ..Options::default()
        })
    }
}

/// Of every call.
#[derive(uniffi::Record)]
pub struct CallOptions {
    /// The call's deadline, instead of the client's.
    #[uniffi(default)]
    pub timeout_ms: Option<i64>,
    /// How often it is tried again, instead of the client's number.
    #[uniffi(default)]
    pub max_retries: Option<i64>,
    /// Further headers.
    #[uniffi(default)]
    pub headers: Vec<Header>,
}

impl CallOptions {
    pub(crate) fn into_bridge(self) -> Result<ava_bridge::CallOptions> {
        let kind = ErrorKind::InvalidRequest;
        Ok(ava_bridge::CallOptions {
            timeout: length(kind, "timeout", self.timeout_ms)?,
            max_retries: whole(kind, "max_retries", self.max_retries)?.map(clamped),
            headers: headers(self.headers),
            cancel: None,
        })
    }
}

/// Of a listener.
#[derive(uniffi::Record)]
pub struct ListenOptions {
    /// From this time on; else from now on.
    #[uniffi(default)]
    pub since: Option<Moment>,
    /// Only messages from this phone.
    #[uniffi(default)]
    pub phone: Option<String>,
    /// Between polls.
    #[uniffi(default)]
    pub interval_ms: Option<i64>,
    /// A file's path.
    #[uniffi(default)]
    pub checkpoint_path: Option<String>,
    /// A store instead.
    #[uniffi(default)]
    pub checkpoint_store: Option<Arc<dyn CheckpointStore>>,
    /// Whether asking for the next message acknowledges the last.
    #[uniffi(default)]
    pub auto_ack: Option<bool>,
    /// Told of what happens.
    #[uniffi(default)]
    pub hooks: Option<Arc<dyn ListenHooks>>,
    /// Those of every poll.
    pub call: CallOptions,
}

impl ListenOptions {
    pub(crate) fn into_bridge(self) -> Result<ava_bridge::ListenOptions> {
        let store = self.checkpoint_store.map(|store| CheckpointOption::Custom(Arc::new(Stored::new(store))));
        let hooks = self.hooks.as_ref();
        Ok(ava_bridge::ListenOptions {
            since: moment("since", self.since)?,
            phone: self.phone,
            interval: length(ErrorKind::InvalidRequest, "interval", self.interval_ms)?,
            checkpoint: store
                .or_else(|| self.checkpoint_path.map(|path| CheckpointOption::File(path.into()))),
            auto_ack: self.auto_ack,
            on_gap: hooks.map(|hooks| hook(hooks, on_gap)),
            on_skipped: hooks.map(|hooks| hook(hooks, on_skipped)),
            on_retry: hooks.map(|hooks| hook(hooks, on_retry)),
            call: self.call.into_bridge()?,
        })
    }
}

fn clamped(retries: u64) -> u32 {
    u32::try_from(retries).unwrap_or(u32::MAX)
}

fn headers(given: Vec<Header>) -> Vec<(String, String)> {
    given.into_iter().map(|header| (header.name, header.value)).collect()
}
