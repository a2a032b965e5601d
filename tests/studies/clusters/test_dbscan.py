"""DBSCAN on the sphere: the definition, the edges of the globe, order, threads, both engines, scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.dbscan import dbscan as slow

from armillary.core.places.geo import EARTH_KM, chord, haversine_km, unit_vectors
from armillary.errors import DataError, UsageError
from armillary.studies.clusters.dbscan import SMALL, dbscan, dbscan_distinct
from armillary.studies.clusters.points import WEIGHT_ONE, collapse, fixed

ENGINES = ["numba", "numpy"]
KM = 180 / (np.pi * EARTH_KM)  # degrees of latitude a km


def scatter(kind: str, rng: np.random.Generator, n: int) -> tuple[Any, Any, float]:
    """Points where grids go wrong: the whole globe, a pole, the 180th meridian, a dense town, a lattice."""
    if kind == "globe":
        return np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n), 1500.0
    if kind == "pole":
        return rng.uniform(89.5, 90, n), rng.uniform(-180, 180, n), 15.0
    if kind == "date line":
        return rng.uniform(-0.5, 0.5, n), (179.6 + rng.uniform(0, 0.8, n) + 180) % 360 - 180, 15.0
    if kind == "town":
        return 50 + rng.normal(0, 0.2, n), 10 + rng.normal(0, 0.3, n), 15.0
    return np.round(-33 + rng.normal(0, 0.15, n), 1), np.round(151 + rng.normal(0, 0.2, n), 1), 11.2


KINDS = ["globe", "pole", "date line", "town", "lattice"]


@pytest.mark.parametrize("engine", ENGINES)
def test_t3_4_one_meridian(engine: Any) -> None:
    lat = np.array([0.0, 10.0, 20.0, 60.0]) * KM
    lon = np.full(4, 5.0)
    sizes = [(haversine_km(lat, lon, lat[i], lon[i]) <= 15).sum() for i in range(4)]
    assert sizes == [2, 3, 2, 1]
    points, inverse = collapse(lat, lon)
    labels, core = dbscan_distinct(points, eps_km=15, min_weight=3, engine=engine)
    assert labels[inverse].tolist() == [0, 0, 0, -1] and core[inverse].tolist() == [False, True, False, False]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_plain_reference(engine: Any, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lat, lon, eps = scatter(kind, rng, 120)
    weight = rng.integers(1, 5, 120).astype(float)
    need = int(rng.integers(2, 40))
    points, _ = collapse(lat, lon, weight)
    where = list(zip(points.lat_deg.tolist(), points.lon_deg.tolist(), strict=True))
    expected, core = slow(where, (points.weight / WEIGHT_ONE).tolist(), eps, need)
    labels, is_core = dbscan_distinct(points, eps_km=eps, min_weight=need, engine=engine)
    assert is_core.tolist() == core
    assert labels.tolist() == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 6)), min_size=1, max_size=40),
    st.sampled_from([1.0, 15.0, 800.0, 2000.0]),
    st.integers(1, 12),
)
def test_engines_agree_anywhere(rows: list[tuple[float, float, int]], eps: float, need: int) -> None:
    lat, lon, weight = (np.array(c, dtype=float) for c in zip(*[r if (r[0], r[1]) != (0, 0) else (0.5, 0.5, 1) for r in rows], strict=True))
    got = [dbscan(lat, lon, weight, eps_km=eps, min_weight=need, engine=e) for e in ENGINES]  # type: ignore[arg-type]
    assert got[0].tolist() == got[1].tolist()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_order_of_the_input_does_not_matter(kind: str, engine: Any) -> None:
    rng = np.random.default_rng(5)
    lat, lon, eps = scatter(kind, rng, 1200)
    weight = rng.uniform(0, 2, 1200)
    labels = dbscan(lat, lon, weight, eps_km=eps, min_weight=30, engine=engine)
    for _ in range(3):
        p = rng.permutation(1200)
        assert (dbscan(lat[p], lon[p], weight[p], eps_km=eps, min_weight=30, engine=engine) == labels[p]).all()


def test_number_of_threads_does_not_matter() -> None:
    numba = pytest.importorskip("numba")
    rng = np.random.default_rng(6)
    lat, lon, _ = scatter("town", rng, 20_000)
    before = numba.get_num_threads()
    try:
        results = []
        for threads in {1, numba.config.NUMBA_NUM_THREADS}:
            numba.set_num_threads(threads)
            results.append(dbscan(lat, lon, eps_km=3, min_weight=90, engine="numba").tolist())
    finally:
        numba.set_num_threads(before)
    assert all(r == results[0] for r in results)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_scikit_learn_up_to_border_points(kind: str, engine: Any) -> None:
    sklearn = pytest.importorskip("sklearn.cluster")
    rng = np.random.default_rng(8)
    lat, lon, eps = scatter(kind, rng, 4000)
    need = {"globe": 55, "pole": 220, "date line": 260, "town": 60, "lattice": 60}[kind]
    points, _ = collapse(lat, lon)
    labels, core = dbscan_distinct(points, eps_km=eps, min_weight=need, engine=engine)
    peer = sklearn.DBSCAN(eps=chord(eps), min_samples=need, algorithm="kd_tree")
    peer.fit(unit_vectors(points.lat_deg, points.lon_deg), sample_weight=points.weight / WEIGHT_ONE)
    theirs = np.zeros(len(points), dtype=bool)
    theirs[peer.core_sample_indices_] = True
    assert (theirs == core).all() and core.any() and not core.all()
    pairs = set(zip(labels[core].tolist(), peer.labels_[core].tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert ((labels < 0) == (peer.labels_ < 0)).all()


def test_border_point_between_two_clusters_goes_to_the_nearer_one() -> None:
    """Towns at 0 and 34 km, each with a core point 10 km nearer the middle; the point at 17.5 km reaches both and is no core point."""
    lat = np.array([0.001, 0.001, 0.0, 0.0, 0.0])
    lon = 5.0 + np.array([0.0, 10.0, 34.0, 24.0, 17.5]) * KM
    weight = np.array([5.0, 1.0, 5.0, 1.0, 1.0])
    for order in ([0, 1, 2, 3, 4], [4, 0, 1, 2, 3], [1, 4, 3, 0, 2]):
        got = dbscan(lat[order], lon[order], weight[order], eps_km=12, min_weight=6)
        assert dict(zip(order, got.tolist(), strict=True)) == {2: 0, 3: 0, 4: 0, 0: 1, 1: 1}


def test_weights_count_as_repeated_points() -> None:
    rng = np.random.default_rng(3)
    lat, lon, eps = scatter("lattice", rng, 400)
    times = rng.integers(1, 6, 400)
    once = dbscan(lat, lon, times, eps_km=eps, min_weight=40)
    often = dbscan(np.repeat(lat, times), np.repeat(lon, times), eps_km=eps, min_weight=40)
    assert (np.repeat(once, times) == often).all()


def test_collapse_keeps_the_weight_and_joins_the_two_sides_of_the_date_line() -> None:
    points, inverse = collapse([1.0, 1.0, 2.0], [180.0, -180.0, 3.0], [0.5, 0.25, 2.0])
    assert len(points) == 2 and inverse[0] == inverse[1]
    assert (points.weight / WEIGHT_ONE).tolist() == [0.75, 2.0]
    assert fixed([0.1, 0.2]).sum() == fixed([0.2, 0.1]).sum()


@pytest.mark.parametrize(
    "call",
    [
        lambda: collapse([91.0], [0.0]),
        lambda: collapse([0.0], [0.0]),
        lambda: collapse([np.nan], [1.0]),
        lambda: fixed([-1.0]),
        lambda: fixed([np.inf]),
    ],
)
def test_bad_points_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(DataError):
        call()


def test_bad_parameters_are_refused_and_nothing_is_something() -> None:
    with pytest.raises(UsageError, match="radius"):
        dbscan([1.0], [1.0], eps_km=0, min_weight=1)
    with pytest.raises(UsageError, match="density"):
        dbscan([1.0], [1.0], eps_km=1, min_weight=0)
    assert dbscan([], [], eps_km=1, min_weight=1).tolist() == []


def test_without_numba_the_same_labels_come_from_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from armillary.errors import MissingExtraError

    lat, lon, eps = scatter("town", np.random.default_rng(11), SMALL + 500)
    expected = dbscan(lat, lon, eps_km=eps, min_weight=500, engine="numba").tolist()
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "armillary.studies.clusters.fast", raising=False)
    monkeypatch.delattr("armillary.studies.clusters.fast", raising=False)
    assert dbscan(lat, lon, eps_km=eps, min_weight=500).tolist() == expected
    with pytest.raises(MissingExtraError, match="armillary\\[clusters\\]"):
        dbscan(lat, lon, eps_km=eps, min_weight=500, engine="numba")


def test_several_threads_may_ask_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    lat, lon, eps = scatter("town", np.random.default_rng(12), 4000)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: dbscan(lat, lon, eps_km=eps, min_weight=300, engine="numba").tolist(), range(8)))
    assert all(f == found[0] for f in found)
