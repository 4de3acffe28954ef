"""The pytest plugin: the fixture ``ava_sandbox``."""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .testing import Sandbox


@pytest.fixture(scope="session")
def _ava_sandbox_process() -> Iterator[Sandbox]:
    from .testing import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def ava_sandbox(_ava_sandbox_process: Sandbox) -> Sandbox:
    """An empty :class:`ava_imessage.testing.Sandbox`. One process serves the whole run."""
    _ava_sandbox_process.reset()
    return _ava_sandbox_process
