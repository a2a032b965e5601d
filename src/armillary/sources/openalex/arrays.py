"""Small things done to columns of numbers and texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Indices = npt.NDArray[np.int64]


def newest_in_order(works: pa.Table) -> Indices:
    """Row numbers sorted by work; of several records of one work the one with the newest ``updated_date``, then the first."""
    numbers = works["work_id"].to_numpy()
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    if not (ordered[1:] == ordered[:-1]).any():
        return order
    updated = pa.table(
        {
            "work_id": works["work_id"],
            "updated": pc.fill_null(works["updated_date"], ""),
            "row": np.arange(works.num_rows),
        }
    )
    newest = pc.sort_indices(updated, sort_keys=[("work_id", "ascending"), ("updated", "descending"), ("row", "ascending")]).to_numpy()
    ordered = numbers[newest]
    first: Indices = newest[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    return first


def hashes(texts: Sequence[str | None]) -> pa.Array:
    """First 8 bytes of the SHA-256 of each text as a signed integer."""
    sha256 = hashlib.sha256
    known: dict[str | None, bytes] = {t: sha256(t.encode()).digest()[:8] for t in set(texts) if t is not None}
    known[None] = b"\0" * 8
    values = np.frombuffer(b"".join([known[t] for t in texts]), dtype=">i8").astype(np.int64)
    return pa.array(values, mask=np.fromiter((t is None for t in texts), dtype=bool, count=len(texts)))


def small(numbers: pa.Array, kind: pa.DataType) -> pa.Array:
    """``numbers`` as a narrower integer type; what does not fit becomes null."""
    try:
        return numbers.cast(kind)
    except pa.ArrowInvalid:
        top = 2 ** (kind.bit_width - 1)
        return pc.if_else(pc.less(numbers, top), numbers, None).cast(kind)
