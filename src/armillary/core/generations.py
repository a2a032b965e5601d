"""The notes of a store: which files make up a generation, and which generation counts.

``state/000003.json`` lists the files of generation 3 with rows, bytes and digests and carries a digest of itself; ``CURRENT`` holds the
number that counts and a digest of it. Both are replaced in one step. Notes of older versions, which lack digests, are read as they are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armillary.core import durable
from armillary.errors import StoreError

log = logging.getLogger(__name__)
_FORMAT = 1
_CURRENT = re.compile(r"(\d{1,12})\n?(?:([0-9a-f]{16})\n?)?")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One Parquet file of a table: its name below ``core/<table>/``, rows, bytes and digests (None in stores of older versions)."""

    name: str
    rows: int
    size: int
    sha256: str | None = field(default=None, compare=False)
    crc32: int | None = field(default=None, compare=False)


Tables = dict[str, tuple[FileEntry, ...]]


def current(folder: Path) -> int:
    """The generation that counts."""
    text = (folder / "CURRENT").read_text(encoding="ascii", errors="replace")
    found = _CURRENT.fullmatch(text)
    if not found or (found[2] is not None and found[2] != _digest(found[1])):
        raise StoreError("the file does not name a generation", where=folder / "CURRENT", fix="write the newest number of state/ into it")
    return int(found[1])


def kept(folder: Path) -> list[int]:
    """The generations that have a note, oldest first."""
    return sorted(int(p.stem) for p in (folder / "state").glob("*.json") if p.stem.isdigit())


def note(folder: Path, generation: int) -> Path:
    """Where the files of a generation are listed."""
    return folder / "state" / f"{generation:06d}.json"


def read(folder: Path, generation: int) -> Tables:
    """The files of each table; :class:`~armillary.errors.StoreError` if the note is gone, damaged or of another version."""
    path = note(folder, generation)
    try:
        state: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if state["format"] != _FORMAT:
            what = f"written by another version of armillary (format {state['format']})"
            raise StoreError(what, where=path, fix="use that version, or ingest again")
        if "digest" in state and state["digest"] != _digest(_canonical(state)):
            raise ValueError("its digest differs")
        return {t: tuple(_entry(e) for e in v) for t, v in state["tables"].items()}
    except FileNotFoundError:
        raise StoreError(f"generation {generation} is not kept", where=folder) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"the file is damaged ({error})", where=path, fix="run armillary repair, or ingest again into a new folder"
        ) from error


def _entry(e: Mapping[str, Any]) -> FileEntry:
    if not (isinstance(e["name"], str) and isinstance(e["rows"], int) and isinstance(e["bytes"], int)) or "/" in e["name"]:
        raise ValueError("a file without name, rows and bytes")
    return FileEntry(e["name"], e["rows"], e["bytes"], e.get("sha256"), e.get("crc32"))


def write(folder: Path, generation: int, tables: Tables) -> None:
    """Make ``tables`` generation ``generation`` and the one that counts. Until the second file is in its place nothing has happened."""
    state: dict[str, Any] = {
        "format": _FORMAT,
        "generation": generation,
        "tables": {
            t: [{"name": e.name, "rows": e.rows, "bytes": e.size, "sha256": e.sha256, "crc32": e.crc32} for e in v]
            for t, v in tables.items()
        },
    }
    state["digest"] = _digest(_canonical(state))
    (folder / "state").mkdir(exist_ok=True)
    _replace_text(note(folder, generation), json.dumps(state, indent=1) + "\n")
    _replace_text(folder / "CURRENT", f"{generation:06d}\n{_digest(f'{generation:06d}')}\n")


def names(folder: Path, generation: int) -> bool:
    """Whether ``generation`` is the one that counts, as far as the disk can tell."""
    with suppress(OSError, StoreError):
        return current(folder) == generation
    return False


def next_number(folder: Path, base: int) -> int:
    """The number of the generation made from ``base``: behind it and behind a damaged one that counts, whose note is not overwritten."""
    try:
        return max(base, current(folder)) + 1
    except (OSError, StoreError):
        return max([base, *kept(folder)]) + 1


def missing(folder: Path, tables: Tables) -> str | None:
    """The first file that is not there or has another size, with what is wrong; None if all are there."""
    for table, entries in tables.items():
        for entry in entries:
            path = folder / "core" / table / entry.name
            try:
                size = path.stat().st_size
            except OSError as error:
                return f"core/{table}/{entry.name}: cannot be read ({error.strerror})"
            if size != entry.size:
                return f"core/{table}/{entry.name}: has {size:,} bytes instead of {entry.size:,}"
    return None


def newest_whole(folder: Path) -> tuple[int, Tables, str | None]:
    """The generation that counts, or, where that one is damaged, the newest whose files are all there, with what is wrong with the other.

    :class:`~armillary.errors.StoreError` if none is whole. The empty generation 0 stands in for one whose files are gone, so that it can be
    built again, but not for one that cannot be made out: an empty observatory would hide that.
    """
    least = 1
    try:
        number: int | None = current(folder)
        assert number is not None
        tables = read(folder, number)
        fault = missing(folder, tables)
        if fault is None:
            return number, tables, None
        least = 0
        first = StoreError(f"generation {number} is damaged: {fault}", where=folder, fix="run armillary repair")
    except StoreError as error:
        if "another version" in error.what:
            raise
        number, first = None, error
    for other in reversed(kept(folder)):
        if other == number or other < least:
            continue
        with suppress(StoreError):
            tables = read(folder, other)
            if missing(folder, tables) is None:
                return other, tables, first.line
    raise first


def _canonical(state: Mapping[str, Any]) -> str:
    return json.dumps({k: v for k, v in state.items() if k != "digest"}, sort_keys=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _replace_text(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".tmp")
    try:
        part.write_text(text, encoding="utf-8")
        durable.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
