"""What one part file gives, whichever reader reads it: accepted and rejected records, segments of tables, oddities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import parquet, schema
from armillary.sources.openalex import ids
from armillary.sources.openalex.entities import LETTERS, Row, own_row
from armillary.sources.openalex.mentions import Mentions
from armillary.sources.openalex.plan import Part
from armillary.sources.openalex.records import Entity
from armillary.sources.openalex.segment import Segment
from armillary.sources.rejects import Rejects

AUTHORS_A_SEGMENT = 400_000
AUTHORS_A_BATCH = 4096
"""Rows become Arrow columns so many at a time: a row is 60 bytes there, and 800 as a dictionary."""
Report = Callable[[int, int], None]
"""Called with bytes and records read since the last call."""


@dataclass
class Result:
    """What one part file gave. ``state`` is ``new``, ``staged`` (done by an interrupted run), ``known`` (in the observatory already) or
    ``left out`` (it cannot be read, for ``reason``).

    ``network_n``: bytes that came over the network for it in this run.
    """

    sha256: str
    bytes_n: int
    state: str = "new"
    records_n: int = 0
    superseded_n: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    quirks: dict[str, int] = field(default_factory=dict)
    newest: str | None = None
    segments: int = 0
    network_n: int = 0
    reason: str = ""

    @property
    def rejected_n(self) -> int:
        """Records that were not kept; they stand in ``reject.parquet`` beside the segments."""
        return sum(self.rejected.values())

    def label(self, number: int) -> str:
        """Name of the file's segment ``number`` in every table."""
        return f"{self.sha256[:12]}-{number:04d}"


class Gathered:
    """What is read of one part file, on its way to staged tables: records accepted or rejected, segments written when they are full."""

    def __init__(self, part: Part, folder: Path, result: Result, abstracts: bool, report: Report) -> None:
        self.part = part
        self.folder = folder
        self.result = result
        self.abstracts = abstracts
        self.report = report
        self.quirks: Counter[str] = Counter()
        self.rejects = Rejects()
        self.mentions = Mentions()
        self.rows: list[tuple[str, Row, list[int]]] = []
        self.authors: list[Row] = []
        self.author_batches: list[pa.RecordBatch] = []
        self.n_authors = 0
        self.has_tables = False
        self.is_list = False
        """Whether the record at hand came from a list of the API."""

    def accepted(self, line: int, link: str | None) -> int | None:
        """The number of a record with an unusual id; None if the record is rejected."""
        number, letters = ids.number(link), LETTERS[self.part.entity]
        if number is None or link is None:
            self.reject(line, "no-id", f"id is {link!r}"[:200])
        elif (letter := link.rstrip("/").rpartition("/")[2][:1].upper()) not in letters and not letter.isdigit():
            self.reject(line, "other-entity", f"id is {link!r}"[:200])
        else:
            self.quirks["unusual-id"] += not link.startswith("https://openalex.org/" + letters[0])
            return number
        return None

    def reject(self, line: int, reason: str, detail: str) -> None:
        """Note a record that cannot be used."""
        self.rejects.append((line, reason, detail))

    def write_segment(self, segment: Segment) -> None:
        """Write the tables of a segment, which is empty then."""
        self.result.superseded_n += segment.finish(self._write)
        self._next_segment()

    def _write(self, name: str, table: pa.Table) -> None:
        path = self.folder / name / f"{self.result.label(self.result.segments)}.parquet"
        path.parent.mkdir(exist_ok=True)
        parquet.write(name, table, path)
        self.has_tables = True
        if name == "work":
            newest = pc.max(table["updated_date"]).as_py()
            self.result.newest = max(self.result.newest or "", newest or "") or None

    def _next_segment(self) -> None:
        self.result.segments += self.has_tables
        self.has_tables = False
        pa.default_memory_pool().release_unused()  # else the next segment comes on top of what the allocator kept

    def entities(self, records: Iterable[tuple[int, Entity]]) -> None:
        """Take over own records."""
        for number, record in records:
            if record.entity_type:
                self.quirks["search-suggestion"] += 1
            table, row, above = own_row(self.part.entity, number, record)
            if row["updated_date"]:
                self.result.newest = max(self.result.newest or "", row["updated_date"])
            if table == "author":
                self._author(row)
            else:
                self.rows.append((table, row, above))

    def _author(self, row: Row) -> None:
        self.authors.append(row)
        self.n_authors += 1
        if len(self.authors) >= AUTHORS_A_BATCH:
            self._author_batch()
        if self.n_authors >= AUTHORS_A_SEGMENT:
            self.author_segment()

    def _author_batch(self) -> None:
        self.author_batches.append(pa.RecordBatch.from_pylist(self.authors, schema=schema.table("author").schema))
        self.authors = []

    def author_segment(self) -> None:
        """Write the authors gathered so far, the newest record of each."""
        self._author_batch()
        table = pa.Table.from_batches(self.author_batches)
        self.author_batches, self.n_authors = [], 0
        if not table.num_rows:
            return
        order = pc.sort_indices(table, sort_keys=[("author_id", "ascending"), ("updated_date", "descending")]).to_numpy()
        numbers = table["author_id"].to_numpy()[order]
        first = np.concatenate([[True], numbers[1:] != numbers[:-1]])
        self.result.superseded_n += int(len(first) - first.sum())
        self._write("author", table.take(pa.array(order[first])))
        self._next_segment()
