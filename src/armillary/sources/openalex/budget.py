"""What an ingest may take and what it will need: processes from the memory given, disk from the size of the input.

The constants were measured (docs/how-to/ingest.md has the table); an estimate of disk was within a factor of 2 on every input tried, so
an ingest is refused only where less than half of it is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from armillary.core.limits import bytes_of, free_disk, readable
from armillary.core.store import Store
from armillary.errors import StoreError, UsageError
from armillary.sources.openalex import leaves
from armillary.sources.openalex.contents import is_parquet
from armillary.sources.openalex.plan import Part, Plan
from armillary.sources.openalex.supersede import families

PROCESS, PROCESS_WITH_ABSTRACTS = 700_000_000, 1_100_000_000
"""Peak of a process that reads full segments."""
LEAST = 1_100_000_000
"""Peak of one process that reads and then merges all institutions and sources that OpenAlex has."""
WAITING = 250_000_000
"""Peak of the process that waits for the others."""
HELD = 500_000_000
"""What the committing process holds beside the memory of DuckDB."""
COMPARING = "1GB"
"""Of DuckDB, if nothing is said."""
CORE_PER_BYTE = {".parquet": (0.5, 0.45), ".gz": (0.2, 0.25), "": (0.035, 0.045)}
"""Bytes of core a byte of works, without and with abstracts: of the leaf columns that are read, of gzipped and of plain JSONL."""
REMOTE_PARQUET = (0.25, 0.35)
"""The same for whole Parquet files, whose leaves are not looked at over the network."""
CORE_PER_ENTITY_BYTE = 0.4
BYTES_A_WORK = 1000
"""In a part file, at least; tells how many segments an update can touch."""


@dataclass(frozen=True)
class Budget:
    """``processes`` read at once, ``comparing`` is DuckDB's memory, ``disk_n`` bytes will be needed and ``free_n`` are there."""

    processes: int
    comparing: str
    disk_n: int
    free_n: int

    def __str__(self) -> str:
        processes = f"{self.processes} processes" if self.processes > 1 else "1 process"
        return f"needs about {readable(self.disk_n)} of disk ({readable(self.free_n)} free); {processes}"


@dataclass(frozen=True)
class BudgetLimits:
    """What the caller allows. ``memory``: of all processes together (bytes or ``"4GB"``). ``starting`` is told the budget first."""

    memory: int | str | None = None
    ignore_disk: bool = False
    free: Callable[[Path], int] = free_disk
    starting: Callable[[Budget], None] = field(default=lambda _: None)


def budget(plan: Plan, store: Store, staging: Path, manifest: pa.Table, limits: BudgetLimits, *, workers: int, abstracts: bool) -> Budget:
    """The budget of an ingest.

    :class:`~armillary.errors.UsageError` if ``limits.memory`` is less than one process needs, :class:`~armillary.errors.StoreError` if less
    than half of the disk that it will need is free (unless ``limits.ignore_disk``).
    """
    processes, comparing = shares(limits.memory, workers, abstracts=abstracts)
    found = Budget(processes, comparing, disk_needed(plan, store, staging, manifest, abstracts=abstracts), limits.free(store.path))
    limits.starting(found)
    if found.free_n < found.disk_n / 2 and not limits.ignore_disk:
        what = f"this needs about {readable(found.disk_n)} of disk, and {readable(found.free_n)} are free"
        raise StoreError(what, where=store.path, fix="free some, choose another disk with --into, or start anyway with --ignore-disk")
    return found


def shares(memory: int | str | None, workers: int, *, abstracts: bool = False) -> tuple[int, str]:
    """``(processes, memory of DuckDB)`` so that all processes together stay below ``memory``."""
    if memory is None:
        return workers, COMPARING
    total, one = bytes_of(memory), PROCESS_WITH_ABSTRACTS if abstracts else PROCESS
    if total < LEAST:
        raise UsageError(f"reading OpenAlex does not fit into {readable(total)} of memory", fix=f"give at least {readable(LEAST)}")
    at_once = min(workers, (total - WAITING) // one)
    return max(1, at_once), f"{(total - HELD) // 1024}KiB"


def disk_needed(plan: Plan, store: Store, staging: Path, manifest: pa.Table, *, abstracts: bool) -> int:
    """Bytes that reading ``plan`` will add to the disk of ``store``, estimated from the sizes of its part files.

    Files that the observatory has (by name and size) and what an interrupted run left in ``staging`` are taken off. An update writes the
    segments again that it touches, beside the old ones.
    """
    known = set(zip(*(manifest[c].to_pylist() for c in ("entity", "file", "bytes_n")), strict=True))
    parts = [p for p in plan.parts if (p.entity, p.name, p.path.stat().st_size) not in known]
    fresh = sum(_core_bytes(p, abstracts=abstracts) for p in parts)
    works = sum(p.records or max(1, p.path.stat().st_size / BYTES_A_WORK) for p in parts if p.entity == "works")
    there = [e.size for t in families()["work"] for e in store.entries(t)]
    segments = len(store.entries("work"))
    rewritten = min(sum(there), works * sum(there) / segments) if segments else 0
    staged = sum(f.stat().st_size for f in staging.rglob("*.parquet"))
    return max(0, round(fresh + rewritten) - staged)


def _core_bytes(part: Part, *, abstracts: bool) -> float:
    size = part.path.stat().st_size
    if part.entity != "works":
        return size * CORE_PER_ENTITY_BYTE
    if not is_parquet(part.path):
        return size * CORE_PER_BYTE[".gz" if part.path.suffix in (".gz", ".bz2", ".xz", ".zst") else ""][abstracts]
    if not isinstance(part.path, Path):
        return size * REMOTE_PARQUET[abstracts]
    with leaves.open_file(part.path) as file:
        wanted = (*leaves.WORKS, leaves.ABSTRACT) if abstracts else leaves.WORKS
        paths = leaves.find(file, wanted, leaves.WORKS_IF_THERE, part.path)
        try:
            mine, _ = leaves.leaf_bytes(file, paths)
        except leaves.FAULTS as error:
            raise leaves.damaged(part.path, error) from error
    return mine * CORE_PER_BYTE[".parquet"][abstracts]
