//! Checks of what a caller sends, each refusal with its reason.

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::answer::Answer;

/// A request that isn't processed, and why.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    reason: String,
    retry_after_s: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Refusal { status, reason: reason.into(), retry_after_s: None }
    }

    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, reason)
    }

    pub(crate) fn too_many(retry_after_s: Option<u64>) -> Self {
        let reason = "Rate limit exceeded - slow down your requests";
        Refusal { retry_after_s, ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason) }
    }

    pub(crate) fn into_answer(self) -> Answer {
        let answer = Answer::error(self.status, &self.reason);
        match self.retry_after_s {
            Some(seconds) => answer.header(header::RETRY_AFTER, HeaderValue::from(seconds)),
            None => answer,
        }
    }
}

/// One turn of a conversation, as `generate` takes it.
pub(crate) struct Turn<'a> {
    pub(crate) role: &'a str,
    pub(crate) content: &'a str,
}

pub(crate) fn object(json: &Result<Value, String>) -> Result<&Map<String, Value>, Refusal> {
    match json {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::bad_request("Invalid body: expected a JSON object")),
        Err(error) => Err(Refusal::bad_request(format!("Invalid JSON body: {error}"))),
    }
}

pub(crate) fn string<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    optional_string(body, name)?
        .ok_or_else(|| Refusal::bad_request(format!("Missing required field: {name}")))
}

pub(crate) fn optional_string<'a>(
    body: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, Refusal> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::bad_request(format!("Invalid {name}: expected a string"))),
    }
}

pub(crate) fn optional_bool(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, Refusal> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(Refusal::bad_request(format!("Invalid {name}: expected true or false"))),
    }
}

pub(crate) fn non_empty<'a>(text: &'a str, name: &str) -> Result<&'a str, Refusal> {
    if text.is_empty() {
        return Err(Refusal::bad_request(format!("Invalid {name}: must not be empty")));
    }
    Ok(text)
}

/// E.164 as the API document has it: ASCII `^\+[1-9][0-9]{1,14}$`.
pub(crate) fn phone(text: &str) -> Result<&str, Refusal> {
    let valid = match text.strip_prefix('+').map(str::as_bytes) {
        Some([b'1'..=b'9', rest @ ..]) => {
            (1..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if valid {
        return Ok(text);
    }
    Err(Refusal::bad_request("Invalid phone number: expected E.164 format, e.g. +1234567890"))
}

pub(crate) fn turns(body: &Map<String, Value>) -> Result<Vec<Turn<'_>>, Refusal> {
    let context = match body.get("context") {
        None => return Err(Refusal::bad_request("Missing required field: context")),
        Some(Value::Array(context)) if context.is_empty() => {
            return Err(Refusal::bad_request("Invalid context: must not be empty"));
        }
        Some(Value::Array(context)) => context,
        Some(_) => return Err(Refusal::bad_request("Invalid context: expected an array")),
    };
    context
        .iter()
        .enumerate()
        .map(|(index, turn)| {
            let text = |name: &str| turn.get(name).and_then(Value::as_str);
            match (text("role"), text("content")) {
                (Some(role), Some(content)) => Ok(Turn { role, content }),
                _ => Err(Refusal::bad_request(format!(
                    "Invalid context[{index}]: expected an object with the strings role and content"
                ))),
            }
        })
        .collect()
}

pub(crate) fn integer(
    text: Option<String>,
    name: &str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(value) if digits && (least..=most).contains(&value) => Ok(Some(value)),
        _ => {
            let reason = format!("Invalid {name}: expected an integer from {least} to {most}");
            Err(Refusal::bad_request(reason))
        }
    }
}

/// An RFC 3339 instant with `Z` or an offset.
pub(crate) fn instant(text: &str, name: &str) -> Result<Timestamp, Refusal> {
    let parsed = if text.contains(['[', ' ']) { None } else { text.parse().ok() };
    parsed.ok_or_else(|| {
        Refusal::bad_request(format!("Invalid {name}: expected an ISO 8601 time with Z or an offset"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_ascii_e164() {
        for good in ["+12", "+1234567890", "+123456789012345"] {
            assert!(phone(good).is_ok(), "{good}");
        }
        for bad in
            ["", "+", "+1", "12345", "+0123", "+1234567890123456", "+12a4", " +1234", "+١٢٣٤", "+1234\n"]
        {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_need_an_offset() {
        for good in ["2026-01-25T12:00:00Z", "2026-01-25T12:00:00.123456Z", "2026-01-25T14:00:00+02:00"] {
            assert!(instant(good, "since").is_ok(), "{good}");
        }
        for bad in
            ["", "yesterday", "2026-01-25", "2026-01-25T12:00:00", "2026-01-25T12:00:00 02:00", "1769342400"]
        {
            assert!(instant(bad, "since").is_err(), "{bad}");
        }
    }

    #[test]
    fn integers_stay_in_their_range() {
        let limit = |text: &str| integer(Some(text.into()), "limit", 1, 100).map(|limit| limit.unwrap()).ok();
        assert_eq!(limit("1"), Some(1));
        assert_eq!(limit("100"), Some(100));
        for bad in ["0", "101", "-1", "+5", "1.5", "", "ten", "99999999999999999999"] {
            assert_eq!(limit(bad), None, "{bad}");
        }
    }
}
