"""Who works with whom: partners over time, the matrix of affinities, the network, and its arcs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary.charts.base import heading, inline, rows_of
from armillary.charts.bump import rank_path
from armillary.charts.matrix import pair_matrix
from armillary.studies.cooperation.network import Network
from armillary.studies.cooperation.pairs import PairTable
from armillary.studies.cooperation.partners import PeriodLike, pair_measure

if TYPE_CHECKING:
    import altair as alt


def partner_paths(table: Any, name: str, by: str, *, top: int = 10, width: int = 720) -> alt.LayerChart:
    """Places of a unit's partners over the years, from :func:`armillary.studies.cooperation.partners.partner_history`."""
    rows = [{**r, "period": r["year"]} for r in rows_of(table)]
    years = sorted({r["year"] for r in rows})
    step = max(1, math.ceil(len(years) / 12))
    shown = {y for y in years if (years[-1] - y) % step == 0}
    measure = "joint works" if by == "works" else by
    return rank_path(
        [r for r in rows if r["year"] in shown],
        title=f"Partners of {name} by {measure}",
        subtitle=f"{years[0]}–{years[-1]}",
        top=top,
        width=width,
    )


def partner_matrix(pairs: PairTable, period: PeriodLike, *, top: int = 24, cell: int = 24) -> alt.Chart:
    """Affinity of the units with most links, in the order of the network's clusters: blue works together more than chance, brass less.

    The value is the base-2 logarithm of observed over quasi-independent links: +1 is twice as often, -1 half as often.
    """
    from armillary.studies.cooperation.network import network

    net = network(pairs, period, top=top, alpha=1.0)
    order = [n["id"] for n in sorted(net.nodes, key=lambda n: (n["cluster"], -n["links"], n["id"]))]
    affinity = pair_measure(pairs, "quasi_pai", period)
    rows = []
    for a in order:
        for b in order:
            value = affinity[pairs.row(a), pairs.row(b)]
            if a != b and np.isfinite(value) and value > 0:
                # beyond eight times or an eighth the colour says no more
                shown = float(np.clip(np.log2(value), -3, 3))
                rows.append({"unit": a, "partner": b, "unit_name": pairs.name(a), "partner_name": pairs.name(b), "value": shown})
    years = f"{net.meta['years']}".replace("-", "–") if len(set(net.meta["years"].split("-"))) > 1 else net.meta["years"].split("-")[0]
    return pair_matrix(
        rows,
        title=f"Affinity of the {len(order)} units with most links, {years}",
        subtitle=f"log2 of joint works over what size alone would give; {pairs.source}",
        value_title="log2 affinity",
        number="+.1f",
        middle=0.0,
        order=order,
        cell=cell,
    )


def _nodes(net: Network) -> list[dict[str, Any]]:
    named = {n["id"] for n in sorted(net.nodes, key=lambda n: (-n["works"], n["id"]))[:40]}
    return [{**n, "group": str(min(n["cluster"], 8)), "label": n["name"] if n["id"] in named else ""} for n in net.nodes]


def _strong(net: Network, links: int) -> list[dict[str, Any]]:
    return sorted(net.edges, key=lambda e: (-e["works"], e["source"], e["target"]))[:links]


def network_view(net: Network, *, width: int = 760, height: int = 620, links: int = 300) -> alt.LayerChart:
    """The network as points and lines: size is the unit's works, colour its cluster, width joint works; the strongest ``links`` links."""
    import altair as alt

    nodes, strong = _nodes(net), _strong(net, links)
    place = {n["id"]: n for n in nodes}
    edges = [
        {
            "x": place[e["source"]]["x"],
            "y": place[e["source"]]["y"],
            "x2": place[e["target"]]["x"],
            "y2": place[e["target"]]["y"],
            "works": e["works"],
            "pair": f"{place[e['source']]['name']} – {place[e['target']]['name']}",
        }
        for e in reversed(strong)
    ]
    most = max(n["works"] for n in nodes) or 1
    edge = {axis: (min(n[axis] for n in nodes) - 0.08, max(n[axis] for n in nodes) + 0.1) for axis in ("x", "y")}
    for n in nodes:
        # the label stands just above its point, whose radius follows from the size scale below
        radius = math.sqrt((30 + 1070 * math.sqrt(n["works"] / most)) / math.pi)
        n["above"] = n["y"] + (radius + 7) * (edge["y"][1] - edge["y"][0]) / height
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=list(edge["x"]), nice=False))
    up = alt.Scale(domain=list(edge["y"]), nice=False)
    y = alt.Y("y:Q", axis=None, scale=up)
    points = alt.Chart(inline(nodes))
    groups = [str(g) for g in sorted({min(n["cluster"], 8) for n in net.nodes})]
    colour = alt.Color("group:N", legend=None, scale=alt.Scale(domain=groups))
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("works:Q", title="Works", format=","),
        alt.Tooltip("partners:Q", title="Partners shown"),
        alt.Tooltip("cluster:Q", title="Cluster"),
    ]
    weight = alt.StrokeWidth(
        "works:Q", scale=alt.Scale(type="sqrt", domain=[0, max(e["works"] for e in strong)], range=[0.2, 10]), legend=None
    )
    size = alt.Size("works:Q", scale=alt.Scale(type="sqrt", domain=[0, most], range=[30, 1100]), legend=None)
    layers = [
        alt.Chart(inline(edges))
        .mark_rule(style="quiet", opacity=0.35, strokeCap="round")
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", strokeWidth=weight, tooltip=[alt.Tooltip("pair:N"), alt.Tooltip("works:Q", format=",")]),
        points.mark_point(style="dot", opacity=0.95).encode(
            x=x, y=y, fill=alt.Fill("group:N", legend=None, scale=alt.Scale(domain=groups)), color=colour, tooltip=tip, size=size
        ),
        points.mark_text(style="value", fontSize=11, aria=False).encode(x=x, y=alt.Y("above:Q", axis=None, scale=up), text="label:N"),
    ]
    chart = alt.LayerChart(layer=layers, width=width, height=height).resolve_scale(strokeWidth="independent", size="independent")
    return _framed(net, chart, f"{len(strong)} of {len(net.edges)} links")


