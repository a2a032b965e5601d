"""A synthetic world as a snapshot folder in the layout of OpenAlex: ``data/<entity>/updated_date=YYYY-MM-DD/part_NNN.gz`` with manifests.

The bytes depend on the number of works and the seed only: work ``i`` always goes to the same part, and a part is made alone, so any
number of processes gives the same.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path

import numpy as np
from isal import isal_zlib

from armillary.errors import InputError, StoreError, UsageError
from armillary.synthetic import entities, works
from armillary.synthetic.citations import count_citations
from armillary.synthetic.draws import F64
from armillary.synthetic.world import World
from armillary.synthetic.write_jsonl import WorkWriter, unit_counts

LAYOUTS = ("jsonl", "parquet")
AUTHORS_UP_TO = 1_000_000
"""Worlds with more works than this have no author records (the authors still stand in the works)."""
_PARTITIONS = 12
_LINES_AT_ONCE = 1_000
_GZIP = 31
"""Window bits of zlib that ask for a gzip container."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Part:
    """One part file of works: its number, its works and its partition."""

    number: int
    low: int
    high: int
    updated: str

    def path(self, suffix: str) -> str:
        """Path below ``data/works``."""
        return f"updated_date={self.updated}/part_{self.number:04d}.{suffix}"


def parts(world: World, works_a_part: int | None = None) -> list[Part]:
    """How the works fall into parts: at least four parts, at most 10,000 works each, unless told otherwise."""
    size = works_a_part or min(10_000, -(-world.works // 4))
    count = -(-world.works // size)
    days = [dt.date(2025, 1, 5) + dt.timedelta(days=30 * k) for k in range(_PARTITIONS)]
    return [
        Part(k, k * size, min(world.works, (k + 1) * size), days[k * min(_PARTITIONS, count) // count].isoformat()) for k in range(count)
    ]


def write(
    world: World, out: Path, *, layout: str = "jsonl", processes: int | None = None, works_a_part: int | None = None,
    progress: Progress | None = None
) -> dict[str, int]:
    """Write the snapshot of ``world`` below ``out`` (which must not hold one already); gives the number of records of each entity.

    Memory: a few hundred MB a process whatever the size; the table of citations (22 bytes a work) is mapped from a file that is removed
    at the end.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"unknown layout '{layout}'", fix="choose jsonl or parquet")
    if (out / "data").exists():
        raise InputError("a snapshot is here already", where=out, fix="choose another folder or remove it")
    todo = parts(world, works_a_part)
    scratch = out / ".making"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        count_citations(world, scratch)
        works_of_institution, works_of_source = np.zeros(len(world.inst)), np.zeros(len(world.sources))
        entries: list[tuple[str, int, int]] = []
        done = 0
        for part, (size, a, b) in zip(todo, _make_all(world, out, scratch, todo, layout, processes), strict=True):
            entries.append((part.path("gz" if layout == "jsonl" else "parquet"), size, part.high - part.low))
            works_of_institution += a
            works_of_source += b
            done += part.high - part.low
            if progress:
                progress(done, world.works)
        _manifest(out / "data" / "works", "works", entries)
        counts = {"works": world.works}
        tables = entities.records(world, works_of_institution, works_of_source)
        if world.works <= AUTHORS_UP_TO:
            tables["authors"] = entities.authors(world)
        for entity, rows in tables.items():
            counts[entity] = _write_entity(out, entity, rows, layout)
        return counts
    except OSError as error:
        raise StoreError(f"cannot write the synthetic world: {error.strerror or error}", where=out,
            fix="free space or choose another folder") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _make_all(
    world: World, out: Path, scratch: Path, todo: list[Part], layout: str, processes: int | None
) -> Iterable[tuple[int, F64, F64]]:
    count = min(len(todo), processes or os.cpu_count() or 1)
    _start(world.works, world.seed, scratch, world)
    if count == 1:
        return map(_make_part, todo, repeat(out), repeat(layout))
    return _pooled(world, out, scratch, todo, layout, count)


def _pooled(world: World, out: Path, scratch: Path, todo: list[Part], layout: str, count: int) -> Iterable[tuple[int, F64, F64]]:
    with ProcessPoolExecutor(count, initializer=_start, initargs=(world.works, world.seed, scratch)) as pool:
        yield from pool.map(_make_part, todo, repeat(out), repeat(layout))


_made: dict[str, WorkWriter] = {}


def _start(number: int, seed: int, scratch: Path, world: World | None = None) -> None:
    """Build what a process needs once."""
    _made["writer"] = WorkWriter(world or World(number, seed), np.load(scratch / "citations.npy", mmap_mode="r"))


def _make_part(part: Part, out: Path, layout: str) -> tuple[int, F64, F64]:
    writer = _made["writer"]
    columns = works.make(writer.world, np.arange(part.low, part.high))
    target = out / "data" / "works" / part.path("gz" if layout == "jsonl" else "parquet")
    target.parent.mkdir(parents=True, exist_ok=True)
    if layout == "parquet":
        from armillary.synthetic import write_parquet

        write_parquet.write_works(writer, columns, part.updated, target)
    else:
        write_lines(target, writer.lines(columns, part.updated))
    return target.stat().st_size, *unit_counts(columns, len(writer.world.inst), len(writer.world.sources))


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """Write JSON lines as gzip without a time stamp, a thousand lines at a time."""
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP)
    rest = iter(lines)
    with target.open("wb") as file:
        while batch := list(islice(rest, _LINES_AT_ONCE)):
            file.write(packer.compress(("\n".join(batch) + "\n").encode()))
        file.write(packer.flush())


def _write_entity(out: Path, entity: str, rows: list[dict[str, object]], layout: str) -> int:
    partition = out / "data" / entity / "updated_date=2025-11-06"
    partition.mkdir(parents=True, exist_ok=True)
    if layout == "parquet":
        from armillary.synthetic import write_parquet

        target = partition / "part_0000.parquet"
        write_parquet.write_entity(rows, target)
    else:
        target = partition / "part_000.gz"
        write_lines(target, (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows))
    _manifest(out / "data" / entity, entity, [(f"{partition.name}/{target.name}", target.stat().st_size, len(rows))])
    return len(rows)


def _manifest(folder: Path, entity: str, entries: list[tuple[str, int, int]]) -> None:
    value = {
        "entries": [
            {"url": f"s3://openalex/data/{entity}/{path}", "meta": {"content_length": size, "record_count": count}} for path, size,
            count in entries
        ],
        "meta": {"content_length": sum(e[1] for e in entries), "record_count": sum(e[2] for e in entries)},
    }
    (folder / "manifest").write_text(json.dumps(value, indent=1), encoding="utf-8")
