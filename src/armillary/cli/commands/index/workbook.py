"""Write one workbook of the whole index: specification, all stages, scores as live formulas, results, statistics."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, data_options, spec_argument
from armillary.cli.common import observatory_option, quiet_option
from armillary.errors import UsageError


@click.command("workbook", help=__doc__, epilog="Example: armillary index workbook demo --out demo.xlsx --draws 1000")
@spec_argument
@data_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file, ending in .xlsx.")
@click.option("--draws", type=click.IntRange(0), default=0, show_default=True, help="Rebuilds of a sensitivity analysis to add (0: none).")
@click.option("--sobol", type=click.IntRange(0), default=0, show_default=True, help="Base sample of its Sobol indices (0: none).")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the sensitivity analysis.")
@observatory_option
@quiet_option
def command(
    spec: str, data: Path | None, year: int | None, out: Path, draws: int, sobol: int, seed: int, observatory: Path, quiet: bool
) -> None:
    """Build and write."""
    from armillary.composite import sensitivity
    from armillary.composite.workbook import write_workbook

    if out.suffix.casefold() != ".xlsx":
        raise UsageError(f"a workbook is no '{out.suffix or out.name}'", fix="end the name in .xlsx")
    result = built(spec, data, year, observatory)
    sure = sensitivity(result, draws=max(draws, 2), seed=seed, sobol=sobol) if draws or sobol else None
    write_workbook(result, out, sure=sure)
    if not quiet:
        click.echo(f"written: {out}")
