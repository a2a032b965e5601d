"""Train a goal classifier on the tagged records, judge it on held-out works, and impute the tags of records without a word on goals."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command("train", help=__doc__, epilog="Example: armillary sdg train --out goals.parquet")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Write the tags of all works to this .parquet file.")
@click.option("--cut", default=0.4, show_default=True, help="Tags in the records count if their score is above this.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the split.")
@observatory_option
@json_option
def command(out: Path, cut: float, seed: int, observatory: Path, as_json: bool) -> None:
    """Write the tags with their card in them, and print the card."""
    import armillary as arm
    from armillary.errors import UsageError
    from armillary.studies.goals.cards import markdown, save
    from armillary.studies.goals.trained import train

    if out.suffix != ".parquet":
        raise UsageError(f"cannot write '{out.name}'", fix="end the name in .parquet")
    made = train(arm.open(observatory).corpus, cut=cut, seed=seed)
    save(made, out)
    if as_json:
        print_json(made.card)
        return
    click.echo(markdown(made.card))
    click.echo(f"tags: {out}; use them with --option tags={out}")
