//! Where requests go: the base URL, checked once.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, Result};

/// The service's own address.
pub const DEFAULT_BASE_URL: &str = "https://chat.buzzedtech.com";

/// A checked base URL: http(s), no credentials, and plain http to loopback alone.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Without a trailing slash: `https://chat.buzzedtech.com`.
    base: String,
    host: String,
    port: u16,
    https: bool,
    loopback: bool,
}

impl Origin {
    pub(crate) fn parse(raw: &str) -> Result<Origin> {
        let refuse = |why: &str| Error::configuration(format!("base_url: {why}"));
        if !raw.contains("://") {
            return Err(refuse("has no scheme; write it whole, as in https://example.com"));
        }
        let url = Url::parse(raw).map_err(|error| refuse("not a URL").with_source(error))?;
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(refuse("the scheme must be https (or http, to loopback)")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("must not carry credentials"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("must not have a query or a fragment"));
        }
        // What HTTP calls a URI is narrower than a browser's URL: without this, every call would fail.
        url.as_str().parse::<http::Uri>().map_err(|error| refuse("not a URL").with_source(error))?;
        let host = url.host().ok_or_else(|| refuse("has no host"))?;
        let loopback = is_loopback(&host);
        if !https && !loopback {
            return Err(refuse("plain http would show the key to the network; only loopback may use it"));
        }
        Ok(Origin {
            host: host.to_string(),
            port: url.port_or_known_default().unwrap_or(if https { 443 } else { 80 }),
            base: url.as_str().trim_end_matches('/').to_owned(),
            https,
            loopback,
        })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.base
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// Whether an address is this machine's own, where plain http is allowed and no proxy is asked: `localhost`, names
/// under it, and the addresses of loopback in IPv4 and IPv6. What is no URL is not.
pub fn is_loopback_url(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).to_canonical().is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        for (raw, word) in [
            ("chat.example.com", "has no scheme"),
            ("localhost:8080", "has no scheme"),
            ("", "scheme"),
            ("ftp://x.example", "scheme"),
            ("https://me:pw@x.example", "credentials"),
            ("https://key@x.example", "credentials"),
            ("http://x.example", "plain http"),
            ("http://127.0.0.1.example", "plain http"),
            ("http://localhost.example", "plain http"),
            ("https://x.example?a=1", "query"),
            ("https://", "not a URL"),
            ("https://x.`y.example", "not a URL"),
        ] {
            let error = Origin::parse(raw).unwrap_err();
            assert_eq!(error.code(), "configuration");
            assert!(error.message().starts_with("base_url: "), "{error}");
            assert!(error.message().contains(word), "{raw}: {error}");
        }
    }

    #[test]
    fn what_is_taken() {
        for (raw, base, loopback) in [
            ("https://x.example/", "https://x.example", false),
            ("https://x.example:8443/ava/", "https://x.example:8443/ava", false),
            ("http://localhost:8080", "http://localhost:8080", true),
            ("http://127.9.9.9", "http://127.9.9.9", true),
            ("http://[::1]:9", "http://[::1]:9", true),
        ] {
            let origin = Origin::parse(raw).unwrap();
            assert_eq!((origin.as_str(), origin.is_loopback()), (base, loopback));
            assert_eq!(is_loopback_url(raw), loopback);
        }
    }

    #[test]
    fn what_is_this_machine() {
        for url in
            ["http://sandbox.localhost:1", "http://LOCALHOST.", "http://[::ffff:127.0.0.1]", "https://127.1"]
        {
            assert!(is_loopback_url(url), "{url}");
        }
        for url in
            ["http://localhost.example", "http://[::ffff:10.0.0.1]", "http://notlocalhost", "data:x", "x", ""]
        {
            assert!(!is_loopback_url(url), "{url}");
        }
    }
}
