"""Things in a table that are probably slips and change nothing by themselves: said in a note, for somebody to look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from armillary.composite.matrix import Bools, Floats, Matrix

MARKERS = (-1e0, -9e0, -99.0, -999.0, -9999.0, -99999.0, -8888.0, 999.0, 9999.0, 99999.0, 999999.0, 9999999.0, 99999999.0)
"""Numbers that stand for a missing value in many files."""
SUMMARIES = re.compile(
    r"(grand |over)?(total|all|sum|world|average|mean|median|minimum|maximum|min|max|std|standard deviation|weighted average)s?", re.I
)
"""Names of rows that sum up the others."""


def blank_rows(table: pa.Table) -> Bools:
    """Rows in which no cell holds anything."""
    full = np.zeros(table.num_rows, dtype=np.bool_)
    for column in table.columns:
        full |= np.array([v is not None and str(v).strip() != "" for v in column.to_pylist()], dtype=np.bool_)
    return ~full


def suspects(values: Matrix, names: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    """One sentence for every slip that the data suggest; ``columns`` are the names of all columns of the table."""
    for id in values.columns:
        twins = [c for c in columns if c != id and c.casefold() == id.casefold()]
        if twins:
            yield f"the table has the columns '{id}' and '{twins[0]}', which differ in case only; '{id}' is used"
    seen: dict[str, str] = {}
    for unit in values.units:
        other = seen.setdefault(unit.casefold(), unit)
        if other != unit:
            yield f"units '{other}' and '{unit}' differ in case only: one of them is probably a slip"
    for j, id in enumerate(values.columns):
        yield from _marker(id, values.values[:, j])
    yield from _summary(values, names)


def _marker(id: str, x: Floats) -> Iterator[str]:
    """A number that marks missing values elsewhere, far from all others or below nought where nothing else is."""
    known = x[~np.isnan(x)]
    for mark in np.unique(known[np.isin(known, MARKERS)]):
        rest = known[known != mark]
        n = known.size - rest.size
        if not rest.size:
            continue
        lonely = rest.min() >= 0 if mark < 0 else rest.max() * 5 < mark and rest.size > 1
        if lonely and (n > 1 or abs(mark) > 50):
            say = f"{n} values of '{id}' are" if n > 1 else f"1 value of '{id}' is"
            yield f"{say} {mark:g}, which often marks a missing value; add it to missing = [...] in [data] if it does"


def _summary(values: Matrix, names: Sequence[str]) -> Iterator[str]:
    """Rows that sum up the other rows, by their name or by their numbers."""
    x, n = values.values, len(values.units)
    for u, (unit, name) in enumerate(zip(values.units, names, strict=True)):
        said = [t for t in (unit, name) if SUMMARIES.fullmatch(t.strip())]
        if said and n > 2:
            yield f"unit '{said[0]}' looks like a summary of the others and is ranked with them; [data.without] leaves it out"
            continue
        if n < 6:
            continue
        rest = np.delete(x, u, axis=0)
        with np.errstate(invalid="ignore"):
            whole = ~np.isnan(x[u]) & ~np.isnan(rest).any(axis=0) & (np.abs(rest).sum(axis=0) > 0)
            adds = whole & np.isclose(x[u], rest.sum(axis=0), rtol=1e-6)
        if adds.sum() >= max(2, 0.5 * whole.sum()):
            n_of = int(adds.sum())
            yield f"unit '{unit}' is the sum of all others in {n_of} indicators and is ranked with them; [data.without] leaves it out"
