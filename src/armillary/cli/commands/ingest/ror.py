"""Read the Research Organization Registry and fill in where institutions are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option, renew_cubes


@click.command(name="ror")
@click.argument("path", type=click.Path(path_type=Path))
@observatory_option
@json_option
@quiet_option
def command(path: Path, observatory: Path, as_json: bool, quiet: bool) -> None:
    """Read a ROR dump (.zip, .json, .jsonl, plain or gzipped, schema 1 or 2) or a flat .csv table from PATH, or from a folder that has one.

    Institutions for which OpenAlex gives no coordinates get city and point from here, and their type and country if these are missing.
    """
    from armillary.core.store import Store
    from armillary.sources.ror.ingest import ingest

    done = ingest(path, Store.create(observatory))
    renew_cubes(observatory, quiet=quiet or as_json)
    if as_json:
        print_json(asdict(done))
    elif not quiet:
        click.echo(f"{done.file}: {done.records:,} organisations, {done.kept:,} kept, {done.rejected:,} rejected")
        click.echo(f"  places of {done.places_filled:,} institutions and types of {done.types_filled:,} come from here")
        click.echo(f"  {done.parents:,} links from an institution to the one above it")
        if done.quirks.get("city-without-point"):
            click.echo(f"  note: {done.quirks['city-without-point']:,} organisations have a city and no point; known by their city")
        for note in done.notes:
            click.echo(f"  note: {note}")
