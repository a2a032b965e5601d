"""Contributions of works to units, and works with equal contributions drawn together.

Two works that give the same units the same numerators and denominators are exchangeable in a bootstrap. They form one *profile* with a
multiplicity: ``m`` of them drawn with Poisson(1) weights weigh Poisson(m) together. Full counting leaves few profiles, real-valued scores
nearly as many as works; both are served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from armillary.core.arrays import Floats, Int32s, Ints, Words
from armillary.errors import DataError

Sums: TypeAlias = npt.NDArray[np.floating] | npt.NDArray[np.integer]


@dataclass(frozen=True)
class Contributions:
    """What each work gives each unit: parallel columns, one row a (unit, work); ``den`` is None for totals.

    ``value of a unit = sum(num) / sum(den)``, or ``sum(num) / scale`` for totals (``scale``: credit units of one paper).
    """

    unit: Int32s
    work: Ints
    num: Ints
    den: Ints | None
    n_units: int
    scale: float = 1.0

    def __post_init__(self) -> None:
        n = len(self.unit)
        if not n == len(self.work) == len(self.num) or (self.den is not None and len(self.den) != n):
            raise DataError("columns of contributions differ in length")
        if n and (int(self.unit.min()) < 0 or int(self.unit.max()) >= self.n_units):
            raise DataError(f"unit indices must lie between 0 and {self.n_units - 1}")

    def estimates(self) -> Floats:
        """The value of each unit; NaN where the denominator is 0 (METHODS 5.3)."""
        return ratio(
            np.bincount(self.unit, self.num, minlength=self.n_units),
            None if self.den is None else np.bincount(self.unit, self.den, minlength=self.n_units),
            self.scale,
        )


def ratio(num: Sums, den: Sums | None, scale: float) -> Floats:
    """Sums to values; NaN where the denominator is not positive."""
    if den is None:
        return np.asarray(num / scale)
    return np.asarray(np.divide(num, den, out=np.full(num.shape, np.nan), where=den > 0))


@dataclass(frozen=True)
class Profiles:
    """Distinct profiles in a fixed order (by first unit, then content): rows of profile ``p`` are ``start[p]`` to ``start[p + 1]``."""

    start: Ints
    multiplicity: Ints
    unit: Int32s
    num: Floats
    den: Floats | None

    def __len__(self) -> int:
        return len(self.multiplicity)


def collapse(c: Contributions, *, join: bool = True) -> Profiles:
    """Group works with equal contributions (``join=False`` keeps each work apart). The result does not depend on the order of the rows
    or on work ids.
    """
    unit, num, den, start = _by_work(c)
    first, second = (_content(unit, num, den, start, salt) for salt in (0x51ED270B, 0xC2B2AE35))
    rows = np.diff(np.append(start, len(unit)))
    order = np.lexsort((second, first, unit[start])) if len(start) else np.zeros(0, np.int64)
    a, b, n = first[order], second[order], rows[order]
    fresh = np.ones(len(order), bool)
    if join:
        fresh[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1]) | (n[1:] != n[:-1])
    at = np.flatnonzero(fresh)
    chosen = order[at]
    count = np.diff(np.append(at, len(order)))
    rows = rows[chosen]
    profile_start = np.concatenate([[0], np.cumsum(rows)])
    take = np.repeat(start[chosen] - profile_start[:-1], rows) + np.arange(profile_start[-1])
    return Profiles(
        profile_start,
        count,
        unit[take],
        num[take].astype(np.float64),
        None if den is None else den[take].astype(np.float64),
    )


def _by_work(c: Contributions) -> tuple[Int32s, Ints, Ints | None, Ints]:
    """Rows sorted by work and unit, one row each, and the first row of each work."""
    if not len(c.unit):
        return c.unit, c.num, c.den, np.zeros(0, np.int64)
    low = int(c.work.min())
    if (int(c.work.max()) - low + 1) * c.n_units < 2**62:
        key = (c.work - low) * c.n_units + c.unit
        order = slice(None) if (key[1:] > key[:-1]).all() else np.argsort(key, kind="stable")
    else:
        order = np.lexsort((c.unit, c.work))
    unit, work, num = c.unit[order], c.work[order], c.num[order]
    den = None if c.den is None else c.den[order]
    fresh = np.ones(len(unit), bool)
    fresh[1:] = (work[1:] != work[:-1]) | (unit[1:] != unit[:-1])
    if not fresh.all():
        at = np.flatnonzero(fresh)
        unit, work, num = unit[at], work[at], np.add.reduceat(num, at)
        den = None if den is None else np.add.reduceat(den, at)
    new_work = np.ones(len(unit), bool)
    new_work[1:] = work[1:] != work[:-1]
    return unit, num, den, np.flatnonzero(new_work)


def _content(unit: Int32s, num: Ints, den: Ints | None, start: Ints, salt: int) -> Words:
    """64-bit hash of each work's rows (two of them together make a collision as good as impossible: below 1e-20 for a billion works)."""
    if not len(start):
        return np.zeros(0, np.uint64)
    word = _mix(unit.astype(np.uint64) + np.uint64(salt))
    word = _mix(word ^ num.astype(np.uint64))
    if den is not None:
        word = _mix(word + den.astype(np.uint64))
    return np.asarray(np.add.reduceat(word, start))


def _mix(x: Words) -> Words:
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
