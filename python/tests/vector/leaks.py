"""Neither keys, nor texts, nor full phone numbers may stand in the log, in ``repr()`` or in ``str()``."""

from __future__ import annotations

import logging
from typing import Any

CANARY = "canary"
SHORTEST = 6


class Leaks(logging.Handler):
    """What must not be seen, and what was to be seen."""

    def __init__(self, *secrets: str) -> None:
        super().__init__(logging.DEBUG)
        self.forbidden = {CANARY, *secrets}
        self.lines: set[str] = set()
        self.logged = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.logged += 1
        self.lines.add(record.getMessage())

    def saw(self, value: object) -> None:
        self.lines.update((repr(value), str(value)))

    def forbid(self, value: Any, name: str = "") -> None:
        if isinstance(value, str):
            phone = value[1:] if value[:1] == "+" and value[1:].isdigit() else None
            private = name in ("text", "content", "instructions", "api_key", "token", "tokens")
            secret = phone or (value if private else "")
            if len(secret) >= SHORTEST and "${" not in secret:
                self.forbidden.add(secret)
        elif isinstance(value, list):
            for item in value:
                self.forbid(item, name)
        elif isinstance(value, dict):
            for member, inner in value.items():
                # What a vector expects may quote what the service said.
                if member not in ("expect", "expect_requests", "script"):
                    self.forbid(inner, member)

    def check(self) -> None:
        assert self.logged > 0, "the log was not captured"
        text = "\n".join(self.lines)
        for secret in self.forbidden:
            if secret in text:
                found = [line for line in self.lines if secret in line]
                raise AssertionError(f"leaked {secret!r}: {found[0]}")
