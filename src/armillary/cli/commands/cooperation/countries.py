"""How many partners, and how evenly spread: of all units, or of UNIT over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.cooperation._common import WHOLE, load, table_options


@click.command(epilog="Example: armillary cooperation countries CN   (a row for each year)")
@click.argument("unit", required=False)
@click.option("--min-works", type=click.IntRange(1), default=1, show_default=True, help="Joint works from which a partner counts.")
@table_options
def command(unit: str | None, min_works: int, as_json: bool, out: Path | None, limit: int, **given: Any) -> None:
    """How many partners, and how evenly spread: of all units, or of UNIT over time."""
    from armillary.cli.tables import give
    from armillary.studies.cooperation import partners as cp

    asked = given["period"]
    pairs, period, meta = load(**given)
    if unit:
        meta["period"] = str(asked or "all")
        steps = sorted({1, 10, 100, min_works})
        table, title = cp.counts_over_time(pairs, unit, min_works=steps, period=asked or "all"), f"Partners of {pairs.name(unit)} by year"
        limit = 0
    else:
        table, title = cp.partner_counts(pairs, period, min_works=min_works), f"Number of partners with at least {min_works:,} joint works"
    give(table, {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=WHOLE)
