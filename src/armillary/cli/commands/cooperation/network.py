"""The network for VOSviewer, Gephi, Cytoscape or R, and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.cooperation._common import WHOLE, load, table_options


@click.command(epilog="Example: armillary cooperation network --top 60 --alpha 0.05 --save world.json --plot world.svg")
@click.option(
    "--save", "files", type=click.Path(path_type=Path), multiple=True, help="Write .json (VOSviewer), .gexf or .graphml; may be repeated."
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the network to an SVG, PNG or HTML file.")
@click.option("--arcs", type=click.Path(path_type=Path), help="Draw it as arcs, units side by side by cluster.")
@click.option("--matrix", type=click.Path(path_type=Path), help="Draw it as a matrix of affinities.")
@click.option("--top", type=click.IntRange(2), default=60, show_default=True, help="Units with most links.")
@click.option("--min-works", type=click.IntRange(1), default=1, show_default=True, help="Leave out pairs with fewer joint works.")
@click.option("--alpha", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Disparity filter; 1 keeps every pair.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of clusters and layout.")
@table_options
def command(
    files: tuple[Path, ...],
    plot: Path | None,
    arcs: Path | None,
    matrix: Path | None,
    top: int,
    min_works: int,
    alpha: float,
    seed: int,
    as_json: bool,
    out: Path | None,
    limit: int,
    **given: Any,
) -> None:
    """The network for VOSviewer, Gephi, Cytoscape or R, and as a picture."""
    import pyarrow as pa

    from armillary.cli.tables import give
    from armillary.studies.cooperation.network import network as build
    from armillary.studies.cooperation.network import save_network

    pairs, period, meta = load(**given)
    net = build(pairs, period, top=top, min_works=min_works, alpha=alpha, seed=seed)
    for path in files:
        save_network(net, path)
    if plot or arcs or matrix:
        from armillary.charts import cooperation as charts
        from armillary.charts.base import save

        if plot:
            save(charts.network_view(net), plot)
        if arcs:
            save(charts.arc_view(net), arcs)
        if matrix:
            save(charts.partner_matrix(pairs, period, top=min(top, 30)), matrix)
    title = f"Cooperation network: {len(net.nodes)} units, {len(net.edges)} links, clusters by affinity"
    order = sorted(net.nodes, key=lambda n: (n["cluster"], -n["links"], n["id"]))
    give(pa.Table.from_pylist(order), {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=WHOLE)
