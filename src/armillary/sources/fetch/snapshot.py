"""The OpenAlex snapshot: the manifest first, then every part file that is new or changed, several at a time.

Both layouts are known: ``data/<format>/manifest.json`` with all entities (since June 2026), and ``data/<entity>/manifest`` of JSONL before.
The manifest is stored before the files, so an ingest of a half-fetched folder is refused by name instead of giving half the numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.errors import FetchError, NotThere
from armillary.sources.fetch import files
from armillary.sources.fetch.faults import Policy, Stopped
from armillary.sources.fetch.remote import Remote, remote

BASE = "https://openalex.s3.amazonaws.com/data"
LEDGER = "fetch.state"
ENTITIES = (
    "works",
    "institutions",
    "sources",
    "topics",
    "authors",
    "publishers",
    "funders",
    "domains",
    "fields",
    "subfields",
    "concepts",
    "keywords",
    "awards",
)
_PIECE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_=.\-]*")
_CHECKSUMS = {"sha256": "sha256", "sha256_checksum": "sha256", "md5": "md5", "content_md5": "md5", "checksum": ""}


@dataclass(frozen=True)
class File:
    """A part file: its ``name`` below the entity's folder, its address below the base, and what the manifest promises."""

    name: str
    path: str
    length: int | None
    records: int | None
    checksum: str | None
    mark: str


@dataclass(frozen=True)
class Plan:
    """What one entity takes: all files, those to fetch, local ones that are in no manifest any more, and bytes still to come."""

    entity: str
    folder: Path
    files: tuple[File, ...]
    wanted: tuple[File, ...]
    left_over: tuple[Path, ...]
    bytes_to_fetch: int
    manifest: bytes

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(f.length or 0 for f in self.files)

    @property
    def records(self) -> int:
        """Records in all files."""
        return sum(f.records or 0 for f in self.files)


@dataclass(frozen=True)
class Summary:
    """What one run did for one entity."""

    entity: str
    folder: str
    files: int
    records: int
    bytes: int
    fetched: int
    bytes_fetched: int
    left_over: int
    pruned: int


def plan(source: Remote, entity: str, out: Path, policy: Policy, *, form: str = "jsonl", since: str | None = None) -> Plan:
    """Read the manifest and compare it with what is here. ``since``: only partitions of this ``updated_date`` (YYYY-MM-DD) or later."""
    entries, prefix = _manifest(source, entity, policy, form)
    every = sorted((file_of(e, entity, prefix, source.where(prefix or entity)) for e in entries), key=lambda f: f.name)
    if since:
        every = [f for f in every if f.name >= f"updated_date={since}"]
    if not every:
        raise FetchError(f"the manifest lists no files of {entity}", where=source.where(prefix), fix="check --entity, --format and --since")
    folder = out / "data" / prefix / entity
    known = _ledger(folder)
    wanted = [f for f in every if not _is_here(f, folder, known)]
    names = {f.name for f in every}
    here = (p for p in folder.glob("*/*") if p.is_file() and p.suffix in (".gz", ".parquet"))
    left_over = () if since else tuple(sorted(p for p in here if p.relative_to(folder).as_posix() not in names))
    to_fetch = sum(max(0, (f.length or 0) - files.partial(folder / f.name)) for f in wanted)
    listed = json.dumps({"entries": [e for e in entries if _name(e["url"], entity) in names]}, indent=1).encode() + b"\n"
    return Plan(entity, folder, tuple(every), tuple(wanted), left_over, to_fetch, listed)


def fetch(
    source: Remote,
    wanted: Plan,
    policy: Policy,
    *,
    workers: int = 4,
    prune: bool = False,
    advance: Callable[[int, int], object] = lambda *_: None,
) -> Summary:
    """Fetch what the plan wants. The first file that fails for good ends the run with its error; finished and half files are kept.

    ``prune``: delete files that the manifest does not list any more (records that moved to a newer partition).
    """
    folder = wanted.folder
    writing = threading.Lock()
    fetched: list[int] = []
    with files.locked(folder):
        files.check_space(folder, wanted.bytes_to_fetch)
        files.write_whole(folder / "manifest", wanted.manifest)
        for file in wanted.wanted:  # what a run before brought of a file that has changed at the source is of no use
            _forget_other(folder, file)

        def one(file: File) -> None:
            if policy.stop.is_set():
                raise Stopped
            target = folder / file.name
            sha256 = files.download(
                source, file.path, target, policy, length=file.length, checksum=file.checksum, advance=lambda n: _tell(advance, n)
            )
            with writing, files.disk_faults(folder), (folder / LEDGER).open("a", encoding="utf-8") as ledger:
                ledger.write(json.dumps({"file": file.name, "mark": file.mark, "sha256": sha256}) + "\n")
                _mark(folder, file).unlink(missing_ok=True)
                fetched.append(target.stat().st_size)
                advance(0, 1)

        _all(one, wanted.wanted, workers, policy)
        if prune:
            for path in wanted.left_over:
                with files.disk_faults(path):
                    path.unlink(missing_ok=True)
    return Summary(
        wanted.entity,
        str(folder),
        len(wanted.files),
        wanted.records,
        wanted.bytes,
        len(fetched),
        sum(fetched),
        len(wanted.left_over),
        len(wanted.left_over) if prune else 0,
    )


