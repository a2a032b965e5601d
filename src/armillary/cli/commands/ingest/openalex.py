"""Read OpenAlex: a snapshot folder (JSONL or Parquet), a file, or saved API pages."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armillary.cli.common import engine_from, engine_options, json_option, observatory_option, print_json, quiet_option, renew_cubes, size

if TYPE_CHECKING:
    from armillary.sources.openalex.budget import Budget
    from armillary.sources.openalex.ingest import IngestReport

SILENT = (
    "works came with other content and the date that they have here, and stay as they are: "
    "to take over what OpenAlex changes without a new date, build anew from the newer release"
)
SHOWN = 10
"""Files and notes that are named; the rest is counted."""
ODDITIES = {
    "authors-truncated": "works with a cut list of authors (flagged; their credit is not divided)",
    "authors-cut-without-a-word": "of them list exactly 100 authors and do not say that they are cut",
    "author-twice": "lines of bylines joined with another line of the same author",
    "author-twice-other-name": "authors stand on two lines of a byline under different names (left as they are)",
    "placeholder-author": "authorships of deleted or missing authors (no one)",
    "placeholder-reference": "references to the record of deleted works dropped",
    "default-topic": "works whose topic is only OpenAlex's default (not classified)",
}
"""Quirks that are told at the end, and what they say."""


@click.command(name="openalex")
@click.argument("path")
@observatory_option
@click.option("--abstracts", is_flag=True, help="Keep abstracts too (doubles the size).")
@click.option(
    "--workers", type=click.IntRange(1), default=lambda: os.cpu_count() or 1, show_default="all cores", help="Processes, one file each."
)
@click.option(
    "--memory",
    metavar="SIZE",
    callback=size,
    help="Limit of all processes together, such as 4GB: fewer read at once, and what exceeds it goes to disk.  [default: 0.7 GB a process]",
)
@click.option("--ignore-disk", is_flag=True, help="Start even if less than half of the disk space that this will need is free.")
@engine_options
@click.option("--partial", is_flag=True, help="Files that the snapshot's manifest lists may be missing.")
@click.option("--kind", help="What these works are: world, random-sample, convenience-sample, institution or country.")
@click.option("--frame", metavar="TEXT", help="With --kind: what they were drawn from, or which institution or country.")
@click.option("--leaves-out", metavar="TEXT", help="With --kind: what the frame or the draw leaves out.")
@json_option
@quiet_option
def command(
    path: str,
    observatory: Path,
    abstracts: bool,
    workers: int,
    memory: int | None,
    ignore_disk: bool,
    partial: bool,
    kind: str | None,
    frame: str | None,
    leaves_out: str | None,
    as_json: bool,
    quiet: bool,
    **engine: Any,
) -> None:
    """Read OpenAlex records from PATH into an observatory.

    PATH is a snapshot folder (data/{jsonl,parquet}/ENTITY/updated_date=*/ with manifests, or data/ENTITY/ as before 2026; JSONL, Parquet
    or both; lists of merged and deleted ids are applied, also when they come alone), a folder of files or one file: records one a line,
    indented, or as saved pages of the API, packed or not, whatever their names. What is not understood is named and left out. Or the
    address of a snapshot or file (https://... or s3://bucket/...), of which only the needed
    columns are read if it is Parquet. A work that is here twice keeps its newest version. An interrupted run goes on where it was;
    files that are in the observatory already are skipped. With --engine spark the parts are read by the workers of a cluster, which must
    see PATH and the observatory under the same names; without --master by --workers threads here.

    --kind says what the works are of the world, and stands beside every number made from them: nothing about the world is concluded from a
    convenience sample, and from a random sample only with its interval. Without it a small corpus is taken for a convenience sample.
    """
    from armillary.cli.progress import progress
    from armillary.core import frame as frames
    from armillary.core.own_files import copy_registry
    from armillary.core.store import Store
    from armillary.sources.fetch.reading import is_address
    from armillary.sources.openalex.budget import BudgetLimits
    from armillary.sources.openalex.ingest import ingest

    chosen = engine_from(engine)
    spark = _spark_master(chosen, workers) if chosen["engine"] == "spark" else None
    declared = frames.checked(kind, frame, leaves_out)
    if declared is None and not is_address(path):
        declared = frames.of_folder(Path(path))
    store = Store.create(observatory)
    had_works = store.rows("work") > 0
    frames.allowed(store, declared, had_works=had_works)

    def starting(budget: Budget) -> None:
        if not (quiet or as_json):
            click.echo(f"{observatory}: {budget}", err=True)

    limits = BudgetLimits(memory=memory, ignore_disk=ignore_disk, starting=starting)
    if spark:
        from armillary.sources.openalex.on_spark import ingest_on_spark

        done = ingest_on_spark(path, store, master=spark, abstracts=abstracts, partial=partial, limits=limits)
    else:
        with progress("Reading OpenAlex", unit="records", quiet=quiet or as_json) as bar:
            done = ingest(
                path, store, abstracts=abstracts, workers=workers, partial=partial, total=bar.total, progress=bar.advance, limits=limits
            )
    if not is_address(path):
        copy_registry(Path(path), store)
    if declared is not None:
        frames.declare(store, declared, had_works=had_works)
    renew_cubes(observatory, quiet=quiet or as_json)
    if abstracts and done.changed and not done.rows.get("work_abstract"):
        done.notes.append("no record has an abstract: --abstracts had no effect")
    if as_json:
        print_json(asdict(done))
    elif not quiet:
        for line in _report(done, observatory):
            click.echo(line)


def _spark_master(chosen: dict[str, Any], workers: int) -> str:
    """Where Spark runs; :class:`~armillary.errors.MissingExtraError` before anything is made if it is not installed."""
    from importlib.util import find_spec

    from armillary.errors import MissingExtraError, UsageError

    if "remote" in chosen:
        what = "ingest does not run over Spark Connect"
        raise UsageError(what, where=chosen["remote"], fix="give the cluster's master URL (spark://, yarn, k8s://)")
    if find_spec("pyspark") is None:
        raise MissingExtraError("spark", "the Spark engine")
    return str(chosen.get("master") or f"local[{workers}]")


def _report(done: IngestReport, observatory: Path) -> list[str]:
    if not done.changed:
        return [f"Nothing new: all {done.files:,} files are in {observatory} already.", *_odd_files(done)]
    lines = [f"{observatory}: generation {done.generation}, snapshot of {done.snapshot_date or 'unknown date'}"]
    for entity, n in sorted(done.entities.items()):
        lines.append(
            f"  {entity:<13}{n['records']:>12,} records in {n['files']:,} files: {n['kept']:,} kept, "
            f"{n['superseded']:,} replaced by newer versions, {n['rejected']:,} rejected"
        )
    lines += [f"  rejected as {reason}: {n:,}" for reason, n in sorted(done.rejects.items())]
    notes = [
        (done.files_known, "files skipped: they are in the observatory already"),
        (done.files_staged_before, "files had been finished by an interrupted run"),
        (done.superseded_in_observatory, "records in the observatory replaced by newer versions"),
        (done.merged_ids, "merged ids followed"),
        (done.changed_silently, SILENT),
        (done.deleted_works, "works left out because OpenAlex has deleted them"),
        (done.quirks.get("self-citation", 0), "references of works to themselves dropped"),
        *((done.quirks.get(quirk, 0), text) for quirk, text in ODDITIES.items()),
    ]
    lines += [f"  {n:,} {text}" for n, text in notes if n]
    if (bare := done.quirks.get("no-authors", 0)) * 2 > done.entities.get("works", {}).get("records", 0):
        lines.append(f"  {bare:,} works name no authors, so their credit is nobody's (were fields left out with select?)")
    lines += _bytes(done)
    lines.append(f"  rows: {', '.join(f'{table} {n:,}' for table, n in done.rows.items())}")
    return lines


def _bytes(done: IngestReport) -> list[str]:
    """What of Parquet files was needed, and what came over the network."""
    lines = []
    if needed := done.quirks.get("leaf-bytes", 0):
        lines.append(f"  columns that are needed: {needed:,} of {done.quirks['leaf-bytes-of-file']:,} bytes of the works' Parquet files")
    if done.network_bytes:
        lines.append(f"  over the network: {done.network_bytes:,} bytes")
    return lines + [f"  {note}" for note in done.ignored if ":" in note] + _odd_files(done)


def _odd_files(done: IngestReport) -> list[str]:
    """Files that were not read and why, and what else is to be said of them."""
    shown = list(done.left_out.items())[:SHOWN]
    lines = [f"  left out: {name}: {reason}" for name, reason in shown]
    if more := len(done.left_out) - len(shown):
        lines.append(f"  left out: {more:,} more files (table reject names them)")
    return (
        lines
        + [f"  {note}" for note in done.notes[:SHOWN]]
        + ([f"  {len(done.notes) - SHOWN:,} more notes"] if len(done.notes) > SHOWN else [])
    )
