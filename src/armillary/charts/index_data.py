"""Charts of what an index is made of: framework, distributions, scatter with names, correlations, contributions.

Every function takes a plain table (Arrow, data frame or rows) and returns an Altair chart without colours of its own. ``source`` is
the line under the title that says where the numbers come from, of which year, and by which method; it is part of the picture.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.errors import UsageError

if TYPE_CHECKING:
    import altair as alt


def digits(low: float, high: float) -> str:
    """The d3 format that tells values of a range apart: 0-100 without decimals, 0-1 with two, large numbers with separators."""
    span = abs(high - low)
    return ",.0f" if span > 20 else ".1f" if span > 4 else ".2f" if span > 0.4 else ".3f"


def shorten(name: str, most: int) -> str:
    """A name that fits, cut at a word."""
    return (
        name
        if len(name) <= most
        else textwrap.shorten(name, most, placeholder="\u2026")
        if " " in name[:most]
        else name[: most - 1] + "\u2026"
    )


def framework(table: Any, *, title: str | None = None, source: str = "", column: int = 190) -> alt.LayerChart:
    """The tree of an index as nested bars, the whole on the left: heights are shares of the index.

    Wants rows of :func:`armillary.composite.defaults.tree_table`: ``id, name, level, depth, parent, share_of_index``, parents first.
    """
    import altair as alt

    rows = rows_of(table)
    leaves = sum(r["level"] == "indicator" for r in rows)
    height = max(260, 21 * leaves)
    start: dict[str, float] = {}
    filled: dict[str | None, float] = {}
    boxes: list[dict[str, Any]] = []
    top = max(r["depth"] for r in rows)
    first = {r["id"]: r["id"] for r in rows if r["depth"] <= 1}
    sizes = _heights(rows)
    for r in rows:
        parent = r["parent"]
        begin = 0.0 if parent is None else filled.get(parent, start[parent])
        end = begin + sizes[r["id"]]
        start[r["id"]] = begin
        filled[parent] = end
        first.setdefault(r["id"], first.get(parent, ""))
        last = top if r["level"] == "indicator" else r["depth"]
        room = column * (last - r["depth"] + 1) / 5.8
        text = f"{shorten(r['name'], int(room) - 7)}  {100 * r['share_of_index']:.1f} %" if r["depth"] else shorten(r["name"], int(room))
        boxes.append(
            {
                "name": r["name"],
                "level": r["level"],
                "share": r["share_of_index"],
                "x": r["depth"],
                "x2": last + 1,
                "y": begin,
                "y2": end,
                "mid": (begin + end) / 2,
                "text": text if (end - begin) * height > 11 else "",
                "branch": next((x["name"] for x in rows if x["id"] == first[r["id"]]), ""),
            }
        )
    data = inline(boxes)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, top + 1], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 1], reverse=True, nice=False), axis=None)
    tip = [alt.Tooltip("name:N", title="Part"), alt.Tooltip("level:N"), alt.Tooltip("share:Q", title="Share of the index", format=".1%")]
    branches = list(dict.fromkeys(b["branch"] for b in boxes))
    color = alt.Color("branch:N", sort=branches, legend=None)
    bars = (
        alt.Chart(data)
        .mark_rect(fillOpacity=0.22, stroke="white", strokeWidth=1.5)
        .encode(x=x, x2="x2", y=y, y2="y2", color=color, tooltip=tip)
    )
    names = (
        alt.Chart(data).mark_text(align="left", dx=6, baseline="middle", fontSize=11.5, style="value").encode(x=x, y="mid:Q", text="text:N")
    )
    said = f"{title or 'Framework'}: " + ", ".join(f"{r['name']} {100 * r['share_of_index']:.0f} %" for r in rows if r["depth"] == 1)
    chart = alt.LayerChart(layer=[bars, names], width=column * (top + 1), height=height, description=said)
    return chart.properties(title=heading(title or "", source))


def _heights(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Share of the picture of each row: its share of the index, but enough for its name."""
    leaves = [r for r in rows if r["level"] == "indicator"]
    least = 0.55 / max(len(leaves), 1)
    size = {r["id"]: max(float(r["share_of_index"]), least) for r in leaves}
    total = sum(size.values())
    out = {k: v / total for k, v in size.items()}
    for r in sorted((r for r in rows if r["level"] != "indicator"), key=lambda r: -r["depth"]):
        out[r["id"]] = sum(out[x["id"]] for x in rows if x["parent"] == r["id"])
    return out


