"""A record that is here twice keeps its newest version; the older one leaves its segment, and only that segment is written again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from armillary.core import parquet, schema
from armillary.core.limits import bytes_of
from armillary.core.quiet import quiet
from armillary.core.store import segment_label

KEYS = {"citation": "citing_id"}
"""Column that names the owner in tables where it is not called like the owner's key."""

BYTES_A_ROW = 64
"""Of memory, for a row that is compared with the others (hash table of ids, sorting of those that are here twice)."""
BYTES_A_THREAD = 125_000_000
"""Of memory, for each thread of DuckDB: its own buffers."""
BATCH = 100_000
"""Rows handed over at a time: about a segment."""
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
    the one of the smaller segment label, which depends on the bytes of the input alone. Memory is bounded by ``memory``: ids are compared
    in as many passes as it takes, and what is found goes to disk.
    """
    if not new:
        return
    key = schema.table(main).key[0]
    with connect(memory, scratch) as connection:
        for name, files in (("new", new), ("old", old)):
            if files:
                rows = connection.read_parquet([str(p) for p in files.values()], filename=True)
                columns = f"{key} AS id, coalesce(updated_date, '') AS updated, parse_filename(filename)[1:17] AS label"
                rows.select(columns).create_view(f"{name}_rows")
        if not old:
            connection.execute("CREATE VIEW old_rows AS SELECT * FROM new_rows WHERE false")
        connection.execute("CREATE TEMP TABLE lost (label VARCHAR, id BIGINT, updated VARCHAR)")
        counted = connection.execute("SELECT (SELECT count(*) FROM new_rows) + (SELECT count(*) FROM old_rows)").fetchone()
        passes = -(-(counted[0] if counted else 0) * BYTES_A_ROW // bytes_of(memory))
        for k in range(passes):
            some = f"hash(id) % {passes} = {k}"
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE twice AS "
                f"SELECT id FROM new_rows WHERE {some} GROUP BY id HAVING count(*) > 1 "
                f"UNION SELECT id FROM (FROM new_rows WHERE {some}) SEMI JOIN (FROM old_rows WHERE {some}) USING (id)"
            )
            connection.execute(
                "INSERT INTO lost SELECT label, id, updated FROM ("
                " SELECT *, row_number() OVER (PARTITION BY id ORDER BY updated DESC, is_new, label) AS place FROM ("
                f"  SELECT *, true AS is_new FROM (FROM new_rows WHERE {some}) SEMI JOIN twice USING (id)"
                f"  UNION ALL SELECT *, false FROM (FROM old_rows WHERE {some}) SEMI JOIN twice USING (id))"
                ") WHERE place > 1"
            )
        yield from by_label(connection.sql("FROM lost ORDER BY label, id").to_arrow_reader(BATCH))


_SAID = {
    "work": "type, topic_id, source_id, year, doi, is_retracted, n_authors, n_references",
    "affiliation": "author_seq, address_seq, institution_id, country_code",
}
"""Columns whose values make a record another one; numbers of citations change all the time."""


def changed_silently(old: Segments, segments: Segments, scratch: Path, memory: str) -> int:
    """How many works came again with the date that they have here, and yet with other content: OpenAlex changes records without a new
    date at times (the affiliations of 54 million works on 28 September 2026), and an update by date cannot take that over.
    """
    added = {name: [str(p) for label, p in segments[name].items() if label not in old[name]] for name in _SAID}
    before = {name: [str(p) for p in old[name].values()] for name in _SAID}
    if not added["work"] or not before["work"]:
        return 0
    with connect(memory, scratch) as connection:
        for side, files in (("new", added), ("old", before)):
            connection.read_parquet(files["work"]).create_view(f"{side}_work")
        connection.execute(
            "CREATE TEMP TABLE tie AS SELECT work_id FROM (SELECT DISTINCT work_id, updated_date FROM new_work) "
            "SEMI JOIN old_work USING (work_id, updated_date)"
        )
        if not connection.execute("SELECT count(*) FROM tie").fetchall()[0][0]:
            return 0
        connection.execute("CREATE TEMP TABLE differs (work_id BIGINT)")
        for name, columns in _SAID.items():
            for side, files in (("new", added), ("old", before)):
                if files[name]:
                    rows = connection.read_parquet(files[name])
                else:
                    rows = (
                        connection.read_parquet(before["work"])
                        .filter("false")
                        .project(f"work_id, {', '.join('NULL AS ' + c for c in columns.split(', '))}")
                    )
                rows.create_view(f"{side}_{name}_rows")
                connection.execute(
                    f"CREATE TEMP TABLE {side}_{name}_said AS SELECT work_id, sum(hash({columns})::HUGEINT) AS said "
                    f"FROM {side}_{name}_rows SEMI JOIN tie USING (work_id) GROUP BY work_id"
                )
            connection.execute(
                f"INSERT INTO differs SELECT work_id FROM new_{name}_said FULL JOIN old_{name}_said USING (work_id) "
                f"WHERE new_{name}_said.said IS DISTINCT FROM old_{name}_said.said"
            )
        return int(connection.execute("SELECT count(DISTINCT work_id) FROM differs").fetchall()[0][0])


@contextmanager
def connect(memory: str, scratch: Path) -> Iterator[Any]:
    """DuckDB with so much memory, as few threads as that needs, and its temporary files in ``scratch``."""
    import duckdb

    threads = max(1, min(os.cpu_count() or 1, bytes_of(memory) // BYTES_A_THREAD))
    config: dict[str, Any] = {"memory_limit": memory, "temp_directory": str(scratch), "preserve_insertion_order": False, "threads": threads}
    with duckdb.connect(config=config) as connection:
        quiet(connection)
        yield connection


def by_label(batches: pa.RecordBatchReader) -> Iterator[tuple[str, pa.Array, pa.Array]]:
    """Rows ``label, id, updated`` in order of their label, a label at a time."""
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
