"""A conversation, and two lost connections, against a sandbox on this machine; no message leaves it.

What it says is checked against the sandbox's own records. It exits with 1 if anything does not hold.

    python examples/conversation.py
"""

from __future__ import annotations

import sys

from ava_imessage import DeliveryUnknownError
from ava_imessage.testing import Sandbox

MAYA = "+15550100142"


def say(who: str, words: object) -> None:
    """A line of the transcript."""
    print(f"{who:>8}   {words}")


class Records:
    """What the sandbox has written down."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.wrong = 0

    def expect(self, text: str, *, posts_of_it: int, rows: int) -> None:
        """So many requests brought this text, and so many messages came of them."""
        posts = [request for request in self.sandbox.requests if request["method"] == "POST"]
        posted = sum((request["json"] or {}).get("message") == text for request in posts)
        kept = sum(row["message"] == text for row in self.sandbox.messages)
        say("records", f"{posted} POST of this message, {kept} in the history")
        if (posted, kept) != (posts_of_it, rows):
            self.wrong += 1
            say("WRONG", f"expected {posts_of_it} and {rows}")


def main() -> int:
    """Plays it."""
    with Sandbox() as sandbox, sandbox.client(settle_within=1, settle_gap=0.1) as client:
        records = Records(sandbox)

        print("1. A conversation")
        with client.listen(interval=0.2) as inbox:
            text = "Hi Maya, lunch at noon?"
            say("us", text)
            say("", f"sent: {client.send(MAYA, text).message_id}")
            records.expect(text, posts_of_it=1, rows=1)
            sandbox.inbound(MAYA, "Lovely! Shall I book a table?")
            message = next(inbox)
            say("Maya", message.text)
            draft = client.draft_reply(message.phone)
            say("AVA", f"would say: {draft.text}")
            say("", f"sent: {client.send(MAYA, draft.text).message_id}")
            records.expect(draft.text, posts_of_it=1, rows=1)

        print("\n2. The answer is lost on its way back")
        sandbox.fault("send", drop="after")
        text = "Yes please. I'll be five minutes late."
        say("us", text)
        sent = client.send(MAYA, text)
        say("", f"sent, confirmed from the {sent.confirmation}: {sent.message_id}")
        records.expect(text, posts_of_it=1, rows=1)

        print("\n3. Nobody can know yet")
        sandbox.fault("send", drop="before")
        text = "Ordering for both of us. Coffee?"
        say("us", text)
        try:
            client.send(MAYA, text)
        except DeliveryUnknownError as error:
            say("", f"unknown: {error}")
            records.expect(text, posts_of_it=1, rows=0)
            sandbox.seed(MAYA, [{"text": text, "direction": "outbound"}])
            say("sandbox", "only now has the message in its history")
            if error.attempt is not None:  # there is none of a generated reply only
                sent = client.settle(error.attempt)
                say("", f"sent, confirmed from the {sent.confirmation}: {sent.message_id}")
            records.expect(text, posts_of_it=1, rows=1)
        else:
            records.wrong += 1

        print("\nAll of it holds." if not records.wrong else f"\n{records.wrong} claims do not hold.")
        return min(records.wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
