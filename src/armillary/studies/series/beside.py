"""A ranking of a series with the change from an earlier year, or beside another source, vintage or series."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pyarrow as pa

from armillary.errors import UsageError
from armillary.ranking.result import Ranking
from armillary.sources.series.cells import is_break
from armillary.studies.series.chosen import Chosen, is_ratio
from armillary.studies.series.ranked import spans, year_rows


def with_change(ranking: Ranking, chosen: Chosen, earlier: int) -> Ranking:
    """The ranking with ``change, previous, previous_rank`` from an earlier year; ``change`` is relative (0.05 is +5 %).

    There is no change across a break in the unit's series: the two values then measure different things.
    """
    if ranking.recipe.step:
        raise UsageError("a ranking in steps cannot be compared with one year", fix="drop --step")
    year = int(ranking.meta["period"])
    if earlier not in chosen.years():
        raise UsageError(f"{chosen.code} has no values of {earlier}", fix=f"it has {spans(list(chosen.years()))}")
    before = {r["unit_id"]: r for r in year_rows(chosen, earlier)}
    low, high = sorted((earlier, year))
    broken: dict[str, int] = {}
    for cell in chosen.cells:
        if low < cell.year <= high and is_break(cell.flag):
            broken.setdefault(cell.unit, cell.year)
    change, previous, rank = [], [], []
    for row in ranking.arrow.to_pylist():
        was = before.get(row["unit_id"])
        value = None if was is None else was["value"]
        previous.append(value)
        rank.append(None if was is None or row["rank"] is None else was["rank"])
        change.append(row["value"] / value - 1 if value and row["unit_id"] not in broken else None)
    table = ranking.arrow
    for name, values, kind in (("change", change, pa.float64()), ("previous", previous, pa.float64()), ("previous_rank", rank, pa.int64())):
        table = table.append_column(name, pa.array(values, kind))
    notes = [*ranking.meta["notes"], f"Compared with {earlier}."]
    crossed = {u: y for u, y in broken.items() if u in before and u in set(table["unit_id"].to_pylist())}
    if crossed:
        names = ", ".join(f"{chosen.names.get(u, u)} ({y})" for u, y in sorted(crossed.items())[:8])
        more = f" and {len(crossed) - 8} more" if len(crossed) > 8 else ""
        notes.append(f"No change is given across a break in the series: {names}{more}.")
    return replace(ranking, arrow=table, meta={**ranking.meta, "compared_with": str(earlier), "notes": notes})


def against(ranking: Ranking, chosen: Chosen, others: list[Chosen]) -> Ranking:
    """The ranking with ``value_<name>, rank_<name>, difference_<name>`` of other sources, vintages or series beside it.

    The difference is the value of the ranking less the other one; it is left out where units of measure differ. Units that only
    another one has stand at the end of their period, without a value and a rank.
    """
    if not others:
        return ranking
    table = ranking.arrow
    periods = list(dict.fromkeys(table["period"].to_pylist()))
    found = [{(r["unit_id"], p): r for p in periods for r in year_rows(o, int(p))} for o in others]
    have = set(zip(table["unit_id"].to_pylist(), table["period"].to_pylist(), strict=True))
    extra = sorted({k for f in found for k in f} - have, key=lambda k: (k[1], k[0]))
    if extra:
        first = {k: next(f[k] for f in found if k in f) for k in extra}
        empty: dict[str, Any] = dict.fromkeys(table.column_names)
        rows = [empty | {n: first[k][n] for n in ("unit_id", "name", "is_aggregate", "period")} for k in extra]
        every = table.to_pylist() + rows
        every.sort(key=lambda r: periods.index(r["period"]))
        table = pa.Table.from_pylist(every, table.schema)
    keys = list(zip(table["unit_id"].to_pylist(), table["period"].to_pylist(), table["value"].to_pylist(), strict=True))
    notes = list(ranking.meta["notes"])
    for name, other, rows_of in zip(_labels(chosen, others), others, found, strict=True):
        mine = [rows_of.get((unit, period)) for unit, period, _ in keys]
        same = _comparable(chosen, other)
        table = table.append_column(f"value_{name}", pa.array([m["value"] if m else None for m in mine], pa.float64()))
        table = table.append_column(f"rank_{name}", pa.array([m["rank"] if m else None for m in mine], pa.int64()))
        if same:
            less = [k[2] - m["value"] if m and k[2] is not None else None for k, m in zip(keys, mine, strict=True)]
            table = table.append_column(f"difference_{name}", pa.array(less, pa.float64()))
        unit = "" if same else f" in {other.unit_of_measure}, so no difference is given"
        notes.append(f"Beside it ({name}): {other.key}{unit}.")
    return replace(ranking, arrow=table, meta={**ranking.meta, "beside": [o.key for o in others], "notes": notes})


def _comparable(one: Chosen, other: Chosen) -> bool:
    """Whether a difference means something: one unit of measure, or shares of one concept (publishers word percent differently)."""
    same = one.unit_of_measure == other.unit_of_measure
    unknown = "not stated" in one.unit_of_measure + other.unit_of_measure
    return same or unknown or (one.concept == other.concept != "" and is_ratio(one.unit_of_measure) and is_ratio(other.unit_of_measure))


def _labels(chosen: Chosen, others: list[Chosen]) -> list[str]:
    """What tells each from the first: its vintage, its source or its code, as part of a column's name."""
    labels: list[str] = []
    for other in others:
        said = (
            other.vintage
            if (other.source, other.code) == (chosen.source, chosen.code)
            else other.source
            if other.source != chosen.source
            else other.code
        )
        plain = re.sub(r"[^0-9A-Za-z]+", "_", said).strip("_").casefold() or "other"
        while plain in labels:
            plain += "_2"
        labels.append(plain)
    return labels
