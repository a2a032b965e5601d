"""The OpenAlex snapshot: the manifest first, then every part file that is new or changed, several at a time.

Both layouts are known: ``data/<format>/<entity>`` with manifests called ``manifest.json`` (since June 2026), and ``data/<entity>/manifest``
of JSONL before. The manifest is stored before the files, so an ingest of a half-fetched folder is refused by name instead of giving half
the numbers. The list of deleted works (since September 2026), which no manifest names, comes with the works.
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

from armillary.errors import FetchError, NotThere
from armillary.sources.fetch import files
from armillary.sources.fetch.faults import Policy, Refused, Stopped
from armillary.sources.fetch.remote import Remote, remote
from armillary.sources.openalex import manifest as manifests
from armillary.sources.openalex.manifest import Manifest, ManifestFile

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
DELETED = ("deleted_ids.csv.gz", "deleted_ids.csv")
"""Names of the list of deleted works, beside the partitions; the first that is there is taken."""
_SINCE = "by --since: changes under an old updated_date (54 million works on 2026-09-28) do not come; without it all files are compared"
_NO_DELETED = "no list of deleted works at the source (releases since 2026-09-23 have one): updates will keep works that are gone"
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
class Download:
    """What one entity takes: all files, those to fetch, local ones that are in no manifest any more, and bytes still to come.

    ``deleted``: the list of deleted works, which is one of the ``files``. ``notes``: what the user should know.
    """

    entity: str
    folder: Path
    files: tuple[File, ...]
    wanted: tuple[File, ...]
    left_over: tuple[Path, ...]
    bytes_to_fetch: int
    manifest: bytes
    date: str | None
    deleted: File | None
    notes: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(f.length or 0 for f in self.files)

    @property
    def records(self) -> int:
        """Records in all files."""
        return sum(f.records or 0 for f in self.files)


@dataclass(frozen=True)
class DownloadReport:
    """What one run did for one entity."""

    entity: str
    folder: str
    date: str | None
    files: int
    records: int
    bytes: int
    fetched: int
    bytes_fetched: int
    left_over: int
    pruned: int
    deleted_ids: str | None
    notes: tuple[str, ...]


def plan(source: Remote, entity: str, out: Path, policy: Policy, *, form: str = "jsonl", since: str | None = None) -> Download:
    """Read the manifest and compare it with what is here. ``since``: only partitions of this ``updated_date`` (YYYY-MM-DD) or later."""
    whole, prefix = _manifest(source, entity, policy, form)
    where = source.where(prefix or entity)
    chosen = [e for e in whole.entries if since is None or not e.name.startswith("updated_date=") or e.name >= f"updated_date={since}"]
    every = sorted((file_of(e, entity, prefix, where) for e in chosen), key=lambda f: f.name)
    if not every:
        raise FetchError(f"the manifest lists no files of {entity}", where=source.where(prefix), fix="check --entity, --format and --since")
    notes = list(whole.notes())
    deleted = next((f for f in every if f.name in DELETED), None)
    if entity == "works" and deleted is None:
        deleted, said = list_of_deleted(source, "/".join(p for p in (prefix, entity) if p), policy)
        every += [deleted] if deleted else []
        notes += [said] if said else []
    if since is not None:
        notes.append(_SINCE)
    folder = out / "data" / prefix / entity
    known = _ledger(folder)
    wanted = [f for f in every if not _is_here(f, folder, known)]
    to_fetch = sum(max(0, (f.length or 0) - files.partial(folder / f.name)) for f in wanted)
    left_over = () if since else tuple(_left_over(folder, {f.name for f in every}))
    listed = _stored(whole, chosen, entity, prefix or form)
    return Download(entity, folder, tuple(every), tuple(wanted), left_over, to_fetch, listed, whole.date, deleted, tuple(notes))


def _stored(whole: Manifest, chosen: list[ManifestFile], entity: str, form: str) -> bytes:
    """The manifest of the copy, in today's shape, with the files that the copy is to have."""
    totals = {"record_count": [e.records for e in chosen], "content_length": [e.length for e in chosen]}
    sums = {name: None if None in counts else sum(n or 0 for n in counts) for name, counts in totals.items()}
    about = {"date": whole.date, "format": whole.form or form, "entity": entity, **sums}
    content = {k: v for k, v in about.items() if v is not None} | {"files": [{"url": e.url, "meta": dict(e.meta)} for e in chosen]}
    return json.dumps(content, indent=1).encode() + b"\n"


def _left_over(folder: Path, names: set[str]) -> list[Path]:
    """Data files that are in the folder and not in the manifest."""
    here = (p for p in folder.rglob("*") if p.suffix in (".gz", ".parquet") and p.is_file() and p.name not in DELETED)
    return sorted(p for p in here if p.relative_to(folder).as_posix() not in names)


def list_of_deleted(source: Remote, folder: str, policy: Policy) -> tuple[File | None, str | None]:
    """The list of deleted works, which the manifest does not name, and a note if it does not come."""
    for name in DELETED:
        path = f"{folder}/{name}"
        try:
            about = source.about(path)
        except NotThere:
            continue
        except Refused as refused:
            return None, f"{name}: {refused.what}"
        mark = f"{about.size}/{about.tag}" if about.tag else "unknown"
        return File(name, path, about.size, None, None, mark), None
    return None, _NO_DELETED


