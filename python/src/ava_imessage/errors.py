"""The errors of this package: one class a kind, all under :class:`AvaError`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Literal

    from ava_imessage import Attempt

__all__ = [
    "AuthenticationError",
    "AvaConnectionError",
    "AvaError",
    "AvaTimeoutError",
    "CancelledError",
    "ClosedError",
    "ConfigurationError",
    "DeliveryUnknownError",
    "InternalError",
    "InvalidRequestError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RejectedError",
    "ServerError",
    "StorageError",
    "UnexpectedResponseError",
]


class AvaError(Exception):
    """Whatever went wrong in this package. Catch it to catch everything, and look at :attr:`delivery`.

    ``str()`` is :attr:`message`, one line. Neither it nor ``repr()`` shows a key, a message text or a full phone
    number; :attr:`body` is the server's raw answer and may.
    """

    code: ClassVar[str] = ""
    """The stable name of the kind, the same in every language: ``rate_limited``."""
    number: ClassVar[int] = 0
    """The stable number of the kind, the same in every language."""

    message: str
    """One line for people: the server's words where it gave some, with sent text and long numbers masked."""
    status: int | None
    """The HTTP status, if there was an answer."""
    request_id: str | None
    """The service's name for the request, to quote in a support case."""
    retry_after: float | None
    """How many seconds the service asks to wait (``Retry-After``), if it said so."""
    body: str | None
    """The first 8 KiB of the server's answer, raw, for debugging. It may hold people's data."""
    delivery: Literal["not_sent", "unknown"] | None
    """For a send: whether the message may have gone out. ``None`` where nothing would have been sent."""
    message_id: str | None
    """The id of the message that failed, where the history showed that it did."""
    attempt: Attempt | None
    """For a :class:`DeliveryUnknownError`: what ``settle()`` needs to ask again."""

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: str | None = None,
        delivery: Literal["not_sent", "unknown"] | None = None,
        message_id: str | None = None,
        attempt: Attempt | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = body
        self.delivery = delivery
        self.message_id = message_id
        self.attempt = attempt

    @property
    def cause(self) -> BaseException | None:
        """What is behind this error: the error that befell the attempt of an unknown send, or the exception
        that a callback of yours raised. The same as ``__cause__``.
        """
        return self.__cause__

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        told = [repr(self.message)]
        for name in ("status", "request_id", "retry_after", "delivery", "message_id"):
            value = getattr(self, name)
            if value is not None:
                told.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(told)})"

    def __copy__(self) -> AvaError:
        return _restored(type(self), self.args, self.__dict__, self.__cause__)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions from elsewhere need not be picklable; those from here are.
        cause = self.__cause__ if isinstance(self.__cause__, AvaError) else None
        return (_restored, (type(self), self.args, self.__dict__, cause))


class ConfigurationError(AvaError, ValueError):
    """The client is set up wrongly: no key, a malformed key, a base URL it refuses, a checkpoint of another
    listener. Nothing was sent; mend the set-up.
    """

    code = "configuration"
    number = 1


class InvalidRequestError(AvaError, ValueError):
    """The request is refused, here before anything left the machine or by the service (400, or another 4xx that
    has no class of its own). Mend the argument; retrying does not help.
    """

    code = "invalid_request"
    number = 2


class AuthenticationError(AvaError):
    """The service does not know the key or token (401), or the token provider failed (see :attr:`cause`).
    Nothing was sent.
    """

    code = "authentication"
    number = 3


class PermissionDeniedError(AvaError):
    """The key or token may not do this (403). Nothing was sent."""

    code = "permission_denied"
    number = 4


class NotFoundError(AvaError):
    """There is no such thing (404). Nothing was sent."""

    code = "not_found"
    number = 5


class RateLimitedError(AvaError):
    """Too many requests (429), and waiting was tried or would take too long. Wait for :attr:`retry_after`."""

    code = "rate_limited"
    number = 6


class ServerError(AvaError):
    """The service failed (5xx). A read was retried already; try again later."""

    code = "server"
    number = 7


class AvaConnectionError(AvaError, ConnectionError):
    """DNS, TCP or TLS failed, or a connection was lost or went silent. On a send: it was not sent."""

    code = "connection"
    number = 8


class AvaTimeoutError(AvaError, TimeoutError):
    """The deadline of the call passed; it spans all retries. On a send: it was not sent."""

    code = "timeout"
    number = 9


class UnexpectedResponseError(AvaError):
    """The answer is not what the API documents: not JSON, a missing field, or over the size cap."""

    code = "unexpected_response"
    number = 10


class RejectedError(AvaError):
    """The service accepted the request and declined to do it (``success: false``), or the message failed."""

    code = "rejected"
    number = 11


class DeliveryUnknownError(AvaError):
    """A send that may or may not have happened, after the history was asked. Do not send again by guess; keep
    :attr:`attempt` and ask later, with ``settle()``.
    """

    code = "delivery_unknown"
    number = 12


class CancelledError(AvaError):
    """The caller cancelled the call. A cancelled task gets ``asyncio.CancelledError`` and a Ctrl-C
    ``KeyboardInterrupt`` instead, as everywhere in Python.
    """

    code = "cancelled"
    number = 13


class ClosedError(AvaError, RuntimeError):
    """The client was used after it was closed, or a listener was carried over a fork."""

    code = "closed"
    number = 14


class StorageError(AvaError):
    """The checkpoint failed (see :attr:`cause`); nothing was acknowledged."""

    code = "storage"
    number = 15


class InternalError(AvaError, RuntimeError):
    """A bug in this library. Please report it."""

    code = "internal"
    number = 16


for _name in __all__:
    # Tracebacks and pickles name the place that people import from.
    globals()[_name].__module__ = "ava_imessage"

_by_code: dict[str, type[AvaError]] = {
    cls.code: cls for cls in map(globals().__getitem__, __all__) if cls is not AvaError
}


def _make_error(code: str, message: str, fields: dict[str, Any], cause: BaseException | None) -> AvaError:
    """What the native module raises. The one place where a kind becomes a class."""
    error = _by_code.get(code, AvaError)(message, **fields)
    # Raised natively, it gets no context by itself.
    error.__context__ = sys.exc_info()[1]
    if cause is not None:
        # Setting it, be it to None, hides the context.
        error.__cause__ = cause
    return error


def _restored(cls: type[AvaError], args: Any, state: dict[str, Any], cause: BaseException | None) -> AvaError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    if cause is not None:
        error.__cause__ = cause
    return error
