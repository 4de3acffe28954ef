"""The native module, as the type checker sees it. Private but for what ``ava_imessage`` exports."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, Union, final

from typing_extensions import TypeAlias

from ava_imessage import Confirmation

from ._callbacks import Runner

T = TypeVar("T")
Number: TypeAlias = Union[int, float]

__version__: str
DEFAULT_TIMEOUT: float
DEFAULT_MAX_RETRIES: int
DEFAULT_INTERVAL: float
DEFAULT_LIMIT: int
DEFAULT_HISTORY: int

@final
class Message:
    """One message of a conversation (*Get Messages*, *Receive Messages*)."""

    __match_args__ = ("id", "phone", "text", "direction", "timestamp", "status")
    def __init__(
        self,
        id: str,
        phone: str,
        text: str,
        direction: str,
        timestamp: datetime,
        status: str,
        extra: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def id(self) -> str:
        """The service's id: ``msg_abc123``."""
    @property
    def phone(self) -> str:
        """The other person's number, E.164."""
    @property
    def text(self) -> str:
        """What was written (the wire's ``message``)."""
    @property
    def direction(self) -> Literal["inbound", "outbound"] | str:
        """Which way it went: ``inbound`` or ``outbound``, or what the service wrote instead."""
    @property
    def timestamp(self) -> datetime:
        """When, by the service's clock: an aware ``datetime`` in UTC."""
    @property
    def status(self) -> Literal["queued", "sent", "delivered", "received", "failed"] | str:
        """How far it got: ``queued``, ``sent``, ``delivered``, ``received``, ``failed``, or what the service wrote
        instead.
        """
    @property
    def extra(self) -> Mapping[str, Any]:
        """Further members of the wire, parsed when asked for: a read-only mapping."""
    def __hash__(self) -> int: ...

