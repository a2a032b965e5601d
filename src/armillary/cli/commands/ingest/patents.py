"""Read inventors with their places (PatentsView, REGPAT-like tables, plain CSV)."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_flag, observatory_option, print_json, quiet_option

FORMATS = ("auto", "csv", "patentsview", "patentsview-applications", "regpat")


@click.command("patents", help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(FORMATS), default="auto", help="Shape of the tables.")
@click.option("--regions", type=click.Path(path_type=Path), help="Points of region codes (code, lat, lon), for tables without coordinates.")
@click.option("--citations", type=click.Path(path_type=Path), help="Works cited by patents (patent_id, and doi or work_id).")
@click.option("--pct/--not-pct", "pct", default=None, help="Whether applications are PCT, where the table does not say.")
@click.option("--fresh", is_flag=True, help="Forget the applications known so far.")
@observatory_option
@json_flag
@quiet_option
def command(
    path: Path,
    kind: str,
    regions: Path | None,
    citations: Path | None,
    pct: bool | None,
    fresh: bool,
    observatory: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ingest and print what was kept, what was rejected and why."""
    from armillary.core.store import Store
    from armillary.sources.patents.ingest import ingest_patents

    done = ingest_patents(Store.create(observatory), path, format=kind, regions=regions, citations=citations, pct=pct, fresh=fresh)
    if as_json:
        print_json(done.as_dict())
    elif not quiet:
        click.echo(f"{done.rows:,} inventor rows ({done.format}): {done.inventors:,} inventors of {done.patents:,} applications")
        part, refused = 100 * done.with_point / max(done.inventors, 1), sum(done.rejected.values())
        click.echo(f"  {done.pct:,} applications are PCT; {done.with_point:,} inventors have a point ({part:.1f} %)")
        click.echo(f"  {done.repeated:,} rows repeat an inventor; {refused:,} rejected")
        for reason, n in done.rejected.items():
            click.echo(f"  {n:>9,} {reason}")
        for file, why in done.left_out.items():
            click.echo(f"  left out: {file}: {why}")
        for note in done.notes:
            click.echo(f"  note: {note}")
