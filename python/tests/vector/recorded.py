"""Whether the sandbox got the requests that a vector expects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .expect import assign, known

if TYPE_CHECKING:
    from ava_imessage.testing import Sandbox


def check(vector: dict[str, Any], sandbox: Sandbox) -> None:
    until = time.monotonic() + 1
    requests = sandbox.requests
    while any(request["outcome"] == "pending" for request in requests) and time.monotonic() < until:
        time.sleep(0.01)
        requests = sandbox.requests
    seen = [f"{r['method']} {r['path']}?{r['query']} {r['outcome']}" for r in requests]
    for before, request in zip([None, *requests], requests):
        gap = 0 if before is None else request["received_at_ms"] - before["received_at_ms"]
        request["gap_ms"] = max(0, gap)
    if "expect_requests" in vector:
        try:
            assign(vector["expect_requests"], requests, vector.get("requests_any_order", False), _fit)
        except AssertionError as reason:
            raise AssertionError(f"requests: {reason} in {seen}") from None
    if "expect_posts" in vector:
        posts = [r for r in requests if (r["method"], r["path"]) == ("POST", "/api/send")]
        assert len(posts) == vector["expect_posts"], seen
    if "script" in vector:
        state = sandbox.script_state()
        assert state["unmatched"] == 0, seen
        assert state["remaining"] == 0 or vector.get("unused_ok"), f"{state}: not all was used: {seen}"


def _fit(expected: dict[str, Any], request: dict[str, Any]) -> None:
    known(expected, {"method", "path", "query", "raw_query", "json", "headers", "outcome", "min_gap_ms"})
    for name in ("method", "path", "outcome", "json"):
        if name in expected:
            assert request[name] == expected[name], f"{name}: {expected[name]!r} expected, {request[name]!r} there"
    if "query" in expected:
        query = dict(parse_qsl(request["query"] or "", keep_blank_values=True))
        assert query == expected["query"], query
    if "raw_query" in expected:
        assert request["query"] == expected["raw_query"], request["query"]
    for name, value in expected.get("headers", {}).items():
        assert request["headers"].get(name.lower()) == value, f"{name}: {request['headers'].get(name.lower())!r}"
    if "min_gap_ms" in expected:
        assert request["gap_ms"] >= expected["min_gap_ms"], request["gap_ms"]
