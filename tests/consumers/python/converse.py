"""A stranger's program: `pip install ava-imessage`, nothing else."""

import importlib.metadata
import subprocess
import sys

from ava_imessage import AuthenticationError, AvaClient, AvaError

PHONE = "+15550100142"

with AvaClient() as client:
    sent = client.send(PHONE, "Hello from Python")
    assert sent.confirmation == "response", sent

    with client.listen(since=sent.timestamp, interval=0.2) as inbox:
        answer = next(iter(inbox))
    assert answer.text == "Echo: Hello from Python", answer.text

    history = [(message.direction, message.text) for message in client.messages(PHONE)]
    assert ("outbound", "Hello from Python") in history, history
    assert ("inbound", answer.text) in history, history

with AvaClient("sk_wrong") as stranger:
    try:
        stranger.send(PHONE, "Let me in")
    except AuthenticationError as error:
        assert isinstance(error, AvaError)
        assert (error.code, error.status, error.delivery) == ("authentication", 401, "not_sent"), error
    else:
        sys.exit("a wrong key was taken")

# The command came in a wheel of its own.
said = subprocess.run(["env/bin/ava", "--version"], check=True, capture_output=True, text=True).stdout
for package in ("ava-imessage", "ava-imessage-cli"):
    assert said.split()[1] == importlib.metadata.version(package), (package, said)
