"""A shipped series as a ranking of countries, universities or institutions: map, list, path, other sources, download."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from armillary.registry import world
from armillary.registry.world import Series
from armillary.studies.world import ranked
from armillary.studies.world.yearly import of_series
from armillary.web.grapher import Measured, grapher, said
from armillary.web.i18n import gettext as _
from armillary.web.look import LookDep
from armillary.web.page import Page
from armillary.web.phrases import spoken
from armillary.web.routes import SiteDep, of_the_real_world, page
from armillary.web.site import Site
from armillary.web.worldwords import series_name, source_line, unit_name

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


@page("/series/{series}", published=of_the_real_world, drawn=True)
def one_series(
    site: SiteDep,
    series: SeriesPath,
    look: LookDep,
    part: Annotated[str, Query(max_length=80, description="A part, such as a field")] = "",
) -> Page:
    """One series: map, ranking, lines and table of every year, with other sources and downloads."""
    s = world.series(series)
    found = ranked.rank_series(s.id, look.year, part)
    g = grapher(site, measured(site, s, found.part), look)
    earlier = [y for y in g.shown.years if y < g.year]
    before = max((y for y in earlier if y <= g.year - 10), default=earlier[0] if earlier else None)
    for r in g.rows:
        was = g.shown.ranks.get(r["unit_id"], {}).get(before) if before is not None else None
        r["move"] = None if was is None or r["rank"] is None else was - r["rank"]
    title = series_name(s) + (f": {_(found.part)}" if found.part else "")
    return Page(
        "series.html",
        g.finding,
        found.arrow,
        {**found.meta, "date": s.origin.accessed},
        chart=g.chart,
        description=f"{title}, {s.period(g.year)}. {_(s.unit_of_measure)}. {source_line(s)}",
        context={
            "g": g,
            "series": s,
            "found": found,
            "small": len(found.small),
            "before": before,
            "amount": lambda v: said(g.measured, g.shown, v),
            "among": spoken(ranked.among(found)),
            "others": _others(s),
            "source": source_line(s),
            "name": title,
            "needs_charts": True,
            "needs_land": g.can_map,
            "from_tables": True,
        },
    )


def measured(site: Site, s: Series, part: str) -> Measured:
    """A shipped series as a measure of the grapher."""
    yearly = site.remember(("yearly", s.id, part), lambda obs: of_series(s, part))
    every = world.units()
    return Measured(
        series_name(s) + (f": {_(part)}" if part else ""),
        _(s.unit_of_measure),
        s.unit_kind,
        yearly,
        {u: unit_name(u) for u in yearly.values},
        ranked.latest_year(s.id, part),
        source_line(s),
        s.decimals,
        suffix=" %" if s.unit_of_measure.startswith("percent") else "",
        prefix="/countries/" if s.unit_kind == "country" else "",
        period=s.period,
        groups=frozenset(u for u in yearly.values if every[u].is_aggregate),
        choices={"part": part if part and world.has_whole(s.id) else ""},
    )


def _others(s: Series) -> list[tuple[str, str]]:
    """The same concept from elsewhere."""
    return [(o.id, source_line(o)) for o in world.concepts()[s.concept] if o.id != s.id]
