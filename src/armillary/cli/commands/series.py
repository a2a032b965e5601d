"""Show country series: values with source, flags and vintage; ratios, growth, the year a threshold was passed, where sources disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option, print_json
from armillary.errors import UsageError


@click.command("series", help=__doc__, epilog="Example: armillary series CN G_NC --above 2000000 --growth 2019-2024")
@click.argument("unit", required=False)
@click.argument("indicator", required=False)
@click.option("--per", metavar="INDICATOR", help="Divide by another series of the same source and vintage (percent unless --scale).")
@click.option("--scale", type=float, default=100.0, show_default=True, help="Multiply a ratio by this (1000: per thousand).")
@click.option("--source", help="Which source, if several give the series.")
@click.option("--vintage", help="Which edition (default: the newest).")
@click.option("--period", metavar="A-B", help="Only these years.")
@click.option("--above", type=float, help="The first year above this value, and the year from which it stays above.")
@click.option("--growth", metavar="A-B", help="Compound annual growth between two years; refused across a break in the series.")
@click.option("--carry", type=click.IntRange(0), default=0, help="Fill gaps with the last value, at most so many years old, flagged.")
@click.option("--disagreements", is_flag=True, help="List the values on which sources disagree.")
@observatory_option
@json_option
def command(
    unit: str | None,
    indicator: str | None,
    per: str | None,
    scale: float,
    source: str | None,
    vintage: str | None,
    period: str | None,
    above: float | None,
    growth: str | None,
    carry: int,
    disagreements: bool,
    observatory: Path,
    as_json: bool,
) -> None:
    """Select, derive, print."""
    import pyarrow.compute as pc

    from armillary.core.store import Store
    from armillary.sources import series as s

    table = Store.open(observatory).read("series")
    if disagreements:
        of = None if unit is None else s.known_unit(table, unit)
        differing = [d for d in s.disagreements(table) if of in (None, d.unit)]
        if as_json:
            print_json([d.to_dict() for d in differing])
            return
        click.echo(f"{len(differing):,} values on which sources disagree")
        for d in differing:
            values = ", ".join(f"{v:g} ({g[1]}, {t})" for v, g, t in zip(d.values, d.sources, d.vintages, strict=True))
            click.echo(f"  {d.concept} {d.unit} {d.year}: {values}; tolerance {d.tolerance:g}")
        return
    if unit is not None:
        unit = s.known_unit(table, unit)
    if unit is None or indicator is None:
        _list(table, unit, as_json)
        return
    indicator = s.known_code(table.filter(pc.equal(table["unit"], unit)), indicator, of=f"series of {unit}")
    meta = s.origin(table, unit, indicator, source=source, vintage=vintage)
    points: Any = s.select(table, unit, indicator, source=meta["source"], vintage=meta["vintage"])
    if per is not None:
        below = s.origin(table, unit, per, source=meta["source"], vintage=meta["vintage"])
        power = s.scaled(scale, meta["unit_mult"], below["unit_mult"] or 0)
        points = s.ratio(points, s.select(table, unit, per, source=meta["source"], vintage=meta["vintage"]), power)
        meta |= {"unit_of_measure": f"{scale:g} x {indicator} / {per}", "unit_mult": None}
    if carry:
        points = s.carried(points, max(points), carry)
    answers: dict[str, Any] = {}
    if above is not None:
        answers["first_year_above"], answers["stays_above_from"] = s.first_year_above(points, above), s.lasting_year_above(points, above)
    if growth is not None:
        start, end = _span(growth)
        answers["growth_percent_a_year"] = s.growth(points, start, end)
    if period is not None:
        start, end = _span(period)
        points = {y: p for y, p in points.items() if start <= y <= end}
    if as_json:
        listed = [{"year": y, "value": p.value, "status_flag": p.flag} for y, p in points.items()]
        print_json({"unit": unit, "indicator": indicator, **meta, **answers, "values": listed})
        return
    measure = s.unit_text(meta["unit_of_measure"], meta["unit_mult"]) or "unit of measure not stated"
    click.echo(f"{unit} {indicator}: {measure}; {meta['source']}, vintage {meta['vintage']}")
    for year, point in points.items():
        click.echo(f"  {year}  {_number(point.value):>16}" + (f"  {point.flag}" if point.flag else ""))
    if above is not None:
        first, stays = answers["first_year_above"], answers["stays_above_from"]
        click.echo(f"first year above {above:,.12g}: {first or 'none'}; above it ever since: {stays or 'no'}")
    if growth is not None:
        click.echo(f"growth {growth}: {answers['growth_percent_a_year']:.2f} % a year")


def _number(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def _span(text: str) -> tuple[int, int]:
    a, _, b = text.partition("-")
    if not (a.isdigit() and (b or a).isdigit()):
        raise UsageError(f"'{text}' is no span of years", fix="write 2019-2024")
    return int(a), int(b or a)


def _list(table: Any, unit: str | None, as_json: bool) -> None:
    """What there is: one line an indicator and source."""
    import pyarrow.compute as pc

    if unit is not None:
        table = table.filter(pc.equal(table["unit"], unit))
    groups = table.group_by(["indicator", "source", "vintage", "unit_of_measure", "unit_mult"]).aggregate(
        [("year", "min"), ("year", "max"), ("unit", "count_distinct"), ("value", "count")]
    )
    rows = groups.sort_by([("indicator", "ascending"), ("source", "ascending"), ("vintage", "ascending")]).to_pylist()
    if as_json:
        print_json(rows)
        return
    from armillary.sources.series import unit_text

    if not rows:
        click.echo("no series here; read some with: armillary ingest series PATH")
    for r in rows:
        click.echo(
            f"{r['indicator']:<24} {r['year_min']}-{r['year_max']}  {r['unit_count_distinct']:>3} units  {r['value_count']:>7,} values  "
            f"{unit_text(r['unit_of_measure'], r['unit_mult']) or '-'}  ({r['source']}, {r['vintage']})"
        )
