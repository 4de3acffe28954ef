//! Scripts: exact responses, played in answer to the requests they match.
//!
//! While a script is installed, used up or not, nothing has a state but the control plane: each other request takes the first unused entry
//! whose `when` matches, in order of arrival, past authentication, validation and faults. A request that none matches
//! is answered 599 and counted as `unmatched`.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, value::RawValue};

use crate::{error::ControlError, fault::is_final_status, rows::Rows};

/// A list of responses, and the clock they are played by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Script {
    /// What the virtual clock is set to. Default `2026-01-25T12:00:00Z`.
    pub clock: Timestamp,
    /// Whether the clock then stands still. Default true.
    pub frozen: bool,
    /// The responses.
    pub responses: Vec<ScriptedResponse>,
}

/// The time of the API document's examples, 2026-01-25T12:00:00Z.
pub(crate) const DOCUMENT_TIME: Timestamp = Timestamp::constant(1_769_342_400, 0);

impl Default for Script {
    fn default() -> Self {
        Script { clock: DOCUMENT_TIME, frozen: true, responses: Vec::new() }
    }
}

impl From<Vec<ScriptedResponse>> for Script {
    fn from(responses: Vec<ScriptedResponse>) -> Self {
        Script { responses, ..Script::default() }
    }
}

impl Script {
    /// Reads a script from JSON: a list of responses, or `{"clock", "frozen", "responses"}`.
    ///
    /// # Errors
    /// Says which response is wrong, and how.
    pub fn from_json(json: &[u8]) -> Result<Self, ControlError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wrapper<'a> {
            clock: Option<Timestamp>,
            frozen: Option<bool>,
            #[serde(borrow)]
            responses: Vec<&'a RawValue>,
        }
        let reason = |error: serde_json::Error| ControlError::new(format!("script: {error}"));
        let is_list = json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        let wrapper = if is_list {
            let responses = serde_json::from_slice(json).map_err(reason)?;
            Wrapper { clock: None, frozen: None, responses }
        } else {
            serde_json::from_slice(json).map_err(reason)?
        };
        let mut script = Script::default();
        script.clock = wrapper.clock.unwrap_or(script.clock);
        script.frozen = wrapper.frozen.unwrap_or(script.frozen);
        for (index, raw) in wrapper.responses.iter().enumerate() {
            let response = serde_json::from_str(raw.get())
                .map_err(|error| ControlError::new(format!("script: responses[{index}]: {error}")))?;
            script.responses.push(response);
        }
        script.check()?;
        Ok(script)
    }

    pub(crate) fn check(&self) -> Result<(), ControlError> {
        for (index, response) in self.responses.iter().enumerate() {
            response
                .check()
                .map_err(|error| ControlError::new(format!("script: responses[{index}]: {error}")))?;
        }
        Ok(())
    }
}

/// One response of a script, and which request it answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptedResponse {
    /// Which requests it answers. Default any.
    pub when: When,
    /// How many requests it answers. Default one.
    pub repeat: Repeat,
    /// The status, 200 to 999. Default 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers over the default ones (`content-type: application/json`, `x-request-id`, `date` by the virtual clock,
    /// `content-length`); null takes a default away (without a `content-length`, the body goes chunked).
    pub headers: BTreeMap<String, Option<String>>,
    /// The body as JSON, sent compact, members in alphabetical order.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub json: Option<Value>,
    /// The body as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The body as bytes, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_hex: Option<String>,
    /// A body of any size, generated while it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<FillSpec>,
    /// The body as a page of a generated history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// Where to cut the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<ScriptedDrop>,
    /// Wait before anything else, in real milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Write the body one byte at a time, this many real milliseconds apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drip_ms: Option<u64>,
    /// What `Content-Length` says instead of the truth: a longer one ends in a cut, of a longer body only that much is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_length: Option<u64>,
    /// Send `Connection: close`, and close.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub http_close: bool,
}

/// `json: null` is a body, an absent `json` is none.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Which requests a [`ScriptedResponse`] answers: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The method, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path as on the wire, without the query; one that ends in `*` matches every path that begins so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Query parameters, decoded; others may be there too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// A part of the JSON body: of an object these members, of a list all elements in order, all else equal.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub body: Option<Value>,
}

/// How often a response is given: a number, or `"forever"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// This many times.
    Times(u64),
    /// Every time.
    Forever,
}

impl Default for Repeat {
    fn default() -> Self {
        Repeat::Times(1)
    }
}

impl Serialize for Repeat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Repeat::Times(times) => serializer.serialize_u64(*times),
            Repeat::Forever => serializer.serialize_str("forever"),
        }
    }
}

impl<'de> Deserialize<'de> for Repeat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text == "forever" => Ok(Repeat::Forever),
            value => value
                .as_u64()
                .filter(|times| *times > 0)
                .map(Repeat::Times)
                .ok_or_else(|| D::Error::custom("repeat: expected a number from 1 on, or \"forever\"")),
        }
    }
}

/// Where a scripted response ends too early: `"before"`, `"after_headers"`, or a number of body bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptedDrop {
    /// Nothing is answered.
    Before,
    /// After the headers.
    AfterHeaders,
    /// After this many bytes of the body.
    AfterBytes(u64),
}

impl Serialize for ScriptedDrop {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ScriptedDrop::Before => serializer.serialize_str("before"),
            ScriptedDrop::AfterHeaders => serializer.serialize_str("after_headers"),
            ScriptedDrop::AfterBytes(bytes) => serializer.serialize_u64(*bytes),
        }
    }
}