def open_source(base: str, policy: Policy) -> Remote:
    """The snapshot at an ``https://`` or ``s3://`` address."""
    return remote(base, policy)


def _all(do: Callable[[File], None], items: Iterable[File], workers: int, policy: Policy) -> None:
    """``do`` every item in threads; the first real error is raised after the others have left."""
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(do, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also on Ctrl-C
            if any(f.done() and f.exception() for f in futures) or not all(f.done() for f in futures):
                policy.stop.set()
                for future in futures:
                    future.cancel()
    faults = [error for f in futures if not f.cancelled() and (error := f.exception()) is not None]
    for error in sorted(faults, key=lambda e: isinstance(e, Stopped)):
        raise error


def _manifest(source: Remote, entity: str, policy: Policy, form: str) -> tuple[list[dict[str, Any]], str]:
    """Entries of an entity and the folder (below the base) in which the entities are."""

    def read(path: str) -> bytes:
        return files.read_all(source, path, policy)

    if (found := listed(read, source.where, entity, form)) is not None:
        return found, form
    if form == "jsonl" and (found := listed(read, source.where, entity, "")) is not None:
        return found, ""
    raise NotThere(f"no manifest of {entity} in {form}", where=source.where(""), fix="check --base, --entity and --format")


def listed(read: Callable[[str], bytes], where: Callable[[str], str], entity: str, folder: str) -> list[dict[str, Any]] | None:
    """Entries of an entity in the manifest of ``folder`` (of all entities) or in its own; None if neither is there.

    ``read`` gives the content of a path or raises :class:`NotThere`, ``where`` its full address for messages.
    """
    prefix = f"{folder}/" if folder else ""
    combined, own = [f"{prefix}manifest.json"], [f"{prefix}{entity}/manifest.json", f"{prefix}{entity}/manifest"]
    for path in combined + own if folder else own + combined:
        try:
            content = read(path)
        except NotThere:
            continue
        try:
            value = json.loads(content)
            if "entries" not in value:
                by_entity = value.get("entities") or value
                if path in combined and entity not in by_entity:
                    continue
                value = by_entity[entity]
            return [e for e in value["entries"] if _name(e["url"], entity)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"the manifest cannot be understood ({type(error).__name__})"
            raise FetchError(what, where=where(path), fix="check the address and the entity") from error
    return None


def _name(url: str, entity: str) -> str:
    """``updated_date=.../part_000.gz`` of an entry's address; empty if it belongs to another entity."""
    pieces = url.split("/")
    return "/".join(pieces[len(pieces) - pieces[::-1].index(entity) :]) if entity in pieces[:-1] else ""


def file_of(entry: dict[str, Any], entity: str, prefix: str, where: str) -> File:
    """The part file of a manifest's entry; :class:`FetchError` for a name that leads out of the folder."""
    meta = entry.get("meta") or {}
    name = _name(entry["url"], entity)
    if not 1 <= name.count("/") + 1 <= 2 or not all(_PIECE.fullmatch(p) for p in name.split("/")):
        raise FetchError(f"the manifest lists an unusable file name ({name[:80]!r})", where=where, fix="check --base")
    checksum = None
    for key, algorithm in _CHECKSUMS.items():
        if isinstance(value := meta.get(key), str) and value:
            checksum = f"{algorithm}:{value}" if algorithm and ":" not in value else value
            break
    if checksum is not None and checksum.partition(":")[0] not in ("md5", "sha1", "sha256", "sha512"):
        checksum = None
    mark = hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()[:16]
    path = "/".join(p for p in (prefix, entity, name) if p)
    return File(name, path, meta.get("content_length"), meta.get("record_count"), checksum, mark)


def _ledger(folder: Path) -> dict[str, str]:
    """``{file: mark of its manifest entry}`` of the files fetched so far; a cut last line is ignored."""
    known: dict[str, str] = {}
    path = folder / LEDGER
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                known[entry["file"]] = entry["mark"]
            except (ValueError, KeyError, TypeError):
                continue
    return known


def _is_here(file: File, folder: Path, known: dict[str, str]) -> bool:
    path = folder / file.name
    if not path.is_file() or (file.length is not None and path.stat().st_size != file.length):
        return False
    return known.get(file.name, file.mark) == file.mark


def _forget_other(folder: Path, file: File) -> None:
    """Drop the half file of another version (its mark stands beside it)."""
    part = folder / f"{file.name}.part"
    note = _mark(folder, file)
    with files.disk_faults(folder):
        if part.exists() and note.exists() and note.read_text(encoding="utf-8") != file.mark:
            part.unlink()
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(file.mark, encoding="utf-8")


def _mark(folder: Path, file: File) -> Path:
    return folder / f"{file.name}.part.mark"


def _tell(advance: Callable[[int, int], object], n: int) -> None:
    advance(n, 0)
