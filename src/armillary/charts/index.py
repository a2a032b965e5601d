"""Charts of a composite index: how sure the ranks are, pillars at a glance, two editions, which choice matters, one unit's profile.

Every function takes a plain table (Arrow, data frame or rows) and returns an Altair chart without colours of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.charts.index_data import digits
from armillary.charts.ranking import ranked_bars
from armillary.errors import UsageError

if TYPE_CHECKING:
    import altair as alt


def index_bars(
    table: Any, *, title: str | None = None, subtitle: str | None = None, top: int = 25, focus: str | None = None, width: int = 520
) -> alt.LayerChart:
    """Scores as ranked bars; where the table has ``low`` and ``high`` (from a sensitivity analysis) with their intervals."""
    return ranked_bars(table, title=title, subtitle=subtitle, value_title="Score", top=top, focus=focus, width=width)


def rank_intervals(
    table: Any, *, title: str | None = None, subtitle: str | None = None, top: int = 25, focus: str | None = None, width: int = 520
) -> alt.LayerChart:
    """Published rank (dot), median (line) and interval of ranks (band) of each unit; wants ``rank_low, rank_median, rank_high``."""
    import altair as alt

    rows = [r for r in rows_of(table) if r.get("rank") is not None][:top]
    if not rows or rows[0].get("rank_low") is None:
        raise UsageError("the table has no rank intervals", fix="take it from a sensitivity analysis")
    for row in rows:
        row["label"] = f"{row['rank']}. {row['name']}"
        row["focus"] = row["unit_id"] == focus
        row["left"], row["right"] = row["rank_low"] - 0.5, row["rank_high"] + 0.5
    keep = ("label", "name", "unit_id", "rank", "rank_low", "rank_median", "rank_high", "left", "right", "focus")
    data = inline([{k: r.get(k) for k in keep} for r in rows])
    last = max(r["right"] for r in rows)
    scale = alt.Scale(domain=[0.5, last], nice=False, zero=False)
    ticks = sorted({1, *range(5, int(last) + 1, 5 if last <= 60 else 20)})
    axis = alt.Axis(values=ticks, orient="top", format="d", grid=True)
    y = alt.Y("label:N", sort=[r["label"] for r in rows], title=None, axis=alt.Axis(labelLimit=260, labelPadding=10, labelFontSize=13))
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("rank:Q", title="Published rank"),
        alt.Tooltip("rank_median:Q", title="Median rank"),
        alt.Tooltip("rank_low:Q", title="Best (5 %)"),
        alt.Tooltip("rank_high:Q", title="Worst (95 %)"),
    ]
    base = alt.Chart(data).encode(y=y)
    span = base.encode(x=alt.X("left:Q", title="Rank", scale=scale, axis=axis), x2="right:Q", tooltip=tip)
    layers: list[Any] = [span.mark_bar(style="band", height={"band": 0.55}, cornerRadius=2, fillOpacity=0.25)]
    median = base.encode(x=alt.X("rank_median:Q", title="Rank", scale=scale, axis=axis), tooltip=tip)
    layers.append(median.mark_tick(style="whisker", thickness=2, height={"band": 0.55}))
    dots = base.encode(x=alt.X("rank:Q", title="Rank", scale=scale, axis=axis), tooltip=tip)
    layers.append(dots.mark_point(style="dot", size=90))
    if focus is not None:
        layers.append(dots.transform_filter("datum.focus").mark_point(style=["dot", "compared"], size=130))
    said = f"{title or 'Ranks'}: " + "; ".join(f"{r['name']} {r['rank']} ({r['rank_low']} to {r['rank_high']})" for r in rows[:5])
    chart = alt.LayerChart(layer=layers, width=width, height=alt.Step(24), description=said)
    return chart.properties(title=heading(title, subtitle)) if title else chart


def pillar_heat(
    table: Any,
    columns: Sequence[str],
    *,
    labels: Sequence[str] | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    top: int = 30,
    units: Iterable[str] | None = None,
    cell: int = 74,
    low: float = 0.0,
    high: float = 100.0,
) -> alt.LayerChart:
    """Scores of the groups ``columns`` (say, pillars) as a table of coloured cells with their numbers, in the order of the ranking."""
    import altair as alt

    chosen = set(units) if units is not None else None
    rows = [r for r in rows_of(table) if chosen is None or r["unit_id"] in chosen][:top]
    heads = list(labels) if labels is not None else list(columns)
    cells = [
        {
            "label": f"{r['rank']}. {r['name']}",
            "column": head,
            "score": r[c],
            "dark": r[c] is not None and (r[c] - low) / (high - low) > 0.55,
        }
        for r in rows
        for c, head in zip(columns, heads, strict=True)
        if r.get(c) is not None
    ]
    if not cells:
        raise UsageError("there is nothing to draw", fix="name groups that the index has")
    order = [f"{r['rank']}. {r['name']}" for r in rows]
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=240, labelPadding=8, labelFontSize=13))
    # a long heading breaks at the space nearest to its middle, so that columns stay narrow
    words, room = _broken(heads)
    axis = alt.Axis(orient="top", labelAngle=0, labelPadding=room, labelLimit=200, labelExpr=words, labelLineHeight=14)
    x = alt.X("column:N", sort=heads, title=None, axis=axis)
    base = alt.Chart(inline(cells)).encode(x=x, y=y)
    tip = [
        alt.Tooltip("label:N", title="Unit"),
        alt.Tooltip("column:N", title="Part"),
        alt.Tooltip("score:Q", title="Score", format=".4~g"),
    ]
    scale = alt.Scale(domain=[low, high], clamp=True)
    form = digits(low, high)
    boxes = base.mark_rect(stroke=None).encode(color=alt.Color("score:Q", scale=scale, legend=None), tooltip=tip)
    light = base.transform_filter("!datum.dark").mark_text(style="value").encode(text=alt.Text("score:Q", format=form))
    dark = (
        base.transform_filter("datum.dark")
        .mark_text(style="on-fill", fill=alt.expr("background"))
        .encode(text=alt.Text("score:Q", format=form))
    )
    said = f"{title or 'Scores'} of {len(rows)} units in {len(heads)} parts"
    chart = alt.LayerChart(layer=[boxes, light, dark], width=alt.Step(cell), height=alt.Step(24), description=said)
    return chart.properties(title=heading(title, subtitle)) if title else chart


def _broken(heads: Sequence[str]) -> tuple[str, int]:
    """A Vega expression that gives long headings as two lines (short ones stand on the lower), and the room that they need."""
    pairs = []
    for head in heads:
        spaces = [i for i, c in enumerate(head) if c == " "]
        if len(head) > 12 and spaces:
            at = min(spaces, key=lambda i: abs(i - len(head) / 2))
            pairs.append((head, head[:at], head[at + 1 :]))
    if not pairs:
        return "datum.label", 8
    out = "['', datum.label]"
    for head, a, b in pairs:
        quoted = [text.replace("\\", "\\\\").replace("'", "\\'") for text in (head, a, b)]
        out = f"datum.label === '{quoted[0]}' ? ['{quoted[1]}', '{quoted[2]}'] : ({out})"
    return out, 22


def dumbbell(
    table: Any,
    *,
    old: str = "before",
    new: str = "now",
    title: str | None = None,
    subtitle: str | None = None,
    top: int = 25,
    focus: str | None = None,
    value: str = "value",
    width: int = 520,
) -> alt.LayerChart:
    """Two editions: each unit's old and new value (``old_value`` and ``value``; or ranks with ``value="rank"``) joined by a line."""
    import altair as alt

    before = {"value": "old_value", "rank": "old_rank"}.get(value)
    if before is None:
        raise UsageError(f"a dumbbell shows 'value' or 'rank', not '{value}'")
    rows = [r for r in rows_of(table) if r.get(before) is not None and r.get(value) is not None][:top]
    pairs = [
        {
            "label": f"{r['rank']}. {r['name']}",
            "name": r["name"],
            "a": r[before],
            "b": r[value],
            "old_rank": r.get("old_rank"),
            "rank": r["rank"],
            "focus": r["unit_id"] == focus,
        }
        for r in rows
    ]
    data = inline(pairs)
    y = alt.Y("label:N", sort=[p["label"] for p in pairs], title=None, axis=alt.Axis(labelLimit=260, labelPadding=10, labelFontSize=13))
    numbers = [p[k] for p in pairs for k in ("a", "b")]
    reverse = value == "rank"
    scale = alt.Scale(
        zero=False, nice=not reverse, reverse=reverse, domain=[min(numbers) - 0.5, max(numbers) + 0.5] if reverse else alt.Undefined
    )
    axis_title = "Rank" if reverse else "Score"
    axis = alt.Axis(orient="top", grid=True, format="d" if reverse else "~f")
    form = "d" if reverse else ".1f"
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("a:Q", title=old, format=form),
        alt.Tooltip("b:Q", title=new, format=form),
        alt.Tooltip("old_rank:Q", title=f"Rank {old}"),
        alt.Tooltip("rank:Q", title=f"Rank {new}"),
    ]
    base = alt.Chart(data).encode(y=y)
    lines = base.mark_rule(style="line-quiet", strokeWidth=3).encode(
        x=alt.X("a:Q", title=axis_title, scale=scale, axis=axis), x2="b:Q", tooltip=tip
    )
    first = base.mark_point(style="quiet", filled=True, size=60).encode(
        x=alt.X("a:Q", scale=scale, axis=axis, title=axis_title), tooltip=tip
    )
    second = base.mark_point(style="dot", size=95).encode(x=alt.X("b:Q", scale=scale, axis=axis, title=axis_title), tooltip=tip)
    layers: list[Any] = [lines, first, second]
    if focus is not None:
        layers.append(second.transform_filter("datum.focus").mark_point(style=["dot", "compared"], size=130))
    said = f"{title or 'Two editions'}: " + "; ".join(f"{p['name']} {p['a']:.4g} to {p['b']:.4g}" for p in pairs[:5])
    chart = alt.LayerChart(layer=layers, width=width, height=alt.Step(24), description=said)
    note = f"grey: {old}, coloured: {new}"
    return chart.properties(title=heading(title or "Two editions", f"{subtitle}; {note}" if subtitle else note))


