"""The shipped tables of the real world as a data package: CSV, Parquet, Frictionless, Croissant, schema.org."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command(epilog="Example: armillary export world package gerd-gdp nobel")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
@json_option
def command(folder: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Write a package into FOLDER with the series or tables NAMES (default: all that ship; see armillary world)."""
    from armillary.publishing.package import write_package
    from armillary.publishing.sheets import world_package

    files = write_package(world_package(names), folder)
    if as_json:
        print_json([{"path": f.path, "bytes": f.bytes_n, "sha256": f.sha256} for f in files])
        return
    click.echo(f"written: {folder} ({len(files)} files, {sum(f.bytes_n for f in files):,} bytes)")
