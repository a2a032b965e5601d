"""Big delimited tables in DuckDB: every column as text, broken records set aside with their line.

A clean table goes through DuckDB's own reader; one with broken records through :mod:`armillary.sources.values.table`, record by record.
"""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from armillary.core.locking import storage_faults
from armillary.errors import InputError
from armillary.sources.files import kind_of, readable, unpack
from armillary.sources.rejects import Rejects
from armillary.sources.values.country import is_na_missing
from armillary.sources.values.encoding import decode, sniff_encoding
from armillary.sources.values.reading import Reading
from armillary.sources.values.table import Layout, fold_name, read_records, repeated_names, sniff_table

SUFFIXES = (".csv", ".tsv", ".txt")
_HEAD = 1 << 18
_PIECE = 1 << 22
_BATCH = 50_000
MEMORY = "1GB"
"""Of DuckDB; tables that do not fit go to disk."""
_FIX = "give CSV, TSV or pipe-separated text with a header"


@dataclass(frozen=True, slots=True)
class Opened:
    """A delimited file as table ``name``: columns ``c0``, ``c1``, ... as text and ``_line``; ``broken`` records as (line, reason, text)."""

    name: str
    path: Path
    columns: tuple[str, ...]
    separator: str
    broken: Rejects = field(default_factory=Rejects)

    def column(self, *names: str) -> str | None:
        """SQL name of the first of ``names`` (folded, as ``country_code``) that the header has."""
        folded = [fold_name(c) for c in self.columns]
        return next((f"c{folded.index(n)}" for n in names if n in folded), None)

    def has(self, *names: str) -> bool:
        """Whether the header has all these columns."""
        return all(self.column(n) is not None for n in names)


def connect(temporary: Path) -> duckdb.DuckDBPyConnection:
    """A connection that keeps the order of lines; what exceeds :data:`MEMORY` goes to ``temporary``."""
    return duckdb.connect(config={"temp_directory": str(temporary), "memory_limit": MEMORY, "preserve_insertion_order": True})


@contextmanager
def scratch_beside(store: Path) -> Iterator[Path]:
    """A folder for temporary files on the disk of the observatory, which is the one that was chosen for large files; it goes at the end."""
    with storage_faults(store):
        (store / "temp").mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"unpacked_{os.getpid()}_", dir=store / "temp"))  # a killed one's is known by its number
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def streamed(con: duckdb.DuckDBPyConnection, query: str, rows: int = _BATCH) -> Iterator[pa.RecordBatch]:
    """The rows of a query, so many at a time, on a connection of their own."""
    with con.cursor() as reading:
        yield from reading.sql(query).to_arrow_reader(rows)


@dataclass(frozen=True, slots=True)
class Header:
    """A delimited file ready to be read: where its plain UTF-8 text lies, how it is laid out, and the names of its columns."""

    path: Path
    text: Path
    layout: Layout
    columns: tuple[str, ...]
    line: int = 1

    def has(self, *names: str) -> bool:
        """Whether the header has all these columns (folded names)."""
        folded = {fold_name(c) for c in self.columns}
        return all(n in folded for n in names)

    def has_any(self, *names: str) -> bool:
        """Whether the header has one of these columns."""
        return any(self.has(n) for n in names)


def read_header(path: Path, temporary: Path) -> Header:
    """Unpack ``path`` into ``temporary`` where needed, and read its header; :class:`InputError` if it is no delimited text."""
    text = _plain(path, temporary)
    with text.open("rb") as stream:
        head = stream.read(_HEAD)
    sample = decode(head[: head.rfind(b"\n") + 1] or head, "utf-8").text or head.decode("utf-8", errors="replace")
    sample = sample.removeprefix("\ufeff")
    if not sample.strip():
        raise InputError("the file is empty", where=path, fix=_FIX)
    if (kind := kind_of(head)) is not None:
        raise InputError(f"this is {kind}, not a table", where=path, fix=_FIX)
    layout = sniff_table(sample, is_whole=len(head) < _HEAD)
    first = next(read_records(sample, layout), None)
    if first is None or first.problem or len(first.values) < 2:
        raise InputError("the first line is no header of a table", where=path, fix=_FIX)
    names = [v.strip() for v in first.values]
    while names and not names[-1]:
        names.pop()
    if twice := repeated_names(names):
        raise InputError(f"more than one column is called {twice[0]}", where=path, fix="rename or delete all but one of them")
    return Header(path, text, layout, tuple(names), first.line)


