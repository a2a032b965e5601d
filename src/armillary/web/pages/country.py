"""Who a country is in science, from the shipped tables; and the list of countries."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
from fastapi import Path

from armillary.registry import world
from armillary.studies.world import ranked
from armillary.studies.world.beside import peers
from armillary.studies.world.country import CountryProfile, Standing, profile
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, of_the_real_world, page
from armillary.web.words import N_
from armillary.web.worldwords import amount, measure, names, series_name, source_line, unit_name

NamePath = Annotated[str, Path(max_length=80, description="ISO code or name of a country, in any of fourteen languages")]
HEADS = {
    "papers": N_("Papers"),
    "impact": N_("Most cited work"),
    "effort": N_("Money and people"),
    "invention": N_("Patents and markets"),
    "machine": N_("Software and artificial intelligence"),
    "prizes": N_("Prizes"),
}
LINE = {"papers": "articles-fractional", "effort": "gerd-gdp", "impact": "top1-share"}
"""The measure that a section draws beside others."""


@page("/countries", published=of_the_real_world, drawn=True)
def countries(site: SiteDep) -> Page:
    """All countries, by articles, with a map."""
    from armillary.charts.choropleth import choropleth

    found = ranked.rank_series("articles-fractional")
    rows = [{"rank": p.rank, "unit_id": p.unit, "name": unit_name(p.unit), "value": p.value} for p in found.places]
    have = {r["unit_id"] for r in rows}
    others = sorted(((c, unit_name(c)) for c, u in world.units().items() if u.kind == "country" and c not in have), key=lambda x: x[1])
    look: dict[str, Any] = {"title": series_name(found.series), "value_title": _("articles"), "number": "~s", "log": True}
    chart = choropleth(rows, **look, width=1110)
    return Page(
        "countries.html",
        _("Countries"),
        found.arrow,
        found.meta,
        chart=chart,
        context={
            "rows": rows,
            "others": others,
            "map": chart,
            "narrow": choropleth(rows, **look, width=440),
            "series": found.series,
            "series_name": series_name(found.series),
            "amount": lambda v: amount(found.series, v),
            "year": found.year,
            "source": source_line(found.series),
            "needs_charts": True,
            "needs_land": True,
            "from_tables": True,
        },
    )


@page("/countries/{country}", published=of_the_real_world)
def country(site: SiteDep, country: NamePath) -> Page:
    """One country: every measure with its value, rank, what the rank means, source and path; what is missing is said."""
    code = ranked.unit_code(country)
    if world.units()[code].kind != "country":
        code = ranked.unit_code(country + " ")  # a group is no country: the error names countries
    found: CountryProfile = site.remember(("country", code), lambda obs: profile(code))
    name = unit_name(code)
    rows = [_row(code, s) for section in found.sections.values() for s in section]
    kinds = {"rank": pa.int64(), "of": pa.int64(), "value": pa.float64()}
    columns = ("series", "measure", "period", "value", "unit_of_measure", "rank", "of", "among", "source", "vintage", "flag")
    table = pa.table({c: pa.array([r[c] for r in rows], kinds.get(c, pa.string())) for c in columns})
    lines = {section: _lines(concept, code) for section, concept in LINE.items()}
    from armillary.charts.lines import values_over_time

    main = (
        values_over_time(lines["papers"], title=f"{name}: {series_name(world.series('articles-fractional'))}", value_title=_("articles"))
        if lines["papers"]
        else None
    )
    return Page(
        "country.html",
        name,
        table,
        {"unit": "country", "unit_id": code, "name": name, "datasets": sorted({r["series"].partition(".")[2] for r in rows})},
        chart=main,
        context={
            "code": code,
            "name": name,
            "sections": [(key, _(HEADS[key]), [_shown(code, s) for s in found.sections[key]]) for key in HEADS],
            "profile": found,
            "city": lambda c: names(current().language).get(c, c),
            "fields": [{**f, "share": f["world_share"]} for f in found.fields],
            "partners": [{**p, "name": unit_name(p["unit"])} for p in found.partners],
            "missing": [series_name(s) for s in found.missing],
            "main": main,
            "peers": ",".join((code, *peers(code, 3))) if peers(code, 3) else "",
            "own": site.rows("work") > 0 and not site.data.get("synthetic"),
            "kind": site.data.get("kind"),
            "index": found.index,
            "needs_charts": main is not None,
            "from_tables": True,
            "spark": lambda pairs: [v for _, v in pairs],
        },
    )


def _row(code: str, s: Standing) -> dict[str, Any]:
    origin = s.series.origin
    return {
        "series": s.series.id,
        "measure": s.series.name,
        "period": s.period,
        "value": s.value,
        "unit_of_measure": s.series.unit_of_measure,
        "rank": s.rank,
        "of": s.of,
        "among": s.among,
        "source": origin.publisher,
        "vintage": origin.vintage,
        "flag": s.flag,
    }


def _shown(code: str, s: Standing) -> dict[str, Any]:
    """What the page says about one measure, in words."""
    value, unit = amount(s.series, s.value), measure(s.series)
    if s.rank is None:
        meaning = _("No rank: more is neither better nor worse.")
    elif s.rank == 1:
        meaning = _("First of {of}. Half of them have {median} or less.").format(of=s.of, median=amount(s.series, s.median))
    else:
        meaning = _("Rank {rank} of {of}; first is {first} with {best}. Half of them have {median} or less.").format(
            rank=s.rank,
            of=s.of,
            first=names(current().language).get(s.first, s.first),
            best=amount(s.series, s.first_value),
            median=amount(s.series, s.median),
        )
    return {
        "id": s.series.id,
        "name": series_name(s.series),
        "value": f"{value} {_(unit)}".strip() if unit else value,
        "period": s.period,
        "rank": s.rank,
        "meaning": meaning,
        "among": s.series.origin.among,
        "path": [v for _year, v in s.path],
        "years": f"{s.path[0][0]}-{s.path[-1][0]}" if s.path else "",
        "source": source_line(s.series),
        "licence": s.series.origin.licence,
        "note": s.series.note,
        "flag": s.flag,
        "others": [(o.id, source_line(o)) for o in s.others],
    }


def _lines(concept: str, code: str) -> list[dict[str, Any]]:
    """The country's line beside those of the four around it in rank: the others it can be compared with."""
    s = ranked.source_for(concept, code)
    if s is None:
        return []
    placed = [p.unit for p in ranked.rank_series(s.id).places]
    at = placed.index(code) if code in placed else 0
    start = max(0, min(at - 2, len(placed) - 5))
    beside = [u for u in placed[start : start + 5] if u != code]
    values = world.values(s.id)
    years = sorted({y for u in (code, *beside) for y in values.get(u, {})})
    return [{"period": y, "unit_id": u, "name": unit_name(u), "value": values.get(u, {}).get(y)} for u in (code, *beside) for y in years]
