"""What both clients share: how they are set up."""

from __future__ import annotations

from . import _callbacks, _logging, _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Mapping
    from typing import Callable, Protocol, Union

    from ._callbacks import Runner
    from ._native import Attempt, Token, Turn

    TokenProvider = Callable[[], Union[str, Token, Awaitable[Union[str, Token]]]]
    """Takes nothing, gives a token: as text, or with its expiry."""

    class Checkpoint(Protocol):
        """Keeps what a listener has acknowledged, as text. Either method may be a coroutine function."""

        def load(self) -> str | Awaitable[str | None] | None:
            """The text that was saved last, or ``None`` if there never was one."""

        def save(self, state: str) -> Awaitable[None] | None:
            """Keeps a text in place of the last. If it raises, nothing counts as acknowledged."""

    AnyCheckpoint = Union[str, "os.PathLike[str]", Checkpoint]
    AnyTurn = Union[Turn, Mapping[str, str]]


class Base:
    """How a client is set up."""

    __slots__ = ("__weakref__", "_core")

    _core: _native.Core

    def __init__(
        self,
        api_key: str | None = None,
        *,
        token_provider: TokenProvider | None = None,
        base_url: str | None = None,
        timeout: float | None = _native.DEFAULT_TIMEOUT,
        max_retries: int = _native.DEFAULT_MAX_RETRIES,
        connect_timeout: float | None = None,
        read_idle_timeout: float | None = None,
        pool_idle_timeout: float | None = None,
        backoff: float | None = None,
        backoff_max: float | None = None,
        settle_within: float | None = None,
        settle_gap: float | None = None,
        confirm_from_history: bool | None = None,
        rate_limited_is_not_sent: bool | None = None,
        max_response_bytes: int | None = None,
        environment_proxy: bool | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        on_unknown: Callable[[Attempt], object] | None = None,
    ) -> None:
        """Sets the client up. No connection is opened yet.

        Args:
            api_key: The API key (*Authentication*); ``AVA_API_KEY`` of the environment if neither it nor a
                token provider is given. It is sent to the base URL's origin alone and never shown.
            token_provider: Gives short-lived tokens instead of a key: a function or a coroutine function that
                takes nothing and gives a ``str`` or a :class:`Token`. The call's deadline covers it.
            base_url: Where the API is; ``AVA_BASE_URL``, else ``https://chat.buzzedtech.com``. Plain http is for
                loopback alone.
            timeout: Seconds a call may take, retries and settling included: 30. A generated reply has 60 unless
                this is given. ``None`` leaves the default, here and elsewhere.
            max_retries: How often a call is tried again where that is safe: 2. A send is only ever posted again
                when it certainly was not sent.
            connect_timeout: Seconds DNS, TCP and TLS may take together: 5.
            read_idle_timeout: Seconds the server may be silent: 10.
            pool_idle_timeout: Seconds an unused connection is kept: 4.
            backoff: Seconds of the first wait between tries, which then doubles: 0.5.
            backoff_max: Seconds of the longest: 8.
            settle_within: For how many seconds the history is asked about a send whose answer was lost: 10. A
                third of the call's deadline at the most is kept for it.
            settle_gap: Seconds between the first two readings, which then doubles up to eightfold: 0.5.
            confirm_from_history: Whether such a send is looked up in the history at all: yes. Turn it off where
                other programs or people send identical texts to the same phone.
            rate_limited_is_not_sent: Whether a send that was answered with 429 certainly had no effect: yes.
            max_response_bytes: The largest answer that is read: 8 MiB.
            environment_proxy: Whether ``HTTPS_PROXY`` and its kin are followed: yes. Loopback never uses a proxy.
            headers: Further headers for every request.
            user_agent: Words to put before this library's: ``my-app/1.0``.
            on_unknown: Called, on a thread of this library, with the :class:`Attempt` of every send that was
                cancelled in flight: nobody waits for its outcome any more. A coroutine function is run on the loop
                that the client was used on last, while that runs, and else on that thread. What it raises, also when
                its loop's end cuts it, goes to ``sys.unraisablehook``.

        Raises:
            ConfigurationError: It can't work like this; the message names the argument.
        """
        _logging.begin()
        given = {
            "api_key": api_key,
            "token_provider": token_provider,
            "base_url": base_url,
            # Given or not is told by identity: a generated reply has a default of its own.
            "timeout": None if timeout is _native.DEFAULT_TIMEOUT else timeout,
            "max_retries": max_retries,
            "connect_timeout": connect_timeout,
            "read_idle_timeout": read_idle_timeout,
            "pool_idle_timeout": pool_idle_timeout,
            "backoff": backoff,
            "backoff_max": backoff_max,
            "settle_within": settle_within,
            "settle_gap": settle_gap,
            "confirm_from_history": confirm_from_history,
            "rate_limited_is_not_sent": rate_limited_is_not_sent,
            "max_response_bytes": max_response_bytes,
            "environment_proxy": environment_proxy,
            "headers": headers,
            "user_agent": user_agent,
            "on_unknown": on_unknown,
        }
        self._core = _native.Core(given, self._runner())

    def _runner(self) -> Runner:
        """What has a callback of the application's run, and its outcome go to a promise."""
        return _callbacks.in_thread

    @property
    def base_url(self) -> str:
        """Where the requests go."""
        return self._core.base_url

    @property
    def is_closed(self) -> bool:
        """Whether ``close()`` was called."""
        return self._core.is_closed

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"
