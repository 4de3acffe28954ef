"""What stands for something else in a vector: ``${…}``, ``$repeat`` and ``$range``."""

from __future__ import annotations

import re
from typing import Any


def expand(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\$\{(.*?)\}", lambda match: names[match[1]], value)
    if isinstance(value, list):
        return [expand(item, names) for item in value]
    if isinstance(value, dict):
        if any(name.startswith("$") for name in value):
            return _generated(value)
        return {name: expand(member, names) for name, member in value.items()}
    return value


def _generated(value: dict[str, Any]) -> Any:
    if list(value) == ["$repeat"] and set(value["$repeat"]) == {"text", "times"}:
        of = value["$repeat"]
        return of["text"] * of["times"]
    if list(value) == ["$range"] and set(value["$range"]) == {"prefix", "from", "to"}:
        of = value["$range"]
        step = 1 if of["from"] <= of["to"] else -1
        return [f"{of['prefix']}{number}" for number in range(of["from"], of["to"] + step, step)]
    raise AssertionError(f"unknown, or with unknown members: {value}")
