"""Read country series: SDMX-ML (OECD), World Bank and UNESCO bulk CSV, index workbooks, or any tidy CSV with a mapping file."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("series", help=__doc__)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="TOML that says which column is what (tidy CSV only)."
)
@click.option("--source", help="Publisher and data set, if the file does not say it or says it wrong.")
@click.option("--vintage", help="Edition or retrieval date, if the file does not say it.")
@click.option("--indicator", help="Code for the indicator of an SDMX file that holds one and does not name it.")
@observatory_option
@json_option
@quiet_option
def command(
    paths: tuple[Path, ...],
    mapping: Path | None,
    source: str | None,
    vintage: str | None,
    indicator: str | None,
    observatory: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ingest files or folders; the same source and vintage again replaces its values, another one is kept beside it."""
    from armillary.core.store import Store
    from armillary.sources.series import ingest

    done = ingest(Store.create(observatory), paths, mapping=mapping, source=source, vintage=vintage, indicator=indicator)
    if as_json:
        print_json(done.to_dict())
        return
    if quiet:
        return
    for f in done.files:
        why = ", ".join(f"{n} {reason}" for reason, n in f["reasons"].items())
        if f["years"]:
            span = f"{f['years'][0]}-{f['years'][1]}"
            click.echo(
                f"  {f['file']} ({f['layout']}): {f['kept']:,} values, {f['units']} units, {span}" + (f"; rejected: {why}" if why else "")
            )
        else:
            click.echo(f"  {f['file']}: nothing kept; {why}")
    click.echo(f"{done.rows:,} values of {len(done.files)} files: {done.added:,} new, {done.replaced:,} changed")
    if done.disagreements:
        click.echo(f"{len(done.disagreements):,} values on which sources disagree (both are kept); the largest:")
        for d in done.disagreements[:5]:
            values = ", ".join(f"{v:g} ({s[1]}, {t})" for v, s, t in zip(d.values, d.sources, d.vintages, strict=True))
            click.echo(f"  {d.concept} {d.unit} {d.year}: {values}")
