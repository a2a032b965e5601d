"""How stable is a value or a rank? Bootstrap of publications (METHODS 5.7, 11.1), for any indicator that is a sum or a ratio of sums.

Publications are a census, so an interval says how much a number hangs on single papers, not how far it is from some truth.

*Joint* draws (:func:`bootstrap`) resample works once for all units: a paper that two units share moves both, so differences of ranks are
right. *Within-unit* draws (:func:`within_unit`) resample each unit's own works as the Leiden Ranking does: right for a unit's own
interval, wrong for comparing units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp

from armillary.core.arrays import Floats, Int32s, Ints
from armillary.core.ranks import is_tied, new_places, places
from armillary.errors import UsageError
from armillary.ranking.resampling.affiliation import AffiliationError, perturb
from armillary.ranking.resampling.poisson import BY_TABLE_UP_TO, counts
from armillary.ranking.resampling.profiles import Contributions, Profiles, collapse, ratio

"""Values closer than this share a rank (the same rule as in rankings)."""
_CELLS = 1 << 19
"""Weights held at once: works times draws (4 MB, so that the products stay in the processor's cache)."""
_SMALL = 64
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Resampled:
    """Resampled values: ``estimate`` has one element a unit, ``values`` one row a unit and one column a draw. NaN: the unit has no paper
    (in that draw).
    """

    estimate: Floats
    values: Floats = field(repr=False)
    seed: int
    scheme: str

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(self.values.shape[1])

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Percentile interval of each unit's value."""
        return percentile_interval(self.values, level)

    @cached_property
    def ranks(self) -> Int32s:
        """Rank of each unit in each draw (1 is the largest value; equal values share the smaller rank; units without a value come last)."""
        return ranks(self.values)

    def rank_interval(self, level: float = 0.95) -> tuple[Int32s, Int32s]:
        """Percentile interval of each unit's rank."""
        low, high = percentile_interval(self.ranks.astype(np.float64), level)
        return low.astype(np.int32), high.astype(np.int32)

    def p_rank_at_most(self, k: int) -> Floats:
        """Part of the draws in which each unit has rank ``k`` or better."""
        return np.asarray((self.ranks <= k).mean(axis=1))

    def p_above(self, i: int, j: int | None = None) -> Floats:
        """Part of the draws in which unit ``i`` has a larger value than unit ``j`` (than each unit, if ``j`` is None); ties count half."""
        others = self.values if j is None else self.values[j : j + 1]
        mine = np.nan_to_num(self.values[i], nan=-np.inf)
        theirs = np.nan_to_num(others, nan=-np.inf)
        tied = is_tied(np.maximum(mine, theirs), np.minimum(mine, theirs))
        above = ((mine > theirs) & ~tied).mean(axis=1) + 0.5 * tied.mean(axis=1)
        return np.asarray(above if j is None else above[0])

    def covariance(self) -> Floats:
        """Covariance of the units over the draws (units without a value in some draw get their mean there); input of rank confidence
        sets.
        """
        filled = np.where(np.isnan(self.values), np.nanmean(self.values, axis=1, keepdims=True), self.values)
        return np.atleast_2d(np.cov(filled))


def percentile_interval(values: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Bounds of the middle ``level`` of each row: the sorted elements with zero-based index ``floor(n(1-level)/2)`` and
    ``floor(n(1+level)/2)``.

    For 1,000 draws and 95 % these are elements 25 and 975, as in the Leiden Ranking (METHODS 5.7, T5.8). NaN are left out; all NaN gives
    NaN.
    """
    if not 0 < level < 1:
        raise UsageError(f"level {level} is not between 0 and 1")
    ordered = np.sort(values, axis=-1)  # NaN last
    n = np.sum(~np.isnan(ordered), axis=-1)
    tail = (1 - level) / 2

    def at(part: float) -> Floats:
        index = np.clip(np.floor(part * n + 1e-9).astype(np.int64), 0, np.maximum(n - 1, 0))
        return np.where(n > 0, np.take_along_axis(ordered, index[..., None], axis=-1)[..., 0], np.nan)

    return at(tail), at(1 - tail)


def ranks(values: Floats) -> Int32s:
    """Competition ranks down each column: 1 + number of larger values; ties as in :mod:`armillary.core.ranks`; NaN come
    last.
    """
    table = np.where(np.isnan(values), -np.inf, values)
    if table.ndim == 1:
        return ranks(table[:, None])[:, 0]
    order = np.argsort(-table, axis=0, kind="stable")
    ordered = np.take_along_axis(table, order, axis=0)
    out = np.empty(table.shape, np.int32)
    np.put_along_axis(out, order, places(new_places(ordered, axis=0), axis=0), axis=0)
    return out


def bootstrap(
    c: Contributions,
    *,
    draws: int = 1000,
    seed: int = 1,
    scheme: Literal["poisson", "multinomial"] = "poisson",
    error: AffiliationError | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Resampled:
    """Values of all units in ``draws`` joint resamples of the works.

    ``scheme``: every work gets an independent Poisson(1) weight, or all works together are drawn with replacement exactly as often as
    there are works (``multinomial``; slower, hardly different beyond some dozens of works). ``error`` also moves, drops and adds
    affiliations at random in every draw. The result depends on the contributions and the seed, not on the order of rows, the numbers of
    works or ``threads``.

    Cost: about a nanosecond a work and draw, less where works have equal contributions; memory: units times draws times 16 bytes.
    """
    if draws < 1:
        raise UsageError("at least one draw is needed")
    if scheme not in ("poisson", "multinomial"):
        raise UsageError(f"unknown scheme '{scheme}'", fix="choose poisson or multinomial")
    if error is not None and scheme == "multinomial":
        raise UsageError("affiliation errors are drawn with Poisson weights only", fix="leave out scheme='multinomial'")
    profiles = collapse(c, join=error is None)
    num = np.zeros((c.n_units, draws))
    den = None if c.den is None else np.zeros((c.n_units, draws))
    targets = None if error is None else error.targets(np.bincount(profiles.unit, minlength=c.n_units))
    done = 0
    for chunk, part in _in_order(_chunks(profiles, draws, scheme, seed), lambda job: _draw(profiles, job, draws, error, targets), threads):
        for into, (units, sums) in zip((num, den), part, strict=True):
            if into is not None:
                into[units] += sums
        done += len(chunk.members)
        if progress:
            progress(done, len(profiles))
    return Resampled(c.estimates(), ratio(num, den, c.scale), seed, scheme)


@dataclass(frozen=True)
class _Chunk:
    """Some profiles of one multiplicity (0: given weights), and what makes their random numbers."""

    members: Ints
    multiplicity: int
    rng: np.random.Generator
    weights: Floats | None = None


def _chunks(profiles: Profiles, draws: int, scheme: str, seed: int) -> Iterator[_Chunk]:
    size = max(16, _CELLS // draws)
    if scheme == "multinomial":
        yield from _multinomial_chunks(profiles, draws, seed, size)
        return
    m = profiles.multiplicity
    for number, mean in enumerate(np.unique(m).tolist()):
        if mean > BY_TABLE_UP_TO:
            break
        members = np.flatnonzero(m == mean)
        for low in range(0, len(members), size):
            yield _Chunk(members[low : low + size], mean, _generator(seed, number, low))
    rare = np.flatnonzero(m > BY_TABLE_UP_TO)
    for low in range(0, len(rare), size):
        yield _Chunk(rare[low : low + size], 0, _generator(seed, 1 << 20, low))


def _multinomial_chunks(profiles: Profiles, draws: int, seed: int, size: int) -> Iterator[_Chunk]:
    """Exact multinomial weights chunk by chunk: how many of the rest fall into this chunk is binomial, then they spread within it."""
    rng = _generator(seed, 1 << 21, 0)
    m = profiles.multiplicity.astype(np.float64)
    left, total = np.full(draws, int(m.sum()), np.int64), float(m.sum())
    for low in range(0, len(m), size):
        part = m[low : low + size]
        inside = float(part.sum())
        here = left if low + size >= len(m) else rng.binomial(left, min(1.0, inside / total))
        left, total = left - here, total - inside
        yield _Chunk(np.arange(low, low + len(part)), 0, rng, rng.multinomial(here, part / inside).T.astype(np.float64))


def _generator(seed: int, *key: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *key])))


Sums = tuple[Ints, Floats]


def _draw(profiles: Profiles, chunk: _Chunk, draws: int, error: AffiliationError | None, targets: Floats | None) -> tuple[Sums, Sums]:
    """Weighted sums of the chunk's units: (units, numerators), (units, denominators)."""
    k = len(chunk.members)
    if chunk.weights is not None:
        weight = chunk.weights
    elif chunk.multiplicity:
        weight = counts(chunk.rng, chunk.multiplicity, k * draws).reshape(k, draws)
    else:
        weight = chunk.rng.poisson(profiles.multiplicity[chunk.members][:, None], (k, draws)).astype(np.float64)
    start, end = profiles.start[chunk.members], profiles.start[chunk.members + 1]
    length = end - start
    owner = np.repeat(np.arange(k), length)
    rows = np.arange(len(owner)) + np.repeat(start - (np.cumsum(length) - length), length)
    units, local = np.unique(profiles.unit[rows], return_inverse=True)
    found = []
    columns = [profiles.num[rows]] + ([] if profiles.den is None else [profiles.den[rows]])
    for column in columns:
        matrix = sp.csr_matrix((column, (local, owner)), shape=(len(units), k))
        found.append((units.astype(np.int64), np.asarray(matrix @ weight)))
    if error is not None and targets is not None:
        found = perturb(chunk.rng, error, targets, weight, owner, profiles.unit[rows].astype(np.int64), columns, found)
    return found[0], found[1] if len(found) > 1 else (units.astype(np.int64), np.zeros((0, 0)))


def _in_order(
    jobs: Iterable[_Chunk], work: Callable[[_Chunk], tuple[Sums, Sums]], threads: int
) -> Iterator[tuple[_Chunk, tuple[Sums, Sums]]]:
    """Results in the order of the jobs, so that sums do not depend on threads; a few jobs ahead at most."""
    if threads < 2:
        for job in jobs:
            yield job, work(job)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = []
        for job in jobs:
            waiting.append((job, pool.submit(work, job)))
            if len(waiting) >= 4 * threads:
                first, result = waiting.pop(0)
                yield first, result.result()
        for first, result in waiting:
            yield first, result.result()


def within_unit(c: Contributions, *, draws: int = 1000, seed: int = 1) -> Resampled:
    """Values when each unit's own works are drawn with replacement, as many as it has (METHODS 5.7): for marginal intervals only.

    Works of a unit with equal contributions are drawn together; the law is the same.
    """
    if draws < 1:
        raise UsageError("at least one draw is needed")
    den = np.ones(len(c.num), np.int64) if c.den is None else c.den
    order = np.lexsort((den, c.num, c.unit))
    unit, num, den = c.unit[order], c.num[order], den[order]
    values = np.full((c.n_units, draws), np.nan)
    bounds = np.searchsorted(unit, np.arange(c.n_units + 1))
    for u in range(c.n_units):
        low, high = int(bounds[u]), int(bounds[u + 1])
        if high > low:
            values[u] = _resample(_generator(seed, 1 << 22, u), num[low:high], den[low:high], draws, c)
    return Resampled(c.estimates(), values, seed, "within-unit")


def _resample(rng: np.random.Generator, num: Ints, den: Ints, draws: int, c: Contributions) -> Floats:
    """One unit: multinomial over its distinct cells if they are few, rows by index if the unit is small, else :func:`_filled_up`."""
    n = len(num)
    fresh = np.ones(n, bool)
    fresh[1:] = (num[1:] != num[:-1]) | (den[1:] != den[:-1])
    at = np.flatnonzero(fresh)
    columns = np.stack([num, den], axis=1).astype(np.float64)
    if len(at) <= max(8, n // 8):
        sums = rng.multinomial(n, np.diff(np.append(at, n)) / n, size=draws).astype(np.float64) @ columns[at]
    elif n < _SMALL:
        sums = columns[rng.integers(0, n, size=(draws, n))].sum(axis=1)
    else:
        sums = _filled_up(rng, columns, draws)
    return ratio(sums[:, 0], None if c.den is None else sums[:, 1], c.scale)


def _filled_up(rng: np.random.Generator, columns: Floats, draws: int) -> Floats:
    """Column sums over ``n`` rows drawn with replacement from ``n``, without drawing each by itself.

    Poisson weights with a mean a little below 1 give some total ``N``; given ``N`` they are a multinomial draw of ``N``. So adding
    ``n - N`` single rows makes an exact multinomial draw of ``n``. The few draws with ``N > n`` are repeated.
    """
    n = len(columns)
    out = np.empty((draws, columns.shape[1]))
    step = max(1, _CELLS // n)
    done = 0
    while done < draws:
        k = min(step, draws - done)
        weight = counts(rng, 1 - 4 / float(np.sqrt(n)), k * n).reshape(k, n)
        short = n - weight.sum(axis=1).astype(np.int64)
        good = short >= 0
        short = short[good]
        sums = weight[good] @ columns
        owner = np.repeat(np.arange(len(short)), short)
        row = rng.integers(0, n, size=len(owner))
        for j in range(columns.shape[1]):
            sums[:, j] += np.bincount(owner, columns[row, j], minlength=len(short))
        out[done : done + len(sums)] = sums
        done += len(sums)
    return out
