"""One part file to finished segments in the staging folder. Runs in a process of its own, or in the caller's.

A folder ``staging/<options>/<sha256 of the input>/`` exists only when that file is done: it is filled under another name and renamed at
the end.
"""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import parquet, schema
from armillary.core.locking import storage_faults
from armillary.errors import ArmillaryError, InputError, StoreError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import ids, streamed
from armillary.sources.openalex.bylines import NOBODY
from armillary.sources.openalex.contents import is_parquet
from armillary.sources.openalex.documents import results
from armillary.sources.openalex.entities import LETTERS, Row, own_row
from armillary.sources.openalex.lines import LONGEST, records
from armillary.sources.openalex.mentions import Mentions
from armillary.sources.openalex.plan import Part
from armillary.sources.openalex.records import Entity, Work, decode
from armillary.sources.openalex.works import WorkSegment

AUTHORS_A_SEGMENT = 400_000
AUTHORS_A_BATCH = 4096
"""Rows become Arrow columns so many at a time: a row is 60 bytes there, and 800 as a dictionary."""
Report = Callable[[int, int], None]
"""Called with bytes and records read since the last call."""


@dataclass
class Result:
    """What one part file gave. ``state`` is ``new``, ``staged`` (done by an interrupted run), ``known`` (in the observatory already) or
    ``left out`` (it cannot be read, for ``reason``).

    ``network_n``: bytes that came over the network for it in this run.
    """

    sha256: str
    bytes_n: int
    state: str = "new"
    records_n: int = 0
    superseded_n: int = 0
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    quirks: dict[str, int] = field(default_factory=dict)
    newest: str | None = None
    segments: int = 0
    network_n: int = 0
    reason: str = ""

    def label(self, number: int) -> str:
        """Name of the file's segment ``number`` in every table."""
        return f"{self.sha256[:12]}-{number:04d}"


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
            result = _Reader(part, partial, Result(sha256, size), abstracts, report).read()
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


