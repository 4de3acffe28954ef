//! The wire, decoded once, here: JSON bodies into the types of [`crate::model`].

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::{Direction, Extra, GeneratedMessage, Message, MessagePage, PollPage, SkippedRow, Status};
use crate::redact;

/// Declares the members of a JSON object, all optional, and keeps the unnamed ones as [`Extra`].
macro_rules! wire_object {
    ($name:ident $(<$generic:ident>)? { $($field:ident: $type:ty = $wire:literal,)* }) => {
        struct $name $(<$generic>)? {
            $($field: Option<$type>,)*
            extra: Extra,
        }

        impl<'de $(, $generic: Deserialize<'de>)?> Deserialize<'de> for $name $(<$generic>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object $(<$generic>(std::marker::PhantomData<$generic>))?;
                impl<'de $(, $generic: Deserialize<'de>)?> Visitor<'de> for Object $(<$generic>)? {
                    type Value = $name $(<$generic>)?;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        $(let mut $field = None;)*
                        let mut extra = Vec::new();
                        while let Some(key) = map.next_key::<Key<'de>>()? {
                            match &*key.0 {
                                $($wire => $field = map.next_value()?,)*
                                _ => extra.push((key.0.into(), map.next_value::<Box<RawValue>>()?)),
                            }
                        }
                        Ok($name { $($field,)* extra: Extra(extra) })
                    }
                }
                deserializer.deserialize_map(wire_object!(@object Object $($generic)?))
            }
        }
    };
    (@object $object:ident) => { $object };
    (@object $object:ident $generic:ident) => { $object(std::marker::PhantomData::<$generic>) };
}

/// A member's name, borrowed where JSON escapes allow.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// An RFC 3339 time on the wire.
struct Time(Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Time)
    }
}

wire_object!(Row {
    id: String = "id",
    phone: String = "phone",
    message: String = "message",
    direction: Direction = "direction",
    timestamp: Time = "timestamp",
    status: Status = "status",
});

wire_object!(Send {
    success: serde_json::Value = "success",
    message_id: serde_json::Value = "message_id",
    timestamp: serde_json::Value = "timestamp",
});

wire_object!(History<Rows> {
    success: bool = "success",
    messages: Rows = "messages",
    total: u64 = "total",
    limit: u64 = "limit",
    offset: u64 = "offset",
});

wire_object!(Poll<Rows> {
    success: bool = "success",
    messages: Rows = "messages",
    count: u64 = "count",
    has_more: bool = "has_more",
});

wire_object!(Generated {
    success: bool = "success",
    generated_message: String = "generated_message",
    message_id: String = "message_id",
    sent: bool = "sent",
    timestamp: Time = "timestamp",
});

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn missing<E: serde::de::Error>(name: &'static str) -> impl Fn() -> E {
            move || E::missing_field(name)
        }
        let row = Row::deserialize(deserializer)?;
        let id = row.id.ok_or_else(missing("id"))?;
        if id.is_empty() {
            return Err(serde::de::Error::custom("empty `id`"));
        }
        Ok(Message {
            id,
            phone: row.phone.ok_or_else(missing("phone"))?,
            text: row.message.ok_or_else(missing("message"))?,
            direction: row.direction.ok_or_else(missing("direction"))?,
            timestamp: row.timestamp.ok_or_else(missing("timestamp"))?.0,
            status: row.status.ok_or_else(missing("status"))?,
            extra: row.extra,
        })
    }
}

/// Why a successful answer is of no use.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// `success` is `false`.
    Rejected,
    /// It isn't what the API documents; the reason names no value of it.
    Undocumented(String),
}

impl Unusable {
    fn missing(name: &str) -> Unusable {
        Unusable::Undocumented(format!("the answer has no `{name}`"))
    }
}

type Decoded<T> = Result<T, Unusable>;

/// What a 2xx answer of a send says.
pub(crate) struct Accepted {
    pub(crate) message_id: String,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) extra: Extra,
}

/// *Send Message*: a message id means sent, whatever else is missing; `success: false` means rejected.
pub(crate) fn send(body: &[u8]) -> Decoded<Accepted> {
    let sent: Send = json(&mended(body))?;
    if sent.success == Some(serde_json::Value::Bool(false)) {
        return Err(Unusable::Rejected);
    }
    match sent.message_id {
        Some(serde_json::Value::String(message_id)) if !message_id.is_empty() => Ok(Accepted {
            message_id,
            timestamp: sent.timestamp.as_ref().and_then(|t| t.as_str()?.parse().ok()),
            extra: sent.extra,
        }),
        _ => Err(Unusable::missing("message_id")),
    }
}