def effects_bars(table: Any, *, title: str | None = None, subtitle: str | None = None, top: int = 25, width: int = 460) -> alt.LayerChart:
    """Where each change of rank comes from: data, model, newcomers and leavers as stacked bars around zero, the sum as a dot."""
    import altair as alt

    names = {"data": "data", "model": "model", "newcomers": "newcomers", "leavers": "leavers"}
    rows = sorted((r for r in rows_of(table) if r.get("change")), key=lambda r: (-abs(r["change"]), r["rank"]))[:top]
    rows.sort(key=lambda r: (-r["change"], r["rank"]))
    if not rows:
        raise UsageError("no rank changed between the editions, so there is nothing to draw")
    order = [f"{r['name']}, {r['old_rank']} to {r['rank']}" for r in rows]
    parts = [{"label": o, "effect": n, "places": r[k]} for o, r in zip(order, rows, strict=True) for k, n in names.items() if r[k]]
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=300, labelPadding=10, labelFontSize=13))
    x = alt.X("places:Q", title="Places won (right) or lost (left)", axis=alt.Axis(orient="top", grid=True, format="+d"))
    seen = [n for n in names if any(p["effect"] == n for p in parts)]
    # every effect keeps its colour from chart to chart; only those that occur are explained
    color = alt.Color("effect:N", sort=list(names), title=None, scale=alt.Scale(domain=list(names)), legend=alt.Legend(values=seen))
    bars = (
        alt.Chart(inline(parts))
        .mark_bar(height={"band": 0.62})
        .encode(
            y=y,
            x=x,
            color=color,
            tooltip=[alt.Tooltip("label:N", title="Unit"), alt.Tooltip("effect:N"), alt.Tooltip("places:Q", format="+d")],
        )
    )
    sums = inline([{"label": o, "places": r["change"]} for o, r in zip(order, rows, strict=True)])
    dots = (
        alt.Chart(sums)
        .mark_point(style="whisker", filled=True, size=60)
        .encode(y=y, x=x, tooltip=[alt.Tooltip("places:Q", title="Change", format="+d")])
    )
    zero = alt.Chart(inline([{"x": 0}])).mark_rule(style="whisker").encode(x="x:Q")
    chart = alt.LayerChart(layer=[bars, zero, dots], width=width, height=alt.Step(24), description=title or "Effects on ranks")
    note = "dot: the change, the sum of the bars"
    return chart.properties(title=heading(title or "Why ranks changed", f"{subtitle}; {note}" if subtitle else note))


