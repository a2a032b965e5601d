"""The standard table of a series: rank, unit, name, value, flag; ties by the one rule, groups at the end of their period without a rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core.ranks import ranks_of
from armillary.core.recipe import Period, Recipe
from armillary.errors import UsageError
from armillary.ranking.result import Ranking
from armillary.studies.series.chosen import Chosen, SeriesCell, is_ratio
from armillary.version import __version__

Row = dict[str, Any]
SCHEMA = pa.schema(
    [
        ("rank", pa.int64()),
        ("unit_id", pa.string()),
        ("name", pa.string()),
        ("value", pa.float64()),
        ("flag", pa.string()),
        ("is_aggregate", pa.bool_()),
        ("period", pa.string()),
    ]
)


def ranked(chosen: Chosen, *, period: str | int | None = None, step: int = 0, data: dict[str, Any] | None = None) -> Ranking:
    """The ranking of a series in a year (default: :meth:`Chosen.latest`), or with ``step=1`` in each year of a period.

    A series has a value a year, and nothing is averaged over years: a longer period needs the step. ``data`` is the version of the
    observatory that it comes from.
    """
    years = _years(chosen, period, step)
    rows = [r for year in years for r in year_rows(chosen, year)]
    table = pa.Table.from_pylist(rows, SCHEMA)
    counts = chosen.years()
    when = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"
    recipe = Recipe(
        indicator=f"series:{chosen.code}",
        unit="country" if chosen.unit == "country" else "institution",
        counting="as published",
        period=Period(years[0], years[-1]),
        step=step,
        options=(("source", chosen.source), ("vintage", chosen.vintage)),
    )
    ranks = [r for r in rows if r["rank"] is not None]
    notes = [*chosen.notes]
    if chosen.span != 1:
        notes.append(
            "Each value covers " + (f"{chosen.span} years, the named one and those before." if chosen.span else "all years until then.")
        )
    if chosen.best == "none":
        notes.append("No rank: the units cannot be compared in this unit of measure, or more is neither better nor worse.")
    if chosen.others:
        notes.append(f"Also from: {', '.join(chosen.others)}.")
    meta: dict[str, Any] = {
        "title": f"{chosen.name}, {when}",
        "series": chosen.code,
        "indicator": chosen.name,
        "measure": chosen.unit_of_measure,
        "unit": chosen.unit,
        "counting": "as published",
        "split": "none",
        "scope": "series",
        "filters": [],
        "subject": None,
        "period": when,
        "records": len(rows),
        "units": len({r["unit_id"] for r in ranks}),
        "source": chosen.source,
        "vintage": chosen.vintage,
        "among": f"{counts.get(years[-1], 0)} with a value ({chosen.among})",
        "others": list(chosen.others),
        "percent": False,
        "decimals": _decimals([r["value"] for r in rows]),
        "is_total": not is_ratio(chosen.unit_of_measure),
        "data": data or {"name": "shipped", "snapshot_date": chosen.vintage, "classification_version": "none", "digest": ""},
        "recipe": recipe.digest,
        "armillary": __version__,
        "notes": notes,
        **dict(chosen.about),
    }
    return Ranking(recipe, table, meta | {"heading": heading(meta, dict(chosen.about))})


def heading(meta: dict[str, Any], about: dict[str, str]) -> list[str]:
    """The lines above the table that a ranking of works fills with its counting method and scope."""
    lines = [
        f"measure   {meta['measure']}",
        f"source    {meta['source']}, vintage {meta['vintage']}",
        f"period    {meta['period']}; {meta['among']}",
    ]
    lines += [f"{k:<9} {v}" for k, v in about.items() if k != "sha256"]
    if meta["data"]["digest"]:
        lines.append(f"data      {meta['data']['name']}, digest {meta['data']['digest'][:12]}")
    return [*lines, f"recipe    {meta['recipe']}"]


def year_rows(chosen: Chosen, year: int) -> list[Row]:
    """Rows of one year: those with a rank in order, then what is too small, then groups."""
    mine = [c for c in chosen.cells if c.year == year]
    sign = -1.0 if chosen.best == "low" else 1.0

    def order(c: SeriesCell) -> tuple[float, str, str]:
        return -sign * c.value, chosen.names.get(c.unit, c.unit).casefold(), c.unit

    own = sorted((c for c in mine if c.takes_rank), key=order)
    places: list[int | None] = [None] * len(own) if chosen.best == "none" else ranks_of([sign * c.value for c in own])
    rest = sorted((c for c in mine if not c.takes_rank), key=lambda c: (c.is_group, order(c)))
    cells = [*zip(own, places, strict=True), *((c, None) for c in rest)]
    return [
        {
            "rank": place,
            "unit_id": c.unit,
            "name": chosen.names.get(c.unit, c.unit),
            "value": c.value,
            "flag": c.flag or None,
            "is_aggregate": c.is_group,
            "period": str(year),
        }
        for c, place in cells
    ]


def _years(chosen: Chosen, period: str | int | None, step: int) -> list[int]:
    counted = chosen.years()
    span = Period.parse(period) if period is not None else None
    if step not in (0, 1):
        raise UsageError(f"a series has a value a year, so step {step} means nothing", fix="use --step 1 for each year")
    if step:
        found = [y for y in counted if span is None or ((span.first or y) <= y <= (span.last or y))]
        if not found:
            raise UsageError(f"{chosen.code} has no values of {span}", fix=f"it has {spans(list(counted))}")
        return found
    if span is None:
        return [chosen.latest()]
    if span.first is None or span.first != span.last:
        raise UsageError(f"a series is ranked in one year at a time, not in '{span}'", fix="write --period 2022, or add --step 1")
    if span.first not in counted:
        raise UsageError(f"{chosen.code} has no values of {span.first}", fix=f"it has {spans(list(counted))}")
    return [span.first]


def spans(years: list[int]) -> str:
    """``2003-2022``, ``2014, 2019-2021``."""
    if not years:
        return "none"
    runs = np.split(np.array(years), np.flatnonzero(np.diff(years) != 1) + 1)
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def _decimals(values: list[float]) -> int:
    return 0 if values and all(float(v).is_integer() for v in values) else 1 if values and min(map(abs, values)) > 1000 else 3
