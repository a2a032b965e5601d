"""Sphinx configuration; run `make docs`."""

import re
from pathlib import PurePosixPath
from typing import Any

from armillary import __version__

project = "Armillary"
author = "The Armillary authors"
copyright = "The Armillary authors, Apache-2.0"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["tutorials/.ipynb_checkpoints", "tutorials/*.ipynb"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Armillary"
html_static_path: list[str] = []
autodoc_typehints = "description"
nitpicky = False
# pages of the audit and of other commands repeat headings on purpose
suppress_warnings = ["myst.header", "myst.xref_missing"]


def link_rules(app: Any, docname: str, source: list[str]) -> None:
    """Keys of the bibliography and citations of the rule book become links; the files themselves stay plain."""
    from armillary.registry import rulebook

    up = "../" * (len(PurePosixPath(docname).parts) - 1)
    if docname.startswith("methods/"):
        source[0] = re.sub(r"\[@([\w-]+)\]", rf"[[\1]({up}reference/generated/references.md#\1)]", source[0])
    elif "generated" not in docname:
        parts = re.split(r"(?ms)(^```.*?^```|`[^`\n]+`|\[[^\]]*\]\([^)]*\))", source[0])
        source[0] = "".join(
            p if i % 2 else rulebook.linked(p, lambda n, r: f"[{n}]({r.url(up + 'methods/')})") for i, p in enumerate(parts)
        )


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", link_rules)
