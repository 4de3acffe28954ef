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
    def id(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def direction(self) -> Literal["inbound", "outbound"] | str: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def status(self) -> Literal["queued", "sent", "delivered", "received", "failed"] | str: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    def __hash__(self) -> int: ...

@final
class SentMessage:
    __match_args__ = ("message_id", "timestamp", "confirmation")
    def __init__(
        self,
        message_id: str,
        timestamp: datetime,
        confirmation: Confirmation | Literal["response", "history"],
        extra: Mapping[str, Any] | None = None,
    ) -> None: ...
    @property
    def message_id(self) -> str: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def confirmation(self) -> Confirmation: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    def __hash__(self) -> int: ...

@final
class GeneratedMessage:
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
    def text(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def sent(self) -> bool: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    def __hash__(self) -> int: ...

@final
class SkippedRow:
    __match_args__ = ("index", "reason", "raw")
    def __init__(self, index: int, reason: str, raw: str) -> None: ...
    @property
    def index(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def raw(self) -> str: ...
    def __hash__(self) -> int: ...

@final
class Gap:
    __match_args__ = ("start", "end")
    def __init__(self, start: datetime, end: datetime) -> None: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    def __hash__(self) -> int: ...

@final
class Turn:
    __match_args__ = ("role", "content")
    def __init__(self, role: str, content: str) -> None: ...
    @property
    def role(self) -> Literal["user", "assistant"] | str: ...
    @property
    def content(self) -> str: ...
    @staticmethod
    def user(content: str) -> Turn: ...
    @staticmethod
    def assistant(content: str) -> Turn: ...
    def __hash__(self) -> int: ...

@final
class MessagePage:
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
    def messages(self) -> tuple[Message, ...]: ...
    @property
    def total(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def skipped(self) -> tuple[SkippedRow, ...]: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    def __hash__(self) -> int: ...

@final
class PollPage:
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
    def messages(self) -> tuple[Message, ...]: ...
    @property
    def count(self) -> int: ...
    @property
    def has_more(self) -> bool: ...
    @property
    def skipped(self) -> tuple[SkippedRow, ...]: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    def __hash__(self) -> int: ...

@final
class Attempt:
    @property
    def phone(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def is_portable(self) -> bool: ...
    def to_json(self) -> str: ...
    @staticmethod
    def from_json(text: str) -> Attempt: ...
    def __hash__(self) -> int: ...

@final
class Token:
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
