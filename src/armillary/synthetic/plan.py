"""Which year and field a work has, and where it stands among the works of its cell, in closed form.

Work ``i`` takes slot ``i mod PERIOD`` of a shuffled pattern that holds each (year, field) cell in its planned proportion. So the number
of works of a cell, the k-th work of a cell, and the place of a work in its cell are all computed, not looked up: references can be drawn
for 100 million works without a table of them. Within a cell, works have a planned order of attractiveness: place 0 draws most citations.
"""

from __future__ import annotations

import numpy as np

from armillary.synthetic.draws import F64, I32, I64, Randomness

PERIOD = 9973
"""Prime, so that it falls into step with no chunk size."""
_STRIDE = 2_147_483_647
"""A prime above every cell size: ``k -> (k * _STRIDE + c) mod m`` is a bijection."""


class WorldPlan:
    """Cells of a world of ``works`` works. A cell's number is ``year_index * n_fields + field_index``."""

    def __init__(self, draws: Randomness, works: int, cell_weight: F64) -> None:
        self.works = works
        self.cells = len(cell_weight)
        quota = _quotas(cell_weight, PERIOD)
        slots = np.repeat(np.arange(self.cells), quota)
        shuffled = slots[np.argsort(draws.bits("plan", np.arange(PERIOD)), kind="stable")]
        self._cell_of_slot: I32 = shuffled.astype(np.int32)
        by_cell = np.argsort(shuffled, kind="stable")
        self._slots: I64 = by_cell  # slots of cell 0 ascending, then of cell 1, ...
        self._first: I64 = np.cumsum(quota) - quota
        self._quota: I64 = quota
        rank = np.empty(PERIOD, np.int64)
        rank[by_cell] = np.arange(PERIOD) - np.repeat(self._first, quota)
        self._rank_of_slot = rank
        full, rest = divmod(works, PERIOD)
        self.size: I64 = full * quota + np.bincount(shuffled[:rest], minlength=self.cells)
        """Works of each cell."""
        self._shift: I64 = (draws.bits("plan-shift", np.arange(self.cells)) % np.uint64(1 << 40)).astype(np.int64) % np.maximum(
            self.size, 1
        )
        self._step: I64 = _STRIDE % np.maximum(self.size, 1)
        self._back: I64 = np.array([pow(_STRIDE, -1, int(m)) if m > 1 else 0 for m in self.size], np.int64)

    def cell(self, i: I64) -> I32:
        """Cell of each work."""
        return self._cell_of_slot[i % PERIOD]

    def attraction_rank(self, i: I64) -> I64:
        """Planned place of each work in its cell, 0 the most attractive."""
        cell = self.cell(i)
        m = self.size[cell]
        k = (i // PERIOD) * self._quota[cell] + self._rank_of_slot[i % PERIOD]
        return np.asarray(((k - self._shift[cell]) % m) * self._back[cell] % m)

    def work_at(self, cell: I64, rank: I64) -> I64:
        """The work at a planned place of a cell (inverse of :meth:`attraction_rank`)."""
        m = self.size[cell]
        k = (rank * self._step[cell] + self._shift[cell]) % m
        cycle, slot = np.divmod(k, self._quota[cell])
        return np.asarray(cycle * PERIOD + self._slots[self._first[cell] + slot])


def _quotas(weight: F64, total: int) -> I64:
    """Largest remainders, at least one each."""
    exact = weight / weight.sum() * (total - len(weight)) + 1
    quota: I64 = np.floor(exact).astype(np.int64)
    short = total - int(quota.sum())
    quota[np.argsort(-(exact - quota), kind="stable")[:short]] += 1
    return quota
