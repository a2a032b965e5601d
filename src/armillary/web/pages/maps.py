"""The map of cities, institutions and regions, with the same list beside it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from armillary.errors import UsageError
from armillary.web import words
from armillary.web.choices import Choice, ChoiceDep
from armillary.web.i18n import gettext as _
from armillary.web.labels import period_text
from armillary.web.page import Page
from armillary.web.points import MAPPED, located, outline, shapes
from armillary.web.routes import Asked, SiteDep, page
from armillary.web.site import Site, years_of


def map_of_headlines(asked: Asked) -> bool:
    """The map as it opens, the one that the front page links to, and that of regions."""
    unit = "region" if asked.choices.get("unit") == "region" else "city"
    shown = {"indicator": "share", "unit": unit, "period": asked.period, **({"show": "100"} if asked.kind != "html" else {})}
    return not asked.choices or asked.choices == shown


def hulls(site: Site, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The outlines of the regions that are shown, named as the list names them."""
    known, named = shapes(site), {r["unit_id"]: r["label"] for r in rows}
    features = [{**known[u].outline, "properties": {"name": label}} for u, label in named.items() if u in known]
    return {"type": "FeatureCollection", "features": features}


@page("/map", published=map_of_headlines, drawn=True)
def world_map(
    site: SiteDep,
    choice: ChoiceDep,
    indicator: Annotated[str, Query(max_length=60, pattern=r"^[a-z0-9-]+$", description="Indicator")] = "share",
    unit: Annotated[str, Query(max_length=20, pattern=r"^[a-z]+$", description="city, institution or region")] = "city",
    show: Annotated[int, Query(ge=10, le=500, description="Units on the map")] = 100,
) -> Page:
    """Where the units are: circles by value; every circle is also a line of the list."""
    import pyarrow as pa

    from armillary.charts.map import place_map, view_of
    from armillary.web.site import last_full_year

    if unit not in MAPPED:
        raise UsageError(f"{unit} has no point on the map", fix="ask for city, institution or region")
    info = site.indicator(indicator, unit)
    if not choice.period:
        year = last_full_year(site)
        choice = choice.but(period=str(year) if year else "")
    found = site.ranking(choice.recipe(indicator, unit))
    rows = located(site, found, show)
    placed = [r for r in rows if r["lat_deg"] is not None]
    options: dict[str, Any] = {
        "title": _(words.RANKED[unit]).replace("{indicator}", _(info.name)),
        "value_title": _(info.name),
        "controls": True,
        "outline": outline(site),
        "hulls": hulls(site, rows) if unit == "region" else None,
        # regions are small beside the world
        "view": view_of([(r["lat_deg"], r["lon_deg"]) for r in placed]) if unit == "region" else "World",
    }
    wide, narrow = place_map(placed, width=1110, labels=22, **options), place_map(placed, width=440, labels=7, **options)
    heading = _(words.RANKED[unit]).replace("{indicator}", _(info.name))
    table = pa.Table.from_pylist([{k: r.get(k) for k in ("rank", "unit_id", "name", "value", "count", "lat_deg", "lon_deg")} for r in rows])
    return Page(
        "map.html",
        f"{_('Map')}: {heading}",
        table,
        found.meta,
        chart=wide,
        context={
            "wide": wide,
            "narrow": narrow,
            "rows": rows,
            "missing": len(rows) - len(placed),
            "info": info,
            "unit": unit,
            "choice": choice,
            "heading": heading,
            "units": [u for u in MAPPED if u in info.units],
            "unit_names": words.UNIT,
            "period": period_text(choice),
            "show": show,
            "indicators": [
                i for i in site.indicators().values() if set(MAPPED) & set(i.units) and i.kind == "total" and not i.options.get("with")
            ],
            "years": years_of(site),
            "query": choice.query(),
            "needs_charts": True,
            "needs_land": True,
            "here": Choice.query(choice, indicator=indicator, unit=unit, show=show),
        },
    )
