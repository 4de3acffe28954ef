"""The stub says to an editor what the native module says of its classes. ``python tests/test_stub.py`` writes that."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from textwrap import indent

from ava_imessage import _native

STUB = Path(__file__).parents[1] / "src/ava_imessage/_native.pyi"


def documented(stub: str) -> str:
    """The stub with the docstrings that the public classes and their members have."""
    lines = stub.splitlines()
    # From the end, so that the numbers of the lines before hold.
    for node in reversed(ast.parse(stub).body):
        kind = getattr(_native, getattr(node, "name", ""), None)
        if not isinstance(node, ast.ClassDef) or getattr(kind, "__module__", None) != "ava_imessage":
            continue
        for member in reversed(node.body):
            if isinstance(member, ast.FunctionDef) and not member.name.startswith("__"):
                say(lines, member, getattr(kind, member.name).__doc__)
        say(lines, node, kind.__doc__)
    return "\n".join(lines) + "\n"


def say(lines: list[str], node: ast.ClassDef | ast.FunctionDef, doc: str | None) -> None:
    assert doc, f"{node.name} has no documentation"
    text = f'"""{inspect.cleandoc(doc)}'
    text += '\n"""' if "\n" in text else '"""'
    docstring = indent(text, " " * (node.col_offset + 4)).splitlines()
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines[first.lineno - 1 : first.end_lineno] = docstring
    elif isinstance(node, ast.FunctionDef):
        lines[first.lineno - 1] = lines[first.lineno - 1][: -len(" ...")]
        lines[first.lineno : first.lineno] = docstring
    else:
        lines[node.lineno : node.lineno] = docstring


def test_the_stub_says_what_the_native_module_says() -> None:
    stub = STUB.read_text(encoding="utf-8")
    assert documented(stub) == stub, "run `python tests/test_stub.py`"
    assert '"""The service\'s id: ``msg_abc123``."""' in stub


if __name__ == "__main__":
    STUB.write_text(documented(STUB.read_text(encoding="utf-8")), encoding="utf-8")
