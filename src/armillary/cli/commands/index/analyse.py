"""Analyse an index: reliability, correlations, redundant indicators, weights in effect, leave-one-out, rank reversal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.index._common import built, data_options, heading, load, output_options, spec_argument, write
from armillary.cli.common import json_flag, observatory_option

WHAT = {
    "statistics": "each indicator's values: missing, zeros, quartiles, skew, outliers, and what to look at",
    "reliability": "Cronbach's alpha, first component and correlations within each group",
    "correlations": "correlations of the items of --level with the groups of --with",
    "denominators": "correlation of indicators with the denominators, before and after division",
    "loadings": "principal components of the parts of --group (or of all groups)",
    "own-weights": "the weights that each unit found in benefit of the doubt",
    "redundancy": "pairs of indicators that say nearly the same",
    "weights": "nominal weights beside what they do to the index",
    "leave-one-out": "how ranks move when one item of --level is left out",
    "outranking": "in which share of the weight of --level each unit is better than each other (Condorcet)",
    "trends": "growth of each indicator of each unit over the years of a panel",
    "reversal": "does leaving out one unit turn the order of others around?",
}


@click.command("analyse", help=__doc__ + "\n\n\b\n" + "\n".join(f"{k}: {v}" for k, v in WHAT.items()))
@spec_argument
@click.argument("what", type=click.Choice(list(WHAT)), default="reliability")
@data_options
@click.option("--level", default="indicator", show_default=True, help="Level of the items.")
@click.option("--group", help="Group whose loadings are shown.")
@click.option("--with", "other", help="Level to correlate with (default: within the level).")
@click.option(
    "--method",
    type=click.Choice(["pearson", "spearman"]),
    default="pearson",
    show_default=True,
    help="Correlation of values, or of their ranks.",
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.92, show_default=True, help="Correlation from which two indicators are redundant."
)
@output_options
@observatory_option
@json_flag
def command(
    spec: str,
    what: str,
    data: Path | None,
    year: int | None,
    level: str,
    group: str | None,
    other: str | None,
    method: str,
    threshold: float,
    form: str,
    out: Path | None,
    limit: int,
    observatory: Path,
    as_json: bool,
) -> None:
    """Analyse and print."""
    made: Any
    from armillary.composite import analysis, pairs, statistics
    from armillary.composite.data import read_data

    if what == "trends":
        rules = load(spec)
        made = pairs.trends(rules, None if data is None else read_data(rules.data, data))
        meta = {"title": rules.name, "what": what, "spec": rules.digest}
        write(made, "json" if as_json else form, out, limit, head=[WHAT[what], rules.name], meta=meta)
        return
    result = built(spec, data, year, observatory)
    made = {
        "statistics": lambda: statistics.indicators(result),
        "denominators": lambda: statistics.denominators(result, method),
        "loadings": lambda: statistics.loadings(result, group),
        "own-weights": lambda: statistics.own_weights(result),
        "reliability": lambda: analysis.reliability(result),
        "correlations": lambda: analysis.correlations(result, level, other, method),
        "redundancy": lambda: analysis.redundancy(result, threshold),
        "weights": lambda: analysis.weights_in_effect(result, level),
        "leave-one-out": lambda: analysis.leave_one_out(result, level),
        "outranking": lambda: pairs.outranking_table(result, level),
        "reversal": lambda: analysis.rank_reversal(result),
    }[what]()
    write(made, "json" if as_json else form, out, limit, head=[f"{WHAT[what]}", *heading(result)[:1]], meta=result.meta | {"what": what})
