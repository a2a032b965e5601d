"""OpenAlex files into an observatory with Spark: the part files are read by the workers of a cluster, a part a task.

Only the place where parts are read differs from :mod:`.ingest`: the same function (:func:`.worker.process`) turns a part into the same
finished segments, and the driver commits them in the same transaction, so the core tables have the same bytes. It needs input and
observatory on a file system that driver and workers all see under the same path, and this package on the workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from armillary.core.locking import storage_faults
from armillary.core.spark import connect
from armillary.core.store import Store
from armillary.errors import ArmillaryError, UsageError
from armillary.sources.fetch.reading import hang_up, is_address
from armillary.sources.openalex.budget import BudgetLimits
from armillary.sources.openalex.gather import Result
from armillary.sources.openalex.ingest import IngestReport, Progress, _Ingest, _nothing, plan_of
from armillary.sources.openalex.plan import Part
from armillary.sources.openalex.worker import Failure, process


def ingest_on_spark(
    path: str | Path,
    store: Store,
    *,
    master: str,
    abstracts: bool = False,
    partial: bool = False,
    limits: BudgetLimits | None = None,
    **config: Any,
) -> IngestReport:
    """As :func:`.ingest.ingest`, with the parts read on Spark.

    ``master`` is a Spark master URL (Spark Connect has no tasks of plain Python objects and is a
    :class:`~armillary.errors.UsageError`), ``config`` are Spark settings as in :func:`armillary.core.spark.connect`. A part whose
    worker dies is read again by another, as often as ``spark_task_maxFailures`` says. ``limits`` hold for the driver.
    """
    if master.startswith("sc://"):
        raise UsageError(
            "ingest does not run over Spark Connect", where=master, fix="give the cluster's master URL (spark://, yarn, k8s://)"
        )
    session = connect(master=master, **config)._session
    try:
        found = plan_of(path if is_address(path) else Path(path).resolve(), partial=partial)
        return _OnSpark(found, store, abstracts, 1, limits or BudgetLimits(), session).run(_nothing, _nothing)
    finally:
        hang_up()


class _OnSpark(_Ingest):
    def __init__(self, *arguments: Any) -> None:
        *others, self.session = arguments
        super().__init__(*others)
        self.staging = self.staging.resolve()

    def _stage(self, known: frozenset[str], progress: Progress) -> list[Result]:
        parts = self.plan.parts
        largest_first = sorted(range(len(parts)), key=lambda k: (-parts[k].path.stat().st_size, parts[k].name))
        task = _Task(self.staging, known, self.abstracts)
        tasks = self.session.sparkContext.parallelize([parts[k] for k in largest_first], max(1, len(parts)))
        found: Sequence[Result | Failure] = tasks.map(task).collect()
        for result in found:
            if isinstance(result, Failure):
                raise result.error()
        by_place = dict(zip(largest_first, found, strict=True))
        return [by_place[k] for k in range(len(parts))]  # type: ignore[misc]  # failures were raised


class _Task:
    """What a worker does with a part; errors come back as values, because they do not survive pickling."""

    def __init__(self, staging: Path, known: frozenset[str], abstracts: bool) -> None:
        self.staging, self.known, self.abstracts = staging, known, abstracts

    def __call__(self, part: Part) -> Result | Failure:
        try:
            with storage_faults(self.staging):
                return process(part, self.staging, self.known, abstracts=self.abstracts, report=_nothing)
        except ArmillaryError as error:
            return Failure(type(error).__name__, error.what, error.where, error.fix)
