"""Means of groups of units (regions, income), or ranks within them."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, data_options, heading, output_options, spec_argument, write
from armillary.cli.common import json_flag, observatory_option


@click.command("groups", help=__doc__, epilog="Example: armillary index groups demo --by income --weight population")
@spec_argument
@data_options
@click.option("--by", required=True, help="Grouping column of the data.")
@click.option("--level", default="index", show_default=True, help="A level, group or indicator.")
@click.option("--weight", help="Denominator to weigh the units by (population), beside the plain mean.")
@click.option("--ranks", is_flag=True, help="The ranking with each unit's rank within its group.")
@output_options
@observatory_option
@json_flag
def command(
    spec: str,
    data: Path | None,
    year: int | None,
    by: str,
    level: str,
    weight: str | None,
    ranks: bool,
    form: str,
    out: Path | None,
    limit: int,
    observatory: Path,
    as_json: bool,
) -> None:
    """Group and print."""
    from armillary.composite import statistics

    result = built(spec, data, year, observatory)
    table = statistics.ranks_within(result, by, level) if ranks else statistics.grouped(result, by, level=level, weight=weight)
    without = [u for u, g in zip(result.units, result.sample.groups[by], strict=True) if not g]
    head = [*heading(result)[:2], f"by      {by}"]
    if without:
        head.append(f"note    {len(without)} units have no {by} and are in no group: {', '.join(without[:5])}")
    if weight and not ranks:
        short = sum(r["units"] - r["weighted_units"] for r in table.to_pylist())
        head += [f"note    {short} scores are not in the weighted means: their units have no {weight}"] if short else []
    meta = result.meta | {"by": by, "level": level, "without_group": without}
    write(table, "json" if as_json else form, out, limit, head=head, meta=meta)
