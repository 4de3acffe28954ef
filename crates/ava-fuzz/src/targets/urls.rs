//! Where requests go. The input is a base URL, and on lines of their own: a phone, a time, numbers for limit and
//! offset, the name and the value of a header.
//!
//! A base URL that is taken is https, or http to loopback; requests go to its origin, below its path, with no
//! credentials but the key's header, and what was asked can be read back from the URL.

use ava_imessage::{Client, Timestamp};
use http::{Request, header::AUTHORIZATION};
use url::{Host, Url};

use crate::canned::{self, Answer, Canned, KEY};

pub(crate) fn run(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let mut lines = input.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (base_url, phone, since) = (line(), line(), line());
    let (limit, offset, name, value) = (line(), line(), line(), line());
    let service = Canned::new([Answer::new(404, b"")]);
    let client = match canned::builder(service.clone()).base_url(base_url).header(name, value).build() {
        Ok(client) => client,
        // The header may be what was wrong.
        Err(_) => match canned::builder(service.clone()).base_url(base_url).build() {
            Ok(client) => client,
            Err(error) => return assert_eq!(error.code(), "configuration"),
        },
    };
    let base = Url::parse(base_url).expect("it was taken for a URL");
    assert!(base.scheme() == "https" || base.scheme() == "http" && is_loopback(&base), "{base}");
    assert_eq!((base.username(), base.password(), base.query(), base.fragment()), ("", None, None, None));
    if phone.is_empty() {
        poll(&client, &service, &base, since)
    } else {
        history(&client, &service, &base, phone, limit, offset)
    }
}

fn poll(client: &Client, service: &Canned, base: &Url, since: &str) {
    let since: Option<Timestamp> = since.parse().ok();
    let poll = client.poll();
    let poll = match since {
        Some(since) => poll.since(since),
        None => poll,
    };
    canned::run(async { poll.await }).expect_err("it was answered with 404");
    let url = gone_to(service, base, "/api/messages/poll");
    let mut query = url.query_pairs();
    if let Some(since) = since {
        let (name, value) = query.next().expect("it was asked for");
        assert_eq!((&*name, value.parse().ok()), ("since", Some(since)));
    }
    assert_eq!(query.next(), None);
}

fn history(client: &Client, service: &Canned, base: &Url, phone: &str, limit: &str, offset: &str) {
    let (limit, offset) = (limit.parse().unwrap_or(50), offset.parse().unwrap_or(0));
    let page = client.messages_page(phone, limit, offset);
    let error = canned::run(async { page.await }).expect_err("it was answered with 404");
    if error.code() == "invalid_request" {
        return;
    }
    let url = gone_to(service, base, &format!("/api/messages/{phone}"));
    let query: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.parse())).collect();
    assert_eq!(query, [("limit".to_owned(), Ok(limit)), ("offset".to_owned(), Ok(offset))]);
}

/// The URL of the last request, once it is known to be below the base URL.
fn gone_to(service: &Canned, base: &Url, path: &str) -> Url {
    let request: Request<_> = service.request().expect("an answer had a request");
    let url = Url::parse(&request.uri().to_string()).expect("a URI with a host is a URL");
    assert_eq!(url.origin(), base.origin());
    assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None));
    let below = base.path().trim_end_matches('/');
    assert_eq!(url.path().replace("%2B", "+"), format!("{below}{path}").replace("%2B", "+"));
    assert!(!url.as_str().contains(KEY) || base.as_str().contains(KEY));
    let key: Vec<_> = request.headers().get_all(AUTHORIZATION).iter().collect();
    assert_eq!(key, [&format!("Bearer {KEY}")]);
    url
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.octets()[0] == 127,
        Some(Host::Ipv6(ip)) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.octets()[0] == 127)
        }
        None => false,
    }
}
