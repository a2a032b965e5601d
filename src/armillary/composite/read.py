"""Tables from files: CSV, Parquet and workbooks, with every cell that is text kept as text until a bad number can be named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from armillary.core import guarded
from armillary.core.guarded.limits import beyond
from armillary.errors import DataError, InputError, MissingExtraError, UnknownNameError

UNREADABLE = {".xls": "xlsx", ".ods": "xlsx or csv", ".sav": "csv", ".dta": "csv", ".rds": "csv", ".rda": "csv", ".rdata": "csv"}


UNSEEN = str.maketrans("", "", "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
"""Signs without width, which make two equal names different."""


def clean(text: object) -> str:
    """A label without blanks around it and without signs that nobody sees."""
    return str(text).translate(UNSEEN).strip()


def as_table(values: Any) -> pa.Table:
    """An Arrow table from an Arrow table, a pandas data frame or a dict of columns."""
    if isinstance(values, pa.Table):
        return named(values, "the data")
    if isinstance(values, dict):
        return named(pa.table(values), "the data")
    if hasattr(values, "__arrow_c_stream__"):
        return named(pa.table(values), "the data")
    if hasattr(values, "to_numpy") and hasattr(values, "columns"):
        return named(pa.Table.from_pandas(values, preserve_index=False), "the data")
    raise DataError(f"cannot make a table of {type(values).__name__}", fix="give a pyarrow table, a pandas data frame or a dict of columns")


def named(table: pa.Table, where: str | Path) -> pa.Table:
    """The table with blanks around its column names removed; two columns of one name are an error that says which."""
    names = [clean(n) for n in table.column_names]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            first = names.index(name) + 1
            fix = "rename one of them, or remove it"
            raise InputError(f"column {place + 1} has the same name as column {first}: '{name}'", where=where, fix=fix)
    return table.rename_columns(names) if names != table.column_names else table


def read_csv(path: Path, *, encoding: str = "utf-8", skip: int = 0) -> pa.Table:
    """A CSV file with every column as text; comma, semicolon or tab, whichever the header has most. ``skip`` lines stand before it."""
    try:
        with path.open("rb") as file:
            for _ in range(skip):
                file.readline()
            header = file.readline().decode(encoding, errors="replace")
        delimiter = max(",;\t", key=header.count)
        how: dict[str, Any] = {
            "read_options": pacsv.ReadOptions(encoding=encoding, skip_rows=skip),
            "parse_options": pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        }
        names = next(iter(pacsv.open_csv(path, **how))).schema.names
        text = pacsv.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False)
        return pacsv.read_csv(path, convert_options=text, **how)
    except FileNotFoundError:
        raise InputError("no such file", where=path) from None
    except (OSError, StopIteration, pa.ArrowInvalid, UnicodeDecodeError) as error:
        said = str(error).splitlines()[0] if str(error) else "it is empty"
        if "UTF8" in said.upper().replace("-", ""):
            fix = "name the encoding: encoding = 'latin-1' (or 'cp1252', 'utf-16') in [data]"
            raise InputError(f"is not {encoding}", where=path, fix=fix) from None
        raise InputError(f"is not a readable CSV file: {said}", where=path) from None


def read_table(path: Path, *, encoding: str = "utf-8", sheet: str | None = None, skip: int = 0) -> pa.Table:
    """A table from ``.csv`` (or ``.tsv``), ``.parquet``, or a sheet of an ``.xlsx`` (the first, if none is named)."""
    kind = path.suffix.lower()
    if kind in UNREADABLE:
        raise InputError(f"is a '{kind}' file, which is not read", where=path, fix=f"save it as {UNREADABLE[kind]}")
    if guarded.regular(path).stat().st_size > guarded.limits().document:
        beyond("document", "the file has too many bytes", path)
    if kind == ".parquet":
        return named(guarded.parquet_table(path), path)
    if kind in (".xlsx", ".xlsm"):
        return named(_sheet(path, sheet, skip), path)
    return named(read_csv(path, encoding=encoding, skip=skip), path)


def _sheet(path: Path, sheet: str | None, skip: int) -> pa.Table:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("excel", "reading a workbook") from None
    assert openpyxl
    with guarded.workbook(path) as book:
        names = book.sheetnames
        if sheet is not None and sheet.casefold() not in [n.casefold() for n in names]:
            raise UnknownNameError("sheet", sheet, names, where=path)
        page = book.worksheets[0] if sheet is None else book[next(n for n in names if n.casefold() == sheet.casefold())]
        with guarded.faults(path, kind="workbook (.xlsx)"):
            rows = [["" if c is None else str(c) for c in row] for row in page.iter_rows(values_only=True)][skip:]
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows or not any(rows[0]):
        raise InputError(f"the sheet '{page.title}' has no row of column names", where=path)
    width = max(j for j, name in enumerate(rows[0]) if name.strip()) + 1
    head = [name.strip() or f"column {j + 1}" for j, name in enumerate(rows[0][:width])]
    columns = [pa.array([r[j] if j < len(r) else "" for r in rows[1:]], pa.string()) for j in range(width)]
    return pa.Table.from_arrays(columns, names=head)


def column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    """A column by its name."""
    if name not in table.column_names:
        raise UnknownNameError("column", name, table.column_names, where=where)
    return table.column(name)


def _number_fix(cell: str, commas: Sequence[str]) -> str:
    """What to do about a cell that is no number; commas may separate decimals or thousands, and only the whole column tells which."""
    if re.fullmatch(r"-?\d+,\d+", cell):
        if all(re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", c) for c in commas):
            return "take the commas out if they separate thousands (1,234 is 1234); if they are decimal, add decimal = ',' to [data]"
        return "add decimal = ',' to [data]"
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d+", cell):
        return "take the commas that separate thousands out of the column"
    return "mend it, or add it to missing = [...] in [data]"


def numbers(
    cells: pa.ChunkedArray, name: str, missing: Sequence[str], where: str, decimal: str = "."
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A column as floats; text that is neither a number nor a marker for missing is named with its row."""
    if pa.types.is_dictionary(cells.type):
        cells = pc.cast(cells, cells.type.value_type)
    if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        text = pc.utf8_trim_whitespace(cells)
        gone = pc.fill_null(pc.is_in(text, value_set=pa.array(sorted(set(missing)), text.type)), True)
        text = pc.if_else(gone, pa.scalar(None, text.type), text)
        if decimal == ",":
            text = pc.replace_substring(text, ",", ".")
        try:
            cells = pc.cast(text, pa.float64())
        except pa.ArrowInvalid:
            for row, cell in enumerate(text.to_pylist(), start=2):
                try:
                    float("0" if cell is None else cell)
                except ValueError:
                    fix = _number_fix(cell, [c for c in text.to_pylist() if c is not None and "," in c])
                    raise DataError(f"row {row}, column '{name}': '{cell}' is not a number", where=where, fix=fix) from None
            raise
    try:
        out = np.asarray(pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64).copy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(f"column '{name}' holds {cells.type} and no numbers", where=where) from None
    for marker in missing:
        try:
            out[out == float(marker)] = np.nan
        except ValueError:
            continue
    if np.isinf(out).any():
        raise DataError(f"row {int(np.flatnonzero(np.isinf(out))[0]) + 2}, column '{name}' is infinite", where=where)
    return out
