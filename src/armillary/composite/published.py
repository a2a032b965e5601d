"""A published table as :mod:`.verify` reads it: keys, columns, and how far each number may be from what was rounded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.data import filtered, read_data
from armillary.composite.matrix import Floats, Ints
from armillary.composite.read import as_table, column, numbers
from armillary.composite.spec import IndexSpec
from armillary.errors import DataError, UnknownNameError


@dataclass(frozen=True, slots=True, eq=False)
class PublishedTable:
    """``value`` and ``half`` (half of the last digit) by column; ``shown`` are the groups that have one; ``years`` None without a year."""

    units: list[str]
    years: list[int | None]
    value: dict[str, Floats]
    half: dict[str, float]
    labels: dict[str, tuple[str | None, ...]]
    shown: tuple[str, ...]
    rank: Floats | None
    where: str

    def rows(self, year: int | None) -> Ints:
        """Positions of the rows of a year."""
        return np.flatnonzero(np.array([y == year for y in self.years], dtype=np.bool_))

    def only(self, rows: Ints) -> PublishedTable:
        """The table with these rows only."""
        return PublishedTable(
            [self.units[r] for r in rows],
            [self.years[r] for r in rows],
            {c: v[rows] for c, v in self.value.items()},
            self.half,
            {g: tuple(v[r] for r in rows) for g, v in self.labels.items()},
            self.shown,
            None if self.rank is None else self.rank[rows],
            self.where,
        )


def published(spec: IndexSpec, data: Any, path: Path | None, decimals: int | None) -> PublishedTable:
    """The table, given or at ``path`` or named by ``[data]``."""
    if data is None:
        source = path or (spec.folder / spec.data.values if spec.data.values else None)
        if source is None:
            raise DataError("the specification names no data", fix="add values = 'file.csv' to [data], or give the table with --data")
        table, where = read_data(spec.data, source), str(source)
    else:
        table, where = as_table(data), "the data"
    table = filtered(table, spec.data, where)
    if spec.data.layout == "tidy":
        table = _wide(table, spec, where)
    decimals = spec.data.decimals if decimals is None else decimals
    units, years = _keys(table, spec, where)
    shown = tuple(g.id for g in spec.upward() if g.id in table.column_names)
    below = sorted({i.denominator for i in spec.indicators if i.denominator})
    names = [*(i.id for i in spec.indicators), *shown, *below]
    for name in names:
        column(table, name, where)
    if not shown:
        raise DataError(
            "publishes none of the groups of the specification, so there is nothing to check",
            where=where,
            fix=f"give a group the name of the column of totals, for example id = '{table.column_names[-1]}'",
        )
    value = {c: numbers(table.column(c), c, spec.data.missing, where, spec.data.decimal) for c in names}
    for i in spec.indicators:
        if (i.zeros or spec.data.zeros) == "missing":
            value[i.id] = np.where(value[i.id] == 0, np.nan, value[i.id])
    # decimals says how scores were rounded; raw values, which are scaled here, are as they are
    scores = {*shown, *(i.id for i in spec.indicators if spec.normalisation_of(i).method == "none" and i.denominator is None)}
    half = {c: half_unit(table.column(c), decimals if c in scores else None, spec.data.missing) for c in names}
    labels = {g: _labels(table.column(g), spec.data.missing) for g in spec.data.groups if g in table.column_names}
    rank = None
    if spec.data.rank:
        rank = numbers(column(table, spec.data.rank, where), spec.data.rank, spec.data.missing, where)
    return PublishedTable(units, years, value, half, labels, shown, rank, where)


def _keys(table: pa.Table, spec: IndexSpec, where: str) -> tuple[list[str], list[int | None]]:
    for name in (spec.data.unit, *((spec.data.time,) if spec.data.time else ())):
        if name not in table.column_names:
            raise UnknownNameError("column", name, table.column_names, where=where)
    units = [str(u).strip() for u in table.column(spec.data.unit).to_pylist()]
    if spec.data.time is None:
        return units, [None] * len(units)
    when = numbers(table.column(spec.data.time), spec.data.time, spec.data.missing, where)
    return units, [None if np.isnan(y) else int(y) for y in when]


def _labels(cells: pa.ChunkedArray, missing: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(None if v is None or str(v).strip() in missing else str(v).strip() for v in cells.to_pylist())


def _wide(table: pa.Table, spec: IndexSpec, where: str) -> pa.Table:
    """A tidy table as a wide one: one row a unit (and year)."""
    s = spec.data
    cells: dict[tuple[Any, ...], dict[str, Any]] = {}
    keys = [s.unit, *((s.time,) if s.time else ()), *s.groups]
    for name in (*keys, s.indicator, s.value):
        column(table, name, where)
    for row in table.select(list(dict.fromkeys([*keys, s.indicator, s.value]))).to_pylist():
        cells.setdefault(tuple(row[k] for k in keys), {})[row[s.indicator]] = row[s.value]
    names = [n for n in dict.fromkeys(table.column(s.indicator).to_pylist()) if n in set(spec.ids())]
    columns: dict[str, Any] = {k: [key[i] for key in cells] for i, k in enumerate(keys)}
    return pa.table(columns | {n: pa.array([None if c.get(n) is None else str(c[n]) for c in cells.values()], pa.string()) for n in names})


def half_unit(cells: pa.ChunkedArray, decimals: int | None, missing: tuple[str, ...]) -> float:
    """Half of the last published digit; the most common number of decimals, since trailing zeros are often dropped in files."""
    if decimals is None:
        texts = [str(v).strip() for v in cells.to_pylist() if v is not None and str(v).strip() not in missing]
        if pa.types.is_floating(cells.type):
            texts = [repr(float(v)) for v in texts]
        shown = [t.partition(".")[2] for t in texts if "e" not in t.lower()]
        # whole numbers that went through a program end in .0; beside real decimals the nought is one of them
        whole = all(d in ("", "0") for d in shown)
        count = Counter(0 if whole else len(d) for d in shown)
        if not count:
            return 0.5
        decimals = max(count, key=lambda d: (count[d], d))
    return float(0.5 * 10.0**-decimals)
