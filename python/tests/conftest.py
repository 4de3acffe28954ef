"""What all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from ava_imessage.testing import Sandbox

PHONE = "+15550001111"


class Program:
    """Runs Python code in a process of its own, against the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "AVA_BASE_URL": self.sandbox.base_url,
            "AVA_API_KEY": self.sandbox.api_key,
            # Python warns of forks with threads; that they work is what is tested.
            "PYTHONWARNINGS": "ignore:This process:DeprecationWarning",
        }

    def start(self, code: str, *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return self._start(["-c", code, *arguments], subprocess.PIPE, stderr)

    def start_module(
        self, name: str, *arguments: str, cwd: Path, output: IO[str] | int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        """As ``python -m name`` does, in that folder."""
        return self._start(["-m", name, *arguments], output, output, cwd)

    def _start(
        self, arguments: list[str], stdout: IO[str] | int, stderr: IO[str] | int, cwd: Path | None = None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )

    def run(self, code: str, *arguments: str, timeout: float = 60) -> str:
        """Its output. It must end with 0 and say nothing on stderr."""
        with self.start(code, *arguments) as program:
            try:
                out, err = program.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                program.kill()
                out, err = program.communicate()
                raise AssertionError(f"it hangs; so far: {out}{err}") from None
        assert program.returncode == 0, f"ended with {program.returncode}: {out}{err}"
        assert err == "", err
        return out


def wait_until(holds: object, seconds: float = 5) -> None:
    assert callable(holds)
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)


@pytest.fixture
def program(ava_sandbox: Sandbox) -> Program:
    return Program(ava_sandbox)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scale", type=float, default=1.0, help="how much larger the fault tests are than in CI")


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> float:
    value: float = request.config.getoption("--scale")
    return value
