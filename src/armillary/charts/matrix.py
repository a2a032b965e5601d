"""Pairs of units: the collaboration matrix, and who leads whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of

if TYPE_CHECKING:
    import altair as alt


def pair_matrix(
    table: Any,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    value_title: str = "Value",
    number: str = ",.1f",
    middle: float | None = None,
    order: list[str] | None = None,
    cell: int = 26,
) -> alt.Chart:
    """A matrix of ``unit``, ``partner``, ``value`` (``unit_name``, ``partner_name`` where known), darker is more.

    With ``middle`` (parity, independence) the colours run both ways from it. ``order`` is the order of units on both sides
    (default: first appearance in the table). Pairs without a value stay blank; they are not zero.
    """
    import altair as alt

    rows = [r for r in rows_of(table) if r.get("value") is not None]
    for r in rows:
        r["unit_name"] = r.get("unit_name") or r["unit"]
        r["partner_name"] = r.get("partner_name") or r["partner"]
    labels = {r["unit"]: r["unit_name"] for r in rows} | {r["partner"]: r["partner_name"] for r in rows}
    ids = order or list(dict.fromkeys([*(r["unit"] for r in rows), *(r["partner"] for r in rows)]))
    names = [labels[i] for i in ids if i in labels]
    keep = ("unit", "partner", "unit_name", "partner_name", "value")
    scale: dict[str, Any] = {}
    if middle is not None:
        scale = {"domainMid": middle, "interpolate": "lab"}
    colour = alt.Color(
        "value:Q",
        title=value_title,
        scale=alt.Scale(**scale) if scale else alt.Scale(),
        legend=alt.Legend(format=number, gradientLength=160, tickCount=3),
    )
    tip = [
        alt.Tooltip("unit_name:N", title="Unit"),
        alt.Tooltip("partner_name:N", title="With"),
        alt.Tooltip("value:Q", title=value_title, format=number),
    ]
    axis: dict[str, Any] = {"title": None, "sort": names}
    chart: Any = (
        alt.Chart(
            inline([{k: r[k] for k in keep} for r in rows]),
            description=f"{title or value_title}: matrix of {len(names)} units; the table beside it has every value",
        )
        .mark_rect(cornerRadius=0)
        .encode(
            x=alt.X("partner_name:N", **axis, axis=alt.Axis(orient="top", labelAngle=-45, labelLimit=150)),
            y=alt.Y("unit_name:N", **axis, axis=alt.Axis(labelLimit=170)),
            color=colour,
            tooltip=tip,
        )
        .properties(width=alt.Step(cell), height=alt.Step(cell))
    )
    drawn: alt.Chart = chart.properties(title=heading(title, subtitle)) if title else chart
    return drawn
