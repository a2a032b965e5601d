"""Show one unit's indicators from raw value to contribution, with strengths, weaknesses and its group."""

from __future__ import annotations

import math
from pathlib import Path

import click

from armillary.cli.commands.index._common import built, cell_text, chart_option, data_options, draw, output_options, spec_argument, write
from armillary.cli.common import json_flag, observatory_option


@click.command("explain", help=__doc__, epilog="Example: armillary index explain demo Almere --group income")
@spec_argument
@click.argument("unit")
@data_options
@click.option("--group", help="Grouping column to compare with (income, region, ...).")
@output_options
@chart_option
@observatory_option
@json_flag
def command(
    spec: str,
    unit: str,
    data: Path | None,
    year: int | None,
    group: str | None,
    form: str,
    out: Path | None,
    limit: int,
    chart: Path | None,
    observatory: Path,
    as_json: bool,
) -> None:
    """Explain and print."""
    result = built(spec, data, year, observatory)
    u, digits = result.position(unit), result.spec.ranking.decimals
    table = result.explain(unit, group=group)
    name, root = result.sample.names[u], result.spec.root.id
    row = next((r for r in result.table().to_pylist() if r["unit_id"] == result.units[u]), None)
    place = (
        "no score" if row is None else f"rank {row['rank']} of {result.table().num_rows}, score {cell_text('value', row['value'], digits)}"
    )
    label = None if group is None else result.sample.groups[group][u]
    head = [f"{name} in {result.meta['title']}: {place}"]
    parts = [(p.id, result.score(p.id)[u]) for p in result.spec.parts(root)]
    head.append(
        "parts   " + ", ".join(f"{result.spec.label(i)} {cell_text('value', float(s), digits)}" for i, s in parts if not math.isnan(s))
    )
    if row is not None and table.column("contribution").null_count == 0:
        head.append(f"        the contributions add up to {sum(table.column('contribution').to_pylist()):.2f}")
    if group is not None:
        head.append(f"group   {group} = {label}; marked where more than one standard deviation from its mean")
    columns = ["indicator", "raw", "treated", "normalised", "rank", "weight", "contribution", "is_strength", "is_weakness"]
    columns += ["group_mean", "is_above_group", "is_below_group"] if group is not None else []
    form = "json" if as_json else form
    cut = table.select(columns) if form in ("table", "md") else table
    meta = result.meta | {"unit_id": result.units[u], "name": name, "rank": row and row["rank"], "value": row and row["value"]}
    write(cut, form, out, limit if form != "table" else 0, head=head, meta=meta)
    if chart is not None:
        from armillary.charts.index import unit_profile

        draw(unit_profile(table, name=f"{name}, {place}", group=None if group is None else f"{group} '{label}'"), chart)