@final
class SentMessage:
    """A message that the service accepted (*Send Message*). Whether it was delivered is the ``status`` of its row in
    the history.
    """

    __match_args__ = ("message_id", "timestamp", "confirmation")
    def __init__(
        self,
        message_id: str,
        timestamp: datetime,
        confirmation: Confirmation | Literal["response", "history"],
        extra: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def message_id(self) -> str:
        """The service's id: ``msg_abc123``."""
    @property
    def timestamp(self) -> datetime:
        """When, by the service's clock; where the answer names no time, its ``Date``, else this machine's clock."""
    @property
    def confirmation(self) -> Confirmation:
        """How it is known: ``Confirmation.RESPONSE`` (the service answered) or ``Confirmation.HISTORY`` (the answer
        was lost; the message was found in the history).
        """
    @property
    def extra(self) -> Mapping[str, Any]:
        """Further members of the wire, parsed when asked for: a read-only mapping."""
    def __hash__(self) -> int: ...

@final
class GeneratedMessage:
    """A reply that AVA wrote (*Generate Message with AVA*)."""

    __match_args__ = ("text", "message_id", "sent", "timestamp")
    def __init__(
        self,
        text: str,
        message_id: str,
        sent: bool,
        timestamp: datetime,
        extra: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def text(self) -> str:
        """What it wrote (the wire's ``generated_message``)."""
    @property
    def message_id(self) -> str:
        """The service's id: ``msg_ai_abc123``."""
    @property
    def sent(self) -> bool:
        """Whether it was sent."""
    @property
    def timestamp(self) -> datetime:
        """When, by the service's clock: an aware ``datetime`` in UTC."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """Further members of the wire, parsed when asked for: a read-only mapping."""
    def __hash__(self) -> int: ...

@final
class SkippedRow:
    """A row that isn't what the API documents. It costs nobody the rows beside it."""

    __match_args__ = ("index", "reason", "raw")
    def __init__(self, index: int, reason: str, raw: str) -> None: ...
    @property
    def index(self) -> int:
        """Its place in the server's list, from 0."""
    @property
    def reason(self) -> str:
        """What is wrong with it."""
    @property
    def raw(self) -> str:
        """The row as JSON text. It may hold people's data."""
    def __hash__(self) -> int: ...

@final
class Gap:
    """A stretch of time of which a listener may have missed messages."""

    __match_args__ = ("start", "end")
    def __init__(self, start: datetime, end: datetime) -> None: ...
    @property
    def start(self) -> datetime:
        """Its beginning: an aware ``datetime`` in UTC."""
    @property
    def end(self) -> datetime:
        """Its end: an aware ``datetime`` in UTC."""
    def __hash__(self) -> int: ...

@final
class Turn:
    """One turn of the conversation that a reply is drafted from."""

    __match_args__ = ("role", "content")
    def __init__(self, role: str, content: str) -> None: ...
    @property
    def role(self) -> Literal["user", "assistant"] | str:
        """Who speaks: ``user`` (the other person), ``assistant`` (us), or whatever else the service takes."""
    @property
    def content(self) -> str:
        """What is said."""
    @staticmethod
    def user(content: str) -> Turn:
        """What the other person said."""
    @staticmethod
    def assistant(content: str) -> Turn:
        """What we said."""
    def __hash__(self) -> int: ...

@final
class MessagePage:
    """A page of a conversation's history (*Get Messages*)."""

    __match_args__ = ("messages", "total", "limit", "offset")
    def __init__(
        self,
        messages: Iterable[Message],
        total: int,
        limit: int,
        offset: int,
        skipped: Iterable[SkippedRow] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def messages(self) -> tuple[Message, ...]:
        """The rows, in the server's order, which the API document leaves open."""
    @property
    def total(self) -> int:
        """How many messages the conversation has."""
    @property
    def limit(self) -> int:
        """How many rows a page has at the most."""
    @property
    def offset(self) -> int:
        """How many rows were passed over."""
    @property
    def skipped(self) -> tuple[SkippedRow, ...]:
        """Rows that couldn't be read."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """Further members of the wire, parsed when asked for: a read-only mapping."""
    def __hash__(self) -> int: ...

@final
class PollPage:
    """What one poll brought (*Receive Messages*)."""

    __match_args__ = ("messages", "count", "has_more")
    def __init__(
        self,
        messages: Iterable[Message],
        count: int,
        has_more: bool,
        skipped: Iterable[SkippedRow] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def messages(self) -> tuple[Message, ...]:
        """The rows, in the server's order."""
    @property
    def count(self) -> int:
        """How many rows the server says there are."""
    @property
    def has_more(self) -> bool:
        """Whether there are more than these."""
    @property
    def skipped(self) -> tuple[SkippedRow, ...]:
        """Rows that couldn't be read."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """Further members of the wire, parsed when asked for: a read-only mapping."""
    def __hash__(self) -> int: ...

@final
class Attempt:
    """A send that may or may not have happened, to be settled later: ``client.settle(attempt)``.

    It pickles, and can be kept as text: that text holds the phone and the message, ``repr()`` hides both. Another
    process can settle it only if :attr:`is_portable`.
    """
    @property
    def phone(self) -> str:
        """To whom the message would have gone."""
    @property
    def text(self) -> str:
        """What it would have said."""
    @property
    def is_portable(self) -> bool:
        """Whether another process can settle it: the history was read at least once."""
    def to_json(self) -> str:
        """As JSON text, for :meth:`from_json`. It holds the phone and the message."""
    @staticmethod
    def from_json(text: str) -> Attempt:
        """What :meth:`to_json` wrote. Raises :class:`InvalidRequestError`, a ``ValueError``, if it is none."""
    def __hash__(self) -> int: ...

@final
class Token:
    """A short-lived token, as a token provider gives it. ``repr()`` hides it."""
    def __init__(self, value: str, *, expires_in: float | None = None, expires_at: datetime | None = None) -> None: ...

@final
class Promise:
    def resolve(self, value: object) -> None: ...
    def reject(self, error: BaseException) -> None: ...

@final
class Mailbox:
    def __init__(self, call_soon: Callable[[], object] | None = None) -> None: ...
    def fileno(self) -> int | None: ...
    def is_ours(self) -> bool: ...
    def drain(self) -> None: ...

@final
class Call(Generic[T]):
    def wait(self) -> T: ...
    def start(self, mailbox: Mailbox, future: object) -> None: ...
    def arrived(self) -> None: ...
    def cancel(self) -> None: ...

@final
class Messages:
    def try_next(self) -> Message | None: ...
    def next(self) -> Call[Message | None]: ...
    def close(self) -> None: ...

@final
class Listener:
    def next(self) -> Call[Message | None]: ...
    def ack(self, message: Message | str) -> Call[None]: ...
    def close(self) -> None: ...

@final
class Core:
    def __init__(self, given: dict[str, Any], run: Runner) -> None: ...
    @property
    def base_url(self) -> str: ...
    @property
    def is_closed(self) -> bool: ...
    def close(self) -> Call[None]: ...
    def send(
        self,
        phone: str,
        text: str,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[SentMessage]: ...
    def settle(
        self,
        attempt: Attempt,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[SentMessage]: ...
    def messages(
        self,
        phone: str,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Messages: ...
    def messages_page(
        self,
        phone: str,
        limit: int,
        offset: int,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[MessagePage]: ...
    def poll(
        self,
        since: datetime | None,
        phone: str | None,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[PollPage]: ...
    def listen(
        self,
        given: dict[str, Any],
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[Listener]: ...
    def generate(
        self,
        phone: str,
        context: Iterable[Turn | Mapping[str, str]],
        instructions: str | None,
        auto_send: bool,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[GeneratedMessage]: ...
    def draft_reply(
        self,
        phone: str,
        instructions: str | None,
        history: int,
        timeout: Number | None,
        max_retries: int | None,
        headers: Mapping[str, str] | None,
        /,
    ) -> Call[GeneratedMessage]: ...

def flush_callbacks(timeout: float) -> bool: ...
def log_to(handle: Callable[[int, float, str, dict[str, object]], None], level: int) -> None: ...
def set_log_level(level: int) -> None: ...
