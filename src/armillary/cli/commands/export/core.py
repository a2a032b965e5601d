"""Core tables as a DuckDB file to ATTACH, and a dbt project with their contracts."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command(epilog="Example: armillary export core exported; then in DuckDB: ATTACH 'exported/core.duckdb' AS core (READ_ONLY)")
@click.argument("folder", type=click.Path(path_type=Path))
@observatory_option
@json_option
def command(folder: Path, observatory: Path, as_json: bool) -> None:
    """Write FOLDER/core.duckdb with every core table, and a dbt project beside it (dbt build --profiles-dir FOLDER)."""
    from armillary.core.store import Store
    from armillary.publishing.core import FILE, export_core

    rows = export_core(Store.open(observatory), folder)
    if as_json:
        print_json({"file": str(folder / FILE), "rows": rows})
        return
    click.echo(f"written: {folder / FILE} ({len(rows)} tables, {sum(rows.values()):,} rows), dbt_project.yml, models/sources.yml")
