"""Compare two editions: split every change of rank into data, model, newcomers and leavers."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, chart_option, draw, output_options, write
from armillary.cli.common import json_flag, observatory_option
from armillary.errors import UsageError


@click.command("compare", help=__doc__, epilog="Example: armillary index compare demo demo --old-year 2024 --new-year 2025")
@click.argument("old")
@click.argument("new")
@click.option("--old-data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Table of the old edition.")
@click.option("--new-data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Table of the new edition.")
@click.option("--old-year", type=int, help="Edition in the old table.")
@click.option("--new-year", type=int, help="Edition in the new table.")
@click.option(
    "--renamed", multiple=True, metavar="OLD=NEW", help="An indicator of the old edition that has another id now; may be repeated."
)
@click.option("--effects/--dumbbell", default=True, show_default=True, help="What --chart draws: the effects, or both scores of each unit.")
@output_options
@chart_option
@observatory_option
@json_flag
def command(
    old: str,
    new: str,
    old_data: Path | None,
    new_data: Path | None,
    old_year: int | None,
    new_year: int | None,
    renamed: tuple[str, ...],
    effects: bool,
    form: str,
    out: Path | None,
    limit: int,
    chart: Path | None,
    observatory: Path,
    as_json: bool,
) -> None:
    """Compare and print."""
    from armillary.composite.editions import compare

    pairs = dict(r.partition("=")[::2] for r in renamed)
    if any(not a or not b for a, b in pairs.items()):
        raise UsageError("--renamed wants OLD=NEW", fix="for example --renamed rd_share=rd_spending")
    before, after = built(old, old_data, old_year, observatory), built(new, new_data, new_year, observatory)
    done = compare(before, after, renamed=pairs)
    s = done.summary()
    head = [
        f"{before.meta['title']} -> {after.meta['title']}: {s['units']} units in both, {len(s['entered'])} entered, {len(s['left'])} left",
        "change = data + model + newcomers + leavers (places; + is better). data: old rules, new numbers; model: new rules",
        "mean size of the effects: "
        + ", ".join(f"{k} {s['mean_abs_' + k]:.2f}" for k in ("change", "data", "model", "newcomers", "leavers")),
        *(f"note    {w}" for w in done.warnings),
    ]
    meta = {"old": before.meta, "new": after.meta, "summary": s, "warnings": list(done.warnings)}
    form = "json" if as_json else form
    write(done.table, form, out, limit, head=head, meta=meta)
    if chart is not None:
        from armillary.charts import index as charts

        names = (before.meta["period"] or "before", after.meta["period"] or "now")
        if effects:
            draw(
                charts.effects_bars(
                    done.table, title=after.meta["title"], subtitle=f"changes of rank {names[0]} to {names[1]}", top=limit or 25
                ),
                chart,
            )
        else:
            draw(charts.dumbbell(done.table, old=names[0], new=names[1], title=after.meta["title"], top=limit or 25), chart)
