"""Index data from the core table ``series``: the newest value of each indicator within a window of years, one source at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.composite.data import IndexData, load_data
from armillary.composite.spec import DataSource, IndexSpec
from armillary.errors import DataError, UsageError
from armillary.registry import country_names
from armillary.sources.series import known_code, scaled


def from_series(spec: IndexSpec, table: pa.Table, *, year: int | None = None, countries_only: bool = True) -> IndexData:
    """Data of an index with ``layout = "series"`` for one year.

    Each indicator names its code by ``series`` (its id if it does not); denominators are codes too. For every unit the newest value
    of the years ``year - window + 1`` to ``year`` is taken, as published indices do, from the newest vintage. Where several sources
    give a code, ``[data] source`` lists them by preference; otherwise it is an error, not a silent choice. With ``countries_only``
    groups of countries (EU27_2020, OECD, WLD) are left out.
    """
    at = spec.data.at if year is None else year
    if at is None:
        raise UsageError("the index needs a year", fix="give at = YEAR in [data], or --year")
    names = {code: name for code, name in country_names().items() if code != "EU"}
    codes = {i.id: i.series or i.id for i in spec.indicators}
    codes |= {d: d for d in (i.denominator for i in spec.indicators) if d}
    columns: dict[str, dict[str, float]] = {}
    years: dict[str, list[int]] = {}
    for name, code in codes.items():
        columns[name], years[name] = _latest(table, code, at, spec.data)
    units = sorted({u for cells in columns.values() for u in cells if not countries_only or u in names})
    if not units:
        raise DataError("no unit has any of the series", fix="armillary ingest series PATH first")
    wide: dict[str, Any] = {"unit": units, "name": [names.get(u, u) for u in units]}
    wide |= {n: pa.array([cells.get(u) for u in units], pa.float64()) for n, cells in columns.items()}
    plain = replace(spec, data=DataSource(layout="wide", unit="unit", name="name"))
    data = load_data(plain, pa.table(wide))
    old = sum(y < at for ys in years.values() for y in ys)
    total = sum(len(ys) for ys in years.values())
    note = f"{old} of {total} values are of an earlier year than {at} (window {spec.data.window} years)"
    return replace(data, year=at, warnings=(note,) if old else ())


def _latest(table: pa.Table, code: str, at: int, how: DataSource) -> tuple[dict[str, float], list[int]]:
    mine = table.filter(pc.equal(table["indicator"], known_code(table, code)))
    sources = sorted(set(mine.column("source").to_pylist()))
    if len(sources) > 1:
        chosen = next((s for want in how.source for s in sources if s == want or s.startswith(want)), None)
        if chosen is None:
            raise DataError(f"{len(sources)} sources give '{code}'", fix=f"order them in [data]: source = ['{sources[0]}', ...]")
        sources = [chosen]
    to = max((r or 0 for r in mine.column("unit_mult").to_pylist()), default=0)
    best: dict[str, tuple[int, str, float]] = {}
    for row in mine.to_pylist():
        if row["source"] == sources[0] and at - how.window < row["year"] <= at and row["value"] is not None:
            key = (row["year"], row["vintage"], scaled(float(row["value"]), row["unit_mult"], to))
            if row["unit"] not in best or key[:2] > best[row["unit"]][:2]:
                best[row["unit"]] = key
    return {u: v for u, (_, _, v) in best.items()}, [y for y, _, _ in best.values()]
