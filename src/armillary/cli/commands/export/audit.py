"""An audit with its inputs as a research object (RO-Crate)."""

from __future__ import annotations

import os
from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command(epilog="Example: armillary export audit crate articles")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("file", default="articles")
@click.option("--date", default="", metavar="DATE", help="Of the audit.  [default: of the newest text it judges]")
@click.option(
    "--licence",
    default="",
    metavar="ADDRESS",
    help="Of the crate, such as https://spdx.org/licenses/CC-BY-4.0.html.  [default: none is stated]",
)
@click.option(
    "--into",
    "observatory",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("ARMILLARY_OBSERVATORY"),
    help="Observatory that answers rankings and series.  [default: ./observatory if there is one]",
)
@json_option
def command(folder: Path, file: str, date: str, licence: str, observatory: Path | None, as_json: bool) -> None:
    """Judge the claims of FILE (a TOML file, or a built-in name) and write verdicts, inputs and metadata into FOLDER."""
    from armillary.audit.audit import audit
    from armillary.audit.language import builtin, read
    from armillary.observatory import open_observatory
    from armillary.publishing.crate import audit_crate

    if observatory is None and Path("observatory", "CURRENT").is_file():
        observatory = Path("observatory")
    obs = None if observatory is None else open_observatory(observatory)
    result = audit(read(builtin(file) or Path(file)), None if obs is None else obs.corpus)
    written = audit_crate(result, folder, data=None if obs is None else obs.data_version, date=date, licence=licence)
    if as_json:
        print_json({"file": str(written), "counts": result.counts})
        return
    click.echo(f"written: {written} ({sum(result.counts.values())} claims)")
