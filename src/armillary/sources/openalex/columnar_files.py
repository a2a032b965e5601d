"""Files of the native Parquet snapshot: what is read of them, which records are refused, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import ids, leaves
from armillary.sources.openalex.bylines import NOBODY
from armillary.sources.openalex.columnar import ColumnarSegment
from armillary.sources.openalex.columnar_checks import wrong_rows
from armillary.sources.openalex.entities import LETTERS
from armillary.sources.openalex.gather import Gathered
from armillary.sources.openalex.records import Entity

ROWS = 8192
"""Works at a time."""
_NOTHING_WRONG: Mapping[int, str] = MappingProxyType({})


def read_into(into: Gathered) -> None:
    """Read the part of ``into`` into its segments or rows."""
    path = into.part.path
    file = leaves.open_file(path)
    try:
        if into.part.entity == "works":
            _works(into, file, path)
        else:
            for batch in leaves.batches(file, _entity_leaves(file), ROWS):
                before = into.result.records_n
                into.entities(_entities(into, batch))
                into.report(0, into.result.records_n - before)
    except leaves.FAULTS as error:
        raise leaves.damaged(path, error) from error


def _works(into: Gathered, file: Any, path: Path | RemoteFile) -> None:
    wanted = (*leaves.WORKS, leaves.ABSTRACT) if into.abstracts else leaves.WORKS
    paths = leaves.find(file, wanted, leaves.WORKS_IF_THERE, path)
    mine, everything = leaves.leaf_bytes(file, paths)
    into.quirks.update({"leaf-bytes": mine, "leaf-bytes-of-file": everything, "generation:2026-parquet": file.metadata.num_rows})
    segment = ColumnarSegment(into.mentions, into.quirks, abstracts=into.abstracts)
    primary = leaves.Later(file, leaves.find(file, (), leaves.PRIMARY, path), ROWS)
    for index, batch in enumerate(leaves.batches(file, paths, ROWS)):
        numbers = _ids(into, batch.column("id"), "W", wrong_rows(batch))
        rows = pa.array([k for k, n in enumerate(numbers) if n is not None], pa.int64())
        if len(rows) < len(batch):
            batch = batch.take(rows)
        segment.add_batch(batch, [n for n in numbers if n is not None], partial(_taken, primary, index, rows))
        if segment.is_full:
            into.write_segment(segment)
        into.report(0, len(numbers))
    if primary.is_read:
        into.quirks["leaf-bytes"] += leaves.leaf_bytes(file, sorted({*primary.paths} - {*paths}))[0]
    into.report(path.stat().st_size, 0)
    into.write_segment(segment)


def _taken(primary: leaves.Later, index: int, rows: pa.Array) -> pa.Array:
    return primary.batch(index).column("primary_topic").take(rows)


def _ids(into: Gathered, links: pa.Array, letters: str, wrong: Mapping[int, str] = _NOTHING_WRONG) -> list[int | None]:
    """Ids of records, None where there is none of this kind or where the record is ``wrong`` (its row to why); those are rejected."""
    first = into.result.records_n + 1
    into.result.records_n += len(links)
    found, _ = ids.numbers(links, letters)
    numbers: list[int | None] = found.to_pylist()
    usual = pc.fill_null(pc.starts_with(links, f"https://openalex.org/{letters[0]}"), False)
    odd = np.flatnonzero(~pc.and_(usual, found.is_valid()).to_numpy(zero_copy_only=False))
    for k in sorted({*odd.tolist(), *wrong}):
        if k in wrong:
            into.reject(first + k, "wrong-type", wrong[k])
            numbers[k] = None
        else:
            numbers[k] = into.accepted(first + k, links[k].as_py())
    if nobody := NOBODY.get(into.part.entity):
        for k in np.flatnonzero(pc.is_in(found, value_set=pa.array(sorted(nobody), pa.int64())).to_numpy(zero_copy_only=False)).tolist():
            if numbers[k] is not None:
                into.reject(first + k, "placeholder", f"{links[k].as_py()} stands for no record of its own")
                numbers[k] = None
    return numbers


def _entities(into: Gathered, batch: pa.RecordBatch) -> Iterator[tuple[int, Entity]]:
    for number, row in zip(_ids(into, batch.column("id"), LETTERS[into.part.entity]), batch.to_pylist(), strict=True):
        if number is not None:
            yield number, msgspec.convert({k: _text(v) if k.startswith("updated") else v for k, v in row.items()}, Entity, strict=False)


def _entity_leaves(file: Any) -> list[str]:
    """Leaves of the columns that records of entities need."""
    names = {f.encode_name for f in msgspec.structs.fields(Entity)}
    every = (file.schema.column(k).path for k in range(len(file.schema)))
    return [path for path in every if path.split(".")[0] in names]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else value.isoformat()
