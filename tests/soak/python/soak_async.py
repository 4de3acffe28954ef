"""The soak in Python, asyncio: see the README beside this folder."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from pathlib import Path

from ava_imessage import AsyncAvaClient, AvaError, DeliveryUnknownError

SENDERS = 3
PAUSE = 0.1
LONGER_PAUSE = 0.2
BEFORE_SETTLING = 1.0
READ = 60

NAME = os.environ["SOAK_NAME"]
PHONE = os.environ["SOAK_PHONE"]


def say(*words: object) -> None:
    """A line for whoever compares it with the sandbox's records."""
    sys.stdout.write("\t".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def send(client: AsyncAvaClient, text: str) -> None:
    """Sends, and says what came of it."""
    try:
        say("sent", text, (await client.send(PHONE, text)).message_id)
    except DeliveryUnknownError as error:
        say("unknown", text, error.code)
        await asyncio.sleep(BEFORE_SETTLING)
        with contextlib.suppress(AvaError):
            if error.attempt:
                say("settled", text, (await client.settle(error.attempt)).message_id)
    except AvaError as error:
        say("not_sent", text, error.code)


async def send_on(client: AsyncAvaClient, sender: int, stopping: asyncio.Event) -> None:
    """One text after the other."""
    for number in itertools.count(1):
        if stopping.is_set():
            return
        await send(client, f"{NAME} {sender} {number}")
        await asyncio.sleep(PAUSE)


async def read_on(client: AsyncAvaClient, stopping: asyncio.Event) -> None:
    """A page, and the conversation."""
    while not stopping.is_set():
        try:
            say("read", len((await client.messages_page(PHONE, limit=20)).messages))
            read = 0
            async for _ in client.messages(PHONE):
                read += 1
                if read == READ:
                    break
            say("read", read)
        except AvaError as error:
            say("failed", error.code)
        await asyncio.sleep(LONGER_PAUSE)


async def main() -> None:
    """Until standard input ends."""
    file = Path(os.environ["SOAK_TOKEN_FILE"])
    stopping = asyncio.Event()

    async def token() -> str:
        return await asyncio.to_thread(file.read_text)

    client = AsyncAvaClient(
        token_provider=token,
        timeout=6,
        read_idle_timeout=2,
        backoff=0.05,
        backoff_max=0.5,
        settle_within=1.5,
        settle_gap=0.05,
    )

    inbox = await client.listen(phone=PHONE, interval=0.25)

    async def answer() -> None:
        async for message in inbox:
            say("heard", message.id)
            await send(client, f"{NAME} answers {message.id}")

    say("ready")
    listener = asyncio.create_task(answer())
    work = [asyncio.create_task(send_on(client, sender, stopping)) for sender in range(SENDERS)]
    work.append(asyncio.create_task(read_on(client, stopping)))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    stopping.set()
    await asyncio.gather(*work)
    await client.close()
    await listener
    say("ended")


asyncio.run(main())