def sensitivity_bars(
    table: Any, *, unit: str | None = None, title: str | None = None, subtitle: str | None = None, width: int = 460
) -> alt.LayerChart:
    """Which choice moves the ranks: first-order (solid) and total (outline) Sobol index of each factor.

    For one ``unit`` (its id) with intervals; else the mean over all units whose rank varies at all.
    """
    import altair as alt

    rows = [r for r in rows_of(table) if r["total"] is not None and (unit is None or r["unit_id"] == unit)]
    if not rows:
        raise UsageError(
            f"no indices for unit '{unit}'" if unit else "no rank varies", fix="the unit keeps its rank in every draw, or the id is another"
        )
    bars: list[dict[str, Any]] = []
    for factor in dict.fromkeys(r["factor"] for r in rows):
        mine = [r for r in rows if r["factor"] == factor]
        bar: dict[str, Any] = {"factor": factor}
        for key in ("first", "total", "total_low", "total_high"):
            known = [max(0.0, r[key]) for r in mine if r[key] is not None]
            bar[key] = sum(known) / len(known) if known else None
        if unit is None:
            bar["total_low"] = bar["total_high"] = None
        bars.append(bar)
    bars.sort(key=lambda b: (-b["total"], b["factor"]))
    data = inline(bars)
    y = alt.Y("factor:N", sort=[b["factor"] for b in bars], title=None, axis=alt.Axis(labelLimit=260, labelPadding=10, labelFontSize=13))
    axis = alt.Axis(format=".0%", orient="top", grid=True)
    scale = alt.Scale(domain=[0, max(1.0, *(b["total_high"] or b["total"] or 0.0 for b in bars))], nice=False)
    tip = [
        alt.Tooltip("factor:N", title="Choice"),
        alt.Tooltip("first:Q", title="Alone", format=".1%"),
        alt.Tooltip("total:Q", title="With all its interactions", format=".1%"),
    ]
    base = alt.Chart(data).encode(y=y, tooltip=tip)

    def at(field: str) -> Any:
        return alt.X(f"{field}:Q", title="Share of the variance of the rank", axis=axis, scale=scale)

    layers: list[Any] = [
        base.mark_bar(style="bar-quiet", height={"band": 0.62}, opacity=0.45).encode(x=at("total")),
        base.mark_bar(style="bar", height={"band": 0.62}, opacity=0.9).encode(x=at("first")),
    ]
    if unit is not None:
        layers.append(base.mark_rule(style="whisker").encode(x=at("total_low"), x2="total_high"))
    said = f"{title or 'Which choice matters'}: " + "; ".join(f"{b['factor']} {b['total']:.0%}" for b in bars)
    chart = alt.LayerChart(layer=layers, width=width, height=alt.Step(34), description=said)
    note = "dark: the choice alone; light: with its interactions" + ("; line: 5 % to 95 %" if unit else "; mean over units")
    return chart.properties(title=heading(title or "Which choice moves the ranks", f"{subtitle}; {note}" if subtitle else note))


