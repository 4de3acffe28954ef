//! The control plane: what a test does to the sandbox, over HTTP under `/_sandbox/` as in Rust.
//!
//! The methods of [`Sandbox`](crate::Sandbox) and the routes call the same functions with the same types.

use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    answer::{Announced, Answer},
    body::{SandboxBody, Source},
    clock::{ClockChange, ClockState, http_date, later},
    error::ControlError,
    events::{Event, EventKind},
    fault::{Fault, InstalledFault},
    handle::Shared,
    messages::Message,
    origin,
    script::Script,
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

    pub(crate) fn clear_requests(self: &Arc<Self>) {
        self.world().recorder.clear();
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

#[derive(Serialize)]
struct Done {
    success: bool,
}

#[derive(Serialize)]
struct Seeded {
    rows: usize,
}

#[derive(Serialize)]
struct Expired {
    expired: usize,
}

#[derive(Serialize)]
struct Installed<'a> {
    script: &'a Script,
    state: &'a crate::script::ScriptState,
}

/// Answers a request under `/_sandbox/`.
pub(crate) fn respond(shared: &Arc<Shared>, head: &Parts, body: &Bytes) -> Response<SandboxBody> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut answer = match origin::check(&head.headers, &head.uri) {
        Ok(()) => route(shared, head, body).unwrap_or_else(|error| {
            let status = match error {
                Refused::Input(_) => StatusCode::BAD_REQUEST,
                Refused::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
                Refused::Route(_) => StatusCode::NOT_FOUND,
                Refused::Forbidden(_) => StatusCode::FORBIDDEN,
            };
            Answer::error(status, error.reason())
        }),
        Err(reason) => Answer::error(StatusCode::FORBIDDEN, reason),
    };
    let id = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    if let Ok(id) = HeaderValue::from_str(&format!("req_control_{id:06}")) {
        answer.headers.insert("x-request-id", id);
    }
    answer.date(http_date(shared.world().clock.now()));
    answer.into_response(head.method == Method::HEAD)
}

enum Refused {
    Input(String),
    Method(String),
    Route(String),
    Forbidden(String),
}

impl Refused {
    fn reason(&self) -> &str {
        match self {
            Refused::Input(reason)
            | Refused::Method(reason)
            | Refused::Route(reason)
            | Refused::Forbidden(reason) => reason,
        }
    }
}

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Self {
        Refused::Input(error.to_string())
    }
}

fn route(shared: &Arc<Shared>, head: &Parts, body: &Bytes) -> Result<Answer, Refused> {
    let path = head.uri.path().strip_prefix("/_sandbox").unwrap_or_default();
    let done = || Ok(ok(&Done { success: true }));
    let (get, post, delete, patch) = (Method::GET, Method::POST, Method::DELETE, Method::PATCH);
    let method = |allowed: &[Method]| {
        if allowed.contains(&head.method) {
            return Ok(());
        }
        let allowed: Vec<_> = allowed.iter().map(Method::as_str).collect();
        Err(Refused::Method(format!("Method {} not allowed here, use {}", head.method, allowed.join(", "))))
    };
    match path {
        "/state" => {
            method(&[get])?;
            Ok(ok(&shared.state()))
        }
        "/reset" => {
            method(&[post])?;
            shared.reset();
            done()
        }
        "/inbound" => {
            method(&[post])?;
            Ok(ok(&shared.inbound(parse("inbound", body)?)))
        }
        "/seed" => {
            method(&[post])?;
            Ok(ok(&Seeded { rows: shared.seed(parse("seed", body)?)? }))
        }
        "/faults" => {
            method(&[get.clone(), post.clone(), delete.clone()])?;
            if head.method == post {
                let faults = one_or_many("fault", body)?;
                let installed = faults
                    .into_iter()
                    .map(|fault| shared.install_fault(fault))
                    .collect::<Result<Vec<_>, _>>()?;
                return Ok(ok(&installed));
            }
            if head.method == delete {
                shared.clear_faults();
                return done();
            }
            Ok(ok(&shared.world().faults.all()))
        }
        "/script" => {
            method(&[get.clone(), post.clone(), delete.clone()])?;
            if head.method == post {
                shared.set_script(Some(Script::from_json(body)?));
            } else if head.method == delete {
                shared.set_script(None);
                return done();
            }
            let world = shared.world();
            let playing = world.script.as_ref();
            Ok(ok(&playing.map(|playing| Installed { script: playing.script(), state: playing.state() })))
        }
        "/requests" => {
            method(&[get, delete.clone()])?;
            if head.method == delete {
                shared.clear_requests();
                return done();
            }
            let requests = shared.world().recorder.all();
            Ok(ok(&requests))
        }
        "/events" => {
            method(&[get])?;
            Ok(events(shared, &head.headers))
        }
        "/clock" => {
            method(&[get, post.clone()])?;
            if head.method == post {
                return Ok(ok(&shared.change_clock(&parse("clock", body)?)));
            }
            Ok(ok(&shared.world().clock.state()))
        }
        "/settings" => {
            method(&[get.clone(), patch, post])?;
            if head.method != get {
                let settings = shared.world().settings.patched(body)?;
                shared.set_settings(settings)?;
            }
            Ok(ok(&shared.world().settings))
        }
        "/tokens" => {
            method(&[post])?;
            Ok(ok(&shared.issue_token(parse("tokens", body)?)))
        }
        "/tokens/expire" => {
            method(&[post])?;
            Ok(ok(&Expired { expired: shared.expire_tokens() }))
        }
        "/shutdown" => {
            method(&[post])?;
            if !shared.allow_shutdown {
                return Err(Refused::Forbidden("Shutdown over HTTP is not enabled".into()));
            }
            shared.shutdown_requested.notify_one();
            done()
        }
        _ => Err(Refused::Route(format!("No such control: {}", head.uri.path()))),
    }
}

fn ok(body: &impl Serialize) -> Answer {
    Answer::json(StatusCode::OK, body)
}

fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::Input(format!("{what}: {error}")))
}

fn one_or_many<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<Vec<T>, Refused> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => parse(what, body),
        _ => Ok(vec![parse(what, body)?]),
    }
}

/// The event stream, as server-sent events; `Last-Event-ID` brings back what a reader missed.
fn events(shared: &Arc<Shared>, headers: &HeaderMap) -> Answer {
    let last_seen =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let (missed, live) = match last_seen {
        Some(last_seen) => shared.events.subscribe_after(last_seen),
        None => (Vec::new(), shared.events.subscribe()),
    };
    let mut first = String::from(": ready\n\n");
    missed.iter().for_each(|event| first.push_str(&frame(event)));
    let live = stream::unfold(live, |mut live| async move {
        let text = match live.recv().await {
            Ok(event) => frame(&event),
            Err(RecvError::Lagged(count)) => format!(": {count} events missed\n\n"),
            Err(RecvError::Closed) => return None,
        };
        Some((Bytes::from(text), live))
    });
    let all = stream::StreamExt::chain(stream::iter([Bytes::from(first)]), live);
    let mut answer = Answer::new(StatusCode::OK, Source::Stream(Box::pin(all)));
    answer.content_length = Announced::Nothing;
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn frame(event: &Event) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.id, event.kind.name())
}
