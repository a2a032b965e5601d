"""Values over time, one line a unit, named at the end of the line."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from armillary.charts.base import filled, heading, rows_of
from armillary.charts.breaks import break_marks

if TYPE_CHECKING:
    import altair as alt


def values_over_time(
    table: Any,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    value_title: str = "Value",
    number: str = ",.3~r",
    from_zero: bool = True,
    log: bool = False,
    downwards: bool = False,
    breaks: Mapping[str, str] | None = None,
    width: int = 640,
    height: int = 260,
) -> alt.LayerChart:
    """Lines of ``value`` over ``period`` (``unit_id``, ``name``; ``low`` and ``high`` become a band where known); at most eight units.

    A missing value breaks the line. Units keep the order of the table, which is the order of their colours. ``log`` spaces values by
    ratio; ``downwards`` puts the smallest on top (ranks). ``breaks`` are drawn where they are among the periods: period -> what changed.
    """
    import altair as alt

    rows = rows_of(table)
    units = list(dict.fromkeys(r["unit_id"] for r in rows))[:8]
    names = {r["unit_id"]: r["name"] for r in rows}
    last: dict[str, str] = {}
    for r in rows:
        if r["value"] is not None:
            last[r["unit_id"]] = max(str(r["period"]), last.get(r["unit_id"], ""))
    data = [
        {
            "period": str(r["period"]),
            "value": r["value"],
            "low": r.get("low"),
            "high": r.get("high"),
            "unit_id": r["unit_id"],
            "name": r["name"],
            "end": last.get(r["unit_id"]) == str(r["period"]),
        }
        for r in rows
        if r["unit_id"] in units
    ]
    if len(units) > 1:
        shifts = apart([d for d in data if d["end"]], height, from_zero=from_zero and not downwards, log=log, downwards=downwards)
        for d in data:
            if d["end"] and shifts.get(d["unit_id"]):
                d["shift"] = shifts[d["unit_id"]]
    bands = any(d["low"] is not None for d in data)
    template = _template(value_title, number, from_zero, log, downwards, bands, len(units) > 1)
    chart: alt.LayerChart = filled(template, data)
    colour = alt.Color("unit_id:N", legend=None, scale=alt.Scale(domain=units))
    marked, told = break_marks(breaks or {}, sorted({d["period"] for d in data}), height)
    chart.layer = [*(_coloured(layer, colour) for layer in template.layer), *marked]
    chart.description = f"{title or value_title}: " + "; ".join(f"{names[u]} until {last.get(u, 'never')}" for u in units) + told
    chart.width, chart.height = width, height
    if title:
        chart.title = heading(title, subtitle)
    return chart


def _coloured(layer: Any, colour: Any) -> Any:
    found = layer.copy(deep=False)
    found.encoding = layer.encoding.copy(deep=False)
    found.encoding.color = colour
    return found


@functools.lru_cache(maxsize=256)
def _template(value_title: str, number: str, from_zero: bool, log: bool, downwards: bool, bands: bool, ends: bool) -> Any:
    """The chart without rows, colours and title: building one takes fifty times longer than filling it."""
    import altair as alt

    x = alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True), scale=alt.Scale(padding=0.1))
    y = alt.Y(
        "value:Q",
        title=value_title,
        scale=alt.Scale(type="log") if log else alt.Scale(zero=from_zero and not downwards, reverse=downwards),
        axis=alt.Axis(grid=True, format=number, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-14),
    )
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("period:O", title="Period"),
        alt.Tooltip("value:Q", title=value_title, format=number),
    ]
    base = alt.Chart().encode(x=x, y=y)
    layers: list[Any] = []
    if bands:
        layers.append(base.mark_area(style="band", aria=False).encode(y=alt.Y("low:Q", title=value_title), y2="high:Q"))
    layers += [base.mark_line(aria=False), base.mark_point(size=36).encode(tooltip=tip)]
    if ends:
        names: dict[str, Any] = {"align": "left", "dx": 9, "dy": alt.expr("datum.shift || 0"), "limit": 150, "aria": False}
        layers.append(base.transform_filter("datum.end").mark_text(**names).encode(text="name:N"))
    return alt.LayerChart(data=alt.NamedData(name="rows"), layer=layers)


LINE = 12
"""Pixels from one name to the next."""


def apart(ends: list[dict[str, Any]], height: int, *, from_zero: bool, log: bool, downwards: bool) -> dict[str, int]:
    """Pixels by which the name at the end of each line moves (down is positive) so that no two stand on each other."""
    known = [(d["unit_id"], float(d["value"])) for d in ends if d["value"] is not None and (d["value"] > 0 or not log)]
    scaled = [(u, math.log(v) if log else v) for u, v in known]
    low = min([v for _u, v in scaled] + ([0.0] if from_zero and not log else []), default=0.0)
    high = max((v for _u, v in scaled), default=1.0)
    if high <= low:
        return {}
    places = sorted(((v - low if downwards else high - v) / (high - low) * height, u) for u, v in scaled)
    out: dict[str, int] = {}
    floor = -math.inf
    for place, unit in places:
        floor = max(place, floor + LINE)
        out[unit] = round(floor - place)
    return out
