"""What calls give is frozen, comparable, hashable, picklable, and keeps quiet in ``repr()``."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ava_imessage import (
    Attempt,
    Confirmation,
    Gap,
    GeneratedMessage,
    Message,
    MessagePage,
    PollPage,
    SentMessage,
    SkippedRow,
    Token,
    Turn,
)

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
    with pytest.raises(ValueError, match="^not an attempt$"):
        Attempt.from_json('{"text": "canary"}')
