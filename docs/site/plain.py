"""What the site makes of plain Markdown: code in several languages becomes tabs, and links lead where they should.

- Blocks of code that follow each other, in different languages, are one set of tabs.
- `<picture>` with a dark source follows the theme of the page, which readers can switch.
- A link to a file of the repository that is no page leads to the repository. One to nothing is a warning.
- A link to a reference, which each language's own tool makes, leads there: `cargo xtask docs` sees to it.
- The pages stand in the order of the lists in docs/README.md.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from header import markdown
from pygments.lexers import TextLexer
from sphinx.transforms import SphinxTransform
from sphinx_inline_tabs._impl import TabContainer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TABS = {
    "rust": "Rust",
    "python": "Python",
    "ts": "Node",
    "swift": "Swift",
    "kotlin": "Kotlin",
    "c": "C",
    "cpp": "C++",
    "sh": "Shell",
}
# A shell block before the others is what has to be done first.
NEVER_FIRST = "sh"
CONTENTS = "docs/README"
REFERENCE_OF_C = "docs/c-reference"
HEADER = "include/ava_imessage.h"
FENCED = re.compile(r"^(```+|~~~+).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(
    r'<picture>\s*<source [^>]*dark[^>]* srcset="(?P<dark>[^"]+)">\s*'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)">\s*</picture>'
)
REFERENCE = re.compile(r"\[`(?P<name>[^`]+)`\]\((?P<path>\.\./reference/[^)]+)\)")
REFERENCE_LINK = (
    r'<a class="reference external" href="\g<path>"><code class="docutils literal notranslate">\g<name></code></a>'
)
LINK = re.compile(r"(?<=\]\()(?P<path>[^()\s:#]+)(?P<anchor>#[^()\s]*)?(?=\))")


class Tabs(SphinxTransform):
    """Puts runs of code in different languages into tabs."""

    default_priority = 500

    def apply(self, **_: object) -> None:
        """Looks for runs among the children of whatever has code."""
        for parent in {id(block.parent): block.parent for block in self.document.findall(nodes.literal_block)}.values():
            run: list[nodes.literal_block] = []
            for child in [*parent.children, None]:
                language = child.get("language") if isinstance(child, nodes.literal_block) else None
                goes_on = language in TABS and language not in [block["language"] for block in run]
                if not goes_on:
                    self.put(run)
                    run = []
                if language in TABS and (run or language != NEVER_FIRST):
                    run.append(child)

    @staticmethod
    def put(run: list[nodes.literal_block]) -> None:
        """Makes a tab of each, if there are several."""
        for block in run if len(run) > 1 else []:
            tab = TabContainer("", type="tab", new_set=block is run[0])
            tab.source, tab.line = block.source, block.line
            block.replace_self(tab)
            tab += nodes.label("", "", nodes.Text(TABS[block["language"]]))
            tab += nodes.container("", block, is_div=True, classes=["tab-content"])


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """Rewrites what a page has outside of its code."""
    text, parts, end = source[0], [], 0
    for code in FENCED.finditer(text):
        parts += [prose(app, page, text[end : code.start()]), code.group()]
        end = code.end()
    source[0] = "".join([*parts, prose(app, page, text[end:])])
    if page == app.config.root_doc:
        source[0] += contents(app)
    if page == REFERENCE_OF_C:
        source[0] += "\n" + markdown(Path(app.srcdir, HEADER))
    if page == CONTENTS:
        source[0] = f"---\norphan: true\n---\n{source[0]}"


def prose(app: Sphinx, page: str, text: str) -> str:
    """Rewrites pictures and links."""

    def picture(found: re.Match[str]) -> str:
        alt = found["alt"].replace("[", "(").replace("]", ")")
        return f"![{alt}]({found['light']}){{.only-light}}\n![{alt}]({found['dark']}){{.only-dark}}"

    def link(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), found["path"]))
        file = Path(app.srcdir, path)
        is_page = path.removesuffix(".md") in app.project.docnames
        if is_page or file.suffix in {".svg", ".png"} or not file.exists():
            return found.group()
        kind = "tree" if file.is_dir() else "blob"
        return f"{app.config.repository}/{kind}/main/{path}{found['anchor'] or ''}"

    text = REFERENCE.sub(REFERENCE_LINK, text)
    return LINK.sub(link, PICTURE.sub(picture, text))


def contents(app: Sphinx) -> str:
    """The lists of links under the headings of the table of contents, as trees of pages."""
    trees, heading = [], ""
    for line in Path(app.srcdir, f"{CONTENTS}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            trees.append(f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n")
        elif heading and (entry := re.match(r"- \[(.+?)\]\((.+?)\)", line)):
            title, path = entry.groups()
            target = path if ":" in path else "/" + posixpath.normpath(posixpath.join("docs", path)).removesuffix(".md")
            trees[-1] += f"\n{title} <{target}>"
    return "".join(f"{tree}\n```\n" for tree in trees)


def depend(app: Sphinx, *_: object) -> None:
    """The front page is out of date when the table of contents is."""
    app.env.note_dependency(f"{CONTENTS}.md", docname=app.config.root_doc)


def begin_at_the_front(app: Sphinx, failed: Exception | None) -> None:
    """A folder is opened at its index.html."""
    if failed is None:
        front = f"{app.config.root_doc}.html"
        page = f'<!doctype html><meta charset="utf-8"><title>{app.config.project}</title>'
        page += f'<meta http-equiv="refresh" content="0; url={front}"><a href="{front}">{app.config.project}</a>\n'
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Is called by Sphinx."""
    app.add_config_value("repository", "", "env")
    app.add_transform(Tabs)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", read)
    app.connect("doctree-read", depend)
    app.connect("build-finished", begin_at_the_front)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
