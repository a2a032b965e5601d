"""From points to a cluster ranking: weights, DBSCAN, merging, names, shares, ranks (METHODS 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from armillary.core.arrays import Floats
from armillary.core.places.geo import spherical_middle
from armillary.core.ranks import ranks_of
from armillary.counting.credits import CREDIT
from armillary.errors import DataError
from armillary.studies.clusters.dbscan import Engine, dbscan_distinct
from armillary.studies.clusters.hulls import hull, inside
from armillary.studies.clusters.merge import merge_neighbours
from armillary.studies.clusters.method import Method
from armillary.studies.clusters.naming import Named, name_cluster
from armillary.studies.clusters.points import collapse
from armillary.studies.clusters.population import Population
from armillary.studies.clusters.result import Clusters
from armillary.studies.clusters.sources import Pairs, PointSet


def source_weights(sources: Sequence[PointSet], equalise: bool) -> dict[str, float]:
    """Weight of one listing of each source: 1, or ``min(N) / N`` so that all sources weigh the same (METHODS 3.2, step 4)."""
    placed = {s.name: int(s.listings.sum()) for s in sources}
    least = min((n for n in placed.values() if n), default=1)
    return {name: (least / n if equalise and n else 1.0) for name, n in placed.items()}


def scores(parts: Mapping[str, npt.ArrayLike], totals: Mapping[str, float]) -> tuple[dict[str, Floats], Floats]:
    """Each source's share of the world, and their sum (3.1). ``parts`` are fractional counts by cluster, ``totals`` those of the world."""
    shares = {name: np.asarray(counts, dtype=np.float64) / totals[name] for name, counts in parts.items()}
    first = next(iter(shares.values()))
    return shares, np.asarray(sum(shares.values(), np.zeros_like(first)), dtype=np.float64)


def find_clusters(
    sources: Sequence[PointSet],
    method: Method,
    *,
    population: Population | None = None,
    meta: Mapping[str, object] | None = None,
    engine: Engine = "auto",
) -> Clusters:
    """Clusters of the given points, ranked by the sum of their world shares. Noise and what has no place stay in the world totals."""
    if not any(len(s) for s in sources):
        raise DataError("no point to cluster", fix="ingest patents, deals, or institutions with coordinates")
    lat, lon = np.concatenate([s.lat_deg for s in sources]), np.concatenate([s.lon_deg for s in sources])
    weight_of = source_weights(sources, method.equalise)
    # listings of one source at one place are added up first, so that rounding the weights does not depend on their order
    weight = np.concatenate([s.listings * weight_of[s.name] for s in sources])
    distinct, inverse = collapse(lat, lon, weight)
    found, _ = dbscan_distinct(distinct, eps_km=method.eps_km, min_weight=method.min_listings, engine=engine)
    labels = found.astype(np.int64)
    start = np.cumsum([0, *(len(s) for s in sources)])

    def links(of_distinct: npt.NDArray[np.int64]) -> Pairs:
        out: Pairs = {}
        for s, a, b in zip(sources, start[:-1].tolist(), start[1:].tolist(), strict=True):
            for pair, n in s.links(of_distinct[inverse[a:b]]).items():
                out[pair] = out.get(pair, 0) + n
        return out

    labels, merges = merge_neighbours(distinct.lat_deg, distinct.lon_deg, labels, links, method.merge_km)
    of_point = labels[inverse]
    kept = np.unique(of_point[of_point >= 0])
    rank_of = np.full(int(labels.max(initial=-1)) + 2, -1, dtype=np.int64)
    rank_of[kept] = np.arange(len(kept))
    of_point = np.where(of_point >= 0, rank_of[of_point], -1)
    for m in merges:
        m["kept"] = int(rank_of[int(m["kept"])])

    k = len(kept)
    credit = {s.name: _sum_by(of_point[a:b], s.credit, k) for s, a, b in zip(sources, start[:-1], start[1:], strict=True)}
    listings = {s.name: _sum_by(of_point[a:b], s.listings, k) for s, a, b in zip(sources, start[:-1], start[1:], strict=True)}
    parts = {name: np.array([float(v) / CREDIT for v in values]) for name, values in credit.items()}
    shares, value = scores(parts, {s.name: s.total / CREDIT for s in sources})
    activity = np.concatenate([s.credit / s.total for s in sources])
    city, country, region = ([x for s in sources for x in getattr(s, what)] for what in ("city", "country", "region"))

    middle, outline, area, named = [], [], [], []
    order = np.argsort(of_point, kind="stable")
    cut = np.searchsorted(of_point[order], np.arange(k + 1))
    for c in range(k):
        who = order[cut[c] : cut[c + 1]]
        middle.append(spherical_middle(lat[who], lon[who]))
        shape, km2 = hull(lat[who], lon[who], method.eps_km / 2)
        outline.append(shape)
        area.append(km2)
        cities, states, regions = ([what[i] for i in who] for what in (city, country, region))
        name = name_cluster(activity[who].tolist(), cities, states, regions, middle[c], part=method.name_part, most=method.name_most)
        named.append(name)
    people = [population.within(o) for o in outline] if population else [None] * k
    table = _table(sources, value, shares, parts, listings, middle, area, named, people)
    place = {row: n for n, row in enumerate(table["cluster"].to_pylist())}
    points = pa.table(
        {
            "source": pa.array([s.name for s in sources for _ in range(len(s))], pa.string()),
            "lat_deg": lat,
            "lon_deg": lon,
            "listings": np.concatenate([s.listings for s in sources]),
            "activity": activity,
            "row": pa.array([place.get(c) for c in of_point.tolist()], pa.int32()),
            "city": pa.array(city, pa.string()),
            "country_code": pa.array(country, pa.string()),
        }
    )
    ids = table["unit_id"].to_pylist()
    joined = [{"unit_id": ids[place[int(m["kept"])]], "border_km": round(m["border_km"], 3), "links": m["links"]} for m in merges]
    told = {
        "method": method.as_dict(),
        "method_digest": method.digest,
        "merges": joined,
        "sources": [
            {
                "source": s.name,
                "period": s.period,
                "records": s.records,
                "placed_listings": int(s.listings.sum()),
                "unplaced_listings": s.unplaced_listings,
                "weight": weight_of[s.name],
                "share_in_clusters": float(shares[s.name].sum()) if k else 0.0,
                "share_without_place": 1.0 - float(s.credit.sum()) / s.total,
            }
            for s in sources
        ],
        "note": None if method.name == "free" else f"constants of {method.name}: {method.status}",
        **(meta or {}),
    }
    return Clusters(method, table.drop(["cluster"]), points, [outline[c] for c in table["cluster"].to_pylist()], told)


