//! What can be said of a client and of a call. What isn't said has the core's default.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ava_imessage::{
    Attempt, BoxError, BoxFuture, Checkpoint, ClientBuilder, DEFAULT_BACKOFF, DEFAULT_BACKOFF_MAX,
    DEFAULT_SETTLE_GAP, DEFAULT_SETTLE_WITHIN, Gap, Result, Roots, SkippedRow, Timestamp, Token,
    TokenProvider,
};
use zeroize::Zeroizing;

use crate::cancel::Cancel;
use crate::error::{ErrorView, Foreign};
use crate::logging::Logger;
use crate::{logging, notify};

/// A function of the application that is told of something. It runs on the thread of the callbacks, one after
/// the other, may block and may use the client; nobody waits for it.
pub type Hook<T> = Arc<dyn Fn(T) + Send + Sync>;

/// How a client is set up. `None` is the default of [`ClientBuilder`]'s method of that name.
///
/// It is kept for the client's life: a forked child makes its own client of it.
#[derive(Clone, Default)]
pub struct Options {
    /// The API key.
    pub api_key: Option<Zeroizing<String>>,
    /// Tokens instead of a key: [`token_provider`](crate::token_provider) for a blocking function, the trait
    /// itself for an asynchronous one.
    pub token_provider: Option<Arc<dyn TokenProvider>>,
    /// Where the API is.
    pub base_url: Option<String>,
    /// The deadline of each call.
    pub timeout: Option<Duration>,
    /// DNS, TCP and TLS together.
    pub connect_timeout: Option<Duration>,
    /// How long the server may be silent.
    pub read_idle_timeout: Option<Duration>,
    /// How long an unused connection is kept.
    pub pool_idle_timeout: Option<Duration>,
    /// How often a call is tried again, where that is safe.
    pub max_retries: Option<u32>,
    /// The first wait between tries.
    pub backoff: Option<Duration>,
    /// The longest wait between tries.
    pub backoff_max: Option<Duration>,
    /// Whether a send whose answer was lost is looked up in the history.
    pub confirm_from_history: Option<bool>,
    /// For how long.
    pub settle_within: Option<Duration>,
    /// The first gap between two readings.
    pub settle_gap: Option<Duration>,
    /// Whether a send answered with 429 certainly had no effect.
    pub rate_limited_is_not_sent: Option<bool>,
    /// The largest answer that is read.
    pub max_response_bytes: Option<usize>,
    /// Whether the environment's proxy variables are followed.
    pub environment_proxy: Option<bool>,
    /// Which certificate authorities are trusted.
    pub roots: Option<Roots>,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// The application's words in the `user-agent`.
    pub user_agent: Option<String>,
    /// The binding's words in the `user-agent`, after the application's: `ava-imessage-python/0.1.0`.
    pub binding: Option<String>,
    /// Told of the attempt of every send that was cancelled in flight.
    pub on_unknown: Option<Hook<Attempt>>,
    /// Where this client's log goes, instead of [`set_logger`](crate::set_logger)'s.
    pub logger: Option<Arc<Logger>>,
}

impl Options {
    /// What the environment says, where nothing else was said: `AVA_API_KEY` if there is neither a key nor a
    /// provider, and `AVA_BASE_URL`. Not for the mobile packages.
    #[must_use]
    pub fn or_environment(mut self) -> Options {
        if self.api_key.is_none() && self.token_provider.is_none() {
            self.api_key = std::env::var("AVA_API_KEY").ok().map(Zeroizing::new);
        }
        if self.base_url.is_none() {
            self.base_url = std::env::var("AVA_BASE_URL").ok();
        }
        self
    }

