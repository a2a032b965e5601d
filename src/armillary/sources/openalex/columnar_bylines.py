"""Bylines of a batch of leaf columns: which lists were cut, and authors who stand on two lines; the rules are those of :mod:`.bylines`."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex import bylines
from armillary.sources.openalex.arrays import Indices
from armillary.sources.openalex.columnar_authors import lengths


def lists_of_authors(batch: pa.RecordBatch) -> tuple[Indices, npt.NDArray[np.bool_], int]:
    """``(authors that each record lists, whether the list was cut, how many were without saying so)``. A part of a snapshot is no list."""
    lists = batch.column("authorships")
    n = lengths(lists)
    said, counted, institutions, countries = (
        batch.column(name) if name in batch.schema.names else pa.nulls(len(lists))
        for name in ("is_authors_truncated", "authors_count", "institutions_distinct_count", "countries_distinct_count")
    )
    cut = np.zeros(len(lists), dtype=np.bool_)
    flagged = pc.fill_null(said.cast(pa.bool_()), False).to_numpy(zero_copy_only=False)
    more = pc.fill_null(counted.cast(pa.int64()), 0).to_numpy(zero_copy_only=False) > n
    silently = 0
    for k in np.flatnonzero(flagged | more | (n == bylines.LISTED)).tolist():
        seen = bylines.shown(lists[k].as_py() or ()) if n[k] == bylines.LISTED else (0, 0)
        cut[k] = bylines.is_cut(
            int(n[k]),
            said=said[k].as_py(),
            counted=counted[k].as_py(),
            is_list=False,
            institutions=(institutions[k].as_py(), seen[0]),
            countries=(countries[k].as_py(), seen[1]),
        )
        silently += bool(cut[k]) and n[k] == bylines.LISTED and not flagged[k]
    return n, cut, int(silently)


def with_authors_once(batch: pa.RecordBatch, quirks: Counter[str]) -> pa.RecordBatch:
    """The batch with an author who stands on two lines of a byline on one."""
    lists = batch.column("authorships")
    link = pc.struct_field(lists.flatten(), ["author", "id"])
    row = np.repeat(np.arange(len(lists)), lengths(lists))[link.is_valid().to_numpy(zero_copy_only=False)]
    code = link.drop_null().dictionary_encode().indices.to_numpy().astype(np.int64)
    if not len(code):
        return batch
    key = np.sort(row * (code.max() + 1) + code)
    rows = np.unique(key[1:][key[1:] == key[:-1]] // (code.max() + 1))
    if not len(rows):
        return batch
    fixed = []
    for authorships in lists.take(pa.array(rows)).to_pylist():
        kept, joined, other = bylines.once(authorships)
        quirks["author-twice"] += joined
        quirks["author-twice-other-name"] += other
        fixed.append(kept)
    order = np.arange(len(lists))
    order[rows] = len(lists) + np.arange(len(rows))
    changed = pa.concat_arrays([lists, pa.array(fixed, lists.type)]).take(pa.array(order))
    return batch.set_column(batch.schema.get_field_index("authorships"), batch.schema.field("authorships"), changed)
