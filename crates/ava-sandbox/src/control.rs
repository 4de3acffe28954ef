//! The control plane: what a test does to the sandbox, over HTTP under `/_sandbox/` as in Rust.
//!
//! The methods of [`Sandbox`](crate::Sandbox) and the routes call the same functions with the same types.

mod events;
mod input;
mod origin;
mod page;
mod routes;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{body::Body, middleware};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tower::{Layer, ServiceExt};

use crate::{
    answer::Answer,
    body::SandboxBody,
    clock::{ClockChange, ClockState, http_date, later},
    error::ControlError,
    events::EventKind,
    fault::{Fault, InstalledFault},
    handle::Shared,
    messages::Message,
    seed::Seed,
    settings::Settings,
    state::State,
    tokens::{IssuedToken, TokenRequest},
};

/// A message from the other side, to be put in place. Nothing about it is validated, so that odd ones can be tried too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundMessage {
    /// Who wrote it.
    pub phone: String,
    /// What.
    pub text: String,
    /// Its time. Default: the virtual clock's.
    #[serde(default)]
    pub timestamp: Option<Timestamp>,
    /// Its id. Default: the next `msg_…`.
    #[serde(default)]
    pub id: Option<String>,
    /// It stays hidden this long, by the virtual clock. Default 0.
    #[serde(default)]
    pub visible_after_ms: Option<u64>,
}

impl InboundMessage {
    /// A message from `phone`, now.
    pub fn new(phone: impl Into<String>, text: impl Into<String>) -> Self {
        InboundMessage { phone: phone.into(), text: text.into(), ..InboundMessage::default() }
    }
}

impl Shared {
    fn changed(self: &Arc<Self>, action: &str) {
        let mut world = self.world();
        world.emit(EventKind::Control { action: action.into() });
        world.sweep();
        drop(world);
        self.schedule_sweep();
    }

    pub(crate) fn state(&self) -> State {
        let mut world = self.world();
        world.sweep();
        world.snapshot(&self.base_url)
    }

    pub(crate) fn reset(self: &Arc<Self>) {
        self.world().reset(self.initial_settings.clone(), self.initial_clock);
        self.changed("reset");
    }

    pub(crate) fn inbound(self: &Arc<Self>, inbound: InboundMessage) -> Message {
        let mut world = self.world();
        let visible = later(world.clock.now(), inbound.visible_after_ms.unwrap_or(0));
        let message = world.create_inbound(inbound, visible);
        drop(world);
        self.schedule_sweep();
        message
    }

    pub(crate) fn seed(self: &Arc<Self>, seed: Seed) -> Result<usize, ControlError> {
        let mut world = self.world();
        let now = world.clock.now();
        let rows = seed.into_rows(now, || world.next_message_id())?;
        let count = world.add_rows(rows);
        drop(world);
        self.changed("seed");
        Ok(count)
    }

    pub(crate) fn install_fault(self: &Arc<Self>, fault: Fault) -> Result<InstalledFault, ControlError> {
        let installed = self.world().faults.install(fault)?;
        self.changed("faults");
        Ok(installed)
    }

    pub(crate) fn clear_faults(self: &Arc<Self>) {
        self.world().faults.clear();
        self.changed("faults");
    }

    pub(crate) fn remove_fault(self: &Arc<Self>, id: u64) -> bool {
        let removed = self.world().faults.remove(id);
        if removed {
            self.changed("faults");
        }
        removed
    }

    pub(crate) fn clear_requests(self: &Arc<Self>) {
        let mut world = self.world();
        world.recorder.clear();
        world.watch.clear();
        drop(world);
        self.changed("requests");
    }

    pub(crate) fn change_clock(self: &Arc<Self>, change: &ClockChange) -> ClockState {
        self.world().clock.change(change);
        self.changed("clock");
        self.world().clock.state()
    }

    pub(crate) fn set_settings(self: &Arc<Self>, settings: Settings) -> Result<(), ControlError> {
        settings.check()?;
        self.world().settings = settings;
        self.changed("settings");
        Ok(())
    }

    pub(crate) fn issue_token(self: &Arc<Self>, request: TokenRequest) -> IssuedToken {
        let mut world = self.world();
        let now = world.clock.now();
        let token = world.tokens.issue(request, now);
        drop(world);
        self.changed("tokens");
        token
    }

