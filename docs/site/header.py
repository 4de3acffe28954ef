"""The reference of C: what include/ava_imessage.h says, as Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What something is about, by its name: the first that fits.
SECTIONS = {
    "Constants": r"AVA_(?!LOG)\w+",
    "Functions that are called back": r"ava_\w+_(callback|hook|provider)|ava_release",
    "Client": r"ava_client\w*|ava_header|ava_call_options|ava_(generate|draft|listen)_options|ava_turn",
    "Errors and attempts": r"ava_(error|attempt|status|check_)\w*",
    "Messages": r"ava_(messages?|message_page|sent_message|generated_message|poll_page|skipped_row|gap)(_\w+)?",
    "Listeners": r"ava_(listener|checkpoint)\w*",
    "Calls and cancelling": r"ava_(call|cancel)\w*",
    "Tokens": r"ava_token\w*",
    "The log": r"(ava_log|AVA_LOG)\w*",
    "The library": r"ava_\w+",
}
NAMES = [r"^#define (\w+)", r"^} (\w+);", r"^typedef .*\(\*(\w+)\)", r"^typedef .* (\w+);", r"(\w+)\("]
# What the header says of all of it stands above this line.
BEGIN = "#ifndef AVA_IMESSAGE_H\n"


def markdown(file: Path) -> str:
    """What holds of everything, and then everything, by what it is about."""
    general, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, _, general = re.sub(r"^ \*/? ?", "", general, flags=re.MULTILINE).partition("\n\n")[2].partition("\n\n")
    general = re.sub(r"^([A-Z][A-Z ]+[A-Z])\b", r"**\1**", general, flags=re.MULTILINE)
    sections: dict[str, list[str]] = {section: [] for section in SECTIONS}
    names = set()
    for comment, code in declarations(rest):
        name = name_of(code)
        names.add(name)
        section = next(section for section, pattern in SECTIONS.items() if re.fullmatch(pattern, name))
        sections[section].append(f"### {name}\n\n{comment}\n\n```c\n{code}\n```\n")
    parts = [f"## What holds of all of it\n\n{general}"]
    parts += [f"## {section}\n\n" + "\n".join(entries) for section, entries in sections.items()]

    def linked(found: re.Match[str]) -> str:
        return f"[`{found[1]}()`](#{found[1]})" if found[1] in names else found[0]

    text = "\n\n".join(parts)
    return "".join(
        part if number % 2 else re.sub(r"\b(ava_\w+)\(\)", linked, part)
        for number, part in enumerate(re.split(r"(```c\n.*?```\n)", text, flags=re.DOTALL))
    )


def declarations(text: str) -> Iterator[tuple[str, str]]:
    """Each comment that begins a line, and the declaration below it."""
    lines = iter(text.splitlines())
    for line in lines:
        if not line.startswith("/*"):
            continue
        comment = [line.removeprefix("/*")]
        while "*/" not in comment[-1]:
            comment.append(next(lines))
        code = [next(lines)]
        while not code[0].startswith("#define") and not re.search(r"^[^ /].*;$|^ {9,}.*;$", code[-1]):
            code.append(next(lines))
        words = "\n".join(words.replace("*/", "").strip() for words in comment).strip()
        yield words, "\n".join(code)


def name_of(code: str) -> str:
    """What it declares."""
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    for pattern in NAMES:
        if found := re.search(pattern, code, re.MULTILINE):
            return found[1]
    raise ValueError(f"nothing is named in {code!r}")
