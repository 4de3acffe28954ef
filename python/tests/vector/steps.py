"""The ops of the vectors."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ava_imessage import Attempt, AvaError, Token, _native

from . import expect, view

if TYPE_CHECKING:
    from ava_imessage.testing import Sandbox

    from .faces import Asyncio, Blocking
    from .leaks import Leaks

HANG = object()
OPTIONS = {"timeout_ms", "max_retries", "headers"}
#: Client options in milliseconds, and what they are called here, in seconds.
TIMES = {
    "timeout_ms": "timeout",
    "connect_timeout_ms": "connect_timeout",
    "read_idle_ms": "read_idle_timeout",
    "backoff_ms": "backoff",
    "backoff_max_ms": "backoff_max",
    "settle_ms": "settle_within",
    "settle_gap_ms": "settle_gap",
}
PLAIN = {"max_retries", "confirm_from_history", "rate_limited_is_not_sent", "max_response_bytes", "headers"}


def parse_time(text: str) -> datetime:
    fraction = ".%f" if "." in text else ""
    return datetime.strptime(text, f"%Y-%m-%dT%H:%M:%S{fraction}%z")


class MemoryCheckpoint:
    def __init__(self) -> None:
        self.text: str | None = None

    def load(self) -> str | None:
        return self.text

    def save(self, state: str) -> None:
        self.text = state


class World:
    """What the steps of a vector share."""

    def __init__(self, face: Blocking | Asyncio, options: dict[str, Any], sandbox: Sandbox, leaks: Leaks) -> None:
        self.face, self.options, self.sandbox, self.leaks = face, options, sandbox, leaks
        self.hook_calls = 0
        self.attempt: Attempt | None = None
        self.checkpoints: dict[str, MemoryCheckpoint] = {}
        self.client: Any = self.make_client()

    def make_client(self) -> Any:
        options = self.options
        expect.known(options, {"api_key", "base_url", "token_provider", *TIMES, *PLAIN})
        given: dict[str, Any] = {"base_url": options.get("base_url", self.sandbox.base_url)}
        if "api_key" in options:
            given["api_key"] = options["api_key"]
        elif "token_provider" not in options:
            given["api_key"] = self.sandbox.api_key
        if "token_provider" in options:
            given["token_provider"] = self.face.provider(self.tokens(options["token_provider"]), HANG)
        given.update({TIMES[name]: value / 1000 for name, value in options.items() if name in TIMES})
        given.update({name: value for name, value in options.items() if name in PLAIN})
        client = self.face.client(on_unknown=self.on_unknown, **given)
        self.leaks.saw(client)
        return client

    def on_unknown(self, attempt: Attempt) -> None:
        self.hook_calls += 1
        self.attempt = attempt

    def tokens(self, provider: dict[str, Any]) -> Any:
        expect.known(provider, {"tokens"})
        tokens = list(provider["tokens"])

        def give() -> Any:
            given = tokens.pop(0) if len(tokens) > 1 else tokens[0]
            if isinstance(given, str):
                return given
            if set(given) == {"token", "expires_in_ms"}:
                token = Token(given["token"], expires_in=given["expires_in_ms"] / 1000)
                self.leaks.saw(token)
                return token
            if set(given) == {"error"}:
                raise LookupError(given["error"])
            assert given == {"hang": True}, given
            return HANG

        return give

    async def run(self, step: dict[str, Any]) -> Any:
        expect.known(step, {"op", "args", "parallel", "expect"})
        if "parallel" in step:
            assert set(step) <= {"parallel", "expect"}, "a step is an op with args, or a parallel"
            return await self.face.all([self.branch(branch) for branch in step["parallel"]])
        run = getattr(self, "op_" + step["op"], None)
        assert run is not None, f"unknown op {step['op']!r}"
        args = step.get("args", {})
        try:
            return {"result": await run(**args)}
        except AvaError as error:
            return {"error": self.error(error)}

    async def branch(self, branch: Any) -> Any:
        outcome = None
        for step in branch if isinstance(branch, list) else [branch]:
            assert "expect" not in step, "what a branch is to bring stands in the parallel's expect"
            outcome = await self.run(step)
        assert outcome is not None, "a branch without steps"
        return outcome

    def error(self, error: AvaError) -> dict[str, Any]:
        cause: BaseException | None = error
        while isinstance(cause, AvaError):
            self.leaks.saw(cause)
            cause = cause.cause
        if error.attempt is not None:
            self.leaks.saw(error.attempt)
            self.attempt = error.attempt
        seen = view.error(error)
        expect.always(seen)
        return seen

    async def value(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        value = await self.face.call(function, *args, **kwargs)
        self.leaks.saw(value)
        for message in getattr(value, "messages", ()):
            self.leaks.saw(message)
        for row in getattr(value, "skipped", ()):
            self.leaks.saw(row)
        return view.result(value)

    async def op_send(self, phone: str, text: str, **options: Any) -> Any:
        return await self.value(self.client.send, phone, text, **call(options))

    async def op_settle(self, through_json: bool = False, new_client: bool = False, **options: Any) -> Any:
        attempt = self.attempt
        assert attempt is not None, "settle: no error had an attempt so far"
        if through_json:
            attempt = Attempt.from_json(attempt.to_json())
        client = self.make_client() if new_client else self.client
        return await self.value(client.settle, attempt, **call(options))

    async def op_messages(self, phone: str, **options: Any) -> Any:
        messages: list[Any] = []
        failure = None
        try:
            stream = self.client.messages(phone, **call(options))
            while (message := await self.face.next(stream)) is not None:
                messages.append(message)
        except AvaError as error:
            failure = self.error(error)
        return self.listed(messages, failure, count=len(messages))

    def listed(self, messages: list[Any], failure: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
        for message in messages:
            self.leaks.saw(message)
        listed = {"ids": [message.id for message in messages], "texts": [message.text for message in messages], **more}
        if failure is not None:
            listed["error"] = failure
        return listed

    async def op_messages_page(self, phone: str, **options: Any) -> Any:
        given = {name: options.pop(name) for name in ("limit", "offset") if name in options}
        return await self.value(self.client.messages_page, phone, **given, **call(options))

    async def op_poll(self, since: str | None = None, phone: str | None = None, **options: Any) -> Any:
        after = parse_time(since) if since is not None else None
        return await self.value(self.client.poll, after, phone=phone, **call(options))

    async def op_listen(
        self,
        take: int,
        for_ms: int | None = None,
        since: str | None = None,
        phone: str | None = None,
        interval_ms: int | None = None,
        auto_ack: bool | None = None,
        ack: bool = False,
        checkpoint: str | None = None,
        **options: Any,
    ) -> Any:
        gaps: list[Any] = []
        skipped: list[Any] = []
        given: dict[str, Any] = {"on_gap": gaps.append, "on_skipped": skipped.append, "phone": phone}
        if since is not None:
            given["since"] = parse_time(since)
        if interval_ms is not None:
            given["interval"] = interval_ms / 1000
        if auto_ack is not None:
            given["auto_ack"] = auto_ack
        if checkpoint is not None:
            given["checkpoint"] = self.checkpoints.setdefault(checkpoint, MemoryCheckpoint())
        messages: list[Any] = []
        ended = failure = None

        async def hear() -> None:
            nonlocal ended, failure
            try:
                listener = await self.face.open(self.client.listen, **given, **call(options))
                while len(messages) < take:
                    message = await self.face.next(listener)
                    if message is None:
                        ended = True
                        return
                    if ack:
                        await self.face.call(listener.ack, message)
                    messages.append(message)
            except AvaError as error:
                failure = self.error(error)

        if for_ms is None:
            await hear()
        else:
            await self.face.within(for_ms / 1000, hear())
        assert _native.flush_callbacks(2.0)
        for row in skipped:
            self.leaks.saw(row)
        told = [{"from": view.time(gap.start), "to": view.time(gap.end)} for gap in gaps]
        return self.listed(messages, failure, gaps=told, skipped=len(skipped), ended=bool(ended))

    async def op_generate(self, phone: str, context: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in ("instructions", "auto_send") if name in options}
        return await self.value(self.client.generate, phone, context, **given, **call(options))

    async def op_draft_reply(self, phone: str, **options: Any) -> Any:
        given = {name: options.pop(name) for name in ("instructions", "history") if name in options}
        return await self.value(self.client.draft_reply, phone, **given, **call(options))

    async def op_close(self) -> Any:
        return await self.value(self.client.close)

    async def op_cancel(self, step: dict[str, Any], after_requests: int = 0, after_ms: int = 0) -> Any:
        before = self.hook_calls

        async def wait() -> None:
            await self.op_wait(after_requests)
            await self.face.sleep(after_ms / 1000)

        cancelled = await self.face.cancel(wait, self.run(step))
        # The request is dropped on the worker, a moment after the caller has left.
        until = time.monotonic() + 0.3
        while self.hook_calls == before and time.monotonic() < until:
            await self.face.sleep(0.01)
        return {"cancelled": cancelled, "unknown_hook": self.hook_calls - before}

    async def op_control(self, path: str, method: str = "POST", body: Any = None) -> Any:
        assert path.startswith("/_sandbox/"), path
        return self.sandbox.control(method, path[len("/_sandbox/") :], body)

    async def op_wait(self, requests: int) -> Any:
        while len(self.sandbox.requests) < requests:
            await self.face.sleep(0.005)
        return {}

    async def op_sleep(self, ms: int) -> Any:
        await self.face.sleep(ms / 1000)
        return {}


def call(options: dict[str, Any]) -> dict[str, Any]:
    """The options of every call."""
    expect.known(options, OPTIONS)
    given = {name: options[name] for name in ("max_retries", "headers") if name in options}
    if "timeout_ms" in options:
        given["timeout"] = options["timeout_ms"] / 1000
    return given
