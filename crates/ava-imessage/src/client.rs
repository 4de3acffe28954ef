//! The client: what its calls share, and the gate that closing shuts.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

use crate::builder::{ClientBuilder, Config};
use crate::claims::Claims;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::redact;
use crate::retry::Budget;
use crate::settle::Instance;
use crate::transport::Transport;

/// A client of the AVA iMessage API. Clones are cheap and share everything: connections, the retry budget,
/// and the knowledge of which message belongs to which send.
///
/// Calls are made on the caller's tokio runtime.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) credentials: Credentials,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) budget: Budget,
    pub(crate) settle_budget: Budget,
    pub(crate) claims: Claims,
    pub(crate) instance: Instance,
    /// Turns of listeners: a thousand that wake at once don't open a thousand connections.
    pub(crate) poll_turns: Semaphore,
    gate: Gate,
}

/// How many listeners of a client poll at the same time.
const POLLS_AT_ONCE: usize = 100;

impl Client {
    /// A client with this API key and the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    /// `configuration` if the key is empty or holds characters that no header can carry.
    pub fn new(api_key: impl Into<String>) -> Result<Client> {
        Client::builder().api_key(api_key).build()
    }

    /// A client set up by `AVA_API_KEY` and, if it is there, `AVA_BASE_URL`.
    ///
    /// # Errors
    /// `configuration` if `AVA_API_KEY` is missing or either is malformed.
    pub fn from_env() -> Result<Client> {
        let mut builder = Client::builder();
        if let Ok(key) = std::env::var("AVA_API_KEY") {
            builder = builder.api_key(key);
        }
        if let Ok(url) = std::env::var("AVA_BASE_URL") {
            builder = builder.base_url(url);
        }
        builder.build()
    }

    /// Starts a set-up.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Where the requests go.
    pub fn base_url(&self) -> &str {
        self.inner.config.origin.as_str()
    }

    /// Refuses new calls from now on with `closed` and ends the listeners' streams. The future ends when the
    /// calls in flight have, each by its deadline; dropping it changes nothing.
    pub fn close(&self) -> impl Future<Output = ()> + Send + 'static {
        let inner = Arc::clone(&self.inner);
        inner.gate.closed.send_replace(true);
        async move { inner.gate.empty().await }
    }

    /// Whether [`close`](Client::close) was called.
    pub fn is_closed(&self) -> bool {
        *self.inner.gate.closed.borrow()
    }

    /// How many calls are in flight: what [`close`](Client::close) waits for.
    pub fn calls_in_flight(&self) -> usize {
        self.inner.gate.in_flight.load(Ordering::SeqCst)
    }

    pub(crate) fn assemble(
        config: Config,
        credentials: Credentials,
        transport: Arc<dyn Transport>,
    ) -> Client {
        Client {
            inner: Arc::new(Inner {
                config,
                credentials,
                transport,
                budget: Budget::for_calls(),
                settle_budget: Budget::for_settling(),
                claims: Claims::new(),
                instance: Instance::new(),
                poll_turns: Semaphore::new(POLLS_AT_ONCE),
                gate: Gate::new(),
            }),
        }
    }

    /// Lets a call in, unless the client is closed.
    pub(crate) fn enter(&self) -> Result<Permit> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::configuration("calls need a tokio runtime: none is running here"));
        }
        let permit = Permit(Arc::clone(&self.inner));
        // Counted first, so that `close` either sees this call or is seen by it.
        self.inner.gate.in_flight.fetch_add(1, Ordering::SeqCst);
        if self.is_closed() {
            return Err(Error::new(ErrorKind::Closed, "the client is closed"));
        }
        Ok(permit)
    }

    /// Changes to `true` when the client closes.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.inner.gate.closed.subscribe()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// So long that it makes no difference: arithmetic with durations up to this never overflows.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// `now` + `timeout`, or so far away that it makes no difference.
pub(crate) fn deadline_in(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(FOREVER)
}

struct Gate {
    closed: watch::Sender<bool>,
    in_flight: AtomicUsize,
    left: Notify,
}

impl Gate {
    fn new() -> Gate {
        Gate { closed: watch::Sender::new(false), in_flight: AtomicUsize::new(0), left: Notify::new() }
    }

    async fn empty(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            left.await;
        }
    }
}

/// A call in flight.
pub(crate) struct Permit(Arc<Inner>);

impl Drop for Permit {
    fn drop(&mut self) {
        let gate = &self.0.gate;
        if gate.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            gate.left.notify_waiters();
        }
    }
}

/// What can be said of every call.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) headers: Vec<(String, String)>,
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}

impl CallOptions {
    /// The call's deadline is its own, else the client's, else what such calls have.
    pub(crate) fn deadline(&self, config: &Config, default: Duration) -> Instant {
        deadline_in(self.timeout.or(config.timeout).unwrap_or(default))
    }

    pub(crate) fn headers(&self) -> Result<http::HeaderMap> {
        let mut headers = http::HeaderMap::new();
        for (name, value) in &self.headers {
            crate::validate::header(&mut headers, name, value)?;
        }
        Ok(headers)
    }
}

/// Gives a request builder the options of every call.
macro_rules! call_options {
    ($name:ident) => {
        impl $name {
            /// The deadline of this call, retries and settling included, instead of the client's.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.timeout = Some(timeout);
                self
            }

            /// How many times this call is tried again where that is safe, instead of the client's number. Listening
            /// and settling read again and again by themselves: there it does nothing.
            pub fn max_retries(mut self, retries: u32) -> Self {
                self.options.max_retries = Some(retries);
                self
            }

            /// A further header, in place of the client's of the same name.
            pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.options.headers.push((name.into(), value.into()));
                self
            }
        }
    };
}

/// Makes a request builder a future.
macro_rules! into_future {
    ($name:ident => $output:ty) => {
        impl std::future::IntoFuture for $name {
            type Output = $crate::error::Result<$output>;
            type IntoFuture = $crate::transport::BoxFuture<'static, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    };
}

pub(crate) use {call_options, into_future};

/// Phones in `Debug` of request builders.
pub(crate) fn debug_request(f: &mut fmt::Formatter<'_>, name: &str, phone: &str) -> fmt::Result {
    f.debug_struct(name).field("phone", &redact::Phone(phone)).finish_non_exhaustive()
}
