"""DBSCAN on the sphere with weighted points: exact, deterministic, and fast where cities are dense (METHODS 3.2, step 3).

A point is a *core point* if the weight within ``eps_km`` of it, its own included, is at least ``min_weight``. Core points within ``eps_km``
of each other belong to one cluster. A point that is no core point belongs to the cluster of its *nearest* core point within ``eps_km`` (of
equally near ones the first by latitude, then longitude), so the result does not depend on the order of the points; else it is noise.

Cells of side eps/sqrt(2) whose weight reaches ``min_weight`` are core as a whole, which spares the counting where it is expensive.
"""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Literal

import numpy as np
import numpy.typing as npt

from armillary.core.arrays import Int32s
from armillary.errors import MissingExtraError, UsageError
from armillary.studies.clusters.grid import MARGIN, Grid, make_grid
from armillary.studies.clusters.points import Distinct, collapse, fixed

Engine = Literal["auto", "numba", "numpy"]
SMALL = 2000
"""Distinct points below which NumPy is as quick."""


def dbscan(
    lat_deg: npt.ArrayLike,
    lon_deg: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    *,
    eps_km: float,
    min_weight: float,
    engine: Engine = "auto",
) -> Int32s:
    """Label of each point: clusters from 0 in the order of their southernmost core point, -1 for noise."""
    points, inverse = collapse(lat_deg, lon_deg, weight)
    labels, _ = dbscan_distinct(points, eps_km=eps_km, min_weight=min_weight, engine=engine)
    return labels[inverse]


def dbscan_distinct(
    points: Distinct,
    *,
    eps_km: float,
    min_weight: float,
    engine: Engine = "auto",
) -> tuple[Int32s, npt.NDArray[np.bool_]]:
    """Labels of distinct points, and which are core points. ``auto`` takes numba where it is there and worth compiling (6 s, once)."""
    if not 0 < eps_km <= 2000:
        raise UsageError(f"a radius of {eps_km} km makes no sense", fix="give more than 0 and at most 2,000 km")
    if not min_weight > 0:
        raise UsageError(f"a density of {min_weight} makes no sense", fix="give more than 0")
    if not len(points):
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.bool_)
    grid = make_grid(points, eps_km)
    core, component, nearest = _steps(grid, int(fixed(min_weight)), engine)
    cell_of = np.repeat(np.arange(grid.cells, dtype=np.int32), np.diff(grid.block_start[grid.cell_block]))
    at = np.where(core, cell_of, np.where(nearest >= 0, cell_of[nearest], -1))
    root = np.where(at >= 0, component[at], -1)
    # number the clusters by their first core point in the table
    first = np.full(grid.cells, len(points), dtype=np.int64)
    np.minimum.at(first, root[core], grid.index[core])
    used = np.flatnonzero(first < len(points))
    number = np.full(grid.cells + 1, -1, dtype=np.int32)
    number[used[np.argsort(first[used], kind="stable")]] = np.arange(len(used), dtype=np.int32)
    labels = np.empty(len(points), dtype=np.int32)
    labels[grid.index] = number[root]
    is_core = np.empty(len(points), dtype=np.bool_)
    is_core[grid.index] = core
    return labels, is_core


def _steps(grid: Grid, need: int, engine: Engine) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], Int32s]:
    """Core flags, component of each cell, nearest core point of the others."""
    try:
        if engine == "numpy" or (engine == "auto" and len(grid.index) < SMALL):
            raise ImportError
        from armillary.studies.clusters import fast
    except ImportError:
        if engine == "numba":
            raise MissingExtraError("clusters", "engine='numba'") from None
        from armillary.studies.clusters import plain

        core = plain.core_points(grid, need)
        return core, plain.connect(grid, core), plain.nearest_core(grid, core)
    with _ONE_AT_A_TIME:
        return _compiled(fast, grid, need)


_ONE_AT_A_TIME = threading.Lock()
"""numba's own pool of threads must not be entered from two threads at once (a web server has several)."""


def _compiled(fast: ModuleType, g: Grid, need: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], Int32s]:
    reach = (g.eps_chord**2, MARGIN)
    blocks, cells = (g.block_start, g.block_box), (g.cell_block, g.cell_box)
    block_weight = np.add.reduceat(g.weight, g.block_start[:-1])
    core = fast.core_points(g.xyz, g.weight, *blocks, block_weight, *cells, g.cell_weight, g.ranges, *reach, need)
    block_cores = np.add.reduceat(core, g.block_start[:-1], dtype=np.int32)
    cell_cores = np.add.reduceat(block_cores, g.cell_block[:-1])
    component = fast.connect(g.xyz, core, *blocks, block_cores, *cells, cell_cores, g.ranges, *reach)
    nearest = fast.nearest_core(g.xyz, core, g.index, *blocks, block_cores, *cells, cell_cores, g.ranges, *reach)
    return core, component, nearest
