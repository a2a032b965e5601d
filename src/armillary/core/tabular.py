"""Tables as CSV text: one way for rankings, clusters, indices and the tables of the command line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core import durable
from armillary.errors import printable

_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a cell a formula; the last four are the wide forms, which some programs read alike."""
_MARKS = re.compile(r"([\\|\[\]`*])")
"""What Markdown would take for markup within a line."""


def guard(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, that stays one cell and that steers no terminal.

    A bare carriage return, which ends a line for some readers and is not quoted by all writers, becomes a line end.
    """
    if not isinstance(value, str):
        return value
    if not (value.isascii() and value.isprintable()):
        value = printable(value.replace("\r\n", "\n").replace("\r", "\n"))
    return "'" + value if value[:1] in _FORMULA else value


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, text: Collection[str] = ()) -> list[str]:
    """Lines of a Markdown table; columns named in ``text`` stand left, all others right. Cells hold no markup: signs of it are escaped."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(escaped(c) for c in cells) + " |"

    return [line(columns), "|" + "|".join("---" if c in text else "---:" for c in columns) + "|", *(line(r) for r in rows)]


def escaped(cell: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(printable(cell).split())).replace("<", "&lt;")


def csv_text(table: pa.Table) -> str:
    """Column names and all rows at full precision; nulls are empty, and text that looks like a formula is quoted by :func:`guard`."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([guard(c) for c in table.column_names])
    for batch in table.to_batches(max_chunksize=10_000):
        writer.writerows([guard(v) for v in row.values()] for row in batch.to_pylist())
    return stream.getvalue()


def written(text: str, path: str | Path | None) -> str:
    """``text``, also written to ``path`` if given."""
    if path is not None:
        durable.write(Path(path), text)
    return text
