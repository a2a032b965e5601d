"""The goal x unit map: who works more, and who less, on which goal than the world does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.charts.base import inline, rows_of

if TYPE_CHECKING:
    import altair as alt

FEW = 10
"""Cells with fewer works than this are marked: their index moves with every paper."""


def goal_map(
    table: Any,
    *,
    measure: str = "rsi",
    title: str | None = None,
    subtitle: str | None = None,
    few: int = FEW,
    cell: int = 30,
) -> alt.LayerChart:
    """Rows of an SDG profile (``name``, ``sdg_id``, ``goal``, ``papers``, ``count``, ``activity``, ``rsi``, ...) as units by goals.

    Colour is the symmetric index (``rsi`` or ``rsi_linear``, -1 to 1, 0 is the world's part), the number in a cell the works behind it;
    cells with fewer than ``few`` works are small squares, cells without any stay blank.
    """
    import altair as alt

    keep = ("unit_id", "name", "sdg_id", "goal", "papers", "count", "share", "activity", measure)
    rows = [{k: r[k] for k in keep} for r in rows_of(table) if r["sdg_id"]]
    rows = [r for r in rows if r["count"] and r[measure] is not None and r[measure] == r[measure]]
    for r in rows:
        r["label"] = f"{r['sdg_id']} {r['goal']}"
        r["is_few"] = r["count"] < few
    names = list(dict.fromkeys(r["name"] for r in rows))
    goals = [g for _, g in sorted({(r["sdg_id"], r["label"]) for r in rows})]
    colour = alt.Color(
        # wider than the data, so that the ends stay light enough for the numbers in both themes
        f"{measure}:Q",
        title="Symmetric index (0: as the world)",
        scale=alt.Scale(domain=[-1.5, 1.5], domainMid=0, interpolate="lab"),
        legend=alt.Legend(gradientLength=220, values=[-1, 0, 1], format="+d", titleLimit=300),
    )
    base = alt.Chart(
        inline(rows),
        description=f"{title or 'Goals'}: {len(names)} units by {len(goals)} goals; the table beside it has every value",
    ).encode(
        x=alt.X("name:N", title=None, sort=names, axis=alt.Axis(orient="top", labelAngle=-40, labelLimit=170)),
        y=alt.Y("label:N", title=None, sort=goals, axis=alt.Axis(labelLimit=300)),
        tooltip=[
            alt.Tooltip("name:N", title="Unit"),
            alt.Tooltip("label:N", title="Goal"),
            alt.Tooltip("count:Q", title="Works", format=","),
            alt.Tooltip("share:Q", title="Part of the world's papers on it", format=".1%"),
            alt.Tooltip("activity:Q", title="Activity index", format=".2f"),
            alt.Tooltip(f"{measure}:Q", title="Symmetric index", format="+.2f"),
        ],
    )
    many = base.transform_filter("!datum.is_few").mark_rect().encode(color=colour)
    little = base.transform_filter("datum.is_few").mark_point(shape="square", size=90, filled=True).encode(color=colour)
    numbers = base.transform_filter("!datum.is_few").mark_text(fontSize=11, style="value").encode(text=alt.Text("count:Q", format=","))
    chart = (many + little + numbers).properties(width=alt.Step(cell + 14), height=alt.Step(cell - 6))
    note = f"Numbers: works. Small squares: fewer than {few} works; blank: none."
    second = [subtitle, note] if subtitle else [note]
    named: alt.LayerChart = chart.properties(title=alt.TitleParams(text=title or "Goals by unit", subtitle=second))
    return named