def unit_profile(
    table: Any,
    *,
    name: str,
    group: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    scale: tuple[float, float] | None = None,
    width: int = 380,
) -> alt.LayerChart:
    """One unit's indicators (from ``explain``): its scores as dots, the mean of its group as a tick, strengths and weaknesses marked."""
    import altair as alt

    rows = rows_of(table)
    marks = []
    for r in rows:
        role = "strength" if r["is_strength"] else "weakness" if r["is_weakness"] else None
        marks.append(
            {
                "label": r["name"],
                "score": r["normalised"],
                "mean": r.get("group_mean"),
                "rank": r["rank"],
                "role": role,
                "note": "no data" if r["is_missing"] and r["normalised"] is None else None,
            }
        )
    order = [m["label"] for m in marks]
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, labelPadding=10, labelFontSize=13, grid=True))
    known = [m[k] for m in marks for k in ("score", "mean") if m[k] is not None]
    low, high = scale or ((0.0, 1.0) if max(known, default=1.0) <= 1 else (0.0, 100.0))
    inside = all(low <= v <= high for v in known)
    axis_of = alt.Scale(domain=[low, high]) if inside else alt.Scale(zero=False)
    axis = alt.Axis(orient="top", grid=True)
    roles = ["strength", "weakness"]
    base = alt.Chart(inline(marks)).encode(y=y)
    tip = [
        alt.Tooltip("label:N", title="Indicator"),
        alt.Tooltip("score:Q", title=name, format=".4~g"),
        alt.Tooltip("mean:Q", title="Group", format=".4~g"),
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("role:N", title="Among its own"),
    ]
    shape = alt.Shape("role:N", scale=alt.Scale(domain=roles, range=["triangle-up", "triangle-down"]), title=None)
    color = alt.Color("role:N", scale=alt.Scale(domain=roles), title=None)
    at = alt.X("score:Q", title="Score", scale=axis_of, axis=axis)
    plain = base.transform_filter("datum.role === null").mark_point(style="quiet", filled=True, size=70).encode(x=at, tooltip=tip)
    marked = base.transform_filter("datum.role !== null").mark_point(filled=True, size=110, opacity=1)
    dots = marked.encode(x=at, shape=shape, color=color, tooltip=tip)
    layers: list[Any] = []
    has_mean = any(m["mean"] is not None for m in marks)
    if has_mean:
        layers.append(base.mark_rule(style="line-quiet").encode(x=alt.X("mean:Q", scale=axis_of, axis=axis, title="Score"), x2="score:Q"))
        layers.append(
            base.mark_tick(style="whisker", thickness=2, height={"band": 0.6}).encode(
                x=alt.X("mean:Q", scale=axis_of, axis=axis, title="Score")
            )
        )
    layers += [plain, dots]
    layers.append(
        base.transform_filter("datum.note != null").mark_text(style="note", align="left", dx=4).encode(x=alt.datum(low), text="note:N")
    )
    said = f"{name}: strengths " + ", ".join(m["label"] for m in marks if m["role"] == "strength")
    chart = alt.LayerChart(layer=layers, width=width, height=alt.Step(25), description=said)
    notes = [f"upright line: mean of {group}" if has_mean and group else "", subtitle or ""]
    return chart.properties(title=heading(title or name, "\n".join(n for n in notes if n)))


