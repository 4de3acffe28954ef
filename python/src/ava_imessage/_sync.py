"""The blocking client."""

from __future__ import annotations

from . import _logging, _native
from ._options import Base

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from types import TracebackType
    from typing import Callable, TypeVar

    from typing_extensions import Self

    from ._native import Attempt, Gap, GeneratedMessage, Message, MessagePage, PollPage, SentMessage, SkippedRow
    from ._options import AnyCheckpoint, AnyTurn
    from .errors import AvaError

    T = TypeVar("T")


def _wait(call: _native.Call[T]) -> T:
    _logging.refresh()
    return call.wait()


class AvaClient(Base):
    """A client of the AVA iMessage API. Threads may share it; a forked child goes on with connections of its own.

    Calls let other threads run meanwhile, and Ctrl-C ends them at once. Each takes ``timeout`` (seconds),
    ``max_retries`` and ``headers``, instead of or in addition to the client's. As a context manager it closes
    itself.

        with AvaClient() as client:
            client.send("+15550100142", "Hello from AVA!")
    """

    __slots__ = ()

    def send(
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
        return _wait(self._core.send(phone, text, timeout, max_retries, headers))

    def settle(
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
        return _wait(self._core.settle(attempt, timeout, max_retries, headers))

    def messages(
        self,
        phone: str,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Messages:
        """A conversation as an iterator over all its pages (*Get Messages*), in the server's order.

        Pages are fetched as it is read, each with the deadline of a call. Messages that come again are dropped.

        Args:
            phone: Whose: E.164.
            timeout: Seconds that each page may take: the client's, 30.
            max_retries: How often each is tried again: the client's, 2.
            headers: Further headers.

        Raises:
            AvaError: While it is read; it ends then.
        """
        return Messages(self._core.messages(phone, timeout, max_retries, headers))

    def messages_page(
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
        return _wait(self._core.messages_page(phone, limit, offset, timeout, max_retries, headers))

    def poll(
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
        return _wait(self._core.poll(since, phone, timeout, max_retries, headers))

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
    ) -> Listener:
        """Listens for inbound messages: polls, overlaps, drops what it has seen, and keeps what was acknowledged.

        At least once: a message that was not acknowledged when the process ended comes again. Asking for the next
        message acknowledges the last; leaving the loop does not. Failed polls are tried again with growing waits,
        for as long as it takes; 400, 403, 404, and a 401 that no other token cures, end it with the error.

        The hooks are called on a thread of this library, one after the other, and nobody waits for them. They may be
        coroutine functions, which are run there.

        Args:
            since: Messages from this time on, by the service's clock: an aware ``datetime``. Without it, from now
                on. A checkpoint that was used before goes on where it was instead.
            phone: Only messages from this phone.
            interval: Seconds between polls: 5, stretching to twice that while nothing comes; 0.1 at least.
            checkpoint: Where to keep what was acknowledged: a path, or an object with ``load()`` and
                ``save(state)``. Without one, a restart begins anew.
            auto_ack: Whether asking for the next message acknowledges the last: yes. Turn it off, and use
                :meth:`Listener.ack`, wherever messages are pulled ahead of being dealt with.
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
        return Listener(_wait(self._core.listen(given, timeout, max_retries, headers)))

    def generate(
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
        return _wait(self._core.generate(phone, context, instructions, auto_send, timeout, max_retries, headers))

    def draft_reply(
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
        return _wait(self._core.draft_reply(phone, instructions, history, timeout, max_retries, headers))

    def close(self) -> None:
        """Refuses new calls from now on with :class:`ClosedError`, ends the listeners' iteration, and waits for
        the calls in flight, each of which ends by its deadline.
        """
        self._core.close().wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Messages:
    """A conversation, read message by message; pages are fetched as it is read."""

    __slots__ = ("__weakref__", "_native")

    def __init__(self, native: _native.Messages) -> None:
        self._native = native

    def __iter__(self) -> Messages:
        return self

    def __next__(self) -> Message:
        message = self._native.try_next()
        if message is None:
            message = _wait(self._native.next())
            if message is None:
                raise StopIteration
        return message

    def close(self) -> None:
        """Ends it. A request under way is dropped."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Listener:
    """Inbound messages, one by one. It ends, without an error, when it or its client is closed."""

    __slots__ = ("__weakref__", "_native")

    def __init__(self, native: _native.Listener) -> None:
        self._native = native

    def __iter__(self) -> Listener:
        return self

    def __next__(self) -> Message:
        message = _wait(self._native.next())
        if message is None:
            raise StopIteration
        return message

    def ack(self, message: Message | str) -> None:
        """Acknowledges a message, or the message of this id: it need not come again. When this returns, the
        checkpoint has it.

        Raises:
            StorageError: The checkpoint failed; the message is not acknowledged.
        """
        _wait(self._native.ack(message))

    def close(self) -> None:
        """Ends it. It acknowledges nothing."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
