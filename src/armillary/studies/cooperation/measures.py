"""How strongly two units work together: association measures as pure functions (METHODS 9.2).

``n_ij`` are joint papers, ``n_i`` and ``n_j`` the papers of each unit (full counts), ``N`` all papers of the set. Each function takes
numbers or arrays that broadcast, and gives ``NaN`` where its denominator is zero: no papers is not "no association".

Two families must not be mixed. *Paper margins* (``salton``, ``jaccard``, ``inclusion``, ``pai``) compare joint papers with papers.
*Link margins* (``link_pai``, ``rca``) compare a pair with the row sums of the collaboration matrix with an empty diagonal, where a
paper of three countries counts in three pairs. Independence on link margins is biased for big units, because nobody can be his
own partner; ``quasi_independence`` is the expectation that knows this.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from armillary.core.arrays import Floats
from armillary.errors import DataError


def _ratio(numerator: Any, denominator: Any) -> Any:
    """``numerator / denominator`` as float64, NaN where the denominator is not positive; a float for scalar input."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64))
    result = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=result, where=bottom > 0)
    return float(result) if result.ndim == 0 else result


def _f(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def salton(n_ij: ArrayLike, n_i: ArrayLike, n_j: ArrayLike) -> Any:
    """Salton's cosine ``n_ij / sqrt(n_i n_j)``, 0 to 1; falls with the difference in size of the two units."""
    return _ratio(_f(n_ij), np.sqrt(_f(n_i) * _f(n_j)))


def jaccard(n_ij: ArrayLike, n_i: ArrayLike, n_j: ArrayLike) -> Any:
    """Joint papers as a share of the papers that either unit has, ``n_ij / (n_i + n_j - n_ij)``, 0 to 1."""
    return _ratio(_f(n_ij), _f(n_i) + _f(n_j) - _f(n_ij))


def inclusion(n_ij: ArrayLike, n_i: ArrayLike, n_j: ArrayLike) -> Any:
    """Joint papers as a share of the smaller unit's papers, ``n_ij / min(n_i, n_j)``, 0 to 1."""
    return _ratio(_f(n_ij), np.minimum(_f(n_i), _f(n_j)))


def pai(n_ij: ArrayLike, n_i: ArrayLike, n_j: ArrayLike, n: ArrayLike) -> Any:
    """Probabilistic affinity with paper margins, ``n_ij N / (n_i n_j)``: 1 where two units meet as often as chance would have it.

    Also called association strength or proximity index. ``n`` counts the papers of the set that the margins come from.
    """
    return _ratio(_f(n_ij) * _f(n), _f(n_i) * _f(n_j))


def link_matrix(joint: ArrayLike) -> Floats:
    """The collaboration matrix with an empty diagonal; :class:`DataError` unless square, symmetric and non-negative."""
    matrix = _f(joint).copy()
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise DataError(f"a collaboration matrix is square, this one is {' x '.join(map(str, matrix.shape))}", fix="give units x units")
    np.fill_diagonal(matrix, 0.0)
    if not np.isfinite(matrix).all() or (matrix < 0).any():
        raise DataError("a collaboration matrix holds counts, this one has negative or missing cells", fix="fill absent pairs with 0")
    if not np.array_equal(matrix, matrix.T):
        raise DataError("the collaboration matrix is not symmetric", fix="give each pair the same count in both directions")
    return matrix


def link_margins(joint: ArrayLike) -> Floats:
    """``C_i. = sum over j != i of n_ij``: links of each unit. Their sum ``T`` counts each pair twice."""
    return np.asarray(link_matrix(joint).sum(axis=1))


def _square(result: Any, size: int) -> Floats:
    matrix = np.asarray(result, dtype=np.float64).reshape(size, size)
    np.fill_diagonal(matrix, np.nan)
    return matrix


def link_pai(joint: ArrayLike) -> Floats:
    """Affinity on links, ``n_ij T / (C_i. C_j.)`` for every pair; the diagonal is NaN (METHODS 9.2, T9.4)."""
    matrix = link_matrix(joint)
    margins = matrix.sum(axis=1)
    return _square(_ratio(matrix * margins.sum(), np.outer(margins, margins)), len(margins))


def rca(joint: ArrayLike) -> Floats:
    """Revealed comparative advantage of a partner: the partner's share of i's links over its share of all links.

    ``(n_ij / C_i.) / (C_.j / T)``. On a symmetric matrix this is the same number as :func:`link_pai`; both names are in use.
    """
    matrix = link_matrix(joint)
    margins = matrix.sum(axis=1)
    share_of_i = _ratio(matrix, margins[:, None])
    share_of_all = _ratio(margins, margins.sum())
    return _square(_ratio(share_of_i, np.broadcast_to(share_of_all, matrix.shape)), len(margins))


def quasi_independence(joint: ArrayLike) -> Floats:
    """Expected links when units pair up by size alone and nobody with itself: ``e_ij = a_i a_j`` off the diagonal, margins as observed.

    This is the table that iterative proportional fitting with a structurally zero diagonal settles on. On a symmetric matrix it is found
    directly: ``a_i (S - a_i) = C_i`` with ``S = sum(a)`` leaves one unknown, ``S``. Rows without a link stay zero. Where one unit
    is part of every link (a star) no product has these margins, and the limit of the fitting, the star itself, is returned.
    """
    matrix = link_matrix(joint)
    margins = matrix.sum(axis=1)
    total, hub = margins.sum(), int(margins.argmax())
    if total == 0 or 2 * margins[hub] >= total:
        return matrix
    scaled = margins / total

    def small(size: float) -> Floats:
        """The smaller root of ``a (size - a) = C``, in the form that does not cancel."""
        return np.asarray(2 * scaled / (size + np.sqrt(np.maximum(size * size - 4 * scaled, 0.0))))

    def gap(size: float) -> float:
        """All parts minus the whole; the hub takes its larger root where it outweighs the rest."""
        parts = small(size)
        return float(parts.sum() - size) if not dominant else float(parts.sum() - 2 * parts[hub])

    lowest = 2 * float(np.sqrt(scaled[hub]))
    dominant = bool(small(lowest).sum() < lowest)
    highest = 2 * lowest
    while (gap(highest) > 0) != dominant:
        highest *= 2
    size = float(brentq(gap, lowest, highest, xtol=1e-15, rtol=1e-14, maxiter=500))
    parts = small(size)
    if dominant:
        parts[hub] = size - parts[hub]
    expected: Floats = np.outer(parts, parts) * total
    np.fill_diagonal(expected, 0.0)
    return expected


def quasi_pai(joint: ArrayLike) -> Floats:
    """Observed over :func:`quasi_independence` links; 1 is chance among units that cannot pair with themselves. The diagonal is NaN."""
    matrix = link_matrix(joint)
    return _square(_ratio(matrix, quasi_independence(matrix)), matrix.shape[0])
