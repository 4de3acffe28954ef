"""The asyncio client."""

from __future__ import annotations

from . import _callbacks, _logging, _native
from ._options import Base

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Lock
    from collections.abc import Generator, Iterable, Mapping
    from datetime import datetime
    from types import TracebackType
    from typing import Any, Callable, TypeVar
    from weakref import WeakKeyDictionary, ref

    from typing_extensions import Self

    from ._native import Attempt, Gap, GeneratedMessage, Message, MessagePage, PollPage, SentMessage, SkippedRow
    from ._options import AnyCheckpoint, AnyTurn
    from .errors import AvaError

    T = TypeVar("T")

#: Each loop's, which the loop itself keeps: it watches it. Whoever else did would keep what waits in it, and so the
#: loop, for good.
_mailboxes: WeakKeyDictionary[AbstractEventLoop, ref[_native.Mailbox]] | None = None
#: Those of loops that watch no files, such as Windows' Proactor.
_kept: WeakKeyDictionary[AbstractEventLoop, _native.Mailbox]
_running_loop: Callable[[], AbstractEventLoop]


def _prepare() -> WeakKeyDictionary[AbstractEventLoop, ref[_native.Mailbox]]:
    """``asyncio`` is dear to import, and there already where a loop runs."""
    global _kept, _mailboxes, _running_loop
    from asyncio import get_running_loop
    from weakref import WeakKeyDictionary

    _running_loop = get_running_loop
    if _mailboxes is None:
        _kept, _mailboxes = WeakKeyDictionary(), WeakKeyDictionary()
    return _mailboxes


def _new_mailbox(loop: AbstractEventLoop) -> _native.Mailbox:
    """Has the loop told of outcomes."""
    from weakref import ref

    mailbox: _native.Mailbox
    boxes = _prepare()
    try:
        mailbox = _native.Mailbox()
        watched = mailbox.fileno()
        assert watched is not None
        loop.add_reader(watched, mailbox.drain)
    except NotImplementedError:
        own: list[ref[_native.Mailbox]] = []
        mailbox = _kept[loop] = _native.Mailbox(_ringer(ref(loop), own))
        own.append(ref(mailbox))
    boxes[loop] = ref(mailbox)
    return mailbox


def _ringer(loop: ref[AbstractEventLoop], own: list[ref[_native.Mailbox]]) -> Callable[[], None]:
    """What has the loop's thread look into its mailbox, and keeps neither."""

    def ring() -> None:
        on, mailbox = loop(), own[0]()
        if on is not None and mailbox is not None:
            on.call_soon_threadsafe(mailbox.drain)

    return ring