def distributions(table: Any, *, title: str | None = None, source: str = "", columns: int = 4, bins: int = 12) -> Any:
    """A histogram for every indicator, each on its own scale; imputed values are set apart.

    Wants rows ``indicator, name, value`` and, if there is one, ``is_imputed``.
    """
    import altair as alt

    by: dict[str, list[dict[str, Any]]] = {}
    for r in rows_of(table):
        if r["value"] is not None:
            by.setdefault(shorten(str(r["name"]), 30), []).append(r)
    if not by:
        raise UsageError("there are no values to draw")
    charts = []
    kinds = sorted({bool(r.get("is_imputed")) for rows in by.values() for r in rows})
    for name, rows in by.items():
        values = [float(r["value"]) for r in rows]
        low, high = min(values), max(values)
        step = (high - low) / bins or 1.0
        count: dict[tuple[int, bool], int] = {}
        for r in rows:
            k = min(int((float(r["value"]) - low) / step), bins - 1)
            count[(k, bool(r.get("is_imputed")))] = count.get((k, bool(r.get("is_imputed"))), 0) + 1
        bars = []
        below: dict[int, int] = {}
        for (k, imputed), n in sorted(count.items()):
            base = below.get(k, 0)
            below[k] = base + n
            ends = {"from": low + k * step, "to": low + (k + 1) * step}
            bars.append(ends | {"a": base, "b": base + n, "n": n, "kind": "imputed" if imputed else "data"})
        x = alt.X("from:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=3, format="~s", grid=False))
        y = alt.Y("a:Q", title=None, axis=alt.Axis(tickCount=3, format="d", minExtent=24, maxExtent=24))
        legend = alt.Legend(title=None) if len(kinds) > 1 else None
        color = alt.Color("kind:N", scale=alt.Scale(domain=["data", "imputed"]), legend=legend)
        tip = [alt.Tooltip("from:Q", format=".4~g"), alt.Tooltip("to:Q", format=".4~g"), alt.Tooltip("n:Q", title="units"), "kind:N"]
        one = alt.Chart(inline(bars)).mark_rect(stroke="white", strokeWidth=0.8).encode(x=x, x2="to", y=y, y2="b", color=color, tooltip=tip)
        charts.append(
            one.properties(width=160, height=84, title=alt.TitleParams(text=name, fontSize=12, fontWeight=400, anchor="start", offset=4))
        )
    grid = alt.ConcatChart(concat=charts, columns=columns, spacing=22)
    return grid.properties(title=heading(title or "", source), description=f"{title or 'Distributions'} of {len(by)} indicators")


def scatter(
    table: Any,
    x: str,
    y: str,
    *,
    title: str | None = None,
    source: str = "",
    x_title: str = "",
    y_title: str = "",
    focus: Iterable[str] = (),
    width: int = 560,
    height: int = 420,
) -> alt.LayerChart:
    """Units as dots with their names, as many as fit without overlapping (those in ``focus`` first); ``x`` and ``y`` name columns."""
    import altair as alt

    chosen = set(focus)
    rows = [r for r in rows_of(table) if r.get(x) is not None and r.get(y) is not None]
    if not rows:
        raise UsageError(f"no unit has both '{x}' and '{y}'")
    span = {c: (min(r[c] for r in rows), max(r[c] for r in rows)) for c in (x, y)}

    def place(r: dict[str, Any], c: str, size: int) -> float:
        a, b = span[c]
        return float(size * (r[c] - a) / ((b - a) or 1.0))

    dots = [(place(r, x, width), height - place(r, y, height)) for r in rows]
    boxes = [(px - 4, py - 4, px + 4, py + 4) for px, py in dots]
    out = []
    order = sorted(rows, key=lambda r: (r["unit_id"] not in chosen, -abs(place(r, y, height) - height / 2), str(r["name"])))
    for r in order:
        px, py = place(r, x, width), height - place(r, y, height)
        name = shorten(str(r["name"]), 24)
        label = {"label": "", "left": ""}
        for side, a in (("label", px + 5), ("left", px - 9 - 6.8 * len(name))):
            box = (a, py - 7, a + 4 + 6.8 * len(name), py + 7)
            free = all(box[2] < b[0] or box[0] > b[2] or box[3] < b[1] or box[1] > b[3] for b in boxes)
            if free and box[0] > 0 and box[2] < width + 60:
                boxes.append(box)
                label[side] = name
                break
        else:
            label["label"] = name if r["unit_id"] in chosen else ""
        out.append({"name": str(r["name"]), "x": r[x], "y": r[y], "focus": r["unit_id"] in chosen} | label)
    out.sort(key=lambda r: (r["focus"], r["name"]))
    base = alt.Chart(inline(out)).encode(
        x=alt.X("x:Q", title=x_title or x, scale=alt.Scale(zero=False), axis=alt.Axis(grid=True)),
        y=alt.Y("y:Q", title=y_title or y, scale=alt.Scale(zero=False), axis=alt.Axis(grid=True)),
        tooltip=[
            alt.Tooltip("name:N", title="Unit"),
            alt.Tooltip("x:Q", title=x_title or x, format=".4~g"),
            alt.Tooltip("y:Q", title=y_title or y, format=".4~g"),
        ],
    )
    layers: list[Any] = [base.mark_point(style="dot", size=52)]
    layers.append(base.mark_text(style="note", align="left", dx=7).encode(text="label:N"))
    layers.append(base.mark_text(style="note", align="right", dx=-7).encode(text="left:N"))
    if chosen:
        layers.insert(1, base.transform_filter("datum.focus").mark_point(style=["dot", "compared"], size=110))
    said = f"{title or 'Scatter'}: {y_title or y} against {x_title or x} of {len(rows)} units"
    return alt.LayerChart(layer=layers, width=width, height=height, description=said).properties(title=heading(title or "", source))


def correlation_heat(
    table: Any, *, title: str | None = None, source: str = "", names: dict[str, str] | None = None, cell: int = 44
) -> alt.LayerChart:
    """Correlations as coloured cells with their numbers; wants rows ``row, column, r`` (both halves are drawn where one is given)."""
    import altair as alt

    names = names or {}
    found = rows_of(table)
    rows = list(dict.fromkeys(r["row"] for r in found))
    columns = list(dict.fromkeys(r["column"] for r in found))
    square = set(rows) | set(columns)
    one_half = bool(set(rows) & set(columns))
    order = list(dict.fromkeys([*rows, *columns])) if one_half else rows
    across = order if one_half else columns
    cells = [(r["row"], r["column"], r["r"]) for r in found]
    if one_half:
        cells += [(b, a, v) for a, b, v in cells] + [(i, i, 1.0) for i in square]

    def label(id: str) -> str:
        return shorten(names.get(id, id), 34)

    heads = [shorten(names.get(c, c), 26) for c in across]
    drawn = [
        {
            "row": label(a),
            "column": shorten(names.get(b, b), 26),
            "r": v,
            "dark": v is not None and abs(v) > 0.65,
            "text": "" if v is None else f"{v:.2f}",
        }
        for a, b, v in cells
        if v is not None
    ]
    base = alt.Chart(inline(drawn)).encode(
        x=alt.X("column:N", sort=heads, title=None, axis=alt.Axis(orient="top", labelAngle=-45, labelLimit=190, labelPadding=6)),
        y=alt.Y("row:N", sort=[label(i) for i in order], title=None, axis=alt.Axis(labelLimit=260, labelFontSize=12)),
        tooltip=[alt.Tooltip("row:N"), alt.Tooltip("column:N"), alt.Tooltip("r:Q", format=".3f")],
    )
    color = alt.Color(
        "r:Q", scale=alt.Scale(domain=[-1, 1], domainMid=0, range="diverging"), legend=alt.Legend(title="r", gradientLength=140)
    )
    layers = [
        base.mark_rect().encode(color=color),
        base.transform_filter("!datum.dark").mark_text(style="value", fontSize=10.5).encode(text="text:N"),
        base.transform_filter("datum.dark").mark_text(style="on-fill", fontSize=10.5, fill=alt.expr("background")).encode(text="text:N"),
    ]
    low = sorted((c for c in drawn if c["row"] != c["column"]), key=lambda c: c["r"])[:1]
    said = f"{title or 'Correlations'} of {len(order)} items" + (
        f"; the lowest is {low[0]['r']:.2f} ({low[0]['row']}, {low[0]['column']})" if low else ""
    )
    chart = alt.LayerChart(layer=layers, width=alt.Step(cell), height=alt.Step(22), description=said)
    return chart.properties(title=heading(title or "", source))


def stacked_contributions(
    table: Any,
    parts: Sequence[str],
    *,
    names: dict[str, str] | None = None,
    title: str | None = None,
    source: str = "",
    top: int = 25,
    width: int = 520,
) -> alt.LayerChart:
    """What each part adds to each unit's score: stacked bars that end at the score. Wants ``rank, name, value`` and a column a part."""
    import altair as alt

    names = names or {}
    rows = [r for r in rows_of(table) if r.get("rank") is not None][:top]
    heads = [shorten(names.get(p, p), 40) for p in parts]
    order = [f"{r['rank']:g}. {r['name']}" for r in rows]
    cells = [
        {"label": o, "part": h, "place": k, "value": r[p]}
        for o, r in zip(order, rows, strict=True)
        for k, (p, h) in enumerate(zip(parts, heads, strict=True))
        if r.get(p)
    ]
    if not cells:
        raise UsageError("there is nothing to stack", fix="contributions exist for arithmetic means only")
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=260, labelPadding=10, labelFontSize=13))
    x = alt.X("value:Q", stack="zero", title="Contribution to the score", axis=alt.Axis(orient="top", grid=True))
    color = alt.Color("part:N", sort=heads, scale=alt.Scale(domain=heads), title=None, legend=alt.Legend(columns=2, labelLimit=280))
    tip = [alt.Tooltip("label:N", title="Unit"), alt.Tooltip("part:N"), alt.Tooltip("value:Q", format=".2f")]
    bars = alt.Chart(inline(cells)).mark_bar(height={"band": 0.66}).encode(y=y, x=x, color=color, order=alt.Order("place:Q"), tooltip=tip)
    most = max(r["value"] for r in rows)
    totals = inline([{"label": o, "total": r["value"]} for o, r in zip(order, rows, strict=True)])
    text = (
        alt.Chart(totals)
        .mark_text(style="value", align="left", dx=5)
        .encode(
            y=y,
            x=alt.X("total:Q", title="Contribution to the score"),
            text=alt.Text("total:Q", format=digits(0, most) if most <= 20 else ".1f"),
        )
    )
    said = f"{title or 'Contributions'} of {len(parts)} parts to the scores of {len(rows)} units"
    return alt.LayerChart(layer=[bars, text], width=width, height=alt.Step(24), description=said).properties(
        title=heading(title or "", source)
    )
