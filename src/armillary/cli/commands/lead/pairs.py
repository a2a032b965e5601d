"""Balances of the pairs with most joint papers; "too few papers (n)" where there are not enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.lead._common import asked, balance_options, pair_options
from armillary.cli.common import observatory_option, table_option

SHOWN = (
    "unit_1",
    "unit_2",
    "joint_papers",
    "papers",
    "lead_share",
    "low",
    "high",
    "by_chance",
    "lead_premium",
    "premium_low",
    "premium_high",
    "verdict",
)


@click.command(epilog="Example: armillary lead pairs --top 10 --by first-last")
@click.option("--top", type=click.IntRange(1), default=15, show_default=True, help="Pairs with most joint papers.")
@observatory_option
@table_option
@pair_options
@balance_options
def command(top: int, min_papers: int, seed: int, out: Path | None, as_json: bool, **given: Any) -> None:
    """Balances of the pairs with most joint papers; "too few papers (n)" where there are not enough."""
    from armillary.cli.tables import give
    from armillary.studies.leadership import pairs as lp

    pair = asked(**given)
    table = lp.all_pairs(pair.observatory.corpus, pair.recipe, **pair.rules, min_papers=min_papers, top=top, seed=seed)
    shown = table if as_json or out else table.select(SHOWN)
    give(shown, {"title": "Lead balance of pairs", **pair.meta}, as_json=as_json, out=out)
