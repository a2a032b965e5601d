"""Ranked values with their intervals: the chart of a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.charts.bump import rank_path
from armillary.indicators import indicator_info
from armillary.ranking.text import rounding
from armillary.registry.breaks import by_year

if TYPE_CHECKING:
    import altair as alt


def ranked_bars(
    table: Any,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    value_title: str = "Value",
    top: int = 25,
    focus: str | None = None,
    number: str = ",.1f",
    from_zero: bool = True,
    width: int = 520,
) -> alt.LayerChart:
    """The first ``top`` rows of a ranking (``rank``, ``unit_id``, ``name``, ``value``; ``low`` and ``high`` where known).

    Totals are bars from zero with the interval at their end; with ``from_zero=False`` (shares, ratios) each unit is a dot on its
    interval, and the axis shows only the range that the data need. ``focus`` is the ``unit_id`` to set apart; ``number`` a d3 format.
    """
    import altair as alt

    rows = [r for r in rows_of(table) if r.get("unit_id") is not None and r.get("value") is not None][:top]
    has_interval = any(r.get("low") is not None and r.get("high") is not None for r in rows)
    for row in rows:
        row["label"] = row["name"] if row.get("rank") is None else f"{row['rank']}. {row['name']}"
        row["focus"] = focus is not None and row["unit_id"] == focus
    keep = ("rank", "unit_id", "name", "label", "value", "low", "high", "focus")
    data = inline([{k: r.get(k) for k in keep} for r in rows])
    # the order is the ranking's own, never the chart's
    y = alt.Y(
        "label:N", sort=[r["label"] for r in rows], title=None, axis=alt.Axis(labelLimit=260, labelPadding=10, labelFontSize=13, offset=0)
    )
    scale = alt.Scale(zero=from_zero, nice=True, padding=0 if from_zero else 8)
    x = alt.X("value:Q", title=value_title, scale=scale, axis=alt.Axis(format=number, orient="top", grid=True))
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:Q", title=value_title, format=number),
    ]
    if has_interval:
        tip += [alt.Tooltip("low:Q", title="Low", format=number), alt.Tooltip("high:Q", title="High", format=number)]
    base = alt.Chart(data).encode(y=y)
    span = base.encode(x=alt.X("low:Q", title=value_title, scale=scale), x2="high:Q")
    values = base.encode(x=x, tooltip=tip)
    chosen = values.transform_filter("datum.focus")
    layers: list[Any] = []
    if from_zero:
        layers.append(values.mark_bar(style="bar", height={"band": 0.62}, opacity=0.82))
        if focus is not None:
            layers.append(chosen.mark_bar(style=["bar", "compared"], height={"band": 0.62}))
        if has_interval:
            layers.append(span.mark_rule(style="whisker", aria=False))
    else:
        if has_interval:
            layers.append(span.mark_rule(style="interval", aria=False))
        layers.append(values.mark_point(style="dot", size=80))
        if focus is not None:
            layers.append(chosen.mark_point(style=["dot", "compared"], size=110))
    said = f"{title or value_title}: " + "; ".join(f"{r.get('rank')}. {r['name']} {r['value']:.4g}" for r in rows[:5])
    chart = alt.LayerChart(layer=layers, width=width, height=27 * max(len(rows), 1), description=said)
    return chart.properties(title=heading(title, subtitle)) if title else chart


def ranking_chart(ranking: Any, *, top: int = 25, focus: str | None = None, width: int = 520) -> alt.LayerChart | alt.TopLevelMixin:
    """The chart of a :class:`~armillary.ranking.result.Ranking`: ranked values, or rank paths where the recipe has several periods."""
    meta = ranking.meta
    subtitle = f"{meta['counting'].split(':')[0]} counting; {meta['data']['name']}, snapshot {meta['data']['snapshot_date']}"
    if "series" in meta:
        subtitle = f"{meta['source']}, vintage {meta['vintage']}"
    if ranking.recipe.step:
        return rank_path(
            ranking.ranked,
            title=meta["title"],
            subtitle=subtitle,
            top=min(top, 20),
            focus=(focus,) if focus else (),
            breaks=by_year(meta.get("notes", [])),
            width=width,
        )
    is_percent, digits = rounding(meta)
    return ranked_bars(
        ranking.ranked,
        title=meta["title"],
        subtitle=subtitle,
        value_title=f"{meta['indicator']} ({meta['measure']})",
        top=top,
        focus=focus,
        number=f".{digits}%" if is_percent else f",.{digits}~f",
        from_zero=is_total(ranking),
        width=width,
    )


def is_total(ranking: Any) -> bool:
    """Whether values are sums, which a bar from zero shows honestly; shares and ratios are dots on their interval."""
    if "series" in ranking.meta:
        return bool(ranking.meta["is_total"])
    return indicator_info(ranking.recipe.indicator).kind == "total"
