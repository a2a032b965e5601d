"""A copy against its manifest: every file that is promised, by bytes and, if asked, by records; and every file that is not promised."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip, igzip_lib

from armillary.errors import InputError
from armillary.sources.fetch import parts
from armillary.sources.fetch.snapshot import DELETED, ENTITIES
from armillary.sources.openalex import manifest as manifests
from armillary.sources.openalex.manifest import Manifest, ManifestFile

_DATA = (".gz", ".parquet")
_BLOCK = 2**20
_DAMAGE: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, zlib.error, igzip_lib.IsalError)  # type: ignore[assignment]
_DEEPEST = 4


@dataclass(frozen=True)
class Difference:
    """A file that is not what the manifest says, and how."""

    file: str
    what: str


@dataclass(frozen=True)
class CopyReport:
    """One entity of a copy. ``records`` and ``bytes`` as promised; ``records_read`` None if not counted; ``notes`` are no faults."""

    entity: str
    folder: str
    date: str | None
    files: int
    bytes: int | None
    records: int | None
    records_read: int | None
    faults: tuple[Difference, ...]
    notes: tuple[str, ...]


def verify(
    path: Path,
    *,
    records: bool = False,
    entities: Iterable[str] = (),
    workers: int = 4,
    total: Callable[[int], None] = lambda _: None,
    advance: Callable[[int, int], object] = lambda *_: None,
) -> list[CopyReport]:
    """Check the copies below ``path`` (a snapshot's root, a layout's or an entity's folder, or what ``fetch openalex`` made).

    ``records``: read all files and count, too. Raises :class:`~armillary.errors.InputError` if there is no manifest, or one that cannot be
    understood, or none of a wanted entity.
    """
    if not path.is_dir():
        raise InputError("no such folder", where=path, fix="give the folder of a copy")
    wanted = list(dict.fromkeys(entities))
    found = [(m, folder, whole) for m, folder, whole in _manifests(path) if not wanted or m.entity in wanted]
    absent = [e for e in wanted if e not in {m.entity for m, _, _ in found}]
    if not found or absent:
        what = f"no manifest of {absent[0]} here" if absent else "no manifest here, so nothing to check the copy against"
        raise InputError(what, where=path, fix="fetch it with 'armillary fetch snapshot', or copy the manifest from the source")
    if records:
        total(sum(_size(folder / e.name) for m, folder, _ in found for e in m.entries))
    return [_report(m, folder, whole, records, bool(wanted), workers, advance) for m, folder, whole in found]


def _manifests(path: Path) -> Iterator[tuple[Manifest, Path, Manifest | None]]:
    """Each entity's manifest, the folder it is about, and the same in the manifest of all entities if both are here."""
    own: dict[Path, Manifest] = {}
    combined: dict[Path, Manifest] = {}
    for place in sorted(p for p in _below(path, _DEEPEST) if p.name in manifests.NAMES):
        folder = place.parent
        try:
            content = json.loads(place.read_text(encoding="utf-8-sig"))
            named = content.get("entity") if isinstance(content, dict) else None
            if folder.name in ENTITIES or isinstance(named, str):
                made = manifests.of(content, named if isinstance(named, str) else folder.name)
                if made is not None:
                    own.setdefault(folder, made)
                continue
            combined |= {folder / e: m for e in ENTITIES if (m := manifests.of(content, e)) is not None and m.entries}
        except (OSError, ValueError, RecursionError) as error:
            what = f"the manifest cannot be understood: {' '.join(str(error).split())[:120]}"
            raise InputError(what, where=place, fix="fetch it again") from error
    for folder in sorted(own.keys() | combined.keys()):
        yield own.get(folder) or combined[folder], folder, combined.get(folder) if folder in own else None


def _below(path: Path, depth: int) -> Iterator[Path]:
    for entry in path.iterdir():
        if entry.is_file():
            yield entry
        elif entry.is_dir() and depth > 1 and "=" not in entry.name:
            yield from _below(entry, depth - 1)


def _report(
    promised: Manifest,
    folder: Path,
    whole: Manifest | None,
    records: bool,
    is_wanted: bool,
    workers: int,
    advance: Callable[[int, int], object],
) -> CopyReport:
    notes = promised.notes()
    if whole is not None and {e.name: e.length for e in whole.entries} != {e.name: e.length for e in promised.entries}:
        notes.append("its own manifest and the one of all entities list different files; checked against its own")
    lengths, counts = [e.length for e in promised.entries], [e.records for e in promised.entries]
    is_here = folder.is_dir() and any(p.suffix in _DATA or "=" in p.parent.name for p in folder.rglob("*") if p.is_file())
    if not is_here and not is_wanted and promised.entries:
        faults: list[Difference] = []
        notes = [f"not here: {len(promised.entries):,} files that the manifest of all entities lists", *notes]
        read: list[int | None] = []
    else:
        with ThreadPoolExecutor(max(1, workers)) as pool:
            checked = list(pool.map(lambda e: _check(folder, e, records, advance), promised.entries))
        faults = [f for f, _ in checked if f is not None] + _strange(folder, promised)
        read = [n for _, n in checked]
        state = parts.read_state(folder)
        if state is not None and state.cursor is not None:
            faults.append(Difference(parts.STATE, "the fetch of this query is not finished"))
        faults += _list_of_deleted(folder, records, notes)
        if n := sum(not (folder / e.name).is_file() and (folder / e.name.removesuffix(".gz")).is_file() for e in promised.entries):
            notes.append(
                f"{n:,} parts are unpacked: their bytes cannot be compared" + ("" if records else ", their records only with --records")
            )
    return CopyReport(
        promised.entity,
        str(folder),
        promised.date,
        len(promised.entries),
        None if None in lengths else sum(n or 0 for n in lengths),
        None if None in counts else sum(n or 0 for n in counts),
        sum(n or 0 for n in read) if records and is_here else None,
        tuple(faults),
        tuple(notes),
    )


def _check(folder: Path, entry: ManifestFile, records: bool, advance: Callable[[int, int], object]) -> tuple[Difference | None, int | None]:
    path = folder / entry.name
    is_unpacked = not path.is_file() and entry.name.endswith(".gz") and path.with_suffix("").is_file()
    if is_unpacked:
        path = path.with_suffix("")
    if not path.is_file():
        half = path.with_name(f"{path.name}.part")
        came = f"only {half.stat().st_size:,} bytes of it came so far" if half.exists() else "is missing"
        return Difference(entry.name, came), None
    size = path.stat().st_size
    if entry.length is not None and size != entry.length and not is_unpacked:
        return Difference(entry.name, f"has {size:,} bytes, but the manifest says {entry.length:,}"), None
    if not records or entry.name in DELETED:
        return None, None
    try:
        n = _rows(path) if path.suffix == ".parquet" else _lines(path)
    except _DAMAGE as error:
        return Difference(entry.name, f"is damaged ({' '.join(str(error).split())[:100]})"), None
    advance(size, 1)
    if entry.records is not None and n != entry.records:
        return Difference(entry.name, f"has {n:,} records, but the manifest says {entry.records:,}"), n
    return None, n


def _strange(folder: Path, promised: Manifest) -> list[Difference]:
    names = {e.name for e in promised.entries}
    there = (p for p in folder.rglob("*") if p.suffix in _DATA and p.is_file() and p.name not in DELETED)
    strange = sorted(name for p in there if (name := p.relative_to(folder).as_posix()) not in names)
    return [Difference(name, "is not in the manifest (left over from an older release?)") for name in strange]


def _list_of_deleted(folder: Path, records: bool, notes: list[str]) -> list[Difference]:
    for name in DELETED:
        path = folder / name
        if not path.is_file():
            continue
        if not records:
            notes.append(f"{name} is here; no manifest names it, so only reading it (--records) checks it")
            return []
        try:
            n = _lines(path) - 1
        except _DAMAGE as error:
            return [Difference(name, f"is damaged ({error})")]
        notes.append(f"{name}: {max(0, n):,} deleted works")
        return []
    return []


def _lines(path: Path) -> int:
    """Lines of a text, packed or not; the last one may lack its end."""
    count, last = 0, b"\n"
    with _opened(path) as file:
        while block := file.read(_BLOCK):
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def _opened(path: Path) -> BinaryIO:
    if path.suffix != ".gz":
        return path.open("rb")
    return cast(BinaryIO, igzip.IGzipFile(path))  # type: ignore[no-untyped-call]


def _rows(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
