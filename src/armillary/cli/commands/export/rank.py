"""A ranking as a data package: CSV, Parquet, Frictionless, Croissant, schema.org."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import engine_from, json_option, limit_options, observatory_option, print_json
from armillary.cli.recipe_options import recipe_from, recipe_options


@click.command(epilog="Example: armillary export rank share --unit city --period 2024 --folder cities")
@click.argument("indicator", required=False)
@recipe_options
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="New or empty folder, or an earlier package.")
@limit_options
@observatory_option
@json_option
def command(indicator: str | None, folder: Path, observatory: Path, as_json: bool, **given: Any) -> None:
    """Rank units by INDICATOR and write the ranking as a package into a folder."""
    import armillary as arm
    from armillary.publishing.package import write_package
    from armillary.publishing.sheets import ranking_package

    where = engine_from(given)
    if indicator and indicator.startswith("series:"):
        from armillary.errors import UsageError

        raise UsageError("export rank is for indicators of records", fix=f"armillary export world FOLDER {indicator.partition(':')[2]}")
    files = write_package(ranking_package(arm.open(observatory, **where).run(recipe_from(indicator, given))), folder)
    if as_json:
        print_json([{"path": f.path, "bytes": f.bytes_n, "sha256": f.sha256} for f in files])
        return
    click.echo(f"written: {folder} ({len(files)} files, {sum(f.bytes_n for f in files):,} bytes)")
