"""A synthetic world many times over, as core tables: for sizes at which making every work anew would take hours.

    python benchmarks/copies.py WORLD INTO --times 30

``WORLD`` is an observatory that :func:`armillary.synthetic.write_core.to_core` made. Copy ``k`` has the same works; ids of works, authors
and of what lies outside are moved on, so it cites itself, and numbers of works, authors, references and citing pairs grow with the copies.
Institutions are moved on in ``round(sqrt(times))`` groups of copies: their number grows with the root of the works, as the generator's
does. Countries, fields, years and journals stay. What that leaves out: cells hold ever the same distribution, and no reference leads from
one copy to another. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

MOVED = {"work_id": "work", "citing_id": "work", "cited_id": "cited", "author_id": "author", "institution_id": "institution"}
"""Columns of tables that follow a work, and how far a copy moves them."""


def copy_world(source: Path, target: Path, times: int, *, processes: int = 1, tables: tuple[str, ...] | None = None) -> dict[str, int]:
    """Write ``times`` copies of the world in ``source`` as a new observatory ``target``; works and bytes of its tables.

    ``tables`` limits the tables that follow a work, as :func:`armillary.synthetic.write_core.to_core` does.
    """
    from armillary.core import schema
    from armillary.core.store import Store

    one, many = Store.open(source), Store.create(target)
    works = one.rows("work")
    spans = {"work": works, "outside": 5 * works + 7, "author": _span(one, "authorship", "author_id")}
    spans["institution"] = _span(one, "institution", "institution_id")
    groups = max(1, round(math.sqrt(times)))
    followers = [t for t in one.tables() if schema.TABLES[t].segmented]
    with tempfile.TemporaryDirectory(dir=target) as scratch, many.write() as txn, ProcessPoolExecutor(processes) as pool:
        for name in followers:
            if tables is not None and name not in tables:
                continue
            (folder := Path(scratch) / name).mkdir()
            labels = [hashlib.sha256(f"copies {one.digest} {k}".encode()).hexdigest()[:12] for k in range(times)]
            todo = [
                (name, file, folder / f"{labels[k]}-{number:04d}.parquet", {**spans, "copy": k, "group": k % groups})
                for k, (number, file) in itertools.product(range(times), enumerate(one.files(name)))
            ]
            txn.set_files(name, pool.map(_copy, todo, chunksize=4))
            shutil.rmtree(folder)  # linked into the store
        for name in set(one.tables()) - set(followers):
            rows = one.read(name)
            if "institution_id" in rows.column_names:
                rows = pa.concat_tables(_institutions(rows, groups, spans["institution"]))
            txn.replace(name, rows)
    shutil.copytree(source / "registry", target / "registry", dirs_exist_ok=True)
    return {"works": works * times, "bytes": many.info()["bytes"], "institutions": spans["institution"] * groups}


def _span(store, table: str, column: str) -> int:  # type: ignore[no-untyped-def]
    low, high = [], []
    for file in store.files(table):
        found = pc.min_max(pq.read_table(file, columns=[column], partitioning=None)[column]).as_py()
        low.append(found["min"])
        high.append(found["max"])
    return int(max(high) - min(low) + 1)


def _copy(one: tuple[str, Path, Path, dict[str, int]]) -> Path:
    """A segment with its ids moved on."""
    from armillary.core import parquet, schema

    name, file, target, far = one
    rows = pq.read_table(file, schema=schema.table(name).schema, partitioning=None)
    for column in sorted(MOVED.keys() & set(rows.column_names)):
        rows = _moved(rows, column, far)
    parquet.write(name, rows, target)
    return target


def _moved(rows: pa.Table, column: str, far: dict[str, int]) -> pa.Table:
    from armillary.synthetic.world import WORK_BASE

    by, values = MOVED[column], rows[column]
    if by == "cited":
        inside = pc.greater_equal(values, WORK_BASE)
        steps = pc.if_else(inside, pa.scalar(far["copy"] * far["work"]), pa.scalar(far["copy"] * far["outside"]))
    else:
        steps = pa.scalar((far["group"] if by == "institution" else far["copy"]) * far[by])
    return rows.set_column(rows.schema.get_field_index(column), rows.schema.field(column), pc.add(values, steps))


def _institutions(rows: pa.Table, groups: int, span: int) -> Iterator[pa.Table]:
    """Rows of institutions for each group of copies; a copy has no ROR id, which belongs to one."""
    for group in range(groups):
        out = rows
        for column in {"institution_id", "parent_id"} & set(rows.column_names):
            at = out.schema.get_field_index(column)
            out = out.set_column(at, out.schema.field(column), pc.add(out[column], pa.scalar(group * span)))
        if group and "ror_id" in out.column_names:
            at = out.schema.get_field_index("ror_id")
            out = out.set_column(at, out.schema.field("ror_id"), pa.nulls(out.num_rows, out.schema.field("ror_id").type))
        yield out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("world", type=Path)
    parser.add_argument("into", type=Path)
    parser.add_argument("--times", type=int, required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--tables", help="only these of the tables that follow a work, comma-separated")
    given = parser.parse_args()
    begun = time.perf_counter()
    made = copy_world(
        given.world, given.into, given.times, processes=given.processes, tables=tuple(given.tables.split(",")) if given.tables else None
    )
    print(json.dumps({**made, "wall_s": round(time.perf_counter() - begun, 1), "cpu_s": round(time.process_time(), 1)}))


if __name__ == "__main__":
    main()
