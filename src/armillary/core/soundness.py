"""Whether the files of a generation are what was written: by size, by footer, or byte by byte.

The engine does not look at the checksums of pages, so a bit that flipped on the disk would be a wrong number in silence. Therefore a table
is compared with its digests before it is first read; CRC-32 for its speed (about 3 GB a second and core), SHA-256 where all is checked.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from armillary.core import schema
from armillary.core.generations import FileEntry, Tables
from armillary.errors import StoreError

How = Literal["footers", "crc", "bytes"]
AT_ONCE = 4 * 2**30
"""Tables up to this size are compared whole before they are first read; of larger ones, files of this size, spread over the table."""
_OLD = "was written by another version of armillary"
_INGESTS = {
    "ror": "ror",
    "ror_parent": "ror",
    "patent": "patents",
    "inventor": "patents",
    "patent_citation": "patents",
    "deal": "deals",
    "policy_document": "policy",
    "policy_citation": "policy",
    "series": "series",
    "pair_series": "collaboration",
    "contribution": "contributions",
}
"""Which ingest fills a table; OpenAlex where it is not named."""
_BLOCK = 2**20
_NAME = re.compile(r"(?:[0-9a-f]{12}-\d{4,}-([0-9a-f]{16})|([0-9a-f]{32}))\.parquet")


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not what was written."""

    table: str
    file: str
    what: str

    @property
    def is_old(self) -> bool:
        """Whether the file is whole, and of an older (or newer) version's schema."""
        return self.what.startswith(_OLD)

    def error(self, folder: Path) -> StoreError:
        """One line that names the file, its table and what to do."""
        if self.is_old:
            kind = _INGESTS.get(self.table, "openalex")
            fix = f"re-ingest its source into a new folder with: armillary ingest {kind} SOURCE --into FOLDER"
            return StoreError(f"table '{self.table}' {self.what}", where=folder, fix=fix)
        what = f"the file is damaged ({self.what}); it is part of table '{self.table}'"
        return StoreError(what, where=folder / "core" / self.table / self.file, fix=f"mend it with: armillary repair --into {folder}")


def damages(folder: Path, tables: Tables, how: How) -> Iterator[Damage]:
    """All files of a generation that are not sound, in order."""
    todo = [(t, e) for t, entries in tables.items() for e in entries]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for (table, entry), what in zip(todo, pool.map(lambda te: fault(folder, te[0], te[1], how), todo), strict=True):
            if what is not None:
                yield Damage(table, entry.name, what)


def require(folder: Path, table: str, entries: Iterable[FileEntry]) -> None:
    """:class:`~armillary.errors.StoreError` if a file of a table that is about to be read is not sound."""
    there = tuple(entries)
    for damage in damages(folder, {table: tuple(chosen(there))}, "crc"):
        raise damage.error(folder)
    for entry in there[:1]:
        if (old := _other_schema(folder / "core" / table / entry.name, table)) is not None:
            raise Damage(table, entry.name, old).error(folder)


def chosen(entries: tuple[FileEntry, ...], budget: int = AT_ONCE) -> list[FileEntry]:
    """All entries, or of a large table every n-th, so that they have about ``budget`` bytes together."""
    total = sum(e.size for e in entries)
    return list(entries[:: max(1, -(-total // budget))])


def fault(folder: Path, table: str, entry: FileEntry, how: How) -> str | None:
    """What is wrong with a file; None if nothing is."""
    path = folder / "core" / table / entry.name
    try:
        size = path.stat().st_size
        if size != entry.size:
            return f"it has {size:,} bytes instead of {entry.size:,}"
        if how == "footers":
            return _footer_fault(path, table, entry)
        if how == "crc" and entry.crc32 is not None:
            return None if crc32(path) == entry.crc32 else "its bytes are not those that were written"
        return _bytes_fault(path, entry)
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"


def _footer_fault(path: Path, table: str, entry: FileEntry) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        meta = pq.read_metadata(path)
        names, rows = meta.schema.to_arrow_schema().names, meta.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        return f"its footer cannot be read: {' '.join(str(error).split())[:200]}"
    if rows != entry.rows:
        return "its footer names other rows"
    return _difference(names, table)


def _other_schema(path: Path, table: str) -> str | None:
    """How the columns of a file differ from the table's; None if they do not, or if its footer cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _difference(pq.read_schema(path).names, table)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _difference(names: list[str], table: str) -> str | None:
    wanted = schema.table(table).schema.names
    if names == wanted:
        return None
    lost, more = [n for n in wanted if n not in names], [n for n in names if n not in wanted]
    parts = [f"no column {', '.join(lost[:3])}"] if lost else []
    parts += [f"a column {', '.join(more[:3])} that is unknown here"] if more else []
    return f"{_OLD} ({'; '.join(parts) or 'columns in another order'})"


def _bytes_fault(path: Path, entry: FileEntry) -> str | None:
    digest, _ = digests(path)
    found = _NAME.fullmatch(entry.name)
    expected = entry.sha256 or (found and (found[1] or found[2])) or ""
    return None if digest.startswith(expected) else "its bytes are not those that were written"


def digests(path: Path) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and CRC-32 of a file, read once."""
    sha, crc = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            crc = zlib.crc32(block, crc)
    return sha.hexdigest(), crc


def crc32(path: Path) -> int:
    """CRC-32 of a file."""
    crc = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            crc = zlib.crc32(block, crc)
    return crc
