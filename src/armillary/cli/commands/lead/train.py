"""Train the lead-author model on the ingested contribution statements; writes the model and its card."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command(epilog="Example: armillary lead train --features byline")
@click.option(
    "--features",
    type=click.Choice(["byline", "full"]),
    default="byline",
    show_default=True,
    help="The byline alone, or the authors' history too (needs the works of the statements in the corpus).",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the split and of the trees.")
@observatory_option
@json_option
def command(features: str, seed: int, observatory: Path, as_json: bool) -> None:
    """Train the lead-author model on the ingested contribution statements; writes the model and its card."""
    import armillary as arm
    from armillary.studies.leadership.model.card import markdown
    from armillary.studies.leadership.model.pipeline import train_and_save

    obs = arm.open(observatory)
    _, card, folder = train_and_save(obs.corpus, feature_set=features, seed=seed)
    if as_json:
        print_json(card)
        return
    click.echo(markdown(card).split("## Calibration")[0].rstrip())
    click.echo(f"\nmodel and card: {folder}")
