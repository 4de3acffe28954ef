//! How a client is set up. Every default of a client stands here; those of one kind of call stand with it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

use crate::client::{Client, FOREVER};
use crate::credentials::{Credentials, TokenProvider};
use crate::error::{Error, Result};
use crate::network::{HttpOptions, HttpTransport, Roots};
use crate::origin::{DEFAULT_BASE_URL, Origin};
use crate::retry::Backoff;
use crate::send::Attempt;
use crate::transport::Transport;
use crate::validate;

/// The deadline of a call, spanning its retries and its settling.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The deadline of a generated reply, unless the client or the call sets one.
pub const DEFAULT_GENERATE_TIMEOUT: Duration = Duration::from_secs(60);
/// How many times a call is tried again, where that is safe.
pub const DEFAULT_MAX_RETRIES: u32 = 2;
/// The first wait between tries.
pub const DEFAULT_BACKOFF: Duration = Duration::from_millis(500);
/// The longest wait between tries, unless the service asks for more.
pub const DEFAULT_BACKOFF_MAX: Duration = Duration::from_secs(8);
/// How long DNS, TCP and TLS may take together.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the server may be silent.
pub const DEFAULT_READ_IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept: below the 5 s after which Node's servers close, so that the pool rarely holds
/// a dead one.
pub const DEFAULT_POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// The largest answer that is read.
pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;
/// For how long the history is asked whether a send whose answer was lost is there.
pub const DEFAULT_SETTLE_WITHIN: Duration = Duration::from_secs(10);
/// The first gap between two readings of the history.
pub const DEFAULT_SETTLE_GAP: Duration = Duration::from_millis(500);

const USER_AGENT: &str = concat!("ava-imessage/", env!("CARGO_PKG_VERSION"));

pub(crate) type UnknownHook = Arc<dyn Fn(Attempt) + Send + Sync>;

/// What the parts of a client read.
pub(crate) struct Config {
    pub(crate) origin: Origin,
    pub(crate) timeout: Option<Duration>,
    pub(crate) read_idle_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) backoff: Backoff,
    pub(crate) confirm_from_history: bool,
    pub(crate) settle_within: Duration,
    pub(crate) settle_gap: Duration,
    pub(crate) rate_limited_is_not_sent: bool,
    pub(crate) max_response_bytes: usize,
    pub(crate) headers: HeaderMap,
    pub(crate) user_agent: HeaderValue,
    pub(crate) on_unknown: Option<UnknownHook>,
}

/// Sets up a [`Client`]. Every option has a default but the credentials.
///
/// ```
/// use std::time::Duration;
/// # fn main() -> Result<(), ava_imessage::Error> {
/// let client = ava_imessage::Client::builder()
///     .api_key("sk_example")
///     .timeout(Duration::from_secs(20))
///     .max_retries(3)
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use]
pub struct ClientBuilder {
    key: Option<Zeroizing<String>>,
    provider: Option<Arc<dyn TokenProvider>>,
    base_url: String,
    transport: Option<Arc<dyn Transport>>,
    http: HttpOptions,
    timeout: Option<Duration>,
    read_idle_timeout: Duration,
    max_retries: u32,
    backoff: Backoff,
    confirm_from_history: bool,
    settle_within: Duration,
    settle_gap: Duration,
    rate_limited_is_not_sent: bool,
    max_response_bytes: usize,
    headers: Vec<(String, String)>,
    user_agent: Option<String>,
    on_unknown: Option<UnknownHook>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        ClientBuilder {
            key: None,
            provider: None,
            base_url: DEFAULT_BASE_URL.to_owned(),
            transport: None,
            http: HttpOptions {
                connect_timeout: DEFAULT_CONNECT_TIMEOUT,
                pool_idle_timeout: DEFAULT_POOL_IDLE_TIMEOUT,
                environment_proxy: true,
                roots: None,
            },
            timeout: None,
            read_idle_timeout: DEFAULT_READ_IDLE_TIMEOUT,
            max_retries: DEFAULT_MAX_RETRIES,
            backoff: Backoff { initial: DEFAULT_BACKOFF, max: DEFAULT_BACKOFF_MAX },
            confirm_from_history: true,
            settle_within: DEFAULT_SETTLE_WITHIN,
            settle_gap: DEFAULT_SETTLE_GAP,
            rate_limited_is_not_sent: true,
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            headers: Vec::new(),
            user_agent: None,
            on_unknown: None,
        }
    }
}

