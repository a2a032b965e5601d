"""Groups of countries (the European Union, BRICS, ...): sums of their members, with what is missing named."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
from fastapi import Path

from armillary.charts.choropleth import choropleth
from armillary.errors import UnknownNameError
from armillary.registry import read_toml, world
from armillary.studies.world import ranked
from armillary.studies.world.country import group_sums
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, of_the_real_world, page
from armillary.web.worldwords import amount, measure, series_name, source_line, unit_name

GroupPath = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9-]+$", description="Id of a group of countries")]


def groups() -> dict[str, dict[str, Any]]:
    """Groups of whole countries by id; ``members`` are ISO codes."""
    raw = {r["id"]: r for r in read_toml("regions", "blocs.toml")["region"]}

    def members(group: dict[str, Any]) -> set[str]:
        return set(group.get("countries", ())).union(*(members(raw[g]) for g in group.get("regions", ()) if g in raw))

    return {i: {**r, "members": tuple(sorted(members(r)))} for i, r in raw.items()}


@page("/groups", published=of_the_real_world)
def all_groups(site: SiteDep) -> Page:
    """The groups that have a page."""
    found = groups()
    table = pa.Table.from_pylist(
        [{"id": i, "name": g["name"], "members": len(g["members"]), "as_of": str(g["date"])} for i, g in found.items()]
    )
    return Page("groups.html", _("Groups of countries"), table, context={"groups": found, "from_tables": True})


def member_map(members: tuple[str, ...], width: int = 1110) -> Any:
    """The members on the world map, shaded by their articles; None where none has a value."""
    s = world.series("articles-fractional")
    found = ranked.rank_series(s.id)
    rows = [
        {"rank": p.rank, "unit_id": p.unit, "name": unit_name(p.unit), "value": p.value} for p in found.places if p.unit in set(members)
    ]
    title = f"{series_name(s)}, {s.period(found.year)}"
    return choropleth(rows, title=title, value_title=_(s.unit_of_measure), number="~s", log=True, width=width) if len(rows) > 1 else None


@page("/groups/{group}", published=of_the_real_world)
def one_group(site: SiteDep, group: GroupPath) -> Page:
    """One group: the sum of its members in every additive measure, its largest member, who is missing."""
    known = groups()
    if group not in known:
        raise UnknownNameError("group of countries", group, list(known))
    g = known[group]
    name = g["name"]
    sums = site.remember(("group", group), lambda obs: group_sums(g["members"]))
    kinds = {"value": pa.float64(), "share": pa.float64(), "year": pa.int64(), "members": pa.int64(), "of": pa.int64()}
    rows = [{**s, "series": s["series"].id, "missing": " ".join(s["missing"])} for s in sums]
    columns = ("series", "year", "value", "share", "members", "of", "missing", "largest")
    table = pa.table({c: pa.array([r[c] for r in rows], kinds.get(c, pa.string())) for c in columns})
    chart = member_map(g["members"])
    return Page(
        "group.html",
        _(name),
        table,
        {"group": group, "members": list(g["members"]), "source": g["source"], "as_of": str(g["date"])},
        chart=chart,
        context={
            "map": chart,
            "narrow": member_map(g["members"], 440),
            "needs_charts": chart is not None,
            "needs_land": chart is not None,
            "group": g,
            "sums": sums,
            "members": [(m, unit_name(m)) for m in sorted(g["members"], key=unit_name)],
            "amount": amount,
            "measure": measure,
            "series_name": series_name,
            "source_line": source_line,
            "unit_name": unit_name,
            "from_tables": True,
        },
    )
