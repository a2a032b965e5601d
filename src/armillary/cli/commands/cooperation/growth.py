"""Fastest-growing partnerships (of UNIT, or of all)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.cooperation._common import COUNTS, load, table_options


@click.command(epilog="Example: armillary cooperation growth --first 2012-2014 --last 2021-2023 --min-works 1000")
@click.argument("unit", required=False)
@click.option("--first", required=True, help="The period to grow from.")
@click.option("--last", required=True, help="The period to grow to.")
@click.option("--min-works", type=click.IntRange(1), default=100, show_default=True, help="Least joint works in the first period.")
@table_options
def command(unit: str | None, first: str, last: str, min_works: int, as_json: bool, out: Path | None, limit: int, **given: Any) -> None:
    """Fastest-growing partnerships (of UNIT, or of all)."""
    from armillary.cli.tables import give
    from armillary.studies.cooperation import partners as cp

    pairs, _, meta = load(**given)
    meta["period"] = f"{first} to {last}, at least {min_works:,} joint works in the first"
    table = cp.growth(pairs, first, last, unit=unit, min_works=min_works)
    title = "Fastest-growing partnerships: growth a year of mean yearly joint works (0.1 = 10 %)"
    give(table, {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=COUNTS)
