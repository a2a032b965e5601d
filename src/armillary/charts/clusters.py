"""Innovation clusters on the world map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from armillary.charts.map import place_map
from armillary.studies.clusters.export import geojson
from armillary.studies.clusters.method import SOURCES
from armillary.studies.clusters.result import Clusters

if TYPE_CHECKING:
    import altair as alt


def cluster_map(
    clusters: Clusters, *, top: int | None = None, title: str | None = None, view: str = "World", controls: bool = False
) -> alt.LayerChart:
    """A map of the clusters."""
    shown = clusters.arrow.slice(0, top)
    names = " + ".join(SOURCES[s] for s in clusters.method.sources)
    return place_map(
        shown.to_pylist(),
        title=title or "Innovation clusters",
        subtitle=f"Share of the world's {names}; DBSCAN, {clusters.method.eps_km:g} km, {clusters.method.min_listings:g} listings",
        value_title="Share of the world" if len(clusters.method.sources) == 1 else "Sum of shares of the world",
        value_format=".3~%",
        hulls=geojson(clusters.arrow, clusters.outlines, top=top),
        view=view,
        controls=controls,
    )
