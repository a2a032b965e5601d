"""Read venture-capital deals with their places (CSV)."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("deals", help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--fresh", is_flag=True, help="Forget the deals known so far.")
@observatory_option
@json_option
@quiet_option
def command(path: Path, fresh: bool, observatory: Path, as_json: bool, quiet: bool) -> None:
    """Ingest and print what was kept, what was rejected and why."""
    from armillary.core.store import Store
    from armillary.sources.deals.ingest import ingest_deals

    done = ingest_deals(Store.create(observatory), path, fresh=fresh)
    if as_json:
        print_json(done.as_dict())
    elif not quiet:
        click.echo(f"{done.rows:,} rows: {done.deals:,} deals, {done.with_point:,} with a point; {done.repeated:,} repeated")
        for reason, n in done.rejected.items():
            click.echo(f"  {n:>9,} {reason}")
        for note in done.notes:
            click.echo(f"  note: {note}")
