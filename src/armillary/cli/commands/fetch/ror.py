"""Fetch the ROR dump (names and places of organisations)."""

from __future__ import annotations

from typing import Any

import click

from armillary.cli.commands.fetch._plain import plain_options, run


@click.command("ror")
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@plain_options("ror")
def command(sources: tuple[str, ...], **given: Any) -> None:
    """Fetch ROR: SOURCE is "ror" (the newest dump; the default) or the address of a file."""
    run("ror", sources or ("ror",), **given)
