"""Version 1 of the API: the same rankings, records and reasons as the pages, as JSON. Only GET; nothing can be changed."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from armillary.core.recipe import UNITS
from armillary.counting.methods import METHODS
from armillary.counting.scopes import scopes
from armillary.counting.units import PREFIX, known_units
from armillary.indicators import Indicator
from armillary.registry import rulebook
from armillary.version import __version__
from armillary.web.choices import ChoiceDep, IndicatorPath, UnitNamePath, UnitPath, ViewDep
from armillary.web.current import LANGUAGES, link, speaking
from armillary.web.page import json_rows
from armillary.web.pages.ask import DATE
from armillary.web.pages.ranking import ordered
from armillary.web.pages.records import LIMIT
from armillary.web.pages.search import KindText, QueryText, hits
from armillary.web.routes import SiteDep

SAID = r"[A-Za-z0-9\u4e00-\u9fff]"
"""A sentence has a letter, a digit or a Chinese character."""


class Problem(BaseModel):
    """An error (RFC 9457, ``application/problem+json``)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class RankingRow(BaseModel):
    """One unit of a ranking. ``rank`` and ``unit_id`` are null on the row of what could not be assigned."""

    model_config = ConfigDict(extra="allow")
    rank: int | None
    unit_id: str | None
    name: str
    value: float | None
    count: int | None = None


class RankingOut(BaseModel):
    """A page of a ranking: how it was made, the recipe, the rows."""

    meta: dict[str, Any]
    recipe: dict[str, Any]
    total: int = Field(description="Units that fit the search")
    page: int
    per: int
    next: str | None = Field(description="Address of the next page")
    rows: list[RankingRow]


class RecordsOut(BaseModel):
    """Records behind one value; ``num`` and ``den`` are exact integers in credit units and cover all records."""

    meta: dict[str, Any]
    unit_id: str
    name: str
    value: float | None
    num: int
    den: int | None
    records: int
    page: int
    per: int
    next: str | None
    rows: list[dict[str, Any]]


class WhyNotOut(BaseModel):
    """Whether a work counts, and the first thing that drops it if not."""

    work_id: str
    counts: bool
    reason: str | None
    sentence: str
    contributions: list[dict[str, Any]]


class IndicatorOut(BaseModel):
    """One indicator."""

    id: str
    name: str
    measure: str
    formula: str
    example: str
    source: str
    rules: list[dict[str, str]]
    kind: str
    counting: str
    scope: str
    units: list[str]
    options: dict[str, dict[str, Any]]


class UnitOut(BaseModel):
    """One unit."""

    unit_id: str
    name: str


class UnitsOut(BaseModel):
    """Units whose name contains the search."""

    total: int
    rows: list[UnitOut]


class HitOut(BaseModel):
    """One thing that was found; ``near`` where its name is not quite what was asked; ``address`` is its page."""

    kind: str
    kind_name: str
    id: str
    label: str
    hint: str
    near: bool
    address: str


class HitsOut(BaseModel):
    """What a text names, best first."""

    q: str
    rows: list[HitOut]


class Start(BaseModel):
    """Which data these are, and where to go."""

    armillary: str
    data: dict[str, Any]
    links: dict[str, str]


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": said, "content": {"application/problem+json": {}}}
    for code, said in {
        400: "The request makes no sense",
        404: "No such thing in these data",
        405: "Only GET",
        414: "Address too long",
        421: "The server does not answer to this name",
        422: "A parameter is not accepted",
        429: "Too many requests",
        501: "Needs a package that is not installed here",
        503: "Too many requests at once, or too large for the memory of one",
        504: "Took longer than one request may",
    }.items()
}
router = APIRouter(prefix="/api/v1", responses=_PROBLEMS)


@router.get("", response_model=Start, summary="Start here")
def start(site: SiteDep) -> Any:
    """Which data these are, and the addresses to go on from."""
    links = {
        "indicators": "/api/v1/indicators",
        "methods": "/api/v1/methods",
        "ranking": "/api/v1/rankings/{indicator}/{unit}",
        "records": "/api/v1/records/{indicator}/{unit}/{unit_id}",
        "why_not": "/api/v1/why-not/{indicator}/{unit}/{work_id}",
        "units": "/api/v1/units/{unit}",
        "find": "/api/v1/find?q={text}",
        "ask": "/api/v1/ask?q={sentence}",
        "openapi": "/api/v1/openapi.json",
    }
    return {"armillary": __version__, "data": site.data, "links": links}


