"""What there is to read: part files of a snapshot, single files, saved API pages; checked against the snapshot's manifest.

What a file holds is told by its content (:mod:`.contents`). Its place tells the rest: a file in a folder named after an entity, within
partitions ``updated_date=...`` or beside a manifest, is a part of a snapshot; any other file stands for itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.files import unzipped
from armillary.sources.openalex import contents, manifest
from armillary.sources.openalex.contents import Content, look
from armillary.sources.openalex.entities import IGNORED, LETTERS

SUFFIXES = (".gz", ".jsonl", ".json", ".ndjson", ".parquet", ".csv", ".bz2", ".xz", ".zst")
"""Endings of files at an address; those on a disk may be called anything."""
_PARTITION = re.compile(r"updated_date=(\d{4}-\d{2}-\d{2})")
_HALF = (".part", ".partial", ".tmp", ".crdownload", ".crc", ".mark", ".state", ".aria2")
"""Endings of what programs that download keep beside the files."""


@dataclass(frozen=True, slots=True)
class Part:
    """One input file: what it holds, its name in reports, and what the snapshot's manifest says about it.

    ``shape``: ``snapshot``, a part of one (author lists are whole); ``list``, answers of lists of the API, which serve 100 authors of a
    work at most; ``one``, a single record (whole).
    """

    path: Path | RemoteFile
    name: str
    entity: str
    partition: str | None = None
    records: int | None = None
    shape: str = "snapshot"
    may_fail: bool = False
    """One of several files that stand for themselves: if it cannot be read it is left out, with the reason."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All files of one ingest. ``merged_ids`` and ``deleted_ids`` are lists of ids that OpenAlex merged into others or deleted.

    ``ignored``: entities of the snapshot without a table. ``left_out``: ``(file, reason)`` of files that are not understood.
    """

    parts: tuple[Part, ...]
    merged_ids: tuple[Part, ...] = ()
    ignored: tuple[str, ...] = ()
    network_n: int = 0
    """Bytes that finding this out took over the network."""
    deleted_ids: tuple[Part, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def snapshot_date(self) -> str | None:
        """Newest ``updated_date`` partition, if this is a snapshot."""
        return max((p.partition for p in self.parts if p.partition), default=None)

    @property
    def size(self) -> int:
        """Bytes of all part files."""
        return sum(p.path.stat().st_size for p in self.parts)


def plan(path: Path, *, partial: bool = False, scratch: Path | None = None) -> Plan:
    """Find the files to ingest under ``path``: a snapshot folder (its root, its ``data`` folder, one layout's, one entity's or one
    partition), a folder of files, or one file.

    ``partial``: files that the manifest lists may be missing. Anything else that differs from a manifest is an
    :class:`~armillary.errors.InputError` that names the file, and so is a path under which nothing can be read. ``scratch``: where zip
    archives are unpacked, for as long as the files are read; without it they are left out.
    """
    if not path.exists():
        raise InputError("no such file or folder", where=path, fix="check the path")
    if scratch is not None and path.is_file() and unzipped(path, scratch / "archive") is not None:
        return plan(scratch / "archive", partial=partial)
    found = _Found(path, partial=partial, scratch=scratch)
    try:
        found.sort_out()
        return found.plan()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=error.filename or path, fix="check the permissions") from error


@dataclass
class _Home:
    """The folder of one entity of a snapshot: its files that are parts, by their name below it."""

    entity: str
    folder: Path
    parts: dict[str, tuple[Path, Content]] = field(default_factory=dict)


class _Found:
    """The files below a path, sorted out."""

    def __init__(self, path: Path, *, partial: bool, scratch: Path | None = None) -> None:
        self.path, self.partial, self.scratch = path, partial, scratch
        self.archives = 0
        self.base = path.parent if path.is_file() else path
        self.top = _absolute(self.base)
        self.homes: dict[Path, _Home] = {}
        self.loose: list[Part] = []
        self.lists: dict[str, list[Part]] = {"merged": [], "deleted": []}
        self.left_out: list[tuple[str, str]] = []
        self.first_error: InputError | None = None
        self.beside: list[str] = []
        self.ignored: set[str] = set()
        self.notes: list[str] = []
        self._entity_of: dict[Path, str | None] = {}

    # --- what is there

    def sort_out(self) -> None:
        """Look at every file."""
        files = [self.path] if self.path.is_file() else list(_walk(self.path, self.notes))
        for file in files:
            home = self._home(file)
            entity = home[0] if home else None
            if file.name.endswith(_HALF) and len(files) > 1:
                continue
            if entity in IGNORED:
                self.ignored.add(entity)
                continue
            content = look(file, entity=entity)
            name = file.relative_to(self.base).as_posix()
            if content.kind == "archive" and self.scratch is not None and home is None:
                self._archive(file, name)
                continue
            if content.kind == "other" and (listed := _named_list(file)):
                content = Content(listed)  # a list that cannot be read is no reason to go on without it
            if content.kind == "manifest" and file.name in manifest.NAMES and len(files) > 1:
                continue
            if content.kind == "nothing" and len(files) > 1:
                self.notes.append(f"{name}: {content.reason}")
            elif content.kind in self.lists:
                self._list(file, name, content, entity)
            elif content.kind != "records":
                self.first_error = self.first_error or content.error(file)
                self.left_out.append((name, content.reason))
            elif home is None:
                assert content.entity is not None
                self.loose.append(Part(file, name, content.entity, None, None, _shape(content), len(files) > 1))
            else:
                below = _absolute(file).relative_to(home[1]).as_posix()
                self.homes.setdefault(home[1], _Home(*home)).parts[below] = (file, content)

    def _archive(self, file: Path, name: str) -> None:
        """What is in a zip archive, with the name of the archive before each file's."""
        assert self.scratch is not None
        try:
            self.archives += 1
            folder = self.scratch / f"archive{self.archives}"
            if unzipped(file, folder) is None:
                raise InputError("an archive and no file of records", where=file, fix=contents.WANTED)
            inside = plan(folder, partial=self.partial)
        except InputError as error:
            self.first_error = self.first_error or error
            self.left_out.append((name, error.what))
            return
        self.loose += [replace(p, name=f"{name}/{p.name}", may_fail=True) for p in inside.parts]
        for kind, more in (("merged", inside.merged_ids), ("deleted", inside.deleted_ids)):
            self.lists[kind] += [replace(p, name=f"{name}/{p.name}") for p in more]
        self.left_out += [(f"{name}/{n}", why) for n, why in inside.left_out]
        self.ignored |= set(inside.ignored)
        self.notes += [f"{name}: {note}" for note in inside.notes]

    def _list(self, file: Path, name: str, content: Content, entity: str | None) -> None:
        told = content.entity or entity
        if told is None and file.parent.name in LETTERS:
            told = file.parent.name
        part = Part(file, name, told or "")
        self.lists[content.kind].append(part)

    def _home(self, file: Path) -> tuple[str, Path] | None:
        """Entity and folder of the snapshot that a file is part of; None if it stands for itself.

        The folder may lie above the path that was given, if that is a partition of it or a part.
        """
        for folder in _absolute(file).parents:
            if not folder.is_relative_to(self.top) and "=" not in _absolute(file).relative_to(folder).parts[0]:
                continue
            if folder not in self._entity_of:
                self._entity_of[folder] = _entity_of_folder(folder)
            if (entity := self._entity_of[folder]) is not None:
                return entity, folder
        return None

    # --- what to make of it

    def plan(self) -> Plan:
        """The plan; :class:`~armillary.errors.InputError` if there is nothing to read."""
        parts = list(self.loose)
        by_entity: dict[str, list[_Home]] = {}
        for home in self.homes.values():
            by_entity.setdefault(home.entity, []).append(home)
        for entity, homes in by_entity.items():
            several = len(homes) > 1
            if several:
                where = " and ".join(sorted(self._below(h.folder) for h in homes))
                self.notes.append(f"{entity}: in {where}; all are read, and a record that is in several is kept once")
            for home in homes:
                parts += self._verified(home, f"{self._below(home.folder)}" if several else entity)
        self._missing_homes()
        parts.sort(key=lambda p: p.name)
        left_out = self.left_out
        if not parts and not self.lists["merged"] and not self.lists["deleted"]:
            raise self._nothing()
        if self.homes and left_out:  # tables and notes beside a snapshot are no part of it
            inside = tuple(h.folder for h in self.homes.values())
            beside = [n for n, _ in left_out if not any((self.top / n).is_relative_to(f) for f in inside)]
            left_out = [pair for pair in left_out if pair[0] not in beside]
            if beside:
                shown = ", ".join(beside[:4]) + (", ..." if len(beside) > 4 else "")
                self.notes.append(f"beside the snapshot: {len(beside):,} files that hold no OpenAlex records ({shown})")
        return Plan(
            tuple(parts),
            tuple(self.lists["merged"]),
            tuple(sorted(self.ignored)),
            deleted_ids=tuple(self.lists["deleted"]),
            left_out=tuple(left_out),
            notes=tuple(self.notes),
        )

    def _below(self, folder: Path) -> str:
        try:
            below = folder.relative_to(self.top).as_posix()
        except ValueError:
            return folder.name
        return folder.name if below == "." else below

    def _nothing(self) -> InputError:
        if self.first_error is not None:
            more = f" (and {len(self.left_out) - 1:,} more files that cannot be used)" if len(self.left_out) > 1 else ""
            return InputError(f"{self.first_error.what}{more}", where=self.first_error.where, fix=self.first_error.fix)
        if self.ignored:
            what = f"only entities without a table here: {', '.join(sorted(self.ignored))}"
            return InputError(what, where=self.path, fix=contents.WANTED)
        what = "no OpenAlex records here (only pages without results)" if self.notes else "no OpenAlex files here"
        return InputError(what, where=self.path, fix=contents.WANTED)

    # --- against the manifest

    def _verified(self, home: _Home, prefix: str) -> Iterator[Part]:
        listed, is_answer = self._listed(home)
        opened: set[str] = set()
        if listed is not None:
            listed, opened = as_unpacked(listed, home.parts)
            self._complete(home, listed)
        if opened:
            self.notes.append(
                f"{home.entity}: {len(opened):,} parts are unpacked; their records are compared with the manifest, not their bytes"
            )
        for key, (path, content) in sorted(home.parts.items()):
            entry = (listed or {}).get(key)
            size = path.stat().st_size
            if entry is not None and entry.length is not None and size != entry.length and key not in opened:
                what = f"has {size:,} bytes, but the manifest says {entry.length:,}"
                raise InputError(what, where=path, fix="download it again")
            match = next((m for piece in Path(key).parts if (m := _PARTITION.fullmatch(piece))), None)
            shape = "snapshot" if match or (listed is not None and not is_answer) else _shape(content)
            yield Part(path, f"{prefix}/{key}", home.entity, match[1] if match else None, entry.records if entry else None, shape)

    def _listed(self, home: _Home) -> tuple[dict[str, manifest.ManifestFile] | None, bool]:
        """Parts by the manifest of the entity or the one of all; whether they are answers to a query."""
        found: list[tuple[Path, manifest.Manifest]] = []
        for path in [place / name for place in (home.folder, home.folder.parent) for name in manifest.NAMES]:
            if path.is_file() and (read := _manifest(path, home.entity)) is not None:
                found.append((path, read))
        if not found:
            return None, False
        first = found[0][1]
        self.notes += first.notes()
        for path, other in found[1:]:
            if {(e.name, e.length, e.records) for e in other.entries} != {(e.name, e.length, e.records) for e in first.entries}:
                self.notes.append(
                    f"{self._below(path.parent)}/{path.name} lists other files of {home.entity} than {found[0][0].name} beside them"
                )
        return {e.name: e for e in first.entries}, first.query is not None

    def _complete(self, home: _Home, listed: dict[str, manifest.ManifestFile]) -> None:
        """:class:`~armillary.errors.InputError` for listed files that are missing, and for parts that are not listed."""
        top = _absolute(self.path)
        mine = {n for n in listed if home.folder.is_relative_to(top) or (home.folder / n).is_relative_to(top)}
        missing = sorted(mine - set(home.parts))
        for name in list(missing):
            if not (there := home.folder / name).exists():
                continue
            content = look(there, entity=home.entity)
            if content.kind in self.lists or listed[name].records == 0:
                missing.remove(name)
                continue
            raise InputError(f"{content.reason or 'no part file'}, but the manifest lists it", where=there, fix="download it again")
        if missing and not self.partial:
            what = f"{len(missing):,} of {len(mine):,} files that the manifest lists are missing, first {missing[0]}"
            raise InputError(what, where=home.folder, fix="download them, or give --partial to go on without")
        if strange := sorted(set(home.parts) - set(listed)):
            what = "is not in the manifest (left over from an older snapshot?)"
            raise InputError(what, where=home.parts[strange[0]][0], fix="delete it, or the manifest")

    def _missing_homes(self) -> None:
        """Entities that a manifest of all lists here and of which no part is here."""
        for folder in sorted({h.folder.parent for h in self.homes.values()}):
            if not folder.is_relative_to(self.top):
                continue
            for path in (folder / name for name in manifest.NAMES):
                if path.is_file():
                    names = manifest.entities(path.read_bytes())
                    here = {h.entity for h in self.homes.values() if h.folder.parent == folder}
                    if absent := [n for n in names if n in LETTERS and n not in here]:
                        self.notes.append(f"{self._below(path.parent)}/{path.name} lists {', '.join(absent)} too, of which no file is here")


