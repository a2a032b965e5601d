"""Rank countries, institutions, cities, regions, authors or fields by an indicator, or countries by a series (series:NAME)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armillary.cli.common import engine_from, engine_options, json_flag, limit_options, observatory_option, write_whole
from armillary.cli.recipe_options import recipe_from, recipe_options
from armillary.errors import DataError, UsageError

if TYPE_CHECKING:
    from armillary.observatory import Ranking

RECORDS = ("work", "patent", "deal", "policy_document")
"""Tables whose records are ranked: without any, a ranking is not empty but a mistake."""
FORMATS = ("table", "csv", "json", "md", "parquet", "xlsx")


@click.command(epilog="Example: armillary rank share --unit city --period 2024 --subject chemistry")
@click.argument("indicator", required=False)
@recipe_options
@click.option(
    "--compare", metavar="PERIOD", help="Add rank and value of an earlier period, and the change (Share: adjusted to the same total)."
)
@click.option(
    "--against",
    multiple=True,
    metavar="SERIES",
    help="Series only: another source, vintage or series beside it, as CODE@SOURCE@VINTAGE; repeat for more.",
)
@click.option("--intervals", is_flag=True, help="Add stability and rank intervals from 1,000 resamples of the papers.")
@click.option("--draws", type=click.IntRange(40), default=1000, show_default=True, help="Resamples for --intervals.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the resamples.")
@click.option(
    "--interval-mode",
    type=click.Choice(["joint", "within-unit", "closed-form"]),
    default="joint",
    show_default=True,
    help="Resample papers for all units at once.",
)
@click.option(
    "--cells",
    type=click.Choice(["fixed", "drawn"]),
    default="fixed",
    show_default=True,
    help="Impact intervals: keep what papers are compared with, or estimate the cells anew in every resample.",
)
@click.option(
    "--affiliation-error", metavar="RATE|FILE", help="Propagate this rate of wrong affiliations, or one estimated from a table of matches."
)
@click.option("--best", type=click.IntRange(1), help="Add the probability of rank BEST or better.")
@click.option("--rank-sets", is_flag=True, help="Add simultaneous rank confidence sets.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="Output format.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file (needed for parquet and xlsx).")
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print as a table; 0 for all. Files always have all."
)
@click.option("--plot", type=click.Path(path_type=Path), help="Also draw the first units to an SVG, PNG or HTML file.")
@engine_options
@limit_options
@observatory_option
@json_flag
@click.pass_context
def command(
    ctx: click.Context,
    /,
    indicator: str | None,
    observatory: Path,
    form: str,
    out: Path | None,
    limit: int,
    as_json: bool,
    compare: str | None,
    against: tuple[str, ...],
    plot: Path | None,
    **given: Any,
) -> None:
    """Rank units by INDICATOR. A table names its counting method, scope, period, data version and record count.

    series:NAME ranks countries by a series that ships with Armillary (see armillary world) or that the observatory took in.
    """
    from armillary.cli.tables import form_of, say_beside

    if indicator and indicator.startswith("series:"):
        from armillary.cli.series_output import rank_a_series

        ranking = rank_a_series(ctx, indicator.partition(":")[2])
    elif against:
        raise UsageError("--against is for series", fix="name counting methods to stand side by side: --counting author-fractional,full")
    else:
        ranking = _rank_works(indicator, observatory, compare, given)
    form = form_of("json" if as_json else form, out, FORMATS)
    if form in ("parquet", "xlsx"):
        if out is None:
            raise UsageError(f"{form} goes to a file", fix=f"add --out ranking.{form}")
        (ranking.to_parquet if form == "parquet" else ranking.to_excel)(out)
    else:
        text = _as_text(ranking, form, (limit or None) if out is None else None)
        if out is None:
            click.echo(text, nl=False)
        else:
            write_whole(out, text)
        if form == "csv":
            say_beside(ranking.meta["notes"])
    if plot:
        from armillary.charts.base import save

        save(ranking.plot(), plot)


def _rank_works(indicator: str | None, observatory: Path, compare: str | None, given: dict[str, Any]) -> Ranking:
    import armillary as arm

    resample = {k: given.pop(k) for k in ("draws", "seed", "interval_mode", "affiliation_error", "best", "rank_sets", "cells")}
    wants_intervals = given.pop("intervals") or resample["affiliation_error"] or resample["best"] or resample["rank_sets"]
    wants_intervals = wants_intervals or resample["cells"] == "drawn"
    where = engine_from(given)
    methods = [m.strip() for m in (given.get("counting") or "").split(",") if m.strip()]
    given["counting"] = methods[0] if methods else None
    recipe = recipe_from(indicator, given)
    obs = arm.open(observatory, **where)
    ranking = obs.run(recipe) if len(methods) < 2 else obs.side_by_side(recipe, methods)
    if not ranking.arrow.num_rows and not any(obs.store.rows(t) for t in RECORDS):
        raise DataError(
            "the observatory holds no records to rank", where=observatory, fix="first: armillary ingest openalex PATH --into FOLDER"
        )
    if wants_intervals:
        resample["mode"], resample["sets"] = resample.pop("interval_mode"), resample.pop("rank_sets")
        ranking = ranking.intervals(**resample)
    return ranking.change(compare) if compare else ranking


def _as_text(ranking: Ranking, form: str, limit: int | None) -> str:
    if form == "csv":
        return ranking.to_csv()
    if form == "json":
        return ranking.to_json()
    return ranking.to_markdown(limit=limit) if form == "md" else ranking.to_text(limit=limit)
