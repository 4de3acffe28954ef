"""``logging.getLogger("ava_imessage")``, and how the native module learns what it wants to hear.

``logging`` is dear to import, so that happens when the first client is made. A line is only made if its level is
wanted; it is handled on a thread of its own, so that a slow handler slows nobody down.
"""

from __future__ import annotations

import sys

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger

NAME = "ava_imessage"

_logger: Logger | None = None
_level = -1
#: Whoever takes it makes the logger: threads may make their first clients at the same time. A lock might be held by
#: another thread when the process forks.
_task = [NAME]


def begin() -> None:
    """Makes the logger, once."""
    global _level, _logger
    try:
        name = _task.pop()
    except IndexError:
        return
    import logging
    import os

    logger = logging.getLogger(name)
    logger.addHandler(logging.NullHandler())
    wanted = os.environ.get("AVA_LOG", "").strip().upper()
    wanted = {"WARN": "WARNING", "TRACE": "DEBUG"}.get(wanted, wanted)
    if wanted in ("DEBUG", "INFO", "WARNING", "ERROR"):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(wanted)
    _level = logger.getEffectiveLevel()
    _native.log_to(_handle, _level)
    _logger = logger


def refresh() -> None:
    """Tells the native module of another level, if there is one. Called before each call, so it is short."""
    global _level
    if _logger is not None:
        level = _logger.getEffectiveLevel()
        if level != _level:
            _level = level
            _native.set_log_level(level)


def _handle(level: int, time: float, message: str, fields: dict[str, object]) -> None:
    logger = _logger
    if logger is None or not logger.isEnabledFor(level):
        return
    words = "".join(f" {name}={value}" for name, value in fields.items())
    record = logger.makeRecord(logger.name, level, "ava_imessage", 0, message + words, (), None, extra={"ava": fields})
    record.created = time
    record.msecs = time % 1 * 1000
    logger.handle(record)


if "logging" in sys.modules:
    import logging as _imported

    _imported.getLogger(NAME).addHandler(_imported.NullHandler())
