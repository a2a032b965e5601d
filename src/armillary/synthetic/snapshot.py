"""A synthetic world as a snapshot folder in the layout of OpenAlex: ``data/{jsonl,parquet}/<entity>/updated_date=*/part_NNNN.*`` with
a manifest of each entity and one of all, as since June 2026; or ``data/<entity>/...`` with the manifests before that.

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
from typing import Any

import numpy as np
from isal import isal_zlib

from armillary.errors import InputError, StoreError, UsageError
from armillary.synthetic import entities, works
from armillary.synthetic.citations import count_citations
from armillary.synthetic.draws import F64, I32, I64
from armillary.synthetic.world import World
from armillary.synthetic.write_jsonl import WorkWriter, unit_counts

LAYOUTS = ("jsonl", "parquet", "before-2026")
"""JSONL or Parquet as served today, or the JSONL of before June 2026."""
RELEASED = "2025-11-12"
"""Date of the invented release."""
AUTHORS_UP_TO = 1_000_000
"""Worlds with more works than this have no author records (the authors still stand in the works)."""
_PARTITIONS = 12
_LINES_AT_ONCE = 1_000
_GZIP = 31
"""Window bits of zlib that ask for a gzip container."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PartFile:
    """One part file of works: its number, its works and its partition."""

    number: int
    low: int
    high: int
    updated: str

    def path(self, suffix: str) -> str:
        """Path below ``data/works``."""
        return f"updated_date={self.updated}/part_{self.number:04d}.{suffix}"


