//! Which key goes where. A key from the config file goes nowhere but to the address it was kept with.

use std::path::PathBuf;

use ava_imessage::DEFAULT_BASE_URL;
use url::Url;
use zeroize::Zeroizing;

use crate::config;
use crate::failure::{Failure, Result};

/// Where a key comes from, for whom has none.
pub(crate) const WHERE_KEYS_COME_FROM: &str =
    "A key comes from the service: press \"Request API Access\" on https://chat.buzzedtech.com.";

/// A key, and where it may be sent.
pub(crate) struct Credentials {
    pub(crate) api_key: Zeroizing<String>,
    pub(crate) base_url: String,
    pub(crate) source: KeySource,
}

/// Where the key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// AVA_API_KEY
    Environment,
    /// The config file
    File(PathBuf),
}

/// What the flag or else AVA_BASE_URL says.
pub(crate) fn asked_base_url(flag: Option<&str>) -> Option<String> {
    flag.map(str::to_owned).or_else(|| environment("AVA_BASE_URL"))
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// AVA_API_KEY with the address asked for or the service's own; else the pair in the config file. Where the file tells
/// of another address, the service's own is not taken for granted: whoever tries things out on a sandbox would send
/// their key, and a message, to the real one.
pub(crate) fn find(flag: Option<&str>) -> Result<Credentials> {
    let asked = asked_base_url(flag);
    if let Some(key) = environment("AVA_API_KEY") {
        let base_url = match asked {
            Some(asked) => asked,
            None => unasked_base_url()?,
        };
        return Ok(Credentials { api_key: Zeroizing::new(key), base_url, source: KeySource::Environment });
    }
    let Some((config, path)) = config::load()? else { return Err(no_key()) };
    let base_url = match asked {
        Some(asked) if !same_origin(&asked, &config.base_url) => {
            return Err(other_origin(&asked, &config.base_url));
        }
        Some(asked) => asked,
        None => config.base_url,
    };
    Ok(Credentials { api_key: config.api_key, base_url, source: KeySource::File(path) })
}

fn unasked_base_url() -> Result<String> {
    match config::kept_address() {
        Some(kept) if !same_origin(&kept, DEFAULT_BASE_URL) => {
            let origin = origin(&kept);
            let words = format!(
                "AVA_API_KEY is set, but not where it goes: to {origin}, as what `ava login` kept, or to {DEFAULT_BASE_URL}?"
            );
            Err(Failure::configuration(words).next("Set AVA_BASE_URL, or give --base-url."))
        }
        _ => Ok(DEFAULT_BASE_URL.to_owned()),
    }
}

fn no_key() -> Failure {
    Failure::configuration(format!("there is no API key yet. {WHERE_KEYS_COME_FROM}"))
        .next("Then run `ava login`, or set AVA_API_KEY. To try it without one: `ava sandbox`.")
}

/// The address asked for was checked by nobody yet: it may hold a password.
fn other_origin(asked: &str, kept: &str) -> Failure {
    let (asked, kept) = (origin(asked), origin(kept));
    Failure::configuration(format!("the stored key belongs to {kept}, and is not sent to {asked}"))
        .next("Set AVA_API_KEY for that address, or give it to `ava login`, as --base-url.")
}

/// Scheme, host and port of an address, for people; without what else it may hold.
pub(crate) fn origin(address: &str) -> String {
    match Url::parse(address).map(|url| url.origin()) {
        Ok(origin) if origin.is_tuple() => origin.ascii_serialization(),
        _ => "an address that is none".to_owned(),
    }
}

/// Same scheme, host and port.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin().is_tuple() && one.origin() == other.origin(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{origin, same_origin};

    #[test]
    fn origins() {
        assert!(same_origin("https://x.example", "https://X.example:443/ava/"));
        for other in [
            "http://x.example",
            "https://x.example:8443",
            "https://y.example",
            "https://x.example.y",
            "x",
            "",
        ] {
            assert!(!same_origin("https://x.example", other), "{other}");
        }
        assert!(!same_origin("data:x", "data:x"));
        assert_eq!(origin("https://me:pw@x.example:443/secret?a"), "https://x.example");
        assert_eq!(origin("http://127.0.0.1:4010"), "http://127.0.0.1:4010");
    }
}
