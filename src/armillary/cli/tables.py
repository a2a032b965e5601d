"""Printing small Arrow tables for people, and writing them to files. For rankings see :mod:`armillary.ranking.text`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from armillary.cli.common import FORM, print_json
from armillary.core import durable
from armillary.core.tabular import csv_text, markdown_table
from armillary.core.workbook import Book
from armillary.errors import InputError, UsageError


def cell(value: Any, decimals: int) -> str:
    """One value, rounded for reading; empty where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:,.{0 if value.is_integer() and abs(value) >= 1 else decimals}f}"
    return str(value)


def text_table(table: pa.Table, *, limit: int = 0, decimals: int = 3, whole: Sequence[str] = ()) -> str:
    """Columns side by side; numbers to the right. ``limit`` 0 is all rows; ``whole`` columns are counts."""
    names = table.column_names
    cut = table.slice(0, limit) if limit else table
    rows = [[cell(r[n], 0 if n in whole else decimals) for n in names] for r in cut.to_pylist()]
    widths = [max([len(n), *(len(r[i]) for r in rows)]) for i, n in enumerate(names)]
    right = [not pa.types.is_string(table.schema.field(n).type) for n in names]
    lines = []
    for row in [names, *rows]:
        padded = [c.rjust(w) if flush else c.ljust(w) for c, w, flush in zip(row, widths, right, strict=True)]
        lines.append("  ".join(padded).rstrip())
    if limit and table.num_rows > limit:
        lines.append(f"... and {table.num_rows - limit:,} more (--limit 0 for all)")
    return "\n".join(lines) + "\n"


def to_markdown(table: pa.Table, *, decimals: int = 3, whole: Sequence[str] = ()) -> str:
    """All rows as a table in Markdown, rounded for reading."""
    names = table.column_names
    rows = [[cell(r[n], 0 if n in whole else decimals) for n in names] for r in table.to_pylist()]
    text = [n for n in names if pa.types.is_string(table.schema.field(n).type)]
    return "\n".join(markdown_table(names, rows, text=text)) + "\n"


def no_nan(value: Any) -> Any:
    """NaN as null, at any depth: JSON knows no NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {k: no_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [no_nan(v) for v in value]
    return value


ENDINGS = {".csv": "csv", ".json": "json", ".md": "md", ".parquet": "parquet", ".xlsx": "xlsx", ".txt": "table"}
ENDINGS |= {".geojson": "geojson", ".gpkg": "gpkg"}
BINARY = ("parquet", "xlsx", "gpkg")


def form_of(form: str, out: Path | None, forms: Sequence[str]) -> str:
    """The format to write, one of ``forms``: that of ``--format``, else what the ending of ``--out`` says."""
    if out is None:
        return form
    said = ENDINGS.get(out.suffix.casefold())
    if out.suffix and said not in forms and form == "table":
        known = ", ".join(k for k, v in ENDINGS.items() if v in forms)
        raise UsageError(f"cannot write this as '{out.suffix}'", fix=f"end the name in {known}")
    said = said if said is not None and said in forms else form
    if form not in ("table", said) and (said in BINARY or form in BINARY):
        raise UsageError(f"--format {form} and --out {out.name} contradict each other", fix="leave out --format, or change the ending")
    return said if form == "table" else form


def write_table(table: pa.Table, path: Path, meta: Mapping[str, Any]) -> None:
    """Write all rows as ``.csv``, ``.json``, ``.parquet`` or ``.xlsx`` (all but the first with ``meta``)."""
    kind = path.suffix.casefold()
    if kind not in (".csv", ".json", ".parquet", ".xlsx"):
        fix = "end the name in .csv, .json, .parquet or .xlsx"
        raise InputError(f"cannot write a table as '{kind or path.name}'", where=path, fix=fix)
    if kind == ".csv":
        durable.write(path, csv_text(table))
    elif kind == ".json":
        held = no_nan({"meta": dict(meta), "rows": table.to_pylist()})
        durable.write(path, json.dumps(held, ensure_ascii=False, indent=1, default=str) + "\n")
    elif kind == ".xlsx":
        write_workbook({"table": table, "how": how_table(meta)}, path)
    else:
        said = json.dumps(no_nan(dict(meta)), ensure_ascii=False, default=str)
        with durable.whole(path) as part:
            pq.write_table(table.replace_schema_metadata({"armillary": said}), part, compression="zstd")


def how_table(meta: Mapping[str, Any]) -> pa.Table:
    """What a result is made of, one key a row."""
    rows = [(k, x) for k, v in meta.items() for x in (v if isinstance(v, list | tuple) else [v])]
    return pa.table({"key": pa.array([k for k, _ in rows], pa.string()), "value": pa.array([str(v) for _, v in rows], pa.string())})


def write_workbook(sheets: Mapping[str, pa.Table], path: Path) -> None:
    """A workbook of tables, a sheet each."""
    book = Book()
    for title, table in sheets.items():
        book.table(title, table)
    book.save(path)


def say_beside(notes: Iterable[str]) -> None:
    """Notes beside a form that has no place for them: on the error stream."""
    for note in notes:
        click.echo(f"note  {note}", err=True)


def about_lines(meta: Mapping[str, Any]) -> list[str]:
    """What a result is, a line a fact; lists have a line an entry, and every note is one."""
    out = []
    for key, value in meta.items():
        lines = value if isinstance(value, list | tuple) else [value]
        out += [f"{'note' if key == 'notes' else key:<9} {line}" for line in lines if line not in (None, "")]
    return out


def give(
    table: pa.Table,
    meta: Mapping[str, Any],
    *,
    as_json: bool,
    out: Path | None = None,
    limit: int = 0,
    decimals: int = 3,
    whole: Sequence[str] = (),
) -> None:
    """Print a result with the lines that say what it is (``meta``) in the form of ``--format``, or write it to a file."""
    form = form_of(click.get_current_context().meta.get(FORM, "table"), out, ("table", "csv", "json", "md", "parquet", "xlsx"))
    if out is not None:
        write_table(table, out, meta)
        if out.suffix.casefold() == ".csv":
            say_beside(meta.get("notes", ()))
    if as_json:
        print_json(no_nan({"meta": dict(meta), "rows": table.to_pylist()}))
    elif out is not None:
        return
    elif form == "csv":
        click.echo(csv_text(table), nl=False)
        say_beside(meta.get("notes", ()))
    elif form == "md":
        click.echo(to_markdown(table, decimals=decimals, whole=whole), nl=False)
        say_beside(meta.get("notes", ()))
    else:
        click.echo("\n".join([*about_lines(meta), ""]))
        click.echo(text_table(table, limit=limit, decimals=decimals, whole=whole), nl=False)