/// *Get Messages*: `limit` and `offset` default to what was asked.
pub(crate) fn history(body: &[u8], limit: u64, offset: u64) -> Decoded<MessagePage> {
    let text = mended(body);
    let (page, skipped) = match serde_json::from_str::<History<Vec<Message>>>(&text) {
        Ok(page) => (page, Vec::new()),
        Err(_) => {
            let page: History<Vec<Box<RawValue>>> = json(&text)?;
            let History { success, messages, total, limit, offset, extra } = page;
            let (messages, skipped) = messages.map(sift).unzip();
            (History { success, messages, total, limit, offset, extra }, skipped.unwrap_or_default())
        }
    };
    accepted(page.success)?;
    Ok(MessagePage {
        messages: page.messages.ok_or_else(|| Unusable::missing("messages"))?,
        total: page.total.ok_or_else(|| Unusable::missing("total"))?,
        limit: page.limit.unwrap_or(limit),
        offset: page.offset.unwrap_or(offset),
        skipped,
        extra: page.extra,
    })
}

/// *Receive Messages*: `count` defaults to the number of rows; `has_more` has no safe default.
pub(crate) fn poll(body: &[u8]) -> Decoded<PollPage> {
    let text = mended(body);
    let (page, skipped) = match serde_json::from_str::<Poll<Vec<Message>>>(&text) {
        Ok(page) => (page, Vec::new()),
        Err(_) => {
            let page: Poll<Vec<Box<RawValue>>> = json(&text)?;
            let Poll { success, messages, count, has_more, extra } = page;
            let (messages, skipped) = messages.map(sift).unzip();
            (Poll { success, messages, count, has_more, extra }, skipped.unwrap_or_default())
        }
    };
    accepted(page.success)?;
    let messages = page.messages.ok_or_else(|| Unusable::missing("messages"))?;
    Ok(PollPage {
        count: page.count.unwrap_or((messages.len() + skipped.len()) as u64),
        messages,
        has_more: page.has_more.ok_or_else(|| Unusable::missing("has_more"))?,
        skipped,
        extra: page.extra,
    })
}

/// *Generate Message with AVA*.
pub(crate) fn generated(body: &[u8]) -> Decoded<GeneratedMessage> {
    let answer: Generated = json(&mended(body))?;
    accepted(answer.success)?;
    Ok(GeneratedMessage {
        text: answer.generated_message.ok_or_else(|| Unusable::missing("generated_message"))?,
        message_id: answer.message_id.ok_or_else(|| Unusable::missing("message_id"))?,
        sent: answer.sent.ok_or_else(|| Unusable::missing("sent"))?,
        timestamp: answer.timestamp.ok_or_else(|| Unusable::missing("timestamp"))?.0,
        extra: answer.extra,
    })
}

fn accepted(success: Option<bool>) -> Decoded<()> {
    if success == Some(false) { Err(Unusable::Rejected) } else { Ok(()) }
}

/// A replacement character in one text beats losing the page. It is looked at once, whole, which takes a fraction of
/// what serde_json needs to look at each string.
fn mended(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        // Slower by far, which is why it isn't asked first.
        Err(_) => String::from_utf8_lossy(body),
    }
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Decoded<T> {
    serde_json::from_str(text).map_err(|error| Unusable::Undocumented(explain(&error)))
}

fn sift(rows: Vec<Box<RawValue>>) -> (Vec<Message>, Vec<SkippedRow>) {
    let (mut messages, mut skipped) = (Vec::with_capacity(rows.len()), Vec::new());
    for (index, row) in rows.into_iter().enumerate() {
        match serde_json::from_str::<Message>(row.get()) {
            Ok(message) => messages.push(message),
            Err(error) => {
                skipped.push(SkippedRow { index, reason: explain(&error), raw: row.get().to_owned() });
            }
        }
    }
    (messages, skipped)
}

