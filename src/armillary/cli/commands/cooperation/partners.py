"""Partners of UNIT with every association measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.cooperation._common import COUNTS, WHOLE, load, table_options


@click.command(epilog="Example: armillary cooperation partners CN --period 2023 --by quasi_pai --min-works 500")
@click.argument("unit")
@click.option("--by", default="works", show_default=True, help="works, share, salton, jaccard, inclusion, pai, link_pai or quasi_pai.")
@click.option("--min-works", type=click.IntRange(1), default=1, show_default=True, help="Leave out partners with fewer joint works.")
@click.option("--history", is_flag=True, help="Year by year instead: partners that are among the first ten of any year.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the first partners over time to an SVG, PNG or HTML file.")
@table_options
def command(
    unit: str, by: str, min_works: int, history: bool, plot: Path | None, as_json: bool, out: Path | None, limit: int, **given: Any
) -> None:
    """Partners of UNIT with every association measure."""
    from armillary.cli.tables import give
    from armillary.studies.cooperation import partners as cp

    asked = given["period"]
    pairs, period, meta = load(**given)
    if history or plot:
        table = cp.partner_history(pairs, unit, by=by, period=asked or "all")
        meta["period"] = str(asked or "all")
        if plot:
            from armillary.charts.base import save
            from armillary.charts.cooperation import partner_paths

            save(partner_paths(table, pairs.name(unit), by), plot)
    else:
        table = cp.partners(pairs, unit, period, by=by, min_works=min_works)
    title = f"Partners of {pairs.name(unit)} by {by}: {cp.MEASURES[by]}"
    give(
        table,
        {"title": title, **meta},
        as_json=as_json,
        out=out,
        limit=0 if history else limit,
        whole=WHOLE if by == "works" else COUNTS,
    )
