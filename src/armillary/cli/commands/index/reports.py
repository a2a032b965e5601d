"""Write a report of every unit (or of some): HTML pages with a list of all, and PDF if asked for."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, data_options, spec_argument
from armillary.cli.common import json_option, observatory_option, print_json, quiet_option
from armillary.errors import UnknownNameError


@click.command("reports", help=__doc__, epilog="Example: armillary index reports demo --out reports --group income --pdf")
@spec_argument
@data_options
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to.")
@click.option("--unit", "units", multiple=True, help="Only this unit; may be repeated.")
@click.option("--group", help="Grouping column to compare each unit with.")
@click.option("--earlier", type=int, help="An earlier edition of the same data, whose ranks stand beside.")
@click.option("--pdf", is_flag=True, help="PDF beside each page (extra 'pdf').")
@click.option("--charts/--no-charts", default=True, show_default=True, help="Draw the profile of each unit (extra 'charts').")
@observatory_option
@json_option
@quiet_option
def command(
    spec: str,
    data: Path | None,
    year: int | None,
    out: Path,
    units: tuple[str, ...],
    group: str | None,
    earlier: int | None,
    pdf: bool,
    charts: bool,
    observatory: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Build and write."""
    from armillary.reports.index_unit import write_reports

    result = built(spec, data, year, observatory)
    if group is not None and group not in result.sample.groups:
        raise UnknownNameError("grouping", group, result.sample.groups or ("(none)",))
    before = built(spec, data, earlier, observatory) if earlier is not None else None
    files = write_reports(result, out, units=units, group=group, earlier=before, pdf=pdf, charts=charts)
    if as_json:
        print_json({"folder": str(out), "files": [f.name for f in files]})
    elif not quiet:
        click.echo(f"{len(files)} files in {out}; open {out / 'index.html'}")
