"""A segment of works: batches of rows are gathered, and given back as sorted Arrow tables, one for ``work`` and each that hangs on it.

What reads records (:mod:`.works`) or leaf columns (:mod:`.columnar`) fills it; what makes a table right (order, distinct rows, references
without self-loops, the newest version of a work) is written once, here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.sources.openalex import bylines, ids
from armillary.sources.openalex.abstracts import plain_text
from armillary.sources.openalex.arrays import Indices, newest_in_order
from armillary.sources.openalex.mentions import Mentions

SEGMENT_WORKS = 100_000
SEGMENT_ROWS = 8_000_000
"""A segment ends when it has that many works, or rows in all tables together (a file of giant author lists)."""

_UNORDERED = ("work_topic", "work_sdg", "work_citation_year")
"""Tables whose rows a record may list in any order."""
_SCHEMAS = {name: table.schema for name, table in schema.TABLES.items()}


class Segment:
    """Rows of works, their place in the segment, and what was odd about them (``quirks``)."""

    def __init__(self, mentions: Mentions, quirks: Counter[str], *, abstracts: bool = False) -> None:
        self._mentions = mentions
        self.quirks = quirks
        self._abstracts = abstracts
        self._chunks: dict[str, list[tuple[pa.RecordBatch, Indices]]] = {}
        self.n_works = 0
        self.n_rows = 0

    @property
    def is_full(self) -> bool:
        """Time to call :meth:`finish`."""
        return self.n_works + self._n_waiting >= SEGMENT_WORKS or self.n_rows >= SEGMENT_ROWS

    @property
    def _n_waiting(self) -> int:
        """Works that were added and are no rows yet."""
        return 0

    def _flush(self) -> None:
        """Make rows of what waits."""

    def finish(self, write: Callable[[str, pa.Table], None]) -> int:
        """Hand the segment's tables (schema of core, sorted by key) to ``write``, one after the other, so that one at a time is in memory
        twice. Returns how many records were replaced by newer ones of the same work. Empties the segment.
        """
        self._flush()
        if not self.n_works:
            return 0
        chunks, self._chunks, self.n_works, self.n_rows = self._chunks, {}, 0, 0
        works = pa.Table.from_batches([b for b, _ in chunks["work"]])
        order = newest_in_order(works)
        rank = np.full(works.num_rows, -1, dtype=np.int64)
        rank[order] = np.arange(len(order))
        del chunks["work"]
        kept = works.take(pa.array(order))
        replaced: int = works.num_rows - kept.num_rows
        del works
        years = kept["year"].combine_chunks()
        work_ids = kept["work_id"].to_numpy()
        write("work", kept.cast(_SCHEMAS["work"]))
        del kept
        for name in list(chunks):
            parts = chunks.pop(name)
            table = pa.Table.from_batches([b for b, _ in parts])
            owner = rank[np.concatenate([o for _, o in parts])]
            if name == "citation":
                del parts
                found = self._citations(owner, table["cited_id"].to_numpy(), work_ids, years)
                if found.num_rows:
                    write(name, found.cast(_SCHEMAS[name]))
                continue
            rows = np.flatnonzero(owner >= 0)
            if not len(rows):
                continue  # all belong to versions that were replaced
            second = schema.table(name).key[1:2]
            if name in _UNORDERED:
                place = (owner[rows] << 33) + table[second[0]].to_numpy()[rows].astype(np.int64) + (1 << 31)
                inner = np.argsort(place, kind="stable")
                distinct = np.concatenate([[True], np.diff(place[inner]) != 0])
                self.quirks["duplicate-row"] += int(len(distinct) - distinct.sum())
                rows = rows[inner[distinct]]
            else:
                rows = rows[np.argsort(owner[rows], kind="stable")]
            del parts
            table = table.take(pa.array(rows))
            table = table.add_column(0, "work_id", pa.array(work_ids[owner[rows]]))
            write(name, table.select(schema.table(name).columns).cast(_SCHEMAS[name]))
            del table
        return replaced

    def _citations(self, citing: Indices, cited: Indices, work_ids: Indices, years: pa.Array) -> pa.Table:
        """Sorted, distinct references without self-loops; place in the segment and cited id are packed into one integer to sort fast."""
        packed = citing << 44 | cited
        packed = packed[(citing >= 0) & (cited < 1 << 44)]
        n = len(packed)
        packed.sort()
        packed = packed[np.concatenate([[True], packed[1:] != packed[:-1]])] if n else packed
        self.quirks["duplicate-reference"] += n - len(packed)
        citing, cited = packed >> 44, packed & ((1 << 44) - 1)
        apart = work_ids[citing] != cited
        self.quirks["self-citation"] += int(len(apart) - np.count_nonzero(apart))
        citing, cited = citing[apart], cited[apart]
        return pa.table({"citing_id": work_ids[citing], "cited_id": cited, "citing_year": years.take(pa.array(citing))})

    def _keep(self, name: str, columns: dict[str, pa.Array], owner: Indices) -> None:
        """Add rows; ``owner`` is the place of each row's work in the segment. Rows with a null in a required column are dropped."""
        spec = _SCHEMAS[name]
        typed = [c if c.type == (kind := spec.field(n).type) else c.cast(kind) for n, c in columns.items()]
        batch = pa.RecordBatch.from_arrays(typed, names=list(columns))
        solid = None
        for column_name, column in columns.items():
            if not spec.field(column_name).nullable and column.null_count:
                solid = column.is_valid() if solid is None else pc.and_(solid, column.is_valid())
        if solid is not None:
            batch, owner = batch.filter(solid), owner[solid.to_numpy(zero_copy_only=False)]
        if batch.num_rows:
            self._chunks.setdefault(name, []).append((batch, owner))
            self.n_rows += batch.num_rows

    def numbers_of(self, links: Sequence[str | None] | pa.Array, letters: str, what: str) -> pa.Array:
        """Ids as integers; what is no id becomes null and is counted as a quirk of ``what``."""
        found, odd = ids.numbers(links, letters)
        if odd:
            self.quirks[f"odd-id-{what}"] += odd
        return found

    def people(self, numbers: pa.Array) -> tuple[pa.Array, list[int]]:
        """Author ids without those that stand for nobody, which are null then; and where these were."""
        nobody = bylines.is_nobody("authors", numbers)
        if not nobody.any():
            return numbers, []
        self.quirks["placeholder-author"] += int(nobody.sum())
        return pc.if_else(pa.array(nobody), None, numbers), np.flatnonzero(nobody).tolist()

    def cited(self, numbers: pa.Array) -> pa.Array:
        """Cited works without the record that stands for deleted ones."""
        nobody = bylines.is_nobody("works", numbers)
        if not nobody.any():
            return numbers
        self.quirks["placeholder-reference"] += int(nobody.sum())
        return pc.if_else(pa.array(nobody), None, numbers)

    def _abstract_of(self, text: bytes, index: bytes) -> str | None:
        try:
            return plain_text(text, index)
        except (msgspec.MsgspecError, RecursionError):
            self.quirks["bad-abstract"] += 1
            return None
