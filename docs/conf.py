"""Sphinx configuration; run `make docs`."""

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
