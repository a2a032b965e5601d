"""Units by goals: papers, contribution share, activity and symmetric index, growth."""

from __future__ import annotations

from pathlib import Path

import click
import pyarrow.compute as pc

from armillary.cli.common import observatory_option, table_option
from armillary.cli.tables import give


@click.command("profile", help=__doc__, epilog="Example: armillary sdg profile --unit country --period 2018-2021 --plot goals.png")
@click.option("--unit", default="country", show_default=True, help="country, institution, city, region.")
@click.option("--period", default="all", show_default=True, help="A year, a range such as 2018-2021, or 'all'.")
@click.option("--counting", help="full (default), author-fractional, ...; the same above and below the line.")
@click.option("--scope", help="Which works count.")
@click.option("--subject", help="An OpenAlex domain, field, subfield or topic.")
@click.option("--tags", default="given", show_default=True, help="given (tags in the records), queries (our classifier), or a file.")
@click.option("--cut", default=0.4, show_default=True, help="A tag's score must be above this; report 0.6 beside it.")
@click.option("--goal", type=click.IntRange(0, 17), help="Only this goal (0: any goal).")
@click.option("--units", "limit", default=10, show_default=True, help="The largest units; 0 for all.")
@click.option("--plot", type=click.Path(path_type=Path), help="Also draw the goal x unit map to an SVG, PNG or HTML file.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to a .csv, .json or .parquet file.")
@observatory_option
@table_option
def command(
    unit: str,
    period: str,
    counting: str | None,
    scope: str | None,
    subject: str | None,
    tags: str,
    cut: float,
    goal: int | None,
    limit: int,
    plot: Path | None,
    out: Path | None,
    observatory: Path,
    as_json: bool,
) -> None:
    """Print the profile."""
    import armillary as arm
    from armillary.studies.goals.profile import profile

    found = profile(
        arm.open(observatory).corpus,
        unit=unit,
        tags=tags,
        cut=cut,
        limit=limit,
        period=period,
        counting=counting,
        scope=scope,
        subject=subject,
    )
    table = found.table
    if plot:
        from armillary.charts.base import save
        from armillary.charts.sdg import goal_map

        second = f"{found.meta['period']}, {found.meta['tags']}" + (f", score above {cut}" if tags != "queries" else "")
        save(goal_map(table, title=found.meta["title"], subtitle=second), plot)
    if goal is not None:
        table = table.filter(pc.equal(table["sdg_id"], goal))
    about = {k: v for k, v in found.meta.items() if k != "data"}
    give(table, found.meta if as_json else about, as_json=as_json, out=out, whole=("count",))
