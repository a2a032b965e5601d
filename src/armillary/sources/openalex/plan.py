"""What there is to read: part files of a snapshot, single files, saved API pages; checked against the snapshot's manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import manifest
from armillary.sources.openalex.entities import IGNORED, LETTERS
from armillary.sources.openalex.lines import records

SUFFIXES = (".gz", ".jsonl", ".json", ".ndjson", ".parquet")
"""Endings of part files."""
_PARTITION = re.compile(r"^updated_date=(\d{4}-\d{2}-\d{2})$")
_ID = re.compile(rb'"id"\s*:\s*"(?:https?://openalex\.org/)?(?:[a-z]+/)?([A-Z])\d+"')
_WANTED = "give a file of OpenAlex records, one JSON object a line, or saved API pages"
_ENTITY = {"W": "works", "I": "institutions", "S": "sources", "V": "sources", "T": "topics", "A": "authors"}


@dataclass(frozen=True, slots=True)
class Part:
    """One input file: what it holds, its name in reports, and what the snapshot's manifest says about it."""

    path: Path | RemoteFile
    name: str
    entity: str
    partition: str | None = None
    records: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All files of one ingest. ``merged_ids`` are lists of ids that OpenAlex merged into others."""

    parts: tuple[Part, ...]
    merged_ids: tuple[Part, ...] = ()
    ignored: tuple[str, ...] = ()
    network_n: int = 0
    """Bytes that finding this out took over the network."""

    @property
    def snapshot_date(self) -> str | None:
        """Newest ``updated_date`` partition, if this is a snapshot."""
        return max((p.partition for p in self.parts if p.partition), default=None)

    @property
    def size(self) -> int:
        """Bytes of all part files."""
        return sum(p.path.stat().st_size for p in self.parts)


def plan(path: Path, *, partial: bool = False) -> Plan:
    """Find the files to ingest under ``path``: a snapshot folder (its root, its ``data`` folder or one entity's), a folder of files, or
    one file.

    ``partial``: files that the manifest lists may be missing. Anything else that differs from a manifest is an
    :class:`~armillary.errors.InputError` that names the file.
    """
    if not path.exists():
        raise InputError("no such file or folder", where=path, fix="check the path")
    if path.is_file():
        return Plan((Part(path, path.name, entity_of(path)),))
    try:
        folders = _entity_folders(path)
        merged = sorted(path.glob("**/merged_ids/*/*.csv*"))
        if not folders and not merged:
            return Plan(tuple(_loose(path)))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=error.filename or path, fix="check the permissions") from error
    parts: list[Part] = []
    for entity, folder in folders:
        parts += _snapshot_parts(entity, folder, partial=partial)
    if not parts and not merged:
        raise InputError("no part files here", where=path, fix="a snapshot has files like data/works/updated_date=2025-01-01/part_000.gz")
    ignored = sorted({p.name for e, f in folders for p in f.parent.iterdir() if p.is_dir() and p.name in IGNORED})
    lists = tuple(Part(p, "/".join(p.parts[-3:]), p.parent.name) for p in merged)
    return Plan(tuple(sorted(parts, key=lambda p: p.name)), lists, tuple(ignored))


def entity_of(path: Path | RemoteFile) -> str:
    """What a file holds, by the id of its first record (``works``, ``institutions``, ...)."""
    if path.suffix == ".parquet":
        from armillary.sources.openalex.columnar import entity_of as of_parquet

        return of_parquet(path)
    _, blocks = records(path)
    for number, block in blocks:
        for line in block:
            if line is None or not line.strip():
                continue
            try:
                record = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            except msgspec.MsgspecError:
                continue
            match = _ID.match(b'"id":' + bytes(record.get("id", b"")))
            if match and (letter := match[1].decode()) in _ENTITY:
                return _ENTITY[letter]
            what = "the first record has no OpenAlex id of a work, institution, source, topic or author"
            raise InputError(what, where=f"{path}:{number}", fix=_WANTED)
        if number > 1000:
            break
    raise InputError("no OpenAlex records in this file", where=path, fix=_WANTED)


def _entity_folders(path: Path) -> list[tuple[str, Path]]:
    """Folders of entities below ``path``; if a snapshot is here in both formats, the Parquet one."""
    if path.name in LETTERS and any(path.glob("updated_date=*")):
        return [(path.name, path)]
    for root in (path, path / "data"):
        for base in (root / "parquet", root / "jsonl", root):
            found = [(entity, base / entity) for entity in LETTERS if (base / entity).is_dir()]
            if found:
                return found
    return []


def _loose(path: Path) -> Iterator[Part]:
    files = [p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix in SUFFIXES and p.name != "manifest.json"]
    if not files:
        raise InputError("no OpenAlex files here", where=path, fix="give a snapshot folder, or one with .jsonl, .gz or .json files")
    for file in files:
        yield Part(file, file.relative_to(path).as_posix(), entity_of(file))


def _snapshot_parts(entity: str, folder: Path, *, partial: bool) -> Iterator[Part]:
    files = {f"{p.parent.name}/{p.name}": p for p in sorted(folder.glob("*/*")) if p.is_file() and p.suffix in SUFFIXES}
    files |= {p.name: p for p in sorted(folder.glob("*")) if p.is_file() and p.suffix in SUFFIXES and p.name != "manifest.json"}
    listed = _manifest(entity, folder)
    if listed is not None:
        missing = sorted(set(listed) - set(files))
        if missing and not partial:
            what = f"{len(missing):,} of {len(listed):,} files that the manifest lists are missing, first {missing[0]}"
            raise InputError(what, where=folder, fix="download them, or give --partial to go on without")
        if strange := sorted(set(files) - set(listed)):
            what = "is not in the manifest (left over from an older snapshot?)"
            raise InputError(what, where=files[strange[0]], fix="delete it, or the manifest")
    for key, path in sorted(files.items()):
        length, count = (listed or {}).get(key, (None, None))
        size = path.stat().st_size
        if length is not None and size != length:
            raise InputError(f"has {size:,} bytes, but the manifest says {length:,}", where=path, fix="download it again")
        match = _PARTITION.match(path.parent.name)
        yield Part(path, f"{entity}/{key}", entity, match[1] if match else None, count)


def _manifest(entity: str, folder: Path) -> dict[str, tuple[int | None, int | None]] | None:
    """``{"updated_date=.../part_000.gz": (bytes, records)}`` from the entity's manifest or the combined one; None if there is neither."""
    for path in [place / name for place in (folder, folder.parent) for name in manifest.NAMES]:
        if not path.is_file():
            continue
        try:
            found = manifest.read(path.read_bytes(), entity)
        except manifest.Fault as fault:
            fix = "download it again, or delete it to go on unchecked"
            raise InputError(f"the manifest cannot be understood ({fault})", where=path, fix=fix) from fault
        if found is not None:
            return {e.name: (e.length, e.records) for e in found.entries}
    return None
