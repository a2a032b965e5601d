"""Up to six countries side by side, by the shipped tables: small multiples, ranks, what would change them, and peers."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
from fastapi import Query

from armillary.charts.lines import values_over_time
from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world
from armillary.studies.world import ranked
from armillary.studies.world.beside import MEASURES, Beside, beside, peers
from armillary.web import i18n
from armillary.web.find import index_of
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import Asked, SiteDep, of_the_real_world, page
from armillary.web.site import Site
from armillary.web.worldwords import amount, measure, series_name, source_line, unit_name

MOST = 6
UnitsQuery = Annotated[str, Query(max_length=60, pattern=r"^[A-Z,]*$", description="Codes of up to six countries, joined by commas")]
AddQuery = Annotated[str, Query(max_length=120, description="Name of a country to add, in any language")]


def of_peers(asked: Asked) -> bool:
    """The comparison as it opens, with its data, and that of each country with the three most like it (as a page and a table)."""
    if not asked.choices or asked.corpus == "synthetic":
        return of_the_real_world(asked)
    first, *others = asked.choices.get("units", "").split(",")
    if asked.choices.keys() != {"units"} or asked.kind not in ("html", "csv") or first not in world.units():
        return False
    return tuple(others) == peers(first, 3) != ()


@page("/compare", published=of_peers, drawn=True)
def compare(site: SiteDep, units: UnitsQuery = "", add: AddQuery = "") -> Page:
    """Countries side by side in eight measures."""
    chosen = tuple(dict.fromkeys(u for u in units.split(",") if u))
    for u in chosen:
        if u not in world.units() or world.units()[u].kind != "country":
            raise UnknownNameError("country", u, [c for c, x in world.units().items() if x.kind == "country"])
    if add.strip():
        chosen = tuple(dict.fromkeys((*chosen, named(site, add.strip()))))
    if not chosen:
        chosen = tuple(p.unit for p in ranked.rank_series("articles-fractional").places[:3])
    if len(chosen) > MOST:
        raise UsageError(f"{len(chosen)} countries do not fit side by side", fix=f"give at most {MOST}")
    found = {concept: {u: beside(concept, u) for u in chosen} for concept in MEASURES}
    measures = [_measure(concept, found[concept], chosen) for concept in MEASURES if any(found[concept].values())]
    rows = [_row(u, b) for cells in found.values() for u, b in cells.items() if b is not None]
    kinds = {"rank": pa.int64(), "of": pa.int64(), "value": pa.float64()}
    columns = ("unit_id", "name", "series", "period", "value", "unit_of_measure", "rank", "of", "source", "vintage")
    near = [u for u in peers(chosen[0], MOST + 6) if u not in chosen][:MOST]
    return Page(
        "compare_countries.html",
        " · ".join(unit_name(u) for u in chosen),
        pa.table({c: pa.array([r[c] for r in rows], kinds.get(c, pa.string())) for c in columns}),
        {"units": list(chosen), "source": "; ".join(dict.fromkeys(m["source"] for m in measures))},
        chart=multiples([m["chart"] for m in measures]),
        context={
            "chosen": [(u, unit_name(u), ",".join(x for x in chosen if x != u)) for u in chosen],
            "units": ",".join(chosen),
            "peers": [(u, unit_name(u), ",".join((*chosen, u))) for u in near] if len(chosen) < MOST else [],
            "most": MOST,
            "measures": measures,
            "needs_charts": True,
            "from_tables": True,
        },
    )


def named(site: Site, name: str) -> str:
    """The country that a reader means, typing errors forgiven."""
    for hit in index_of(site).search(name, 20, ("country",)):
        if hit.item.id in world.units():
            return hit.item.id
    raise UnknownNameError("country", name, [unit_name(c) for c, x in world.units().items() if x.kind == "country"])


def multiples(charts: list[Any]) -> Any:
    """All small charts in one picture, two in a row; their rows stand once, in the whole, each under its own name."""
    import altair as alt

    if not charts:
        return None
    parts = [c.copy(deep=False) for c in charts]
    rows: dict[str, Any] = {}
    for part in parts:
        rows.update(part.datasets)
        part.datasets = alt.Undefined
    whole: Any = alt.concat(*parts, columns=2)
    whole.datasets = rows
    return whole


def _row(unit: str, b: Beside) -> dict[str, Any]:
    s = b.standing
    origin = s.series.origin
    return {
        "unit_id": unit,
        "name": world.units()[unit].name,
        "series": s.series.id,
        "period": s.period,
        "value": s.value,
        "unit_of_measure": s.series.unit_of_measure,
        "rank": s.rank,
        "of": s.of,
        "source": origin.publisher,
        "vintage": origin.vintage,
    }


def _measure(concept: str, found: dict[str, Beside | None], chosen: tuple[str, ...]) -> dict[str, Any]:
    """One measure as the page shows it: a small chart, a line a country, and what would change its rank."""
    first = next(b for b in found.values() if b is not None)
    s = first.standing.series
    lines = [
        {"period": str(year), "unit_id": u, "name": unit_name(u), "value": value}
        for u in chosen
        if (b := found[u]) is not None
        for year, value in b.standing.path
    ]
    said = [(u, unit_name(u), _said(b) if b is not None else None) for u, b in found.items()]
    return {
        "id": s.id,
        "name": series_name(s),
        "measure": _(measure(s)) if measure(s) else "",
        "source": source_line(s),
        "mixed": len({b.standing.series.id for b in found.values() if b is not None}) > 1,
        "chart": values_over_time(lines, title=series_name(s), value_title=_(s.unit_of_measure), width=340, height=170),
        "units": said,
    }


def _said(b: Beside) -> dict[str, Any]:
    """Value and rank in words, who is next, and the rank by other definitions."""
    s = b.standing
    changes = []
    if b.above is not None:
        changes.append(
            _("{percent} more would reach {name}").format(percent=i18n.percent(abs(b.above.apart)), name=unit_name(b.above.unit))
        )
    if b.below is not None:
        changes.append(
            _("{percent} less would fall to {name}").format(percent=i18n.percent(abs(b.below.apart)), name=unit_name(b.below.unit))
        )
    elsewhere = [(e.series.id, series_name(e.series), e.rank, e.of, source_line(e.series)) for e in b.elsewhere]
    ranks = [e.rank for e in b.elsewhere]
    return {
        "value": amount(s.series, s.value),
        "rank": s.rank,
        "of": s.of,
        "period": s.period,
        "series": s.series.id,
        "changes": changes,
        "elsewhere": elsewhere,
        "span": (min(*ranks, s.rank), max(*ranks, s.rank)) if ranks and s.rank is not None else None,
    }
