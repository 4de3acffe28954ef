"""The two faces as the runner uses them. A step is written once, as a coroutine: through the blocking face it
never suspends."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable

from ava_imessage import AsyncAvaClient, AvaClient

if TYPE_CHECKING:
    from collections.abc import Coroutine

    Work = Coroutine[Any, Any, Any]


def drive(work: Work) -> Any:
    """Runs a coroutine that never suspends."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the blocking face does not suspend")


class Blocking:
    """``AvaClient``, threads, and Ctrl-C to cancel."""

    name = "sync"
    client = AvaClient

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    async def open(self, listen: Callable[..., Any], **kwargs: Any) -> Any:
        return listen(**kwargs)

    async def next(self, stream: Any) -> Any:
        return next(stream, None)

    async def end(self, stream: Any) -> None:
        stream.close()

    async def all(self, works: list[Work]) -> list[Any]:
        with ThreadPoolExecutor(len(works)) as threads:
            return list(threads.map(drive, works))

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def within(self, seconds: float, work: Work) -> bool:
        return await self._until(lambda: time.sleep(seconds), work)

    async def cancel(self, after: Callable[[], Work], work: Work) -> bool:
        """Whether the work was still running when ``after`` was over, and so was cancelled."""
        return await self._until(lambda: drive(after()), work)

    async def _until(self, wait: Callable[[], None], work: Work) -> bool:
        assert threading.current_thread() is threading.main_thread(), "signals are for the main thread"
        lock, over = threading.Lock(), threading.Event()
        fired = []

        def interrupt() -> None:
            wait()
            with lock:
                if not over.is_set():
                    fired.append(True)
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt, daemon=True)
        try:
            try:
                thread.start()
                drive(work)
                with lock:
                    over.set()
                if fired:
                    time.sleep(1)
            finally:
                over.set()
        except KeyboardInterrupt:
            thread.join()
            return True
        return False

    def run(self, work: Work, within: float) -> None:
        began = time.monotonic()
        drive(work)
        took = time.monotonic() - began
        assert took <= within, f"took {took:.1f} s, more than {within:.1f} s"

    def provider(self, give: Callable[[], Any], hang: object) -> Callable[[], Any]:
        def provide() -> Any:
            given = give()
            if given is hang:
                threading.Event().wait()
            return given

        return provide


class Asyncio:
    """``AsyncAvaClient``, tasks and their cancellation."""

    name = "async"
    client = AsyncAvaClient

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    async def open(self, listen: Callable[..., Any], **kwargs: Any) -> Any:
        return await listen(**kwargs)

    async def next(self, stream: Any) -> Any:
        try:
            return await stream.__anext__()
        except StopAsyncIteration:
            return None

    async def end(self, stream: Any) -> None:
        await stream.close()

    async def all(self, works: list[Work]) -> list[Any]:
        return await asyncio.gather(*works)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def within(self, seconds: float, work: Work) -> bool:
        return await self.cancel(lambda: self.sleep(seconds), work)

    async def cancel(self, after: Callable[[], Work], work: Work) -> bool:
        task, wait = asyncio.ensure_future(work), asyncio.ensure_future(after())
        await asyncio.wait({task, wait}, return_when=asyncio.FIRST_COMPLETED)
        wait.cancel()
        if task.done():
            task.result()
            return False
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    def run(self, work: Work, within: float) -> None:
        asyncio.run(asyncio.wait_for(work, within))

    def provider(self, give: Callable[[], Any], hang: object) -> Callable[[], Any]:
        async def provide() -> Any:
            given = give()
            if given is hang:
                await asyncio.Event().wait()
            return given

        return provide
