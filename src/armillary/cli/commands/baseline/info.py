"""What a baseline file was made of: snapshot, classification, scope, how citations were counted."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command("info", help=__doc__, epilog="Example: armillary baseline info world-2026.parquet")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """Check the file whole and print."""
    from armillary.counting.baseline_file import read_baseline

    found = read_baseline(file)
    rows = found.table().num_rows
    said = {**found.as_dict(), "rows": rows, "bytes": file.stat().st_size}
    if as_json:
        print_json(said)
        return
    options = said.pop("options")
    said["scope"] = ", ".join(said["scope"])
    for key, value in {**said, **options}.items():
        click.echo(f"{key.replace('_', ' '):24} {f'{value:,}' if type(value) is int and key not in options else value}")
