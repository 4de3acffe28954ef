"""What a client is given that it can't use, where it can't be used, and in ways nobody has in mind."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import threading
from datetime import date, datetime, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

import ava_imessage
from ava_imessage import (
    Attempt,
    AvaClient,
    AvaError,
    ConfigurationError,
    InvalidRequestError,
    SentMessage,
    Token,
)
from conftest import PHONE, Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from ava_imessage.testing import Sandbox

HUGE = 10**400
SURROGATE = "cut in half: \ud83d"
TURN = {"role": "user", "content": "Hi!"}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda client: client.send(7, "text"), "phone"),
        (lambda client: client.send(PHONE, b"text"), "text"),
        (lambda client: client.poll(phone=7), "phone"),
        (lambda client: client.poll(date(2026, 1, 1)), "since"),
        (lambda client: client.poll(timeout="soon"), "timeout"),
        (lambda client: client.poll(max_retries=1.5), "max_retries"),
        (lambda client: client.poll(headers=["x"]), "headers"),
        (lambda client: client.poll(headers={"x": 1}), "headers"),
        (lambda client: client.messages_page(PHONE, limit="1"), "limit"),
        (lambda client: client.messages(7), "phone"),
        (lambda client: client.generate(PHONE, ["Hi"]), "context"),
        (lambda client: client.generate(PHONE, None), "context"),
        (lambda client: client.generate(PHONE, [{**TURN, "name": "x"}]), "context"),
        (lambda client: client.generate(PHONE, [{"role": "user", "content": 7}]), "context"),
        (lambda client: client.generate(PHONE, [TURN], instructions=7), "instructions"),
        (lambda client: client.draft_reply(PHONE, history=None), "history"),
        (lambda client: client.listen(checkpoint=7), "checkpoint"),
        (lambda client: client.listen(phone=7), "phone"),
        (lambda client: client.listen(since="now"), "since"),
        (lambda client: client.listen(interval="1"), "interval"),
        (lambda client: client.listen(on_gap="print"), "on_gap"),
    ],
)
def test_a_wrong_type_is_refused_by_name(call: Callable[[AvaClient], object], name: str) -> None:
    with AvaClient("k", base_url="http://127.0.0.1:1") as client, pytest.raises(TypeError, match=f"^{name}: "):
        call(client)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        # What comes from a database or another language, and is not the caller's mistake.
        (lambda client: client.send(PHONE, SURROGATE), "text"),
        (lambda client: client.send("\ud83d", "text"), "phone"),
        (lambda client: client.send(PHONE + "\0", "text"), "phone"),
        (lambda client: client.generate(PHONE, [{"role": "user", "content": SURROGATE}]), "context"),
        (lambda client: client.poll(headers={"x-name": "\ud83d"}), "headers"),
        (lambda client: client.poll(headers={"x-name": "two\nlines"}), "header"),
        (lambda client: client.messages_page(PHONE, limit=-1), "limit"),
        (lambda client: client.messages_page(PHONE, limit=101), "limit"),
        (lambda client: client.messages_page(PHONE, limit=HUGE), "limit"),
        (lambda client: client.messages_page(PHONE, offset=-1), "offset"),
        (lambda client: client.draft_reply(PHONE, history=-1), "history"),
        (lambda client: client.poll(max_retries=-1), "max_retries"),
        (lambda client: client.poll(timeout=HUGE), "timeout"),
        (lambda client: client.poll(timeout=float("nan")), "timeout"),
        (lambda client: client.poll(timeout=-1), "timeout"),
        (lambda client: client.poll(datetime(2026, 1, 1)), "since"),
        (lambda client: client.listen(since=datetime(2026, 1, 1)), "since"),
        (lambda client: client.listen(interval=float("nan")), "interval"),
    ],
)
def test_a_wrong_value_is_refused_by_name(call: Callable[[AvaClient], object], name: str) -> None:
    with AvaClient("k", base_url="http://127.0.0.1:1") as client, pytest.raises(InvalidRequestError) as caught:
        call(client)
    assert str(caught.value).startswith(f"{name}: ")
    assert caught.value.__cause__ is None, "it would hold the text"


@pytest.mark.parametrize(
    ("call", "delivery"),
    [
        (lambda client: client.send(PHONE, SURROGATE), "not_sent"),
        (lambda client: client.send(PHONE, "text", timeout=-1), "not_sent"),
        (lambda client: client.generate(PHONE, [], auto_send=True, max_retries=-1), "not_sent"),
        (lambda client: client.generate(PHONE, [], max_retries=-1), None),
        (lambda client: client.poll(timeout=-1), None),
    ],
)
def test_what_is_refused_here_was_not_sent_either(call: Callable[[AvaClient], object], delivery: str | None) -> None:
    with AvaClient("k", base_url="http://127.0.0.1:1") as client, pytest.raises(InvalidRequestError) as caught:
        call(client)
    assert caught.value.delivery == delivery


def test_a_settling_that_is_refused_here_hands_the_attempt_back() -> None:
    made_up = {"origin": "http://127.0.0.1:1", "phone": PHONE, "text": "text", "client": "made up", "number": 0}
    attempt = Attempt.from_json(json.dumps(made_up))
    with AvaClient("k", base_url="http://127.0.0.1:1") as client, pytest.raises(InvalidRequestError) as caught:
        client.settle(attempt, timeout=-1)
    assert (caught.value.delivery, caught.value.attempt) == ("unknown", attempt)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"timeout": "soon"}, TypeError),
        ({"max_retries": "many"}, TypeError),
        ({"headers": ["x"]}, TypeError),
        ({"base_url": 7}, TypeError),
        ({"api_key": b"k"}, TypeError),
        ({"on_unknown": 7}, TypeError),
        ({"token_provider": "token"}, TypeError),
        ({"api_key": "k\ud83d"}, ConfigurationError),
        ({"api_key": "k\0"}, ConfigurationError),
        ({"max_retries": -1}, ConfigurationError),
        ({"max_response_bytes": -1}, ConfigurationError),
        ({"max_response_bytes": 0}, ConfigurationError),
        ({"read_idle_timeout": 0.0}, ConfigurationError),
        ({"timeout": HUGE}, ConfigurationError),
        ({"user_agent": "two\nlines"}, ConfigurationError),
    ],
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, Any], error: type[Exception]) -> None:
    given = {"base_url": "http://127.0.0.1:1", **({} if "token_provider" in options else {"api_key": "k"}), **options}
    with pytest.raises(error, match=f"^{next(iter(options))}: "):
        AvaClient(**given)


def test_what_is_odd_but_right_is_taken(ava_sandbox: Sandbox) -> None:
    forever = dict.fromkeys(
        ("timeout", "connect_timeout", "read_idle_timeout", "pool_idle_timeout", "settle_within", "settle_gap"), 1e300
    )
    with ava_sandbox.client(**forever) as client:
        client.poll(timeout=float("inf"))
        client.poll(datetime.min.replace(tzinfo=timezone.utc))
        client.send(PHONE, "a\0b")
        client.generate(PHONE, (MappingProxyType(TURN) for _ in range(2)))
        client.listen(interval=1e300).close()
    assert ava_sandbox.messages[0]["message"] == "a\0b"


def test_an_answer_can_only_be_made_of_what_there_is() -> None:
    with pytest.raises(ValueError, match="Confirmation"):
        SentMessage("msg_1", datetime.now(timezone.utc), "guess")  # type: ignore[arg-type]


def test_copies(ava_sandbox: Sandbox) -> None:
    with ava_sandbox.client() as client:
        copy.copy(client).poll()
        for what in (client, client.messages(PHONE), Token("t")):
            for make in (copy.deepcopy, pickle.dumps):
                with pytest.raises(TypeError, match="pickle"):
                    make(what)
        with pytest.raises(AvaError) as caught:
            client.send("bad", "text")
    error: Any = caught.value
    error.order = 7
    error.__cause__ = LookupError("not ours")
    assert copy.copy(error).__cause__ is error.__cause__
    for copied in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(copied), copied.order, repr(copied)) == (type(error), 7, repr(error))
        copied.order = 8
    assert error.order == 7


def test_an_error_shows_what_was_being_handled(ava_sandbox: Sandbox) -> None:
    handled = LookupError("before")

    def fail(client: AvaClient) -> None:
        try:
            raise handled
        except LookupError:
            client.send("bad", "text")

    with ava_sandbox.client() as client, pytest.raises(AvaError) as caught:
        fail(client)
    assert caught.value.__context__ is handled
    assert not caught.value.__suppress_context__

    async def main() -> None:
        async with ava_sandbox.async_client() as client:
            try:
                raise handled
            except LookupError:
                await client.send("bad", "text")

    with pytest.raises(AvaError) as caught:
        asyncio.run(main())
    assert caught.value.__context__ is handled
    assert not caught.value.__suppress_context__


def test_outside_of_a_loop(ava_sandbox: Sandbox) -> None:
    call = ava_sandbox.async_client().send(PHONE, "text")
    with pytest.raises(RuntimeError, match="asyncio"):
        call.send(None)
    assert ava_sandbox.requests == []


def test_a_listener_whose_opening_was_cancelled_opens_again(ava_sandbox: Sandbox) -> None:
    async def main() -> None:
        async with ava_sandbox.async_client(max_retries=0) as client:
            ava_sandbox.fault("poll", delay_ms=30_000)
            listener = client.listen(interval=0.1)
            first = asyncio.ensure_future(listener.__anext__())
            while not ava_sandbox.requests:
                await asyncio.sleep(0.01)
            second = asyncio.ensure_future(listener.__anext__())
            await asyncio.sleep(0.05)
            assert len(ava_sandbox.requests) == 1
            ava_sandbox.fault("poll", status=403)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            with pytest.raises(ava_imessage.PermissionDeniedError):
                await second
            await listener
            ava_sandbox.inbound(PHONE, "Hi!")
            assert (await listener.__anext__()).text == "Hi!"

    asyncio.run(main())


def test_tasks_open_a_listener_together(ava_sandbox: Sandbox) -> None:
    async def main() -> None:
        async with ava_sandbox.async_client() as client:
            ava_sandbox.fault("poll", delay_ms=200)
            listener = client.listen(interval=0.1)
            hearing = [asyncio.ensure_future(listener.__anext__()) for _ in range(3)]
            await listener
            assert len(ava_sandbox.requests) == 1
            for number in range(3):
                ava_sandbox.inbound(PHONE, f"text {number}")
            heard = await asyncio.gather(*hearing)
            assert {message.text for message in heard} == {"text 0", "text 1", "text 2"}
            await listener.close()

    asyncio.run(main())


@pytest.mark.parametrize("closed", ["listener", "client"])
def test_a_listener_that_another_thread_closes_ends(ava_sandbox: Sandbox, closed: str) -> None:
    client = ava_sandbox.client()
    listener = client.listen(interval=60)
    what = listener if closed == "listener" else client
    timer = threading.Timer(0.2, what.close)
    timer.start()
    assert list(listener) == []
    timer.join()


def test_threads_share_a_conversation(ava_sandbox: Sandbox) -> None:
    ava_sandbox.seed(PHONE, 300)
    texts: list[str] = []
    with ava_sandbox.client() as client:
        messages = client.messages(PHONE)
        threads = [
            threading.Thread(target=lambda: texts.extend(message.text for message in messages)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(texts) == len(set(texts)) == 300


def test_threads_and_loops_at_once(ava_sandbox: Sandbox) -> None:
    failures: list[BaseException] = []

    async def calls(number: int) -> None:
        client = clients[number % 2]
        for _ in range(20):
            await asyncio.gather(*[client.poll() for _ in range(5)])

    def work(number: int) -> None:
        try:
            if number % 2:
                asyncio.run(calls(number))
            else:
                for _ in range(100):
                    blocking.poll()
        except BaseException as failure:
            failures.append(failure)

    clients = [ava_sandbox.async_client(), ava_sandbox.async_client()]
    with ava_sandbox.client() as blocking:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
    assert failures == []


LOGGED = """
import threading
import ava_imessage
start = threading.Barrier(8)
def work():
    start.wait()
    ava_imessage.AvaClient()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