impl<'de> Deserialize<'de> for ScriptedDrop {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (value.as_str(), value.as_u64()) {
            (Some("before"), _) => Ok(ScriptedDrop::Before),
            (Some("after_headers"), _) => Ok(ScriptedDrop::AfterHeaders),
            (_, Some(bytes)) => Ok(ScriptedDrop::AfterBytes(bytes)),
            _ => Err(D::Error::custom(
                "drop: expected \"before\", \"after_headers\" or a number of body bytes",
            )),
        }
    }
}

/// A generated body: `prefix`, `count` times `byte`, `suffix`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FillSpec {
    /// The byte, as a number (97 is `a`).
    pub byte: u8,
    /// How many of it.
    pub count: u64,
    /// Text before it.
    #[serde(default)]
    pub prefix: String,
    /// Text after it.
    #[serde(default)]
    pub suffix: String,
}

impl ScriptedResponse {
    /// A response with this status and JSON body, to any request.
    pub fn json(status: u16, json: Value) -> Self {
        ScriptedResponse { status: Some(status), json: Some(json), ..ScriptedResponse::default() }
    }

    fn check(&self) -> Result<(), ControlError> {
        let refuse = |reason: String| Err(ControlError::new(reason));
        if self.status.is_some_and(|status| !is_final_status(status)) {
            return refuse("status must be 200 to 999".into());
        }
        let bodies = [
            self.json.is_some(),
            self.text.is_some(),
            self.bytes_hex.is_some(),
            self.fill.is_some(),
            self.rows.is_some(),
        ];
        if bodies.iter().filter(|given| **given).count() > 1 {
            return refuse("give only one of json, text, bytes_hex, fill and rows".into());
        }
        if self.bytes_hex.as_deref().is_some_and(|hex| decode_hex(hex).is_none()) {
            return refuse("bytes_hex: expected pairs of hexadecimal digits".into());
        }
        for (name, value) in &self.headers {
            let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
                return refuse(format!("headers: {name:?} can't be a header's name"));
            };
            let framing = parsed == header::CONTENT_LENGTH || parsed == header::TRANSFER_ENCODING;
            match value {
                Some(_) if framing => {
                    return refuse(format!(
                        "headers: {name} can only be null; content_length sets the length"
                    ));
                }
                Some(value) if HeaderValue::from_str(value).is_err() => {
                    return refuse(format!("headers: the value of {name} can't be a header's value"));
                }
                _ => {}
            }
        }
        if self.content_length.is_some() && self.takes_away(&header::CONTENT_LENGTH) {
            return refuse("content_length is given and taken away".into());
        }
        Ok(())
    }

    fn takes_away(&self, wanted: &HeaderName) -> bool {
        self.headers.iter().any(|(name, value)| value.is_none() && name.eq_ignore_ascii_case(wanted.as_str()))
    }

    /// Whether `Content-Length` is to be left out.
    pub(crate) fn chunked(&self) -> bool {
        self.takes_away(&header::CONTENT_LENGTH)
    }

    /// Lays the entry's headers over the default ones.
    pub(crate) fn lay_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
            match value.as_deref().map(HeaderValue::from_str) {
                Some(Ok(value)) => {
                    headers.insert(name, value);
                }
                _ => {
                    headers.remove(name);
                }
            }
        }
        if self.http_close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

pub(crate) fn decode_hex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<Vec<u8>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

impl When {
    fn matches(&self, method: &str, path: &str, raw_query: Option<&str>, json: Option<&Value>) -> bool {
        let fits_path = |wanted: &str| match wanted.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == wanted,
        };
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(fits_path)
            && self.body.as_ref().is_none_or(|wanted| json.is_some_and(|json| is_part(wanted, json)))
            && (self.query.is_empty() || {
                let given: Vec<_> =
                    form_urlencoded::parse(raw_query.unwrap_or_default().as_bytes()).collect();
                self.query.iter().all(|(key, value)| given.iter().any(|(k, v)| k == key && v == value))
            })
    }
}

/// Whether `part` is in `whole`: see [`When::body`].
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|other| is_part(value, other)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| is_part(a, b))
        }
        _ => part == whole,
    }
}

/// How far a script has been played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptState {
    /// Answers still to be given; `"forever"` entries don't count.
    pub remaining: u64,
    /// Requests that no entry matched.
    pub unmatched: u64,
    /// For each entry, how often it was used.
    pub used: Vec<u64>,
}

/// A script being played.
#[derive(Debug)]
pub(crate) struct Playing {
    script: Script,
    state: ScriptState,
}

impl Playing {
    pub(crate) fn new(script: Script) -> Self {
        let mut state = ScriptState { remaining: 0, unmatched: 0, used: vec![0; script.responses.len()] };
        for response in &script.responses {
            if let Repeat::Times(times) = response.repeat {
                state.remaining = state.remaining.saturating_add(times);
            }
        }
        Playing { script, state }
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    pub(crate) fn state(&self) -> &ScriptState {
        &self.state
    }

    /// The response to a request, which is then used up by one.
    pub(crate) fn take(
        &mut self,
        method: &str,
        path: &str,
        query: Option<&str>,
        json: Option<&Value>,
    ) -> Option<ScriptedResponse> {
        for (response, used) in self.script.responses.iter().zip(&mut self.state.used) {
            let left = match response.repeat {
                Repeat::Forever => true,
                Repeat::Times(times) => *used < times,
            };
            if left && response.when.matches(method, path, query, json) {
                *used += 1;
                if response.repeat != Repeat::Forever {
                    self.state.remaining = self.state.remaining.saturating_sub(1);
                }
                return Some(response.clone());
            }
        }
        self.state.unmatched += 1;
        None
    }
}
