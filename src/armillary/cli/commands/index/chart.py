"""Draw an index: framework, distributions, scatter, correlations, lines, profile, contributions, heat map, intervals."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, data_options, draw, load, spec_argument
from armillary.cli.common import observatory_option, quiet_option
from armillary.errors import UsageError

KINDS = {
    "ranking": "the index as ranked bars",
    "framework": "the tree with the share of every part",
    "distributions": "a histogram of every indicator (--stage)",
    "scatter": "two indicators or groups against each other with names (--x, --y)",
    "correlations": "heat map of the correlations of a level (--level, --with)",
    "lines": "scores or ranks over the years of a panel (--unit, --ranks)",
    "profile": "one unit's indicators (--unit, --group)",
    "contributions": "what each part adds to the scores (arithmetic means)",
    "heat": "scores of the groups as coloured cells",
    "intervals": "ranks with their intervals over rebuilds (--draws)",
}


@click.command("chart", help=__doc__ + "\n\n\b\n" + "\n".join(f"{k}: {v}" for k, v in KINDS.items()))
@spec_argument
@click.argument("kind", type=click.Choice(list(KINDS)))
@data_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file: .svg, .png, .html or .json.")
@click.option("--unit", "units", multiple=True, help="Unit to show (profile) or to put in front; may be repeated.")
@click.option("--group", help="Grouping column to compare a profile with.")
@click.option("--x", help="Indicator, group or denominator across (scatter).")
@click.option("--y", help="Indicator or group upwards (scatter; default: the index).")
@click.option("--level", default="indicator", show_default=True, help="Level of the correlations.")
@click.option("--with", "other", help="Level to correlate with.")
@click.option("--stage", default="denominated", show_default=True, help="Stage of the data that distributions and scatter show.")
@click.option("--ranks", is_flag=True, help="Ranks instead of scores (lines).")
@click.option("--draws", type=click.IntRange(2), default=1000, show_default=True, help="Rebuilds (intervals).")
@click.option("--top", type=click.IntRange(1), default=25, show_default=True, help="Units to show.")
@observatory_option
@quiet_option
def command(
    spec: str,
    kind: str,
    data: Path | None,
    year: int | None,
    out: Path,
    units: tuple[str, ...],
    group: str | None,
    x: str | None,
    y: str | None,
    level: str,
    other: str | None,
    stage: str,
    ranks: bool,
    draws: int,
    top: int,
    observatory: Path,
    quiet: bool,
) -> None:
    """Build and draw."""
    from armillary.charts import index_pictures as pictures

    if kind == "lines":
        chart = pictures.lines(load(spec), data, units=units, ranks=ranks, top=min(top, 8))
    else:
        result = built(spec, data, year, observatory)
        if kind == "profile" and len(units) != 1:
            raise UsageError("a profile shows one unit", fix="add --unit NAME")
        if kind == "scatter" and x is None:
            raise UsageError("a scatter chart needs --x", fix="name an indicator, a group or a denominator")
        chart = {
            "ranking": lambda: pictures.ranking(result, units, top),
            "framework": lambda: pictures.tree(result),
            "distributions": lambda: pictures.histograms(result, stage),
            "scatter": lambda: pictures.cloud(result, str(x), y, units, stage),
            "correlations": lambda: pictures.heat_of_correlations(result, level, other),
            "profile": lambda: pictures.profile(result, units[0], group),
            "contributions": lambda: pictures.contributions(result, top),
            "heat": lambda: pictures.heat(result, top),
            "intervals": lambda: pictures.intervals(result, draws, units, top),
        }[kind]()
    draw(chart, out)
    if not quiet:
        click.echo(f"written: {out}")