import logging
print(len(logging.getLogger("ava_imessage").handlers))
"""


def test_threads_set_the_log_up_once(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVA_LOG", "info")
    for _ in range(5):
        assert program.run(LOGGED) == "2\n"


STRICT = """
import asyncio, logging, sys
from ava_imessage import AsyncAvaClient, AvaClient, AvaError
sys.settrace(lambda *_: None)
logging.basicConfig(level="DEBUG", stream=sys.stdout)
with AvaClient() as client:
    client.send("+15550001111", "text")
    list(client.messages("+15550001111"))
    with client.listen(interval=0.1):
        pass
    try:
        client.send("bad", "text")
    except AvaError as error:
        str(error), repr(error)
async def main():
    async with AsyncAvaClient() as client:
        await asyncio.gather(*[client.poll() for _ in range(10)])
        task = asyncio.ensure_future(client.poll())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if sys.version_info >= (3, 12):
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            async with asyncio.timeout(10), asyncio.TaskGroup() as group:
                for _ in range(10):
                    group.create_task(client.poll())
asyncio.run(main(), debug=True)
"""


def test_python_at_its_strictest(program: Program) -> None:
    environment = program.environment()
    del environment["PYTHONWARNINGS"]
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-bb", "-W", "error", "-c", STRICT],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert program.sandbox.api_key not in ended.stdout
    assert "text=" not in ended.stdout
