"""Fetch the OpenAlex snapshot: only files that are new or changed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.fetch._options import dry_run_option, many, policy, policy_options, room, size
from armillary.cli.common import json_flag, print_json, quiet_option

_ENTITIES = (
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


@click.command("snapshot")
@click.option(
    "--entity", "entities", type=click.Choice(_ENTITIES), multiple=True, default=("works",), show_default=True, help="What; repeatable."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the snapshot; 'armillary ingest openalex' reads it.")
@click.option("--format", "form", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True, help="Which copy.")
@click.option("--since", help="Only partitions of this updated_date (YYYY-MM-DD) or later.")
@click.option("--workers", type=click.IntRange(1, 64), default=4, show_default=True, help="Files at a time.")
@click.option("--prune", is_flag=True, help="Delete files that the manifest does not list any more.")
@click.option(
    "--base", default="https://openalex.s3.amazonaws.com/data", show_default=True, help="Address of the snapshot (https:// or s3://)."
)
@policy_options
@dry_run_option
@json_flag
@quiet_option
def command(
    entities: tuple[str, ...],
    out: Path,
    form: str,
    since: str | None,
    workers: int,
    prune: bool,
    base: str,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **patient: Any,
) -> None:
    """Fetch part files of the OpenAlex snapshot, manifest first, and with works the list of deleted ones.

    Files that are here with the promised length are not fetched again; half ones are continued. Length, and checksum where the manifest has
    one, are checked before a file gets its name.
    """
    import datetime as dt

    from armillary.cli.progress import progress
    from armillary.errors import UsageError
    from armillary.sources.fetch import files, snapshot

    if since:
        try:
            dt.date.fromisoformat(since)
        except ValueError:
            raise UsageError(f"'{since}' is not a date", fix="write it as 2026-06-24") from None
    patience = policy(**patient)
    with closing(snapshot.open_source(base, patience)) as source:
        plans = [snapshot.plan(source, entity, out, patience, form=form, since=since) for entity in dict.fromkeys(entities)]
        free, to_fetch = files.free_bytes(out), sum(p.bytes_to_fetch for p in plans)
        if dry_run:
            rows = [
                {
                    "entity": p.entity,
                    "date": p.date,
                    "files": len(p.files) - (p.deleted is not None),
                    "records": p.records,
                    "bytes": p.bytes,
                    "files_to_fetch": len(p.wanted),
                    "bytes_to_fetch": p.bytes_to_fetch,
                    "left_over": len(p.left_over),
                    "deleted_ids": p.deleted.length if p.deleted else None,
                    "notes": p.notes,
                }
                for p in plans
            ]
            if as_json:
                print_json({"entities": rows, "bytes_to_fetch": to_fetch, "free_bytes": free})
                return
            for p in plans:
                release = f" (release of {p.date})" if p.date else ""
                files_n = len(p.files) - (p.deleted is not None)
                click.echo(f"{p.entity}: {many(files_n, 'file')}, {p.records:,} records, {size(p.bytes)}{release}")
                click.echo(f"  to fetch: {many(len(p.wanted), 'file')}, {size(p.bytes_to_fetch)}; no longer listed: {len(p.left_over):,}")
                for line in _notes(p.deleted.name if p.deleted else None, p.notes):
                    click.echo(line)
            click.echo(f"{size(to_fetch)} to fetch, {room(to_fetch, free)}")
            return
        files.check_space(out, to_fetch)
        with progress("Fetching the snapshot", unit="files", quiet=quiet or as_json) as bar:
            bar.total(to_fetch)
            done = [snapshot.fetch(source, p, patience, workers=workers, prune=prune, advance=bar.advance) for p in plans]
    if as_json:
        print_json([asdict(d) for d in done])
    elif not quiet:
        for d in done:
            now = f"fetched {d.fetched:,} ({size(d.bytes_fetched)})"
            click.echo(f"{d.folder}: {many(d.files, 'file')}, {d.records:,} records, {size(d.bytes)}; {now}")
            for line in _notes(d.deleted_ids, d.notes):
                click.echo(line)
            if d.pruned:
                click.echo(f"  {many(d.pruned, 'file')} deleted: no longer in the manifest")
            elif d.left_over:
                click.echo(f"  no longer in the manifest: {many(d.left_over, 'file')}; the ingest refuses them, --prune deletes them")


def _notes(deleted: str | None, notes: tuple[str, ...]) -> list[str]:
    """What to know of a copy, a line each."""
    lines = [f"  with the list of deleted works ({Path(deleted).name})"] if deleted else []
    return lines + [f"  {note}" for note in notes]
