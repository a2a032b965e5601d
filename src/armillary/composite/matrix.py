"""A labelled table of numbers: units by columns, the only data structure that the steps of an index exchange."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from armillary.errors import DataError, UnknownNameError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Numbers of units (rows) by columns; NaN is missing. ``values`` has the shape ``(len(units), len(columns))``."""

    units: tuple[str, ...]
    columns: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.units), len(self.columns)):
            raise DataError(f"a matrix of {len(self.units)} units and {len(self.columns)} columns got values of shape {self.values.shape}")
        for what, labels in (("unit", self.units), ("column", self.columns)):
            if len(set(labels)) != len(labels):
                twice = next(x for i, x in enumerate(labels) if x in labels[:i])
                fix = f"give each {what} one row, or name the year in [data] if this is a panel"
                raise DataError(f"{what} '{twice}' appears twice", fix=fix)

    @property
    def lines(self) -> Floats:
        """The values with columns first, ``(columns, units)``, contiguous: the layout in which the steps work."""
        return np.ascontiguousarray(self.values.T)

    def with_lines(self, lines: Floats) -> Matrix:
        """The same labels with new values given columns first."""
        return Matrix(self.units, self.columns, np.ascontiguousarray(lines.T))

    def column(self, name: str) -> Floats:
        """The values of one column."""
        if name not in self.columns:
            raise UnknownNameError("column", name, self.columns)
        return self.values[:, self.columns.index(name)]

    def select(self, columns: Iterable[str]) -> Matrix:
        """These columns, in this order."""
        names = tuple(columns)
        place = {c: i for i, c in enumerate(self.columns)}
        for name in names:
            if name not in place:
                raise UnknownNameError("column", name, self.columns)
        return Matrix(self.units, names, self.values[:, [place[c] for c in names]])

    def rows(self, keep: Sequence[int] | Ints | Bools) -> Matrix:
        """These rows (positions or a mask)."""
        index = np.flatnonzero(keep) if np.asarray(keep).dtype == np.bool_ else np.asarray(keep, dtype=np.int64)
        return Matrix(tuple(self.units[i] for i in index), self.columns, self.values[index])

    def beside(self, other: Matrix) -> Matrix:
        """This matrix with the columns of another one of the same units added."""
        return Matrix(self.units, self.columns + other.columns, np.hstack([self.values, other.values]))

    def digest(self) -> str:
        """SHA-256 of labels and values (NaN in one form)."""
        clean = np.where(np.isnan(self.values), np.nan, self.values) + 0.0
        text = "\x1f".join(self.units) + "\x1e" + "\x1f".join(self.columns) + "\x1e"
        return hashlib.sha256(text.encode() + np.ascontiguousarray(clean).astype("<f8").tobytes()).hexdigest()

    def to_arrow(self, unit: str = "unit_id") -> pa.Table:
        """As an Arrow table: the unit labels, then the columns; missing is null."""
        arrays = [pa.array(self.units, pa.string())]
        arrays += [pa.array(self.values[:, j], pa.float64(), from_pandas=True) for j in range(len(self.columns))]
        return pa.table(dict(zip((unit, *self.columns), arrays, strict=True)))

    def to_pandas(self) -> Any:
        """As a pandas data frame indexed by unit (pandas must be installed)."""
        return self.to_arrow().to_pandas().set_index("unit_id")


def empty(units: tuple[str, ...]) -> Matrix:
    """A matrix of these units without columns."""
    return Matrix(units, (), np.empty((len(units), 0)))
