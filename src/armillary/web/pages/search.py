"""The search page, for readers with and without JavaScript."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Query

from armillary.web.current import current
from armillary.web.find import Findable, Hit, index_of
from armillary.web.find.entries import KIND, both
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, page
from armillary.web.site import Site

QueryText = Annotated[str, Query(max_length=120, description="A name, code, DOI or words; typing errors are forgiven", examples=["China"])]
KindText = Annotated[str, Query(max_length=60, pattern=r"^[a-z,]*$", description="Kinds of things, joined by commas: country,city")]
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


def hits(site: Site, q: str, limit: int, kinds: str = "") -> list[dict[str, Any]]:
    """What is found, best first: ``kind, kind_name, id, label, hint, path, query, near``."""
    text, language = " ".join(q.split()), current().language
    wanted = tuple(k for k in kinds.split(",") if k in KIND)
    index = index_of(site)
    found = index.search(text, limit, wanted)
    first = [Hit(i, 0.0, False) for i in _work(site, text)]
    if not wanted and (not found or found[0].points < 70):
        first += [Hit(i, 0.0, False) for i in both(index, text, language)]
    return [
        {
            "kind": h.item.kind,
            "kind_name": _(KIND[h.item.kind]),
            "id": h.item.id,
            "label": h.item.label(language),
            "hint": h.item.hint,
            "path": h.item.path,
            "query": h.item.query,
            "near": h.is_near,
        }
        for h in [*first, *found][:limit]
    ]


def _work(site: Site, text: str) -> list[Findable]:
    """The dossier of a work that is named by DOI or id."""
    if not site.rows("work"):
        return []
    if (doi := _DOI.fullmatch(text)) is not None:
        from urllib.parse import urlencode

        return [Findable("work", doi[1], "/dossier", {"en": doi[1]}, query=urlencode({"target": doi[1]}))]
    if re.fullmatch(r"[Ww]\d{3,18}", text):
        return [Findable("work", text.upper(), f"/dossier/{text.upper()}", {"en": text.upper()})]
    return []


@page("/search")
def search(site: SiteDep, q: QueryText = "", kind: KindText = "") -> Page:
    """Everything with a page that a text names."""
    import pyarrow as pa

    found = hits(site, q, 40, kind) if q.strip() else []
    columns = ("kind", "id", "label", "hint", "path", "query", "near")
    types = {"near": pa.bool_()}
    table = pa.table({c: pa.array([h[c] for h in found], types.get(c, pa.string())) for c in columns})
    return Page(
        "search.html",
        f"{_('Search')}: {q}" if q.strip() else _("Search"),
        table,
        {"q": q, "data": site.data},
        context={"q": " ".join(q.split()), "hits": found, "only_near": bool(found) and all(h["near"] for h in found), "from_tables": True},
    )
