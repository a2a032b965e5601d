"""Read a classification of works of one's own: frozen topics, or clusters of a citation network (CSV or Parquet, or a folder of parts)."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("classification", help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What it is called: --option field_level=NAME uses it. One of that name is replaced.")
@observatory_option
@json_option
@quiet_option
def command(path: Path, name: str, observatory: Path, as_json: bool, quiet: bool) -> None:
    """Ingest and print what was kept, what was rejected and why."""
    from armillary.core.store import Store
    from armillary.sources.classification.ingest import ingest_classification

    done = ingest_classification(Store.create(observatory), path, name=name)
    if as_json:
        print_json(done.as_dict())
    elif not quiet:
        click.echo(f"{name}: {done.records:,} classes of works given: {done.kept:,} kept; {done.repeated:,} repeated")
        for level, n in done.levels.items():
            use = name if len(done.levels) == 1 else f"{name}:{level}"
            click.echo(f"  {level}: {n['works']:,} works in {n['classes']:,} classes, {n['works_here']:,} of them here (field_level={use})")
        for reason, number in done.rejected.items():
            click.echo(f"  {number:>9,} {reason}")
        for file, why in done.left_out.items():
            click.echo(f"  left out: {file}: {why}")
        for note in done.notes:
            click.echo(f"  note: {note}")
