//! Who may call: the API key, and short-lived tokens that the sandbox issues.

use std::collections::HashMap;

use http::{HeaderMap, header::AUTHORIZATION};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::later;

/// A token to issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// How long it is valid, by the virtual clock.
    pub ttl_ms: u64,
    /// The only numbers it may touch (403 for others; a poll without `phone` shows only these). None: every number.
    #[serde(default)]
    pub phones: Option<Vec<String>>,
}

/// A token that the sandbox accepts until it expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// What goes after `Bearer `.
    pub token: String,
    /// When it stops being valid, by the virtual clock.
    pub expires_at: Timestamp,
}

#[derive(Debug)]
struct Token {
    expires_at: Timestamp,
    phones: Option<Vec<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: HashMap<String, Token>,
    count: u64,
}

/// What the caller may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Everything,
    Phones(Vec<String>),
}

impl Scope {
    pub(crate) fn allows(&self, phone: &str) -> bool {
        match self {
            Scope::Everything => true,
            Scope::Phones(phones) => phones.iter().any(|allowed| allowed == phone),
        }
    }
}

impl Tokens {
    pub(crate) fn issue(&mut self, request: TokenRequest, now: Timestamp) -> IssuedToken {
        self.count += 1;
        let token = format!("sk_sandbox_token_{:06}", self.count);
        let expires_at = later(now, request.ttl_ms);
        self.issued.insert(token.clone(), Token { expires_at, phones: request.phones });
        IssuedToken { token, expires_at }
    }

    /// Expires every token issued so far; they answer 401 from now on. The API key is not touched.
    pub(crate) fn expire(&mut self) -> usize {
        for token in self.issued.values_mut() {
            token.expires_at = Timestamp::MIN;
        }
        self.issued.len()
    }

    /// Forgets the tokens but not their count, so that an old one never comes back to life.
    pub(crate) fn clear(&mut self) {
        self.issued.clear();
    }

    pub(crate) fn valid(&self, now: Timestamp) -> usize {
        self.issued.values().filter(|token| now < token.expires_at).count()
    }

    /// The scope of the caller, or why there is none.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        api_key: &str,
        now: Timestamp,
    ) -> Result<Scope, &'static str> {
        let value = headers
            .get(AUTHORIZATION)
            .ok_or("Missing API key: send the header Authorization: Bearer YOUR_API_KEY")?;
        let value = value.to_str().map_err(|_| "Malformed Authorization header")?;
        let (scheme, key) = value.split_once(' ').ok_or("Malformed Authorization header")?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err("Malformed Authorization header: expected Bearer");
        }
        let key = key.trim();
        if key == api_key {
            return Ok(Scope::Everything);
        }
        match self.issued.get(key) {
            None => Err("Invalid API key"),
            Some(token) if token.expires_at <= now => Err("Token expired"),
            Some(token) => Ok(token.phones.clone().map_or(Scope::Everything, Scope::Phones)),
        }
    }
}
