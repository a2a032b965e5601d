"""Parquet files whose bytes depend on the rows alone: fixed settings, no clock, no writer's metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from armillary.core import schema
from armillary.errors import DataError, StoreError

ROW_GROUP = 122_880
"""Rows a row group (what DuckDB uses too): big enough to compress, small enough to skip."""


def conform(name: str, data: pa.Table | Sequence[pa.RecordBatch]) -> pa.Table:
    """``data`` with exactly the columns, order and types of core table ``name``.

    A missing nullable column becomes null; an unknown column, a value that does not fit its type, or a null where none may be is a
    :class:`~armillary.errors.DataError` that names the column.
    """
    target = schema.table(name).schema
    table = data if isinstance(data, pa.Table) else pa.Table.from_batches(list(data)) if data else target.empty_table()
    if unknown := sorted(set(table.column_names) - set(target.names)):
        raise DataError(f"table '{name}' has no column {', '.join(unknown)}", fix=f"its columns are {', '.join(target.names)}")
    columns = []
    for field in target:
        if field.name in table.column_names:
            try:
                column = table[field.name].cast(field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise DataError(f"column {name}.{field.name} does not fit {field.type}: {error}") from error
        else:
            column = pa.chunked_array([pa.nulls(table.num_rows, field.type)])
        if not field.nullable and column.null_count:
            raise DataError(f"column {name}.{field.name} has {column.null_count:,} nulls, none are allowed")
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=target)


def in_order(name: str, table: pa.Table, *, total: bool = False) -> pa.Table:
    """``table`` sorted by the key of core table ``name``; equal keys keep their order, or follow the other columns if ``total``."""
    spec = schema.table(name)
    keys = [*spec.key, *(c for c in spec.columns if c not in spec.key)] if total else list(spec.key)
    if table.num_rows < 2:
        return table
    order = pc.sort_indices(table.select(keys), sort_keys=[(k, "ascending") for k in keys])
    return table.take(order)


def write(name: str, table: pa.Table, path: Path) -> None:
    """Write rows that already conform to and are sorted as core table ``name``."""
    spec = schema.table(name)
    with writer(name, path) as out:
        out.write_table(table.combine_chunks() if table.num_rows else spec.schema.empty_table(), row_group_size=ROW_GROUP)


def write_pieces(name: str, pieces: Iterable[pa.Table], path: Path) -> None:
    """:func:`write` for rows that come a piece at a time, with the same bytes whatever the pieces."""
    held: list[pa.Table] = []
    waiting = total = 0
    with writer(name, path) as out:
        for piece in pieces:
            held.append(piece)
            waiting, total = waiting + piece.num_rows, total + piece.num_rows
            if waiting < ROW_GROUP:
                continue
            rows = pa.concat_tables(held)
            whole = waiting - waiting % ROW_GROUP
            out.write_table(rows.slice(0, whole).combine_chunks(), row_group_size=ROW_GROUP)
            held, waiting = [rows.slice(whole).combine_chunks()], waiting - whole
        if waiting:
            out.write_table(pa.concat_tables(held).combine_chunks(), row_group_size=ROW_GROUP)
        if not total:
            out.write_table(schema.table(name).schema.empty_table())


@contextmanager
def writer(name: str, path: Path) -> Iterator[pq.ParquetWriter]:
    """A writer with the fixed settings, for files that come in pieces. The file is closed also when its end cannot be written."""
    spec = schema.table(name)
    order = [(k, "ascending", "at_end") for k in spec.key]
    out = pq.ParquetWriter(
        path,
        spec.schema,
        compression="zstd",
        compression_level=3,
        version="2.6",
        write_statistics=True,
        store_schema=False,
        write_page_checksum=True,
        sorting_columns=pq.SortingColumn.from_ordering(spec.schema, [o[:2] for o in order], null_placement="at_end"),
    )
    try:
        yield out
        out.close()
    finally:
        out.is_open = False  # or it would try again, and complain, when it is collected
        out.file_handle.close()


def read(name: str, files: Iterable[Path], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of all ``files`` of core table ``name``, one after the other; an empty table of the right schema if there are none.

    A page whose bytes differ from its checksum is a :class:`~armillary.errors.StoreError` that names the file.
    """
    target = schema.table(name).schema
    if columns is not None:
        target = pa.schema([target.field(c) for c in columns])
    parts = [_read(f, target) for f in files]
    return pa.concat_tables(parts) if parts else target.empty_table()


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _read(path: Path, target: pa.Schema) -> pa.Table:
    try:
        return pq.read_table(path, columns=target.names, schema=target, partitioning=None, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise StoreError(f"the file is damaged ({said})", where=path, fix="mend it with: armillary repair") from error
