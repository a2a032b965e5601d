"""Fill missing values: group mean or median, EM within a block, last observation carried forward (METHODS 2.7, 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from armillary.composite.matrix import Bools, Floats, Ints
from armillary.errors import DataError, UnknownNameError

METHODS = ("none", "mean", "median", "group-mean", "group-median", "em", "locf", "interpolate")
OVER_TIME = ("locf", "interpolate")
"""Methods that fill a year from other years of a panel."""


@dataclass(frozen=True, slots=True, eq=False)
class Imputed:
    """Filled values ``(columns, units)``, the places that were filled, and the noise with which they may be redrawn.

    ``cells`` is ``(n, 2)``: column and unit of each filled cell. ``roots`` lists blocks of cells with the lower Cholesky root of
    their conditional covariance: a redraw adds ``root @ z`` with standard normal ``z``.
    """

    values: Floats
    cells: Ints
    roots: tuple[tuple[Ints, Floats], ...]
    beyond_group: Bools | None = None
    """Which of the filled cells got the value of all units, since the unit has no group or its group no value."""

    def redraw(self, n: int, rng: np.random.Generator) -> Floats:
        """``n`` independent draws of all filled cells, shape ``(n, len(cells))``."""
        out = np.broadcast_to(self.values[self.cells[:, 0], self.cells[:, 1]], (n, len(self.cells))).copy()
        for where, root in self.roots:
            out[:, where] += rng.standard_normal((n, len(where))) @ root.T
        return out


def impute(x: Floats, method: str, *, groups: Sequence[str | None] | None = None, blocks: Sequence[Sequence[int]] | None = None) -> Imputed:
    """Fill the missing values of ``x`` (columns, units).

    ``none`` leaves them (a mean that skips what is missing equals imputing the mean of the siblings: "shadow" imputation).
    ``mean``/``median`` take the column's, ``group-mean``/``group-median`` those of the unit's group (the column's where the unit has
    no group or the group no value; ``beyond_group`` marks these). ``em`` fits a multivariate normal to each block of columns.
    """
    if method not in METHODS:
        raise UnknownNameError("imputation", method, METHODS)
    missing = np.isnan(x)
    if method == "none" or not missing.any():
        return Imputed(x, np.empty((0, 2), dtype=np.int64), ())
    if method in OVER_TIME:
        raise DataError(f"imputation '{method}' needs a panel", fix="name the year column in [data] (time = ...)")
    if method == "em":
        return _em_blocks(x, [list(range(len(x)))] if blocks is None else blocks)
    if method.startswith("group-"):
        if groups is None:
            raise DataError(f"imputation '{method}' needs a grouping of the units", fix="name it: group = '<column of [data] groups>'")
        labels = np.array(["" if g is None else str(g) for g in groups])
    else:
        labels = np.zeros(x.shape[1], dtype="U1")
    middle = np.nanmedian if method.endswith("median") else np.nanmean
    y = x.copy()
    spread = np.zeros_like(x)
    beyond = np.zeros(x.shape, dtype=np.bool_)
    for j in np.flatnonzero(missing.any(axis=1)):
        if missing[j].all():
            continue
        for label in np.unique(labels[missing[j]]):
            inside = labels == label
            known = x[j, inside & ~missing[j]]
            if groups is not None and method.startswith("group-") and (not label or not known.size):
                known, beyond[j, inside & missing[j]] = x[j, ~missing[j]], True
            y[j, inside & missing[j]] = middle(known)
            spread[j, inside & missing[j]] = known.std(ddof=1) if known.size > 1 else 0.0
    cells = np.argwhere(missing & ~np.isnan(y))
    roots = tuple((np.array([k]), spread[j, u].reshape(1, 1)) for k, (j, u) in enumerate(cells))
    return Imputed(y, cells, roots, beyond[cells[:, 0], cells[:, 1]])


def em(x: Floats, *, tol: float = 1e-6, ridge: float = 1e-6, max_rounds: int = 500) -> tuple[Floats, Floats, Floats]:
    """Multivariate normal EM over the units (columns of ``x`` are units): filled values, mean and covariance.

    Columns are standardised first, so ``tol`` (largest change of a parameter) and ``ridge`` (added to the diagonal of the
    covariance) are in standard deviations. Starts from column means.
    """
    centre = np.nanmean(x, axis=1)
    size = np.nanstd(x, axis=1)
    size = np.where(size > 0, size, 1.0)
    z = (x.T - centre) / size
    missing = np.isnan(z)
    n, k = z.shape
    patterns, member = np.unique(missing, axis=0, return_inverse=True)
    member = member.reshape(-1)
    filled = np.where(missing, 0.0, z)
    mean, cov = filled.mean(axis=0), np.cov(filled, rowvar=False, bias=True).reshape(k, k) + ridge * np.eye(k)
    for _ in range(max_rounds):
        extra = np.zeros((k, k))
        for p, gone in enumerate(patterns):
            if not gone.any():
                continue
            rows = np.flatnonzero(member == p)
            slope, rest = _conditional(cov, gone)
            filled[np.ix_(rows, np.flatnonzero(gone))] = mean[gone] + (z[rows][:, ~gone] - mean[~gone]) @ slope.T
            extra[np.ix_(gone, gone)] += len(rows) * rest
        new_mean = filled.mean(axis=0)
        centred = filled - new_mean
        new_cov = (centred.T @ centred + extra) / n + ridge * np.eye(k)
        change = max(float(np.abs(new_mean - mean).max()), float(np.abs(new_cov - cov).max()))
        mean, cov = new_mean, new_cov
        if change < tol:
            break
    back = np.asarray(filled * size + centre, dtype=np.float64)
    return back.T, np.asarray(mean * size + centre, dtype=np.float64), np.asarray(cov * np.outer(size, size), dtype=np.float64)


def _conditional(cov: Floats, gone: Bools) -> tuple[Floats, Floats]:
    """Regression of the missing on the present columns, and the covariance that is left."""
    if gone.all():
        return np.zeros((int(gone.sum()), 0)), cov
    seen = ~gone
    slope = np.linalg.solve(cov[np.ix_(seen, seen)], cov[np.ix_(seen, gone)]).T
    return np.asarray(slope, dtype=np.float64), np.asarray(cov[np.ix_(gone, gone)] - slope @ cov[np.ix_(seen, gone)], dtype=np.float64)


def _em_blocks(x: Floats, blocks: Sequence[Sequence[int]]) -> Imputed:
    y = x.copy()
    missing = np.isnan(x)
    covariances = []
    for block in blocks:
        index = np.array([j for j in block if not missing[j].all()], dtype=np.int64)
        if index.size and missing[index].any():
            filled, _, cov = em(x[index])
            # observed values stay as they were, bit by bit
            y[index] = np.where(missing[index], filled, x[index])
            covariances.append((index, cov))
    cells = np.argwhere(missing & ~np.isnan(y))
    number = {(int(j), int(u)): k for k, (j, u) in enumerate(cells)}
    roots = []
    for index, cov in covariances:
        for u in np.flatnonzero(missing[index].any(axis=0)):
            gone = missing[index, u]
            rest = _conditional(cov, gone)[1]
            values, vectors = np.linalg.eigh((rest + rest.T) / 2)
            root = vectors * np.sqrt(np.clip(values, 0.0, None))
            roots.append((np.array([number[(int(j), int(u))] for j in index[gone]]), root))
    return Imputed(y, cells, tuple(roots))


def interpolate(x: Floats, max_years: int, years: Sequence[int]) -> tuple[Floats, Bools]:
    """Gaps along the last axis (years, ascending) filled on the straight line between the values before and after.

    A gap longer than ``max_years`` (years between the two values, less one) stays, and nothing is drawn out beyond the first or last
    value. Returns the filled series and the mask of filled values.
    """
    when = np.asarray(years, dtype=np.float64)
    y, done = x.copy(), np.zeros(x.shape, dtype=np.bool_)
    for at in np.argwhere(np.isnan(x).any(axis=-1) & (~np.isnan(x)).any(axis=-1)):
        row = x[tuple(at)]
        known = np.flatnonzero(~np.isnan(row))
        for a, b in pairwise(known):
            gap = np.arange(a + 1, b)
            if gap.size and when[b] - when[a] - 1 <= max_years:
                y[(*at, gap)] = row[a] + (row[b] - row[a]) * (when[gap] - when[a]) / (when[b] - when[a])
                done[(*at, gap)] = True
    return y, done


def carry_forward(x: Floats, max_years: int = 2, years: Sequence[int] | None = None, breaks: Bools | None = None) -> tuple[Floats, Bools]:
    """Last observation carried forward along the last axis (years, ascending), at most ``max_years``, never backward, never over a break.

    ``breaks`` marks years that start a new definition: nothing is carried into or past them unless they hold a value.
    Returns the filled series and the mask of carried values.
    """
    when = np.arange(x.shape[-1]) if years is None else np.asarray(years)
    y, carried = x.copy(), np.zeros(x.shape, dtype=np.bool_)
    last = np.full(x.shape[:-1], np.nan)
    seen = np.full(x.shape[:-1], -np.inf)
    for t, year in enumerate(when):
        if breaks is not None:
            last = np.where(breaks[..., t], np.nan, last)
        here = ~np.isnan(x[..., t])
        last, seen = np.where(here, x[..., t], last), np.where(here, year, seen)
        fill = ~here & ~np.isnan(last) & (year - seen <= max_years)
        y[..., t] = np.where(fill, last, y[..., t])
        carried[..., t] = fill
    return y, carried
