"""One part file to finished segments in the staging folder. Runs in a process of its own, or in the caller's.

A folder ``staging/<options>/<sha256 of the input>/`` exists only when that file is done: it is filled under another name and renamed at
the end.
"""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from armillary.core import parquet
from armillary.core.locking import storage_faults
from armillary.errors import ArmillaryError, InputError, StoreError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import columnar_files, jsonl, streamed
from armillary.sources.openalex.contents import is_parquet
from armillary.sources.openalex.gather import Gathered, Report, Result
from armillary.sources.openalex.plan import Part
from armillary.sources.rejects import REJECTS


def process(part: Part, staging: Path, known: frozenset[str], *, abstracts: bool, report: Report) -> Result:
    """Stage one part file, or find that it is staged or in the observatory already.

    :class:`~armillary.errors.InputError` if the file as a whole is unusable or differs from the snapshot's manifest.
    """
    if isinstance(part.path, RemoteFile):
        before = part.path.bytes_read
        result = _process(part, staging, known, abstracts=abstracts, report=report)
        result.network_n = part.path.bytes_read - before
        part.path.forget()
        return result
    try:
        return _process(part, staging, known, abstracts=abstracts, report=report)
    except InputError as error:
        if not part.may_fail:
            raise
        return Result("", part.path.stat().st_size, "left out", reason=error.what)


def _process(part: Part, staging: Path, known: frozenset[str], *, abstracts: bool, report: Report) -> Result:
    stream = part.path if isinstance(part.path, RemoteFile) and part.path.suffix != ".parquet" else None
    try:
        sha256 = identity(part.path) if stream is None else streamed.known_hash(stream, staging) or streamed.unnamed(stream)
        size = part.path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=part.path, fix="check the path and its permissions") from error
    if sha256 in known:
        report(size, 0)
        return Result(sha256, size, "known")
    target = staging / sha256
    if not target.exists():
        partial = staging / f"{sha256}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            result = read(part, partial, Result(sha256, size), abstracts, report)
            if stream is not None:
                streamed.name(result, stream, partial, staging)
                if result.sha256 in known:
                    return Result(result.sha256, size, "known")
                target = staging / result.sha256
            (partial / "result.json").write_bytes(msgspec.json.encode(result))
            try:
                partial.rename(target)
            except OSError:
                if not target.exists():
                    raise
            return result
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    report(size, 0)
    result = msgspec.json.decode((target / "result.json").read_bytes(), type=Result)
    result.state = "staged"
    return result


def identity(path: Path | RemoteFile) -> str:
    """SHA-256 of a file's bytes; of a Parquet file's length and footer, which names place, size and range of every column chunk.

    So a Parquet snapshot is not read twice, and the leaves that are not needed not even once.
    """
    if isinstance(path, Path) and not is_parquet(path):
        return parquet.file_hash(path)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8))
        length = int.from_bytes(file.read(4), "little")
        file.seek(max(0, size - 8 - length))
        return hashlib.sha256(size.to_bytes(8, "little") + file.read()).hexdigest()


def read(part: Part, folder: Path, result: Result, abstracts: bool, report: Report) -> Result:
    """Read one part file record by record into ``folder``."""
    into = Gathered(part, folder, result, abstracts, report)
    r = result
    collecting = gc.isenabled()
    gc.disable()  # records hold no cycles; the collector would walk millions of them for nothing
    try:
        (columnar_files if is_parquet(part.path) else jsonl).read_into(into)
        if part.entity == "authors":
            into.author_segment()
    finally:
        if collecting:
            gc.enable()
    if part.records is not None and part.records != r.records_n:
        what = f"holds {r.records_n:,} records, but the manifest says {part.records:,}"
        raise InputError(what, where=part.path, fix="download it again")
    r.rejected = dict(sorted(into.rejects.reasons.items()))
    if r.rejected_n and r.rejected_n == r.records_n:
        line, reason, detail = next(iter(into.rejects))
        what = f"none of the {r.records_n:,} records can be used; line {line}: {reason} ({detail})"
        raise InputError(what, where=part.path, fix="is this a file of OpenAlex records, one JSON object a line?")
    into.rejects.save(folder / REJECTS)
    r.quirks = {name: n for name, n in sorted(into.quirks.items()) if n}
    if part.entity == "works":
        (folder / "mentions.msgpack").write_bytes(into.mentions.dump())
    elif part.entity != "authors":
        (folder / "rows.msgpack").write_bytes(msgspec.msgpack.encode(into.rows))
    return r


# --- in a process of its own

_ARGUMENTS: dict[str, Any] = {}


def start(staging: Path, known: frozenset[str], abstracts: bool, queue: Any, stop: Any, parent: int) -> None:
    """Initialise a worker process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    pa.set_cpu_count(1)
    gc.freeze()

    def report(n_bytes: int, n_records: int) -> None:
        if stop.is_set() or os.getppid() != parent:
            os._exit(1)  # the parent failed or died: what is not finished is not kept
        queue.put((n_bytes, n_records))

    _ARGUMENTS.update(staging=staging, known=known, abstracts=abstracts, report=report)


@dataclass(frozen=True)
class Failure:
    """An error on its way between processes (exceptions with keyword arguments do not survive it)."""

    kind: str
    what: str
    where: str | None
    fix: str | None

    def error(self) -> ArmillaryError:
        """The exception again."""
        kind = StoreError if self.kind == "StoreError" else InputError
        return kind(self.what, where=self.where, fix=self.fix)


def work(part: Part) -> Result | Failure:
    """Process one part in a worker process."""
    try:
        with storage_faults(_ARGUMENTS["staging"]):
            return process(part, **_ARGUMENTS)
    except ArmillaryError as error:
        return Failure(type(error).__name__, error.what, error.where, error.fix)
