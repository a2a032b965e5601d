"""Suggest which units of another table are which of ours: a table to be looked at, applied only where it says accepted."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, data_options, spec_argument
from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command(
    "match",
    help=__doc__,
    epilog="Example: armillary index match mine.toml other.csv --column name --out matches.csv",
)
@spec_argument
@click.argument("other", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_options
@click.option("--column", "name", required=True, help="Column of the other table that names its units.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The table of matches; rows that were decided in it stay.")
@click.option("--least", type=click.FloatRange(0, 1), default=0.6, show_default=True, help="How alike two names must be to be suggested.")
@observatory_option
@json_option
@quiet_option
def command(
    spec: str,
    other: Path,
    data: Path | None,
    year: int | None,
    name: str,
    out: Path,
    least: float,
    observatory: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Suggest and write."""
    from armillary.composite.matching import read_matches, suggest, write_matches
    from armillary.composite.read import column, read_table

    result = built(spec, data, year, observatory)
    known = read_matches(out) if out.exists() else []
    decided = [m for m in known if m.status != "suggested"]
    units = [str(v).strip() for v in column(read_table(other), name, str(other)).to_pylist() if v not in (None, "")]
    ours = list(zip(result.data.units, result.data.names, strict=True))
    new = suggest(units, ours, known=decided, least=least)
    write_matches([*decided, *new], out)
    same = len(set(units)) - len(new) - len({m.source for m in decided} & set(units))
    if as_json:
        print_json({"units": len(set(units)), "same": same, "decided": len(decided), "suggested": len(new), "file": str(out)})
    elif not quiet:
        done = f"{same} are the same, {len(decided)} rows were decided before"
        click.echo(f"{len(set(units))} units: {done}, {len(new)} are to be looked at in {out}")