def arc_view(net: Network, *, width: int = 900, links: int = 160) -> alt.LayerChart:
    """Units side by side by cluster, joint works as arcs above them; an arc between clusters stands out against those inside."""
    import altair as alt

    order = sorted(_nodes(net), key=lambda n: (n["cluster"], -n["links"], n["id"]))
    at = {n["id"]: k for k, n in enumerate(order)}
    cluster = {n["id"]: n["group"] for n in order}
    strong = _strong(net, links)
    arcs = []
    for k, e in enumerate(strong):
        a, b = sorted((at[e["source"]], at[e["target"]]))
        same = cluster[e["source"]] == cluster[e["target"]]
        for step in range(49):
            angle = math.pi * step / 48
            arcs.append(
                {
                    "link": k,
                    "step": step,
                    "x": (a + b) / 2 - (b - a) / 2 * math.cos(angle),
                    "y": (b - a) / 2 * math.sin(angle),
                    "works": e["works"],
                    "group": cluster[e["source"]] if same else "between",
                }
            )
    for n in order:
        n["at"] = at[n["id"]]
    span = len(order)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-1, span], nice=False))
    tallest = max((a["y"] for a in arcs), default=1.0)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.02 * tallest, tallest * 1.02], nice=False))
    groups = sorted({n["group"] for n in order})
    colour = alt.Color("group:N", legend=None, scale=alt.Scale(domain=groups))
    weight = alt.Size("works:Q", scale=alt.Scale(type="sqrt", domain=[0, max(e["works"] for e in strong)], range=[0.2, 8]), legend=None)
    curves = alt.Chart(inline(arcs)).encode(x=x, y=y, detail="link:N", size=weight, order="step:Q")
    nodes = alt.Chart(inline(order)).encode(
        x=alt.X("at:Q", axis=None, scale=alt.Scale(domain=[-1, span], nice=False)), y=alt.value(width * 0.42)
    )
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("works:Q", title="Works", format=","),
        alt.Tooltip("cluster:Q", title="Cluster"),
    ]
    layers = [
        curves.transform_filter("datum.group === 'between'").mark_trail(style="quiet", opacity=0.24, aria=False),
        curves.transform_filter("datum.group !== 'between'").mark_trail(opacity=0.5, aria=False).encode(color=colour),
        nodes.mark_point(style="dot").encode(
            color=colour, fill=colour, tooltip=tip, size=alt.Size("works:Q", scale=alt.Scale(type="sqrt", range=[20, 420]), legend=None)
        ),
        nodes.mark_text(style="value", angle=300, align="right", dx=-12, dy=3, fontSize=11, aria=False).encode(text="name:N"),
    ]
    # names hang below the line of units: padding of the plot, not of the scale
    return _framed(
        net,
        alt.LayerChart(layer=layers, width=width, height=width * 0.42).resolve_scale(size="independent"),
        f"{len(strong)} strongest links; grey arcs join clusters",
    )


def _framed(net: Network, chart: alt.LayerChart, what: str) -> alt.LayerChart:
    years = net.meta["years"].split("-")
    span = years[0] if years[0] == years[-1] else "–".join(years)
    said = f"Cooperation network of {len(net.nodes)} units, {span}, in {max(n['cluster'] for n in net.nodes)} clusters"
    chart = chart.properties(title=heading(said, f"{net.meta['source']}; {what}; line width: joint works; colour: cluster"))
    chart.description = said + ": " + "; ".join(n["name"] for n in sorted(net.nodes, key=lambda n: (-n["links"], n["id"]))[:8])
    return chart
