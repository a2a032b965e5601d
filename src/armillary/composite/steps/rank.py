"""Ranks (ties share a rank), percent ranks, strengths and weaknesses, comparison with a group (METHODS 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from armillary.composite.matrix import Bools, Floats
from armillary.errors import UnknownNameError

TIE = 1e-9
"""Values closer than this share a rank, as everywhere in the project."""

TIES = ("min", "max", "average", "dense")


@dataclass(frozen=True, slots=True)
class Ranking:
    """How scores become ranks: after rounding to ``decimals`` (none: unrounded), and which place equal scores share.

    ``min`` the best of their places ("1224"), ``max`` the worst ("1334"), ``average`` the mean of them, ``dense`` the best without
    places left out ("1223").
    """

    decimals: int | None = None
    ties: str = "min"

    def __post_init__(self) -> None:
        if self.ties not in TIES:
            raise UnknownNameError("tie rule", self.ties, TIES)

    def rounded(self, x: Floats) -> Floats:
        """The scores as they are compared."""
        return x if self.decimals is None else np.round(x, self.decimals)

    def of(self, x: Floats) -> Floats:
        """Ranks of the scores ``x`` along the last axis."""
        return competition_rank(self.rounded(x), tie=self.ties)


def competition_rank(x: Floats, *, tie: str = "min", within: float = TIE) -> Floats:
    """Rank 1 for the largest value of the last axis; NaN has no rank (NaN).

    ``tie`` says which place equal values share: see :class:`Ranking`.
    """
    if tie not in TIES:
        raise UnknownNameError("tie rule", tie, TIES)
    rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    n = rows.shape[1]
    order = np.argsort(-rows, axis=1, kind="stable")  # NaN sorts last
    ordered = np.take_along_axis(rows, order, axis=1)
    starts = np.ones(rows.shape, dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        starts[:, 1:] = ~(ordered[:, :-1] - ordered[:, 1:] <= within)
    first = np.maximum.accumulate(np.where(starts, np.arange(n), 0), axis=1)
    place = first + 1.0
    if tie == "dense":
        place = np.cumsum(starts, axis=1).astype(np.float64)
    elif tie != "min":
        # the end of a run of ties is where the next run starts, found from the right
        later = np.where(np.c_[starts[:, 1:], np.ones((len(rows), 1), dtype=np.bool_)], np.arange(n), n)
        last = np.minimum.accumulate(later[:, ::-1], axis=1)[:, ::-1]
        place = (first + last) / 2 + 1.0 if tie == "average" else last + 1.0
    place[np.isnan(ordered)] = np.nan
    out = np.empty_like(rows)
    np.put_along_axis(out, order, place, axis=1)
    return out.reshape(x.shape)


def percent_rank(x: Floats) -> Floats:
    """Share of the other units with a value that are worse (last axis), ties at their mean place; from 0 to 1."""
    n = (~np.isnan(x)).sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((n - competition_rank(x, tie="average")) / np.where(n > 1, n - 1, np.nan))


def strengths(scores: Floats, n: int = 10, always: int = 0) -> tuple[Bools, Bools]:
    """Strengths and weaknesses of each unit over the indicators; ``scores`` is (indicators, units), higher is better.

    The percent rank here is the share of the others that are strictly worse, so that ties stand at their lowest place. A strength
    has a percent rank not below the unit's ``n``-th largest, a weakness one not above its ``n``-th smallest; where the unit has
    fewer than ``2 n`` indicators, half of them count. Ties at the limit are all marked. A rank of ``always`` or better is a strength
    in any case. With 10 and 3 the marks of a published index come out (99 % of its strengths, tests/composite/test_gii.py).
    """
    count = (~np.isnan(scores)).sum(axis=-1, keepdims=True)
    rank = competition_rank(scores)
    worse = competition_rank(-scores) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        share = worse / np.where(count > 1, count - 1, np.nan)
    strong, weak = np.zeros(scores.shape, dtype=np.bool_), np.zeros(scores.shape, dtype=np.bool_)
    for u in range(scores.shape[1]):
        known = np.sort(share[~np.isnan(share[:, u]), u])
        k = min(n, known.size // 2)
        if k:
            strong[:, u] = share[:, u] >= known[-k] - TIE
            weak[:, u] = share[:, u] <= known[k - 1] + TIE
    with np.errstate(invalid="ignore"):
        strong |= rank <= always
    return strong, weak


def against_group(scores: Floats, groups: Sequence[str | None], sd: float = 1.0) -> tuple[Floats, Bools, Bools]:
    """Group mean for each cell of ``scores`` (rows, units), and whether the unit is more than ``sd`` standard deviations above or below it.

    The group's standard deviation is that of the sample (n - 1); a group of one has none and marks nothing.
    """
    labels = np.array(["" if g is None else str(g) for g in groups])
    mean, spread = np.full(scores.shape, np.nan), np.full(scores.shape, np.nan)
    for label in np.unique(labels[labels != ""]):
        inside = labels == label
        part = scores[:, inside]
        n = (~np.isnan(part)).sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            centre = np.nansum(part, axis=1, keepdims=True) / np.where(n > 0, n, np.nan)
            width = np.sqrt(np.nansum((part - centre) ** 2, axis=1, keepdims=True) / np.where(n > 1, n - 1, np.nan))
        mean[:, inside], spread[:, inside] = centre, width
    with np.errstate(invalid="ignore"):
        return mean, np.asarray(scores > mean + sd * spread), np.asarray(scores < mean - sd * spread)
