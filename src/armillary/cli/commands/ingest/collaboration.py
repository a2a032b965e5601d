"""Read tables of joint works by country pair and year (CSV or CSV.gz: year, country_a, country_b, works)."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("collaboration", help=__doc__)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="OpenAlex", show_default=True, help="Who published the counts.")
@click.option("--vintage", help="Edition or retrieval date (default: 'to YEAR', the last year in the files).")
@observatory_option
@json_option
@quiet_option
def command(paths: tuple[Path, ...], source: str, vintage: str | None, observatory: Path, as_json: bool, quiet: bool) -> None:
    """Ingest the files into ``pair_series``; the same source and vintage again replaces what was there."""
    from armillary.core.store import Store
    from armillary.sources.collaboration import ingest

    summary = ingest(Store.create(observatory), paths, source=source, vintage=vintage)
    if as_json:
        print_json(summary)
    elif not quiet:
        click.echo(f"pair_series: {summary['source']}, vintage '{summary['vintage']}'")
        for f in summary["files"]:
            span = f"{f['years'][0]}-{f['years'][1]}" if f["years"] else "no years"
            kept = f"{f['kept']:,} of {f['records']:,} rows kept, {f['rejected']:,} rejected"
            click.echo(f"  {f['file']}: {kept}; {f['countries']} countries, {span}")
            if f["pairs_whose_directions_differ"] or f["pairs_in_one_direction_only"]:
                click.echo(
                    f"  {f['pairs_whose_directions_differ']:,} pairs differ between their two directions, "
                    f"{f['pairs_in_one_direction_only']:,} rows come in one direction only: the larger value will be used"
                )
        for file, why in summary["left_out"].items():
            click.echo(f"  left out: {file}: {why}")
        for note in summary["notes"]:
            click.echo(f"  note: {note}")