def load(con: duckdb.DuckDBPyConnection, name: str, header: Header) -> Opened:
    """Read a file into table ``name``. Records with too few or too many values, or with a quote left open, are set aside."""
    out = Opened(name, header.path, header.columns, header.layout.separator)
    columns = [f"c{n}" for n in range(len(header.columns))]
    quote = "'\"'" if header.layout.is_quoted else "''"
    typed = ", ".join(f"'{c}': 'VARCHAR'" for c in columns)
    if _has_mixed_ends(header.text):
        _slowly(con, out, header)  # DuckDB may lose lines above which it is told to skip
        return out
    try:
        con.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT *, row_number() OVER () + {header.line} AS _line "
            f"FROM read_csv(?, auto_detect=false, columns={{{typed}}}, delim='{header.layout.separator}', quote={quote}, escape={quote}, "
            f"header=false, skip={header.line}, "
            "strict_mode=true, ignore_errors=false, null_padding=false)",
            [str(header.text)],
        )
    except duckdb.Error:
        _slowly(con, out, header)
    return out


def _has_mixed_ends(text: Path) -> bool:
    """Whether lines end in more than one way."""
    ends = [0, 0, 0]
    with text.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if piece.endswith(b"\r"):
                piece += stream.read(1)
            both = piece.count(b"\r\n")
            ends = [ends[0] + both, ends[1] + piece.count(b"\n") - both, ends[2] + piece.count(b"\r") - both]
    return sum(n > 0 for n in ends) > 1


def open_file(con: duckdb.DuckDBPyConnection, name: str, path: Path, temporary: Path) -> Opened:
    """:func:`read_header` and :func:`load` in one."""
    return load(con, name, read_header(path, temporary))


def _slowly(con: duckdb.DuckDBPyConnection, out: Opened, header: Header) -> None:
    width = len(header.columns)
    schema = pa.schema([*((f"c{n}", pa.string()) for n in range(width)), ("_line", pa.int64())])
    con.execute(f"CREATE OR REPLACE TABLE {out.name} ({', '.join(f'c{n} VARCHAR' for n in range(width))}, _line BIGINT)")
    rows: list[tuple[str | int, ...]] = []

    def flush() -> None:
        if rows:
            batch = pa.table([pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)], schema=schema)
            con.register("_batch", batch)
            con.execute(f"INSERT INTO {out.name} SELECT * FROM _batch")
            con.unregister("_batch")
            rows.clear()

    with header.text.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        for record in read_records(lines, header.layout):
            if record.line <= header.line:
                continue
            values = record.values
            while len(values) > width and not values[-1].strip():
                values = values[:-1]
            problem = record.problem or ("row-short" if len(values) < width else "row-long" if len(values) > width else None)
            if problem is None and any("\udc80" <= c <= "\udcff" for v in values for c in v):
                problem = "not-utf-8"
            if problem:
                text = header.layout.separator.join(values)
                out.broken.append((record.line, problem, text.encode("utf-8", "replace").decode()[:200]))
            else:
                rows.append((*values, record.line))
            if len(rows) >= _BATCH:
                flush()
    flush()


def _plain(path: Path, temporary: Path) -> Path:
    """A path without special characters to the file's text as UTF-8: the file itself where it is that already."""
    if not path.is_file():
        raise InputError("there is no such file", where=path, fix="check the path")
    target = temporary / f"{len(list(temporary.iterdir())):04d}.txt"
    with readable(path):
        with path.open("rb") as stream:
            head = stream.read(4)
        if head[:2] in (b"\x1f\x8b", b"PK") or path.suffix.lower() == ".zip":
            unpack(path, target, _only_table)
        else:
            target.symlink_to(path.resolve())
    encoding = _encoding(target, path)
    if encoding in ("utf-8", "utf-8-sig"):
        return target
    whole = target.with_suffix(".utf8")
    try:
        with target.open(encoding=encoding, newline="") as source, whole.open("w", encoding="utf-8", newline="") as out:
            while piece := source.read(_PIECE):
                out.write(piece.removeprefix("\ufeff"))
    except UnicodeError:
        raise InputError(f"its text is not all {encoding}", where=path, fix="save it as UTF-8") from None
    return whole


