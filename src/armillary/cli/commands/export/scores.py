"""Scores by work: normalised citations, percentile, part in the top, the cell and its size, and why a work has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option
from armillary.cli.recipe_options import recipe_from, recipe_options
from armillary.cli.tables import give


@click.command("scores", help=__doc__, epilog="Example: armillary export scores --within-corpus --period 2015-2021 --out scores.csv")
@recipe_options
@click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json, .parquet or .xlsx file.")
@click.option("--limit", default=10, show_default=True, help="Rows to print; 0 for all.")
@observatory_option
@json_option
def command(out: Path | None, limit: int, observatory: Path, as_json: bool, **given: Any) -> None:
    """Print or write the table; --unit list --lists FILE keeps the works of your lists, a row a label."""
    import armillary as arm
    from armillary.counting.notes import corpus_notes
    from armillary.ranking.scores import work_scores

    recipe = recipe_from("mncs", given)
    obs = arm.open(observatory)
    table = work_scores(obs.corpus, recipe)
    scored = table.num_rows - table["ncs"].null_count
    meta = {
        "what": f"scores of {table.num_rows:,} works, scope {recipe.scope_name}; period {recipe.period}; {scored:,} have one",
        "recipe": recipe.digest,
        "notes": corpus_notes(obs.corpus),
    }
    give(table, meta, as_json=as_json, out=out, limit=limit, whole=("citations", "cell_n"))
