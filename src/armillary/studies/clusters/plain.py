"""The same steps as ``fast.py`` in NumPy, for machines without numba: slower, the same labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from armillary.core.arrays import Bools, Int32s, Ints
from armillary.studies.clusters.grid import Grid

_PAIRS = 2_000_000
"""Point pairs held at a time (about 150 MB)."""


def _spread(start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """The numbers of many ranges, one after the other, and which range each comes from."""
    length = np.maximum(stop - start, 0)
    owner = np.repeat(np.arange(len(length)), length)
    offset = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    return start[owner] + offset, owner


def _cell_pairs(grid: Grid, cells: Ints, wanted: Bools) -> tuple[Ints, Ints]:
    """Pairs (cell of ``cells``, cell of ``wanted``) whose boxes come within reach of each other."""
    runs = grid.ranges[cells].astype(np.int64)
    start, stop = runs[:, :, 0::2].reshape(len(cells), 10), runs[:, :, 1::2].reshape(len(cells), 10)
    other, owner = _spread(start.ravel(), stop.ravel())
    mine = cells[owner // 10]
    keep = wanted[other]
    mine, other = mine[keep], other[keep]
    a, b = grid.cell_box[mine], grid.cell_box[other]
    gap = np.maximum(0.0, np.maximum(a[:, :3] - b[:, 3:], b[:, :3] - a[:, 3:]))
    keep = (gap * gap).sum(axis=1) <= grid.eps_chord**2 * (1 + 1e-9)
    return mine[keep], other[keep]


def _point_pairs(grid: Grid, cells: Ints, left: Bools, right: Bools) -> Iterator[tuple[Ints, Ints, npt.NDArray[np.float64]]]:
    """Pairs of neighbouring points in pieces, with squared chords: the first in ``cells`` and marked ``left``, the second ``right``."""
    first = grid.block_start[grid.cell_block].astype(np.int64)
    right_cells = np.add.reduceat(right, first[:-1]) > 0
    for piece in range(0, len(cells), 512):
        mine, other = _cell_pairs(grid, cells[piece : piece + 512], right_cells)
        p, owner = _spread(first[mine], first[mine + 1])
        keep = left[p]
        p, d = p[keep], other[owner[keep]]
        order = np.argsort(p, kind="stable")
        p, d = p[order], d[order]
        total = np.cumsum(first[d + 1] - first[d])
        cuts: npt.NDArray[np.int64]
        cuts = np.searchsorted(total, np.arange(_PAIRS, int(total[-1]) + _PAIRS, _PAIRS), side="left") if len(total) else total
        begin = 0
        for cut in cuts:
            end = min(int(cut) + 1, len(p))
            q, row = _spread(first[d[begin:end]], first[d[begin:end] + 1])
            keep = right[q]
            q, pp = q[keep], p[begin:end][row[keep]]
            e = grid.xyz[pp] - grid.xyz[q]
            far = e[:, 0] * e[:, 0] + e[:, 1] * e[:, 1] + e[:, 2] * e[:, 2]
            keep = far <= grid.eps_chord**2
            yield pp[keep], q[keep], far[keep]
            begin = end


def core_points(grid: Grid, need: int) -> Bools:
    """Which points have at least ``need`` weight within reach."""
    first = grid.block_start[grid.cell_block].astype(np.int64)
    held = np.diff(first)
    core = np.repeat(grid.cell_weight >= need, held)
    everything = np.ones(len(core), dtype=np.bool_)
    total = np.zeros(len(core), dtype=np.int64)
    thin = np.flatnonzero(grid.cell_weight < need)
    for p, q, _ in _point_pairs(grid, thin, everything, everything):
        np.add.at(total, p, grid.weight[q])
    return core | (total >= need)


def connect(grid: Grid, core: Bools) -> Ints:
    """Component of each cell (the least number of a cell in it)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = grid.block_start[grid.cell_block].astype(np.int64)
    cell_of = np.repeat(np.arange(grid.cells), np.diff(first))
    with_core = np.add.reduceat(core, first[:-1]) > 0
    links = [np.empty((2, 0), dtype=np.int64)]
    for p, q, _ in _point_pairs(grid, np.flatnonzero(with_core), core, core):
        links.append(np.unique(np.stack((cell_of[p], cell_of[q])), axis=1))
    a, b = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(grid.cells, grid.cells))
    number, label = connected_components(graph, directed=False)
    least = np.full(number, grid.cells, dtype=np.int64)
    np.minimum.at(least, label, np.arange(grid.cells))
    return np.asarray(least[label], dtype=np.int64)


def nearest_core(grid: Grid, core: Bools) -> Int32s:
    """For each point that is no core point the nearest core point within reach, or -1; of equally near ones the first in the table."""
    first = grid.block_start[grid.cell_block].astype(np.int64)
    cells = np.flatnonzero(np.add.reduceat(~core, first[:-1]) > 0)
    best = np.full(len(core), np.inf)
    out = np.full(len(core), -1, dtype=np.int32)
    for p, q, far in _point_pairs(grid, cells, ~core, core):
        order = np.lexsort((grid.index[q], far, p))
        p, q, far = p[order], q[order], far[order]
        keep = np.ones(len(p), dtype=np.bool_)
        keep[1:] = p[1:] != p[:-1]
        p, q, far = p[keep], q[keep], far[keep]
        before = np.where(out[p] >= 0, grid.index[out[p]], len(core))
        better = (far < best[p]) | ((far == best[p]) & (grid.index[q] < before))
        best[p[better]] = far[better]
        out[p[better]] = q[better]
    return out
