//! GET, with the answer's headers in view: the client keeps those to itself. The same rules hold as there: the key
//! goes to the configured origin alone, no redirect is followed, TLS is rustls on ring.

use std::time::{Duration, Instant};

use ava_imessage::{Timestamp, is_loopback_url};
use reqwest::header::{AUTHORIZATION, DATE, HeaderMap, HeaderValue};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json::Value;
use url::Url;

use crate::credentials::Credentials;
use crate::failure::{Failure, Result};

const TIMEOUT: Duration = Duration::from_secs(10);
const BODY_BYTES: usize = 8 * 1024 * 1024;

/// The way to the endpoint.
pub(super) struct Wire {
    client: reqwest::Client,
    base: String,
    bearer: HeaderValue,
    pub(super) tls: bool,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) version: String,
    pub(super) body: Option<Value>,
    /// From the request to the last byte.
    pub(super) took: Duration,
    /// This machine's clock, halfway between the request and the answer's head.
    pub(super) halfway: Timestamp,
}

/// Why there is none.
pub(super) struct NoAnswer {
    pub(super) why: String,
    pub(super) tls: bool,
}

impl Wire {
    pub(super) fn new(credentials: &Credentials, timeout: Option<Duration>) -> Result<Wire> {
        let failed = |what: &str| Failure::configuration(format!("{what} can't be set up"));
        let url = Url::parse(&credentials.base_url).map_err(|_| failed("the address"))?;
        let tls = url.scheme() == "https";
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(timeout.unwrap_or(TIMEOUT))
            .https_only(tls)
            .tls_backend_preconfigured(config(tls).ok_or_else(|| failed("TLS"))?);
        if is_loopback_url(url.as_str()) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|_| failed("the HTTP client"))?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", credentials.api_key.as_str()))
            .map_err(|_| failed("the key"))?;
        bearer.set_sensitive(true);
        Ok(Wire { client, base: url.as_str().trim_end_matches('/').to_owned(), bearer, tls })
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Asks for a path, which begins with a slash and goes on the wire as it is.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        let request = self.client.get(format!("{}{path}", self.base)).header(AUTHORIZATION, &self.bearer);
        let (began, clock) = (Instant::now(), Timestamp::now());
        let mut response = request.send().await.map_err(NoAnswer::of)?;
        let half = began.elapsed() / 2;
        let status = response.status().as_u16();
        let version = format!("{:?}", response.version());
        let headers = std::mem::take(response.headers_mut());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(NoAnswer::of)? {
            if bytes.len() + chunk.len() > BODY_BYTES {
                return Err(NoAnswer { why: format!("the answer is over {BODY_BYTES} bytes"), tls: false });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            version,
            body: serde_json::from_slice(&bytes).ok(),
            took: began.elapsed(),
            halfway: clock.saturating_add(half).unwrap_or(clock),
        })
    }
}

impl Answer {
    /// `Date`, as HTTP writes it.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let raw = self.headers.get(DATE)?.to_str().ok()?;
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(raw.trim()).ok()
    }

    /// The messages of a history or a poll.
    pub(super) fn messages(&self) -> Option<&Vec<Value>> {
        self.body.as_ref()?.get("messages")?.as_array()
    }

    /// Their times; `None` where one can't be read.
    pub(super) fn times(&self) -> Option<Vec<Timestamp>> {
        self.messages()?.iter().map(|row| row.get("timestamp")?.as_str()?.parse().ok()).collect()
    }
}

impl NoAnswer {
    /// Never with the URL, which may hold a phone.
    fn of(error: reqwest::Error) -> NoAnswer {
        let error = error.without_url();
        let timed_out = error.is_timeout();
        let mut tls = false;
        let mut deepest: &(dyn std::error::Error + 'static) = &error;
        loop {
            tls |= deepest.is::<rustls::Error>();
            // An I/O error shows what it wraps only here.
            let inner = deepest.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            match inner.map(|inner| inner as &(dyn std::error::Error + 'static)).or(deepest.source()) {
                Some(source) => deepest = source,
                None => break,
            }
        }
        let why = if timed_out { "no answer in time".to_owned() } else { deepest.to_string() };
        NoAnswer { why, tls }
    }
}

/// As the client trusts: the platform's roots, and where it has none the bundled ones.
fn config(tls: bool) -> Option<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .ok()?;
    let mut roots = RootCertStore::empty();
    if tls {
        if let Ok(platform) = builder.clone().with_platform_verifier() {
            return Some(platform.with_no_client_auth());
        }
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Some(builder.with_root_certificates(roots).with_no_client_auth())
}
