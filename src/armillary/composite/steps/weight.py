"""Weights that come from the data: principal component, benefit of the doubt, and weights that give chosen correlations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from armillary.composite.matrix import Floats
from armillary.composite.steps.aggregate import Aggregation, aggregate
from armillary.errors import DataError

METHODS = ("given", "equal", "pca", "correlation")


def complete(parts: Floats) -> Floats:
    """The units (columns) of ``parts`` (parts, units) that have every part; an error if fewer than three."""
    full = parts[:, ~np.isnan(parts).any(axis=0)]
    if full.shape[1] < 3:
        what = f"only {full.shape[1]} units have all {len(parts)} parts; weights cannot be estimated"
        raise DataError(what, fix="impute first, or give the weights")
    return full


def pca_weights(parts: Floats) -> Floats:
    """Squared loadings of the first principal component of the correlation matrix, which sum to 1; ``parts`` is (parts, units).

    Squares and not loadings, so that a part that runs against the others cannot get a negative weight; see the loadings in the
    analysis before using them.
    """
    full = complete(parts)
    if np.any(full.std(axis=1) == 0):
        raise DataError("a part is constant over the units; it has no principal component")
    _, vectors = np.linalg.eigh(np.corrcoef(full))
    return np.asarray(vectors[:, -1] ** 2)


def weights_for_correlation(parts: Floats, target: Sequence[float] | None = None, *, how: Aggregation | None = None) -> Floats:
    """Weights (sum 1) that bring the correlations of the parts with their aggregate closest to ``target`` in least squares.

    ``target`` gives the wanted proportions (default: all equal); only the proportions count. ``parts`` is (parts, units).
    Nelder-Mead on the logarithms of the weights from equal weights: deterministic.
    """
    from scipy.optimize import minimize

    method = how or Aggregation()
    k = len(parts)
    goal = np.ones(k) if target is None else np.asarray(target, dtype=np.float64)
    goal = goal / goal.mean()

    def miss(logs: Floats) -> float:
        w = np.exp(np.concatenate([[0.0], np.clip(logs, -12.0, 12.0)]))
        total = aggregate(parts, w / w.sum(), method)
        r = np.array([_correlation(p, total) for p in parts])
        return float(((r / max(abs(r.mean()), 1e-12) - goal) ** 2).sum())

    options = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 4000 * k, "maxfev": 4000 * k}
    search: Any = minimize  # the published types allow no plain dict of options
    found = search(miss, np.zeros(k - 1), method="Nelder-Mead", options=options)
    w = np.exp(np.concatenate([[0.0], np.clip(found.x, -12.0, 12.0)]))
    return np.asarray(w / w.sum())


def _correlation(a: Floats, b: Floats) -> float:
    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 3 or a[both].std() == 0 or b[both].std() == 0:
        return 0.0
    return float(np.corrcoef(a[both], b[both])[0, 1])