def as_unpacked(listed: dict[str, manifest.ManifestFile], there: Collection[str]) -> tuple[dict[str, manifest.ManifestFile], set[str]]:
    """The list of a manifest with the names of parts as they are after ``gunzip``, and these names: ``part_0000`` for ``part_0000.gz``."""
    opened = {n.removesuffix(".gz") for n in listed if n.endswith(".gz") and n not in there and n.removesuffix(".gz") in there}
    opened -= set(listed)
    return {n.removesuffix(".gz") if n.removesuffix(".gz") in opened else n: e for n, e in listed.items()}, opened


def _manifest(path: Path, entity: str) -> manifest.Manifest | None:
    try:
        return manifest.read(path.read_bytes(), entity)
    except manifest.Fault as fault:
        fix = "download it again, or delete it to go on unchecked"
        raise InputError(f"the manifest cannot be understood ({fault})", where=path, fix=fix) from fault


def _shape(content: Content) -> str:
    """Of records that are in no snapshot: a file of one record is whole, and any other may come from lists of the API."""
    return {"parquet": "snapshot", "one": "one"}.get(content.shape, "list")


def _entity_of_folder(folder: Path) -> str | None:
    """The entity whose part of a snapshot is in ``folder``: by its name, and partitions in it or a manifest in or above it."""
    if folder.name not in LETTERS and folder.name not in IGNORED:
        return None
    try:
        has_partitions = any(p.is_dir() and "=" in p.name for p in folder.iterdir())
    except OSError:
        return None
    is_listed = any((place / name).is_file() for place in (folder, folder.parent) for name in manifest.NAMES)
    return folder.name if has_partitions or is_listed else None


