"""Neighbouring clusters that are each other's strongest partner become one (METHODS 3.2, step 5, our rule).

Two clusters merge when their borders come within ``merge_km`` and each shares more records with the other than with any third cluster.
All such pairs merge at once, links are counted again, and so on until none is left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from armillary.core.arrays import Floats
from armillary.core.places.geo import chord, chord_to_km, unit_vectors
from armillary.studies.clusters.sources import Pairs

Labels = npt.NDArray[np.int64]


def merge_neighbours(
    lat_deg: Floats,
    lon_deg: Floats,
    labels: Labels,
    links: Callable[[Labels], Pairs],
    merge_km: float,
) -> tuple[Labels, list[dict[str, float]]]:
    """New labels (each merged pair takes the smaller one), and a protocol: one entry a merge with border distance and links.

    ``labels`` are of distinct points; ``links`` gives the records that clusters share under a labelling of those points.
    """
    near = border_distances(lat_deg, lon_deg, labels, merge_km)
    protocol: list[dict[str, float]] = []
    current = labels
    while near:
        counts = links(current)
        best = _strongest(counts)
        chosen = [(i, j) for i, j in sorted(near) if best.get(i) == (j, True) and best.get(j) == (i, True)]
        if not chosen:
            break
        to = {j: i for i, j in chosen}
        for i, j in chosen:
            protocol.append({"kept": i, "merged": j, "border_km": near[i, j], "links": counts[i, j]})
        current = np.array([to.get(k, k) for k in range(int(current.max()) + 1)] + [-1], dtype=np.int64)[current]
        moved: dict[tuple[int, int], float] = {}
        for (i, j), km in near.items():
            a, b = sorted((to.get(i, i), to.get(j, j)))
            if a != b:
                moved[a, b] = min(km, moved.get((a, b), np.inf))
        near = moved
    return current, protocol


def _strongest(links: Pairs) -> dict[int, tuple[int, bool]]:
    """For each cluster the partner it shares most records with, and whether no other partner has as many."""
    top: dict[int, tuple[int, int, bool]] = {}
    for (i, j), n in sorted(links.items()):
        for a, b in ((i, j), (j, i)):
            had = top.get(a)
            if had is None or n > had[1]:
                top[a] = (b, n, True)
            elif n == had[1]:
                top[a] = (had[0], n, False)
    return {a: (b, alone) for a, (b, _, alone) in top.items()}


def border_distances(lat_deg: Floats, lon_deg: Floats, labels: Labels, within_km: float) -> dict[tuple[int, int], float]:
    """Distance in km between the nearest points of each two clusters (i < j), where it is at most ``within_km``."""
    if within_km < 0:
        return {}
    xyz = unit_vectors(lat_deg, lon_deg)
    members = {k: np.flatnonzero(labels == k) for k in np.unique(labels[labels >= 0]).tolist()}
    boxes = {k: (xyz[m].min(axis=0), xyz[m].max(axis=0)) for k, m in members.items()}
    reach = chord(within_km)
    trees: dict[int, cKDTree] = {}
    out: dict[tuple[int, int], float] = {}
    keys = sorted(members)
    low, high = np.array([boxes[k][0] for k in keys]), np.array([boxes[k][1] for k in keys])
    for n, i in enumerate(keys):
        gap = np.maximum(0.0, np.maximum(low[n + 1 :] - high[n], low[n] - high[n + 1 :]))
        for j in (keys[n + 1 + k] for k in np.flatnonzero((gap**2).sum(axis=1) <= reach**2 * (1 + 1e-9)).tolist()):
            # only points near the other's box can be the nearest ones
            of_j = xyz[members[j]]
            beyond = np.maximum(0.0, np.maximum(of_j - boxes[i][1], boxes[i][0] - of_j))
            rim = members[j][(beyond**2).sum(axis=1) <= reach**2 * (1 + 1e-9)]
            if not len(rim):
                continue
            if i not in trees:
                trees[i] = cKDTree(xyz[members[i]])
            length = float(np.min(trees[i].query(xyz[rim], distance_upper_bound=reach * (1 + 1e-9))[0]))
            if np.isfinite(length) and float(chord_to_km(length)) <= within_km:
                out[i, j] = float(chord_to_km(length))
    return out
