"""From exact sums to the ranked table, in whole columns: values, shared ranks, names, order. Written once for all indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.arrays import Floats, Ints, Whole
from armillary.core.corpus import Corpus
from armillary.core.ranks import new_places, places
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.counting.scopes import period_label
from armillary.counting.units import unit_names

UNASSIGNED = "unassigned"
FEW = 30
"""Papers below which a ratio of a unit hangs on single papers."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a ranking as people see them; ``order`` is the place of each by name, then id."""

    ids: pa.Array
    names: pa.Array
    order: Ints

    @classmethod
    def of(cls, corpus: Corpus, unit: str, keys: list[Any]) -> Units:
        """Names of units by the ids that the engine uses."""
        found = unit_names(corpus, unit, keys)
        ids, names = [found.ids[k] for k in keys], [found.names[k] for k in keys]
        order = np.empty(len(keys), np.int64)
        order[sorted(range(len(keys)), key=lambda i: (names[i].casefold(), ids[i]))] = np.arange(len(keys))
        return cls(pa.array(ids, pa.string()), pa.array(names, pa.string()), order)


@dataclass(frozen=True, slots=True)
class Sums:
    """What units have in each period: arrays of equal length; ``num`` and ``den`` in credit units (``den`` None for totals)."""

    unit: Ints
    period: Ints
    count: Ints
    num: Whole
    den: Whole | None

    def values(self) -> Floats:
        """``num / den``, or papers for totals; not a number where nothing can be divided."""
        num: Floats = self.num.astype(np.float64)
        if self.den is None:
            return np.asarray(num / CREDIT)
        den: Floats = self.den.astype(np.float64)
        value: Floats = np.divide(num, den, out=np.full(len(den), np.nan), where=den != 0)
        return value

    def where(self, keep: npt.NDArray[np.bool_]) -> Sums:
        """Some of the rows."""
        den = None if self.den is None else self.den[keep]
        return Sums(self.unit[keep], self.period[keep], self.count[keep], self.num[keep], den)

    def of_period(self, period: int) -> tuple[int, int, int]:
        """Exact totals of one period: num, den (0 without), count."""
        mine = self.where(self.period == period)
        return total(mine.num), 0 if mine.den is None else total(mine.den), total(mine.count)


@dataclass(slots=True)
class Rest:
    """What all papers of a period, or those without a unit, sum up to."""

    period: int
    num: int
    den: int | None
    count: int

    @property
    def value(self) -> float | None:
        """As :meth:`Sums.values`."""
        if self.den is None:
            return float(self.num) / CREDIT
        return float(self.num) / float(self.den) if self.den else None


def total(numbers: Whole) -> int:
    """The exact sum."""
    return sum(numbers.tolist())


def whole_numbers(column: pa.ChunkedArray | pa.Array) -> Whole:
    """Integers or decimals without fraction as exact numbers; null is 0."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_decimal128(column.type):
        words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)[column.offset : column.offset + len(column)]
        low = np.where(np.asarray(column.is_valid()), words[:, 0], 0)
        if not column.null_count and (words[:, 1] == low >> 63).all():  # 64 bits hold them all
            return low
        return np.array([int(v or 0) for v in column.to_pylist()] or [0], object)[: len(column)]
    return np.asarray(pc.fill_null(column, 0)).astype(np.int64)


def encoded(column: pa.ChunkedArray) -> tuple[list[Any], Ints]:
    """Distinct keys of a column and the place of each row's key among them."""
    codes = column.combine_chunks().dictionary_encode()
    return codes.dictionary.to_pylist(), np.asarray(codes.indices).astype(np.int64)


def least_papers(recipe: Recipe, counts: Ints) -> int:
    """The papers that a unit needs to be ranked: the recipe's; where it names none, :data:`FEW`, if any unit has as many."""
    if recipe.minimum is not None:
        return recipe.minimum
    return FEW if len(counts) and int(counts.max()) >= FEW else 0


def ranked_table(recipe: Recipe, units: Units, sums: Sums, rest: list[Rest]) -> pa.Table:
    """Rank within each period (ties share a rank), name, and order; the unassigned rest ends its period."""
    sums = sums.where(sums.count >= least_papers(recipe, sums.count))
    value = sums.values()
    empty = np.isnan(value)
    order = np.lexsort((units.order[sums.unit], -np.where(empty, 0.0, value), empty, sums.period))
    value, empty, period = value[order], empty[order], sums.period[order]
    rows = pa.table({
        "rank": pa.array(_places(value, empty, period), pa.int64(), mask=empty),
        "unit_id": units.ids.take(pa.array(sums.unit[order])),
        "name": units.names.take(pa.array(sums.unit[order])),
        "value": pa.array(value, pa.float64(), mask=empty),
        "count": pa.array(sums.count[order], pa.int64()),
        "period": pa.array(period, pa.int64()),
    })  # fmt: skip
    if rest:
        more = [{"name": UNASSIGNED, "value": r.value, "count": r.count, "period": r.period} for r in rest]
        rows = pa.concat_tables([rows, pa.Table.from_pylist(more, rows.schema)])
        rows = rows.take(pa.array(np.argsort(np.asarray(rows["period"]), kind="stable")))
    keys, codes = encoded(rows["period"])
    labels = pa.array([period_label(recipe, p) for p in keys], pa.string())
    return rows.set_column(5, "period", labels.take(pa.array(codes)))


def _places(value: Floats, empty: npt.NDArray[np.bool_], period: Ints) -> Ints:
    """Place of each row in its period, rows in order; a row that ties with the one before it has the same place."""
    starts = np.r_[True, period[1:] != period[:-1]][: len(value)]
    return np.asarray(places(starts | empty | new_places(value)) - places(starts) + 1, np.int64)
