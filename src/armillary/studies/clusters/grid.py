"""A grid on the sphere whose cells are so small that any two points of one cell are neighbours.

Rows of equal height cut the latitudes, and each row is cut into equal columns. With the chord ``s = 2 sin(eps / 2R)`` a row has
``sin(height/2) = s / (2 sqrt 2)`` and a column ``cos(lat) sin(width/2) <= s / (2 sqrt 2)`` at the row's widest latitude, so that for two
points of a cell, by the haversine formula, ``(chord/2)^2 <= s^2/8 + s^2/8 = (s/2)^2``. Distances are compared as chords of unit vectors.

Points of a cell lie in *blocks* (a finer grid inside the cell), and cells and blocks carry the box of their unit vectors: the nearest and
the farthest corner of a box tell for most of them that all or none of their points are neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.core.arrays import Floats, Int32s, Ints
from armillary.core.places.geo import chord, unit_vectors
from armillary.studies.clusters.points import Distinct

MARGIN = 1e-9
"""Relative play that rounding may take; far above rounding (1e-13 at 1 km), far below what coordinates say."""
_BLOCK_POINTS = 32
_BLOCK_SIDE = 16


@dataclass(frozen=True, slots=True)
class Grid:
    """Points sorted by cell and block (n points, m blocks, k cells)."""

    eps_chord: float
    index: Int32s
    """(n) place of each sorted point in the :class:`Distinct` table."""
    xyz: Floats
    """(n, 3) unit vectors."""
    weight: Ints
    """(n)"""
    block_start: Int32s
    """(m + 1) first point of each block."""
    block_box: Floats
    """(m, 6) low x, y, z and high x, y, z."""
    cell_block: Int32s
    """(k + 1) first block of each cell."""
    cell_box: Floats
    """(k, 6)"""
    cell_weight: Ints
    """(k)"""
    ranges: Int32s
    """(k, 5, 4) for each of five rows, two runs ``[a, b)`` of cells that may hold neighbours (the second beyond the 180th meridian)."""

    @property
    def cells(self) -> int:
        """Number of cells that hold points."""
        return len(self.cell_weight)


def make_grid(points: Distinct, eps_km: float) -> Grid:
    """The grid of a neighbourhood radius in km."""
    s = chord(eps_km)
    lat, lon = np.radians(points.lat_deg), np.radians(points.lon_deg)
    side = s / (2 * np.sqrt(2)) * (1 - MARGIN)
    height = 2 * np.arcsin(side)
    rows = int(np.ceil(np.pi / height)) + 1
    edge = -np.pi / 2 + height * np.arange(rows + 1)
    cos_edge = np.cos(np.clip(edge, -np.pi / 2, np.pi / 2))
    widest = np.where((edge[:-1] <= 0) & (edge[1:] >= 0), 1.0, np.maximum(cos_edge[:-1], cos_edge[1:]))
    narrowest = np.minimum(cos_edge[:-1], cos_edge[1:])
    ratio = side / np.maximum(widest, 1e-300)
    columns = np.where(ratio >= 1, 1, np.ceil(np.pi / np.arcsin(np.minimum(ratio, 1.0)))).astype(np.int64)

    up = (lat + np.pi / 2) / height
    row = np.clip(np.floor(up), 0, rows - 1).astype(np.int64)
    across = (lon + np.pi) / (2 * np.pi) * columns[row]
    column = np.minimum(np.floor(across).astype(np.int64), columns[row] - 1)
    key = (row << 32) | column
    by_cell = np.argsort(key)
    key = key[by_cell]
    first = np.ones(len(key), dtype=np.bool_)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    cell_key = key[first]
    del key
    rank = np.cumsum(first, dtype=np.int32) - 1
    held = np.diff(np.append(np.flatnonzero(first), len(first)))
    parts = np.clip(np.ceil(np.sqrt(held / _BLOCK_POINTS)), 1, _BLOCK_SIDE)[rank]
    sub_row = np.clip(((up[by_cell] % 1.0) * parts).astype(np.int64), 0, _BLOCK_SIDE - 1)
    sub_column = np.clip(((across[by_cell] % 1.0) * parts).astype(np.int64), 0, _BLOCK_SIDE - 1)
    del up, across, row, column, parts, first
    block_key = (rank.astype(np.int64) << 8) | (sub_row << 4) | sub_column
    del sub_row, sub_column, rank
    by_block = np.argsort(block_key, kind="stable")
    index = by_cell[by_block].astype(np.int32)
    block_key = block_key[by_block]
    del by_cell, by_block
    first = np.ones(len(index), dtype=np.bool_)
    np.not_equal(block_key[1:], block_key[:-1], out=first[1:])
    block_start = np.flatnonzero(first)
    block_cell = block_key[block_start] >> 8
    del block_key
    cell_block = np.append(np.searchsorted(block_cell, np.arange(len(cell_key))), len(block_start)).astype(np.int32)

    xyz = unit_vectors(points.lat_deg[index], points.lon_deg[index])
    block_box = np.hstack((np.minimum.reduceat(xyz, block_start), np.maximum.reduceat(xyz, block_start)))
    low, high = np.minimum.reduceat(block_box[:, :3], cell_block[:-1]), np.maximum.reduceat(block_box[:, 3:], cell_block[:-1])
    weight = points.weight[index]
    cell_weight = np.add.reduceat(np.add.reduceat(weight, block_start), cell_block[:-1])
    ranges = _ranges(cell_key, columns, narrowest, height, s)
    starts = np.append(block_start, len(index)).astype(np.int32)
    return Grid(s, index, xyz, weight, starts, block_box, cell_block, np.hstack((low, high)), cell_weight, ranges)


def _ranges(cell_key: Ints, columns: Ints, narrowest: Floats, height: float, s: float) -> Int32s:
    """For each cell and each row up to two away, the runs of cells within reach (see :attr:`Grid.ranges`)."""
    row, column = cell_key >> 32, cell_key & 0xFFFFFFFF
    out = np.zeros((len(cell_key), 5, 4), dtype=np.int32)
    west = -np.pi + column * (2 * np.pi / columns[row])
    east = west + 2 * np.pi / columns[row]
    for k in range(5):
        other = row + k - 2
        there = (other >= 0) & (other < len(columns))
        other = np.where(there, other, row)
        apart = max(abs(k - 2) - 1, 0) * height
        room = max((s / 2) ** 2 * (1 + MARGIN) - np.sin(apart / 2) ** 2, 0.0)
        least = np.sqrt(np.maximum(narrowest[row] * narrowest[other], 0.0))
        ratio = np.sqrt(room) / np.maximum(least, 1e-300)
        reach = np.where(ratio >= 1, np.pi, 2 * np.arcsin(np.minimum(ratio, 1.0))) * (1 + MARGIN)
        n = columns[other]
        low = np.floor((west - reach + np.pi) / (2 * np.pi) * n - MARGIN).astype(np.int64)
        high = np.floor((east + reach + np.pi) / (2 * np.pi) * n + MARGIN).astype(np.int64)
        around = high - low + 1 >= n
        low, high = np.where(around, 0, low), np.where(around, n - 1, high)
        base = other << 32
        # the run itself, and what of it lies beyond the 180th meridian on either side
        start, stop = np.maximum(low, 0), np.minimum(high, n - 1)
        out[:, k, 0] = np.searchsorted(cell_key, base | start, side="left")
        out[:, k, 1] = np.searchsorted(cell_key, base | stop, side="right")
        wrapped_low = np.where(low < 0, low + n, 0)
        wrapped_high = np.where(low < 0, n - 1, high - n)
        beyond = (low < 0) | (high >= n)
        out[:, k, 2] = np.where(beyond, np.searchsorted(cell_key, base | wrapped_low, side="left"), 0)
        out[:, k, 3] = np.where(beyond, np.searchsorted(cell_key, base | np.maximum(wrapped_high, 0), side="right"), 0)
        out[~there, k] = 0
    return out
