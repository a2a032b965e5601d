"""Lead share and lead premium of FIRST against SECOND, with intervals and with what team composition alone would give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.lead._common import asked, balance_options, named, pair_options
from armillary.cli.common import observatory_option, table_option


@click.command(epilog="Example: armillary lead balance CN US --by corresponding --yearly")
@click.argument("first")
@click.argument("second")
@click.option("--yearly", is_flag=True, help="A row for each year.")
@click.option("--thresholds", is_flag=True, help="A row for each threshold of the published sensitivity figure.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw lead share by year with parity line and interval.")
@observatory_option
@table_option
@pair_options
@balance_options
def command(
    first: str,
    second: str,
    yearly: bool,
    thresholds: bool,
    plot: Path | None,
    min_papers: int,
    seed: int,
    out: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Lead share and lead premium of FIRST against SECOND, with intervals and with what team composition alone would give."""
    from armillary.cli.tables import give
    from armillary.studies.leadership import pairs as lp
    from armillary.studies.leadership.records import pair_from_records

    pair = asked(**given)
    papers, found = pair_from_records(pair.observatory.corpus, pair.recipe, first, second, **pair.rules)
    more: dict[str, Any] = {"min_papers": min_papers, "seed": seed}
    if thresholds:
        table = lp.by_threshold(found, first, second, rule=given["rule"], others=given["others"], **more)
    elif yearly:
        table = lp.by_year(papers, **more)
    else:
        table = lp.table_of([{"pair": f"{first}-{second}", **lp.balance_row(papers, **more)}])
    meta = {"title": f"Lead balance of {first} and {second} ({found.joint_papers:,} joint papers)", **pair.meta, "notes": list(found.notes)}
    if plot:
        from armillary.charts.base import save
        from armillary.charts.leadership import balance_over_time

        save(balance_over_time(lp.by_year(papers, **more), named(first), named(second), meta["leads"]), plot)
    give(table, meta, as_json=as_json, out=out)
