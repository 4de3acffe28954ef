"""What calls give is frozen, comparable, hashable, picklable, and keeps quiet in ``repr()``."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ava_imessage import (
    Attempt,
    Confirmation,
    Gap,
    GeneratedMessage,
    InvalidRequestError,
    Message,
    MessagePage,
    PollPage,
    SentMessage,
    SkippedRow,
    Token,
    Turn,
)

if TYPE_CHECKING:
    from ava_imessage.testing import Sandbox

TIME = datetime(2026, 1, 25, 12, 0, 0, 250000, tzinfo=timezone.utc)
ROW = Message("msg_1", "+15550001111", "canary", "inbound", TIME, "received", {"reaction": {"kind": [1, 2.5, None]}})
SKIPPED = SkippedRow(3, "no `id`", '{"message":"canary"}')

VALUES = [
    ROW,
    SKIPPED,
    SentMessage("msg_2", TIME, "history"),
    GeneratedMessage("canary", "msg_3", False, TIME, {"model": "a"}),
    MessagePage([ROW], 1, 50, 0, [SKIPPED]),
    PollPage([ROW], 1, True),
    Gap(TIME, TIME + timedelta(hours=1)),
    Turn.user("canary"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_a_value(value: Any) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert copy == value
    assert hash(copy) == hash(value)
    assert value != object()
    assert len({value, copy}) == 1
    assert "canary" not in repr(value)
    assert "5550001111" not in repr(value)
    assert repr(value).startswith(type(value).__name__ + "(")
    with pytest.raises(AttributeError):
        setattr(value, type(value).__match_args__[0], "other")
    with pytest.raises(AttributeError):
        value.something = 1
    assert type(value).__module__ == "ava_imessage"
    assert type(value).__doc__
    for name in type(value).__match_args__:
        getattr(value, name)


#: As a service may write it: members of any order, and numbers and characters in another form than Python's.
FURTHER = r'"z": { "b" : [1.50, 1e2, 9007199254740993],  "a" : "x\u00e9 \ud83d" }, "k": null'
WIRE_TIME = "2026-01-25T12:00:00.123456789Z"
WIRE_ROW = (
    f'{{"id": "msg_1", "phone": "{ROW.phone}", "message": "canary", "direction": "inbound", '
    f'"timestamp": "{WIRE_TIME}", "status": "received", {FURTHER}}}'
)
WIRE = {
    "send": f'{{"success": true, "message_id": "msg_1", "status": "sent", "timestamp": "{WIRE_TIME}", {FURTHER}}}',
    "generate": f'{{"success": true, "generated_message": "canary", "message_id": "msg_1", "sent": false, '
    f'"timestamp": "{WIRE_TIME}", {FURTHER}}}',
    "messages": f'{{"success": true, "messages": [{WIRE_ROW}], "total": 1, "limit": 50, "offset": 0, {FURTHER}}}',
    "poll": f'{{"success": true, "messages": [{WIRE_ROW}], "count": 1, "has_more": false, {FURTHER}}}',
}


def test_what_came_over_the_wire_equals_its_copy(ava_sandbox: Sandbox) -> None:
    ava_sandbox.script([{"text": text} for text in WIRE.values()])
    with ava_sandbox.client() as client:
        sent = client.send(ROW.phone, "canary")
        generated = client.generate(ROW.phone, [Turn.user("Hi!")])
        page = client.messages_page(ROW.phone)
        poll = client.poll()
    for value in (sent, generated, page, poll, page.messages[0]):
        copy = pickle.loads(pickle.dumps(value))
        assert "z" in value.extra, value
        assert copy == value, value
        assert hash(copy) == hash(value)
        assert copy.extra == value.extra
    other = SentMessage(sent.message_id, sent.timestamp, sent.confirmation, {**sent.extra, "k": 1})
    assert other != sent


def test_members() -> None:
    assert (ROW.id, ROW.phone, ROW.text, ROW.direction) == ("msg_1", "+15550001111", "canary", "inbound")
    assert (ROW.timestamp, ROW.status) == (TIME, "received")
    assert ROW.timestamp.utcoffset() == timedelta(0)
    assert ROW.extra["reaction"] == {"kind": [1, 2.5, None]}
    with pytest.raises(TypeError):
        ROW.extra["other"] = 1  # type: ignore[index]
    assert dict(VALUES[2].extra) == {}
    sent = VALUES[2]
    assert sent.confirmation is Confirmation.HISTORY
    assert str(sent.confirmation) == "history" == sent.confirmation
    assert sent != SentMessage("msg_2", TIME, Confirmation.RESPONSE)
    assert Turn("critic", "x").role == "critic"
    assert Turn.assistant("x") == Turn("assistant", "x")


def test_naive_times_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="^start: "):
        Gap(datetime(2026, 1, 1), TIME)
    with pytest.raises(ValueError, match="^expires_at: "):
        Token("t", expires_at=datetime(2026, 1, 1))
    with pytest.raises(TypeError):
        Gap("2026-01-01", TIME)  # type: ignore[arg-type]


def test_far_away_times() -> None:
    for time in (datetime(1, 1, 1, tzinfo=timezone.utc), datetime(9999, 1, 1, tzinfo=timezone.utc)):
        assert Gap(time, time).start == time
    east = timezone(timedelta(hours=13))
    assert Gap(datetime(2026, 1, 2, 1, tzinfo=east), TIME).start == datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def test_a_token_hides_itself() -> None:
    assert "secret" not in repr(Token("secret", expires_in=60))
    with pytest.raises(ValueError, match="expires_in"):
        Token("secret", expires_in=-1)


def test_what_is_no_attempt_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="^attempt: not the text of an attempt$") as caught:
        Attempt.from_json('{"text": "canary"}')
    assert isinstance(caught.value, ValueError)
