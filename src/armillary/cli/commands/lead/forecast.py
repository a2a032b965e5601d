"""When the trend would reach parity: a straight line with the band of its mean response (METHODS 4.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.lead._common import asked, named, pair_options
from armillary.cli.common import json_option, observatory_option, print_json
from armillary.core import guarded
from armillary.errors import InputError, UsageError

LAST_YEAR = 2035
"""The band is given up to here."""


def _series(path: Path) -> tuple[list[int], list[float], list[int] | None]:
    """Years, values and papers of a CSV with the columns year, value and (if given) papers."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    try:
        table = pacsv.read_csv(guarded.regular(path))
        years, values = table["year"].cast(pa.int64()).to_pylist(), table["value"].cast(pa.float64()).to_pylist()
        papers = table["papers"].cast(pa.int64()).to_pylist() if "papers" in table.column_names else None
    except (pa.ArrowException, KeyError, OSError, ValueError) as error:
        raise InputError(
            f"not a table of years and values: {error}", where=path, fix="give a CSV with the columns year,value[,papers]"
        ) from None
    if any(v is None for v in years):
        raise InputError("a year is missing", where=path, fix="fill the column year")
    return years, [float("nan") if v is None else v for v in values], papers


@click.command(epilog="Example: armillary lead forecast CN US --measure share   or: armillary lead forecast --series cn_us.csv")
@click.argument("first", required=False)
@click.argument("second", required=False)
@click.option(
    "--series", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A CSV with year,value[,papers] instead of a pair."
)
@click.option(
    "--measure", type=click.Choice(["share", "premium"]), default="share", show_default=True, help="Parity is 0.5 for share, 0 for premium."
)
@click.option("--line", type=float, help="Another parity line.")
@click.option("--first-year", type=int, default=2010, show_default=True, help="Years before it are left out.")
@click.option("--min-year-papers", type=click.IntRange(1), default=200, show_default=True, help="Years with fewer papers are left out.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the line, its band and parity.")
@observatory_option
@json_option
@pair_options
def command(
    first: str | None,
    second: str | None,
    series: Path | None,
    measure: str,
    line: float | None,
    first_year: int,
    min_year_papers: int,
    plot: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """When the trend would reach parity: a straight line with the band of its mean response (METHODS 4.4)."""
    from armillary.cli.tables import about_lines, no_nan
    from armillary.studies.leadership.forecast import parity_forecast
    from armillary.studies.leadership.records import pair_from_records

    if series is None and (first is None or second is None):
        raise UsageError("name two units, or give --series", fix="for example: armillary lead forecast CN US")
    if series is not None:
        years, values, papers = _series(series)
        meta: dict[str, Any] = {"title": f"Parity forecast of {series.name}"}
    else:
        assert first is not None and second is not None
        pair = asked(**given)
        counts, _ = pair_from_records(pair.observatory.corpus, pair.recipe, first, second, **pair.rules)
        rows = counts.by_year()
        years, papers = [int(b.year or 0) for b in rows], [b.papers_n for b in rows]
        values = [b.lead_share if measure == "share" else b.lead_premium for b in rows]
        meta = {"title": f"Parity forecast of {first} and {second}, lead {measure}", **pair.meta}
    parity = line if line is not None else (0.5 if measure == "share" else 0.0)
    f = parity_forecast(years, values, papers, line=parity, first_year=first_year, min_papers=min_year_papers)
    span = range(f.years[0], LAST_YEAR + 1)
    low, high = f.band([*span])
    if plot:
        from armillary.charts.base import save
        from armillary.charts.leadership import parity_chart

        save(parity_chart(f, meta["title"], first and named(first), second and named(second)), plot)
    result = {
        "years": list(f.years),
        "values": list(f.values),
        "slope": f.slope,
        "s": f.s,
        "point": f.point,
        "interval": f.interval,
        "text": f.text,
        "reading": f.reading,
        "band": [{"year": y, "low": a, "high": b} for y, a, b in zip(span, low, high, strict=True)],
    }
    if as_json:
        print_json(no_nan({"meta": meta, **result}))
        return
    click.echo("\n".join(about_lines(meta)))
    click.echo(f"years     {f.years[0]}-{f.years[-1]}, {len(f.years)} with enough papers; slope {f.slope:+.4f} a year, residual {f.s:.4f}")
    click.echo(f"parity    {f.text}   (line itself: {f.point:.1f})")
    click.echo(f"reading   {f.reading}")
    click.echo("caution   the band is that of the mean response, not of a single year; it assumes that the trend goes on")
