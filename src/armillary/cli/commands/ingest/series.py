"""Read country series: SDMX, Eurostat, World Bank and UNESCO tables, index workbooks, or any table with a mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("series", help=__doc__)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML that says which column is what, for a table of one row a value, or one column a year.",
)
@click.option("--source", help="Publisher and data set, if the file does not say it or says it wrong.")
@click.option("--vintage", help="Edition or retrieval date, if the file does not say it.")
@click.option("--edition", metavar="YEAR", help="Edition of a workbook whose name leaves more than one year open.")
@click.option("--indicator", help="What is measured, for a file that holds one measure and does not name it.")
@observatory_option
@json_option
@quiet_option
def command(paths: tuple[Path, ...], observatory: Path, as_json: bool, quiet: bool, edition: str | None, **options: Any) -> None:
    """Ingest files or folders; the same file, source and vintage again replaces its values, others are kept beside it."""
    from armillary.core.store import Store
    from armillary.errors import UsageError
    from armillary.sources.series import ingest

    if edition is not None and not (edition.isdigit() and len(edition) == 4):
        raise UsageError(f"'{edition}' is no year", fix="write --edition 2024")
    done = ingest(Store.create(observatory), paths, edition=edition, **options)
    if as_json:
        print_json(done.to_dict())
        return
    if quiet:
        return
    for f in done.files:
        why = ", ".join(f"{n:,} {reason}" for reason, n in f["reasons"].items())
        if f["years"]:
            groups = f", {f['aggregates']} of them groups of countries" if f["aggregates"] else ""
            text = f"{f['kept']:,} values, {f['units']} units{groups}, {f['years'][0]}-{f['years'][1]}"
            click.echo(f"  {f['file']} ({f['layout']}): {text}" + (f"; rejected: {why}" if why else ""))
        elif f["layout"] == "beside":
            click.echo(f"  {f['file']}: describes other files")
        else:
            reason = next(iter(f["examples"].items()), ("no values", ""))
            click.echo(f"  {f['file']}: left out; {why or reason[0]} ({reason[1].partition(': ')[2]})")
        for note in f["notes"]:
            click.echo(f"    note: {note}")
    click.echo(f"{done.rows:,} values of {len(done.files)} files: {done.added:,} new, {done.replaced:,} changed")
    if done.conflicts:
        click.echo(f"{len(done.conflicts):,} conflicts: more than one value for the same unit, series, year, source and vintage:")
        for c in done.conflicts[:5]:
            click.echo(f"  {c.line}")
    if done.disagreements:
        click.echo(f"{len(done.disagreements):,} values on which sources disagree (both are kept); the largest:")
        for d in done.disagreements[:5]:
            values = ", ".join(f"{v:g} ({s[1]}, {t})" for v, s, t in zip(d.values, d.sources, d.vintages, strict=True))
            click.echo(f"  {d.concept} {d.unit} {d.year}: {values}")