def _sum_by(label: npt.NDArray[np.int64], amount: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    out = np.zeros(k + 1, dtype=np.int64)
    np.add.at(out, label, amount)
    return out[:k]


def _table(
    sources: Sequence[PointSet],
    value: Floats,
    shares: Mapping[str, Floats],
    parts: Mapping[str, Floats],
    listings: Mapping[str, npt.NDArray[np.int64]],
    middle: Sequence[tuple[float, float]],
    area: Sequence[float],
    named: Sequence[Named],
    people: Sequence[float | None],
) -> pa.Table:
    """One row a cluster in order of rank: competition ranks, ties by name and then id."""
    k = len(value)
    seen: dict[str, int] = {}
    ids: dict[int, str] = {}
    for c in sorted(range(k), key=lambda c: (-value[c], named[c].name, middle[c])):
        n = seen[named[c].key] = seen.get(named[c].key, 0) + 1
        ids[c] = f"cl:{named[c].key}" + (f"-{n}" if n > 1 else "")
    order = sorted(range(k), key=lambda c: (-value[c], named[c].name.casefold(), ids[c]))
    intensity = [1e6 * value[c] / p if (p := people[c]) else None for c in range(k)]
    by_intensity = ranks_of([intensity[c] for c in order])
    count = sum(listings.values(), np.zeros(k, dtype=np.int64))
    columns: dict[str, pa.Array] = {
        "rank": pa.array(ranks_of([float(value[c]) for c in order]), pa.int64()),
        "unit_id": pa.array([ids[c] for c in order], pa.string()),
        "name": pa.array([named[c].name for c in order], pa.string()),
        "value": pa.array([float(value[c]) for c in order], pa.float64()),
        "count": pa.array([int(count[c]) for c in order], pa.int64()),
        "country_code": pa.array([named[c].countries[0] if named[c].countries else None for c in order], pa.string()),
        "countries": pa.array([";".join(named[c].countries) for c in order], pa.string()),
        "is_cross_border": pa.array([len(named[c].countries) > 1 for c in order], pa.bool_()),
    }
    for s in sources:
        columns[f"{s.name}_share"] = pa.array([float(shares[s.name][c]) for c in order], pa.float64())
        columns[f"{s.name}_count"] = pa.array([float(parts[s.name][c]) for c in order], pa.float64())
    for s in sources:
        columns[f"{s.name}_rank"] = pa.array(ranks_of([float(shares[s.name][c]) for c in order]), pa.int64())
    columns |= {
        "lat_deg": pa.array([round(middle[c][0], 5) for c in order], pa.float64()),
        "lon_deg": pa.array([round(middle[c][1], 5) for c in order], pa.float64()),
        "area_km2": pa.array([round(area[c], 1) for c in order], pa.float64()),
        "population_n": pa.array([None if people[c] is None else round(float(people[c] or 0)) for c in order], pa.int64()),
        "intensity": pa.array([intensity[c] for c in order], pa.float64()),
        "intensity_rank": pa.array(by_intensity, pa.int64()),
        "cluster": pa.array(order, pa.int32()),
    }
    return pa.table(columns)


__all__ = ["find_clusters", "inside", "scores", "source_weights"]
