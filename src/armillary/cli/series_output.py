"""Series rankings on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from armillary.cli.common import write_whole
from armillary.cli.tables import give, plain, write_table
from armillary.core.tabular import csv_text
from armillary.errors import UnknownNameError, UsageError

_FOR_SERIES = {"indicator", "period", "observatory", "form", "out", "limit", "as_json"}


def rank_a_series(ctx: click.Context, name: str, period: str | None, observatory: Path, form: str, out: Path | None, limit: int) -> None:
    """``armillary rank series:NAME``: a series in the same clothes; options about works are refused, because they would have no effect."""
    from armillary.studies.world.ranked import rank_series

    strange = [p for p in ctx.params if p not in _FOR_SERIES and ctx.get_parameter_source(p) not in (ParameterSource.DEFAULT, None)]
    if strange:
        options = ", ".join("--" + p.replace("_", "-") for p in strange)
        raise UsageError(f"{options} is about works and has no effect on a series", fix="leave it out")
    if period is not None and not period.isdigit():
        raise UsageError(f"a series is ranked in one year, not in '{period}'", fix="write --period 2022")
    if form in ("md", "xlsx"):
        raise UsageError(f"a series is not written as {form}", fix="choose csv, json or parquet")
    year = int(period) if period else None
    try:
        found = rank_series(name, year)
    except UnknownNameError:
        from armillary.core.store import Store
        from armillary.studies.world.own_series import rank_own

        if not (observatory / "CURRENT").is_file():
            raise
        found = rank_own(Store.open(observatory), name, year)
    meta = {k: v for k, v in found.meta.items() if v}
    if form == "csv":
        click.echo(csv_text(found.arrow), nl=False) if out is None else write_whole(out, csv_text(found.arrow))
    elif form == "parquet":
        if out is None:
            raise UsageError("parquet goes to a file", fix="add --out ranking.parquet")
        write_table(found.arrow, out, meta)
    elif out is not None and form == "table":
        write_whole(out, plain(found.arrow))
    else:
        give(
            found.arrow,
            meta if form == "json" else said(meta),
            as_json=form == "json",
            out=out,
            limit=limit,
            decimals=max(found.series.decimals, 1),
        )


def said(meta: dict[str, Any]) -> dict[str, Any]:
    """The lines about a series as people read them: without what is empty, short keys."""
    names = {"unit_of_measure": "measure", "leaves_out": "omits", "rank_means": "rank", "other_sources": "also from"}
    kept = {k: ", ".join(v) if isinstance(v, list) else v for k, v in meta.items() if v and k != "sha256"}
    return {names.get(k, k): v for k, v in kept.items()}
