"""Who is cited in policy: fields, countries, institutions or goals by policy document or kind of source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import observatory_option, table_option
from armillary.cli.tables import give


@click.command("policy", help=__doc__, epilog="Example: armillary policy --unit country --by document --period 2015-2020")
@click.option(
    "--unit",
    default="field",
    show_default=True,
    help="field, country, institution, city, region, goal; or who cites: source_type, organisation, source_country.",
)
@click.option(
    "--by",
    type=click.Choice(("document", "organisation", "source_type")),
    default="document",
    show_default=True,
    help="What a row of the table is.",
)
@click.option("--columns", "top", default=8, show_default=True, help="The most citing documents (organisations, ...).")
@click.option("--period", default="all", show_default=True, help="Publication years of the cited papers.")
@click.option("--counting", help="full (default), author-fractional, ...")
@click.option("--scope", help="Which works count.")
@click.option("--window", default=0, show_default=True, help="Only documents up to this many years after the paper; 0: open.")
@click.option("--limit", default=15, show_default=True, help="Rows to print; 0 for all.")
@click.option("--plot", type=click.Path(path_type=Path), help="Also draw the table to an SVG, PNG or HTML file.")
@click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json or .parquet file.")
@observatory_option
@table_option
def command(
    unit: str,
    by: str,
    top: int,
    window: int,
    limit: int,
    plot: Path | None,
    out: Path | None,
    observatory: Path,
    as_json: bool,
    **choices: Any,
) -> None:
    """Print the table. ``papers`` counts papers with a DOI; a paper stands in the row of every unit on it."""
    import armillary as arm
    from armillary.counting.notes import corpus_notes
    from armillary.studies.policy.citing_sources import COLUMNS, citing_sources
    from armillary.studies.policy.uptake import uptake

    if unit in COLUMNS:
        obs = arm.open(observatory)
        meta = {
            "title": f"Policy citations by {unit.replace('_', ' ')}",
            "notes": corpus_notes(obs.corpus),
            "data": obs.data_version if as_json else None,
        }
        give(citing_sources(obs.corpus, unit), meta, as_json=as_json, out=out, limit=limit)
        return
    found = uptake(arm.open(observatory).corpus, unit=unit, by=by, top=top, options={"window": window}, **choices)
    if plot:
        from armillary.charts.base import save
        from armillary.charts.policy import uptake_map

        save(uptake_map(found.table, found.columns, title=found.meta["title"], subtitle=found.meta["coverage"]), plot)
    about = {k: v for k, v in found.meta.items() if k in ("title", "coverage")} | {"notes": found.meta["notes"]}
    give(found.table, found.meta if as_json else about, as_json=as_json, out=out, limit=limit, whole=("papers", "cited", *found.columns))
