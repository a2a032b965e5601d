"""Forget older generations of an observatory and delete the files that only they use."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command(
    "prune", help=__doc__ + "\n\nA generation that somebody reads stays until the next call.", epilog="Example: armillary prune --keep 2"
)
@click.option("--keep", type=click.IntRange(1), default=1, show_default=True, help="Generations that stay, the newest first.")
@observatory_option
@json_option
def command(keep: int, observatory: Path, as_json: bool) -> None:
    """Delete and say how much was freed, and what stays because it is read."""
    from armillary.core.limits import readable
    from armillary.core.store import Store

    store = Store.open(observatory)
    before = store.generations()
    freed = store.prune(keep)
    after = store.generations()
    gone = [g for g in before if g not in after]
    read = [g for g in after if g < store.generation][: max(0, len(after) - keep)]
    if as_json:
        print_json({"forgotten": gone, "kept": after, "read": read, "bytes_freed": freed})
        return
    click.echo(f"{observatory}: {len(gone)} of {len(before)} generations forgotten, {readable(freed)} freed")
    if read:
        click.echo(f"  {', '.join(map(str, read))} stay because somebody reads them; run it again later")
