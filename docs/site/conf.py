"""The documentation's site: every Markdown file of the repository that is for readers, at its own path.

`cargo xtask docs` builds it. The files stay plain Markdown, to be read on GitHub, too; what a site has beyond that
(tabs, a tree of pages, dark pictures) `plain.py`, beside this file, makes of them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

project = "ava-imessage"
author = "the authors of ava-imessage"
project_copyright = "the authors of ava-imessage; MIT or Apache-2.0"
_cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
(release,) = re.findall(r'^version = "(.*)"$', _cargo, re.MULTILINE)
(repository,) = re.findall(r'^repository = "(.*)"$', _cargo, re.MULTILINE)

extensions = ["myst_parser", "sphinx_inline_tabs", "sphinx_copybutton", "plain"]
myst_enable_extensions = ["attrs_inline"]
root_doc = "README"
# Which pages there are (include_patterns), `cargo xtask docs` says.
# Folders that would take long to look through, and have no pages.
exclude_patterns = [
    ".*",
    "crates",
    "target",
    "**/node_modules",
    "**/target",
    "**/.*",
]
nitpicky = True
# What GitHub makes of a heading, for links to it.
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"ava-imessage {release}"
html_static_path = ["static"]
html_favicon = "../../crates/ava-sandbox/page/icon.svg"
html_css_files = ["site.css"]
html_js_files = ["languages.js"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "source_repository": repository,
    "source_branch": "main",
    "source_directory": "",
    "navigation_with_keys": True,
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
copybutton_prompt_text = "$ "
