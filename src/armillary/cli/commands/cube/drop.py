"""Delete the cubes of an observatory; rankings are then computed from the records."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import observatory_option


@click.command("drop", help=__doc__, epilog="Example: armillary cube drop --into world")
@click.option("--old", is_flag=True, help="Only those that the records have left behind.")
@observatory_option
def command(old: bool, observatory: Path) -> None:
    """Delete and say how much was freed."""
    from armillary.core.store import Store
    from armillary.ranking.cubes.files import all_cubes, drop, is_current, tidy

    store = Store.open(observatory)
    tidy(store.path)
    gone = [c for c in all_cubes(store.path) if not (old and is_current(c, store))]
    click.echo(f"{observatory}: {len(gone)} cubes deleted, {drop(gone) / 1e6:.2f} MB freed")
