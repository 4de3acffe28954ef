//! The API: its routes, and one function for each, in the shapes of the API document.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    answer::Answer,
    fault::{Conditions, On},
    messages::Message,
    state::World,
    tokens::Scope,
    validate::{self, Refusal},
};

/// Larger request bodies are answered 413.
pub(crate) const MAX_BODY: usize = 1 << 20;

/// A request to `/api/*`, read in full.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// As on the wire.
    pub(crate) path: String,
    /// As on the wire.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
    pub(crate) json: Result<Value, String>,
}

impl Call {
    /// Which call of the API this is, if any.
    pub(crate) fn on(&self) -> Option<On> {
        Some(match Route::of(&self.path)? {
            Route::Send => On::Send,
            Route::Poll => On::Poll,
            Route::Messages(_) => On::Messages,
            Route::Generate => On::Generate,
        })
    }

    /// The number it is about, wherever this call carries it, valid or not.
    pub(crate) fn phone(&self) -> Option<String> {
        match Route::of(&self.path)? {
            Route::Send | Route::Generate => {
                Some(self.json.as_ref().ok()?.get("phone")?.as_str()?.to_owned())
            }
            Route::Poll => self.parameter("phone"),
            Route::Messages(segment) => decode(segment),
        }
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// A path segment, in which `+` stands for itself; nothing if it isn't UTF-8.
fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(Cow::into_owned)
}

/// Matched by hand, not by a router: faults and scripts act before routing, on requests that match nothing too.
enum Route<'a> {
    Send,
    Poll,
    Messages(&'a str),
    Generate,
}

impl Route<'_> {
    fn of(path: &str) -> Option<Route<'_>> {
        match path {
            "/api/send" => Some(Route::Send),
            "/api/messages/poll" => Some(Route::Poll),
            "/api/generate" => Some(Route::Generate),
            _ => {
                let segment = path.strip_prefix("/api/messages/")?;
                (!segment.is_empty() && !segment.contains('/')).then_some(Route::Messages(segment))
            }
        }
    }

    fn method(&self) -> Method {
        match self {
            Route::Send | Route::Generate => Method::POST,
            Route::Poll | Route::Messages(_) => Method::GET,
        }
    }
}

/// Processes a call: route, then key, then rate, then size, then content; its effects are on `world`.
pub(crate) fn process(world: &mut World, call: &Call, conditions: &Conditions) -> Answer {
    respond(world, call, conditions).unwrap_or_else(Refusal::into_answer)
}

fn respond(world: &mut World, call: &Call, conditions: &Conditions) -> Result<Answer, Refusal> {
    let Some(route) = Route::of(&call.path) else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, format!("No such route: {}", call.path)));
    };
    if call.method != route.method() {
        let reason = format!("Method {} not allowed here, use {}", call.method, route.method());
        let mut answer = Answer::error(StatusCode::METHOD_NOT_ALLOWED, &reason);
        if let Ok(allow) = HeaderValue::from_str(route.method().as_str()) {
            answer = answer.header(header::ALLOW, allow);
        }
        return Ok(answer);
    }
    let scope =
        world.authorize(&call.headers).map_err(|reason| Refusal::new(StatusCode::UNAUTHORIZED, reason))?;
    world.check_rate()?;
    if call.body.len() > MAX_BODY {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body over 1 MiB"));
    }
    match route {
        Route::Send => send(world, call, &scope, conditions),
        Route::Poll => poll(world, call, &scope),
        Route::Messages(segment) => history(world, call, &scope, segment),
        Route::Generate => generate(world, call, &scope, conditions),
    }
}

fn allow(scope: &Scope, phone: &str) -> Result<(), Refusal> {
    if scope.allows(phone) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "This token does not cover that phone number"))
}

/// API document, "Send Message".
#[derive(Serialize)]
struct SendAnswer {
    success: bool,
    message_id: String,
    timestamp: String,
}

