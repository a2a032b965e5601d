"""Methods, data and provenance, tutorials, and the page about the API."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from armillary.core import schema
from armillary.counting.filters import FILTERS
from armillary.counting.methods import METHODS
from armillary.counting.scopes import scopes
from armillary.web import words
from armillary.web.choices import IndicatorPath
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, as_it_is, page


@page("/methods", published=as_it_is)
def methods(site: SiteDep) -> Page:
    """Every indicator, counting method, scope and filter."""
    known = list(site.indicators().values())
    table = pa.Table.from_pylist(
        [
            {
                "indicator": i.id,
                "name": i.name,
                "measure": i.measure,
                "formula": i.formula,
                "counting": i.counting,
                "scope": i.scope,
                "source": i.source,
                "example": i.example,
            }
            for i in known
        ]
    )
    return Page(
        "methods.html",
        _("Methods"),
        table,
        context={"indicators": known, "countings": METHODS, "scopes": scopes(), "filters": FILTERS, "family_names": words.FAMILY},
    )


@page("/methods/{indicator}", published=as_it_is)
def method(site: SiteDep, indicator: IndicatorPath) -> Page:
    """One indicator with formula, worked example, options and source."""
    info = site.indicator(indicator)
    fields = {
        "id": info.id,
        "name": info.name,
        "measure": info.measure,
        "formula": info.formula,
        "example": info.example,
        "source": info.source,
        "counting": info.counting,
        "split": info.split,
        "scope": info.scope,
        "units": ",".join(info.units),
    }
    return Page(
        "method.html",
        _(info.name),
        pa.Table.from_pylist([{"field": k, "text": v} for k, v in fields.items()]),
        fields,
        context={"info": info, "plural": words.PLURAL, "scope": scopes().get(info.scope, {}), "counting": METHODS.get(info.counting)},
    )


@page("/data", published=as_it_is)
def data(site: SiteDep) -> Page:
    """Which files came in, what was kept, what was refused and why."""
    info = site.remember("info", lambda obs: obs.store.info())
    manifest = site.remember("manifest", lambda obs: obs.store.read("manifest"))
    refused = site.remember("rejects", _refusals)
    tables = [{"table": t, "rows": n, "meaning": schema.table(t).meaning} for t, n in info["tables"].items()]
    return Page(
        "data.html",
        _("Data and provenance"),
        manifest,
        {"data": site.data, "tables": info["tables"], "entities": info["entities"]},
        context={
            "tables": tables,
            "entities": info["entities"],
            "files": manifest.slice(0, 60).to_pylist(),
            "files_n": manifest.num_rows,
            "refused": refused,
            "bytes": info["bytes"],
            "years": site.years(),
        },
    )


def _refusals(obs: Any) -> list[dict[str, Any]]:
    """Refused records by entity and reason, with one example each."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for r in obs.store.read("reject").to_pylist():
        found = rows.setdefault(
            (r["entity"], r["reason"]), {"entity": r["entity"], "reason": r["reason"], "n": 0, "example": r["detail"] or ""}
        )
        found["n"] += 1
    return sorted(rows.values(), key=lambda r: (-r["n"], r["entity"], r["reason"]))[:60]


@page("/learn", published=as_it_is)
def learn(site: SiteDep) -> Page:
    """The tutorials."""
    listed = [
        {
            "file": "01-a-research-office.ipynb",
            "title": _("A research office's day"),
            "says": _("Rank your institution, open the papers behind the number, and answer why one paper is not counted."),
        },
        {
            "file": "02-rebuild-and-stress-an-index.ipynb",
            "title": _("Rebuild an index and stress it"),
            "says": _("Build a composite index from its specification, then see which ranks survive other weights."),
        },
        {
            "file": "03-check-a-news-article.ipynb",
            "title": _("Check a news article"),
            "says": _("Turn sentences into claims, judge them against the records, and see what would make them true."),
        },
        {
            "file": "04-in-your-own-tools.ipynb",
            "title": _("In your own tools"),
            "says": _("Take one result to pandas, Polars and DuckDB, join two of them, and publish what you found."),
        },
    ]
    return Page(
        "learn.html",
        _("Tutorials"),
        pa.Table.from_pylist([{"file": t["file"], "title": t["title"]} for t in listed]),
        context={"tutorials": listed},
    )


@page("/api")
def about_api(site: SiteDep) -> Page:
    """What the HTTP interface offers, from its own description."""
    from armillary.web.api.v1 import description

    spec = description()
    rows = [
        {
            "path": p,
            "summary": op["get"].get("summary", ""),
            "says": op["get"].get("description", ""),
            "parameters": op["get"].get("parameters", []),
        }
        for p, op in spec["paths"].items()
        if "get" in op
    ]
    return Page(
        "api.html", "API", pa.Table.from_pylist([{"path": r["path"], "summary": r["summary"]} for r in rows]), context={"rows": rows}
    )
