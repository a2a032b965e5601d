"""Clusters: weighted DBSCAN at 15 km and 4,500 points, ours against scikit-learn's kd-tree on unit-sphere chords.

    python benchmarks/clusters.py [--json PATH] [--quick]

Points are drawn around 3,000 cities (sizes by a power law, density falling outwards) with 4 % anywhere, and rounded to 2 or 3 decimals.
Each way runs in a process of its own that loads the points from a file; peak memory is that process's, input included. "collapse" joins
equal points (the peer is given the distinct ones); "cluster" is everything after. Labels are compared up to the border rule: same core
points, same noise, same partition of the core points. The peer is left out where its neighbour lists would not fit (15 GB at 0.9 million
distinct points with 3 decimals).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

EPS_KM, NEED = 15.0, 4500
CASES = [(1, 2), (3, 2), (10, 2), (0.25, 3), (1, 3), (3, 3), (10, 3)]
LIMITS = {(10, 2): (15.0, 1024), (10, 3): (45.0, 2048)}
PEER = [(1, 2), (3, 2), (10, 2), (0.25, 3)]
PLAIN = [(1, 2)]


def draw(n: int, seed: int = 7, cities: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    size = 1 / np.arange(1, cities + 1) ** 0.9
    lat0, lon0 = np.degrees(np.arcsin(rng.uniform(-0.6, 0.9, cities))), rng.uniform(-180, 180, cities)
    city = rng.choice(cities, size=n, p=size / size.sum())
    far = rng.uniform(5, 12, cities)[city] * rng.gamma(2, 0.5, n)
    turn = rng.uniform(0, 2 * np.pi, n)
    lat = lat0[city] + far * np.sin(turn) / 111.2
    lon = lon0[city] + far * np.cos(turn) / (111.2 * np.cos(np.radians(lat0[city])))
    anywhere = rng.random(n) < 0.04
    lat[anywhere] = np.degrees(np.arcsin(rng.uniform(-0.6, 0.9, anywhere.sum())))
    lon[anywhere] = rng.uniform(-180, 180, anywhere.sum())
    return lat, (lon + 180) % 360 - 180


def run_ours(folder: Path, engine: str) -> dict[str, float]:
    from armillary.studies.clusters.dbscan import dbscan, dbscan_distinct
    from armillary.studies.clusters.points import collapse

    rng = np.random.default_rng(1)
    started = time.perf_counter()
    dbscan(rng.normal(50, 0.1, 500), rng.normal(5, 0.1, 500), eps_km=2, min_weight=20, engine=engine)  # compiles, or reads the cache
    compiled = time.perf_counter() - started
    lat, lon = np.load(folder / "lat.npy"), np.load(folder / "lon.npy")
    started = time.perf_counter()
    points, inverse = collapse(lat, lon)
    collapsed = time.perf_counter() - started
    del lat, lon
    started = time.perf_counter()
    labels, core = dbscan_distinct(points, eps_km=EPS_KM, min_weight=NEED, engine=engine)
    clustered = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.savez(folder / f"{engine}.npz", labels=labels, core=core)
    np.savez(folder / "distinct.npz", lat=points.lat_deg, lon=points.lon_deg, weight=points.weight)
    return {
        "distinct": len(points),
        "collapse_s": collapsed,
        "cluster_s": clustered,
        "compile_s": compiled,
        "peak_mib": peak,
        "clusters": int(labels.max()) + 1,
        "points": len(inverse),
    }


def run_peer(folder: Path) -> dict[str, float]:
    from sklearn.cluster import DBSCAN

    from armillary.core.places.geo import chord, unit_vectors
    from armillary.studies.clusters.points import WEIGHT_ONE

    d = np.load(folder / "distinct.npz")
    xyz, weight = unit_vectors(d["lat"], d["lon"]), d["weight"] / WEIGHT_ONE
    started = time.perf_counter()
    peer = DBSCAN(eps=chord(EPS_KM), min_samples=NEED, algorithm="kd_tree", n_jobs=-1).fit(xyz, sample_weight=weight)
    clustered = time.perf_counter() - started
    core = np.zeros(len(xyz), dtype=bool)
    core[peer.core_sample_indices_] = True
    np.savez(folder / "peer.npz", labels=peer.labels_, core=core)
    return {"cluster_s": clustered, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def same(a: Path, b: Path) -> bool:
    """Same core points, same noise, same partition of the core points."""
    x, y = np.load(a), np.load(b)
    core = x["core"]
    if not (core == y["core"]).all() or not ((x["labels"] < 0) == (y["labels"] < 0)).all():
        return False
    pairs = {*zip(x["labels"][core].tolist(), y["labels"][core].tolist(), strict=True)}
    return len(pairs) == len({p for p, _ in pairs}) == len({q for _, q in pairs})


def child(folder: Path, way: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, "--child", str(folder), way], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="1 million points only")
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "WAY"))
    args = parser.parse_args()
    if args.child:
        folder, way = Path(args.child[0]), args.child[1]
        if way.startswith("draw:"):  # in a child too: a process starts with the peak memory of its parent
            _, n, decimals = way.split(":")
            lat, lon = draw(int(n))
            np.save(folder / "lat.npy", np.round(lat, int(decimals)))
            np.save(folder / "lon.npy", np.round(lon, int(decimals)))
            print("{}")
        else:
            print(json.dumps(run_peer(folder) if way == "peer" else run_ours(folder, way)))
        return 0
    rows, fine = [], True
    print(
        f"{'points':>8} {'distinct':>10} {'way':<22} {'collapse s':>10} {'cluster s':>10} {'all s':>7} {'MiB':>6} {'limit':>14} "
        f"{'ratio':>6} labels"
    )
    for millions, decimals in CASES:
        if args.quick and millions > 1:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            child(folder, f"draw:{int(millions * 1_000_000)}:{decimals}")
            ways = ["numba", *(["numpy"] if (millions, decimals) in PLAIN else []), *(["peer"] if (millions, decimals) in PEER else [])]
            ours: dict[str, float] = {}
            for way in ways:
                r = child(folder, way)
                if way == "numba":
                    ours = r
                agree = None if way == "numba" else same(folder / "numba.npz", folder / f"{way}.npz")
                total = r.get("collapse_s", 0.0) + r["cluster_s"]
                limit = LIMITS.get((millions, decimals)) if way == "numba" else None
                met = None if limit is None else total < limit[0] and r["peak_mib"] < limit[1]
                fine &= agree is not False and met is not False
                ratio = r["cluster_s"] / ours["cluster_s"]
                label = {"numba": "ours, numba", "numpy": "ours, NumPy", "peer": "scikit-learn kd-tree"}[way]
                rows.append(
                    {
                        "points": int(millions * 1_000_000),
                        "decimals": decimals,
                        "way": way,
                        **ours,
                        **r,
                        "total_s": total,
                        "equal_labels": agree,
                        "met": met,
                    }
                )
                asked = f"{limit[0]:.0f} s, {limit[1]:,}" if limit else ""
                said = "" if agree is None else "equal" if agree else "DIFFER"
                print(
                    f"{millions:>6} M {ours['distinct']:>10,} {label:<22} {r.get('collapse_s', 0):>10.2f} {r['cluster_s']:>10.2f} "
                    f"{total:>7.2f} {r['peak_mib']:>6.0f} {asked:>14} {ratio:>6.1f} {said}",
                    flush=True,
                )
    if args.json:
        args.json.write_text(json.dumps({"benchmark": "clusters", "cpus": os.cpu_count(), "rows": rows}, indent=1) + "\n", encoding="utf-8")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
