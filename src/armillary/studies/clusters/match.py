"""Which cluster of one edition is which of another, so that "rose two places" has a meaning.

The overlap of an old and a new cluster is the mean of two parts: of the old one's activity that lies inside the new one's outline, and of
the new one's that lies inside the old one's. Pairs are matched one to one so that the sum of overlaps is greatest; each needs ``least``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment

from armillary.core.arrays import Floats
from armillary.studies.clusters.hulls import inside
from armillary.studies.clusters.result import Clusters

LEAST = 0.2


def overlaps(old: Clusters, new: Clusters) -> Floats:
    """The overlap of each old (row) and new (column) cluster, 0 to 1."""
    return (_inside_of(old, new) + _inside_of(new, old).T) / 2


def _inside_of(mine: Clusters, theirs: Clusters) -> Floats:
    """Part of each of my clusters' activity that lies inside each of their outlines; shape (mine, theirs)."""
    points = mine.points.filter(pa.compute.is_valid(mine.points["row"]))
    lat, lon = (points[c].to_numpy() for c in ("lat_deg", "lon_deg"))
    row, activity = points["row"].to_numpy(), points["activity"].to_numpy()
    out = np.zeros((len(mine), len(theirs)))
    for j, outline in enumerate(theirs.outlines):
        there = inside(outline, lat, lon)
        np.add.at(out[:, j], row[there], activity[there])
    total = np.zeros(len(mine))
    np.add.at(total, row, activity)
    return np.divide(out, total[:, None], out=np.zeros_like(out), where=total[:, None] > 0)


def match_clusters(old: Clusters, new: Clusters, *, least: float = LEAST) -> pa.Table:
    """One row a cluster: ``unit_id, name, rank, old_unit_id, old_name, old_rank, change, overlap, what``.

    ``change`` is positive where a cluster rose. ``what`` is matched, new, gone, or for those without a partner of their own *joined* (most
    of it now lies in a cluster that is matched to another) and *split off*. Rows: new clusters by rank, then the gone ones by old rank.
    """
    found = overlaps(old, new)
    a, b = linear_sum_assignment(-np.where(found >= least, found, 0.0)) if found.size else (np.empty(0, int), np.empty(0, int))
    to_old = {int(j): int(i) for i, j in zip(a, b, strict=True) if found[i, j] >= least}
    kept = set(to_old.values())
    was, now = old.arrow.to_pylist(), new.arrow.to_pylist()
    went, came = _inside_of(old, new), _inside_of(new, old)
    rows: list[tuple[Any, ...]] = []
    for j, r in enumerate(now):
        i = to_old.get(j)
        if i is not None:
            rows.append(
                (
                    r["unit_id"],
                    r["name"],
                    r["rank"],
                    was[i]["unit_id"],
                    was[i]["name"],
                    was[i]["rank"],
                    was[i]["rank"] - r["rank"],
                    float(found[i, j]),
                    "matched",
                )
            )
        else:
            top = int(np.argmax(came[j])) if len(was) else -1
            split = top >= 0 and came[j, top] > 0.5 and top in kept
            from_ = was[top] if split else None
            before = (from_ and from_["unit_id"], from_ and from_["name"], from_ and from_["rank"])
            what = "split off" if split else "new"
            rows.append((r["unit_id"], r["name"], r["rank"], *before, None, float(found[:, j].max(initial=0.0)), what))
    for i, r in enumerate(was):
        if i not in kept:
            top = int(np.argmax(went[i])) if len(now) else -1
            joined = top >= 0 and went[i, top] > 0.5 and top in to_old
            into = now[top] if joined else None
            after = (into and into["unit_id"], into and into["name"], into and into["rank"])
            what = "joined" if joined else "gone"
            rows.append((*after, r["unit_id"], r["name"], r["rank"], None, float(found[i].max(initial=0.0)), what))
    names = ("unit_id", "name", "rank", "old_unit_id", "old_name", "old_rank", "change", "overlap", "what")
    kinds = (pa.string(), pa.string(), pa.int64(), pa.string(), pa.string(), pa.int64(), pa.int64(), pa.float64(), pa.string())
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)})
