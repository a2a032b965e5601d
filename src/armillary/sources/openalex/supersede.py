"""A record that is here twice keeps its newest version; the older one leaves its segment, and only that segment is written again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from armillary.core import parquet, schema
from armillary.core.store import segment_label

KEYS = {"citation": "citing_id"}
"""Column that names the owner in tables where it is not called like the owner's key."""

Segments = dict[str, dict[str, Path]]
"""Table -> segment label -> file."""


def families() -> dict[str, list[str]]:
    """Main table -> tables whose rows belong to its records, itself included."""
    return {"work": [t.name for t in schema.TABLES.values() if t.segmented], "author": ["author"]}


def losers(
    main: str, old: Mapping[str, Path], new: Mapping[str, Path], scratch: Path, memory: str
) -> Iterator[tuple[str, pa.Array, pa.Array]]:
    """``(segment label, ids, their updated_date)`` of the records of ``main`` that a newer version replaces.

    Newest ``updated_date`` wins. Of equally new ones that in the observatory stays (snapshots move unchanged records between files), then
    the one of the smaller segment label, which depends on the bytes of the input alone. Runs out of core: memory is bounded by
    ``memory``.
    """
    if not new:
        return
    import duckdb

    key = schema.table(main).key[0]
    connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(scratch), "preserve_insertion_order": False})
    try:
        for name, files in (("new", new), ("old", old)):
            if files:
                rows = connection.read_parquet([str(p) for p in files.values()], filename=True)
                columns = f"{key} AS id, coalesce(updated_date, '') AS updated, parse_filename(filename)[1:17] AS label"
                rows.select(columns).create_view(f"{name}_rows")
        if not old:
            connection.execute("CREATE VIEW old_rows AS SELECT * FROM new_rows WHERE false")
        connection.execute(
            "CREATE TEMP TABLE twice AS SELECT id FROM new_rows GROUP BY id HAVING count(*) > 1 "
            "UNION SELECT id FROM new_rows SEMI JOIN old_rows USING (id)"
        )
        found = connection.sql(
            "SELECT label, id, updated FROM ("
            " SELECT *, row_number() OVER (PARTITION BY id ORDER BY updated DESC, is_new, label) AS place FROM ("
            "  SELECT *, true AS is_new FROM new_rows SEMI JOIN twice USING (id)"
            "  UNION ALL SELECT *, false FROM old_rows SEMI JOIN twice USING (id))"
            ") WHERE place > 1 ORDER BY label, id"
        )
        yield from _by_label(found.to_arrow_reader(1_000_000))
    finally:
        connection.close()


def _by_label(batches: pa.RecordBatchReader) -> Iterator[tuple[str, pa.Array, pa.Array]]:
    label: str | None = None
    held: list[pa.RecordBatch] = []
    for batch in batches:
        for value in pc.unique(batch.column(0)).to_pylist():
            if value != label and label is not None:
                yield label, *pa.Table.from_batches(held).combine_chunks().columns[1:]
                held = []
            label = value
            held.append(batch.filter(pc.equal(batch.column(0), value)))
    if label is not None:
        yield label, *pa.Table.from_batches(held).combine_chunks().columns[1:]


def rewrite(tables: list[str], segments: Segments, label: str, gone: pa.Array, folder: Path) -> None:
    """Write the segment ``label`` of ``tables`` again without the records ``gone``; ``segments`` then points to the new files."""
    rewrite_segment(tables, segments, label, folder, lambda name, rows: rows.filter(pc.invert(pc.is_in(rows[_key(name)], value_set=gone))))


def rewrite_segment(tables: list[str], segments: Segments, label: str, folder: Path, change: Callable[[str, pa.Table], pa.Table]) -> None:
    """Put ``change(table, rows)`` in the place of a segment of each of ``tables``."""
    for name in tables:
        path = segments.get(name, {}).get(label)
        if path is None:
            continue
        rows = pq.read_table(path, schema=schema.table(name).schema, partitioning=None)
        changed = change(name, rows)
        if changed is rows or changed.equals(rows):
            continue
        if not changed.num_rows:
            del segments[name][label]
            continue
        target = folder / name / f"{label}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".tmp")
        parquet.write(name, changed, partial)
        partial.replace(target)
        segments[name][label] = target


def _key(name: str) -> str:
    return KEYS.get(name, schema.table(name).key[0])


def labelled(files: list[Path]) -> dict[str, Path]:
    """Files by their segment label."""
    return {label: path for path in files if (label := segment_label(path)) is not None}


def tally(counts: Counter[str], label: str, n: int) -> None:
    """Note that ``n`` records of the input file behind ``label`` were replaced."""
    counts[label[:12]] += n
