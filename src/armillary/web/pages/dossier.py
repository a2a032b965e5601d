"""The dossier: everything the observatory knows of one work, one subject, or the works that match a query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Path, Query

from armillary.core.titles import clean_title
from armillary.errors import DataError, SpecError, UnknownNameError, UsageError
from armillary.studies.dossier.content import Dossier, row_texts
from armillary.web import words
from armillary.web.choices import PERIOD
from armillary.web.i18n import gettext as _
from armillary.web.i18n import number
from armillary.web.page import Page
from armillary.web.pages.search import hits
from armillary.web.render import named
from armillary.web.routes import SiteDep, as_it_is, page
from armillary.web.site import Site

TITLES = {
    "overview": words.N_("Overview"),
    "record": words.N_("The record"),
    "years": words.N_("By year"),
    "country": words.N_("Where: countries"),
    "institution": words.N_("Who: institutions"),
    "places": words.N_("Where"),
    "people": words.N_("Who: authors"),
    "partners": words.N_("With whom: pairs of countries"),
    "funding": words.N_("Funding"),
    "works": words.N_("Most cited works"),
    "citations": words.N_("Citations by year and country"),
    "impact": words.N_("Field-normalised impact"),
    "goals": words.N_("Sustainable Development Goals"),
    "policy": words.N_("Policy documents that cite it"),
    "patents": words.N_("Patents that cite it"),
}
LINKED = {
    "country": ("name", "id", "/units/country/"),
    "institution": ("name", "id", "/units/institution/"),
    "works": ("title", "work", "/dossier/"),
}
"""Section -> the column that is a link, the column with the id, and where it leads."""
LABELS = ("year", "rank", "#", "goal")
"""Columns whose numbers are names of rows and stand to the left."""
TARGET = r"^([Ww]\d{1,18}|(domain|field|subfield|topic):\d{1,12})$"
TOP = 10


def built(site: Site, target: str, period: str) -> Dossier:
    """The dossier of a target; errors of a query are errors of the request."""
    from armillary.studies.dossier import dossier

    if not site.rows("work"):
        raise DataError("there are no works in this observatory, so there is no dossier", fix="ingest records first")

    def compute(obs: Any) -> Dossier:
        try:
            return dossier(obs.corpus, target, period=period or "all", top=TOP)
        except SpecError as error:
            raise UsageError(error.what, fix=error.fix) from error

    found: Dossier = site.remember(("dossier", target, period), compute)
    return found


def fields(site: Site) -> list[dict[str, Any]]:
    """The fields of the classification, for readers who have no target yet."""

    def compute(obs: Any) -> list[dict[str, Any]]:
        if not obs.corpus.has("topic"):
            return []
        rows = obs.corpus.lookup("topic", ("field_id", "field_name", "domain_name")).to_pylist()
        known = {r["field_id"]: r for r in rows if r["field_id"] is not None and r["field_name"]}
        listed = sorted(known.values(), key=lambda r: (r["domain_name"] or "", r["field_name"]))
        return [{"id": f"field:{r['field_id']}", "name": r["field_name"], "domain": r["domain_name"]} for r in listed]

    found: list[dict[str, Any]] = site.remember("dossier-fields", compute)
    return found


@page("/dossier", published=as_it_is)
def start(
    site: SiteDep,
    target: Annotated[str, Query(max_length=200, description="A DOI, a work (W123), a subject, or query:...")] = "",
    period: Annotated[str, Query(max_length=9, pattern=PERIOD)] = "",
) -> Page:
    """Ask for a dossier: by DOI, work, subject or query."""
    import pyarrow as pa

    target = " ".join(target.split())
    if target:
        try:
            found = built(site, target, "" if period == "all" else period)
        except UnknownNameError:
            near = [] if re.fullmatch(TARGET, target) else hits(site, target, 12, "topic,field")
            if not near:
                raise
            return nearest(site, target, near)
        return dossier_page(site, found, urlencode({"target": target, "period": period}))
    listed = fields(site)
    return Page(
        "dossiers.html",
        _("Dossier"),
        pa.Table.from_pylist(listed),
        {"data": site.data},
        context={"listed": listed, "asked": "", "near": [], "query": ""},
    )


def nearest(site: Site, target: str, near: list[dict[str, Any]]) -> Page:
    """No subject has that name: the subjects whose names are nearest, and the works that use the word, as a query."""
    import pyarrow as pa

    word = '"' + re.sub(r'["\\\\]', " ", target) + '"'
    table = pa.table({k: pa.array([h[k] for h in near], pa.string()) for k in ("kind", "id", "label", "path")})
    return Page(
        "dossiers.html",
        f"{_('Dossier')}: {target}",
        table,
        {"data": site.data, "target": target},
        context={"listed": fields(site), "asked": target, "near": near, "query": urlencode({"target": f"query:{word}"})},
    )


@page("/dossier/{target}", published=as_it_is)
def dossier(
    site: SiteDep,
    target: Annotated[str, Path(max_length=60, pattern=TARGET, description="W123, field:16, topic:10001", examples=["field:16"])],
    period: Annotated[str, Query(max_length=9, pattern=PERIOD)] = "",
) -> Page:
    """One page on a work or a subject: who, where, with whom, paid by whom, cited by whom."""
    return dossier_page(site, built(site, target, "" if period == "all" else period), urlencode({"period": period}) if period else "")


def dossier_page(site: Site, found: Dossier, query: str) -> Page:
    """A dossier as a page; its table has a row for each fact and each cell."""
    import pyarrow as pa

    from armillary.charts.lines import values_over_time

    cells: list[dict[str, Any]] = [
        {"section": s.id, "row": None, "label": label, "value": _text(v)} for s in found.sections for label, v in s.facts
    ]
    cells += [
        {"section": s.id, "row": n, "label": label, "value": _text(v)}
        for s in found.sections
        for n, row in enumerate(s.rows, 1)
        for label, v in zip(s.columns, row, strict=True)
    ]
    schema = pa.schema([("section", pa.string()), ("row", pa.int64()), ("label", pa.string()), ("value", pa.string())])
    chart = None
    yearly = next((s for s in found.sections if s.id == "years"), None)
    if yearly is not None and len(yearly.rows) > 2:
        rows = [{"period": str(r[0]), "value": r[1], "unit_id": found.id, "name": found.title} for r in yearly.rows]
        chart = values_over_time(rows, title=found.title, value_title=_("Works"))
    body = found.as_dict()
    sections = [
        {
            "s": s,
            "title": TITLES.get(s.id, s.title),
            "rows": [list(zip(cells, _links(s.id, s.columns, row), strict=True)) for cells, row in zip(row_texts(s), s.rows, strict=True)],
            "right": [c not in LABELS and _numbers(r[i] for r in s.rows) for i, c in enumerate(s.columns)],
        }
        for s in found.sections
    ]
    return Page(
        "dossier.html",
        found.title,
        pa.Table.from_pylist(cells, schema=schema),
        {**{k: v for k, v in body.items() if k != "data"}, "data": site.data, "notes": list(found.warnings)},
        chart=chart,
        context={
            "d": found,
            "subtitle": subtitle(found),
            "sections": sections,
            "line": chart,
            "query": query,
            "needs_charts": chart is not None,
        },
    )


def subtitle(found: Dossier) -> Any:
    """What the dossier rests on: the number of works and the period, or what the record says of the work."""
    if found.kind == "work":
        return named(clean_title(found.subtitle))
    works = dict(found.section("overview").facts).get("Works")
    period = str(found.data.get("period", "all"))
    said = (
        _("{n} works whose title or abstract matches the query")
        if found.kind == "query"
        else _("{n} works whose main topic lies in the subject")
    )
    return said.format(n=number(works)) + _("; ") + (_("all years") if period == "all" else period.replace("-", "–"))


def _links(section: str, columns: tuple[str, ...], row: tuple[Any, ...]) -> list[str]:
    """The address behind each cell of a row, or nothing."""
    name, key, path = LINKED.get(section, ("", "", ""))
    if key not in columns:
        return [""] * len(columns)
    return [f"{path}{row[columns.index(key)]}" if c == name else "" for c in columns]


def _numbers(cells: Iterable[Any]) -> bool:
    return all(isinstance(c, int | float) or c is None for c in cells)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