@router.get("/indicators", response_model=list[IndicatorOut], summary="All indicators")
def indicators(site: SiteDep) -> Any:
    """Every indicator with formula, example, source, options and the units it can rank."""
    return [_indicator(i) for i in site.indicators().values()]


@router.get("/indicators/{indicator}", response_model=IndicatorOut, summary="One indicator")
def indicator(site: SiteDep, indicator: IndicatorPath) -> Any:
    """One indicator with formula, example, source, options and the units it can rank."""
    return _indicator(site.indicator(indicator))


@router.get("/methods", summary="Counting methods, scopes, units")
def methods(site: SiteDep) -> dict[str, Any]:
    """The values that ``counting``, ``scope`` and ``unit`` may take, with their meaning."""
    return {
        "counting": {m.name: {"formula": m.formula, "meaning": m.meaning, "sums_to_one": m.sums_to_one} for m in METHODS.values()},
        "scope": scopes(),
        "unit": list(UNITS),
    }


@router.get("/rankings/{indicator}/{unit}", response_model=RankingOut, summary="A ranking")
def ranking(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    choice: ChoiceDep,
    view: ViewDep,
    intervals: Annotated[str, Query(pattern=r"^[01]?$", description="1: with intervals, 0: without (default: where they are cheap)")] = "",
) -> Any:
    """One page of a ranking. Values are unrounded; ``meta`` says how they were made, ``recipe`` computes them again."""
    site.indicator(indicator, unit)
    found = site.sure(choice.recipe(indicator, unit), intervals)
    rows = [{**r, "label": r["name"]} for r in json_rows(found.arrow) if view.q.casefold() in r["name"].casefold()]
    rows = rows if view.sort == "rank" else ordered(rows, view.sort)
    start = (view.page - 1) * view.per
    cut = [{k: v for k, v in r.items() if k != "label"} for r in rows[start : start + view.per]]
    query = choice.query(
        q=view.q, sort=view.sort if view.sort != "rank" else "", page=view.page + 1, per=view.per if view.per != 50 else ""
    )
    more = f"/api/v1/rankings/{indicator}/{unit}?{query}" if start + view.per < len(rows) else None
    return {
        "meta": found.meta,
        "recipe": found.recipe.as_dict(),
        "total": len(rows),
        "page": view.page,
        "per": view.per,
        "next": more,
        "rows": cut,
    }


@router.get("/records/{indicator}/{unit}/{unit_id}", response_model=RecordsOut, summary="The records behind a value")
def records(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    unit_id: UnitNamePath,
    choice: ChoiceDep,
    page: Annotated[int, Query(ge=1, le=LIMIT, description="Page, from 1")] = 1,
    per: Annotated[int, Query(ge=1, le=200, description="Rows on a page")] = 50,
) -> Any:
    """Papers of one unit, largest contribution first. The exact sums ``num`` and ``den`` are over all of them."""
    site.indicator(indicator, unit)
    recipe = choice.recipe(indicator, unit)
    found = site.remember(("explain", recipe.digest, unit_id), lambda obs: obs.explain(recipe, unit_id, limit=LIMIT))
    start = (page - 1) * per
    query = choice.query(page=page + 1, per=per if per != 50 else "")
    more = f"/api/v1/records/{indicator}/{unit}/{unit_id}?{query}" if start + per < found.table.num_rows else None
    return {
        "meta": site.ranking(recipe).meta,
        "unit_id": found.unit_id,
        "name": found.name,
        "value": found.value,
        "num": found.num,
        "den": found.den,
        "records": found.records,
        "page": page,
        "per": per,
        "next": more,
        "rows": json_rows(found.table.slice(start, per)),
    }


