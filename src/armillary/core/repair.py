"""Mending an observatory whose files have decayed: from the source, else by going back to an older generation that is sound."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from armillary.core import durable, generations, soundness
from armillary.core.generations import Tables
from armillary.core.locking import exclusive, storage_faults
from armillary.core.soundness import Damage
from armillary.core.store import Store
from armillary.errors import StoreError

Rebuild = Callable[[Store], object]


@dataclass
class Repaired:
    """What was wrong and what was done: files put back, or the older generation that now counts (as ``generation``)."""

    generation: int
    damaged: list[Damage] = field(default_factory=list)
    mended: list[Damage] = field(default_factory=list)
    back_to: int | None = None
    note: str | None = None
    """What was wrong with the notes, if anything."""


def repair(path: str | Path, rebuild: Rebuild | None = None) -> Repaired:
    """Compare every byte of the generation that counts and mend it.

    ``rebuild`` fills an empty store from the source; files of it that have the digest of a damaged one take its place. What cannot be
    rebuilt makes the newest older generation that is sound count again, under a new number. :class:`~armillary.errors.StoreError` if
    there is none.
    """
    folder = Path(path).absolute()
    if not (folder / "state").is_dir():
        raise StoreError("this folder is not an observatory", where=path, fix="name one with --into")
    with storage_faults(folder), exclusive(folder / "lock"):
        number, tables, note = _wanted(folder)
        done = Repaired(number, note=note)
        if tables is not None:
            done.damaged = list(soundness.damages(folder, tables, "bytes"))
            if done.damaged and rebuild is not None:
                done.mended = _from_source(folder, tables, done.damaged, rebuild)
            if len(done.mended) == len(done.damaged):
                if note is not None:
                    generations.write(folder, number, tables)
                return done
        return _go_back(folder, done)


def _wanted(folder: Path) -> tuple[int, Tables | None, str | None]:
    """The generation that should count, its files, and what is wrong with the notes."""
    note = None
    try:
        number = generations.current(folder)
    except (OSError, StoreError) as error:
        note = error.line if isinstance(error, StoreError) else f"CURRENT: {error.strerror}"
        number = max(generations.kept(folder), default=0)
    try:
        return number, generations.read(folder, number), note
    except StoreError as error:
        return number, None, error.line


def _from_source(folder: Path, tables: Tables, damaged: list[Damage], rebuild: Rebuild) -> list[Damage]:
    scratch = folder / "staging" / "repair"
    shutil.rmtree(scratch, ignore_errors=True)
    entries = {(t, e.name): e for t, v in tables.items() for e in v}
    mended = []
    try:
        rebuild(Store.create(scratch))
        for damage in damaged:
            entry = entries[damage.table, damage.file]
            if soundness.fault(scratch, damage.table, entry, "bytes") is None:
                with durable.whole(folder / "core" / damage.table / damage.file, suffix=".tmp") as part:
                    shutil.copyfile(scratch / "core" / damage.table / damage.file, part)
                mended.append(damage)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return mended


def _go_back(folder: Path, done: Repaired) -> Repaired:
    for other in reversed(generations.kept(folder)):
        if other in (0, done.generation):
            continue
        try:
            tables = generations.read(folder, other)
        except StoreError:
            continue
        if not any(soundness.damages(folder, tables, "bytes")):
            done.back_to = other
            done.generation = generations.next_number(folder, done.generation)
            generations.write(folder, done.generation, tables)
            return done
    lost = [d for d in done.damaged if d not in done.mended]
    first = lost[0].error(folder).what if lost else str(done.note)
    what = (
        f"{len(lost):,} damaged files cannot be mended from here, and no older generation is sound; the first: {first}" if lost else first
    )
    where = folder / "core" / lost[0].table / lost[0].file if lost else folder
    fix = "give the snapshot that it was made from (armillary repair --from PATH), or ingest again into a new folder"
    raise StoreError(what, where=where, fix=fix)
