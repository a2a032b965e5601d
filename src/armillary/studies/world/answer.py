"""One question about the shipped tables of the real world, answered: the list, a ranking, a unit's years, or rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from armillary.core.interchange import ResultTable, Tabular
from armillary.errors import UsageError
from armillary.registry import world
from armillary.studies.world import ranked


def answer(name: str | None = None, *, year: int | None = None, unit: str | None = None, part: str = "") -> Tabular:
    """What ships (no name), the rows of a table, a series ranked in a year, or one unit of it over the years.

    ``name`` is a series (``gerd-gdp``, or ``gerd-gdp.oecd`` for one source) or a table (``nobel``); ``unit`` a code or a name in any
    language. Raises UnknownNameError for what does not ship.
    """
    if name is None:
        return catalogue()
    if name in world.catalogue().tables:
        if year is not None or unit is not None or part:
            raise UsageError(f"{name} is a table; year, unit and part are for series", fix="filter its rows instead")
        found = world.catalogue().tables[name]
        origin = found.origin
        meta = {"title": found.title, "source": f"{origin.publisher}, vintage {origin.vintage}", "licence": origin.licence}
        return ResultTable(world.table(name), meta | {"notes": [n for n in (found.note, f"leaves out: {origin.leaves_out}") if n]})
    series = world.series(name)
    if unit is None:
        return ranked.rank_series(series.id, year, part)
    if year is not None:
        raise UsageError("a year and a unit exclude each other", fix="leave out the year: the answer has all years of the unit")
    return path(series, unit, part)


def catalogue() -> ResultTable:
    """All series and tables that ship: ``id, kind, name, unit_of_measure, first_year, last_year, rows, publisher, vintage, licence``."""
    found = world.catalogue()
    rows: list[dict[str, Any]] = [
        {"id": s.id, "kind": "series", "name": s.name, "unit_of_measure": s.unit_of_measure}
        | {"first_year": s.first_year, "last_year": s.last_year, "rows": s.rows, **_origin(s.origin)}
        for s in found.series.values()
    ]
    rows += [{"id": t.id, "kind": "table", "name": t.title, "rows": t.rows, **_origin(t.origin)} for t in found.tables.values()]
    text = ("id", "kind", "name", "unit_of_measure", "publisher", "vintage", "licence")
    whole = ("first_year", "last_year", "rows")
    order = ("id", "kind", "name", "unit_of_measure", *whole, "publisher", "vintage", "licence")
    schema = pa.schema([(c, pa.string() if c in text else pa.int64()) for c in order])
    return ResultTable(pa.Table.from_pylist(rows, schema=schema), {"title": "The real world that ships"})


def _origin(d: world.Dataset) -> dict[str, str]:
    return {"publisher": d.publisher, "vintage": d.vintage, "licence": d.licence}


def path(series: world.Series, unit: str, part: str = "") -> ResultTable:
    """``year, value, rank, of, flag`` of one unit; a year without a value has no row."""
    code = ranked.unit_code(unit, series.unit_kind)
    rows = ranked.path(series.id, code, part)
    called = world.units()[code].name
    if not rows:
        others = [o.id for o in world.concepts()[series.concept] if code in world.values(o.id)]
        fix = f"ask another source: {others[0]}" if others else f"the units that {series.id} has are in its ranking"
        raise UsageError(f"{series.id} has no value for {called}", fix=fix)
    kinds = {"year": pa.int64(), "value": pa.float64(), "rank": pa.int64(), "of": pa.int64(), "flag": pa.string()}
    table = pa.table({c: pa.array([r[c] for r in rows], k) for c, k in kinds.items()})
    newest = ranked.rank_series(series.id, rows[-1]["year"], part)
    meta = {k: v for k, v in newest.meta.items() if k != "period"}
    return ResultTable(table, meta | {"title": f"{called}: {meta['title']}, {series.unit_of_measure}", "unit": code})
