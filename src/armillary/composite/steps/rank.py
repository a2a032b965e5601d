"""Ranks (ties share a rank), percent ranks, strengths and weaknesses, comparison with a group (METHODS 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from armillary.composite.matrix import Bools, Floats
from armillary.core.ranks import TIE, TIE_RULES, competition_ranks
from armillary.errors import UnknownNameError


@dataclass(frozen=True, slots=True)
class RankRule:
    """How scores become ranks: after rounding to ``decimals`` (none: unrounded), and which place equal scores share.

    ``min`` the best of their places ("1224"), ``max`` the worst ("1334"), ``average`` the mean of them, ``dense`` the best without
    places left out ("1223").
    """

    decimals: int | None = None
    ties: str = "min"

    def __post_init__(self) -> None:
        if self.ties not in TIE_RULES:
            raise UnknownNameError("tie rule", self.ties, TIE_RULES)

    def rounded(self, x: Floats) -> Floats:
        """The scores as they are compared; halves go away from zero, as in a spreadsheet and by hand."""
        return x if self.decimals is None else half_up(x, self.decimals)

    def of(self, x: Floats) -> Floats:
        """Ranks of the scores ``x`` along the last axis."""
        return competition_ranks(self.rounded(x), tie=self.ties)


def half_up(x: Floats, decimals: int) -> Floats:
    """``x`` rounded, halves away from zero: 70.5 is 71, and 70.35, which no binary number hits exactly, is 70.4."""
    ten = 10.0**decimals
    return np.asarray(np.sign(x) * np.floor(np.abs(x) * ten + 0.5 + 1e-9) / ten)


def percent_rank(x: Floats) -> Floats:
    """Share of the other units with a value that are worse (last axis), ties at their mean place; from 0 to 1."""
    n = (~np.isnan(x)).sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((n - competition_ranks(x, tie="average")) / np.where(n > 1, n - 1, np.nan))


def strengths(scores: Floats, n: int = 10, always: int = 0) -> tuple[Bools, Bools]:
    """Strengths and weaknesses of each unit over the indicators; ``scores`` is (indicators, units), higher is better.

    The percent rank here is the share of the others that are strictly worse, so that ties stand at their lowest place. A strength
    has a percent rank not below the unit's ``n``-th largest, a weakness one not above its ``n``-th smallest; where the unit has
    fewer than ``2 n`` indicators, half of them count. Ties at the limit are all marked. A rank of ``always`` or better is a strength
    in any case. With 10 and 3 the marks of a published index come out (99 % of its strengths, tests/composite/test_gii.py).
    """
    count = (~np.isnan(scores)).sum(axis=-1, keepdims=True)
    rank = competition_ranks(scores)
    worse = competition_ranks(-scores) - 1
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
