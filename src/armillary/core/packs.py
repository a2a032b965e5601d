"""Packs: an observatory without its records. Sums, yardsticks, names, places and provenance in one folder, or a zip of it.

A pack is laid out as an observatory (``CURRENT``, ``state/``, ``core/``, ``registry/``, ``cubes/``) with ``datapackage.json`` beside, whose
key ``armillary`` says what it was made of: how many rows each table had, which tables were left out, and digests of all. It is read only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import DataError, InputError, StoreError

DESCRIPTOR = "datapackage.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What a pack says of the observatory that it was made of.

    ``data``: which data they are (as ``Corpus.data_version``). ``rows``: rows of each core table there; ``left_out``: tables with rows
    there and none here; ``state``: digests of everything that rankings depend on; ``years``, ``changed``: first and last year of works,
    first and last day on which a record was changed.
    """

    name: str
    digest: str
    data: dict[str, Any]
    rows: dict[str, int]
    left_out: tuple[str, ...]
    state: dict[str, Any]
    years: tuple[int, int]
    changed: tuple[str | None, str | None]
    files: dict[str, tuple[int, str]]

    def elsewhere(self, table: str) -> DataError:
        """The error for a question that needs records."""
        return DataError(
            f"this pack of '{self.name}' holds sums of {self.rows.get('work', 0):,} works, not the works themselves (table {table})",
            fix="ask what its cubes answer (armillary pack info), or an observatory with the records",
        )


def facts_of(folder: Path) -> PackFacts | None:
    """What the pack in a folder says of itself; None if the folder is no pack."""
    path = folder / DESCRIPTOR
    if not path.is_file():
        return None
    described = guarded.read_json(path)
    said = described.get("armillary") if isinstance(described, dict) else None
    if not isinstance(said, dict) or "left_out" not in said:
        return None
    try:
        if said["format"] != FORMAT:
            raise ValueError("another format")
        files = {r["path"]: (int(r["bytes"]), str(r["hash"]).removeprefix("sha256:")) for r in described["resources"]}
        return PackFacts(
            name=str(said["name"]),
            digest=str(said["digest"]),
            data=dict(said["data"]),
            rows={str(t): int(n) for t, n in said["rows"].items()},
            left_out=tuple(map(str, said["left_out"])),
            state=dict(said["state"]),
            years=(int(said["years"][0]), int(said["years"][1])),
            changed=(said["changed"][0], said["changed"][1]),
            files=files,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"a pack of another format ({error})", where=path, fix="make it again with this version of armillary") from None


def cache_folder() -> Path:
    """Where unpacked and fetched packs and yardsticks are kept; safe to delete."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "armillary" / "packs"


def unpacked(path: Path) -> Path:
    """The folder of a zipped pack: unpacked once into the cache, under the digest of where it is and what it looks like."""
    facts = path.stat()
    key = hashlib.sha256(f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}".encode()).hexdigest()[:24]
    folder = cache_folder() / key
    if (folder / DESCRIPTOR).is_file():
        return folder
    names = guarded.members(path)
    if DESCRIPTOR not in names or "CURRENT" not in names:
        raise StoreError("this zip is no pack", where=path, fix="make one with armillary pack make")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=folder.parent))
    try:
        for name in names:
            target = part / name
            if not target.resolve().is_relative_to(part.resolve()):
                raise InputError(f"the zip has a file outside its folder ({name[:80]})", where=path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with guarded.open_binary(path, member=name) as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out)
        if not folder.exists():
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def zipped(folder: Path, out: Path) -> None:
    """The folder as a zip: stored, not packed again, so that parts of it can be read by ranges; equal folders give equal bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(str(path.relative_to(folder)), date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
