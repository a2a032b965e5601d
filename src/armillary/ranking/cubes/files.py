"""Cubes on disk: ``observatory/cubes/NAME/`` with ``cube.json`` and three Parquet tables. A cube whose tables have changed is not read.

``years`` has a row a unit and year, ``cells`` a row a unit, year, field and type, ``whole`` a row a year, field and type for all works of
the scope (each counted whole), by whether any unit has credit for it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core import durable, guarded, own_files
from armillary.core.frame import frame_of
from armillary.core.locking import is_alive
from armillary.core.store import Store
from armillary.errors import InputError, StoreError
from armillary.ranking.cubes.held import FORMAT, Held, digest_of, told
from armillary.sources.fetch.packs import reading
from armillary.version import __version__

log = logging.getLogger(__name__)
FOLDER = "cubes"
TABLES = ("years", "cells", "whole")
ALWAYS = ("institution", "place", "institution_place", "topic", "work")
"""Tables that a ranking may depend on without asking the corpus for them."""


@dataclass(frozen=True, slots=True)
class Cube:
    """One group of sums: all recipes that share unit, scope, split and roll-up.

    ``made_of``: what they were computed from (:func:`state_of`); ``facts``: what notes need of all works (first and last year, first and
    last day of change, number of works); ``rows`` and ``bytes`` by table.
    """

    folder: Path
    unit: str
    held: tuple[Held, ...]
    made_of: dict[str, Any]
    facts: dict[str, Any]
    rows: dict[str, int]
    bytes: dict[str, int]

    def read(self, table: str, columns: Sequence[str], filters: Any = None) -> pa.Table:
        """Columns of one of the tables; :class:`~armillary.errors.StoreError` if it is damaged or gone."""
        path = self.folder / f"{table}.parquet"
        try:
            found = reading(path)
            return pq.read_table(found, columns=list(columns), filters=filters, partitioning=None, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                f"this cube cannot be read: {str(error)[:120]}", where=path, fix="make it again: armillary cube make"
            ) from error


def state_of(store: Store, tables: Sequence[str]) -> dict[str, Any]:
    """What rankings of this observatory depend on: digests of core tables and of the files that it brings along, and the program."""
    if store.pack is not None:
        return {**store.pack.state, "tables": {t: store.pack.state["tables"][t] for t in sorted({*ALWAYS, *tables})}}
    own = own_files.folder(store)
    files = sorted(p for p in own.rglob("*") if p.is_file()) if own.is_dir() else []
    return {
        "tables": {t: digest_of(e.name for e in store.entries(t)) for t in sorted({*ALWAYS, *tables})},
        "registry": digest_of(f"{p.relative_to(own)} {hashlib.sha256(p.read_bytes()).hexdigest()}" for p in files),
        "kind": frame_of(store).kind,
        "armillary": __version__,
    }


def is_current(cube: Cube, store: Store) -> bool:
    """Whether the cube was made of exactly what the store holds now."""
    return cube.made_of == state_of(store, list(cube.made_of["tables"]))


def all_cubes(folder: Path) -> list[Cube]:
    """The cubes in ``folder/cubes``, whatever they were made of, by name; what is none is told and left out."""
    out = []
    for path in sorted((folder / FOLDER).glob("*/cube.json")):
        if path.parent.name.startswith("."):  # being made, or being deleted
            continue
        try:
            raw = guarded.read_json(path)
            if raw["format"] != FORMAT:
                raise ValueError("another format")
            held = tuple(Held.read(h) for h in raw["held"])
            out.append(Cube(path.parent, raw["unit"], held, raw["made_of"], raw["facts"], raw["rows"], raw["bytes"]))
        except (KeyError, TypeError, ValueError, OSError, InputError) as error:
            log.warning("%s: not a cube of this version (%s); it is not used", path.parent, error)
    return out


def write(folder: Path, name: str, cube: dict[str, Any], tables: dict[str, pa.Table]) -> Cube:
    """Write a cube beside the core tables, whole or not at all; equal sums give equal bytes."""
    target = folder / FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f".{name}.{os.getpid()}.part"
    try:
        tidy(folder)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for table, rows in tables.items():
            pq.write_table(
                rows,
                part / f"{table}.parquet",
                compression="zstd",
                compression_level=6,
                row_group_size=1 << 17,
                write_page_checksum=True,
            )
        said = {
            **cube,
            "format": FORMAT,
            "rows": {t: r.num_rows for t, r in tables.items()},
            "bytes": {t: (part / f"{t}.parquet").stat().st_size for t in tables},
        }
        (part / "cube.json").write_text(told(said) + "\n", encoding="utf-8")
        for path in part.iterdir():
            durable.sync(path)
        old = target.parent / f".{name}.old"
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        part.rename(target)
        durable.settle(target.parent)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        tidy(folder)  # between the two renames the older one comes back
    held = tuple(Held.read(h) for h in json.loads(told(cube["held"])))
    return Cube(target, cube["unit"], held, cube["made_of"], cube["facts"], said["rows"], said["bytes"])


def drop(cubes: Sequence[Cube]) -> int:
    """Delete cubes; gives the bytes freed. Each is gone at once: half a cube is never seen."""
    freed = 0
    for cube in cubes:
        old = cube.folder.parent / f".{cube.folder.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        cube.folder.rename(old)
        (old / "cube.json").unlink()  # without it, it never comes back
        shutil.rmtree(old)
        freed += sum(cube.bytes.values())
    return freed


def tidy(folder: Path) -> None:
    """Put right what dead writers left beside the cubes: what was half made goes, what was to be replaced is there again."""
    for path in (folder / FOLDER).glob(".*.part"):
        process = path.name.split(".")[-2]
        if not (process.isdecimal() and is_alive(int(process)) and int(process) != os.getpid()):
            shutil.rmtree(path, ignore_errors=True)
    for path in (folder / FOLDER).glob(".*.old"):
        target = path.with_name(path.name[1:].removesuffix(".old"))
        if target.exists() or not (path / "cube.json").is_file():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.rename(target)
