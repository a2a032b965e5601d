"""What the index commands share: finding the specification, its data, and writing tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np
import pyarrow as pa

from armillary.cli.common import said_if_hidden
from armillary.cli.tables import form_of, no_nan, write_table
from armillary.core import durable
from armillary.core.tabular import csv_text, markdown_table
from armillary.errors import UsageError

if TYPE_CHECKING:
    from armillary.composite import IndexResult, IndexSpec

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("table", "csv", "json", "md", "parquet", "xlsx")


def spec_argument(function: F) -> F:
    """``SPEC``: a TOML file or the name of a built-in specification."""
    return click.argument("spec")(function)


def data_options(function: F) -> F:
    """``--data`` and ``--year``: another table than the specification names, and which edition of it."""
    function = click.option("--year", type=int, help="Year (edition) to build, if the data hold several.")(function)
    return click.option(
        "--data",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Table to read instead of the one in the specification.",
    )(function)


def output_options(function: F) -> F:
    """``--format``, ``--out``, ``--limit``."""
    function = click.option(
        "--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print as a table; 0 for all. Files always have all."
    )(function)
    function = click.option("--out", type=click.Path(path_type=Path), help="Write to this file, as its ending says.")(function)
    return click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="Output format.")(function)


def chart_option(function: F) -> F:
    """``--chart FILE``: draw it too."""
    return click.option("--chart", type=click.Path(path_type=Path), help="Also draw it: a file ending in .svg, .png or .html.")(function)


def load(spec: str) -> IndexSpec:
    """The specification of that file or name."""
    from armillary.composite import load_spec
    from armillary.composite.named import find

    said_if_hidden(spec, find(spec), "index")
    return load_spec(find(spec))


def built(spec: str, data: Path | None, year: int | None, observatory: Path | None = None) -> IndexResult:
    """The index of a specification: from its file, from ``--data``, or from the series of an observatory."""
    from armillary.composite import build, load_data

    rules = load(spec)
    if rules.data.layout == "series" and data is None:
        from armillary.composite.series_data import from_series
        from armillary.core.store import Store

        if observatory is None:
            raise UsageError("this index reads series from an observatory", fix="add --into FOLDER")
        return build(rules, from_series(rules, Store.open(observatory).read("series"), year=year))
    if year is not None and rules.data.time is None:
        raise UsageError(f"--year {year} chooses nothing: the data have no year column", fix="name it in [data]: time = '...'")
    return build(rules, load_data(rules, path=data, year=year))


def write(table: pa.Table, form: str, out: Path | None, limit: int, *, head: list[str], meta: dict[str, Any]) -> None:
    """Print or save a table. Numbers are rounded in ``table`` and ``md`` only."""
    form = form_of(form, out, FORMATS)
    if form in ("parquet", "xlsx"):
        if out is None:
            raise UsageError(f"{form} goes to a file", fix=f"add --out table.{form}")
        write_table(table, out.with_suffix(out.suffix or f".{form}"), meta)
        return
    if form == "json":
        text = json.dumps(no_nan({"meta": meta, "rows": table.to_pylist()}), ensure_ascii=False, indent=1, default=str) + "\n"
    elif form == "csv":
        text = csv_text(table)
    else:
        cut = table if out is not None or not limit else table.slice(0, limit)
        more = table.num_rows - cut.num_rows
        digits = meta.get("rounded_to")
        text = _markdown(cut, head, digits) if form == "md" else text_table(cut, head, digits)
        text += f"... and {more:,} more (--limit 0 for all)\n" if more else ""
    if out is None:
        click.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        durable.write(out, text)


def cell_text(name: str, value: Any, decimals: int | None = None) -> str:
    """One cell, rounded for reading; scores to ``decimals`` where the index says how its scores are rounded."""
    if decimals is not None and name == "value" and isinstance(value, float):
        return f"{_half_up(value, decimals):,.{decimals}f}"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        if name.endswith(("coverage", "_share", "percent_rank")):
            return f"{100 * value:.0f} %"
        if name in (
            "weight",
            "nominal",
            "effective",
            "r",
            "r_squared",
            "alpha",
            "first_component",
            "first",
            "total",
            "tau",
            "min_r",
            "mean_r",
        ) or name.startswith(("first_", "total_")):
            return f"{value:.3f}"
        size = abs(value)
        return f"{value:,.1f}" if size >= 10 or value == 0 else f"{value:.2f}" if size >= 0.1 else f"{value:.2g}"
    if isinstance(value, int):
        return f"{value:+d}" if name in ("change", "data", "model", "newcomers", "leavers") and value else str(value)
    return str(value)


def _half_up(value: float, decimals: int) -> float:
    """Rounded as ranks are made, so that equal ranks show equal scores."""
    from armillary.composite.steps.rank import RankRule

    return float(RankRule(decimals).rounded(np.array(value)))


def _cells(table: pa.Table, decimals: int | None = None) -> tuple[list[str], list[list[str]], list[bool]]:
    names = table.column_names
    right = [pa.types.is_floating(t) or pa.types.is_integer(t) for t in table.schema.types]
    return names, [[cell_text(n, row[n], decimals) for n in names] for row in table.to_pylist()], right


def text_table(table: pa.Table, head: list[str], decimals: int | None = None) -> str:
    """For a terminal."""
    names, rows, right = _cells(table, decimals)
    widths = [max(len(n), *(len(r[i]) for r in rows), 0) if rows else len(n) for i, n in enumerate(names)]
    lines = [*head, ""] if head else []
    for row in (names, *rows):
        lines.append("  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip())
    return "\n".join(lines) + "\n"


def _markdown(table: pa.Table, head: list[str], decimals: int | None = None) -> str:
    names, rows, right = _cells(table, decimals)
    lines = markdown_table(names, rows, text=[n for n, r in zip(names, right, strict=True) if not r])
    return "\n".join(lines) + "\n\n" + "  \n".join(head) + "\n"


def heading(result: IndexResult) -> list[str]:
    """Title, method, data and notes, a line each."""
    m = result.meta
    lines = [m["title"], f"method  {m['method']}", f"data    {m['units']} units, digest {m['data'][:12]}; specification {m['spec'][:12]}"]
    return lines + ([f"source  {m['source']}"] if m["source"] else []) + [f"note    {n}" for n in m["notes"]]


def draw(chart: Any, path: Path) -> None:
    """Save a chart."""
    from armillary.charts.base import save

    save(chart, path)
