"""Charts of an index over its years and editions: lines of scores or ranks, and the flow of ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.charts.index_data import digits
from armillary.errors import UsageError

if TYPE_CHECKING:
    import altair as alt


def _spread(places: list[float], least: float) -> list[float]:
    """Positions moved apart to at least ``least``, in their order."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    out = list(places)
    for a, b in pairwise(order):
        out[b] = max(out[b], out[a] + least)
    over = (out[order[-1]] - max(places)) / 2 if order else 0.0
    return [p - max(over, 0.0) for p in out]


def panel_lines(
    table: Any,
    *,
    title: str | None = None,
    source: str = "",
    value: str = "value",
    units: Sequence[str] | None = None,
    top: int = 8,
    width: int = 560,
    height: int = 340,
) -> alt.LayerChart:
    """Scores (or ranks, with ``value="rank"``) over the years, the chosen units in colour with their names at the end, others behind.

    Wants rows ``year, unit_id, name`` and the value; without ``units`` the first ``top`` of the last year are chosen.
    """
    import altair as alt

    rows = [r for r in rows_of(table) if r.get(value) is not None]
    if not rows:
        raise UsageError(f"the table has no '{value}'")
    last = max(r["year"] for r in rows)
    ends = sorted((r for r in rows if r["year"] == last), key=lambda r: (r.get("rank") or 0, r["name"]))
    chosen = list(units) if units else [r["unit_id"] for r in ends[:top]]
    inside = [{"year": r["year"], "name": r["name"], "v": r[value], "unit": r["unit_id"]} for r in rows]
    mine = [r for r in inside if r["unit"] in chosen]
    if not mine:
        raise UsageError("none of these units is in the table", fix="give ids of units")
    reverse = value == "rank"
    numbers = [r["v"] for r in (mine if reverse else inside)]
    low, high = min(numbers), max(numbers)
    scale = alt.Scale(zero=False, nice=not reverse, reverse=reverse, domain=[low - 0.5, high + 0.5] if reverse else alt.Undefined)
    final = [max((r for r in mine if r["unit"] == u), key=lambda r: r["year"]) for u in chosen if any(r["unit"] == u for r in mine)]
    at = _spread([f["v"] for f in final], 15 * ((high - low) or 1) / height)
    labels = [f | {"at": a} for f, a in zip(final, at, strict=True)]
    years = sorted({r["year"] for r in rows})
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[years[0], last], nice=False),
        axis=alt.Axis(format="d", values=years[:: max(1, len(years) // 8)], grid=False),
    )
    y = alt.Y(
        "v:Q", title="Rank" if reverse else "Score", scale=scale, axis=alt.Axis(format="d" if reverse else digits(low, high), grid=True)
    )
    names = [f["name"] for f in final]
    color = alt.Color("name:N", sort=names, scale=alt.Scale(domain=names), legend=None)
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("year:Q", format="d"),
        alt.Tooltip("v:Q", title=value, format="d" if reverse else ".2f"),
    ]
    others = [r for r in inside if r["unit"] not in chosen]
    layers: list[Any] = []
    if others and not reverse:
        layers.append(
            alt.Chart(inline(others)).mark_line(style="line-quiet", strokeOpacity=0.35, strokeWidth=1).encode(x=x, y=y, detail="name:N")
        )
    layers.append(alt.Chart(inline(mine)).mark_line(point={"filled": True, "size": 30}).encode(x=x, y=y, color=color, tooltip=tip))
    label = alt.Chart(inline(labels)).mark_text(align="left", dx=8, clip=False, fontSize=12)
    layers.append(label.encode(x=x, y=alt.Y("at:Q", scale=scale, title="Rank" if reverse else "Score"), text="name:N", color=color))
    said = f"{title or 'Over time'}: " + "; ".join(f"{f['name']} {f['v']:.4g} in {f['year']}" for f in final[:6])
    chart = alt.LayerChart(layer=layers, width=width, height=height, description=said)
    return chart.properties(title=heading(title or "", source))


def rank_flow(
    table: Any,
    versions: Sequence[str],
    *,
    title: str | None = None,
    source: str = "",
    top: int = 20,
    focus: Iterable[str] = (),
    step: int = 130,
) -> alt.LayerChart:
    """Ranks over several editions or versions as lines, names at both ends. Wants ``unit_id, name`` and ``rank VERSION`` for each."""
    import altair as alt

    chosen = set(focus)
    rows = [r for r in rows_of(table) if r.get(f"rank {versions[-1]}") is not None][:top]
    if not rows:
        raise UsageError(f"no unit has a rank in '{versions[-1]}'")
    points = [
        {"name": r["name"], "version": v, "rank": r[f"rank {v}"], "focus": not chosen or r["unit_id"] in chosen}
        for r in rows
        for v in versions
        if r.get(f"rank {v}") is not None
    ]
    worst = max(p["rank"] for p in points)
    scale = alt.Scale(domain=[0.5, worst + 0.5], reverse=True, nice=False)
    x = alt.X(
        "version:O",
        sort=list(versions),
        title=None,
        scale=alt.Scale(type="point"),
        axis=alt.Axis(orient="top", labelAngle=0, labelFontSize=13),
    )
    y = alt.Y("rank:Q", title=None, scale=scale, axis=None)
    tip = [alt.Tooltip("name:N", title="Unit"), alt.Tooltip("version:O"), alt.Tooltip("rank:Q")]
    base = alt.Chart(inline(points)).encode(x=x, y=y, detail="name:N", tooltip=tip)
    lines = [base.mark_line(style="line-quiet")] if chosen else []
    lines.append(base.transform_filter("datum.focus").mark_line(strokeWidth=1.8))
    dots = base.mark_point(style="dot", size=70)

    def ends(version: str, align: Any, dx: int) -> Any:
        texts = [
            {
                "name": f"{p['rank']:g}  {p['name']}" if align == "left" else f"{p['name']}  {p['rank']:g}",
                "version": version,
                "rank": p["rank"],
            }
            for p in points
            if p["version"] == version
        ]
        return alt.Chart(inline(texts)).mark_text(style="value", align=align, dx=dx).encode(x=x, y=y, text="name:N")

    layers = [*lines, dots, ends(versions[0], "right", -10), ends(versions[-1], "left", 10)]
    said = f"{title or 'Ranks'} over {len(versions)} versions: " + "; ".join(f"{r['name']} {r[f'rank {versions[-1]}']:g}" for r in rows[:5])
    chart = alt.LayerChart(layer=layers, width=max(300, step * (len(versions) - 1)), height=max(200, int(19 * worst)), description=said)
    return chart.properties(title=heading(title or "", source))
