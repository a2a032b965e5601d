"""How much a cluster ranking owes to its choices: radius, density, weights, merging, and each source."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from armillary.studies.clusters.find import find_clusters
from armillary.studies.clusters.match import match_clusters
from armillary.studies.clusters.method import Method
from armillary.studies.clusters.result import Clusters
from armillary.studies.clusters.sources import PointSet


def variants(method: Method) -> dict[str, Method]:
    """The same method with one choice changed at a time."""
    out = {f"radius {km:g} km": method.but(eps_km=km) for km in (10.0, 13.0, 15.0, 18.0, 20.0) if km != method.eps_km}
    out |= {f"density x {f:g}": method.but(min_listings=method.min_listings * f) for f in (0.5, 0.75, 1.5, 2.0)}
    if len(method.sources) > 1:
        out["sources not equalised" if method.equalise else "sources equalised"] = method.but(equalise=not method.equalise)
    out["no merging" if method.merge_km >= 0 else "merging"] = method.but(merge_km=-1.0 if method.merge_km >= 0 else 5.0)
    if len(method.sources) > 1:
        out |= {f"without {s}": method.but(sources=tuple(t for t in method.sources if t != s)) for s in method.sources}
    return out


def sensitivity(sources: Sequence[PointSet], base: Clusters, *, first: int = 20) -> pa.Table:
    """Rank of the ``first`` clusters under each variant: ``unit_id, name, rank, variant, variant_rank, moved, clusters``.

    ``variant_rank`` is null where the variant has no such cluster; ``moved`` is positive where it stands higher than in the base;
    ``clusters`` is the number of clusters that the variant finds. Clusters of a variant are matched by overlap (:mod:`.match`).
    """
    rows = []
    mine = [r for r in base.arrow.to_pylist() if r["rank"] <= first]
    for name, method in variants(base.method).items():
        other = find_clusters([s for s in sources if s.name in method.sources], method)
        found = {r["old_unit_id"]: r for r in match_clusters(base, other).to_pylist() if r["what"] == "matched"}
        for r in mine:
            there = found.get(r["unit_id"])
            place = None if there is None else there["rank"]
            rows.append((r["unit_id"], r["name"], r["rank"], name, place, None if place is None else r["rank"] - place, len(other)))
    names = ("unit_id", "name", "rank", "variant", "variant_rank", "moved", "clusters")
    kinds = (pa.string(), pa.string(), pa.int64(), pa.string(), pa.int64(), pa.int64(), pa.int64())
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)})


def flips(base: Clusters, source: str) -> list[tuple[str, str]]:
    """Pairs of clusters (names, higher first in the base) that change places when ``source`` is left out of the score."""
    before = [(r["unit_id"], r["name"], r["rank"]) for r in base.arrow.to_pylist()]
    after = base.without(source)
    return [(a[1], b[1]) for n, a in enumerate(before) for b in before[n + 1 :] if a[2] < b[2] and after[a[0]] > after[b[0]]]