    pub(crate) fn expire_tokens(self: &Arc<Self>) -> usize {
        let expired = self.world().tokens.expire();
        self.changed("tokens");
        expired
    }
}

pub(crate) use page::opens as opens_page;

/// Whether a path is the control plane's, and not the API's.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix("/_sandbox").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request under `/_sandbox/`.
pub(crate) async fn respond(shared: &Arc<Shared>, request: Request<Bytes>) -> Response<SandboxBody> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let method = request.method().clone();
    // Made anew each time: a router kept in what it has as its state would keep that alive for ever.
    let routes = routes::routes().with_state(Arc::clone(shared));
    let control = middleware::from_fn(origin::guard).layer(routes);
    let Ok(response) = control.oneshot(request.map(Body::from)).await;
    let mut answer = Answer::from(response);
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        answer = not_allowed(&method, answer.headers.remove(header::ALLOW));
    }
    let id = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    if let Ok(id) = HeaderValue::from_str(&format!("req_control_{id:06}")) {
        answer.headers.insert("x-request-id", id);
    }
    answer.date(http_date(shared.world().clock.now()));
    answer.into_response(method == Method::HEAD)
}

/// A 405 that says in words what its `Allow` says. The router adds that only after every fallback.
fn not_allowed(method: &Method, allow: Option<HeaderValue>) -> Answer {
    let allow = allow.unwrap_or(HeaderValue::from_static(""));
    let methods = allow.to_str().unwrap_or_default().replace(',', ", ");
    let reason = format!("Method {method} not allowed here, use {methods}");
    Answer::error(StatusCode::METHOD_NOT_ALLOWED, &reason).header(header::ALLOW, allow)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::Sandbox;

    async fn control(method: &str, target: &str, body: impl Into<Bytes>) -> (http::response::Parts, String) {
        let sandbox = Sandbox::builder().in_process().unwrap();
        let request = Request::builder().method(method).uri(format!("http://localhost/_sandbox{target}"));
        let request = request.header("content-type", "text/plain").body(body.into()).unwrap();
        let (head, body) = sandbox.handle(request).await.unwrap().into_parts();
        assert_eq!(head.headers["content-type"], "application/json");
        assert!(head.headers["x-request-id"].to_str().unwrap().starts_with("req_control_"));
        assert!(head.headers.contains_key("date"));
        let body = body.collect().await.unwrap().to_bytes();
        if method != "HEAD" {
            assert_eq!(head.headers["content-length"], body.len().to_string());
        }
        (head, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_so() {
        let (head, body) = control("PUT", "/settings", "").await;
        assert_eq!(
            (head.status.as_u16(), &head.headers["allow"]),
            (405, &"GET,HEAD,PATCH,POST".parse().unwrap())
        );
        let reason = "Method PUT not allowed here, use GET, HEAD, PATCH, POST";
        assert_eq!(body, format!(r#"{{"success":false,"error":"{reason}"}}"#));
        for target in ["/states", "/page/", "/page/none.js", "/state/", "/tokens/expires"] {
            let (head, body) = control("GET", target, "").await;
            let expected = format!(r#"{{"success":false,"error":"No such control: /_sandbox{target}"}}"#);
            assert_eq!((head.status.as_u16(), body), (404, expected));
        }
        let (head, body) = control("POST", "/tokens", r#"{"ttl_ms": 1, "phone": 5}"#).await;
        assert_eq!(head.status, 400);
        assert!(body.contains("tokens: unknown field `phone`"), "{body}");
    }

    #[tokio::test]
    async fn a_body_may_be_long() {
        let text = "x".repeat(3 << 20);
        let (head, body) = control("POST", "/inbound", format!(r#"{{"phone": "", "text": "{text}"}}"#)).await;
        assert_eq!(head.status, 200);
        assert!(body.contains(&text));
    }

    #[tokio::test]
    async fn a_head_has_no_body() {
        let (head, body) = control("HEAD", "/clock", "").await;
        assert_eq!((head.status.as_u16(), body.as_str()), (200, ""));
        assert_ne!(head.headers["content-length"], "0");
        let (head, body) = control("HEAD", "/reset", "").await;
        assert_eq!((head.status.as_u16(), body.as_str()), (405, ""));
        assert_eq!(head.headers["allow"], "POST");
    }
}
