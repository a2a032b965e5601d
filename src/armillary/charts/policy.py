"""Policy uptake as a map: units by policy documents (or kinds of source), darker is more papers cited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from armillary.charts.base import inline, rows_of

if TYPE_CHECKING:
    import altair as alt


def uptake_map(
    table: Any,
    columns: Sequence[str],
    *,
    title: str | None = None,
    subtitle: str | None = None,
    top: int = 20,
    cell: int = 26,
) -> alt.LayerChart:
    """Rows of an uptake table as cells with the number of papers that each document cites; colour on a square-root scale; zero stays
    blank.
    """
    import altair as alt

    units = [r for r in rows_of(table) if r["cited"]][:top]
    rows = [
        {"name": r["name"], "document": c, "papers": r[c], "part": r["part"], "cited": r["cited"]} for r in units for c in columns if r[c]
    ]
    names = [r["name"] for r in units]
    base = alt.Chart(
        inline(rows),
        description=f"{title or 'Policy uptake'}: {len(names)} units by {len(columns)} columns; the table beside it has every value",
    ).encode(
        x=alt.X("document:N", title=None, sort=list(columns), axis=alt.Axis(orient="top", labelAngle=-40, labelLimit=200)),
        y=alt.Y("name:N", title=None, sort=names, axis=alt.Axis(labelLimit=300)),
        tooltip=[
            alt.Tooltip("name:N", title="Unit"),
            alt.Tooltip("document:N", title="Cited by"),
            alt.Tooltip("papers:Q", title="Papers", format=",.1f"),
            alt.Tooltip("part:Q", title="Part of its papers in any policy document", format=".1%"),
        ],
    )
    # the top of the scale lies beyond the data, so that dark ink stays readable on the fullest cell
    high = max((r["papers"] for r in rows), default=1) * 5
    colour = alt.Color("papers:Q", title="Papers cited", scale=alt.Scale(type="sqrt", domain=[0, high]), legend=None)
    cells = base.mark_rect().encode(color=colour)
    numbers = base.mark_text(fontSize=11, style="value").encode(text=alt.Text("papers:Q", format=",.0f"))
    second = [subtitle] if subtitle else []
    chart: alt.LayerChart = (cells + numbers).properties(
        width=alt.Step(cell + 40),
        height=alt.Step(cell),
        title=alt.TitleParams(text=title or "Policy uptake", subtitle=second),
    )
    return chart
