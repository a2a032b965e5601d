"""The columns of numbers of a published table, with half of their last digit, and what in them is no number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.composite.intervals import Span, rounded
from armillary.composite.matrix import Bools, Floats
from armillary.composite.published import half_unit
from armillary.composite.spec import DataSource
from armillary.composite.suspect import SUMMARIES

NOTHING = {*DataSource().missing, ":", "—", "–", "…", "...", "null", "None", "#N/A"}


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """The numbers of a table by column, each with half of its last digit, and who the rows are.

    ``odd`` lists cells of these columns that hold something else than a number (row, column, text); ``total`` marks rows that sum up
    the others, which keep no identity but that one.
    """

    columns: dict[str, Floats]
    half: dict[str, float]
    names: list[str]
    when: list[Any]
    odd: tuple[tuple[int, str, str], ...] = ()
    total: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def span(self, column: str) -> Span:
        """A column as intervals."""
        return rounded(self.columns[column], self.half[column])


def sheet(table: pa.Table, *, unit: str | None = None, time: str | None = None, decimals: int | None = None) -> Figures:
    """The numeric columns of a table; a column counts as numeric where four of five cells with anything in them are numbers."""
    columns: dict[str, Floats] = {}
    half: dict[str, float] = {}
    first = unit
    odd: list[tuple[int, str, str]] = []
    for name in table.column_names:
        cells = _cells(table.column(name))
        known = ~np.isnan(cells)
        filled = sum(1 for v in table.column(name).to_pylist() if v is not None and str(v).strip() not in DataSource().missing)
        if name == time:
            continue
        if name == unit or known.sum() < 2 or known.sum() < 0.8 * filled:
            first = first or name
            continue
        odd += [
            (r + 2, name, str(v).strip())
            for r, v in enumerate(table.column(name).to_pylist())
            if np.isnan(cells[r]) and v is not None and str(v).strip() not in NOTHING
        ]
        columns[name], half[name] = cells, half_unit(_plain(table.column(name)), decimals, DataSource().missing)
    who = [str(v) for v in table.column(first).to_pylist()] if first else [f"row {k + 2}" for k in range(table.num_rows)]
    when = table.column(time).to_pylist() if time else [None] * table.num_rows
    names = [f"{w} {t}" if t is not None else w for w, t in zip(who, when, strict=True)]
    total = np.array([bool(first) and bool(SUMMARIES.fullmatch(w.strip())) for w in who], dtype=np.bool_)
    return Figures(columns, half, names, when, tuple(odd), total)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text cells without per cent signs and thousands separators."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    text = pc.utf8_trim_whitespace(pc.replace_substring(column, "%", ""))
    return pc.replace_substring_regex(text, r"(\d),(\d{3})\b", r"\1\2")


def _cells(column: pa.ChunkedArray) -> Floats:
    out = []
    for v in _plain(column).to_pylist():
        try:
            x = float(v) if not isinstance(v, bool) and v is not None else float("nan")
        except (TypeError, ValueError):
            x = float("nan")
        out.append(x if np.isfinite(x) else float("nan"))
    return np.array(out, dtype=np.float64)
