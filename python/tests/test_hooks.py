"""Hooks: functions that are told of something, and that nobody waits for."""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

import ava_imessage
from ava_imessage import AvaError, _callbacks, _native

if TYPE_CHECKING:
    from ava_imessage.testing import Sandbox


def test_hooks_are_told(ava_sandbox: Sandbox) -> None:
    told: list[Any] = []
    start = datetime.now(timezone.utc) - timedelta(minutes=1)
    ava_sandbox.script(
        [
            {"status": 503, "json": {"error": "Later"}},
            {"json": {"success": True, "count": 1, "has_more": False, "messages": [{"id": 7}]}},
            {"status": 403, "json": {"error": "Enough"}},
        ]
    )
    with ava_sandbox.client(backoff=0.01, backoff_max=0.02) as client:
        listener = client.listen(since=start, interval=0.1, on_skipped=told.append, on_retry=told.append)
        with pytest.raises(ava_imessage.PermissionDeniedError):
            next(listener)
        assert _native.flush_callbacks(5)
    assert [type(what).__name__ for what in told] == ["ServerError", "SkippedRow"]
    assert told[0].status == 503


def test_a_hook_that_raises_is_reported(ava_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(what.exc_value))
    ava_sandbox.script([{"status": 503}, {"status": 403, "json": {"error": "Enough"}}])
    start = datetime.now(timezone.utc)

    def hook(error: AvaError) -> None:
        raise LookupError("in the hook")

    with ava_sandbox.client(backoff=0.01) as client:
        with pytest.raises(ava_imessage.PermissionDeniedError):
            next(client.listen(since=start, interval=0.1, on_retry=hook))
        assert _native.flush_callbacks(5)
    assert [str(error) for error in told] == ["in the hook"]


def test_a_hook_may_be_a_coroutine_function(ava_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs on the client's loop, or, where there is none, on the thread of the hooks; what it raises is reported."""
    told: list[Any] = []
    raised: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: raised.append(what.exc_value))
    start = datetime.now(timezone.utc)
    script = [{"status": 503}, {"status": 502}, {"status": 403, "json": {"error": "Enough"}}]

    async def hook(error: AvaError) -> None:
        await asyncio.sleep(0.05)
        told.append((threading.current_thread().name, error.status))
        raise LookupError("in the hook")

    async def main() -> None:
        async with ava_sandbox.async_client(backoff=0.01) as client:
            with pytest.raises(ava_imessage.PermissionDeniedError):
                await client.listen(since=start, interval=0.1, on_retry=hook).__anext__()
            while len(raised) < 4:
                await asyncio.sleep(0.01)

    ava_sandbox.script(script)
    with ava_sandbox.client(backoff=0.01) as client:
        with pytest.raises(ava_imessage.PermissionDeniedError):
            next(client.listen(since=start, interval=0.1, on_retry=hook))
        assert _native.flush_callbacks(5)
    assert [status for _, status in told] == [503, 502]
    assert "MainThread" not in {thread for thread, _ in told}
    ava_sandbox.script(script)
    asyncio.run(main())
    assert told[2:] == [("MainThread", 503), ("MainThread", 502)]
    assert [str(error) for error in raised] == ["in the hook"] * 4


def test_a_hook_is_told_why_the_token_provider_failed(ava_sandbox: Sandbox) -> None:
    failure = LookupError("no token today")
    told: list[AvaError] = []
    tried = threading.Event()

    def provide() -> str:
        raise failure

    def hook(error: AvaError) -> None:
        told.append(error)
        tried.set()

    with ava_sandbox.client(token_provider=provide, backoff=0.01) as client:
        listener = client.listen(since=datetime.now(timezone.utc), interval=0.1, on_retry=hook)
        closing = threading.Thread(target=lambda: (tried.wait(10), listener.close()))
        closing.start()
        assert list(listener) == []
        closing.join()
    assert type(told[0]) is ava_imessage.AuthenticationError
    assert told[0].__cause__ is told[0].cause is failure


def test_a_coroutine_whose_loop_has_ended_runs_all_the_same() -> None:
    ran: list[str] = []

    async def hook() -> None:
        ran.append(threading.current_thread().name)

    on_loop = _callbacks.OnLoop()
    on_loop.finish(hook())
    loop = asyncio.new_event_loop()
    on_loop.seen(loop)
    on_loop.finish(hook())
    telling = threading.Thread(target=lambda: on_loop.finish(hook()), name="telling")
    asked = threading.Event()
    call_soon = loop.call_soon_threadsafe

    def last_turn() -> None:
        # What is asked for now is begun, and gets no further.
        telling.start()
        assert asked.wait(10)
        loop.stop()

    def ask(*what: Any) -> Any:
        handle = call_soon(*what)
        asked.set()
        return handle

    loop.call_soon_threadsafe = ask  # type: ignore[method-assign]
    loop.call_soon(last_turn)
    loop.run_forever()
    telling.join(10)
    assert ran == ["MainThread", "MainThread", "telling"]
    # So that nothing is left over.
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    on_loop.finish(hook())
    assert len(ran) == 4


def test_a_coroutine_that_its_loop_cuts_is_reported() -> None:
    """Ctrl-C cancels everything that runs on the loop."""

    async def hook() -> None:
        begun.set()
        await asyncio.sleep(60)

    def tell() -> None:
        try:
            on_loop.finish(hook())
        except BaseException as cut:
            raised.append(cut)

    async def main() -> None:
        on_loop.seen(asyncio.get_running_loop())
        telling.start()
        while not begun.is_set():
            await asyncio.sleep(0.01)

    raised: list[BaseException] = []
    begun = threading.Event()
    on_loop = _callbacks.OnLoop()
    telling = threading.Thread(target=tell)
    asyncio.run(main())
    telling.join(10)
    assert [type(cut) for cut in raised] == [asyncio.CancelledError]
