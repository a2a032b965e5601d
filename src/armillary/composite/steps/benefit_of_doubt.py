"""Benefit of the doubt: the most favourable weights of each unit, by linear programming (METHODS 2.7)."""

from __future__ import annotations

import numpy as np

from armillary.composite.matrix import Bools, Floats
from armillary.errors import DataError


def benefit_of_the_doubt(parts: Floats, shares: tuple[float, float] | None = None) -> tuple[Floats, Floats]:
    """The best score that each unit can reach with weights of its own, and these weights; ``parts`` is (units, parts), >= 0.

    Maximise sum_k w_k s_ok subject to sum_k w_k s_jk <= 1 for all units j and, with ``shares = (least, greatest)``, each part
    contributing between that share of the unit's total (METHODS 2.7). A missing part is replaced by the mean of the unit's
    other parts. Scores are in (0, 1].
    """
    with np.errstate(invalid="ignore"):
        if np.any(parts < 0):
            raise DataError("benefit of the doubt needs parts of at least 0", fix="normalise by min-max or goalposts")
    n, k = parts.shape
    s, none = _whole(parts)
    score, weights = np.full(n, np.nan), np.full((n, k), np.nan)
    for o in np.flatnonzero(~none):
        score[o], weights[o] = _best(s, int(o), shares)
    return score, weights


def doubtful_ends(low: Floats, high: Floats, shares: tuple[float, float] | None = None) -> tuple[Floats, Floats]:
    """Least and greatest score of each unit where every part (units, parts) lies between ``low`` and ``high``.

    A score grows with the unit's own parts and falls with those of the others: contributions ``v = w s`` maximise ``sum v`` subject to
    ``sum v_k s_jk / s_ok <= 1``, in which a larger ``s_ok`` loosens every bound and a larger ``s_jk`` tightens one.
    """
    out = []
    for own, others in ((low, high), (high, low)):
        mine, none = _whole(np.maximum(own, 0.0))
        rest, _ = _whole(np.maximum(others, 0.0))
        score = np.full(len(mine), np.nan)
        for o in np.flatnonzero(~none):
            s = rest.copy()
            s[o] = mine[o]
            score[o] = _best(s, int(o), shares)[0]
        out.append(score)
    return out[0], out[1]


def _whole(parts: Floats) -> tuple[Floats, Bools]:
    """Missing parts replaced by the mean of the unit's others, and who has none at all (which has 0 and bounds nobody)."""
    gone = np.isnan(parts)
    count = (~gone).sum(axis=1, keepdims=True)
    own = np.where(gone, 0.0, parts).sum(axis=1, keepdims=True) / np.where(count > 0, count, 1)
    return np.where(gone, own, parts), count[:, 0] == 0


def _best(s: Floats, o: int, shares: tuple[float, float] | None) -> tuple[float, Floats]:
    """The linear programme of unit ``o``: its best score and the weights that give it."""
    from scipy.optimize import linprog

    rows, limits = [s], [np.ones(len(s))]
    if shares is not None:
        diagonal = np.diag(s[o])
        rows += [shares[0] * s[o] - diagonal, diagonal - shares[1] * s[o]]
        limits += [np.zeros(s.shape[1]), np.zeros(s.shape[1])]
    done = linprog(-s[o], A_ub=np.vstack(rows), b_ub=np.concatenate(limits), bounds=(0, None), method="highs")
    if done.status != 0:
        raise DataError(f"the linear programme of unit {o} has no solution ({done.message})", fix="widen the bounds on shares")
    return float(s[o] @ done.x), np.asarray(done.x)
