//! Results and errors as the JSON that vectors compare with.

use ava_imessage::{Error, Extra, GeneratedMessage, Message, MessagePage, PollPage, SentMessage, SkippedRow};
use serde_json::{Map, Value, json};

fn extra(extra: &Extra) -> Value {
    let members: Map<String, Value> =
        extra.iter().map(|(name, _)| (name.to_owned(), extra.get(name).unwrap_or_default())).collect();
    Value::Object(members)
}

fn skipped(rows: &[SkippedRow]) -> Value {
    rows.iter().map(|row| json!({"index": row.index, "reason": row.reason})).collect()
}

pub(crate) fn message(m: &Message) -> Value {
    json!({
        "id": m.id, "phone": m.phone, "text": m.text, "direction": m.direction.as_str(),
        "timestamp": m.timestamp.to_string(), "status": m.status.as_str(), "extra": extra(&m.extra),
    })
}

fn messages(all: &[Message]) -> Value {
    all.iter().map(message).collect()
}

pub(crate) fn sent(s: &SentMessage) -> Value {
    json!({
        "message_id": s.message_id, "timestamp": s.timestamp.to_string(),
        "confirmation": s.confirmation.as_str(), "extra": extra(&s.extra),
    })
}

pub(crate) fn page(p: &MessagePage) -> Value {
    json!({
        "messages": messages(&p.messages), "total": p.total, "limit": p.limit, "offset": p.offset,
        "skipped": skipped(&p.skipped), "extra": extra(&p.extra),
    })
}

pub(crate) fn poll(p: &PollPage) -> Value {
    json!({
        "messages": messages(&p.messages), "count": p.count, "has_more": p.has_more,
        "skipped": skipped(&p.skipped), "extra": extra(&p.extra),
    })
}

pub(crate) fn generated(g: &GeneratedMessage) -> Value {
    json!({
        "text": g.text, "message_id": g.message_id, "sent": g.sent, "timestamp": g.timestamp.to_string(),
        "extra": extra(&g.extra),
    })
}

pub(crate) fn error(e: &Error) -> Value {
    json!({
        "code": e.code(), "number": e.kind().number(), "status": e.status(),
        "delivery": e.delivery().map(|delivery| delivery.as_str()), "request_id": e.request_id(),
        "retry_after_ms": e.retry_after().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        "message": e.message(), "body": e.body(), "message_id": e.message_id(),
        "has_attempt": e.attempt().is_some(), "cause": e.cause().map(error),
    })
}
