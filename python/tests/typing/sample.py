"""What type checkers make of the package. It is checked, not run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Optional

from typing_extensions import assert_type

from ava_imessage import (
    AsyncAvaClient,
    AsyncListener,
    AsyncMessages,
    Attempt,
    AvaClient,
    AvaError,
    AvaTimeoutError,
    Confirmation,
    DeliveryUnknownError,
    GeneratedMessage,
    Listener,
    Message,
    MessagePage,
    Messages,
    PollPage,
    RateLimitedError,
    SentMessage,
    SkippedRow,
    Token,
    Turn,
)
from ava_imessage.testing import Sandbox


class Database:
    """A checkpoint of one's own."""

    def load(self) -> str | None:
        return None

    def save(self, state: str) -> None:
        pass


class AsyncDatabase:
    """The same for asyncio."""

    async def load(self) -> str | None:
        return None

    async def save(self, state: str) -> None:
        pass


def blocking(since: datetime) -> None:
    with AvaClient("sk", timeout=10, headers={"x-app": "1"}, on_unknown=print) as client:
        assert_type(client, AvaClient)
        sent = client.send("+15550100142", "Hello", timeout=1.5, max_retries=0)
        assert_type(sent, SentMessage)
        assert_type(sent.message_id, str)
        assert_type(sent.timestamp, datetime)
        assert_type(sent.confirmation, Confirmation)
        assert_type(sent.extra, Mapping[str, Any])
        assert_type(client.messages("+15550100142"), Messages)
        for message in client.messages("+15550100142"):
            assert_type(message, Message)
            direction: str = message.direction
            print(direction)
        page = client.messages_page("+15550100142", limit=10, offset=5)
        assert_type(page, MessagePage)
        assert_type(page.messages[0], Message)
        assert_type(page.skipped[0], SkippedRow)
        assert_type(client.poll(since, phone="+15550100142"), PollPage)
        turns = [Turn("user", "Hi"), Turn("assistant", "Hello")]
        assert_type(client.generate("+15550100142", turns, auto_send=True), GeneratedMessage)
        client.generate("+15550100142", [{"role": "user", "content": "Hi"}])
        assert_type(client.draft_reply("+15550100142", history=5), GeneratedMessage)
        with client.listen(checkpoint=Path("inbox.json"), on_gap=print) as listener:
            assert_type(listener, Listener)
            inbound = next(listener)
            assert_type(inbound, Message)
            listener.ack(inbound)
        client.listen(checkpoint=Database(), auto_ack=False)
        client.send("+15550100142", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def on_a_loop(sandbox: Sandbox) -> None:
    async with AsyncAvaClient(token_provider=token, base_url=sandbox.base_url) as client:
        assert_type(client, AsyncAvaClient)
        assert_type(await client.send("+15550100142", "Hello"), SentMessage)
        assert_type(client.messages("+15550100142"), AsyncMessages)
        async for message in client.messages("+15550100142"):
            assert_type(message, Message)
        assert_type(await client.messages_page("+15550100142"), MessagePage)
        assert_type(await client.poll(), PollPage)
        assert_type(await client.draft_reply("+15550100142"), GeneratedMessage)
        async with client.listen(checkpoint=AsyncDatabase()) as listener:
            assert_type(listener, AsyncListener)
            async for message in listener:
                await listener.ack(message)
    assert_type(sandbox.client(), AvaClient)
    assert_type(sandbox.async_client(), AsyncAvaClient)


async def token() -> Token:
    return Token("short-lived", expires_in=60)


def failures(client: AvaClient) -> None:
    try:
        client.send("+15550100142", "Hello")
    except DeliveryUnknownError as error:
        assert_type(error.attempt, Optional[Attempt])
        if error.attempt is not None:
            assert_type(client.settle(error.attempt), SentMessage)
    except RateLimitedError as error:
        assert_type(error.retry_after, Optional[float])
    except AvaTimeoutError as error:
        also: TimeoutError = error
        print(also)
    except AvaError as error:
        assert_type(error.code, str)
        assert_type(error.status, Optional[int])
        assert_type(error.request_id, Optional[str])
        assert_type(error.body, Optional[str])
        assert_type(error.delivery, Optional[Literal["not_sent", "unknown"]])
        assert_type(error.cause, Optional[BaseException])