def about(result: Any) -> str:
    """Source, year and method of a built index, for the line under a title."""
    m = result.meta
    first = [m["source"] and f"Source: {m['source']}", m["period"] and f"year {m['period']}"]
    return "; ".join(str(p) for p in (*first, m["method"]) if p)


def span_of(result: Any) -> tuple[float, float]:
    """The scale on which the scores of an index stand: that of its rules where they have one, else what the scores reach."""
    import numpy as np

    rules = {
        (r.low, r.high)
        for i in result.spec.indicators
        if (r := result.spec.normalisation_of(i)).method not in ("none", "z", "rank", "borda", "points")
    }
    values = result.stages["aggregated"].values
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if len(rules) == 1:
        a, b = next(iter(rules))
        if a - 1e-9 <= low and high <= b + 1e-9:
            return a, b
    return (min(low, 0.0), high) if low >= 0 else (low, high)


def plot(result: Any, *, top: int = 25, focus: str | None = None) -> alt.LayerChart:
    """Ranked bars of a built index."""
    return index_bars(result.arrow, title=result.meta["title"], subtitle=about(result), top=top, focus=focus)


def plot_sensitivity(sure: Any, *, top: int = 25, focus: str | None = None) -> alt.LayerChart:
    """Published ranks of a sensitivity analysis with their intervals."""
    note = f"{len(sure.scores):,} rebuilds; dot: published rank, line: median, band: 5 % to 95 %"
    return rank_intervals(sure.table(), title=sure.result.meta["title"], subtitle=f"{note}\n{about(sure.result)}", top=top, focus=focus)
