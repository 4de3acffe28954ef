//! The key, or a provider of short-lived tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::client::FOREVER;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::transport::BoxFuture;
use crate::validate;

/// A token is renewed this much before it expires, or a tenth of its life before, whichever is less.
const RENEW_AHEAD: Duration = Duration::from_secs(10);

/// A short-lived token, as a [`TokenProvider`] gives it. `Debug` hides it; it is wiped from memory when dropped.
#[derive(Clone)]
pub struct Token {
    secret: Zeroizing<String>,
    expiry: Option<Expiry>,
}

#[derive(Clone, Copy)]
enum Expiry {
    At(Timestamp),
    In(Duration),
}

impl Token {
    /// A token that is used until the service refuses it with 401.
    pub fn new(secret: impl Into<String>) -> Token {
        Token { secret: Zeroizing::new(secret.into()), expiry: None }
    }

    /// Until when it is valid, by this machine's clock.
    #[must_use]
    pub fn expires_at(mut self, time: Timestamp) -> Token {
        self.expiry = Some(Expiry::At(time));
        self
    }

    /// For how long it is valid from now on, as OAuth's `expires_in`: needs no clocks that agree.
    #[must_use]
    pub fn expires_in(mut self, life: Duration) -> Token {
        self.expiry = Some(Expiry::In(life));
        self
    }

    fn life(&self) -> Option<Duration> {
        match self.expiry? {
            Expiry::In(life) => Some(life.min(FOREVER)),
            Expiry::At(time) => {
                Some(Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Gives tokens to a client that holds no key, as an app must not (*Security Best Practice*).
///
/// A token is kept until it expires or is refused; one renewal runs at a time, within the deadline of the
/// call that asked for it. Any `Fn() -> impl Future<Output = Result<Token, E>>` is a provider.
pub trait TokenProvider: Send + Sync + 'static {
    /// Gets a token.
    fn token(&self) -> BoxFuture<'_, Result<Token, BoxError>>;
}

impl<F, Fut, E> TokenProvider for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Token, E>> + Send + 'static,
    E: Into<BoxError>,
{
    fn token(&self) -> BoxFuture<'_, Result<Token, BoxError>> {
        let pending = self();
        Box::pin(async move { pending.await.map_err(Into::into) })
    }
}

/// What a request carries: the header, and the secret itself to keep it out of messages.
#[derive(Clone)]
pub(crate) struct Bearer {
    pub(crate) header: HeaderValue,
    secret: Arc<Zeroizing<String>>,
}

impl Bearer {
    fn new(name: &str, secret: Zeroizing<String>) -> Result<Bearer> {
        validate::secret(name, &secret)?;
        let line = Zeroizing::new(format!("Bearer {}", *secret));
        // The copy inside the header is not wiped: the HTTP stack owns it.
        let mut header = HeaderValue::try_from(line.as_str())
            .map_err(|_| Error::configuration(format!("{name}: can't stand in a header")))?;
        header.set_sensitive(true);
        Ok(Bearer { header, secret: Arc::new(secret) })
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    pub(crate) fn differs_from(&self, other: &Bearer) -> bool {
        *self.secret != *other.secret
    }
}

pub(crate) enum Credentials {
    Key(Bearer),
    Provider { provider: Arc<dyn TokenProvider>, cached: Mutex<Option<Cached>> },
}

pub(crate) struct Cached {
    bearer: Bearer,
    fresh_until: Option<Instant>,
}

impl Credentials {
    pub(crate) fn key(key: Zeroizing<String>) -> Result<Credentials> {
        Bearer::new("api_key", key).map(Credentials::Key)
    }

    pub(crate) fn provider(provider: Arc<dyn TokenProvider>) -> Credentials {
        Credentials::Provider { provider, cached: Mutex::new(None) }
    }

    /// The key, or a token that hasn't expired. Whoever finds none asks for one while the others wait.
    pub(crate) async fn bearer(&self) -> Result<Bearer> {
        match self {
            Credentials::Key(bearer) => Ok(bearer.clone()),
            Credentials::Provider { provider, cached } => {
                let mut cached = cached.lock().await;
                if let Some(held) = &*cached
                    && held.fresh_until.is_none_or(|end| Instant::now() < end)
                {
                    return Ok(held.bearer.clone());
                }
                let fresh = renew(&**provider).await?;
                let bearer = fresh.bearer.clone();
                *cached = Some(fresh);
                Ok(bearer)
            }
        }
    }

    /// After a 401 for `refused`: another token, or `None` if there is no other.
    pub(crate) async fn replace(&self, refused: &Bearer) -> Result<Option<Bearer>> {
        let Credentials::Provider { cached, .. } = self else {
            return Ok(None);
        };
        {
            let mut cached = cached.lock().await;
            if cached.as_ref().is_some_and(|held| !held.bearer.differs_from(refused)) {
                *cached = None;
            }
        }
        let bearer = self.bearer().await?;
        Ok(bearer.differs_from(refused).then_some(bearer))
    }
}

async fn renew(provider: &dyn TokenProvider) -> Result<Cached> {
    let asked = Instant::now();
    let token = provider.token().await.map_err(|error| {
        Error::new(ErrorKind::Authentication, "the token provider failed").with_source(error)
    })?;
    let fresh_until = token.life().and_then(|life| {
        let ahead = RENEW_AHEAD.min(life / 10);
        asked.checked_add(life - ahead)
    });
    Ok(Cached { bearer: Bearer::new("token_provider", token.secret)?, fresh_until })
}