impl ClientBuilder {
    /// The API key (*Authentication*). It is sent to the base URL's origin alone and never shown.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(Zeroizing::new(key.into()));
        self
    }

    /// Short-lived tokens instead of a key. Setting both is refused.
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// Where the API is: `https://chat.buzzedtech.com` unless set. It may have a path, must not carry
    /// credentials, and may be plain http to loopback alone.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// The deadline of each call, retries and settling included: 30 s, and 60 s for a generated reply.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout.min(FOREVER));
        self
    }

    /// How long DNS, TCP and TLS may take together: 5 s. Zero is refused.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = timeout.min(FOREVER);
        self
    }

    /// How long the server may be silent: 10 s. Zero is refused. For a generated reply it counts only between body bytes.
    pub fn read_idle_timeout(mut self, timeout: Duration) -> Self {
        self.read_idle_timeout = timeout.min(FOREVER);
        self
    }

    /// How long an unused connection is kept: 4 s.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.http.pool_idle_timeout = timeout.min(FOREVER);
        self
    }

    /// How many times a call is tried again: 2. A send is only ever tried again when it certainly was not
    /// sent.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The first and the longest wait between tries, doubling between: 0.5 s and 8 s.
    pub fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        let initial = initial.min(FOREVER);
        self.backoff = Backoff { initial, max: max.clamp(initial, FOREVER) };
        self
    }

    /// Whether a send whose answer was lost is looked up in the history: yes. Turn it off where other
    /// programs or people send identical texts to the same phone.
    pub fn confirm_from_history(mut self, confirm: bool) -> Self {
        self.confirm_from_history = confirm;
        self
    }

    /// For how long the history is asked, and the first gap between two readings, which then doubles up to
    /// eightfold: 10 s and 0.5 s. A third of the call's deadline at the most is kept for it.
    pub fn settling(mut self, within: Duration, first_gap: Duration) -> Self {
        self.settle_within = within.min(FOREVER);
        self.settle_gap = first_gap.clamp(Duration::from_millis(1), FOREVER);
        self
    }

    /// Whether a send that was answered with 429 certainly had no effect, and may be sent again: yes. The
    /// API document does not say so; turned off, such a send is looked up in the history.
    pub fn rate_limited_is_not_sent(mut self, trust: bool) -> Self {
        self.rate_limited_is_not_sent = trust;
        self
    }

    /// The largest answer that is read: 8 MiB. Zero is refused.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are followed: yes. Loopback never
    /// uses a proxy.
    pub fn environment_proxy(mut self, follow: bool) -> Self {
        self.http.environment_proxy = follow;
        self
    }

    /// Which certificate authorities are trusted: the platform's where that feature is on and the platform
    /// has any, else the bundled ones.
    pub fn roots(mut self, roots: Roots) -> Self {
        self.http.roots = Some(roots);
        self
    }

    /// A header for every request. `authorization` and those that frame the message are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Words to put before this library's in the `user-agent`: `my-app/1.0`.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// Called with the attempt of every send that was cancelled in flight, whose outcome nobody waits for
    /// any more. It runs where the future is dropped: keep it short.
    pub fn on_unknown(mut self, hook: impl Fn(Attempt) + Send + Sync + 'static) -> Self {
        self.on_unknown = Some(Arc::new(hook));
        self
    }

    /// What carries the requests, instead of the network. The network's options have no effect then.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Checks everything and makes the client. No connection is opened yet.
    ///
    /// # Errors
    /// `configuration`, naming the option.
    pub fn build(self) -> Result<Client> {
        let origin = Origin::parse(&self.base_url)?;
        // No call could end well; a send would always be unknown.
        for (option, is_zero) in [
            ("connect_timeout", self.http.connect_timeout.is_zero()),
            ("read_idle_timeout", self.read_idle_timeout.is_zero()),
            ("max_response_bytes", self.max_response_bytes == 0),
        ] {
            if is_zero {
                return Err(Error::configuration(format!("{option}: must be more than zero")));
            }
        }
        let credentials = match (self.key, self.provider) {
            (Some(key), None) => Credentials::key(key)?,
            (None, Some(provider)) => Credentials::provider(provider),
            (Some(_), Some(_)) => {
                return Err(Error::configuration("api_key and token_provider: give one, not both"));
            }
            (None, None) => {
                return Err(Error::configuration(
                    "api_key: none given (set AVA_API_KEY, or pass a key or a token provider)",
                ));
            }
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            validate::header(&mut headers, name, value)
                .map_err(|error| Error::configuration(error.message().to_owned()))?;
        }
        let user_agent = match &self.user_agent {
            None => HeaderValue::from_static(USER_AGENT),
            Some(product) => HeaderValue::try_from(format!("{product} {USER_AGENT}"))
                .map_err(|_| Error::configuration("user_agent: has a forbidden character"))?,
        };
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::new(&origin, &self.http)?),
        };
        let config = Config {
            origin,
            timeout: self.timeout,
            read_idle_timeout: self.read_idle_timeout,
            max_retries: self.max_retries,
            backoff: self.backoff,
            confirm_from_history: self.confirm_from_history,
            settle_within: self.settle_within,
            settle_gap: self.settle_gap,
            rate_limited_is_not_sent: self.rate_limited_is_not_sent,
            max_response_bytes: self.max_response_bytes,
            headers,
            user_agent,
            on_unknown: self.on_unknown,
        };
        Ok(Client::assemble(config, credentials, transport))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_would_ruin_every_call_is_refused() {
        type Set = fn(ClientBuilder) -> ClientBuilder;
        let ruinous: [(&str, Set); 3] = [
            ("connect_timeout", |builder| builder.connect_timeout(Duration::ZERO)),
            ("read_idle_timeout", |builder| builder.read_idle_timeout(Duration::ZERO)),
            ("max_response_bytes", |builder| builder.max_response_bytes(0)),
        ];
        for (name, set) in ruinous {
            let error = set(Client::builder().api_key("sk_1")).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.message().starts_with(&format!("{name}: ")), "{}", error.message());
        }
    }
}