def parts(world: World, works_a_part: int | None = None) -> list[PartFile]:
    """How the works fall into parts: at least four parts, at most 10,000 works each, unless told otherwise."""
    size = works_a_part or min(10_000, -(-world.works // 4))
    count = -(-world.works // size)
    days = [dt.date(2025, 1, 5) + dt.timedelta(days=30 * k) for k in range(_PARTITIONS)]
    return [
        PartFile(k, k * size, min(world.works, (k + 1) * size), days[k * min(_PARTITIONS, count) // count].isoformat())
        for k in range(count)
    ]


def write(
    world: World,
    out: Path,
    *,
    layout: str = "jsonl",
    processes: int | None = None,
    works_a_part: int | None = None,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write the snapshot of ``world`` as ``out/data`` (which must not be there); gives the number of records of each entity.

    The folder appears when everything is written; an interrupted run leaves ``.making``, which the next one removes.

    Memory: a few hundred MB a process whatever the size; the table of citations (22 bytes a work) is mapped from a file that is removed
    at the end.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"unknown layout '{layout}'", fix=f"choose one of {', '.join(LAYOUTS)}")
    if (out / "data").exists():
        raise InputError("a snapshot is here already", where=out, fix="choose another folder or remove it")
    todo = parts(world, works_a_part)
    making = out / ".making"
    try:
        shutil.rmtree(making, ignore_errors=True)  # what an interrupted run left
        (making / "data").mkdir(parents=True)
        count_citations(world, making)
        works_of_institution, works_of_source = np.zeros(len(world.inst)), np.zeros(len(world.sources))
        authors = entities.AuthorCounts(world) if world.works <= AUTHORS_UP_TO else None
        entries: list[tuple[str, int, int]] = []
        listed: list[dict[str, Any]] = []
        for part, made in zip(todo, _make_all(world, making, todo, layout, processes), strict=True):
            entries.append((part.path(_suffix(layout)), made.size, part.high - part.low))
            works_of_institution += made.by_institution
            works_of_source += made.by_source
            if authors:
                authors.works[made.authors] += made.author_works
                authors.last[made.authors] = np.where(made.author_last >= 0, made.author_last, authors.last[made.authors])
            if progress:
                progress(part.high, world.works)
        listed.append(_manifest(home(making, layout) / "works", "works", entries, layout))
        counts = {"works": world.works}
        tables = entities.records(world, works_of_institution, works_of_source)
        if authors:
            tables["authors"] = entities.authors(world, authors)
        for entity, lines in tables.items():
            counts[entity] = len(lines)
            listed.append(_write_entity(making, entity, lines, layout))
        if layout != "before-2026":
            _manifest_of_all(home(making, layout), listed, layout)
        (making / "data").rename(out / "data")
        return counts
    except OSError as error:
        raise StoreError(
            f"cannot write the synthetic world: {error.strerror or error}", where=out, fix="free space or choose another folder"
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


@dataclass(frozen=True)
class _Made:
    """A finished part: bytes, works by institution and source, and its authors with works and last institution (-1: not seen lately)."""

    size: int
    by_institution: F64
    by_source: F64
    authors: I64
    author_works: I32
    author_last: I32


def _make_all(world: World, making: Path, todo: list[PartFile], layout: str, processes: int | None) -> Iterable[_Made]:
    count = min(len(todo), processes or os.cpu_count() or 1)
    if count > 1:
        return _pooled(world, making, todo, layout, count)
    _start(world.works, world.seed, making, world)
    return map(_make_part, todo, repeat(making), repeat(layout))


def _pooled(world: World, making: Path, todo: list[PartFile], layout: str, count: int) -> Iterable[_Made]:
    with ProcessPoolExecutor(count, initializer=_start, initargs=(world.works, world.seed, making)) as pool:
        yield from pool.map(_make_part, todo, repeat(making), repeat(layout))


_made: dict[str, WorkWriter] = {}


def _start(number: int, seed: int, making: Path, world: World | None = None) -> None:
    """Build what a process needs once."""
    _made["writer"] = WorkWriter(world or World(number, seed), np.load(making / "citations.npy", mmap_mode="r"))


def _make_part(part: PartFile, making: Path, layout: str) -> _Made:
    writer = _made["writer"]
    world = writer.world
    columns = works.make(world, np.arange(part.low, part.high))
    target = home(making, layout) / "works" / part.path(_suffix(layout))
    target.parent.mkdir(parents=True, exist_ok=True)
    if layout == "parquet":
        from armillary.synthetic import write_parquet

        write_parquet.write_works(writer, columns, part.updated, target)
    else:
        write_lines(target, writer.lines(columns, part.updated))
    seen = entities.AuthorCounts(world) if world.works <= AUTHORS_UP_TO else None
    authors = np.zeros(0, np.int64)
    if seen:
        seen.add(columns)
        authors = np.flatnonzero(seen.works)
    by_institution, by_source = unit_counts(columns, len(world.inst), len(world.sources))
    return _Made(
        target.stat().st_size,
        by_institution,
        by_source,
        authors,
        seen.works[authors] if seen else np.zeros(0, np.int32),
        seen.last[authors] if seen else np.zeros(0, np.int32),
    )


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """Write JSON lines as gzip without a time stamp, a thousand lines at a time."""
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _GZIP)
    rest = iter(lines)
    with target.open("wb") as file:
        while batch := list(islice(rest, _LINES_AT_ONCE)):
            file.write(packer.compress(("\n".join(batch) + "\n").encode()))
        file.write(packer.flush())


def home(root: Path, layout: str) -> Path:
    """The folder under which the entities stand."""
    return root / "data" if layout == "before-2026" else root / "data" / layout


def _suffix(layout: str) -> str:
    return "parquet" if layout == "parquet" else "gz"


def _write_entity(making: Path, entity: str, lines: list[str], layout: str) -> dict[str, Any]:
    partition = home(making, layout) / entity / "updated_date=2025-11-06"
    partition.mkdir(parents=True, exist_ok=True)
    if layout == "parquet":
        from armillary.synthetic import write_parquet

        target = partition / "part_0000.parquet"
        write_parquet.write_entity(lines, target)
    else:
        target = partition / ("part_000.gz" if layout == "before-2026" else "part_0000.gz")
        write_lines(target, lines)
    return _manifest(partition.parent, entity, [(f"{partition.name}/{target.name}", target.stat().st_size, len(lines))], layout)


def _manifest(folder: Path, entity: str, entries: list[tuple[str, int, int]], layout: str) -> dict[str, Any]:
    """Write the manifest of an entity; gives it."""
    base = "s3://openalex/data" if layout == "before-2026" else f"s3://openalex/data/{layout}"
    files = [{"url": f"{base}/{entity}/{path}", "meta": {"content_length": size, "record_count": count}} for path, size, count in entries]
    total = {"record_count": sum(e[2] for e in entries), "content_length": sum(e[1] for e in entries)}
    if layout == "before-2026":
        value: dict[str, Any] = {"entries": files, "meta": total}
    else:
        value = {"date": RELEASED, "format": layout, "entity": entity, **total, "files": files}
    (folder / ("manifest" if layout == "before-2026" else "manifest.json")).write_text(json.dumps(value, indent=1), encoding="utf-8")
    return value


def _manifest_of_all(folder: Path, listed: list[dict[str, Any]], layout: str) -> None:
    total = {name: sum(e[name] for e in listed) for name in ("record_count", "content_length")}
    entities_ = [{name: e[name] for name in ("entity", "record_count", "content_length", "files")} for e in listed]
    value = {"date": RELEASED, "format": layout, "meta": total, "entities": entities_}
    (folder / "manifest.json").write_text(json.dumps(value, indent=1), encoding="utf-8")
