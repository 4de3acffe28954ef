"""Every vector holds, through both faces. ``AVA_VECTORS=word`` runs those with the word in their name."""

from __future__ import annotations

import json
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ava_imessage import AvaError, _native
from ava_imessage.testing import Sandbox
from vector import conformance, expect, recorded
from vector.expand import expand
from vector.faces import Asyncio, Blocking
from vector.leaks import Leaks
from vector.steps import World

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "tests" / "vectors"
API_KEY = "sk_vectors_7f3k9q2x"
MEMBERS = {
    "name",
    "about",
    "client",
    "steps",
    "script",
    "expect",
    "expect_requests",
    "requests_any_order",
    "expect_posts",
    "unused_ok",
    "within_ms",
}


@pytest.fixture
def leaks() -> Iterator[Leaks]:
    logger = logging.getLogger("ava_imessage")
    handler = Leaks(API_KEY)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.setLevel(before)
    logger.removeHandler(handler)


@pytest.mark.parametrize("face", [Blocking(), Asyncio()], ids=["sync", "async"])
def test_every_vector_holds(face: Blocking | Asyncio, leaks: Leaks, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = os.environ.get("AVA_VECTORS")
    files = sorted(path for path in FOLDER.glob("*.json") if path.stem != "errors")
    if wanted:
        files = [path for path in files if wanted in path.stem]
        assert files, "no vector has such a name"
    else:
        assert len(files) == int((FOLDER / "COUNT").read_text()), "vectors in the folder, and what COUNT says"
    failures = []
    took: dict[str, float] = {}
    # Each has a sandbox of its own; the next one starts meanwhile.
    with ThreadPoolExecutor(1) as starter:
        following = starter.submit(Sandbox, api_key=API_KEY)
        for path in files:
            with following.result() as sandbox:
                following = starter.submit(Sandbox, api_key=API_KEY)
                began = time.monotonic()
                try:
                    play(path, sandbox, face, leaks)
                    passed = True
                except Exception as failure:
                    words = str(failure) if isinstance(failure, AssertionError) else repr(failure)
                    failures.append(f"{path.stem}: {words}")
                    passed = False
                took[path.stem] = time.monotonic() - began
                conformance.record(f"python-{face.name}", "vector", path.stem, passed)
        following.result().close()
    total = sum(took.values())
    with capsys.disabled():
        print(f"\nvectors: {len(files) - len(failures)} passed ({face.name}, {total:.1f} s)")
        if wanted or os.environ.get("AVA_SLOWEST"):
            for name in sorted(took, key=lambda name: -took[name])[:10]:
                print(f"  {took[name] * 1000:6.0f} ms  {name}")
    assert not failures, "\n" + "\n".join(failures)
    assert _native.flush_callbacks(5.0)
    leaks.check()


def play(path: Path, sandbox: Sandbox, face: Blocking | Asyncio, leaks: Leaks) -> None:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    leaks.forbid(vector)
    port = sandbox.base_url.rsplit(":", 1)[1]
    vector = expand(vector, {"base_url": sandbox.base_url, "port": port, "api_key": sandbox.api_key})
    expect.known(vector, MEMBERS)
    assert vector["name"] == path.stem
    assert vector["about"]
    if "script" in vector:
        sandbox.script(vector["script"])
    face.run(run(vector, sandbox, face, leaks), vector.get("within_ms", 5000) / 1000)
    recorded.check(vector, sandbox)


async def run(vector: dict[str, Any], sandbox: Sandbox, face: Blocking | Asyncio, leaks: Leaks) -> None:
    steps = vector.get("steps", [])
    try:
        world = World(face, vector.get("client", {}), sandbox, leaks)
    except AvaError as error:
        leaks.saw(error)
        from vector import view

        expect.outcome(vector["expect"], {"error": view.error(error)})
        return
    assert steps, "the client was made, and there is no step"
    for number, step in enumerate(steps[:-1]):
        outcome = await world.run(step)
        if "expect" in step:
            try:
                expect.outcome(step["expect"], outcome)
            except AssertionError as reason:
                raise AssertionError(f"step {number}: {reason}") from None
    assert "expect" not in steps[-1], "the last step's expect is the vector's"
    expect.outcome(vector["expect"], await world.run(steps[-1]))