@router.get("/why-not/{indicator}/{unit}/{work_id}", response_model=WhyNotOut, summary="Why a work is not counted")
def why_not(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    choice: ChoiceDep,
    work_id: Annotated[str, Path(max_length=20, pattern=r"^[Ww]?\d{1,18}$", description="OpenAlex work", examples=["W2741809807"])],
) -> Any:
    """Whether a work counts under the recipe; if not, the reason code and sentence of the first thing that drops it."""
    site.indicator(indicator, unit)
    recipe = choice.recipe(indicator, unit)
    found = site.remember(("why-not", recipe.digest, work_id), lambda obs: obs.why_not(recipe, work_id))
    return {
        "work_id": found.work_id,
        "counts": found.counts,
        "reason": found.reason,
        "sentence": found.sentence,
        "contributions": found.contributions,
    }


@router.get("/units/{unit}", response_model=UnitsOut, summary="Find units by name")
def units(
    site: SiteDep,
    unit: UnitPath,
    q: Annotated[str, Query(max_length=100, description="Part of a name")] = "",
    per: Annotated[int, Query(ge=1, le=200, description="Rows at most")] = 50,
) -> Any:
    """Units whose name contains ``q``, in alphabetical order."""
    from armillary.errors import UnknownNameError

    if unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    known = site.remember(("known", unit), lambda obs: known_units(obs.corpus, unit))
    rows = sorted(
        ((n, f"{PREFIX.get(unit, '')}{k}") for k, n in known.items() if q.casefold() in n.casefold()), key=lambda r: (r[0].casefold(), r[1])
    )
    return {"total": len(rows), "rows": [{"unit_id": i, "name": n} for n, i in rows[:per]]}


@router.get("/find", response_model=HitsOut, summary="Find anything by its name")
def find(
    site: SiteDep,
    q: QueryText,
    kind: KindText = "",
    language: Annotated[str, Query(pattern=f"^({'|'.join(LANGUAGES)})$", description="Language of labels and addresses")] = "en",
    limit: Annotated[int, Query(ge=1, le=50, description="Rows at most")] = 10,
) -> Any:
    """Units, tables, rankings, topics, stories, claims and methods by name, alias or code, in any language; typing errors are forgiven."""
    with speaking(language):
        found = hits(site, q, limit, kind)
    return {"q": q, "rows": [{**h, "address": link(h["path"], h["query"], language=language)} for h in found]}


@router.get("/ask", summary="A sentence, judged")
def asked(
    site: SiteDep,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=2000,
            pattern=r"[A-Za-z0-9\u4e00-\u9fff]",
            description="The sentence, in English, Chinese, German, Spanish or French",
        ),
    ],
    date: Annotated[str, Query(max_length=10, pattern=DATE, description="Date of the article: 2025-09-01, 2025-09 or 2025")] = "",
    about: Annotated[str, Query(max_length=300, description="Title of the article")] = "",
) -> dict[str, Any]:
    """What the sentence says, what the shipped tables say of it by each definition, and the verdict; keys as in docs/how-to/claims.md."""
    from armillary.audit.ask import ask

    return ask(q, date=date, about=about).as_dict()


@router.get("/openapi.json", include_in_schema=False)
def openapi() -> JSONResponse:
    """The description of this API."""
    return JSONResponse(description())


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document of version 1."""
    spec: dict[str, Any] = get_openapi(
        title="Armillary",
        version="1",
        summary="Rankings from open records, with their uncertainty, records and assumptions.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=router.routes,
    )
    for item in spec["paths"].values():
        for operation in item.values():
            for code, response in operation["responses"].items():
                # FastAPI lists the model under its own media type; errors are problem documents only
                if code.isdigit() and int(code) >= 400:
                    response["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return spec


def _indicator(info: Indicator) -> dict[str, Any]:
    return {
        "id": info.id,
        "name": info.name,
        "measure": info.measure,
        "formula": info.formula,
        "example": info.example,
        "source": info.source,
        "rules": [{"number": r.number, "title": r.title, "page": f"/rules/{r.chapter}#{r.anchor}"} for r in rulebook.cited(info.source)],
        "kind": info.kind,
        "counting": info.counting,
        "scope": info.scope,
        "units": list(info.units),
        "options": {
            k: {"default": o.default, "meaning": o.meaning, "choices": list(o.choices) if o.choices else None}
            for k, o in info.options.items()
        },
    }
