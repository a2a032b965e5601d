"""Cooperation networks for other programs: VOSviewer (map and network JSON), GEXF (Gephi) and GraphML (Cytoscape, igraph, R)."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core import durable
from armillary.core.arrays import Floats
from armillary.errors import DataError, InputError, MissingExtraError
from armillary.studies.cooperation.measures import quasi_pai
from armillary.studies.cooperation.pairs import PairTable
from armillary.studies.cooperation.partners import PeriodLike, ranked

FORMATS = {".json": "VOSviewer map and network", ".gexf": "GEXF 1.2 (Gephi)", ".graphml": "GraphML"}


def networkx() -> Any:
    """The networkx package; :class:`MissingExtraError` without it."""
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingExtraError("networks", "a cooperation network") from error
    return nx


@dataclass(frozen=True)
class Network:
    """Nodes and edges in stable order, with a layout and clusters; coordinates lie in -1 to 1."""

    nodes: tuple[dict[str, Any], ...]
    """``id, name, works, links, partners, cluster, x, y``; cluster 1 is the largest."""
    edges: tuple[dict[str, Any], ...]
    """``source, target, works, affinity`` (over quasi-independence), source before target."""
    meta: dict[str, Any]


def network(
    pairs: PairTable,
    period: PeriodLike = None,
    *,
    min_works: int = 1,
    top: int | None = None,
    alpha: float = 1.0,
    resolution: float = 1.0,
    seed: int = 1,
) -> Network:
    """The cooperation network of a period.

    ``top`` keeps the units with most links; ``min_works`` and ``alpha`` (disparity filter, see :func:`backbone`)
    drop weak links, and units without any fall away. Clusters: Louvain communities on affinity, so that big
    countries do not swallow the map; layout: forces on the same weights. Both are seeded. Needs the extra ``networks``.
    """
    nx = networkx()
    joint, _ = pairs.summed(period)
    strength = joint.sum(axis=1)
    order = sorted((k for k in range(len(pairs.units)) if strength[k] > 0), key=lambda k: (-strength[k], pairs.units[k]))
    table = pairs.only([pairs.units[k] for k in order[:top]])
    own = table.summed(period)[1]
    affinity = np.nan_to_num(quasi_pai(table.summed(period)[0]))
    kept = backbone(table, period, alpha=alpha, min_works=min_works)
    graph = nx.Graph()
    graph.add_nodes_from(u for k, u in enumerate(table.units) if kept[k].any())
    if not graph.number_of_nodes():
        raise DataError("no pair is left to draw", fix="lower --min-works, or take a longer period")
    edges = []
    for i, j in zip(*np.nonzero(np.triu(kept, 1)), strict=True):
        a, b = table.units[i], table.units[j]
        graph.add_edge(a, b, affinity=float(affinity[i, j]), weight=float(np.sqrt(affinity[i, j])))
        edges.append({"source": a, "target": b, "works": int(kept[i, j]), "affinity": float(affinity[i, j])})
    groups = nx.community.louvain_communities(graph, weight="affinity", resolution=resolution, seed=seed)
    groups = sorted((sorted(g) for g in groups), key=lambda g: (-len(g), g[0]))
    cluster = {u: n for n, g in enumerate(groups, 1) for u in g}
    place = nx.spring_layout(graph, weight="weight", seed=seed, iterations=200)
    nodes = tuple(
        {
            "id": u,
            "name": table.name(u),
            "works": int(own[table.row(u)]),
            "links": int(kept[table.row(u)].sum()),
            "partners": int(graph.degree(u)),
            "cluster": cluster[u],
            "x": round(float(place[u][0]), 6),
            "y": round(float(place[u][1]), 6),
        }
        for u in sorted(graph.nodes)
    )
    years = [table.years[k] for k in table.span(period)]
    meta = {
        "title": "Cooperation network",
        "years": f"{years[0]}-{years[-1]}",
        "source": table.source,
        "vintage": table.vintage,
        "works": table.own_meaning,
        "links": "joint works, full counting",
        "min_works": min_works,
        "alpha": alpha,
        "seed": seed,
    }
    return Network(nodes, tuple(edges), meta)


def save_network(net: Network, path: str | Path) -> Path:
    """Write a network as ``.json`` (VOSviewer), ``.gexf`` or ``.graphml``; the same network gives the same bytes."""
    target = Path(path)
    kind = target.suffix.casefold()
    if kind not in FORMATS:
        raise InputError(f"cannot write a network as '{kind or target.name}'", where=target, fix="end the name in .json, .gexf or .graphml")
    data = _vosviewer(net) if kind == ".json" else _graph_file(net, kind)
    durable.write(target, data)
    return target


def _vosviewer(net: Network) -> bytes:
    number = {n["id"]: k for k, n in enumerate(net.nodes, 1)}
    items = [
        {
            "id": number[n["id"]],
            "label": n["name"],
            "x": n["x"],
            "y": n["y"],
            "cluster": n["cluster"],
            "weights": {"Works": n["works"], "Links": n["partners"], "Total link strength": n["links"]},
            "scores": {"Works per partner": round(n["links"] / n["partners"], 3)},
        }
        for n in net.nodes
    ]
    links = [{"source_id": number[e["source"]], "target_id": number[e["target"]], "strength": e["works"]} for e in net.edges]
    info = {"title": net.meta["title"], "description": "; ".join(f"{k}: {v}" for k, v in net.meta.items() if k != "title")}
    whole = {
        "network": {"items": items, "links": links},
        "config": {
            "terminology": {"item": "country", "items": "countries", "link_strength": "joint works"},
            "parameters": {"item_size": 1, "item_color": 1, "max_n_links": 1000},
        },
        "info": info,
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _graph_file(net: Network, kind: str) -> bytes:
    nx = networkx()
    graph = nx.Graph(name=net.meta["title"], **{k: str(v) for k, v in net.meta.items() if k != "title"})
    for n in net.nodes:
        extra = {k: n[k] for k in ("works", "links", "partners", "cluster")}
        if kind == ".gexf":
            graph.add_node(n["id"], label=n["name"], viz={"position": {"x": n["x"] * 1000, "y": n["y"] * 1000, "z": 0.0}}, **extra)
        else:
            graph.add_node(n["id"], label=n["name"], x=n["x"], y=n["y"], **extra)
    for e in net.edges:
        graph.add_edge(e["source"], e["target"], weight=float(e["works"]), affinity=e["affinity"])
    out = io.BytesIO()
    if kind == ".graphml":
        nx.write_graphml_xml(graph, out, encoding="utf-8", prettyprint=True)
        return out.getvalue()
    nx.write_gexf(graph, out, encoding="utf-8", prettyprint=True)
    # networkx stamps the file with today's date and its own version: the file would not be the same twice
    return re.sub(rb'<meta lastmodifieddate="[^"]*">\s*<creator>[^<]*</creator>', b"<meta><creator>Armillary</creator>", out.getvalue())


def backbone(pairs: PairTable, period: PeriodLike = None, *, alpha: float = 0.05, min_works: int = 1) -> Floats:
    """Joint works of the pairs that matter to at least one side (disparity filter of Serrano, Boguna and Vespignani), others 0.

    A link of weight ``w`` of a unit with ``k`` partners and ``s`` links in all stays if ``(1 - w/s)^(k-1) < alpha`` for either side.
    ``alpha = 1`` keeps every pair. Units with a single partner keep it.
    """
    joint, _ = pairs.summed(period)
    strength, degree = joint.sum(axis=1), (joint > 0).sum(axis=1)
    part = np.divide(joint, strength[:, None], out=np.zeros_like(joint), where=strength[:, None] > 0)
    chance = (1 - part) ** np.maximum(degree - 1, 0)[:, None]
    keep = (chance < alpha) | ((degree == 1)[:, None] & (joint > 0)) | (alpha >= 1)
    return np.where((keep | keep.T) & (joint >= max(min_works, 1)), joint, 0.0)


def brokers(pairs: PairTable, period: PeriodLike = None, *, alpha: float = 0.05, min_works: int = 1) -> pa.Table:
    """Who stands between others: betweenness on the :func:`backbone` (``value``), with Burt's constraint and partners beside it.

    The distance of two partners is the inverse of their joint works; betweenness is the share of the other units' shortest paths that
    pass through the unit. Low constraint means partners that do not work with one another. Needs the extra ``networks``.
    """
    nx = networkx()
    kept = backbone(pairs, period, alpha=alpha, min_works=min_works)
    graph = nx.Graph()
    graph.add_nodes_from(u for k, u in enumerate(pairs.units) if kept[k].any())
    for i, j in zip(*np.nonzero(np.triu(kept, 1)), strict=True):
        graph.add_edge(pairs.units[i], pairs.units[j], weight=float(kept[i, j]), distance=1.0 / float(kept[i, j]))
    if not graph.number_of_edges():
        raise DataError("no pair is left to look between", fix="take a longer period, or --alpha 1 to keep every pair")
    between = nx.betweenness_centrality(graph, weight="distance")
    constraint = nx.constraint(graph, weight="weight")
    return ranked(
        [
            {
                "unit_id": u,
                "name": pairs.name(u),
                "value": float(between[u]),
                "constraint": float(constraint[u]),
                "backbone_partners": int(graph.degree(u)),
                "links": float(kept[pairs.row(u)].sum()),
            }
            for u in graph.nodes
        ]
    )
