"""Rank paths: how places change from period to period (a bump chart)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.charts.breaks import break_marks

if TYPE_CHECKING:
    import altair as alt


def rank_path(
    table: Any,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    top: int = 12,
    focus: tuple[str, ...] = (),
    breaks: Mapping[str, str] | None = None,
    width: int = 640,
) -> alt.LayerChart:
    """Lines of rank over periods for the units among the first ``top`` of the last period (``period``, ``rank``, ``unit_id``, ``name``).

    ``focus`` names up to eight units to colour (default: the first three of the last period); the others are quiet. A unit that was below
    ``top`` in a period leaves the picture downwards; one without a rank breaks its line. Tied units stand on neighbouring steps, and
    the label says the rank they share. ``breaks`` are drawn where they are among the periods: period -> what changed.
    """
    import altair as alt

    rows = [r for r in rows_of(table) if r.get("unit_id") is not None and r.get("rank") is not None]
    periods = sorted({str(r["period"]) for r in rows})
    step: dict[tuple[str, str], int] = {}
    for period in periods:
        ordered = sorted((r for r in rows if str(r["period"]) == period), key=lambda r: (r["rank"], str(r["name"]), str(r["unit_id"])))
        step.update({(period, r["unit_id"]): place for place, r in enumerate(ordered, 1)})
    last = [r["unit_id"] for r in sorted(rows, key=lambda r: step[str(r["period"]), r["unit_id"]]) if str(r["period"]) == periods[-1]][:top]
    named = {r["unit_id"]: r["name"] for r in rows}
    chosen = [u for u in focus if u in named][:8] or last[:3]
    shown = {*last, *chosen}
    data = inline(
        [
            {
                "period": str(r["period"]),
                "step": step[str(r["period"]), r["unit_id"]],
                "rank": r["rank"],
                "unit_id": r["unit_id"],
                "name": r["name"],
                "value": r.get("value"),
                "first": str(r["period"]) == periods[0],
                "last": str(r["period"]) == periods[-1],
                "chosen": r["unit_id"] in chosen,
            }
            for r in rows
            if r["unit_id"] in shown
        ]
    )
    depth = max([top, *(step[periods[-1], u] for u in chosen if (periods[-1], u) in step)])
    names = {r["unit_id"]: r["name"] for r in rows}
    y = alt.Y("step:Q", title=None, axis=None, scale=alt.Scale(domain=[depth + 0.6, 0.4], nice=False, zero=False))
    x = alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0, orient="top", labelOverlap=True), scale=alt.Scale(padding=0.12))
    colour = alt.Color("unit_id:N", legend=None, scale=alt.Scale(domain=chosen))
    tip = [alt.Tooltip("name:N", title="Unit"), alt.Tooltip("period:O", title="Period"), alt.Tooltip("rank:Q", title="Rank")]
    base = alt.Chart(data).encode(x=x, y=y)
    # a line that leaves downwards is cut at the edge of the frame, its label is not
    quiet = base.transform_filter("!datum.chosen").encode(detail="unit_id:N", tooltip=tip)
    bold = base.transform_filter("datum.chosen").encode(detail="unit_id:N", color=colour, tooltip=tip)
    inside = f"datum.step <= {depth}"
    end: dict[str, Any] = {"align": "left", "dx": 12, "limit": 190, "aria": False}
    start: dict[str, Any] = {"align": "right", "dx": -12, "aria": False}
    layers: list[Any] = [
        quiet.mark_line(style="line-quiet", clip=True, interpolate="monotone", aria=False),
        quiet.mark_point(style="quiet", size=34, clip=True),
        bold.mark_line(strokeWidth=3, clip=True, interpolate="monotone", aria=False),
        bold.mark_point(size=64, clip=True),
        base.transform_filter(f"datum.last && {inside}")
        .transform_calculate(label="datum.rank + '  ' + datum.name")
        .mark_text(style="value", **end)
        .encode(text="label:N"),
        base.transform_filter(f"datum.first && {inside}").mark_text(style="note", **start).encode(text="rank:N"),
    ]
    height = max(220, 30 * depth)
    marked, told = break_marks(breaks or {}, periods, height)
    layers += marked
    ends = (periods[0], periods[-1])
    paths = {u: " → ".join(str(r["rank"]) for p in ends for r in rows if r["unit_id"] == u and str(r["period"]) == p) for u in chosen}
    said = f"{title or 'Ranks'} from {periods[0]} to {periods[-1]}: " + "; ".join(f"{names[u]} {paths[u]}" for u in chosen)
    chart = alt.LayerChart(layer=layers, width=width, height=height, description=said + told)
    return chart.properties(title=heading(title, subtitle)) if title else chart
