"""The rule book on the site: what "METHODS 5.4" on any page leads to."""

from __future__ import annotations

import re
from typing import Annotated

import pyarrow as pa
from fastapi import Path
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from armillary.errors import UnknownNameError
from armillary.registry import rulebook
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.render import href
from armillary.web.routes import SiteDep, as_it_is, page

ChapterPath = Annotated[
    str, Path(max_length=10, pattern=r"^([0-9]{1,2}|references)$", description="A chapter, or references", examples=["5"])
]


@page("/rules", published=as_it_is)
def rules(site: SiteDep) -> Page:
    """The chapters of the rule book, and their sections."""
    found = [r for r in rulebook.rules().values() if re.fullmatch(r"\d+(\.\d+)?", r.number)]
    rows = [{"number": r.number, "title": r.title, "chapter": r.chapter, "text": r.text} for r in found]
    listed = [
        {"number": c.number, "title": c.title, "parts": [r for r in found if r.chapter == c.number and r is not c]}
        for c in found
        if "." not in c.number
    ]
    return Page("rules.html", _("Rule book"), pa.Table.from_pylist(rows), context={"chapters": listed})


@page("/rules/{chapter}", published=as_it_is)
def chapter(site: SiteDep, chapter: ChapterPath) -> Page:
    """One chapter of the rule book, with an anchor for every section and worked example; or the references."""
    if chapter == "references":
        entries = rulebook.references()
        table = pa.Table.from_pylist([{"key": r.key, "reference": r.line, "doi": r.doi} for r in entries.values()])
        return Page("rule.html", _("References"), table, context={"body": None, "references": entries})
    if chapter not in rulebook.rules():
        raise UnknownNameError("chapter of the rule book", chapter, {r.chapter for r in rulebook.rules().values()})
    places = [r for r in rulebook.rules().values() if r.chapter == chapter]
    table = pa.Table.from_pylist([{"number": r.number, "title": r.title, "text": r.text} for r in places])
    text = rulebook.chapters()[places[0].page]
    return Page("rule.html", f"{chapter}. {_(places[0].title)}", table, context={"body": html_of(text), "references": {}})


def html_of(text: str) -> Markup:
    """A chapter as HTML without its title: tables in frames that scroll, keys of the bibliography as links."""
    body = re.sub(r"(?m)\A(<a id=[^\n]*)\n+# .*$", r"\1", text, count=1)
    made = MarkdownIt("commonmark").enable("table").render(body)
    made = made.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")
    made = re.sub(r"\[@([\w-]+)\]", lambda m: _key(m[1]), made)
    return Markup(made)  # noqa: S704  (the rule book is ours)


def _key(key: str) -> str:
    found = rulebook.references()[key]
    address = href("/rules/references")
    label, title = escape(key), escape(found.title)
    return f'<a href="{address}#{label}" title="{title}">{label}</a>' if address else f'<span title="{title}">{label}</span>'
