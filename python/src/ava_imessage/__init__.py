"""A client for the AVA iMessage API: send iMessages, read conversations, listen for answers, draft replies.

    from ava_imessage import AvaClient

    with AvaClient() as client:  # AVA_API_KEY
        client.send("+15550100142", "Hello from AVA!")

:class:`AvaClient` blocks, :class:`AsyncAvaClient` is for asyncio; they are two faces of one core. Errors are under
:class:`AvaError`. ``ava_imessage.testing`` has a sandbox for tests.
"""

from enum import Enum

from . import _native
from ._async import AsyncAvaClient, AsyncListener, AsyncMessages
from ._native import (
    Attempt,
    Gap,
    GeneratedMessage,
    Message,
    MessagePage,
    PollPage,
    SentMessage,
    SkippedRow,
    Token,
    Turn,
)
from ._sync import AvaClient, Listener, Messages
from .errors import (
    AuthenticationError,
    AvaConnectionError,
    AvaError,
    AvaTimeoutError,
    CancelledError,
    ClosedError,
    ConfigurationError,
    DeliveryUnknownError,
    InternalError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RejectedError,
    ServerError,
    StorageError,
    UnexpectedResponseError,
)

__version__: str = _native.__version__

__all__ = [
    "AsyncAvaClient",
    "AsyncListener",
    "AsyncMessages",
    "Attempt",
    "AuthenticationError",
    "AvaClient",
    "AvaConnectionError",
    "AvaError",
    "AvaTimeoutError",
    "CancelledError",
    "ClosedError",
    "ConfigurationError",
    "Confirmation",
    "DeliveryUnknownError",
    "Gap",
    "GeneratedMessage",
    "InternalError",
    "InvalidRequestError",
    "Listener",
    "Message",
    "MessagePage",
    "Messages",
    "NotFoundError",
    "PermissionDeniedError",
    "PollPage",
    "RateLimitedError",
    "RejectedError",
    "SentMessage",
    "ServerError",
    "SkippedRow",
    "StorageError",
    "Token",
    "Turn",
    "UnexpectedResponseError",
    "__version__",
]


class Confirmation(str, Enum):
    """How it is known that a message was sent."""

    RESPONSE = "response"
    """The service answered the send."""
    HISTORY = "history"
    """The answer was lost; the message was found in the history."""

    def __str__(self) -> str:
        return self.value


for _class in (AvaClient, AsyncAvaClient, Messages, AsyncMessages, Listener, AsyncListener):
    # Tracebacks, reprs and pickles name the place that people import from.
    _class.__module__ = __name__
del _class
