"""The README's blocks run as they stand there, against a sandbox that answers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ava_imessage.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(echo_after=0.2, api_key="sk_sandbox") as sandbox:
        yield sandbox


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"block {BLOCKS.index(block) + 1}")
def test_a_block_runs(block: str, sandbox: Sandbox, tmp_path: Path) -> None:
    program = tmp_path / "test_program.py"
    program.write_text(block, encoding="utf-8")
    command = [sys.executable, "-W", "error", str(program)]
    if "def test_" in block:
        command[3:3] = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "AVA_BASE_URL": sandbox.base_url, "AVA_API_KEY": sandbox.api_key}
    environment.pop("PYTEST_ADDOPTS", None)
    running = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if "listen(" in block:
        # It listens until somebody presses Ctrl-C, and has then answered what the other side echoed.
        deadline = time.monotonic() + 30
        while len([row for row in sandbox.messages if row["direction"] == "outbound"]) < 3:
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < deadline, sandbox.messages
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    if "listen(" in block and "KeyboardInterrupt" not in block:
        assert err.rstrip().endswith("KeyboardInterrupt"), err
    else:
        assert (running.returncode, err) == (0, ""), out


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 6
    assert len(BLOCKS[0].splitlines()) <= 10, "ten lines"