def _named_list(file: Path) -> str | None:
    """Kind of a list of ids that are gone, by the place where OpenAlex keeps it."""
    if "merged_ids" in file.parts[-3:-1]:
        return "merged"
    return "deleted" if file.name.startswith("deleted_ids.") else None


def _absolute(path: Path) -> Path:
    """Without following links, so that a linked part keeps its place."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow them


def _walk(path: Path, notes: list[str]) -> Iterator[Path]:
    """Files below a folder in order of their names; hidden ones and those of observatories are left out."""

    def stop(error: OSError) -> None:
        raise error

    seen: set[str] = set()
    for folder, names, files in os.walk(path, onerror=stop, followlinks=True):
        names[:] = sorted(n for n in names if not n.startswith("."))
        if (real := os.path.realpath(folder)) in seen:
            names.clear()
            continue
        seen.add(real)
        if "CURRENT" in files and {"core", "state"} <= set(names):
            notes.append(f"{Path(folder).relative_to(path).as_posix()}: an observatory, and no files of OpenAlex")
            names.clear()
            continue
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder) / name


def entity_of(path: Path | RemoteFile) -> Content:
    """What one file holds, where it stands for itself; :class:`~armillary.errors.InputError` if it has no records that can be read."""
    content = look(path)
    if content.kind != "records":
        raise content.error(path)
    return content
