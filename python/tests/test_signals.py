"""Signals that come in the middle of a call, and what is still told of it, at the end of the program too."""

from __future__ import annotations

import signal
import statistics
import sys
import time

import pytest

from conftest import Program, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals there")


INTERRUPTED = """
import signal, sys, time
from ava_imessage import AvaClient
client = AvaClient()
client.poll()
print("ready", flush=True)
for line in sys.stdin:
    print("calling", flush=True)
    try:
        client.poll(timeout=30)
        print("ended", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_returns_at_once(program: Program, scale: float) -> None:
    """Each long before the server would answer, and most within 250 ms; a busy machine may be late now and then."""
    late: list[float] = []
    with program.start(INTERRUPTED, stderr=2) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        program.sandbox.fault("poll", times=None, delay_ms=30_000)
        for number in range(int(50 * scale)):
            running.stdin.write("go\n")
            running.stdin.flush()
            assert running.stdout.readline() == "calling\n"
            time.sleep(0.02 + 0.002 * (number % 30))
            began = time.monotonic()
            running.send_signal(signal.SIGINT)
            assert running.stdout.readline() == "interrupted\n"
            late.append(time.monotonic() - began)
            assert late[-1] < 10, number
        # While the process lives: its end would close the connections too.
        wait_until(lambda: program.sandbox.state()["in_flight"] == 0)
        running.stdin.close()
        assert running.wait(20) == 0
    assert statistics.median(late) < 0.25, late


SIGNAL_BEFORE_THE_ANSWER = """
import os, signal, time
from ava_imessage import AvaClient, Token, _native
from ava_imessage.testing import Sandbox

class Alarm(Exception): pass
def ring(*_): raise Alarm
signal.signal(signal.SIGALRM, ring)
armed = []
with Sandbox() as sandbox:
    def provide():
        # The last thing before the request: the answer is there long before anybody looks for signals.
        if armed:
            armed.pop()
            signal.raise_signal(signal.SIGALRM)
        return Token(sandbox.api_key, expires_in=0)

    told, sent = [], []
    client = AvaClient(token_provider=provide, base_url=sandbox.base_url, on_unknown=told.append)
    for number in range(30):
        armed.append(1)
        try:
            client.send("+15550001111", f"{number}")
            sent.append(f"{number}")
        except Alarm:
            pass
    assert _native.flush_callbacks(5)
    known = sent + [attempt.text for attempt in told]
    print("untold", sorted({row["message"] for row in sandbox.messages} - set(known)))

    inbox = client.listen(interval=0.1)
    for number in range(30):
        sandbox.inbound("+15550001111", f"in {number}")
        armed.append(1)
        try:
            heard = next(inbox).text
        except Alarm:
            sandbox.inbound("+15550001111", f"after {number}")
            texts = {next(inbox).text, next(inbox).text}
            assert texts == {f"in {number}", f"after {number}"}
        else:
            assert heard == f"in {number}"
        armed.clear()
    print("all heard")
"""


def test_a_signal_just_before_the_answer_loses_nothing(program: Program) -> None:
    assert program.run(SIGNAL_BEFORE_THE_ANSWER) == "untold []\nall heard\n"


HOOKS_AT_EXIT = {
    "a function": """
from ava_imessage import AvaClient
def save(attempt):
    print("settled by", client.settle(attempt).confirmation, flush=True)
client = AvaClient(on_unknown=save)
try:
    client.send("+15550001111", "Hello", timeout=30)
except KeyboardInterrupt:
    pass
""",
    "a coroutine function": """
from ava_imessage import AsyncAvaClient, AvaClient
async def save(attempt):
    async with AsyncAvaClient() as other:
        print("settled by", (await other.settle(attempt)).confirmation, flush=True)
client = AvaClient(on_unknown=save)
try:
    client.send("+15550001111", "Hello", timeout=30)
except KeyboardInterrupt:
    pass
""",
}


@pytest.mark.parametrize("kind", list(HOOKS_AT_EXIT))
def test_a_hook_may_use_a_client_while_the_program_ends(program: Program, kind: str) -> None:
    """For longer than the last words may take, and so behind a gate that is closed."""
    program.sandbox.fault("send", delay_after_ms=30_000)
    program.sandbox.fault("messages", delay_ms=1500)
    with program.start(HOOKS_AT_EXIT[kind]) as running:
        wait_until(lambda: program.sandbox.messages, 20)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "settled by history\n", "")