def _encoding(target: Path, path: Path) -> str:
    """UTF-8 as long as no byte says otherwise; text that is mostly UTF-8 is, and its damaged records are refused one by one."""
    with target.open("rb") as stream:
        head = stream.read(_PIECE)
        encoding = sniff_encoding(head)
        if encoding is not None and encoding.startswith("utf-"):
            decoder = codecs.getincrementaldecoder("utf-8")()
            piece = head if encoding.startswith("utf-8") else b""
            while piece:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    head, encoding = piece, sniff_encoding(piece)
                    break
                piece = stream.read(_PIECE)
    if encoding is not None:
        return encoding
    found = decode(head)
    if found.reason == "encoding-damaged":
        return "utf-8"
    if found.reason == "not-text":
        raise InputError(f"this is {kind_of(head) or 'no text'}, not a table", where=path, fix=_FIX)
    raise InputError("the encoding of its text is not known", where=path, fix="save it as UTF-8")


def _only_table(names: list[str]) -> str | None:
    tables = [n for n in names if Path(n).suffix.lower() in SUFFIXES]
    return tables[0] if len(tables) == 1 else None


def arrow(con: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """The rows of a query."""
    found: pa.Table = con.sql(query).to_arrow_table()
    return found


def text_sql(column: str | None) -> str:
    """SQL for a trimmed column, null where blank or where the file has no such column."""
    return "CAST(NULL AS VARCHAR)" if column is None else f"nullif(trim({column}), '')"


def read_values(
    con: duckdb.DuckDBPyConnection, table: str, column: str, kind: str, read: Callable[[str], Reading[Any]], *, but: str = "false"
) -> None:
    """Make table ``<column>_of (given, value, reason)`` of the distinct texts of a column of ``table``, read once; ``kind``: SQL's.

    Texts for which the SQL condition ``but`` holds are left out: whoever asks reads them in SQL.
    """
    query = f"SELECT DISTINCT {column} AS given FROM {table} WHERE {column} IS NOT NULL AND NOT ({but}) ORDER BY 1"
    pairs = ((g, read(g)) for batch in streamed(con, query) for g in batch.column(0).to_pylist())
    insert(con, f"{column}_of", f"given VARCHAR, value {kind}, reason VARCHAR", ((g, r.value, r.reason) for g, r in pairs))


def drop_na(con: duckdb.DuckDBPyConnection, table: str, column: str = "country") -> int:
    """Where ``NA`` in the column of countries is R's mark for a missing value it becomes null; how many there were."""
    given = [r[0] for r in con.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()]
    if "NA" not in given:
        return 0
    names = [r[0] for r in con.execute(f"SELECT column_name FROM duckdb_columns() WHERE table_name = '{table}'").fetchall()]
    others = [c for c in names if c not in (column, "line", "file", "assumed")]
    told = con.execute(f"SELECT count(*) FROM {table} WHERE 'NA' IN ({', '.join(f'CAST({c} AS VARCHAR)' for c in others)})").fetchone()
    if not is_na_missing(given, ["NA"] if told and told[0] else []):
        return 0
    one = con.execute(f"SELECT count(*) FROM {table} WHERE {column} = 'NA'").fetchone()
    con.execute(f"UPDATE {table} SET {column} = NULL WHERE {column} = 'NA'")
    return int(one[0]) if one else 0


def insert(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Make table ``name`` with ``columns`` (SQL) and fill it."""
    con.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
    fields = [c.split() for c in columns.split(", ")]
    kinds = {
        "VARCHAR": pa.string(),
        "DOUBLE": pa.float64(),
        "SMALLINT": pa.int16(),
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "BOOLEAN": pa.bool_(),
    }
    todo = iter(rows)
    while data := list(islice(todo, _BATCH)):
        batch = pa.table({n: pa.array(c, kinds[k]) for (n, k), c in zip(fields, zip(*data, strict=True), strict=True)})
        con.register("_rows", batch)
        con.execute(f"INSERT INTO {name} SELECT * FROM _rows")
        con.unregister("_rows")


POINT_SQL = """
    CASE WHEN abs(lat) <= 90 AND abs(lon) <= 180 AND NOT (lat = 0 AND lon = 0) THEN {axis} END
"""
"""A coordinate where both are on the globe and not the (0, 0) of a missing point."""
