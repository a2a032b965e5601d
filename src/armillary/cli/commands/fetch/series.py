"""Fetch country series (World Bank, OECD, or any address)."""

from __future__ import annotations

from typing import Any

import click

from armillary.cli.commands.fetch._plain import plain_options, run


@click.command("series")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@plain_options("series")
def command(sources: tuple[str, ...], **given: Any) -> None:
    """Fetch country series: each SOURCE is a known name (wdi, oecd-msti) or the address of a file."""
    run("series", sources, **given)
