"""What people do with a client, through both faces where they differ."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import ava_imessage
from ava_imessage import AsyncAvaClient, AvaClient, AvaError, Confirmation, Token, Turn, _native
from ava_imessage.testing import Sandbox
from conftest import PHONE, Program


def test_all_calls(ava_sandbox: Sandbox) -> None:
    with ava_sandbox.client() as client:
        sent = client.send(PHONE, "Hello")
        assert sent.confirmation is Confirmation.RESPONSE
        ava_sandbox.inbound(PHONE, "Hi!")
        page = client.messages_page(PHONE, limit=1)
        assert (page.total, page.limit, len(page.messages)) == (2, 1, 1)
        assert [message.text for message in client.messages(PHONE)] == ["Hello", "Hi!"]
        since = datetime.now(timezone.utc) - timedelta(minutes=5)
        assert [message.text for message in client.poll(since, phone=PHONE).messages] == ["Hi!"]
        reply = client.generate(PHONE, [Turn.user("Hi!"), {"role": "assistant", "content": "x"}], instructions="Short")
        assert not reply.sent
        assert client.generate(PHONE, [Turn.user("Hi!")], auto_send=True).sent
        assert client.draft_reply(PHONE, history=5).text


def test_all_calls_on_a_loop(ava_sandbox: Sandbox) -> None:
    async def main() -> None:
        async with ava_sandbox.async_client() as client:
            sent = await client.send(PHONE, "Hello")
            assert sent.confirmation is Confirmation.RESPONSE
            ava_sandbox.inbound(PHONE, "Hi!")
            page = await client.messages_page(PHONE, limit=1)
            assert (page.total, page.limit, len(page.messages)) == (2, 1, 1)
            assert [message.text async for message in client.messages(PHONE)] == ["Hello", "Hi!"]
            since = datetime.now(timezone.utc) - timedelta(minutes=5)
            assert len((await client.poll(since, phone=PHONE)).messages) == 1
            reply = await client.generate(PHONE, [Turn.user("Hi!")], instructions="Short")
            assert not reply.sent
            assert (await client.draft_reply(PHONE, history=5)).text

    asyncio.run(main())


def test_options_of_a_call(ava_sandbox: Sandbox) -> None:
    with ava_sandbox.client(headers={"x-one": "1", "x-two": "1"}, user_agent="shop/2") as client:
        client.send(PHONE, "Hello", headers={"x-two": "2"})
        headers = ava_sandbox.requests[-1]["headers"]
        assert (headers["x-one"], headers["x-two"]) == ("1", "2")
        agent = f"shop/2 ava-imessage-python/{ava_imessage.__version__} ava-imessage/"
        assert headers["user-agent"].startswith(agent)
        ava_sandbox.fault("poll", delay_ms=5000)
        began = time.monotonic()
        with pytest.raises(ava_imessage.AvaTimeoutError):
            client.poll(timeout=0.1, max_retries=0)
        assert time.monotonic() - began < 3
        with pytest.raises(TimeoutError):
            client.poll(timeout=0)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"api_key": ""}, "api_key"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"base_url": "http://example.com"}, "base_url"),
        ({"token_provider": lambda: "t"}, "token_provider"),
        ({"timeout": -1.0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"headers": {"authorization": "x"}}, "authorization"),
    ],
)
def test_a_wrong_set_up_is_refused_by_name(options: dict[str, Any], name: str) -> None:
    with pytest.raises(ava_imessage.ConfigurationError, match=name):
        AvaClient(**{"api_key": "k", "base_url": "http://127.0.0.1:1", **options})


def test_the_environment_sets_a_client_up(monkeypatch: pytest.MonkeyPatch, ava_sandbox: Sandbox) -> None:
    monkeypatch.delenv("AVA_API_KEY", raising=False)
    monkeypatch.delenv("AVA_BASE_URL", raising=False)
    with pytest.raises(ava_imessage.ConfigurationError, match="AVA_API_KEY"):
        AvaClient()
    assert AvaClient("k").base_url == "https://chat.buzzedtech.com"
    monkeypatch.setenv("AVA_API_KEY", ava_sandbox.api_key)
    monkeypatch.setenv("AVA_BASE_URL", ava_sandbox.base_url)
    with AvaClient() as client:
        client.poll()


def test_closing(ava_sandbox: Sandbox) -> None:
    client = ava_sandbox.client()
    listener = client.listen(interval=0.1)
    messages = client.messages(PHONE)
    client.close()
    client.close()
    assert client.is_closed
    assert list(listener) == []
    for use in (lambda: client.send(PHONE, "x"), client.poll, lambda: next(messages), lambda: client.messages(PHONE)):
        with pytest.raises(ava_imessage.ClosedError):
            use()


def test_streams_stop_when_the_consumer_does(ava_sandbox: Sandbox) -> None:
    ava_sandbox.seed(PHONE, 120)
    with ava_sandbox.client() as client:
        with client.messages(PHONE) as messages:
            for _ in range(3):
                next(messages)
        assert list(messages) == []
        assert len(ava_sandbox.requests) == 1

    async def main() -> None:
        async with ava_sandbox.async_client() as client:
            async with client.messages(PHONE) as messages:
                async for _ in messages:
                    break
            assert [message async for message in messages] == []

    asyncio.run(main())
    assert len(ava_sandbox.requests) == 2


def test_a_listener_acknowledges_and_resumes(ava_sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "inbox.json"
    start = datetime.now(timezone.utc) - timedelta(minutes=1)
    for number in range(3):
        ava_sandbox.inbound(PHONE, f"text {number}")
    with ava_sandbox.client() as client:
        with client.listen(since=start, checkpoint=path, interval=0.1) as listener:
            assert [next(listener).text for _ in range(2)] == ["text 0", "text 1"]
        with client.listen(checkpoint=str(path), interval=0.1, auto_ack=False) as listener:
            message = next(listener)
            assert message.text == "text 1"
            listener.ack(message)
            message = next(listener)
            assert message.text == "text 2"
            listener.ack(message.id)  # For who has kept no more of it.
            with pytest.raises(TypeError, match="message"):
                listener.ack(message.text.encode())  # type: ignore[arg-type]
        assert message.id in path.read_text()
        with pytest.raises(ava_imessage.ConfigurationError, match="checkpoint"):
            client.listen(checkpoint=path, phone=PHONE)


class Memory:
    """A checkpoint of coroutines."""

    text: str | None = None
    threads: set[str]

    def __init__(self) -> None:
        self.threads = set()

    async def load(self) -> str | None:
        self.threads.add(threading.current_thread().name)
        await asyncio.sleep(0)
        return self.text

    async def save(self, state: str) -> None:
        self.threads.add(threading.current_thread().name)
        self.text = state


def test_a_checkpoint_of_coroutines(ava_sandbox: Sandbox) -> None:
    memory = Memory()
    start = datetime.now(timezone.utc) - timedelta(minutes=1)
    ava_sandbox.inbound(PHONE, "one")

    async def main() -> None:
        async with ava_sandbox.async_client() as client:
            async with client.listen(since=start, checkpoint=memory, interval=0.1, auto_ack=False) as listener:
                message = await listener.__anext__()
                await listener.ack(message)
            ava_sandbox.inbound(PHONE, "two")
            async for message in client.listen(checkpoint=memory, interval=0.1):
                assert message.text == "two"
                break

    asyncio.run(main())
    assert memory.text is not None
    assert memory.threads == {"MainThread"}
    with ava_sandbox.client() as client, client.listen(checkpoint=memory, interval=0.1) as listener:
        assert next(listener).text == "two"


def test_a_failing_checkpoint_is_told(ava_sandbox: Sandbox) -> None:
    class Broken:
        def load(self) -> str | None:
            raise OSError("no disk")

        def save(self, state: str) -> None: ...

    with ava_sandbox.client() as client:
        with pytest.raises(ava_imessage.StorageError) as caught:
            client.listen(checkpoint=Broken())
        assert isinstance(caught.value.cause, OSError)
        assert caught.value.cause.args == ("no disk",)


def test_a_cancelled_next_loses_nothing(ava_sandbox: Sandbox) -> None:
    async def main() -> None:
        async with ava_sandbox.async_client() as client, client.listen(interval=0.1) as listener:
            got: list[str] = []
            sent = 0
            while len(got) < 20:
                if sent < 20:
                    ava_sandbox.inbound(PHONE, f"text {sent}")
                    sent += 1
                task = asyncio.ensure_future(listener.__anext__())
                await asyncio.sleep(0.005 * (sent % 7))
                task.cancel()
                try:
                    got.append((await task).text)
                except asyncio.CancelledError:
                    continue
            assert got == [f"text {number}" for number in range(20)]

    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("fault", [None, {"status": 503}], ids=["sent", "unknown"])
def test_a_send_that_ends_as_its_task_is_cancelled_is_told_of(
    ava_sandbox: Sandbox, fault: dict[str, Any] | None
) -> None:
    unknown: list[ava_imessage.Attempt] = []

    async def main() -> None:
        async with ava_sandbox.async_client(on_unknown=unknown.append, confirm_from_history=False) as client:
            await client.poll()
            if fault:
                ava_sandbox.fault("send", **fault)
            task: Any = asyncio.ensure_future(client.send(PHONE, "Hello"))
            await asyncio.sleep(0)
            outcome = task._fut_waiter
            while not outcome.done():
                await asyncio.sleep(0)
            # The outcome is here, and the task has not been woken yet.
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert _native.flush_callbacks(5)
            assert [attempt.text for attempt in unknown] == ["Hello"]
            if not fault:
                assert (await client.settle(unknown[0])).message_id == ava_sandbox.messages[0]["id"]
            # One that arrives is told to nobody else.
            await client.send(PHONE, "arrives")
            assert _native.flush_callbacks(5)
            assert len(unknown) == 1

    asyncio.run(main())


class TestTokenProviders:
    def test_a_function(self, ava_sandbox: Sandbox) -> None:
        tokens = [ava_sandbox.token(ttl=60), Token(ava_sandbox.token(ttl=60), expires_in=60)]
        with ava_sandbox.client(token_provider=lambda: tokens.pop(0)) as client:
            client.poll()
            ava_sandbox.expire_tokens()
            tokens[0] = ava_sandbox.token(ttl=60)
            client.poll()
        assert tokens == []

    def test_a_coroutine_function(self, ava_sandbox: Sandbox) -> None:
        threads = []

        async def provide() -> str:
            await asyncio.sleep(0)
            threads.append(threading.current_thread())
            return ava_sandbox.token(ttl=60)

        with ava_sandbox.client(token_provider=provide) as client:
            client.poll()
        assert threads[0] is not threading.main_thread()

        async def main() -> None:
            async with ava_sandbox.async_client(token_provider=functools.partial(provide)) as client:
                await client.poll()

        asyncio.run(main())
        assert threads[1] is threading.main_thread()

    def test_a_function_on_a_loop_blocks_it_not(self, ava_sandbox: Sandbox) -> None:
        token = ava_sandbox.token(ttl=60)

        def provide() -> str:
            time.sleep(0.3)
            return token

        async def main() -> None:
            async with ava_sandbox.async_client(token_provider=provide) as client:
                call = asyncio.ensure_future(client.poll())
                turns = 0
                while not call.done():
                    await asyncio.sleep(0.01)
                    turns += 1
                await call
                assert turns > 3, "the loop stood still while the function slept"

            async with ava_sandbox.async_client(token_provider=lambda: wrapped()) as client:
                await client.poll()

        async def wrapped() -> str:
            return token

        asyncio.run(main())

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_what_it_raises_is_the_cause(self, ava_sandbox: Sandbox, kind: str) -> None:
        raised = LookupError("no token today")

        def provide() -> str:
            raise raised

        async def provide_later() -> str:
            raise raised

        if kind == "sync":
            with ava_sandbox.client(token_provider=provide) as client, pytest.raises(AvaError) as caught:
                client.send(PHONE, "x")
        else:

            async def main() -> None:
                async with ava_sandbox.async_client(token_provider=provide_later) as client:
                    await client.send(PHONE, "x")

            with pytest.raises(AvaError) as caught:
                asyncio.run(main())
        assert type(caught.value) is ava_imessage.AuthenticationError
        assert caught.value.cause is raised
        assert caught.value.delivery == "not_sent"
        assert "no token today" not in str(caught.value)

    def test_a_wrong_type(self, ava_sandbox: Sandbox) -> None:
        with ava_sandbox.client(token_provider=lambda: 7) as client:
            with pytest.raises(ava_imessage.AuthenticationError) as caught:
                client.poll()
        assert isinstance(caught.value.cause, TypeError)

    def test_one_that_never_returns_keeps_nobody(self, ava_sandbox: Sandbox) -> None:
        hang = threading.Event()
        with ava_sandbox.client(token_provider=lambda: str(hang.wait()), timeout=0.2) as client:
            with pytest.raises(ava_imessage.AvaTimeoutError):
                client.poll()
            hang.set()

    def test_it_may_use_the_client(self, ava_sandbox: Sandbox) -> None:
        with ava_sandbox.client() as other:

            def provide() -> str:
                other.poll()
                return ava_sandbox.token(ttl=60)

            with ava_sandbox.client(token_provider=provide) as client:
                client.poll()


class TestLoops:
    def test_several_one_after_the_other(self, ava_sandbox: Sandbox) -> None:
        client = ava_sandbox.async_client()

        async def main() -> None:
            await asyncio.gather(*[client.poll() for _ in range(5)])

        for _ in range(5):
            asyncio.run(main())

    def test_several_at_once(self, ava_sandbox: Sandbox) -> None:
        client = ava_sandbox.async_client()
        failures: list[BaseException] = []

        async def main() -> None:
            for _ in range(20):
                await asyncio.gather(*[client.poll() for _ in range(5)])

        def run() -> None:
            try:
                asyncio.run(main())
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []

    def test_uvloop(self, ava_sandbox: Sandbox) -> None:
        uvloop = pytest.importorskip("uvloop")

        async def main() -> None:
            async with ava_sandbox.async_client() as client:
                await asyncio.gather(*[client.send(PHONE, "x") for _ in range(50)])
                task = asyncio.ensure_future(client.listen().__anext__())
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

        loop = uvloop.new_event_loop()
        try:
            loop.run_until_complete(main())
        finally:
            loop.close()

    def test_a_loop_that_watches_no_files(self, ava_sandbox: Sandbox) -> None:
        class Loop(asyncio.SelectorEventLoop):
            def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:
                raise NotImplementedError

        async def main() -> None:
            async with ava_sandbox.async_client() as client:
                await asyncio.gather(*[client.send(PHONE, "x") for _ in range(50)])

        loop = Loop()
        try:
            loop.run_until_complete(main())
        finally:
            loop.close()

    def test_a_loop_that_goes_away_with_calls_in_flight(self, ava_sandbox: Sandbox) -> None:
        ava_sandbox.fault("poll", times=None, delay_ms=3000)
        client = ava_sandbox.async_client()

        async def main() -> None:
            tasks = [asyncio.ensure_future(client.poll()) for _ in range(5)]
            await asyncio.sleep(0.1)
            del tasks

        asyncio.run(main())
        ava_sandbox.clear_faults()

        async def again() -> None:
            await client.poll()

        asyncio.run(again())

    def test_tasks_may_be_made_of_calls(self, ava_sandbox: Sandbox) -> None:
        async def main() -> None:
            async with ava_sandbox.async_client() as client:
                task = asyncio.create_task(client.poll())
                await asyncio.wait_for(task, 5)
                unused = client.send(PHONE, "never")
                unused.close()

        asyncio.run(main())
        assert ava_sandbox.messages == []


class TestLogging:
    def test_lines_go_to_the_logger(self, ava_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
        with ava_sandbox.client(settle_gap=0.05) as client, caplog.at_level(logging.DEBUG, "ava_imessage"):
            ava_sandbox.fault("send", drop="after")
            client.send(PHONE, "canary text")
            assert _native.flush_callbacks(5)
        assert {record.name for record in caplog.records} == {"ava_imessage"}
        assert "sent: confirmed from the history" in caplog.text
        assert "canary" not in caplog.text
        assert PHONE not in caplog.text
        assert any(record.ava.get("url.template") == "/api/send" for record in caplog.records)  # type: ignore[attr-defined]
        assert all(abs(record.created - time.time()) < 60 for record in caplog.records)

    def test_there_is_a_null_handler(self) -> None:
        handlers = logging.getLogger("ava_imessage").handlers
        assert any(isinstance(handler, logging.NullHandler) for handler in handlers)

    def test_what_is_not_wanted_is_not_made(self, ava_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "ava_imessage")
        with ava_sandbox.client() as client:
            client.poll()
            assert _native.flush_callbacks(5)
        assert caplog.records == []

    def test_ava_log(self, program: Program) -> None:
        code = "import ava_imessage; ava_imessage.AvaClient().poll()"
        assert program.run(code) == ""
        environment = {
            **os.environ,
            "AVA_LOG": "debug",
            "AVA_BASE_URL": program.sandbox.base_url,
            "AVA_API_KEY": program.sandbox.api_key,
        }
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
        assert "DEBUG ava_imessage exchange ended" in ran.stderr
        assert program.sandbox.api_key not in ran.stderr


def test_python_m(program: Program) -> None:
    out = program.run("import runpy; runpy.run_module('ava_imessage', run_name='x')['main']()")
    assert f"ava_imessage {ava_imessage.__version__}" in out
    assert program.sandbox.base_url in out
    assert program.sandbox.api_key not in out


def test_importing_is_light(program: Program) -> None:
    out = program.run("import sys, ava_imessage; print([name for name in sys.modules])")
    for heavy in ("asyncio", "logging", "inspect", "json", "typing", "dataclasses", "http.client", "ssl", "threading"):
        assert f"'{heavy}'" not in out or heavy in BARE, heavy


BARE = set(
    subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()
)


def test_two_faces_have_the_same_calls() -> None:
    import inspect

    for name, method in vars(AvaClient).items():
        if name.startswith("_"):
            continue
        other = getattr(AsyncAvaClient, name)
        ours, theirs = inspect.signature(method), inspect.signature(other)
        assert list(ours.parameters.values()) == list(theirs.parameters.values()), name
        assert method.__doc__, name
        assert other.__doc__, name


def test_defaults_are_the_documented_ones() -> None:
    import inspect

    client = inspect.signature(AvaClient).parameters
    assert (client["timeout"].default, client["max_retries"].default) == (30.0, 2)
    page, listen = (inspect.signature(call).parameters for call in (AvaClient.messages_page, AvaClient.listen))
    assert (page["limit"].default, page["offset"].default) == (50, 0)
    assert (listen["interval"].default, listen["auto_ack"].default) == (5.0, True)
    assert inspect.signature(AvaClient.draft_reply).parameters["history"].default == 20


def test_everything_public_has_a_docstring() -> None:
    import inspect

    for name in ava_imessage.__all__:
        value = getattr(ava_imessage, name)
        if not inspect.isclass(value):
            continue
        assert value.__doc__, name
        for member, what in vars(value).items():
            if not member.startswith("_") and (inspect.isroutine(what) or inspect.isdatadescriptor(what)):
                assert what.__doc__, f"{name}.{member}"
