"""A city in tables: subjects, growth, institutions, partners, industry papers, patents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from armillary.cli.common import json_option, observatory_option

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

TITLES = {
    "subjects": "By subject",
    "years": "By year (adjusted to the last year's number of papers)",
    "institutions": "Institutions",
    "partners": "Partners",
    "industry": "With industry",
    "patents": "Patents by year",
}


@click.command("city", help=__doc__, epilog="Example: armillary city Boston --period 2018-2024")
@click.argument("place")
@click.option("--unit", type=click.Choice(["city", "region", "country"]), default="city", show_default=True, help="What PLACE is.")
@click.option("--period", help="A year, a range such as 2018-2021, or 'all'.  [default: all]")
@click.option("--scope", default="default", show_default=True, help="Which works count.")
@click.option("--first", type=click.IntRange(1), default=10, show_default=True, help="Institutions, partners and subjects to list.")
@observatory_option
@json_option
def command(place: str, unit: str, period: str | None, scope: str, first: int, observatory: Path, as_json: bool) -> None:
    """PLACE is a name or an id."""
    import armillary as arm
    from armillary.studies.place_profile import place_profile

    profile = place_profile(arm.open(observatory).corpus, place, unit=unit, period=period, scope=scope, first=first)
    if as_json:
        click.echo(profile.to_json(), nl=False)
        return
    head = profile.tables["headline"].to_pylist()[0]
    click.echo(f"{profile.name} ({profile.unit_id}): rank {head['rank']:,} of {head['of']:,} by Share")
    click.echo(f"Share {head['share']:,.2f}, {100 * head['share_of_world']:.3f} % of the papers in scope; on {head['papers']:,} papers")
    data = profile.meta["data"]
    meta = profile.meta
    click.echo(f"{meta['counting']}; scope {meta['scope']}; period {meta['period']}; snapshot {data['snapshot_date']}")
    for name, title in TITLES.items():
        table = profile.tables[name]
        if table.num_rows:
            click.echo(f"\n{title}\n{_text(table.slice(0, first) if name == 'subjects' else table)}", nl=False)
    click.echo("".join(f"\nnote      {note}" for note in meta["notes"]))


def _text(table: pa.Table) -> str:
    rows = [table.column_names, *([_cell(v) for v in r.values()] for r in table.to_pylist())]
    wide = [max(len(r[n]) for r in rows) for n in range(len(rows[0]))]
    numeric = [not str(t).startswith("string") for t in table.schema.types]
    lines = ("  ".join(v.rjust(w) if k else v.ljust(w) for v, w, k in zip(r, wide, numeric, strict=True)).rstrip() for r in rows)
    return "".join(f"  {line}\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.3f}" if isinstance(value, float) else str(value)