/// Says what is wrong without quoting the answer: serde's own words may hold values of it.
fn explain(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("the JSON ends early, at line {line} column {column}"),
        Category::Syntax | Category::Io => format!("not JSON, at line {line} column {column}"),
        Category::Data => {
            let words = error.to_string();
            match words.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
                Some((name, _)) => format!("no `{name}`"),
                None => format!("a member of the wrong type or form, at line {line} column {column}"),
            }
        }
    }
}

/// The words for people in an error answer: `{"error": "…"}`, `{"error": {"message": "…"}}`,
/// `{"message": "…"}`, `{"detail": "…"}` or plain text; HTML says nothing to people.
pub(crate) fn error_text(body: &str) -> Option<String> {
    let trimmed = body.trim().trim_start_matches('\u{feff}');
    if !is_for_people(trimmed) {
        return None;
    }
    let words = match serde_json::from_str::<serde_json::Value>(trimmed) {
        Ok(serde_json::Value::Object(object)) => ["error", "message", "detail"].iter().find_map(|name| {
            let value = object.get(*name)?;
            let nested =
                || ["message", "detail", "error"].iter().find_map(|inner| value.get(*inner)?.as_str());
            value.as_str().or_else(nested).map(str::to_owned)
        }),
        Ok(serde_json::Value::String(text)) => Some(text),
        Ok(_) => None,
        Err(_) if trimmed.starts_with(['{', '[']) => None,
        Err(_) => Some(trimmed.to_owned()),
    };
    words.filter(|text| is_for_people(text))
}

/// By what of it will be shown: controls and invisible characters aren't, before a tag or alone.
fn is_for_people(text: &str) -> bool {
    let shown = redact::fold(text);
    !shown.is_empty() && !looks_like_html(&shown)
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    start.starts_with('<')
        || start.contains("<html")
        || start.contains("<!doctype")
        || start.contains("<body")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"id":"m1","phone":"+15550001111","message":"hi","direction":"inbound","timestamp":"2026-01-25T12:00:00Z","status":"received"}"#;

    #[test]
    fn a_bad_row_costs_only_itself() {
        let body = format!(
            r#"{{"success":true,"messages":[{ROW},{{"id":7}},null,{{"id":"x","message":"\ud83d"}}],"count":4,"has_more":false}}"#
        );
        let page = poll(body.as_bytes()).unwrap();
        assert_eq!(page.messages.len(), 1);
        assert_eq!(page.skipped.iter().map(|row| row.index).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(page.skipped[1].raw, "null");
    }

    #[test]
    fn unknown_members_stay_readable() {
        let body =
            ROW.replace("\"id\"", "\"reaction\":{\"kind\":[1,2]},\"id\"").replace("inbound", "sideways");
        let message: Message = serde_json::from_str(&body).unwrap();
        assert_eq!(message.direction, Direction::Other("sideways".into()));
        assert_eq!(message.extra.get("reaction").unwrap()["kind"][1], 2);
        assert!(message.extra.get("none").is_none());
    }

    #[test]
    fn bytes_that_are_not_utf8_cost_a_character() {
        let mut body = format!(r#"{{"messages":[{ROW}],"has_more":false}}"#).into_bytes();
        let at = body.windows(2).position(|w| w == b"hi").unwrap();
        body[at] = 0xff;
        assert_eq!(poll(&body).unwrap().messages[0].text, "\u{fffd}i");
    }

    #[test]
    fn a_send_needs_only_an_id() {
        assert_eq!(send(br#"{"message_id":"m","timestamp":5}"#).unwrap().message_id, "m");
        assert!(matches!(send(br#"{"success":false,"message_id":"m"}"#), Err(Unusable::Rejected)));
        assert!(matches!(send(br#"{"success":true,"message_id":""}"#), Err(Unusable::Undocumented(_))));
    }

    #[test]
    fn words_for_people() {
        let cases = [
            (r#"{"error":"a"}"#, Some("a")),
            (r#"{"error":{"message":"b"}}"#, Some("b")),
            (r#"{"message":"c"}"#, Some("c")),
            (r#"{"detail":"d"}"#, Some("d")),
            ("plain", Some("plain")),
            ("<html><body>502</body></html>", None),
            ("  <!DOCTYPE html>", None),
            (r#"{"error":7}"#, None),
            ("{broken", None),
            ("", None),
        ];
        for (body, words) in cases {
            assert_eq!(error_text(body).as_deref(), words, "{body}");
        }
    }
}
