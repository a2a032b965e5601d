"""The profile of one unit, and two to six units side by side."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from armillary.counting.baselines import lacks_yardstick, no_yardstick
from armillary.errors import ArmillaryError, UnknownNameError, UsageError
from armillary.observatory import Observatory, Ranking
from armillary.web import words
from armillary.web.choices import UNIT_IDS, Choice, ChoiceDep, UnitNamePath, UnitPath
from armillary.web.current import current
from armillary.web.find import index_of
from armillary.web.i18n import gettext as _
from armillary.web.labels import period_text
from armillary.web.page import Page
from armillary.web.points import POINTS, points
from armillary.web.routes import UNITS, Asked, SiteDep, data_by_period, page
from armillary.web.site import Site, last_full_year, series_of

SHOWN = ("share", "count", "p-top10", "pp-top10", "p-top1", "mncs", "pp-international", "pp-industry", "pp-oa")
"""Indicators of a profile, where registered. All others are one link away."""


def rankings_of(site: Site, unit: str, choice: Choice) -> list[Ranking]:
    """The profile's rankings for a kind of unit, computed in one pass where they can be."""
    known = site.indicators()
    asked = [choice.recipe(name, unit, minimum=0) for name in SHOWN if name in known and unit in site.units(known[name])]
    recipes = [r for r in asked if not lacks_yardstick(site.obs.corpus, r)]

    def compute(obs: Observatory) -> list[Ranking]:
        return obs.rank_many(recipes)

    try:
        found: list[Ranking] = site.remember(("profile", tuple(r.digest for r in recipes)), compute)
        return found
    except UnknownNameError:
        raise
    except ArmillaryError:
        # one indicator that the data cannot support must not take the others with it
        out = []
        for recipe in recipes:
            try:
                out.append(site.ranking(recipe))
            except ArmillaryError:
                continue
        return out


def impact_note(site: Site) -> list[str]:
    """Why a profile shows no impact, where it does not."""
    return [f"No impact: {no_yardstick(site.obs.corpus)}."] if site.data.get("sample") else []


def standing(found: Ranking, unit_id: str) -> dict[str, Any] | None:
    """One unit's row in a ranking, with the number of units that have a rank."""
    ids = found.ranked["unit_id"].to_pylist()
    if unit_id not in ids:
        return None
    row: dict[str, Any] = found.ranked.slice(ids.index(unit_id), 1).to_pylist()[0]
    return {**row, "of": len(ids), "meta": found.meta, "info": found.recipe.indicator, "low": row.get("low"), "high": row.get("high")}


def recent(site: Site, choice: Choice) -> Choice:
    """The choice with a period: four full years up to the last, unless the reader names another."""
    year = last_full_year(site)
    return choice if choice.period or year is None else choice.but(period=f"{year - 3}-{year}")


def profile_of_unit(asked: Asked) -> bool:
    """Profiles of the kinds of units that a published site shows."""
    return asked.parts[1] in UNITS and data_by_period(asked)