    pub(crate) fn build(&self) -> Result<ava_imessage::Client> {
        let mut builder = ava_imessage::Client::builder();
        macro_rules! set {
            ($($option:ident),*) => {
                $(if let Some(value) = self.$option.clone() { builder = builder.$option(value); })*
            };
        }
        set!(
            base_url,
            timeout,
            connect_timeout,
            read_idle_timeout,
            pool_idle_timeout,
            max_retries,
            confirm_from_history,
            rate_limited_is_not_sent,
            max_response_bytes,
            environment_proxy,
            roots
        );
        if let Some(key) = &self.api_key {
            builder = builder.api_key(key.as_str());
        }
        if let Some(provider) = &self.token_provider {
            builder = builder.token_provider(SharedProvider(Arc::clone(provider)));
        }
        if self.backoff.is_some() || self.backoff_max.is_some() {
            let max = self.backoff_max.unwrap_or(DEFAULT_BACKOFF_MAX);
            // The longest wait bounds a first one that nobody asked for.
            builder = builder.backoff(self.backoff.unwrap_or(DEFAULT_BACKOFF.min(max)), max);
        }
        if self.settle_within.is_some() || self.settle_gap.is_some() {
            builder = builder.settling(
                self.settle_within.unwrap_or(DEFAULT_SETTLE_WITHIN),
                self.settle_gap.unwrap_or(DEFAULT_SETTLE_GAP),
            );
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let products: Vec<&str> =
            [&self.user_agent, &self.binding].into_iter().flatten().map(|s| &**s).collect();
        if !products.is_empty() {
            builder = builder.user_agent(products.join(" "));
        }
        self.hook(builder).build()
    }

    fn hook(&self, builder: ClientBuilder) -> ClientBuilder {
        let Some(hook) = told(self.on_unknown.as_ref(), self.logger.as_ref()) else { return builder };
        builder.on_unknown(hook)
    }
}

/// Has a hook told off the worker, its log going where the client's does.
pub(crate) fn told<T: Send + 'static>(
    hook: Option<&Hook<T>>,
    logger: Option<&Arc<Logger>>,
) -> Option<impl Fn(T) + Send + Sync + 'static> {
    let (hook, logger) = (Arc::clone(hook?), logger.cloned());
    Some(move |what| {
        let (hook, logger) = (Arc::clone(&hook), logger.clone());
        notify::tell(move || {
            let _scope = logging::scope(logger.as_ref());
            hook(what);
        });
    })
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

struct SharedProvider(Arc<dyn TokenProvider>);

impl TokenProvider for SharedProvider {
    fn token(&self) -> BoxFuture<'_, Result<Token, BoxError>> {
        Box::pin(async { self.0.token().await.map_err(Foreign::shared) })
    }
}

/// What can be said of every call.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// The call's deadline, instead of the client's.
    pub timeout: Option<Duration>,
    /// How often it is tried again, instead of the client's number.
    pub max_retries: Option<u32>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Cancels it. Of a stream: every `next` as well, until the end.
    pub cancel: Option<Cancel>,
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

/// The requests of the core, which take the options of every call.
pub(crate) trait Configurable: Sized {
    fn timeout_in(self, timeout: Duration) -> Self;
    fn retries(self, retries: u32) -> Self;
    fn with_header(self, name: String, value: String) -> Self;
}

macro_rules! configurable {
    ($($request:ident),*) => {$(
        impl Configurable for ava_imessage::$request {
            fn timeout_in(self, timeout: Duration) -> Self {
                self.timeout(timeout)
            }

            fn retries(self, retries: u32) -> Self {
                self.max_retries(retries)
            }

            fn with_header(self, name: String, value: String) -> Self {
                self.header(name, value)
            }
        }
    )*};
}

configurable!(
    SendRequest,
    SettleRequest,
    Messages,
    MessagesPageRequest,
    PollRequest,
    ListenRequest,
    GenerateRequest,
    DraftReplyRequest
);

impl CallOptions {
    /// Puts the options on a request of the core; gives back the cancel token, which is ours.
    pub(crate) fn put_on<R: Configurable>(self, mut request: R) -> (R, Option<Cancel>) {
        if let Some(timeout) = self.timeout {
            request = request.timeout_in(timeout);
        }
        if let Some(retries) = self.max_retries {
            request = request.retries(retries);
        }
        for (name, value) in self.headers {
            request = request.with_header(name, value);
        }
        (request, self.cancel)
    }
}

