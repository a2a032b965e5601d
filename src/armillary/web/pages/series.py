"""A shipped series as a ranking of countries, universities or institutions: map, list, path, other sources, download."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from armillary.registry import world
from armillary.registry.world import Series
from armillary.studies.world import ranked
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, of_the_real_world, page
from armillary.web.worldwords import amount, series_name, source_line, unit_name

SeriesPath = Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$", description="Id, concept or publisher's code of a series")]


@page("/series", published=of_the_real_world)
def all_series(site: SiteDep) -> Page:
    """Everything that ships: series and tables by source, with licence, vintage and what is left out."""
    import pyarrow as pa

    found = world.catalogue()
    table = pa.Table.from_pylist(
        [
            {"id": s.id, "name": s.name, "unit_of_measure": s.unit_of_measure, "first_year": s.first_year, "last_year": s.last_year}
            | {"units": s.units, "values": s.rows, "source": s.origin.publisher, "vintage": s.origin.vintage, "licence": s.origin.licence}
            for s in found.series.values()
        ]
    )
    groups = [
        (d, [s for s in found.series.values() if s.dataset == d.id], [t for t in found.tables.values() if t.dataset == d.id])
        for d in found.datasets.values()
    ]
    return Page(
        "series_list.html",
        _("The real world in tables"),
        table,
        {"datasets": list(found.datasets)},
        context={"groups": groups, "series_name": series_name, "from_tables": True},
    )


@page("/series/{series}", published=of_the_real_world)
def one_series(
    site: SiteDep,
    series: SeriesPath,
    year: Annotated[int | None, Query(ge=1500, le=2100, description="Which year; by default the newest that most units have")] = None,
    part: Annotated[str, Query(max_length=80, description="A part, such as a field")] = "",
) -> Page:
    """The ranking of one series in one year."""
    from armillary.charts.choropleth import choropleth
    from armillary.charts.ranking import ranked_bars

    s = world.series(series)
    found = ranked.rank_series(s.id, year, part)
    rows: list[dict[str, Any]] = [
        {"rank": p.rank, "unit_id": p.unit, "name": unit_name(p.unit), "value": p.value, "flag": p.flag, "ties": p.ties}
        for p in found.places
    ]
    is_map = s.unit_kind == "country" and len(rows) > 20
    wide_span = bool(rows) and rows[-1]["value"] > 0 and rows[0]["value"] / rows[-1]["value"] > 500
    title = series_name(s) + (f": {found.part}" if found.part else "")
    if is_map:
        chart = choropleth(
            rows,
            title=title,
            subtitle=s.period(found.year),
            value_title=s.unit_of_measure,
            number="~s" if wide_span else ",.3~r",
            log=wide_span,
            width=1110,
        )
    else:
        chart = ranked_bars(
            rows, title=title, subtitle=s.period(found.year), value_title=s.unit_of_measure, top=20, number=f",.{s.decimals}f"
        )
    years = list(ranked.years_of(s.id, found.part))
    earlier = [y for y in years if y < found.year]
    before = max((y for y in earlier if y <= found.year - 10), default=earlier[0] if earlier else None)
    moved = ranked.changes(found, before) if before is not None and rows and rows[0]["rank"] is not None else {}
    for r in rows:
        was = moved.get(r["unit_id"], (None, None))[0]
        r["move"] = None if was is None or r["rank"] is None else was - r["rank"]
    return Page(
        "series.html",
        title,
        found.arrow,
        found.meta,
        chart=chart,
        context={
            "series": s,
            "found": found,
            "rows": rows,
            "apart": [{"name": unit_name(p.unit), "value": p.value, "flag": p.flag} for p in found.apart],
            "small": len(found.small),
            "years": years,
            "before": before,
            "amount": lambda v: amount(s, v),
            "among": ranked.among(found),
            "picture": chart,
            "is_map": is_map,
            "others": _others(s),
            "source": source_line(s),
            "link": "/countries/" if s.unit_kind == "country" else "",
            "needs_charts": True,
            "needs_land": is_map,
            "from_tables": True,
        },
    )


def _others(s: Series) -> list[tuple[str, str]]:
    """The same concept from elsewhere."""
    return [(o.id, source_line(o)) for o in world.concepts()[s.concept] if o.id != s.id]