@page("/units/{unit}/{unit_id}", published=profile_of_unit)
def profile(site: SiteDep, unit: UnitPath, unit_id: UnitNamePath, choice: ChoiceDep) -> Page:
    """Where one unit stands in every ranking, its path over the years, its fields. A unit has an id and names."""
    import pyarrow as pa

    from armillary.charts.lines import values_over_time

    choice = recent(site, choice)
    rankings = rankings_of(site, unit, choice)
    rows = [s for s in (standing(r, unit_id) for r in rankings) if s]
    if not rows and (meant := index_of(site).named(unit_id, unit)) is not None:
        unit_id = meant.id
        rows = [s for s in (standing(r, unit_id) for r in rankings) if s]
    if not rows:
        raise UnknownNameError(unit, unit_id, [i for r in rankings[:1] for i in r.ranked["unit_id"].to_pylist()])
    name = words.unit_label(unit, unit_id, rows[0]["name"], current().language, synthetic=bool(site.data.get("synthetic")))
    info = site.indicator("share" if unit != "field" else "count", unit)
    years, paths = series_of(site, info, unit, choice)
    values = paths.get(unit_id, [])
    chart = (
        values_over_time(
            [{"period": y, "value": v, "unit_id": unit_id, "name": name} for y, v in zip(years, values, strict=False)],
            title=f"{name}: {_(info.name)}",
            value_title=_(info.name),
        )
        if len([v for v in values if v is not None]) > 2
        else None
    )
    fields = by_field(site, unit, unit_id, choice) if unit != "field" else []
    spot = points(site, unit).get(unit_id) if unit in POINTS else None
    table = pa.Table.from_pylist(
        [
            {
                "indicator": r["info"],
                "rank": r["rank"],
                "of": r["of"],
                "unit_id": unit_id,
                "name": name,
                "value": r["value"],
                "count": r["count"],
            }
            for r in rows
        ]
    )
    meta = {
        "unit": unit,
        "unit_id": unit_id,
        "name": name,
        "period": choice.period or "all",
        "subject": choice.subject or None,
        "data": site.data,
        "notes": [*rankings[0].meta["notes"], *impact_note(site)],
    }
    return Page(
        "unit.html",
        name,
        table,
        meta,
        chart=chart,
        context={
            "unit": unit,
            "unit_id": unit_id,
            "name": name,
            "rows": rows,
            "infos": site.indicators(),
            "choice": choice,
            "query": choice.query(),
            "unit_names": words.UNIT,
            "line": chart,
            "fields": fields,
            "spot": spot,
            "period": period_text(choice),
            "needs_charts": chart is not None,
            "facts": facts_of(site, unit, unit_id),
            "line_name": _(info.name),
        },
    )


def facts_of(site: Site, unit: str, unit_id: str) -> list[tuple[str, str]]:
    """What the records say a unit is: type, city, country, identifiers."""
    table, key = {"institution": ("institution", "institution_id"), "city": ("place", "place_id")}.get(unit, ("", ""))
    if not table:
        return []
    wanted: Any = int(unit_id[1:]) if unit == "institution" and unit_id[1:].isdigit() else unit_id
    columns = {
        "institution": ("institution_id", "institution_type", "city", "country_code", "ror_id"),
        "place": ("place_id", "place_kind", "country_code", "population_n"),
    }[table]

    def compute(obs: Any) -> dict[str, Any] | None:
        import pyarrow.compute as pc

        data = obs.corpus.lookup(table, columns)
        rows: list[dict[str, Any]] = data.filter(pc.equal(data[key], wanted)).to_pylist()
        return rows[0] if rows else None

    row = site.remember(("facts", unit, unit_id), compute) or {}
    labels = {
        "institution_type": _("Type"),
        "city": _("City"),
        "country_code": _("Country"),
        "ror_id": "ROR",
        "place_kind": _("Kind"),
        "population_n": _("Inhabitants"),
    }
    return [(labels[k], f"{v:,}" if isinstance(v, int) else str(v)) for k, v in row.items() if k in labels and v is not None]


def by_field(site: Site, unit: str, unit_id: str, choice: Choice) -> list[dict[str, Any]]:
    """Rank and value of the unit in every field that it has papers in, best rank first."""
    from armillary.web.site import subjects_of

    names = subjects_of(site)[:30]

    def compute(obs: Any) -> list[tuple[str, Ranking]]:
        return [(n, obs.run(choice.but(subject=n).recipe("share", unit))) for n in names]

    try:
        found: list[tuple[str, Ranking]] = site.remember(("fields", unit, choice.query()), compute)
    except ArmillaryError:
        return []
    rows = [{**s, "field": n} for n, s in ((n, standing(r, unit_id)) for n, r in found) if s]
    return sorted(rows, key=lambda r: (r["rank"], r["field"]))


