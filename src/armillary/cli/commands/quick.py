"""Rank institutions by what OpenAlex's own records of them count: quick, and with little known of the numbers."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import table_option


@click.command(
    "quick",
    help=__doc__ + "\n\nPATH holds records of institutions as OpenAlex serves them: a snapshot's folder, a file, or pages of the API.",
    epilog="Example: armillary quick snapshot/data/institutions --by citations --period 2020-2024 --country CN",
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--by", default="works", show_default=True, help="works, citations, h_index, i10_index, mean_citedness_2y.")
@click.option("--period", help="Only these years: 2024, 2020-2024 (works and citations).")
@click.option("--country", help="Only institutions of this country (ISO code).")
@click.option("--type", "kind", help="Only institutions of this type: education, facility, company ...")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print; 0 for all. Files have all.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to a .csv, .json, .parquet or .xlsx file.")
@table_option
def command(
    path: Path, by: str, period: str | None, country: str | None, kind: str | None, limit: int, out: Path | None, as_json: bool
) -> None:
    """Read and rank."""
    from armillary.cli.tables import give
    from armillary.sources.openalex.own_counts import read_own_counts
    from armillary.studies.quick import MEASURES, quick_ranking

    if by not in MEASURES:
        from armillary.errors import UnknownNameError

        raise UnknownNameError("measure", by, MEASURES)
    found = quick_ranking(read_own_counts(path), by, period=period, country=country, kind=kind)
    give(found.table, found.meta, as_json=as_json, out=out, limit=limit, decimals=2 if by == "mean_citedness_2y" else 0)
