"""Make those cubes again that the records have left behind; ingest does this by itself."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import observatory_option, quiet_option


@click.command("renew", help=__doc__, epilog="Example: armillary cube renew --into world")
@observatory_option
@quiet_option
def command(observatory: Path, quiet: bool) -> None:
    """Only those whose tables have changed."""
    from armillary.core.store import Store
    from armillary.ranking.cubes.usual import renewed

    made = renewed(Store.open(observatory))
    if not quiet:
        click.echo(f"{observatory}: {len(made.cubes)} cubes made again" if made.cubes else f"{observatory}: all cubes are of the data held")
