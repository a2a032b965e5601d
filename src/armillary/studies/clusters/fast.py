"""The steps of DBSCAN over a :class:`~armillary.studies.clusters.grid.Grid`, compiled by numba (extra ``clusters``). See ``dbscan.py``."""

# numba infers the types of what it compiles
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator"
from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, inline="always")
def _box_gap(x, y, z, box, k):
    """Least squared distance from a point to box ``k``."""
    dx = max(box[k, 0] - x, 0.0, x - box[k, 3])
    dy = max(box[k, 1] - y, 0.0, y - box[k, 4])
    dz = max(box[k, 2] - z, 0.0, z - box[k, 5])
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, inline="always")
def _box_span(x, y, z, box, k):
    """Greatest squared distance from a point to a corner of box ``k``."""
    dx = max(x - box[k, 0], box[k, 3] - x)
    dy = max(y - box[k, 1], box[k, 4] - y)
    dz = max(z - box[k, 2], box[k, 5] - z)
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, inline="always")
def _boxes_gap(a, i, b, k):
    """Least squared distance between two boxes."""
    dx = max(a[i, 0] - b[k, 3], 0.0, b[k, 0] - a[i, 3])
    dy = max(a[i, 1] - b[k, 4], 0.0, b[k, 1] - a[i, 4])
    dz = max(a[i, 2] - b[k, 5], 0.0, b[k, 2] - a[i, 5])
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, inline="always")
def _boxes_span(a, i, b, k):
    """Greatest squared distance between points of two boxes."""
    dx = max(a[i, 3] - b[k, 0], b[k, 3] - a[i, 0])
    dy = max(a[i, 4] - b[k, 1], b[k, 4] - a[i, 1])
    dz = max(a[i, 5] - b[k, 2], b[k, 5] - a[i, 2])
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, parallel=True)
def core_points(xyz, weight, block_start, block_box, block_weight, cell_block, cell_box, cell_weight, ranges, s2, play, need):
    """Which points have at least ``need`` weight within the chord whose square is ``s2``."""
    core = np.zeros(len(weight), dtype=np.bool_)
    near, sure_in = s2 * (1 + play), s2 * (1 - play)
    for c in prange(len(cell_weight)):
        first, last = block_start[cell_block[c]], block_start[cell_block[c + 1]]
        if cell_weight[c] >= need:
            core[first:last] = True
            continue
        around = 0
        for k in range(5):
            for half in range(0, 4, 2):
                for d in range(ranges[c, k, half], ranges[c, k, half + 1]):
                    if d != c and _boxes_gap(cell_box, c, cell_box, d) <= near:
                        around += cell_weight[d]
        if cell_weight[c] + around < need:
            continue
        for p in range(first, last):
            x, y, z = xyz[p, 0], xyz[p, 1], xyz[p, 2]
            total, left = cell_weight[c], around
            for k in range(5):
                for half in range(0, 4, 2):
                    for d in range(ranges[c, k, half], ranges[c, k, half + 1]):
                        if d == c or total >= need or total + left < need or _boxes_gap(cell_box, c, cell_box, d) > near:
                            continue
                        left -= cell_weight[d]
                        if _box_gap(x, y, z, cell_box, d) > near:
                            continue
                        if _box_span(x, y, z, cell_box, d) <= sure_in:
                            total += cell_weight[d]
                            continue
                        for b in range(cell_block[d], cell_block[d + 1]):
                            if _box_gap(x, y, z, block_box, b) > near:
                                continue
                            if _box_span(x, y, z, block_box, b) <= sure_in:
                                total += block_weight[b]
                            else:
                                for q in range(block_start[b], block_start[b + 1]):
                                    dx, dy, dz = x - xyz[q, 0], y - xyz[q, 1], z - xyz[q, 2]
                                    if dx * dx + dy * dy + dz * dz <= s2:
                                        total += weight[q]
                            if total >= need:
                                break
            core[p] = total >= need
    return core


