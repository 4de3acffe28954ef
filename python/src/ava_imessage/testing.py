"""A sandbox for tests: the API on this machine, with a state behind it, and faults on demand.

    from ava_imessage.testing import Sandbox

    with Sandbox() as sandbox, sandbox.client() as client:
        client.send("+15550100142", "Hello?")
        assert sandbox.messages[0]["message"] == "Hello?"

It runs ``ava sandbox``, which comes with the package ``ava-imessage-cli`` (or stands on PATH). No message leaves the
machine. With pytest, the fixture ``ava_sandbox`` gives each test an empty one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sysconfig
import weakref
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from ava_imessage import AsyncAvaClient, AvaClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Any, Literal, Union

    from typing_extensions import Self

    Json = Union[None, bool, int, float, str, Sequence["Json"], Mapping[str, "Json"]]
    Operation = Literal["send", "messages", "poll", "generate", "any"]

__all__ = ["Sandbox", "SandboxError"]

#: Seconds it may take to start.
START_WITHIN = 30.0


class SandboxError(Exception):
    """The sandbox can't be started, or refuses what it was told; the words are its own."""


class Sandbox:
    """A sandbox in a process of its own, which ends with the ``with`` block, with :meth:`close`, or with Python.

    Its times follow a clock of its own (:meth:`clock`). ``docs/sandbox.md`` of the repository has every fault,
    script and setting.

    Args:
        echo_after: Answers every message with ``Echo: …`` after so many seconds. Default: nobody answers.
        settings: What it starts with, by the names of ``docs/sandbox.md``: ``{"history_order": "newest_first"}``.
        api_key: The made-up key to accept. Default: a new one.
        port: The port on 127.0.0.1. Default: a free one.
        command: The ``ava`` command. Default: the one installed beside this Python, else the one on PATH.

    Raises:
        SandboxError: It can't be started.
    """

    base_url: str
    """Where it is."""
    api_key: str
    """The key that it accepts."""

    def __init__(
        self,
        *,
        echo_after: float | None = None,
        settings: Mapping[str, Json] | None = None,
        api_key: str | None = None,
        port: int = 0,
        command: str | os.PathLike[str] | None = None,
    ) -> None:
        arguments = [os.fspath(command) if command else _command(), "--json", "sandbox", "--port", str(port)]
        arguments += ["--until-eof"]
        if api_key is not None:
            arguments += ["--api-key", api_key]
        if echo_after is not None:
            arguments += ["--echo", str(round(echo_after * 1000))]
        if settings is not None:
            arguments += ["--settings", "-"]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._end = weakref.finalize(self, _end, self._process, os.getpid())
        assert self._process.stdin is not None
        try:
            # The pipe stays open: it ends with this process, however that ends, and the sandbox with it.
            if settings is not None:
                self._process.stdin.write(json.dumps(settings).encode() + b"\n")
                self._process.stdin.flush()
        except OSError:
            pass  # It has ended, and says why on stderr.
        try:
            ready = json.loads(_line(self._process))
            self.base_url, self.api_key = ready["base_url"], ready["api_key"]
        except (ValueError, KeyError):
            self.close()
            raise SandboxError(f"{arguments[0]} sandbox did not start; what it said stands above") from None

    def client(self, **options: Any) -> AvaClient:
        """A client of this sandbox; ``options`` are :class:`~ava_imessage.AvaClient`'s."""
        return AvaClient(**self._options(options))

    def async_client(self, **options: Any) -> AsyncAvaClient:
        """An asyncio client of this sandbox; ``options`` are :class:`~ava_imessage.AsyncAvaClient`'s."""
        return AsyncAvaClient(**self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        options.setdefault("base_url", self.base_url)
        if options.get("token_provider") is None:
            options.setdefault("api_key", self.api_key)
        return options

    def inbound(
        self,
        phone: str,
        text: str,
        *,
        timestamp: datetime | None = None,
        id: str | None = None,
        visible_after: float | None = None,
    ) -> dict[str, Any]:
        """Lets a message arrive, and gives its row.

        Args:
            phone: From whom.
            text: What.
            timestamp: When, aware; now by the sandbox's clock.
            id: Its id; a new one.
            visible_after: So many seconds pass until it shows; 0.
        """
        message = {
            "phone": phone,
            "text": text,
            "timestamp": timestamp.isoformat() if timestamp else None,
            "id": id,
            "visible_after_ms": None if visible_after is None else round(visible_after * 1000),
        }
        row: dict[str, Any] = self.control("POST", "inbound", _given(message))
        return row

    def seed(self, phone: str, rows: int | Sequence[Mapping[str, Json]], **members: Json) -> list[dict[str, Any]]:
        """Fills a history: with so many numbered messages, the last one now, or with these rows
        (``{"text": …, "direction": "inbound", …}``). Gives them.
        """
        what: dict[str, Json] = {"phone": phone, **members}
        what["count" if isinstance(rows, int) else "rows"] = rows
        seeded: list[dict[str, Any]] = self.control("POST", "seed", what)["rows"]
        return seeded

    def fault(self, on: Operation = "any", *, times: int | None = 1, **members: Json) -> None:
        """Has the next ``times`` requests of a kind go wrong; ``None`` is until :meth:`clear_faults`.

        ``members`` say how: ``status=503``, ``drop="after"`` (the connection is closed, the effect stays),
        ``delay_ms=500``, ``retry_after="2"``, ``garbage=True``, …
        """
        self.control("POST", "faults", {"on": on, "times": times, **members})

    def clear_faults(self) -> None:
        """Takes back what :meth:`fault` said."""
        self.control("DELETE", "faults")

    def script(self, script: Sequence[Mapping[str, Json]] | Mapping[str, Json]) -> None:
        """Has it answer with exactly these responses, and nothing else."""
        self.control("POST", "script", script)

    def script_state(self) -> dict[str, Any]:
        """What was used of the script: ``{"remaining": …, "unmatched": …, "used": …}``."""
        state: dict[str, Any] = self.control("GET", "script")["state"]
        return state

    def settings(self, **changes: Json) -> dict[str, Any]:
        """Changes some settings, and gives all."""
        settings: dict[str, Any] = self.control("PATCH", "settings", changes)
        return settings

    def clock(
        self, *, now: datetime | None = None, advance: float | None = None, frozen: bool | None = None
    ) -> dict[str, Any]:
        """Sets the sandbox's clock, advances it by so many seconds, lets it stand still or go on. Gives its state.

        Rows, deliveries, lags and tokens follow it; delays of answers take real time.
        """
        change = {
            "now": now.isoformat() if now else None,
            "advance_ms": None if advance is None else round(advance * 1000),
            "frozen": frozen,
        }
        state: dict[str, Any] = self.control("POST", "clock", _given(change))
        return state

    def token(self, *, ttl: float, phones: Sequence[str] | None = None) -> str:
        """Issues a short-lived token that the sandbox takes for ``ttl`` seconds, for these phones or for all."""
        what: dict[str, Json] = {"ttl_ms": round(ttl * 1000), "phones": phones}
        token: str = self.control("POST", "tokens", _given(what))["token"]
        return token

    def expire_tokens(self) -> None:
        """Every token so far answers 401 from now on."""
        self.control("POST", "tokens/expire")

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message it has, in the wire's names (the text is ``message``)."""
        messages: list[dict[str, Any]] = self.state()["messages"]
        return messages

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The requests it got, oldest first: ``method``, ``path``, ``query``, ``headers``, ``body``, ``json``,
        ``outcome``, …
        """
        requests: list[dict[str, Any]] = self.control("GET", "requests")
        return requests

    def state(self) -> dict[str, Any]:
        """All that it knows."""
        state: dict[str, Any] = self.control("GET", "state")
        return state

    def reset(self) -> None:
        """Everything is as at the start again."""
        self.control("POST", "reset")

    def control(self, method: str, path: str, body: Json = None) -> Any:
        """A request to the control plane, ``/_sandbox/`` before its path; gives the answer's JSON.

        Raises:
            SandboxError: It was refused.
        """
        connection = HTTPConnection(urlsplit(self.base_url).netloc, timeout=30)
        try:
            text = None if body is None and method != "POST" else json.dumps({} if body is None else body)
            connection.request(method, "/_sandbox/" + quote(path, "/"), text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise SandboxError(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        return json.loads(content) if content else None

    def close(self) -> None:
        """Ends it."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Sandbox(base_url={self.base_url!r})"


def _command() -> str:
    beside = shutil.which("ava", path=sysconfig.get_path("scripts"))
    command = beside or shutil.which("ava")
    if command is None:
        raise SandboxError(
            "there is no `ava` command: install ava-imessage-cli (from a clone: pip install ./python/cli), put `ava` "
            "on PATH, or pass command="
        )
    return command


def _line(process: subprocess.Popen[bytes]) -> bytes:
    """The ready line; empty if the process ends, or takes too long."""
    from threading import Timer

    assert process.stdout is not None
    late = Timer(START_WITHIN, process.kill)
    late.daemon = True
    late.start()
    try:
        return process.stdout.readline()
    finally:
        late.cancel()


def _end(process: subprocess.Popen[bytes], pid: int) -> None:
    if os.getpid() != pid:
        return  # A forked child: it is the parent's.
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _given(members: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in members.items() if value is not None}
