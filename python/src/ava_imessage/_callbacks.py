"""Runs the callbacks that a call waits for, token providers and checkpoints, and the coroutines that hooks give.

What a call waits for never runs on a thread of the native module: whatever the application does there, the module stays
responsive and the interpreter can end.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable
    from concurrent.futures import Future
    from typing import Any, Callable, Protocol
    from weakref import ref

    from ._native import Promise

    class Runner(Protocol):
        """How functions of the application are run."""

        def __call__(self, function: Callable[..., object], args: tuple[Any, ...], promise: Promise) -> None:
            """Takes a function, its arguments, and where its outcome goes; returns at once."""

        def finish(self, given: Awaitable[object]) -> None:
            """Runs what a hook gave, and waits: the next hook comes after it."""


#: How often a hook's coroutine is looked after, in seconds: its loop may have ended.
_LOOK_AGAIN = 0.05


class InThread:
    """Runs each on a thread of its own, which keeps nothing from ending. A coroutine gets a loop of its own."""

    __slots__ = ()

    def __call__(self, function: Callable[..., object], args: tuple[Any, ...], promise: Promise) -> None:
        _start(function, args, promise, None)

    def finish(self, given: Awaitable[object]) -> None:
        """Runs it on the thread of the hooks, which the end of the program waits for."""
        import asyncio

        asyncio.run(_awaited(given))


in_thread = InThread()


class OnLoop:
    """Runs coroutines on the loop that the client was used on last, and all else on a thread."""

    __slots__ = ("loop", "tasks")

    def __init__(self) -> None:
        self.loop: ref[AbstractEventLoop] | None = None
        self.tasks: set[object] = set()

    def seen(self, loop: AbstractEventLoop) -> None:
        """The client makes a call on this loop."""
        if self.loop is None or self.loop() is not loop:
            from weakref import ref

            self.loop = ref(loop)

    def __call__(self, function: Callable[..., object], args: tuple[Any, ...], promise: Promise) -> None:
        loop = self.loop() if self.loop is not None else None
        if loop is None or loop.is_closed():
            in_thread(function, args, promise)
        elif _is_coroutine_function(function):
            loop.call_soon_threadsafe(self._begin, loop, function, args, promise)
        else:
            _start(function, args, promise, (self, loop))

    def finish(self, given: Awaitable[object]) -> None:
        """Waits while the loop runs it. If the loop ends before it comes to that, it runs here."""
        from concurrent.futures import Future, wait

        outcome: Future[None] = Future()
        loop = self.loop() if self.loop is not None else None
        if loop is not None and loop.is_running():
            try:
                loop.call_soon_threadsafe(self._begin_hook, loop, given, outcome)
            except RuntimeError:
                # Closed just now.
                loop = None
        while loop is not None and loop.is_running() and not outcome.done():
            wait([outcome], _LOOK_AGAIN)
        if outcome.cancel():
            in_thread.finish(given)
        elif outcome.done():
            outcome.result()
        else:
            raise RuntimeError("the event loop ended while it ran a hook")

    def _begin_hook(self, loop: AbstractEventLoop, given: Awaitable[object], outcome: Future[None]) -> None:
        self._keep(loop.create_task(_told(given, outcome)))

    def _begin(
        self, loop: AbstractEventLoop, function: Callable[..., Any], args: tuple[Any, ...], promise: Promise
    ) -> None:
        self._keep(loop.create_task(_finish(function, args, promise)))

    def _keep(self, task: Task[None]) -> None:
        """A loop keeps no task alive by itself."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _start(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    promise: Promise,
    caller: tuple[OnLoop, AbstractEventLoop] | None,
) -> None:
    from threading import Thread

    Thread(target=_run, args=(function, args, promise, caller), name="ava-callback", daemon=True).start()


def _run(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    promise: Promise,
    caller: tuple[OnLoop, AbstractEventLoop] | None,
) -> None:
    try:
        value = function(*args)
        if hasattr(value, "__await__"):
            # A function that isn't one of `async def`, and gives an awaitable all the same.
            if caller is not None:
                on_loop, loop = caller
                loop.call_soon_threadsafe(on_loop._begin, loop, lambda: value, (), promise)
                return
            import asyncio

            value = asyncio.run(_awaited(value))
    except BaseException as error:
        promise.reject(error)
    else:
        promise.resolve(value)


async def _awaited(value: Awaitable[object]) -> object:
    return await value


async def _finish(function: Callable[..., Awaitable[object]], args: tuple[Any, ...], promise: Promise) -> None:
    try:
        value = await function(*args)
    except BaseException as error:
        promise.reject(error)
        if not isinstance(error, Exception):
            raise
    else:
        promise.resolve(value)


async def _told(given: Awaitable[object], outcome: Future[None]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        await given
    except BaseException as error:
        outcome.set_exception(error)
        if not isinstance(error, Exception):
            raise
    else:
        outcome.set_result(None)


def _is_coroutine_function(function: Any) -> bool:
    from inspect import iscoroutinefunction

    while hasattr(function, "func"):
        function = function.func
    return iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
