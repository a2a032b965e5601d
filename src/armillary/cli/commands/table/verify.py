"""Find the identities of a table (sums, means, ratios, shares, ranks, common factors) and the rows that break them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command(
    "verify",
    help=__doc__ + " Exits with 1 if a row breaks one.",
    epilog="Example: armillary table verify TABLE.csv --time year --check 'total = a + b' --check 'place = rank(total)'",
)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--check", "formulas", multiple=True, metavar="IDENTITY", help="Check this identity instead of looking for some; may be repeated."
)
@click.option("--unit", help="Column that says who a row is (default: the first column that holds no numbers).")
@click.option("--time", help="Column of years; ranks are then made within each, and years compared.")
@click.option(
    "--decimals", type=click.IntRange(0), help="How all columns were rounded (default: the most common number of decimals of each)."
)
@click.option(
    "--share",
    type=click.FloatRange(0.5, 1),
    default=0.8,
    show_default=True,
    help="Part of the rows that must keep an identity to be a rule.",
)
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of a CSV file.")
@click.option("--sheet", help="Sheet of a workbook (default: the first).")
@click.option("--skip", type=click.IntRange(0), default=0, show_default=True, help="Lines before the row of column names.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: Path,
    formulas: tuple[str, ...],
    unit: str | None,
    time: str | None,
    decimals: int | None,
    share: float,
    encoding: str,
    sheet: str | None,
    skip: int,
    as_json: bool,
) -> int:
    """Find, check and print."""
    from armillary.composite.figures import sheet as numbers_of
    from armillary.composite.formulas import check
    from armillary.composite.identities import identities, needs
    from armillary.composite.read import column, read_table

    table = read_table(path, encoding=encoding, sheet=sheet, skip=skip)
    for name in (unit, time):
        if name is not None:
            column(table, name, str(path))
    numbers = numbers_of(table, unit=unit, time=time, decimals=decimals)
    found = [check(numbers, f) for f in formulas] if formulas else identities(numbers, share=share)
    needs(found, numbers)
    broken = sum(len(i.broken) for i in found)
    if as_json:
        print_json(
            {
                "rows": table.num_rows,
                "columns": list(numbers.columns),
                "broken": broken,
                "no_numbers": [{"row": r, "column": c, "text": t} for r, c, t in numbers.odd],
                "identities": [
                    {k: v for k, v in asdict(i).items() if k != "broken"} | {"broken": [asdict(b) | {"text": b.text} for b in i.broken]}
                    for i in found
                ],
            }
        )
        return 1 if broken else 0
    click.echo(f"{path.name}: {table.num_rows:,} rows, {len(numbers.columns)} columns of numbers, {len(found)} identities")
    for r, c, cell in numbers.odd[:10]:
        click.echo(f"  note: row {r}, column '{c}': '{cell}' is not a number and is not checked")
    if len(numbers.odd) > 10:
        click.echo(f"  note: ... and {len(numbers.odd) - 10:,} more cells that are no numbers (--json for all)")
    for i in found:
        click.echo(f"  {i.text}")
        for b in i.broken[:20]:
            click.echo(f"      {b.text}")
        if len(i.broken) > 20:
            click.echo(f"      ... and {len(i.broken) - 20:,} more (--json for all)")
    return 1 if broken else 0