class _Reader:
    """Reads one file record by record."""

    def __init__(self, part: Part, folder: Path, result: Result, abstracts: bool, report: Report) -> None:
        self.part = part
        self.folder = folder
        self.result = result
        self.abstracts = abstracts
        self.report = report
        self.quirks: Counter[str] = Counter()
        self.mentions = Mentions()
        self.rows: list[tuple[str, Row, list[int]]] = []
        self.authors: list[Row] = []
        self.author_batches: list[pa.RecordBatch] = []
        self.n_authors = 0
        self.has_tables = False
        self.is_list = False
        """Whether the record at hand came from a list of the API."""

    def read(self) -> Result:
        r = self.result
        collecting = gc.isenabled()
        gc.disable()  # records hold no cycles; the collector would walk millions of them for nothing
        try:
            if is_parquet(self.part.path):
                from armillary.sources.openalex.columnar import read_into

                read_into(self)
            elif self.part.entity == "works":
                self._works()
            else:
                self.entities(self._records(Entity))
            if self.part.entity == "authors":
                self._author_segment()
        finally:
            if collecting:
                gc.enable()
        if self.part.records is not None and self.part.records != r.records_n:
            what = f"holds {r.records_n:,} records, but the manifest says {self.part.records:,}"
            raise InputError(what, where=self.part.path, fix="download it again")
        if r.rejects and len(r.rejects) == r.records_n:
            line, reason, detail = r.rejects[0]
            what = f"none of the {r.records_n:,} records can be used; line {line}: {reason} ({detail})"
            raise InputError(what, where=self.part.path, fix="is this a file of OpenAlex records, one JSON object a line?")
        r.quirks = {name: n for name, n in sorted(self.quirks.items()) if n}
        if self.part.entity == "works":
            (self.folder / "mentions.msgpack").write_bytes(self.mentions.dump())
        elif self.part.entity != "authors":
            (self.folder / "rows.msgpack").write_bytes(msgspec.msgpack.encode(self.rows))
        return r

    def _records(self, shape: type) -> Iterator[tuple[int, Any]]:
        """Yield ``(id, record)`` of all good lines; note the others."""
        found = records(self.part.path)
        self.is_list = found.shape == "pages" or (self.part.shape == "list" and found.shape != "one")
        lines, r, start = found.lines, self.result, 0
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(shape)
        for first, block in found.blocks:
            n_before = r.records_n
            yield from self._block(decoder, shape, first, block)
            self.report(lines.position - start, r.records_n - n_before)
            start = lines.position

    def _block(
        self, decoder: msgspec.json.Decoder[Any], shape: type, first: int, block: Sequence[bytes | None]
    ) -> Iterator[tuple[int, Any]]:
        usual, r = "https://openalex.org/" + LETTERS[self.part.entity][0], self.result
        nobody = NOBODY.get(self.part.entity, frozenset())
        for place, line in enumerate(block):
            if not line:
                if line is None:
                    r.records_n += 1
                    self.reject(first + place, "line-too-long", f"more than {LONGEST:,} bytes")
                continue
            try:
                record = decode(decoder, shape, line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                if not line.isspace():
                    r.records_n += 1
                    self.reject(first + place, *_reason(error, line))
                continue
            link = record.id
            if link is None and (page := results(line)) is not None:
                yield from self._page(decoder, shape, first + place, page)
                continue
            r.records_n += 1
            is_usual = link is not None and link.startswith(usual) and link[22:].isdecimal() and link.isascii() and len(link) < 41
            number: int | None = int(link[22:]) if is_usual else self.accepted(first + place, link)
            if number in nobody:
                self.reject(first + place, "placeholder", f"{link} stands for no record of its own")
            elif number is not None:
                yield number, record

    def _page(self, decoder: msgspec.json.Decoder[Any], shape: type, line: int, page: list[bytes]) -> Iterator[tuple[int, Any]]:
        """Records of a page of the API that stands on a line among records."""
        before, self.is_list = self.is_list, True
        for text in page:
            yield from self._block(decoder, shape, line, [text])
        self.is_list = before

    def accepted(self, line: int, link: str | None) -> int | None:
        """The number of a record with an unusual id; None if the record is rejected."""
        number, letters = ids.number(link), LETTERS[self.part.entity]
        if number is None or link is None:
            self.reject(line, "no-id", f"id is {link!r}"[:200])
        elif (letter := link.rstrip("/").rpartition("/")[2][:1].upper()) not in letters and not letter.isdigit():
            self.reject(line, "other-entity", f"id is {link!r}"[:200])
        else:
            self.quirks["unusual-id"] += not link.startswith("https://openalex.org/" + letters[0])
            return number
        return None

    def reject(self, line: int, reason: str, detail: str) -> None:
        """Note a record that cannot be used."""
        self.result.rejects.append((line, reason, detail))

    def _works(self) -> None:
        segment = WorkSegment(self.mentions, self.quirks, abstracts=self.abstracts)
        for number, work in self._records(Work):
            segment.add(number, work, is_list=self.is_list)
            if segment.is_full:
                self.write_segment(segment)
        self.write_segment(segment)

    def write_segment(self, segment: WorkSegment) -> None:
        """Write the tables of a segment, which is empty then."""
        self.result.superseded_n += segment.finish(self._write)
        self._next_segment()

    def _write(self, name: str, table: pa.Table) -> None:
        path = self.folder / name / f"{self.result.label(self.result.segments)}.parquet"
        path.parent.mkdir(exist_ok=True)
        parquet.write(name, table, path)
        self.has_tables = True
        if name == "work":
            newest = pc.max(table["updated_date"]).as_py()
            self.result.newest = max(self.result.newest or "", newest or "") or None

    def _next_segment(self) -> None:
        self.result.segments += self.has_tables
        self.has_tables = False
        pa.default_memory_pool().release_unused()  # else the next segment comes on top of what the allocator kept

    def entities(self, records: Iterable[tuple[int, Entity]]) -> None:
        """Take over own records."""
        for number, record in records:
            if record.entity_type:
                self.quirks["search-suggestion"] += 1
            table, row, above = own_row(self.part.entity, number, record)
            if row["updated_date"]:
                self.result.newest = max(self.result.newest or "", row["updated_date"])
            if table == "author":
                self._author(row)
            else:
                self.rows.append((table, row, above))

    def _author(self, row: Row) -> None:
        self.authors.append(row)
        self.n_authors += 1
        if len(self.authors) >= AUTHORS_A_BATCH:
            self._author_batch()
        if self.n_authors >= AUTHORS_A_SEGMENT:
            self._author_segment()

    def _author_batch(self) -> None:
        self.author_batches.append(pa.RecordBatch.from_pylist(self.authors, schema=schema.table("author").schema))
        self.authors = []

    def _author_segment(self) -> None:
        self._author_batch()
        table = pa.Table.from_batches(self.author_batches)
        self.author_batches, self.n_authors = [], 0
        if not table.num_rows:
            return
        order = pc.sort_indices(table, sort_keys=[("author_id", "ascending"), ("updated_date", "descending")]).to_numpy()
        numbers = table["author_id"].to_numpy()[order]
        first = np.concatenate([[True], numbers[1:] != numbers[:-1]])
        self.result.superseded_n += int(len(first) - first.sum())
        self._write("author", table.take(pa.array(order[first])))
        self._next_segment()


def _reason(error: Exception, line: bytes) -> tuple[str, str]:
    """Reason code and detail of a line that is no record."""
    text = " ".join(str(error).split())[:200]
    try:
        line.decode()
    except UnicodeDecodeError as bad:
        return "not-utf8", f"byte {bad.start + 1}: {bad.reason}"
    if line.lstrip()[:1] != b"{":
        return "not-an-object", "the line is not a JSON object"
    return ("wrong-type" if isinstance(error, msgspec.ValidationError) else "bad-json"), text


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
