"""The model that peers without models get: what a careful caller writes by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A message."""

    id: str
    phone: str
    text: str
    direction: str
    timestamp: datetime
    status: str

    @classmethod
    def of(cls, row: dict[str, Any]) -> Row:
        """From the wire."""
        return cls(
            row["id"],
            row["phone"],
            row["message"],
            row["direction"],
            datetime.fromisoformat(row["timestamp"]),
            row["status"],
        )
