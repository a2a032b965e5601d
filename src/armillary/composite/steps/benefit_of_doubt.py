"""Benefit of the doubt: the most favourable weights of each unit, by linear programming (METHODS 2.7)."""

from __future__ import annotations

import numpy as np

from armillary.composite.matrix import Floats
from armillary.errors import DataError


def benefit_of_the_doubt(parts: Floats, shares: tuple[float, float] | None = None) -> tuple[Floats, Floats]:
    """The best score that each unit can reach with weights of its own, and these weights; ``parts`` is (units, parts), >= 0.

    Maximise sum_k w_k s_ok subject to sum_k w_k s_jk <= 1 for all units j and, with ``shares = (least, greatest)``, each part
    contributing between that share of the unit's total (METHODS 2.7). A missing part is replaced by the mean of the unit's
    other parts. Scores are in (0, 1].
    """
    from scipy.optimize import linprog

    with np.errstate(invalid="ignore"):
        if np.any(parts < 0):
            raise DataError("benefit of the doubt needs parts of at least 0", fix="normalise by min-max or goalposts")
    n, k = parts.shape
    gone = np.isnan(parts)
    count = (~gone).sum(axis=1, keepdims=True)
    own = np.where(gone, 0.0, parts).sum(axis=1, keepdims=True) / np.where(count > 0, count, 1)
    s = np.where(gone, own, parts)
    score, weights = np.full(n, np.nan), np.full((n, k), np.nan)
    for o in range(n):
        if count[o, 0] == 0:
            continue
        rows, limits = [s], [np.ones(n)]
        if shares is not None:
            diagonal = np.diag(s[o])
            rows += [shares[0] * s[o] - diagonal, diagonal - shares[1] * s[o]]
            limits += [np.zeros(k), np.zeros(k)]
        done = linprog(-s[o], A_ub=np.vstack(rows), b_ub=np.concatenate(limits), bounds=(0, None), method="highs")
        if done.status != 0:
            raise DataError(f"the linear programme of unit {o} has no solution ({done.message})", fix="widen the bounds on shares")
        score[o], weights[o] = float(s[o] @ done.x), done.x
    return score, weights
