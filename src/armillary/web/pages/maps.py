"""The map of cities and institutions, with the same list beside it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from armillary.errors import UsageError
from armillary.web import words
from armillary.web.choices import Choice, ChoiceDep
from armillary.web.i18n import gettext as _
from armillary.web.labels import period_text
from armillary.web.page import Page
from armillary.web.points import MAPPED, located, outline
from armillary.web.routes import Asked, SiteDep, page
from armillary.web.site import years_of


def map_of_headlines(asked: Asked) -> bool:
    """The map as it opens, and the one that the front page links to."""
    shown = {"indicator": "share", "unit": "city", "period": asked.period, **({"show": "100"} if asked.kind != "html" else {})}
    return not asked.choices or asked.choices == shown


@page("/map", published=map_of_headlines, drawn=True)
def world_map(
    site: SiteDep,
    choice: ChoiceDep,
    indicator: Annotated[str, Query(max_length=60, pattern=r"^[a-z0-9-]+$", description="Indicator")] = "share",
    unit: Annotated[str, Query(max_length=20, pattern=r"^[a-z]+$", description="city or institution")] = "city",
    show: Annotated[int, Query(ge=10, le=500, description="Units on the map")] = 100,
) -> Page:
    """Where the units are: circles by value; every circle is also a line of the list."""
    import pyarrow as pa

    from armillary.charts.map import place_map
    from armillary.web.site import last_full_year

    if unit not in MAPPED:
        raise UsageError(f"{unit} has no point on the map", fix="ask for city or institution")
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
