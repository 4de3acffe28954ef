"""What held, a line each, for docs/conformance.md: appended to the file that ``AVA_CONFORMANCE_OUT`` names."""

from __future__ import annotations

import json
import os


def record(face: str, what: str, name: str, passed: bool) -> None:
    """Says of something, a ``vector`` or an ``error``, whether it holds through a face."""
    path = os.environ.get("AVA_CONFORMANCE_OUT")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"face": face, what: name, "passed": passed}) + "\n")