class AsyncAvaClient(Base):
    """A client of the AVA iMessage API for asyncio. It may be used on several loops, one after the other.

    Calls never block the loop. Cancelling the task drops the request; a send that was cut in flight is told to
    ``on_unknown``. Each call takes ``timeout`` (seconds), ``max_retries`` and ``headers``, instead of or in addition
    to the client's. As an async context manager it closes itself.

        async with AsyncAvaClient() as client:
            await client.send("+15550100142", "Hello from AVA!")
    """

    __slots__ = ("_loops",)

    def _runner(self) -> _callbacks.Runner:
        self._loops = _callbacks.OnLoop()
        return self._loops

    async def _call(self, call: _native.Call[T], lost: Callable[[T], object] | None = None) -> T:
        """Makes a call. ``lost`` is given an outcome that came in the moment in which the task was cancelled."""
        boxes = _mailboxes if _mailboxes is not None else _prepare()
        try:
            loop = _running_loop()
        except RuntimeError:
            raise RuntimeError("AsyncAvaClient needs a running asyncio event loop; elsewhere use AvaClient") from None
        known = boxes.get(loop)
        mailbox = known() if known is not None else None
        if mailbox is None:
            mailbox = _new_mailbox(loop)
        elif not mailbox.is_ours():
            # What the loop watches for is the parent's too: anything changed here is changed there.
            raise RuntimeError("this event loop is the parent process's: a forked child needs a loop of its own")
        self._loops.seen(loop)
        _logging.refresh()
        future: Any = loop.create_future()
        call.start(mailbox, future)
        try:
            outcome: T = await future
        except BaseException as error:
            if future.done() and not future.cancelled():
                if future.exception() is error:
                    call.arrived()
                elif lost is not None and future.exception() is None:
                    lost(future.result())
            # The task was cancelled, most likely: the request goes with it.
            call.cancel()
            raise
        call.arrived()
        return outcome

    async def send(
        self,
        phone: str,
        text: str,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> SentMessage:
        """Sends an iMessage (*Send Message*).

        It ends as *sent*, *not sent*, or *unknown*, and texts nobody twice: the request is posted again only if
        every earlier attempt certainly was not sent. An attempt whose answer was lost is looked up in the history
        within the same deadline.

        Args:
            phone: To whom: E.164, ``+1234567890``.
            text: What; not empty.
            timeout: Seconds it may take, retries and settling included: the client's, 30.
            max_retries: How often it is tried again where that is safe: the client's, 2.
            headers: Further headers, in place of the client's of the same name.

        Raises:
            DeliveryUnknownError: It may or may not have gone out: keep :attr:`~AvaError.attempt` for
                :meth:`settle`, and don't send again.
            AvaError: Any other: it certainly did not go out.
        """
        return await self._call(self._core.send(phone, text, timeout, max_retries, headers))

    async def settle(
        self,
        attempt: Attempt,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> SentMessage:
        """Asks the history again whether an unknown send happened (*Get Messages*). Nothing is posted.

        Args:
            attempt: What the :class:`DeliveryUnknownError` carried, or ``on_unknown`` was given.
            timeout: Seconds it may take: the client's, 30.
            max_retries: Not used, but for being the same everywhere.
            headers: Further headers.

        Raises:
            RejectedError: The message is there, and failed.
            DeliveryUnknownError: The history does not tell. Absence proves nothing: the service may still be at
                it.
        """
        return await self._call(self._core.settle(attempt, timeout, max_retries, headers))

    def messages(
        self,
        phone: str,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncMessages:
        """A conversation as an async iterator over all its pages (*Get Messages*), in the server's order.

        Pages are fetched as it is read, each with the deadline of a call. Messages that come again are dropped.

        Args:
            phone: Whose: E.164.
            timeout: Seconds that each page may take: the client's, 30.
            max_retries: How often each is tried again: the client's, 2.
            headers: Further headers.

        Raises:
            AvaError: While it is read; it ends then.
        """
        return AsyncMessages(self, self._core.messages(phone, timeout, max_retries, headers))

    async def messages_page(
        self,
        phone: str,
        *,
        limit: int = _native.DEFAULT_LIMIT,
        offset: int = 0,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> MessagePage:
        """One page of a conversation (*Get Messages*).

        Args:
            phone: Whose: E.164.
            limit: At most so many rows: 50; 1 to 100.
            offset: So many are passed over: 0.
            timeout: Seconds it may take: the client's, 30.
            max_retries: How often it is tried again: the client's, 2.
            headers: Further headers.

        Raises:
            InvalidRequestError: A malformed phone or limit, before anything is sent.
        """
        return await self._call(self._core.messages_page(phone, limit, offset, timeout, max_retries, headers))

    async def poll(
        self,
        since: datetime | None = None,
        *,
        phone: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> PollPage:
        """Asks once for inbound messages (*Receive Messages*). What comes again, comes again: for an inbox that
        loses nothing and repeats nothing, use :meth:`listen`.

        Args:
            since: Only messages after this time, by the service's clock: an aware ``datetime``.
            phone: Only messages from this phone.
            timeout: Seconds it may take: the client's, 30.
            max_retries: How often it is tried again: the client's, 2.
            headers: Further headers.
        """
        return await self._call(self._core.poll(since, phone, timeout, max_retries, headers))

    def listen(
        self,
        *,
        since: datetime | None = None,
        phone: str | None = None,
        interval: float = _native.DEFAULT_INTERVAL,
        checkpoint: AnyCheckpoint | None = None,
        auto_ack: bool = True,
        on_gap: Callable[[Gap], object] | None = None,
        on_skipped: Callable[[SkippedRow], object] | None = None,
        on_retry: Callable[[AvaError], object] | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncListener:
        """Listens for inbound messages: polls, overlaps, drops what it has seen, and keeps what was acknowledged.
        It begins when it is first read, entered (``async with``) or awaited.

        At least once: a message that was not acknowledged when the process ended comes again. Asking for the next
        message acknowledges the last; leaving the loop does not. Failed polls are tried again with growing waits,
        for as long as it takes; 400, 403, 404, and a 401 that no other token cures, end it with the error.

        The hooks are called on a thread of this library, one after the other, and nobody waits for them. They may be
        coroutine functions, which are run on the client's loop.

        Args:
            since: Messages from this time on, by the service's clock: an aware ``datetime``. Without it, from now
                on. A checkpoint that was used before goes on where it was instead.
            phone: Only messages from this phone.
            interval: Seconds between polls: 5, stretching to twice that while nothing comes; 0.1 at least.
            checkpoint: Where to keep what was acknowledged: a path, or an object with ``load()`` and
                ``save(state)``. Without one, a restart begins anew.
            auto_ack: Whether asking for the next message acknowledges the last: yes. Turn it off, and use
                :meth:`AsyncListener.ack`, wherever messages are pulled ahead of being dealt with.
            on_gap: Told of each stretch of time of which messages may have been missed.
            on_skipped: Told of each row that can't be read, which may be a message.
            on_retry: Told of the error of each poll that failed and will be tried again.
            timeout: Seconds that each poll may take: the client's, 30.
            max_retries: Not used: a listener has a rhythm of its own.
            headers: Further headers.

        Raises:
            ConfigurationError: The checkpoint belongs to another base URL or phone.
            StorageError: It can't be read or written.
            AvaError: What ends the listener, where the service is asked for its time.
        """
        given = {
            "since": since,
            "phone": phone,
            "interval": interval,
            "checkpoint": checkpoint,
            "auto_ack": auto_ack,
            "on_gap": on_gap,
            "on_skipped": on_skipped,
            "on_retry": on_retry,
        }
        return AsyncListener(self, lambda: self._core.listen(given, timeout, max_retries, headers))

    async def generate(
        self,
        phone: str,
        context: Iterable[AnyTurn],
        *,
        instructions: str | None = None,
        auto_send: bool = False,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> GeneratedMessage:
        """Has AVA write a reply to ``context`` (*Generate Message with AVA*).

        Args:
            phone: To whom the reply would go: E.164.
            context: The conversation, oldest turn first: each a :class:`Turn` or a dict of ``role`` and
                ``content``.
            instructions: Tone, style or content to keep to.
            auto_send: Whether the service sends what it wrote at once: no.
            timeout: Seconds it may take: 60, unless the client has one of its own.
            max_retries: How often it is tried again: the client's, but once at the most.
            headers: Further headers.

        Raises:
            InvalidRequestError: The context is empty.
            DeliveryUnknownError: With ``auto_send``, the answer was lost. There is no attempt to settle: the text
                isn't known.
        """
        return await self._call(
            self._core.generate(phone, context, instructions, auto_send, timeout, max_retries, headers)
        )

    async def draft_reply(
        self,
        phone: str,
        *,
        instructions: str | None = None,
        history: int = _native.DEFAULT_HISTORY,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> GeneratedMessage:
        """Has AVA write a reply to the newest messages of a conversation. Nothing is sent.

        Args:
            phone: Whose conversation: E.164.
            instructions: Tone, style or content to keep to.
            history: To so many of the newest messages: 20; 1 to 100.
            timeout: Seconds it may take: 60, unless the client has one of its own.
            max_retries: How often it is tried again: the client's, but once at the most.
            headers: Further headers.

        Raises:
            InvalidRequestError: The conversation has no messages.
        """
        return await self._call(self._core.draft_reply(phone, instructions, history, timeout, max_retries, headers))

    async def close(self) -> None:
        """Refuses new calls from now on with :class:`ClosedError`, ends the listeners' iteration, and waits for
        the calls in flight, each of which ends by its deadline.
        """
        await self._call(self._core.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class AsyncMessages:
    """A conversation, read message by message; pages are fetched as it is read."""

    __slots__ = ("__weakref__", "_client", "_lost", "_native")

    def __init__(self, client: AsyncAvaClient, native: _native.Messages) -> None:
        self._client = client
        self._native = native
        self._lost: list[Message | None] = []

    def __aiter__(self) -> AsyncMessages:
        return self

    async def __anext__(self) -> Message:
        message = self._lost.pop() if self._lost else self._native.try_next()
        if message is None:
            message = await self._client._call(self._native.next(), self._lost.append)
            if message is None:
                raise StopAsyncIteration
        return message

    async def close(self) -> None:
        """Ends it. A request under way is dropped."""
        self._native.close()

    #: As ``contextlib.aclosing`` calls it.
    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class AsyncListener:
    """Inbound messages, one by one. It ends, without an error, when it or its client is closed."""

    __slots__ = ("__weakref__", "_begin", "_client", "_closed", "_lost", "_native", "_opening", "_turn")

    def __init__(self, client: AsyncAvaClient, begin: Callable[[], _native.Call[_native.Listener]]) -> None:
        self._client = client
        self._begin = begin
        # Made here, so that wrong arguments are refused where they were given.
        self._opening: _native.Call[_native.Listener] | None = begin()
        self._turn: Lock | None = None
        self._native: _native.Listener | None = None
        self._closed = False
        self._lost: list[Message | None] = []

    async def _open(self) -> _native.Listener:
        if self._native is not None:
            return self._native
        if self._turn is None:
            from asyncio import Lock

            # Not made before: up to Python 3.9 a lock belongs to the loop that is there when it is made.
            self._turn = Lock()
        async with self._turn:
            # Another task may have opened it meanwhile. If that failed, or was cancelled, this one begins anew.
            if self._native is None:
                opening, self._opening = self._opening or self._begin(), None
                self._native = await self._client._call(opening)
                if self._closed:
                    self._native.close()
            return self._native

    def __await__(self) -> Generator[Any, None, AsyncListener]:
        yield from self._open().__await__()
        return self

    def __aiter__(self) -> AsyncListener:
        return self

    async def __anext__(self) -> Message:
        if self._closed:
            raise StopAsyncIteration
        native = self._native or await self._open()
        if self._lost:
            # Given before, and not seen: asking for the next would acknowledge it.
            message = self._lost.pop()
        else:
            message = await self._client._call(native.next(), self._lost.append)
        if message is None:
            raise StopAsyncIteration
        return message

    async def ack(self, message: Message | str) -> None:
        """Acknowledges a message, or the message of this id: it need not come again. When this returns, the
        checkpoint has it.

        Raises:
            StorageError: The checkpoint failed; the message is not acknowledged.
        """
        await self._client._call((await self._open()).ack(message))

    async def close(self) -> None:
        """Ends it. It acknowledges nothing."""
        self._closed = True
        if self._native is not None:
            self._native.close()

    #: As ``contextlib.aclosing`` calls it.
    aclose = close

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
