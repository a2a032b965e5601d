"""Delimited files through DuckDB: every column as text, broken lines set aside, zip archives unpacked, UTF-8 or Latin-1."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from armillary.errors import InputError
from armillary.sources.values.country import read_country

SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Opened:
    """A delimited file as view ``name``: all columns text plus ``_line`` (its line in the file); ``broken`` lines as (line, message)."""

    name: str
    path: Path
    columns: tuple[str, ...]
    broken: tuple[tuple[int, str], ...]

    def column(self, *names: str) -> str | None:
        """The first of ``names`` that the file has (case and spaces do not matter), quoted for SQL."""
        folded = {c.strip().casefold().replace(" ", "_"): c for c in self.columns}
        found = next((folded[n] for n in names if n in folded), None)
        return None if found is None else '"' + found.replace('"', '""') + '"'


def connect(temporary: Path) -> duckdb.DuckDBPyConnection:
    """A connection that keeps the order of lines and spills to ``temporary``."""
    return duckdb.connect(config={"temp_directory": str(temporary), "preserve_insertion_order": True})


def is_delimited(path: Path) -> bool:
    """Whether the name says CSV, TSV or text, plain, gzipped or zipped."""
    return Path(path.name.lower().removesuffix(".gz").removesuffix(".zip")).suffix in SUFFIXES


def open_file(con: duckdb.DuckDBPyConnection, name: str, path: Path, temporary: Path) -> Opened:
    """Read ``path`` into table ``name``; :class:`InputError` if it is no delimited file with a header."""
    source = _unpacked(path, temporary)
    comma = _separator(source, path)
    options = f"delim='{comma}', quote='\"', header=true, all_varchar=true, ignore_errors=true, store_rejects=true, strict_mode=false, "
    options += "null_padding=true"
    for encoding in ("utf-8", "latin-1"):
        con.execute("DROP TABLE IF EXISTS reject_errors")
        con.execute("DROP TABLE IF EXISTS reject_scans")
        try:
            con.execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT *, row_number() OVER () + 1 AS _line "
                f"FROM read_csv(?, {options}, encoding='{encoding}')",
                [str(source)],
            )
        except duckdb.Error as error:
            if encoding == "utf-8" and "encod" in str(error).casefold():
                continue
            text = str(error).split("\n")[0]
            fix = "give CSV, TSV or pipe-separated text with a header"
            raise InputError(f"cannot be read as a table: {text}", where=path, fix=fix) from None
        wrong = con.execute("SELECT line, error_message FROM reject_errors ORDER BY line").fetchall()
        if encoding == "utf-8" and any("encod" in m.casefold() or "unicode" in m.casefold() for _, m in wrong):
            continue
        break
    columns = tuple(c[0] for c in con.execute(f"DESCRIBE {name}").fetchall() if c[0] != "_line")
    broken = tuple((int(line), str(message)) for line, message in wrong)
    return Opened(name, path, columns, broken)


def _separator(source: Path, path: Path) -> str:
    """The separator that the header line has most of."""
    with gzip.open(source) if source.suffix.lower() == ".gz" else source.open("rb") as stream:
        header = stream.readline(1 << 20).decode("utf-8", errors="replace")
    if not header.strip():
        raise InputError("the file is empty", where=path, fix="give CSV, TSV or pipe-separated text with a header")
    return max("\t|;,", key=header.count)


def _unpacked(path: Path, temporary: Path) -> Path:
    if not path.is_file():
        raise InputError("there is no such file", where=path, fix="check the path")
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                inside = [n for n in archive.namelist() if Path(n).suffix.lower() in SUFFIXES]
                if len(inside) != 1:
                    what = f"the archive holds {len(inside)} tables, one is needed"
                    raise InputError(what, where=path, fix="unpack it and give the table")
                target = temporary / f"{hashlib.sha256(str(path).encode()).hexdigest()[:12]}{Path(inside[0]).suffix}"
                with archive.open(inside[0]) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
            return target
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as stream:
                stream.read(1)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise InputError(f"the archive is damaged ({error})", where=path, fix="fetch it again") from None
    return path


def arrow(con: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """The rows of a query."""
    found: pa.Table = con.sql(query).to_arrow_table()
    return found


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def text(column: str | None) -> str:
    """SQL for a trimmed column, null where blank or where the file has no such column."""
    return "CAST(NULL AS VARCHAR)" if column is None else f"nullif(trim({column}), '')"


POINT_SQL = """
    CASE WHEN abs(lat) <= 90 AND abs(lon) <= 180 AND NOT (lat = 0 AND lon = 0) THEN {axis} END
"""
"""A coordinate where both are on the globe and not the (0, 0) of a missing point."""


def countries(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make table ``country_of (given, code)`` for the texts in column ``country`` of ``table``: ISO alpha-2, or null if not known."""
    given = [r[0] for r in con.execute(f"SELECT DISTINCT country FROM {table} WHERE country IS NOT NULL ORDER BY 1").fetchall()]
    codes: list[tuple[str, str | None]] = [(g, read_country(g).value) for g in given]
    con.execute("CREATE OR REPLACE TABLE country_of (given VARCHAR, code VARCHAR)")
    if codes:
        con.executemany("INSERT INTO country_of VALUES (?, ?)", codes)
