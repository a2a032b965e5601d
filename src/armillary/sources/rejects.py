"""Records that were not kept, in bounded memory: half of the rows of a table of applicants may be no inventors."""

from __future__ import annotations

import heapq
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

Reject = tuple[int, str, str]
"""Line (or number of the record), reason, and what it says."""

HELD = 50_000
"""Rejects in memory at a time; more wait in a temporary file."""
_A_READ = 500
_A_WRITE = 20_000
REJECTS = "reject.parquet"
"""What the rejects of a part file are called beside its segments."""
_COLUMNS = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("detail", pa.string())])


class Rejects:
    """Rejects of one file. Counts and the first of each reason stay; rows beyond :data:`HELD` go to a temporary file, sorted in pieces."""

    def __init__(self, rows: Iterable[Reject] = ()) -> None:
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, Reject] = {}
        self._held: list[Reject] = []
        self._file: IO[bytes] | None = None
        self._pieces: list[list[tuple[int, int]]] = []
        for row in rows:
            self.append(row)

    def append(self, row: Reject) -> None:
        """Note one more."""
        self.reasons[row[1]] += 1
        self.first.setdefault(row[1], row)
        self._held.append(row)
        if len(self._held) >= HELD:
            self._put_away()

    def __len__(self) -> int:
        return self.reasons.total()

    def __iter__(self) -> Iterator[Reject]:
        """All, by line, reason and what they say; each only once it is asked for."""
        if not self._pieces:
            return iter(sorted(self._held))
        return heapq.merge(*(self._piece(at) for at in self._pieces), sorted(self._held))

    def save(self, path: Path) -> None:
        """Write them to a Parquet file (:func:`saved` reads it); no file if there are none."""
        if not len(self):
            return
        rows = iter(self)
        with pq.ParquetWriter(path, _COLUMNS) as out:
            while piece := list(islice(rows, _A_WRITE)):
                columns = zip(zip(*piece, strict=True), _COLUMNS, strict=True)
                out.write_table(pa.Table.from_arrays([pa.array(c, f.type) for c, f in columns], schema=_COLUMNS))

    def _put_away(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the rejects)
            weakref.finalize(self, self._file.close)
        self._held.sort()
        self._file.seek(0, 2)
        piece = []
        for low in range(0, len(self._held), _A_READ):
            written = msgspec.msgpack.encode(self._held[low : low + _A_READ])
            piece.append((self._file.tell(), len(written)))
            self._file.write(written)
        self._pieces.append(piece)
        self._held = []

    def _piece(self, parts: list[tuple[int, int]]) -> Iterator[Reject]:
        assert self._file is not None
        for at, length in parts:
            self._file.seek(at)
            yield from msgspec.msgpack.decode(self._file.read(length), type=list[Reject])


def saved(path: Path) -> Iterator[Reject]:
    """The rejects in a file of :meth:`Rejects.save`, in order."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_A_WRITE):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
