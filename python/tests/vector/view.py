"""Results and errors as the JSON that vectors compare with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ava_imessage import AvaError, GeneratedMessage, Message, MessagePage, PollPage, SentMessage

if TYPE_CHECKING:
    from datetime import datetime


def time(value: datetime) -> str:
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{value.microsecond:06}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def result(value: Any) -> Any:
    if value is None:
        return {}
    extra = json.loads(json.dumps(dict(value.extra)))
    if isinstance(value, Message):
        names = ("id", "phone", "text", "direction", "status")
        members = {name: getattr(value, name) for name in names}
        return {**members, "timestamp": time(value.timestamp), "extra": extra}
    if isinstance(value, SentMessage):
        return {
            "message_id": value.message_id,
            "timestamp": time(value.timestamp),
            "confirmation": str(value.confirmation),
            "extra": extra,
        }
    if isinstance(value, GeneratedMessage):
        return {
            "text": value.text,
            "message_id": value.message_id,
            "sent": value.sent,
            "timestamp": time(value.timestamp),
            "extra": extra,
        }
    assert isinstance(value, (MessagePage, PollPage))
    names = ("total", "limit", "offset") if isinstance(value, MessagePage) else ("count", "has_more")
    return {
        **{name: getattr(value, name) for name in names},
        "messages": [result(message) for message in value.messages],
        "skipped": [{"index": row.index, "reason": row.reason} for row in value.skipped],
        "extra": extra,
    }


def error(value: AvaError) -> dict[str, Any]:
    return {
        "code": value.code,
        "number": value.number,
        "status": value.status,
        "delivery": value.delivery,
        "request_id": value.request_id,
        "retry_after_ms": None if value.retry_after is None else round(value.retry_after * 1000),
        "message": value.message,
        "body": value.body,
        "message_id": value.message_id,
        "has_attempt": value.attempt is not None,
        "cause": error(value.cause) if isinstance(value.cause, AvaError) else None,
    }
