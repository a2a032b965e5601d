"""Who stands between others: betweenness and Burt's constraint on the backbone of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.cooperation._common import COUNTS, load, table_options


@click.command()
@click.option("--alpha", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Disparity filter; 1 keeps every pair.")
@table_options
def command(alpha: float, as_json: bool, out: Path | None, limit: int, **given: Any) -> None:
    """Who stands between others: betweenness and Burt's constraint on the backbone of the network."""
    from armillary.cli.tables import give
    from armillary.studies.cooperation import network as cn

    pairs, period, meta = load(**given)
    title = "Brokers: share of the others' shortest paths (distance = 1 / joint works) that pass through the unit"
    give(cn.brokers(pairs, period, alpha=alpha), {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=COUNTS)
