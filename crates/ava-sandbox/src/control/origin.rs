//! Who may use the control plane, which asks for no key: this machine, and no web page but the sandbox's own.

use std::net::{IpAddr, Ipv6Addr};

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};

use crate::validate::Refusal;

/// Lets through what [`check`] lets through.
pub(super) async fn guard(request: Request, next: Next) -> Result<Response, Refusal> {
    check(request.headers(), request.uri()).map_err(|reason| Refusal::new(StatusCode::FORBIDDEN, reason))?;
    Ok(next.run(request).await)
}

/// Refuses a `Host` that isn't loopback (a page that rebinds its name to 127.0.0.1), and an `Origin` that isn't
/// this same server (a page from elsewhere).
fn check(headers: &HeaderMap, uri: &Uri) -> Result<(), &'static str> {
    let host = match headers.get(header::HOST) {
        Some(host) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        None => uri.authority().cloned(),
    };
    let host = host
        .filter(|host| is_loopback(host.host()))
        .ok_or("The control plane answers only to a loopback Host")?;
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let refusal = "The control plane answers only to pages of its own origin";
    let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://")).ok_or(refusal)?;
    let origin: Authority = origin.parse().map_err(|_| refusal)?;
    let port = |authority: &Authority| authority.port_u16().unwrap_or(80);
    if is_loopback(origin.host()) && port(&origin) == port(&host) { Ok(()) } else { Err(refusal) }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || match address.parse() {
            Ok(IpAddr::V4(address)) => address.is_loopback(),
            Ok(IpAddr::V6(address)) => address == Ipv6Addr::LOCALHOST,
            Err(_) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        check(&headers, &Uri::from_static("/_sandbox/state")).is_ok()
    }

    #[test]
    fn only_this_machine_and_its_own_pages_pass() {
        for host in ["localhost:80", "LOCALHOST", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"] {
            assert!(passes(host, None), "{host}");
        }
        for host in [
            "example.com",
            "127.0.0.1.example.com",
            "192.168.1.2:8080",
            "localhost.example",
            "[::2]",
            "user@",
        ] {
            assert!(!passes(host, None), "{host}");
        }
        assert!(passes("127.0.0.1:8080", Some("http://localhost:8080")));
        assert!(passes("127.0.0.1", Some("http://127.0.0.1")));
        for origin in
            ["null", "http://localhost:8081", "https://localhost:8080", "http://example.com:8080", "file://"]
        {
            assert!(!passes("127.0.0.1:8080", Some(origin)), "{origin}");
        }
        assert!(check(&HeaderMap::new(), &Uri::from_static("/")).is_err());
    }
}
