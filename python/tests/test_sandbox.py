"""The helper for users' tests."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from conftest import Program


KILLED = """
import os, signal
from ava_imessage.testing import Sandbox

sandbox = Sandbox(settings={"history_order": "newest_first"})
assert sandbox.control("GET", "settings")["history_order"] == "newest_first"
print(sandbox.base_url, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_sandbox_ends_with_its_process_even_if_that_is_killed(program: Program) -> None:
    with program.start(KILLED, stderr=2) as running:
        assert running.stdout is not None
        url = urlsplit(running.stdout.readline().strip())
        assert running.wait(20) == -signal.SIGKILL
    assert url.port is not None

    def gone() -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", url.port)) != 0

    until = time.monotonic() + 20
    while not gone():
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.01)
