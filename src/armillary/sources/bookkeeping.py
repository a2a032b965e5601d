"""What every ingest writes beside its records: one manifest row a file, one row a refused record, counts of oddities."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core.schema import table as table_of
from armillary.core.store import Transaction
from armillary.sources.files import file_hash
from armillary.sources.rejects import Reject, Rejects

_LONGEST_DETAIL = 200
_A_PIECE = 20_000
"""Rejects written at a time."""
_Row = tuple[str, str, int, str, str]
"""A row of table ``reject``."""


@dataclass(slots=True)
class FileLog:
    """What became of the records of one file. ``records`` = ``kept`` + ``superseded`` + rejects, where the source counts records.

    ``name`` is the path below the folder that was given; ``layout`` what the file was taken for.
    """

    path: Path
    name: str
    layout: str | None = None
    records: int = 0
    kept: int = 0
    superseded: int = 0
    rejects: Rejects = field(default_factory=Rejects)
    quirks: Counter[str] = field(default_factory=Counter)

    def reject(self, line: int, reason: str, detail: object = "") -> None:
        """Note a record that is not kept: where it stands, a code, and what it says."""
        self.rejects.append((line, reason, " ".join(str(detail if detail is not None else "").split())[:_LONGEST_DETAIL]))

    @property
    def reasons(self) -> Counter[str]:
        """Rejects by reason."""
        return self.rejects.reasons


def reasons_of(files: Iterable[FileLog]) -> dict[str, int]:
    """Rejects of all files by reason, in the order of the alphabet."""
    total: Counter[str] = Counter()
    for file in files:
        total.update(file.reasons)
    return dict(sorted(total.items()))


def examples(files: Iterable[FileLog]) -> list[str]:
    """One line a reason: how often, and where it was met first (``3 doi-malformed, such as line 7 of a.csv: 'nature12373'``)."""
    first: dict[str, str] = {}
    total: Counter[str] = Counter()
    for file in files:
        total.update(file.reasons)
        for reason, (line, _, detail) in file.rejects.first.items():
            first.setdefault(reason, f"line {line} of {file.name}" + (f": '{detail[:60]}'" if detail else ""))
    return [f"{n:,} {reason}, such as {first[reason]}" for reason, n in sorted(total.items(), key=lambda c: (-c[1], c[0]))]


def write_log(
    txn: Transaction, entity: str, files: Sequence[FileLog], *, fresh: bool = False, also: Callable[[str], bool] = lambda _: False
) -> None:
    """Put ``files`` into the tables ``manifest``, ``reject`` and ``quirk``, in place of what they say of the same files.

    With ``fresh`` everything that they say of ``entity`` goes; ``also`` tells of the name of another file whether it goes as well.
    """
    names = {f.name for f in files}
    rows: dict[str, list[dict[str, Any]]] = {"manifest": [], "quirk": []}
    for file in sorted(files, key=lambda f: f.name):
        about = {"entity": entity, "file": file.name}
        counts = {"records_n": file.records, "kept_n": file.kept, "superseded_n": file.superseded, "rejected_n": len(file.rejects)}
        origin = {"file_sha256": file_hash(file.path), "bytes_n": file.path.stat().st_size, "schema_generation": file.layout}
        rows["manifest"].append(about | origin | counts)
        rows["quirk"] += [about | {"quirk": q, "occurrences_n": n} for q, n in sorted(file.quirks.items()) if n]

    def stays(kind: str, file: str) -> bool:
        return kind != entity or not (fresh or file in names or also(file))

    for table, new in rows.items():
        earlier = [r for r in txn.read(table).to_pylist() if stays(r["entity"], r["file"])]
        txn.replace(table, pa.Table.from_pylist([*earlier, *new], schema=table_of(table).schema))
    write_rejects(txn, stays, [(entity, f.name, f.rejects) for f in files])


def write_rejects(txn: Transaction, stays: Callable[[str, str], bool], new: Sequence[tuple[str, str, Iterable[Reject]]]) -> None:
    """Table ``reject``: earlier rows whose entity and file ``stays``, and ``new`` ones (entity, file, rejects by line)."""
    spec = table_of("reject").schema
    by_file = groupby(sorted(new, key=lambda one: one[:2]), key=lambda one: one[:2])
    fresh = chain.from_iterable(heapq.merge(*(_named(*one) for one in same)) for _, same in by_file)  # one file after the other
    rows = heapq.merge(_earlier(txn, stays), fresh, key=lambda row: (*row[:4], row[4] or ""))

    def pieces() -> Iterator[pa.Table]:
        while piece := list(islice(rows, _A_PIECE)):
            columns = zip(*piece, strict=True)
            yield pa.table([pa.array(c, f.type) for c, f in zip(columns, spec, strict=True)], schema=spec)

    txn.replace_in_order("reject", pieces())


def _named(entity: str, file: str, rejects: Iterable[Reject]) -> Iterator[_Row]:
    return ((entity, file, *reject) for reject in rejects)


def _earlier(txn: Transaction, stays: Callable[[str, str], bool]) -> Iterator[_Row]:
    for path in txn.sound_files("reject"):
        for batch in pq.ParquetFile(path).iter_batches(_A_PIECE):
            for row in zip(*(batch.column(n).to_pylist() for n in table_of("reject").schema.names), strict=True):
                if stays(row[0], row[1]):
                    yield row
