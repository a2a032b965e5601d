"""What a baseline was made of: snapshot, classification, scope, how citations were counted. A file, a pack with one, or OAM's data."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command("info", help=__doc__, epilog="Example: armillary baseline info world-2026.parquet")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """Check the file whole and print."""
    from armillary.counting.baseline_file import OamBaseline, read_baseline

    found = read_baseline(file)
    table = found.table()
    rows, cells = table.num_rows, table.group_by(["cls", "year", "type"]).aggregate([]).num_rows
    size = found.data.bytes if isinstance(found, OamBaseline) else found.path.stat().st_size
    said = {**found.as_dict(), "rows": rows, "cells": cells, "bytes": size}
    if as_json:
        print_json(said)
        return
    options = said.pop("options")
    said["scope"] = ", ".join(said["scope"])
    for key, value in {**said, **options}.items():
        click.echo(f"{key.replace('_', ' '):24} {f'{value:,}' if type(value) is int and key not in options else value}")
