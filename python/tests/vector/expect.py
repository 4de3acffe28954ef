"""Whether an outcome is the one that a vector expects."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Callable

EXACT = {
    "code",
    "number",
    "status",
    "delivery",
    "request_id",
    "retry_after_ms",
    "message",
    "message_id",
    "has_attempt",
}


def outcome(expected: dict[str, Any], actual: Any) -> None:
    """``actual`` is ``{"result"}``, ``{"error"}``, or a list of these."""
    known(expected, {"result", "error", "any_order"})
    assert ("result" in expected) != ("error" in expected), "give either result or error"
    if isinstance(actual, list):
        assert "result" in expected, f"not of the kind expected: {actual}"
        assign(expected["result"], actual, expected.get("any_order", False), outcome)
        return
    assert "any_order" not in expected, "any_order is for parallel"
    if "error" in expected:
        assert "error" in actual, f"an error expected: {actual}"
        error(expected["error"], actual["error"], "error")
        return
    assert "result" in actual, f"a result expected: {actual}"
    wanted, there = expected["result"], actual["result"]
    failure = there.get("error") if isinstance(there, dict) else None
    if failure is not None:
        assert isinstance(wanted, dict), f"not expected: {failure}"
        assert "error" in wanted, f"not expected: {failure}"
        error(wanted["error"], failure, "result.error")
        wanted = {name: value for name, value in wanted.items() if name != "error"}
    part(wanted, there, "result")


def part(wanted: Any, actual: Any, path: str) -> None:
    if isinstance(wanted, dict) and isinstance(actual, dict):
        for name, value in wanted.items():
            assert name in actual, f"{path}.{name}: not there"
            part(value, actual[name], f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(actual, list):
        assert len(wanted) == len(actual), f"{path}: {len(wanted)} expected, {len(actual)} there: {actual}"
        for i, (one, other) in enumerate(zip(wanted, actual)):
            part(one, other, f"{path}[{i}]")
    else:
        assert wanted == actual, f"{path}: {wanted!r} expected, {actual!r} there"
        assert type(wanted) is type(actual), f"{path}: {wanted!r} expected, {actual!r} there"


def error(wanted: dict[str, Any], actual: dict[str, Any] | None, path: str) -> None:
    assert actual is not None, f"{path}: there is none"
    for name, value in wanted.items():
        where = f"{path}.{name}: {value!r} expected, in {actual}"
        words = [value] if isinstance(value, str) else value
        if name in EXACT:
            assert actual[name] == value, where
        elif name in ("message_contains", "message_excludes", "body_contains"):
            assert words, where
            text = (actual["body"] if name == "body_contains" else actual["message"]) or ""
            for word in words:
                assert (word in text) != (name == "message_excludes"), where
        elif name == "cause" and value is None:
            assert actual["cause"] is None, where
        elif name == "cause":
            error(value, actual["cause"], f"{path}.cause")
        else:
            raise AssertionError(f"{path}.{name}: no member of an error")


def always(seen: dict[str, Any]) -> None:
    """What holds of every error, whatever a vector says of it."""
    message = seen["message"]
    assert message, "a message is one line of words"
    assert "\n" not in message, message
    assert "\r" not in message, message
    assert "<html" not in message.lower(), message
    if seen["cause"] is not None:
        always(seen["cause"])


def assign(wanted: list[Any], all_: list[Any], any_order: bool, fit: Callable[[Any, Any], None]) -> None:
    """Whether each of ``wanted`` has one of ``all_`` for itself, in order or in any order."""
    assert len(wanted) == len(all_), f"{len(wanted)} expected, {len(all_)} there: {all_}"
    reasons = []
    for order in permutations(all_) if any_order else [all_]:
        try:
            for one, other in zip(wanted, order):
                fit(one, other)
            return
        except AssertionError as reason:
            reasons.append(str(reason))
    raise AssertionError("; ".join(reasons[:6]))


def known(given: dict[str, Any], names: set[str]) -> None:
    unknown = set(given) - names
    assert not unknown, f"unknown members: {sorted(unknown)}"
