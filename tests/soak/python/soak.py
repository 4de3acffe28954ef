"""The soak in Python, blocking: see the README beside this folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
import time
from pathlib import Path

from ava_imessage import AvaClient, AvaError, DeliveryUnknownError

SENDERS = 3
PAUSE = 0.1
LONGER_PAUSE = 0.2
BEFORE_SETTLING = 1.0
READ = 60

NAME = os.environ["SOAK_NAME"]
PHONE = os.environ["SOAK_PHONE"]
stopping = threading.Event()
saying = threading.Lock()


def say(*words: object) -> None:
    """A line for whoever compares it with the sandbox's records."""
    with saying:
        sys.stdout.write("\t".join(map(str, words)) + "\n")
        sys.stdout.flush()


def send(client: AvaClient, text: str) -> None:
    """Sends, and says what came of it."""
    try:
        say("sent", text, client.send(PHONE, text).message_id)
    except DeliveryUnknownError as error:
        say("unknown", text, error.code)
        time.sleep(BEFORE_SETTLING)
        with contextlib.suppress(AvaError):
            if error.attempt:
                say("settled", text, client.settle(error.attempt).message_id)
    except AvaError as error:
        say("not_sent", text, error.code)


def send_on(client: AvaClient, sender: int) -> None:
    """One text after the other."""
    for number in itertools.count(1):
        if stopping.is_set():
            return
        send(client, f"{NAME} {sender} {number}")
        time.sleep(PAUSE)


def read_on(client: AvaClient) -> None:
    """A page, and the conversation."""
    while not stopping.is_set():
        try:
            say("read", len(client.messages_page(PHONE, limit=20).messages))
            say("read", sum(1 for _ in itertools.islice(client.messages(PHONE), READ)))
        except AvaError as error:
            say("failed", error.code)
        time.sleep(LONGER_PAUSE)


def main() -> None:
    """Until standard input ends."""
    token = Path(os.environ["SOAK_TOKEN_FILE"])
    client = AvaClient(
        token_provider=token.read_text,
        timeout=6,
        read_idle_timeout=2,
        backoff=0.05,
        backoff_max=0.5,
        settle_within=1.5,
        settle_gap=0.05,
    )
    inbox = client.listen(phone=PHONE, interval=0.25)

    def answer() -> None:
        with inbox:
            for message in inbox:
                say("heard", message.id)
                send(client, f"{NAME} answers {message.id}")

    say("ready")
    listener = threading.Thread(target=answer)
    work = [threading.Thread(target=send_on, args=(client, sender)) for sender in range(SENDERS)]
    work.append(threading.Thread(target=read_on, args=(client,)))
    for thread in (listener, *work):
        thread.start()
    sys.stdin.read()
    stopping.set()
    for thread in work:
        thread.join()
    client.close()
    listener.join()
    say("ended")


main()