/// Options of [`Client::messages_page`](crate::Client::messages_page).
#[derive(Clone, Debug, Default)]
pub struct PageOptions {
    /// At most so many rows: 50; 1 to 100.
    pub limit: Option<u64>,
    /// So many rows are passed over: 0.
    pub offset: Option<u64>,
    /// Those of every call.
    pub call: CallOptions,
}

/// Options of [`Client::poll`](crate::Client::poll).
#[derive(Clone, Default)]
pub struct PollOptions {
    /// Only messages after this time, by the service's clock.
    pub since: Option<Timestamp>,
    /// Only messages from this phone.
    pub phone: Option<String>,
    /// Those of every call.
    pub call: CallOptions,
}

/// Options of [`Client::generate`](crate::Client::generate).
#[derive(Clone, Default)]
pub struct GenerateOptions {
    /// Tone, style or content to keep to.
    pub instructions: Option<String>,
    /// Whether the service sends it at once: no.
    pub auto_send: bool,
    /// Those of every call.
    pub call: CallOptions,
}

/// Options of [`Client::draft_reply`](crate::Client::draft_reply).
#[derive(Clone, Default)]
pub struct DraftOptions {
    /// Tone, style or content to keep to.
    pub instructions: Option<String>,
    /// How many of the newest messages to reply to: 20; 1 to 100.
    pub history: Option<u64>,
    /// Those of every call.
    pub call: CallOptions,
}

/// `Debug` of options that hold people's data: that they are there.
macro_rules! without_data {
    ($($options:ident),*) => {$(
        impl fmt::Debug for $options {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($options)).field("call", &self.call).finish_non_exhaustive()
            }
        }
    )*};
}

without_data!(PollOptions, GenerateOptions, DraftOptions);

/// Where a listener keeps what was acknowledged.
#[derive(Clone)]
pub enum CheckpointOption {
    /// A file: [`FileCheckpoint`](ava_imessage::FileCheckpoint).
    File(PathBuf),
    /// The application's own: [`checkpoint`](crate::checkpoint) for blocking functions, the trait itself for
    /// asynchronous ones. Every load and save has the deadline of a call.
    Custom(Arc<dyn Checkpoint>),
}

impl fmt::Debug for CheckpointOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointOption::File(path) => f.debug_tuple("File").field(path).finish(),
            CheckpointOption::Custom(_) => f.debug_tuple("Custom").finish_non_exhaustive(),
        }
    }
}

/// Options of [`Client::listen`](crate::Client::listen).
#[derive(Clone, Default)]
pub struct ListenOptions {
    /// From this time on, by the service's clock; else from now on.
    pub since: Option<Timestamp>,
    /// Only messages from this phone.
    pub phone: Option<String>,
    /// Between polls: 5 s; 0.1 s at least.
    pub interval: Option<Duration>,
    /// Without one, a restart begins anew.
    pub checkpoint: Option<CheckpointOption>,
    /// Whether asking for the next message acknowledges the last: yes.
    pub auto_ack: Option<bool>,
    /// Told of each stretch of time of which messages may have been missed.
    pub on_gap: Option<Hook<Gap>>,
    /// Told of each row that can't be read.
    pub on_skipped: Option<Hook<SkippedRow>>,
    /// Told of each poll that failed and will be tried again.
    pub on_retry: Option<Hook<ErrorView>>,
    /// Those of every call: of each poll, that is.
    pub call: CallOptions,
}

impl fmt::Debug for ListenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenOptions")
            .field("since", &self.since)
            .field("interval", &self.interval)
            .field("checkpoint", &self.checkpoint)
            .field("auto_ack", &self.auto_ack)
            .finish_non_exhaustive()
    }
}
