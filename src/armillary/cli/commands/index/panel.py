"""Build an index for every year of its data with one method: ranks and scores over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from armillary.cli.commands.index._common import load, output_options, spec_argument, write
from armillary.cli.common import json_flag


@click.command("panel", help=__doc__)
@spec_argument
@click.option(
    "--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Table to read instead of the one in the specification."
)
@click.option(
    "--pooled/--by-year", default=True, show_default=True, help="Scale by all years together (scores comparable), or each year by itself."
)
@output_options
@json_flag
def command(spec: str, data: Path | None, pooled: bool, form: str, out: Path | None, limit: int, as_json: bool) -> None:
    """Build and print one row a unit and year."""
    from armillary.composite import panel
    from armillary.composite.data import read_data

    rules = load(spec)
    done = panel(rules, None if data is None else read_data(rules.data, data), pooled=pooled)
    tables = []
    for result in done.results:
        table = result.table()
        tables.append(table.replace_schema_metadata(None).add_column(0, "year", pa.array([result.data.year] * table.num_rows, pa.int32())))
    rows: Any = pa.concat_tables(tables)
    years = [r.data.year for r in done.results]
    how = "one scale for all years" if pooled else "each year scaled by itself: compare ranks, not scores"
    head = [f"{rules.name}, {years[0]}-{years[-1]}: {how}", *(f"note    {n}" for n in done.warnings)]
    meta = {"title": rules.name, "years": years, "pooled": pooled, "spec": rules.digest, "notes": list(done.warnings)}
    write(rows, "json" if as_json else form, out, limit, head=head, meta=meta)