fn send(world: &mut World, call: &Call, scope: &Scope, conditions: &Conditions) -> Result<Answer, Refusal> {
    let body = validate::object(&call.json)?;
    let phone = validate::phone(validate::string(body, "phone")?)?;
    let message = validate::non_empty(validate::string(body, "message")?, "message")?;
    allow(scope, phone)?;
    let id = world.next_message_id();
    let row = world.create_outbound(id, phone, message, conditions);
    let answer = SendAnswer { success: true, message_id: row.id, timestamp: row.timestamp };
    Ok(Answer::json(StatusCode::OK, &answer))
}

/// API document, "Get Messages".
#[derive(Serialize, Deserialize)]
pub(crate) struct HistoryAnswer {
    pub(crate) success: bool,
    pub(crate) messages: Vec<Message>,
    pub(crate) total: u64,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
}

fn history(world: &mut World, call: &Call, scope: &Scope, segment: &str) -> Result<Answer, Refusal> {
    let phone = decode(segment).ok_or_else(|| Refusal::bad_request("Invalid phone number: not UTF-8"))?;
    let phone = validate::phone(&phone)?;
    let limit = validate::integer(call.parameter("limit"), "limit", 1, 100)?.unwrap_or(50);
    let offset = validate::integer(call.parameter("offset"), "offset", 0, u64::from(u32::MAX))?.unwrap_or(0);
    allow(scope, phone)?;
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let page = world.history(phone, size(limit), size(offset));
    let answer =
        HistoryAnswer { success: true, messages: page.messages, total: page.total as u64, limit, offset };
    Ok(Answer::json(StatusCode::OK, &answer))
}

/// API document, "Receive Messages (Polling)".
#[derive(Serialize)]
struct PollAnswer {
    success: bool,
    messages: Vec<Message>,
    count: usize,
    has_more: bool,
}

fn poll(world: &mut World, call: &Call, scope: &Scope) -> Result<Answer, Refusal> {
    let since = call.parameter("since").map(|since| validate::instant(&since, "since")).transpose()?;
    let phone = call.parameter("phone");
    if let Some(phone) = phone.as_deref() {
        allow(scope, validate::phone(phone)?)?;
    }
    let found = world.poll(since, phone.as_deref(), scope);
    let answer = PollAnswer {
        success: true,
        count: found.messages.len(),
        messages: found.messages,
        has_more: found.has_more,
    };
    Ok(Answer::json(StatusCode::OK, &answer))
}

/// API document, "Generate Message with AVA".
#[derive(Serialize)]
struct GenerateAnswer {
    success: bool,
    generated_message: String,
    message_id: String,
    sent: bool,
    timestamp: String,
}

fn generate(
    world: &mut World,
    call: &Call,
    scope: &Scope,
    conditions: &Conditions,
) -> Result<Answer, Refusal> {
    let body = validate::object(&call.json)?;
    let phone = validate::phone(validate::string(body, "phone")?)?;
    let turns = validate::turns(body)?;
    let instructions = validate::optional_string(body, "instructions")?;
    let auto_send = validate::optional_bool(body, "auto_send")?.unwrap_or(false);
    allow(scope, phone)?;
    let text = draft(&turns, instructions);
    let message_id = world.next_draft_id();
    let timestamp = if auto_send {
        world.create_outbound(message_id.clone(), phone, &text, conditions).timestamp
    } else {
        world.now_text()
    };
    let answer =
        GenerateAnswer { success: true, generated_message: text, message_id, sent: auto_send, timestamp };
    Ok(Answer::json(StatusCode::OK, &answer))
}

/// A stand-in for the model: the same words for the same request, and they say what they are.
fn draft(turns: &[validate::Turn<'_>], instructions: Option<&str>) -> String {
    let answered = turns.iter().rfind(|turn| turn.role == "user").or(turns.last());
    let question = answered.map_or("", |turn| turn.content);
    let turns = turns.len();
    let instructions = instructions.map_or(0, |text| text.chars().count());
    format!(
        "[sandbox draft] In reply to “{question}”: a real answer would stand here. \
         (turns: {turns}, characters of instructions: {instructions})"
    )
}
