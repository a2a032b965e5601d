"""Put an index with its data into an observatory, where the pages, the API and the audit find it. A new folder will do."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import spec_argument
from armillary.cli.common import observatory_option, quiet_option


@click.command("add", help=__doc__, epilog="Example: armillary index add mine.toml --into shelf; armillary serve --into shelf")
@spec_argument
@click.option("--name", help="Name in the addresses of the pages (default: the id of the index).")
@observatory_option
@quiet_option
def command(spec: str, name: str | None, observatory: Path, quiet: bool) -> None:
    """Copy, build once, and say where."""
    from armillary.composite.named import find
    from armillary.composite.shelf import put

    path = put(find(spec), observatory, name=name)
    if not quiet:
        click.echo(f"written: {path}; see it with: armillary serve --into {observatory}")