def near_in_rank(site: Site, rankings: list[Ranking], wanted: list[str]) -> list[tuple[str, str]]:
    """Id and name of the units around the first one in the first ranking that has it."""
    for found in rankings:
        ids = found.ranked["unit_id"].to_pylist()
        if wanted[0] not in ids:
            continue
        at, called = ids.index(wanted[0]), dict(zip(ids, found.ranked["name"].to_pylist(), strict=True))
        around = [u for u in ids[max(0, at - 4) : at + 5] if u not in wanted][:6]
        language, synthetic = current().language, bool(site.data.get("synthetic"))
        return [(u, words.unit_label(found.recipe.unit, u, called[u], language, synthetic=synthetic)) for u in around]
    return []


@page("/compare/{unit}")
def compare(
    site: SiteDep,
    unit: UnitPath,
    choice: ChoiceDep,
    ids: Annotated[str, Query(max_length=400, pattern=UNIT_IDS, description="Two to six ids of units, joined by commas")] = "",
    add: Annotated[str, Query(max_length=120, description="Name of a unit to add, in any language")] = "",
) -> Page:
    """Two to six units side by side."""
    import pyarrow as pa

    from armillary.charts.lines import values_over_time

    wanted = list(dict.fromkeys(i for i in ids.split(",") if i))
    if add.strip():
        hits = index_of(site).search(add.strip(), 1, (unit,))
        if not hits:
            raise UnknownNameError(unit, add.strip(), [])
        wanted = list(dict.fromkeys((*wanted, hits[0].item.id)))
    if not 2 <= len(wanted) <= 6:
        raise UsageError(f"{len(wanted)} units cannot be compared", fix="give two to six ids, joined by commas: ?ids=CN,US")
    choice = recent(site, choice)
    rankings = rankings_of(site, unit, choice)
    rows: list[dict[str, Any]] = [{"info": r.recipe.indicator, "meta": r.meta, "cells": [standing(r, i) for i in wanted]} for r in rankings]
    names = {}
    for i in wanted:
        named = next((c["name"] for r in rows for c, k in zip(r["cells"], wanted, strict=True) if c and k == i), None)
        if named is None:
            raise UnknownNameError(unit, i, [u for r in rankings[:1] for u in r.ranked["unit_id"].to_pylist()])
        names[i] = words.unit_label(unit, i, named, current().language, synthetic=bool(site.data.get("synthetic")))
    info = site.indicator("share" if unit != "field" else "count", unit)
    years, paths = series_of(site, info, unit, choice)
    chart = (
        values_over_time(
            [
                {"period": y, "value": v, "unit_id": i, "name": names[i]}
                for i in wanted
                for y, v in zip(years, paths.get(i, []), strict=False)
            ],
            title=_(info.name),
            value_title=_(info.name),
        )
        if years
        else None
    )
    table = pa.Table.from_pylist(
        [
            {"indicator": r["info"], "unit_id": i, "name": names[i], "rank": c["rank"] if c else None, "value": c["value"] if c else None}
            for r in rows
            for i, c in zip(wanted, r["cells"], strict=True)
        ]
    )
    meta = {
        "unit": unit,
        "ids": wanted,
        "period": choice.period or "all",
        "data": site.data,
        "notes": rankings[0].meta["notes"] if rankings else [],
    }
    return Page(
        "compare.html",
        " · ".join(names.values()),
        table,
        meta,
        chart=chart,
        context={
            "unit": unit,
            "wanted": wanted,
            "names": names,
            "rows": rows,
            "infos": site.indicators(),
            "choice": choice,
            "query": choice.query(),
            "line": chart,
            "period": period_text(choice),
            "needs_charts": chart is not None,
            "ids": ",".join(wanted),
            "near": near_in_rank(site, rankings, wanted) if len(wanted) < 6 else [],
            "line_name": _(info.name),
        },
    )
