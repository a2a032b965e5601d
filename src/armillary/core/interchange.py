"""Results as tables in everybody's tools: the Arrow PyCapsule protocol, pandas, Polars, and how a result shows itself at a prompt.

A result inherits :class:`Tabular` and has ``arrow``; nothing else is asked of it. ``meta`` (a dictionary) gives the title and the notes.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from armillary.errors import MissingExtraError, printable

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10
"""Rows that a result shows of itself."""
WIDEST = 60
"""Characters of a cell that a result shows of itself."""


class Tabular:
    """A result that is a table. All rows of ``arrow`` are handed on, those without a rank too."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def arrow(self) -> pa.Table:
            """The rows as an Arrow table."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as an Arrow stream (PyCapsule protocol): DuckDB, Polars, pandas 3 and narwhals take a result as it is."""
        return self.arrow.__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame. Whole numbers stay whole: where some are unknown the column is ``Int64``."""
        import pandas as pd

        whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
        frame: pd.DataFrame = self.arrow.to_pandas(types_mapper=whole.get)
        return frame

    def to_polars(self) -> Any:
        """The rows as a Polars DataFrame. Needs the extra ``polars``."""
        try:
            import polars as pl
        except ImportError:
            raise MissingExtraError("polars", "a Polars DataFrame") from None
        return pl.from_arrow(self.arrow)

    def __repr__(self) -> str:
        names, rows, more = self._head()
        wide = [max(len(n), *(len(r[i]) for r in rows)) if rows else len(n) for i, n in enumerate(names)]
        right = [_is_number(t) for t in self.arrow.schema.types]
        lines = [self._title(), *self._notes()]
        for row in (names, *rows):
            cells = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, wide, right, strict=True))
            lines.append("  ".join(cells).rstrip())
        return "\n".join([*lines, *([f"... and {more:,} more rows"] if more else [])])

    def _repr_html_(self) -> str:
        """The first rows as an HTML table, with the title above it and the notes below; for notebooks."""
        names, rows, more = self._head()
        right = [_is_number(t) for t in self.arrow.schema.types]
        style = [' style="text-align:right"' if r else ' style="text-align:left"' for r in right]
        head = "".join(f"<th{s}>{html.escape(n)}</th>" for n, s in zip(names, style, strict=True))
        body = "".join("<tr>" + "".join(f"<td{s}>{html.escape(c)}</td>" for c, s in zip(row, style, strict=True)) + "</tr>" for row in rows)
        notes = [*self._notes(), *([f"{more:,} more rows"] if more else [])]
        below = "".join(f"<div><small>{html.escape(n)}</small></div>" for n in notes)
        return (
            f"<div><strong>{html.escape(self._title())}</strong>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}</div>"
        )

    # --- what a kind of result may say better ---------------------------------------------------------------------------

    def _title(self) -> str:
        return str(_meta(self).get("title") or type(self).__name__)

    def _notes(self) -> list[str]:
        meta = _meta(self)
        said = [f"{k}: {meta[k]}" for k in ("counting", "scope", "period", "source", "licence") if isinstance(meta.get(k), str) and meta[k]]
        notes = meta.get("notes") or meta.get("note") or []
        return said + [f"note: {n}" for n in ([notes] if isinstance(notes, str) else notes)]

    def _cell(self, name: str, value: Any) -> str:
        return cell(name, value)

    def _head(self) -> tuple[list[str], list[list[str]], int]:
        table = self.arrow
        rows = table.slice(0, SHOWN).to_pylist()
        return (
            table.column_names,
            [[_short(self._cell(n, r[n])) for n in table.column_names] for r in rows],
            table.num_rows - len(rows),
        )


@dataclass(frozen=True, repr=False, eq=False)
class ResultTable(Tabular):
    """A table and what it is: ``arrow`` has the rows, ``meta`` title, source and notes."""

    arrow: pa.Table
    meta: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)


def cell(name: str, value: Any) -> str:
    """A value for reading: thousands separated but in years and ranks, floats to six digits, unknown as nothing."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int):
        return str(value) if name.endswith(("year", "rank", "period")) else f"{value:,}"
    return printable(str(value))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _meta(result: Tabular) -> Mapping[str, Any]:
    found = getattr(result, "meta", None)
    return found if isinstance(found, Mapping) else {}


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
