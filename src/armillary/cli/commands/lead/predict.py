"""Predict who leads for all authors of the works in scope; stored under the model's hash."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json
from armillary.counting.scopes import scoped_works
from armillary.errors import DataError


@click.command(epilog="Example: armillary lead predict --scope articles")
@click.option("--model", "model_name", help="Beginning of the model's hash, where there are several.")
@click.option("--scope", default="default", show_default=True, help="Works to predict.")
@click.option("--period", help="Years to predict.  [default: all]")
@observatory_option
@json_option
def command(model_name: str | None, scope: str, period: str | None, observatory: Path, as_json: bool) -> None:
    """Predict who leads for all authors of the works in scope; stored under the model's hash."""
    import armillary as arm
    from armillary.studies.leadership.balance import leads
    from armillary.studies.leadership.model.card import load_model, save_distance, source_of
    from armillary.studies.leadership.model.distance import distance, said
    from armillary.studies.leadership.model.pipeline import predict_works
    from armillary.studies.leadership.records import store_predictions

    obs = arm.open(observatory)
    trees, card = load_model(obs.path, model_name)
    table, here = predict_works(obs.corpus, trees, scoped_works(obs.corpus, obs.recipe("count", scope=scope, period=period)))
    if not table.num_rows:
        raise DataError("no works in this scope and period")
    n = store_predictions(obs.corpus, trees.digest, table)
    share = float(leads(table["lead_probability"].to_numpy()).mean())
    apart = distance(card.get("learned_on", {}), here)
    save_distance(obs.path, trees.digest, apart)
    if as_json:
        print_json({"model": trees.digest, "authors": n, "leading_above_0.65": share, "learned_from": card["labels"], "distance": apart})
    else:
        click.echo(f"model {trees.digest[:12]}: {n:,} authors predicted, {100 * share:.1f} % above 0.65; stored")
        click.echo(f"learned from {source_of(card)}; these works: {said(apart)}")
