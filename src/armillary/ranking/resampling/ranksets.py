"""Confidence sets for ranks (Mogstad, Romano, Shaikh & Wilhelm, Review of Economic Studies, doi 10.1093/restud/rdad006; METHODS 11.2).

A rank set says which ranks a unit can have, given how sure the differences between units are. Sets hold jointly for all units, or
(``marginal``) for each unit by itself, which is narrower. Rank 1 is the largest value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from armillary.core.arrays import Floats, Ints
from armillary.errors import DataError, UsageError

_CELLS = 1 << 22


@dataclass(frozen=True)
class RankSets:
    """The ranks from ``low`` to ``high`` are compatible with the data for each unit."""

    low: Ints
    high: Ints
    level: float
    marginal: bool

    def best(self, tau: int = 1) -> Ints:
        """Units that may be among the best ``tau``: those whose lower bound is ``tau`` or less."""
        return np.flatnonzero(self.low <= tau)


def point_ranks(theta: npt.ArrayLike) -> Ints:
    """1 + number of larger values: ties get the smaller rank (T11.5)."""
    values = np.asarray(theta, dtype=np.float64)
    ordered = np.sort(values)
    return np.asarray(1 + len(values) - np.searchsorted(ordered, values, side="right"))


def rank_sets(
    theta: npt.ArrayLike, covariance: npt.ArrayLike, *, level: float = 0.95, draws: int = 1000, seed: int = 1, marginal: bool = False
) -> RankSets:
    """Rank sets from estimates and their covariance: one-sided bounds on every ordered pair, with step-down.

    Pairs start all undecided. The critical value is the ``level`` quantile of the largest studentised difference of simulated noise over
    the undecided pairs; pairs whose lower bound is above 0 are decided; repeat until nothing changes (METHODS 11.2). ``marginal`` does so
    for each unit with its own pairs.
    """
    est, cov = np.asarray(theta, np.float64), np.asarray(covariance, np.float64)
    p = len(est)
    if cov.shape != (p, p) or not np.isfinite(est).all() or not np.isfinite(cov).all():
        raise DataError(f"rank sets need {p} finite estimates and a finite {p} x {p} covariance")
    if not 0 < level < 1:
        raise UsageError(f"level {level} is not between 0 and 1")
    noise = _gaussian(cov, draws, seed)
    variance = np.diag(cov)[:, None] + np.diag(cov)[None, :] - 2 * cov
    sigma = np.sqrt(np.maximum(variance, 0.0))
    below, above = _decide_each(est, sigma, noise, level) if marginal else _decide(est, sigma, noise, level)
    return RankSets(1 + above, p - below, level, marginal)


def _gaussian(cov: Floats, draws: int, seed: int) -> Floats:
    """``draws`` rows of noise with that covariance (which may be singular)."""
    values, vectors = np.linalg.eigh(cov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng = np.random.Generator(np.random.PCG64(seed))
    return np.asarray(rng.standard_normal((draws, len(cov))) @ root.T)


def _studentised(diff: Floats, sigma: Floats) -> Floats:
    """``diff / sigma``; a difference without any variance is decided by its sign alone."""
    return np.divide(diff, sigma, out=np.where(diff > 0, np.inf, np.where(diff < 0, -np.inf, 0.0)), where=sigma > 0)


def _decide(est: Floats, sigma: Floats, noise: Floats, level: float) -> tuple[Ints, Ints]:
    """How many units are significantly below, and above, each unit, jointly over all pairs."""
    t = _studentised(est[:, None] - est[None, :], sigma)
    undecided = ~np.eye(len(est), dtype=bool)
    above = np.zeros_like(undecided)
    while undecided.any():
        largest = _largest(noise, sigma, undecided)
        new = undecided & (t > np.quantile(largest, level))
        if not new.any():
            break
        above |= new
        undecided &= ~new
    return above.sum(axis=1), above.sum(axis=0)


def _largest(noise: Floats, sigma: Floats, pairs: npt.NDArray[np.bool_]) -> Floats:
    """Largest studentised difference over ``pairs`` in each draw."""
    left, right = np.nonzero(pairs & (sigma > 0))
    if not len(left):
        return np.zeros(len(noise))
    scale = 1 / sigma[left, right]
    step = max(1, _CELLS // len(left))
    return np.concatenate([((z[:, left] - z[:, right]) * scale).max(axis=1) for z in np.split(noise, range(step, len(noise), step))])


def _decide_each(est: Floats, sigma: Floats, noise: Floats, level: float) -> tuple[Ints, Ints]:
    """As :func:`_decide`, for each unit by a test of its own pairs alone (both directions)."""
    p = len(est)
    below, over = np.zeros((p, p), bool), np.zeros((p, p), bool)
    for j in range(p):
        scale = np.where(sigma[j] > 0, sigma[j], np.inf)
        z = (noise[:, j : j + 1] - noise) / scale
        t = _studentised(est[j] - est, sigma[j])
        wins, losses = np.arange(p) != j, np.arange(p) != j
        while wins.any() or losses.any():
            largest = np.maximum(_masked_max(z, wins), _masked_max(-z, losses))
            q = np.quantile(largest, level)
            new_wins, new_losses = wins & (t > q), losses & (-t > q)
            if not (new_wins.any() or new_losses.any()):
                break
            below[j] |= new_wins
            over[j] |= new_losses
            wins &= ~new_wins
            losses &= ~new_losses
    return below.sum(axis=1), over.sum(axis=1)


def _masked_max(z: Floats, mask: npt.NDArray[np.bool_]) -> Floats:
    return np.asarray(z[:, mask].max(axis=1)) if mask.any() else np.full(len(z), -np.inf)


def multinomial_rank_sets(counts: npt.ArrayLike, *, level: float = 0.95) -> RankSets:
    """Exact rank sets for counts of disjoint events (each event belongs to one unit): binomial tests of every ordered pair, Holm's
    step-down.

    Not for overlapping counts, such as co-publications counted in full (METHODS 11.2).
    """
    x = np.asarray(counts)
    if x.ndim != 1 or (x < 0).any() or not np.equal(x, np.floor(x)).all():
        raise DataError("exact rank sets need whole, non-negative counts")
    p = len(x)
    left, right = np.nonzero(~np.eye(p, dtype=bool))
    both = x[left] + x[right]
    value = np.where(both > 0, binom.sf(x[left] - 1, both, 0.5), 1.0)
    order = np.argsort(value, kind="stable")
    passes = value[order] <= (1 - level) / (len(order) - np.arange(len(order)))
    rejected = order[: len(order) if passes.all() else int(np.argmin(passes))]
    return RankSets(
        1 + np.bincount(right[rejected], minlength=p),
        p - np.bincount(left[rejected], minlength=p),
        level,
        False,
    )