def fetch(
    source: Remote,
    wanted: Download,
    policy: Policy,
    *,
    workers: int = 4,
    prune: bool = False,
    advance: Callable[[int, int], object] = lambda *_: None,
) -> DownloadReport:
    """Fetch what the plan wants. The first file that fails for good ends the run with its error; finished and half files are kept.

    ``prune``: delete files that the manifest does not list any more (records that moved to a newer partition).
    """
    folder = wanted.folder
    writing = threading.Lock()
    fetched: list[int] = []
    with files.locked(folder):
        files.check_space(folder, wanted.bytes_to_fetch)
        files.write_whole(folder / "manifest.json", wanted.manifest)
        (folder / "manifest").unlink(missing_ok=True)  # of an older copy
        for file in wanted.wanted:  # what a run before brought of a file that has changed at the source is of no use
            _forget_other(folder, file)
        with files.disk_faults(folder):
            due = set(wanted.wanted)
            for file in wanted.files:
                if file not in due:  # a run that was killed when this file was whole left its note
                    _mark(folder, file).unlink(missing_ok=True)

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
    return DownloadReport(
        wanted.entity,
        str(folder),
        wanted.date,
        len(wanted.files) - (wanted.deleted is not None),
        wanted.records,
        wanted.bytes,
        len(fetched),
        sum(fetched),
        len(wanted.left_over),
        len(wanted.left_over) if prune else 0,
        str(folder / wanted.deleted.name) if wanted.deleted else None,
        wanted.notes,
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


def _manifest(source: Remote, entity: str, policy: Policy, form: str) -> tuple[Manifest, str]:
    """The manifest of an entity and the folder (below the base) in which the entities are."""

    def read(path: str) -> bytes:
        return files.read_all(source, path, policy)

    if (found := manifest_of(read, source.where, entity, form)) is not None:
        return found, form
    if form == "jsonl" and (found := manifest_of(read, source.where, entity, "")) is not None:
        return found, ""
    raise NotThere(f"no manifest of {entity} in {form}", where=source.where(""), fix="check --base, --entity and --format")


def manifest_of(read: Callable[[str], bytes], where: Callable[[str], str], entity: str, folder: str) -> Manifest | None:
    """What the manifest of ``folder`` (of all entities) or of the entity itself says; None if neither is there.

    ``read`` gives the content of a path or raises :class:`NotThere`, ``where`` its full address for messages.
    """
    prefix = f"{folder}/" if folder else ""
    combined, own = [f"{prefix}manifest.json"], [f"{prefix}{entity}/{name}" for name in manifests.NAMES]
    for path in combined + own if folder else own + combined:
        try:
            content = read(path)
        except NotThere:
            continue
        try:
            found = manifests.read(content, entity)
        except manifests.Fault as fault:
            what = f"the manifest cannot be understood: {fault}"
            raise FetchError(what, where=where(path), fix="check the address and the entity") from fault
        if found is not None:
            return found
    return None


def listed(read: Callable[[str], bytes], where: Callable[[str], str], entity: str, folder: str) -> tuple[ManifestFile, ...] | None:
    """Part files of an entity by :func:`manifest_of`; None if there is no manifest."""
    found = manifest_of(read, where, entity, folder)
    return None if found is None else tuple(e for e in found.entries if e.name not in DELETED)


def file_of(entry: ManifestFile, entity: str, prefix: str, where: str) -> File:
    """The part file of a manifest's entry; :class:`FetchError` for a name that leads out of the folder."""
    meta, name = entry.meta, entry.name
    if not 1 <= name.count("/") + 1 <= 4 or not all(_PIECE.fullmatch(p) for p in name.split("/")):
        raise FetchError(f"the manifest lists an unusable file name ({name[:80]!r})", where=where, fix="check --base")
    checksum = None
    for key, algorithm in _CHECKSUMS.items():
        if isinstance(value := meta.get(key), str) and value:
            checksum = f"{algorithm}:{value}" if algorithm and ":" not in value else value
            break
    if checksum is not None and checksum.partition(":")[0] not in ("md5", "sha1", "sha256", "sha512"):
        checksum = None
    mark = hashlib.sha256(json.dumps(dict(meta), sort_keys=True, default=str).encode()).hexdigest()[:16]
    path = "/".join(p for p in (prefix, entity, name) if p)
    return File(name, path, entry.length, entry.records, checksum, mark)


def _ledger(folder: Path) -> dict[str, str]:
    """``{file: mark of its manifest entry}`` of the files fetched so far; a cut last line is ignored."""
    known: dict[str, str] = {}
    path = folder / LEDGER
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                known[entry["file"]] = entry["mark"]
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
    return known


def _is_here(file: File, folder: Path, known: dict[str, str]) -> bool:
    path = folder / file.name
    if not path.is_file() or (file.length is not None and path.stat().st_size != file.length):
        return False
    return file.mark != "unknown" and known.get(file.name, None if file.name in DELETED else file.mark) == file.mark


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
