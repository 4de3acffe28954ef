"""What is thrown away without being closed, in cycles most of all: applications whose client calls them."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from ava_imessage import _native
from conftest import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ava_imessage import Attempt
    from ava_imessage.testing import Sandbox


class App:
    """An application as people write them. The sandbox takes its tokens."""

    client: Any
    listener: Any
    messages: Any

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.tokens = 0
        self.text: str | None = None

    def token(self) -> str:
        self.tokens += 1
        return self.sandbox.token(ttl=60)

    def told(self, what: object) -> None: ...

    def load(self) -> str | None:
        return self.text

    def save(self, state: str) -> None:
        self.text = state

    def with_a_provider(self) -> None:
        self.client = self.sandbox.client(token_provider=self.token)
        self.client.poll()

    def with_a_listener(self) -> None:
        self.with_a_provider()
        self.listener = self.client.listen(checkpoint=self, on_gap=self.told, on_skipped=self.told, on_retry=self.told)
        self.messages = self.client.messages(PHONE)

    def with_a_closed_client(self) -> None:
        with self.sandbox.client(token_provider=self.token, on_unknown=self.told) as self.client:
            self.client.send(PHONE, "text")

    def with_a_loop(self) -> None:
        asyncio.run(self.main())

    async def main(self) -> None:
        self.client = self.sandbox.async_client(token_provider=self.coroutine)
        await self.client.poll()
        self.listener = await self.client.listen(checkpoint=self, on_gap=self.told)

    async def coroutine(self) -> str:
        return self.token()


@pytest.mark.parametrize("use", [App.with_a_provider, App.with_a_listener, App.with_a_closed_client, App.with_a_loop])
def test_a_client_that_calls_its_owner_is_collected(ava_sandbox: Sandbox, use: Callable[[App], None]) -> None:
    app = App(ava_sandbox)
    use(app)
    thrown_away = weakref.ref(app)
    del app
    # The thread that ran a callback may be on its way out still.
    until = time.monotonic() + 5
    while thrown_away() is not None:
        assert time.monotonic() < until
        gc.collect()
        time.sleep(0.01)


def test_a_listener_keeps_what_its_client_needs(ava_sandbox: Sandbox) -> None:
    app = App(ava_sandbox)
    app.with_a_listener()
    listener = app.listener
    del app
    gc.collect()
    ava_sandbox.expire_tokens()
    ava_sandbox.inbound(PHONE, "Hi!")
    assert next(listener).text == "Hi!"


def test_a_send_that_was_cut_is_told_of_though_its_client_is_garbage(ava_sandbox: Sandbox) -> None:
    unknown: list[Attempt] = []
    ava_sandbox.fault("send", delay_after_ms=30_000)

    class Owner:
        def keep(self, attempt: Attempt) -> None:
            unknown.append(attempt)

    async def main() -> None:
        owner: Any = Owner()
        owner.client = ava_sandbox.async_client(on_unknown=owner.keep)
        task = asyncio.ensure_future(owner.client.send(PHONE, "text"))
        while not ava_sandbox.messages:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        del owner, task
        gc.collect()

    asyncio.run(main())
    gc.collect()
    until = time.monotonic() + 5
    while not unknown:
        assert time.monotonic() < until
        _native.flush_callbacks(1)
    assert unknown[0].text == "text"


def loops() -> list[str]:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        return ["asyncio"]
    return ["asyncio", "uvloop"]


@pytest.mark.parametrize("kind", loops())
def test_a_loop_that_was_closed_with_calls_in_flight_is_collected(
    ava_sandbox: Sandbox, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It complains of the tasks, rightly.
    monkeypatch.setattr(logging.getLogger("asyncio"), "disabled", True)
    ava_sandbox.fault("poll", times=None, delay_ms=30_000)
    client = ava_sandbox.async_client()
    if kind == "asyncio":
        loop = asyncio.new_event_loop()
    else:
        import uvloop

        loop = uvloop.new_event_loop()

    async def main() -> None:
        for _ in range(5):
            asyncio.ensure_future(client.poll())  # noqa: RUF006
        while ava_sandbox.state()["in_flight"] < 5:
            await asyncio.sleep(0.01)

    loop.run_until_complete(main())
    loop.close()
    closed = weakref.ref(loop)
    del loop
    until = time.monotonic() + 5
    while closed() is not None or ava_sandbox.state()["in_flight"] > 0:
        assert time.monotonic() < until, (closed(), ava_sandbox.state()["in_flight"])
        gc.collect()
        time.sleep(0.01)


def test_collecting_takes_nothing_that_is_used(ava_sandbox: Sandbox) -> None:
    stop = threading.Event()

    def collect() -> None:
        while not stop.is_set():
            gc.collect()

    async def main() -> None:
        app = App(ava_sandbox)
        client = ava_sandbox.async_client(token_provider=app.coroutine, on_unknown=app.told)
        for _ in range(20):
            ava_sandbox.expire_tokens()
            await asyncio.gather(*[client.poll() for _ in range(10)])
        await client.close()
        assert app.tokens == 20

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for _ in range(20):
            app = App(ava_sandbox)
            app.with_a_listener()
            ava_sandbox.inbound(PHONE, "Hi!")
            next(app.listener)
            app.client.close()
        asyncio.run(main())
    finally:
        stop.set()
        collector.join()
