"""OpenAlex files into an observatory: in parallel, resumable, all or nothing.

Every part file becomes finished segments in ``staging/`` (:mod:`.worker`). When all are there, one transaction drops what newer versions
replace, merges the entities, follows merged ids, fills gaps from ROR, and commits. A run that dies leaves staged files; the next one goes
on from them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from queue import Empty

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.core.store import Store, Transaction
from armillary.errors import InputError, StoreError
from armillary.sources.bookkeeping import write_rejects
from armillary.sources.fetch.faults import Policy
from armillary.sources.fetch.reading import hang_up, is_address
from armillary.sources.openalex import deleted, merged, supersede
from armillary.sources.openalex.budget import COMPARING, BudgetLimits, budget
from armillary.sources.openalex.contents import WANTED
from armillary.sources.openalex.entity_merge import EntityMerge
from armillary.sources.openalex.gather import Result
from armillary.sources.openalex.mentions import Mentions, Stale
from armillary.sources.openalex.plan import Part, Plan, plan
from armillary.sources.openalex.records import classification_of
from armillary.sources.openalex.worker import Failure, process, start, work
from armillary.sources.rejects import REJECTS, Reject, saved
from armillary.version import __version__

STAGING_FORMAT = 2
"""Raise when staged files of an older program would no longer be right."""

UNREAD = "files"
"""Stands for the entity of files that were not understood, in the table of rejects."""
Progress = Callable[[int, int], None]
"""Called with input bytes and records read since the last call."""


@dataclass
class IngestReport:
    """What an ingest did. ``entities``: files, records, kept, superseded, rejected of this run by entity; ``rejects``: count by reason."""

    generation: int = 0
    changed: bool = False
    files: int = 0
    files_staged_before: int = 0
    files_known: int = 0
    snapshot_date: str | None = None
    classification_version: str | None = None
    entities: dict[str, dict[str, int]] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    quirks: dict[str, int] = field(default_factory=dict)
    superseded_in_observatory: int = 0
    merged_ids: int = 0
    deleted_works: int = 0
    changed_silently: int = 0
    segments_rewritten: int = 0
    ignored: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    network_bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)


def ingest(
    path: str | Path,
    store: Store,
    *,
    abstracts: bool = False,
    workers: int = 1,
    partial: bool = False,
    limits: BudgetLimits | None = None,
    total: Callable[[int], None] | None = None,
    progress: Progress | None = None,
    policy: Policy | None = None,
) -> IngestReport:
    """Read OpenAlex files into ``store``.

    ``path``: a snapshot folder, one JSONL(.gz) file, or saved API pages (:func:`.plan.plan`), or the address of a snapshot or file
    (``https://`` or ``s3://``, :func:`.remote_plan.remote_plan`; ``policy`` says how often and how long it is tried). ``workers``:
    processes, fewer where ``limits`` bounds the memory; the result has the same bytes for any number and any limit. ``total`` is told the
    bytes to read, ``progress`` what was read. Raises :class:`~armillary.errors.InputError` for a file that cannot be used as a whole and
    :class:`~armillary.errors.StoreError` for a locked, full, too small or read-only observatory; the observatory then stays as it was, and
    finished part files are kept for the next run.
    """
    scratch = store.path / "temp" / f"unpacked_{_own_id()}"
    try:
        todo = plan_of(path, partial=partial, policy=policy, scratch=scratch)
        return _Ingest(todo, store, abstracts, max(1, workers), limits or BudgetLimits()).run(total or _nothing, progress or _nothing)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        hang_up()


def plan_of(path: str | Path, *, partial: bool, policy: Policy | None = None, scratch: Path | None = None) -> Plan:
    """The files at a path or an address; zip archives are unpacked into ``scratch``."""
    if is_address(path):
        from armillary.sources.openalex.remote_plan import remote_plan

        return remote_plan(str(path), policy, partial=partial)
    return plan(Path(path), partial=partial, scratch=scratch)


def _nothing(*_: int) -> None:
    pass


class _Ingest:
    def __init__(self, todo: Plan, store: Store, abstracts: bool, workers: int, limits: BudgetLimits) -> None:
        self.plan = todo
        self.store = store
        self.abstracts = abstracts
        self.workers = min(workers, max(1, len(todo.parts)))
        self.limits = limits
        self.memory = COMPARING
        options = json.dumps([STAGING_FORMAT, abstracts, __version__, [t.columns for t in schema.TABLES.values()]])
        self.staging = store.path / "staging" / hashlib.sha256(options.encode()).hexdigest()[:12]
        self.scratch = store.path / "staging" / "scratch"
        self.summary = IngestReport(
            files=len(todo.parts),
            ignored=todo.ignored,
            network_bytes=todo.network_n,
            left_out=dict(todo.left_out),
            notes=list(todo.notes),
        )

    def run(self, total: Callable[[int], None], progress: Progress) -> IngestReport:
        with self.store.write() as txn:
            self._tidy()
            manifest = txn.read("manifest")
            found = budget(self.plan, self.store, self.staging, manifest, self.limits, workers=self.workers, abstracts=self.abstracts)
            self.workers, self.memory = found.processes, found.comparing
            known = frozenset(manifest["file_sha256"].to_pylist())
            total(self.plan.size)
            results = self._stage(known, progress)
            self.summary.network_bytes += sum(r.network_n for r in results)
            self._commit(txn, manifest, results)
        shutil.rmtree(self.store.path / "staging", ignore_errors=True)
        self.summary.rows = {t: self.store.rows(t) for t in self.store.tables()}
        self.summary.changed, self.summary.generation = self.store.generation != self.summary.generation, self.store.generation
        return self.summary

    def _tidy(self) -> None:
        """Remove what a dead run left half-done."""
        self.summary.generation = self.store.generation
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.staging.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True)
        for folder in self.staging.glob("*.*"):
            shutil.rmtree(folder, ignore_errors=True)

    # --- part files, in parallel

    def _stage(self, known: frozenset[str], progress: Progress) -> list[Result]:
        parts = self.plan.parts
        if self.workers == 1 or len(parts) < 2:
            return [process(p, self.staging, known, abstracts=self.abstracts, report=progress) for p in parts]
        context = get_context("spawn")
        queue, stop = context.Queue(), context.Event()
        arguments = (self.staging, known, self.abstracts, queue, stop, _own_id())
        pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=start, initargs=arguments)
        results: dict[Part, Result] = {}
        try:
            largest_first = sorted(parts, key=lambda p: (-p.path.stat().st_size, p.name))
            waiting = {pool.submit(work, part): part for part in largest_first}
            while len(results) < len(parts):
                for future in _done_within(waiting, 0.1):
                    result = future.result()
                    if isinstance(result, Failure):
                        raise result.error()
                    results[waiting.pop(future)] = result
                _drain(queue, progress)
        except BrokenProcessPool:
            raise StoreError(
                "a worker process was killed (out of memory?)",
                where=self.store.path,
                fix="run the same command again, with fewer --workers; finished files are kept",
            ) from None
        except BaseException:
            stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            _drain(queue, progress)
            queue.close()
        return [results[p] for p in parts]

    # --- everything together, in one transaction

    def _commit(self, txn: Transaction, manifest: pa.Table, results: Sequence[Result]) -> None:
        fresh: dict[str, tuple[Part, Result]] = {}
        again: list[tuple[Part, Result]] = []
        for part, result in zip(self.plan.parts, results, strict=True):
            self.summary.files_staged_before += result.state == "staged"
            if result.state == "left out":
                self.summary.left_out[part.name] = result.reason
            elif result.state == "known":
                self.summary.files_known += 1
            elif result.sha256 in fresh:
                again.append((part, result))
            else:
                fresh[result.sha256] = (part, result)
        if len(self.summary.left_out) == len(self.plan.left_out) + len(results) > 0 and not (self.plan.merged_ids or self.plan.deleted_ids):
            name, reason = next(iter(self.summary.left_out.items()))
            raise InputError(f"no file can be read; {name}: {reason}", where=self.plan.parts[0].path, fix=WANTED)
        known = deleted.read_lists(self.plan.deleted_ids, txn, self.scratch, self.memory)
        lists = merged.read_lists(self.plan.merged_ids, known, txn)
        if not fresh and not lists.is_new:
            self.summary.snapshot_date = pc.max(manifest["snapshot_date"]).as_py()
            return
        old, segments = self._segments(txn, fresh)
        mentions = Mentions()
        for sha256, (part, _) in fresh.items():
            if part.entity == "works":
                mentions.merge(Mentions.load((self.staging / sha256 / "mentions.msgpack").read_bytes()))
        stale = Stale(txn, mentions)
        self.summary.changed_silently = supersede.changed_silently(old, segments, self.scratch, self.memory)
        replaced = self._supersede(old, segments, stale)
        n_rewritten, gone, self.summary.deleted_works = lists.apply(segments, old, self.scratch, self.memory, stale.note)
        self.summary.merged_ids = lists.merged_n
        self.summary.segments_rewritten += n_rewritten
        replaced.update(gone)
        for name, files in segments.items():
            if files != old.get(name, {}):
                txn.set_files(name, files.values())
        is_tidied = bool(replaced) or any(result.superseded_n for _, result in fresh.values())
        merging = EntityMerge(txn, fresh, stale, lists, self.staging, self.scratch, self.memory, is_tidied)
        lost = merging.run(mentions)
        self._bookkeeping(txn, manifest, fresh, again, replaced, lost)

    def _segments(self, txn: Transaction, fresh: dict[str, tuple[Part, Result]]) -> tuple[supersede.Segments, supersede.Segments]:
        """Files by table and label: of the observatory, and with the new ones added."""
        names = [n for tables in supersede.families().values() for n in tables]
        old = {n: supersede.labelled(txn.files(n)) for n in names}
        segments = {n: dict(files) for n, files in old.items()}
        for sha256, (_, result) in fresh.items():
            for number in range(result.segments):
                label = result.label(number)
                for name in names:
                    if (path := self.staging / sha256 / name / f"{label}.parquet").exists():
                        segments[name][label] = path
        return old, segments

    def _supersede(self, old: supersede.Segments, segments: supersede.Segments, stale: Stale) -> Counter[str]:
        """Drop records that newer versions replace; returns how many by (shortened) hash of their input file."""
        replaced: Counter[str] = Counter()
        for main, tables in supersede.families().items():
            before = {label: path for label, path in old[main].items() if label in segments[main]}
            new = {label: path for label, path in segments[main].items() if label not in before}
            for label, gone, updated in supersede.losers(main, before, new, self.scratch, self.memory):
                supersede.rewrite(tables, segments, label, gone, self.scratch)
                if main == "work":
                    stale.note(gone, updated, is_new=label in new)
                replaced[label[:12]] += len(gone)
                self.summary.segments_rewritten += 1
                if label in before:
                    self.summary.superseded_in_observatory += len(gone)
        return replaced

    def _bookkeeping(
        self,
        txn: Transaction,
        manifest: pa.Table,
        fresh: dict[str, tuple[Part, Result]],
        again: list[tuple[Part, Result]],
        replaced: Counter[str],
        lost: Counter[str],
    ) -> None:
        rows = manifest.to_pylist()
        for row in rows:  # earlier files whose records were replaced now
            n = replaced.get(row["file_sha256"][:12], 0)
            row["kept_n"] -= n
            row["superseded_n"] += n
        names = {(r["entity"], r["file"]) for r in rows}
        left_out = {name: reason[:200] for name, reason in self.summary.left_out.items()}
        rejects: list[tuple[str, str, Iterable[Reject]]] = [(UNREAD, n, [(0, "not-understood", r)]) for n, r in left_out.items()]
        quirks = txn.read("quirk").to_pylist()
        newest = self.plan.snapshot_date or max((r.newest[:10] for _, r in fresh.values() if r.newest), default=None)
        for part, result in [*fresh.values(), *again]:
            is_first = fresh[result.sha256][0] is part
            good = result.records_n - result.rejected_n
            superseded = result.superseded_n + replaced[result.sha256[:12]] + lost[result.sha256] if is_first else good
            name = part.name if (part.entity, part.name) not in names else f"{part.name}@{result.sha256[:8]}"
            names.add((part.entity, name))
            generations = sorted(q.partition(":")[2] for q in result.quirks if q.startswith("generation:"))
            rows.append(
                {
                    "entity": part.entity,
                    "file": name,
                    "file_sha256": result.sha256,
                    "bytes_n": result.bytes_n,
                    "records_n": result.records_n,
                    "kept_n": good - superseded,
                    "superseded_n": superseded,
                    "rejected_n": result.rejected_n,
                    "schema_generation": ";".join(generations) or None,
                    "snapshot_date": newest,
                    "classification_version": classification_of(result.newest) if part.entity == "works" else None,
                }
            )
            if result.rejected_n:
                rejects.append((part.entity, name, saved(self.staging / result.sha256 / REJECTS)))
            if is_first:
                found = {q: n for q, n in result.quirks.items() if not q.startswith("generation:")}
                quirks += [{"entity": part.entity, "file": name, "quirk": q, "occurrences_n": n} for q, n in found.items()]
            self._count(part, result, superseded)
        write_rejects(txn, lambda entity, file: entity != UNREAD or file not in left_out, rejects)
        for name, content in (("manifest", rows), ("quirk", quirks)):
            txn.replace(name, pa.Table.from_pylist(content, schema=schema.table(name).schema))
        self.summary.snapshot_date = newest
        versions = {r["classification_version"] for r in rows if r["classification_version"]}
        self.summary.classification_version = ";".join(sorted(versions)) or None

    def _count(self, part: Part, result: Result, superseded: int) -> None:
        totals = self.summary.entities.setdefault(part.entity, {"files": 0, "records": 0, "kept": 0, "superseded": 0, "rejected": 0})
        n_rejects = result.rejected_n
        for key, n in (
            ("files", 1),
            ("records", result.records_n),
            ("kept", result.records_n - n_rejects - superseded),
            ("superseded", superseded),
            ("rejected", n_rejects),
        ):
            totals[key] += n
        for reason, n in result.rejected.items():
            self.summary.rejects[reason] = self.summary.rejects.get(reason, 0) + n
        for quirk, n in result.quirks.items():
            self.summary.quirks[quirk] = self.summary.quirks.get(quirk, 0) + n


def _own_id() -> int:
    import os

    return os.getpid()


def _done_within(waiting: Mapping[Future[Result | Failure], Part], seconds: float) -> list[Future[Result | Failure]]:
    """One finished future, or none if none finishes in time."""
    try:
        return [next(as_completed(waiting, timeout=seconds))]
    except TimeoutError:
        return []


def _drain(queue, progress: Progress) -> None:  # type: ignore[no-untyped-def]
    n_bytes = n_records = 0
    try:
        while True:
            more = queue.get_nowait()
            n_bytes, n_records = n_bytes + more[0], n_records + more[1]
    except Empty:
        pass
    if n_bytes or n_records:
        progress(n_bytes, n_records)