@njit(cache=True)
def _root(parent, c):
    while parent[c] != c:
        parent[c] = parent[parent[c]]
        c = parent[c]
    return c


@njit(cache=True)
def _touch(xyz, core, block_start, block_box, block_cores, cell_block, c, d, s2, play):
    """Whether a core point of cell ``c`` has one of cell ``d`` within reach."""
    for b in range(cell_block[c], cell_block[c + 1]):
        if block_cores[b] == 0:
            continue
        for e in range(cell_block[d], cell_block[d + 1]):
            if block_cores[e] == 0 or _boxes_gap(block_box, b, block_box, e) > s2 * (1 + play):
                continue
            if _boxes_span(block_box, b, block_box, e) <= s2 * (1 - play):
                return True
            for p in range(block_start[b], block_start[b + 1]):
                if not core[p]:
                    continue
                x, y, z = xyz[p, 0], xyz[p, 1], xyz[p, 2]
                if _box_gap(x, y, z, block_box, e) > s2 * (1 + play):
                    continue
                for q in range(block_start[e], block_start[e + 1]):
                    dx, dy, dz = x - xyz[q, 0], y - xyz[q, 1], z - xyz[q, 2]
                    if core[q] and dx * dx + dy * dy + dz * dz <= s2:
                        return True
    return False


@njit(cache=True)
def connect(xyz, core, block_start, block_box, block_cores, cell_block, cell_box, cell_cores, ranges, s2, play):
    """Component of each cell: all core points of one cell belong together, and cells join where two of their core points are neighbours."""
    n = len(cell_cores)
    parent = np.arange(n)
    for near in (0.1, 1.0):  # cells that touch first: most of the others are joined by then
        for c in range(n):
            if cell_cores[c] == 0:
                continue
            for k in range(5):
                for half in range(0, 4, 2):
                    for d in range(ranges[c, k, half], ranges[c, k, half + 1]):
                        if d <= c or cell_cores[d] == 0 or _boxes_gap(cell_box, c, cell_box, d) > near * s2 * (1 + play):
                            continue
                        a, b = _root(parent, c), _root(parent, d)
                        if a != b and _touch(xyz, core, block_start, block_box, block_cores, cell_block, c, d, s2, play):
                            parent[max(a, b)] = min(a, b)
    for c in range(n):
        parent[c] = _root(parent, c)
    return parent


@njit(cache=True, parallel=True)
def nearest_core(xyz, core, index, block_start, block_box, block_cores, cell_block, cell_box, cell_cores, ranges, s2, play):
    """For each point that is no core point the nearest core point within reach, or -1; of equally near ones the first in the table."""
    out = np.full(len(core), -1, dtype=np.int32)
    for c in prange(len(cell_cores)):
        for p in range(block_start[cell_block[c]], block_start[cell_block[c + 1]]):
            if core[p]:
                continue
            x, y, z = xyz[p, 0], xyz[p, 1], xyz[p, 2]
            best, found = s2, -1
            for k in range(5):
                for half in range(0, 4, 2):
                    for d in range(ranges[c, k, half], ranges[c, k, half + 1]):
                        if cell_cores[d] == 0 or _box_gap(x, y, z, cell_box, d) > best * (1 + play):
                            continue
                        for b in range(cell_block[d], cell_block[d + 1]):
                            if block_cores[b] == 0 or _box_gap(x, y, z, block_box, b) > best * (1 + play):
                                continue
                            for q in range(block_start[b], block_start[b + 1]):
                                if not core[q]:
                                    continue
                                dx, dy, dz = x - xyz[q, 0], y - xyz[q, 1], z - xyz[q, 2]
                                far = dx * dx + dy * dy + dz * dz
                                if far < best or (far == best and (found < 0 or index[q] < index[found])):
                                    best, found = far, q
            out[p] = found
    return out
