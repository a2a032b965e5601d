"""Show the card of a trained goal classification: what it learned from, and how good it is on held-out works."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command("card", help=__doc__, epilog="Example: armillary sdg card goals.parquet")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """Print it."""
    from armillary.studies.goals.cards import card_of, markdown

    card = card_of(file)
    if as_json:
        print_json(card)
    else:
        click.echo(markdown(card))
