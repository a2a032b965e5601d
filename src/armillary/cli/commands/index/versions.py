"""Several versions or editions of an index side by side: ranks of each, how far they move, how alike the rankings are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from armillary.cli.commands.index._common import built, chart_option, draw, output_options, write
from armillary.cli.common import json_flag, observatory_option

if TYPE_CHECKING:
    from armillary.composite import IndexResult


@click.command(
    "versions", help=__doc__, epilog="Example: armillary index versions demo --year 2023 --year 2024 --year 2025 --chart flow.svg"
)
@click.argument("specs", nargs=-1, required=True)
@click.option("--year", "years", type=int, multiple=True, help="Edition; may be repeated. With several specifications: one for each.")
@click.option(
    "--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Table to read instead of those in the specifications."
)
@output_options
@chart_option
@observatory_option
@json_flag
def command(
    specs: tuple[str, ...],
    years: tuple[int, ...],
    data: Path | None,
    form: str,
    out: Path | None,
    limit: int,
    chart: Path | None,
    observatory: Path,
    as_json: bool,
) -> None:
    """Build them all and print."""
    from armillary.composite.statistics import versions
    from armillary.errors import UsageError

    if len(specs) > 1 and years and len(years) not in (1, len(specs)):
        raise UsageError(f"{len(specs)} specifications and {len(years)} years", fix="give one year for each specification, or one for all")
    chosen: list[tuple[str, int | None]] = []
    if len(specs) == 1:
        chosen = [(specs[0], y) for y in years] or [(specs[0], None)]
    else:
        every: list[int | None] = [*years] * len(specs) if len(years) == 1 else [*years] or [None] * len(specs)
        chosen = list(zip(specs, every[: len(specs)], strict=True))
    results: dict[str, IndexResult] = {}
    for spec, year in chosen:
        stem = Path(spec).stem
        label = str(year) if len(specs) == 1 else stem if year is None else f"{stem} {year}"
        if label in results:
            label = f"{label} ({len(results) + 1})"
        results[label] = built(spec, data, year, observatory)
    table, tau = versions(results)
    last = list(results.values())[-1]
    pairs = [(a, b, tau.values[i, j]) for i, a in enumerate(tau.units) for j, b in enumerate(tau.columns) if i < j]
    head = [f"{last.meta['title']}: {len(results)} versions, {table.num_rows} units"]
    head.append("Kendall's tau: " + ", ".join(f"{a} and {b} {t:.3f}" for a, b, t in pairs[:10]))
    meta = {
        "versions": list(results),
        "tau": {f"{a} and {b}": float(t) for a, b, t in pairs},
        "specs": [r.spec.digest for r in results.values()],
    }
    write(table, "json" if as_json else form, out, limit, head=head, meta=meta)
    if chart is not None:
        from armillary.charts.index import about
        from armillary.charts.index_years import rank_flow

        draw(rank_flow(table, list(results), title=last.spec.name, source=about(last), top=limit or 20), chart)
