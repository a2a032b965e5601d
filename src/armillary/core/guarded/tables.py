"""Parquet files and workbooks from outside."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from armillary.core.guarded import footers
from armillary.core.guarded.csv_files import check_header
from armillary.core.guarded.faults import faults
from armillary.core.guarded.files import parse_text, regular
from armillary.core.guarded.limits import beyond, limits
from armillary.core.guarded.packed import FREE, _check_member, open_binary
from armillary.errors import ArmillaryError, InputError


@contextmanager
def parquet_file(path: str | Path, *, needed: Sequence[str] = (), error: type[ArmillaryError] = InputError) -> Iterator[pq.ParquetFile]:
    """An open Parquet file that has the columns ``needed``. Read it inside :func:`.faults` (pages fail when they are read)."""
    file = regular(path, error=error)
    with faults(path, kind="Parquet file", error=error):
        opened = pq.ParquetFile(file, page_checksum_verification=True)
    with opened:
        with faults(path, kind="Parquet file", error=error):
            names = opened.schema_arrow.names
        if len(names) > limits().members:
            beyond("members", f"the file has {len(names):,} columns", path, error)
        check_packing(opened.metadata, path, error)
        if missing := [c for c in needed if c not in names]:
            raise error(f"no column {', '.join(missing)}", where=path, fix=f"name the columns {', '.join(needed)}")
        yield opened


def check_packing(found: pq.FileMetaData, path: Any, error: type[ArmillaryError] = InputError) -> None:
    """Refuse columns that would unpack to far more than they are, or hold huge values, before anything of them is read."""
    held = limits()
    with faults(path, kind="Parquet file", error=error):
        sizes = [found.row_group(g).total_byte_size for g in range(found.num_row_groups)]
        if all(0 <= s <= FREE for s in sizes) and sum(sizes) <= FREE:
            return
        large = [c for c in footers.chunks(found) if c.unpacked > FREE]
    for c in large:
        name = found.schema.column(c.column).path[:80]
        if c.unpacked > held.ratio * max(1, c.packed):
            beyond("ratio", f"column {name}: {c.packed:,} bytes unpack to {c.unpacked:,}", path, error)
        if c.type == "BYTE_ARRAY" and c.values and c.unpacked > held.value * c.values:
            beyond("value", f"column {name}: its values take {c.unpacked // c.values:,} bytes each", path, error)


def parquet_table(path: str | Path, columns: Sequence[str] | None = None, *, error: type[ArmillaryError] = InputError) -> pa.Table:
    """A Parquet file whole: its ``columns`` or all; what it takes in memory is bounded by the limit ``document``."""
    most, parts, taken = limits().document, [], 0
    with parquet_file(path, needed=columns or (), error=error) as file, faults(path, kind="Parquet file", error=error):
        names = list(columns) if columns is not None else None
        for batch in file.iter_batches(65_536, columns=names):
            taken += batch.nbytes
            if taken > most:
                beyond("document", f"its rows take more than {taken:,} bytes", path, error)
            parts.append(batch)
        shape = file.schema_arrow if names is None else pa.schema([file.schema_arrow.field(n) for n in names])
        return pa.Table.from_batches(parts, schema=parts[0].schema if parts else shape)


def table(path: str | Path, columns: Sequence[str], optional: Sequence[str] = (), *, error: type[ArmillaryError] = InputError) -> pa.Table:
    """The named columns of a CSV file (also packed; all values as text, so that ``007`` stays what it is) or of a Parquet file."""
    with regular(path, error=error).open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1" or str(path).endswith(".parquet")
    if is_parquet:
        with parquet_file(path, needed=columns, error=error) as file:
            have = set(file.schema_arrow.names)
        return parquet_table(path, [*columns, *(c for c in optional if c in have)], error=error)
    with open_binary(path, error=error) as stream:
        header = stream.readline(limits().value + 1)
        if len(header) > limits().value:
            beyond("value", "its first line has too many bytes", path, error)
        with faults(path, kind="CSV file", error=error):
            csv.field_size_limit(max(csv.field_size_limit(), limits().value))
            names = next(csv.reader([parse_text(header, path, error=error)]), []) if header else []
        check_header(names, columns, path, error)
        chosen = [*columns, *(c for c in optional if c in names)]
        convert = pacsv.ConvertOptions(include_columns=chosen, column_types={n: pa.string() for n in names}, strings_can_be_null=True)
        most, parts, taken = limits().document, [], 0
        with faults(path, kind="CSV file", error=error):
            reader = pacsv.open_csv(
                stream,
                read_options=pacsv.ReadOptions(column_names=names, block_size=2**22),
                parse_options=pacsv.ParseOptions(newlines_in_values=True),
                convert_options=convert,
            )
            for batch in reader:
                taken += batch.nbytes
                if taken > most:
                    beyond("document", f"its rows take more than {taken:,} bytes", path, error)
                parts.append(batch)
    return pa.Table.from_batches(parts, schema=pa.schema([pa.field(n, pa.string()) for n in chosen]))


@contextmanager
def workbook(path: str | Path, *, error: type[ArmillaryError] = InputError) -> Iterator[Any]:
    """An open ``openpyxl`` workbook, read-only, values only. Read its cells inside :func:`.faults`."""
    import openpyxl

    file = regular(path, error=error)
    with faults(path, kind="workbook (.xlsx)", error=error):
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
            if len(found) > limits().members:
                beyond("members", f"it holds {len(found):,} parts", path, error)
            for info in found:
                _check_member(info, path, error)
            total, packed = sum(i.file_size for i in found), sum(i.compress_size for i in found)
            if total > FREE and total > limits().ratio * max(1, packed):
                beyond("ratio", f"{packed:,} bytes unpack to {total:,}", path, error)
            for info in found:
                if info.filename.endswith((".xml", ".rels")):
                    with archive.open(info) as part:
                        if b"<!DOCTYPE" in (head := part.read(4096)) or b"<!ENTITY" in head:
                            raise error("a part of it declares a document type", where=path, fix="save it anew with a spreadsheet program")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            cells = (getattr(sheet, "max_row", 0) or 0) * (getattr(sheet, "max_column", 0) or 0)
            if cells > limits().cells:
                beyond("cells", f"the sheet '{sheet.title[:60]}' says it has {cells:,} cells", path, error)
        yield book
    finally:
        book.close()
