"""How alike are two rankings? Spearman, Kendall tau-b, rank-biased overlap, mean rank shift and overlap of the top (METHODS 11.4).

A published list often stops at some rank (a top 100). The comparison then runs over the union of both lists down to there, and whatever
lies beyond counts as one rank further (censored): a unit that we have at rank 250 and the list does not have is at 101 in both senses.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import kendalltau, spearmanr

from armillary.core.arrays import Floats
from armillary.errors import DataError


@dataclass(frozen=True)
class Agreement:
    """Measures over ``units`` common or censored units; correlations are NaN where one side does not vary."""

    units: int
    depth: int | None
    spearman: float
    kendall_tau_b: float
    rbo: float
    mean_rank_shift: float
    largest_rank_shift: float
    top_overlap: float
    top: int

    def as_dict(self) -> dict[str, float | int | None]:
        """Plain values."""
        return asdict(self)


def agreement(
    ours: Mapping[Hashable, float], theirs: Mapping[Hashable, float], *, depth: int | None = None, top: int = 10, persistence: float = 0.9
) -> Agreement:
    """Compare two rankings given as ``unit -> rank`` (1 is best, ties share a rank).

    ``depth``: where the published list ``theirs`` stops; ranks beyond, and units that one side does not have, count as ``depth + 1``.
    Without it only units that both have are compared, re-ranked among themselves.
    """
    if depth is not None:
        units = [u for u in {**ours, **theirs} if min(ours.get(u, np.inf), theirs.get(u, np.inf)) <= depth]
        mine, other = (np.array([min(side.get(u, np.inf), depth + 1) for u in units], float) for side in (ours, theirs))
    else:
        units = [u for u in ours if u in theirs]
        mine, other = (_rerank(np.array([side[u] for u in units], float)) for side in (ours, theirs))
    if len(units) < 2:
        raise DataError(f"the two rankings share {len(units)} units", fix="at least two are needed for a comparison")
    shift = np.abs(mine - other)
    return Agreement(
        len(units),
        depth,
        spearman(mine, other),
        kendall_tau_b(mine, other),
        rbo(_listed(ours, depth), _listed(theirs, depth), persistence),
        float(shift.mean()),
        float(shift.max()),
        top_overlap(ours, theirs, top),
        top,
    )


def _rerank(rank: Floats) -> Floats:
    return np.asarray(1 + np.searchsorted(np.sort(rank), rank, side="left"), float)


def _listed(ranks: Mapping[Hashable, float], depth: int | None) -> list[Hashable]:
    return sorted((u for u in ranks if depth is None or ranks[u] <= depth), key=lambda u: (ranks[u], str(u)))


def spearman(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """Rank correlation with mean ranks for ties."""
    return float("nan") if _flat(a) or _flat(b) else float(spearmanr(a, b).statistic)


def kendall_tau_b(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """Kendall's tau with correction for ties (T11.6)."""
    return float("nan") if _flat(a) or _flat(b) else float(kendalltau(a, b, variant="b").statistic)


def _flat(values: Sequence[float] | Floats) -> bool:
    return len(values) < 2 or float(np.ptp(np.asarray(values, float))) == 0.0


def top_overlap(ours: Mapping[Hashable, float], theirs: Mapping[Hashable, float], k: int) -> float:
    """Units that both have at rank ``k`` or better, over ``k``; where ties make a top larger than ``k``, over the larger top."""
    a, b = ({u for u, rank in side.items() if rank <= k} for side in (ours, theirs))
    return len(a & b) / max(k, len(a), len(b)) if k > 0 else float("nan")


def rbo(a: Sequence[Hashable], b: Sequence[Hashable], p: float = 0.9) -> float:
    """Extrapolated rank-biased overlap of two lists, best first (Webber, Moffat & Zobel 2010, equation 32): 1 for equal lists, 0 for
    disjoint ones.

    ``p`` is the chance that a reader goes on to the next rank: with 0.9 the first ten ranks carry about 86 % of the weight.
    """
    if not 0 < p < 1:
        raise DataError(f"persistence {p} is not between 0 and 1")
    short, long = sorted((list(a), list(b)), key=len)
    s, depth = len(short), len(long)
    if not s:
        return 1.0 if not depth else 0.0
    seen_short: set[Hashable] = set()
    seen_long: set[Hashable] = set()
    overlap = 0
    at_s = 0
    total = 0.0
    for d in range(1, depth + 1):
        x = long[d - 1]
        seen_long.add(x)
        if d <= s:
            y = short[d - 1]
            seen_short.add(y)
            overlap += (x == y) + (x != y and x in seen_short) + (x != y and y in seen_long)
        else:
            overlap += x in seen_short
        if d == s:
            at_s = overlap
        total += overlap / d * p**d
        if d > s:
            total += at_s * (d - s) / (s * d) * p**d
    return float((1 - p) / p * total + ((overlap - at_s) / depth + at_s / s) * p**depth)
