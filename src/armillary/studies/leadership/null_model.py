"""What lead share would chance give? A pair with two thirds of the authors leads two thirds of the time by luck alone (METHODS 9.4).

The null keeps every paper as it is (its authors, how many come from each region, how many roles there are) and hands the roles to
its authors at random. The expectation is the share of authors; the spread follows in closed form, paper by paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from armillary.errors import DataError
from armillary.studies.leadership.balance import PairPapers


@dataclass(frozen=True, slots=True)
class NullComparison:
    """An observed number of roles against the number that random hands would give."""

    observed: float
    expected: float
    sd: float
    roles: float
    """Roles that were handed out; ``observed / roles`` is the rate."""

    @property
    def rate(self) -> float:
        """Observed share of the roles."""
        return self.observed / self.roles if self.roles > 0 else float("nan")

    @property
    def expected_rate(self) -> float:
        """Share of the roles by team composition alone."""
        return self.expected / self.roles if self.roles > 0 else float("nan")

    @property
    def excess(self) -> float:
        """``rate - expected_rate``: leading beyond team composition."""
        return self.rate - self.expected_rate

    @property
    def ratio(self) -> float:
        """``rate / expected_rate``."""
        return self.observed / self.expected if self.expected > 0 else float("nan")

    @property
    def z(self) -> float:
        """Distance in standard deviations; NaN where chance leaves no room (all teams from one side)."""
        return (self.observed - self.expected) / self.sd if self.sd > 0 else float("nan")

    @property
    def p_value(self) -> float:
        """Two-sided, normal approximation; needs some dozens of papers."""
        return float(2 * norm.sf(abs(self.z)))


def single_role(observed: ArrayLike, share_of_authors: ArrayLike) -> NullComparison:
    """One role a paper (first, last): ``observed`` is the unit's part of the role (0 to 1), against the unit's part of the authors.

    The spread is that of one draw from the paper's authors, ``f (1 - f)``; an author split over units makes it an upper bound.
    """
    seen, part = np.asarray(observed, dtype=np.float64), np.asarray(share_of_authors, dtype=np.float64)
    if seen.shape != part.shape:
        raise DataError(f"observed roles ({seen.shape}) and shares of authors ({part.shape}) differ in length")
    if part.size and (part.min() < 0 or part.max() > 1 + 1e-12):
        raise DataError("a share of authors lies outside 0 to 1")
    return NullComparison(float(seen.sum()), float(part.sum()), float(np.sqrt((part * (1 - part)).sum())), float(len(seen)))


def lead_null(papers: PairPapers, year: int | None = None) -> NullComparison:
    """Leaders of the first region against random roles within each paper's own team (hypergeometric).

    With ``n = n1 + n2`` authors of whom ``k`` lead: expectation ``k n1 / n``, variance ``k (n1/n)(n2/n)(n - k)/(n - 1)``.
    """
    counts = papers.counts if year is None else papers.counts[papers.year == year]
    expected, variance = _hypergeometric(counts)
    leaders = counts[:, 0] + counts[:, 1]
    return NullComparison(float(counts[:, 0].sum()), float(expected.sum()), float(np.sqrt(variance.sum())), float(leaders.sum()))


def _hypergeometric(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    l1, l2, m1, m2 = (counts[:, k].astype(np.float64) for k in range(4))
    n, one, roles = l1 + l2 + m1 + m2, l1 + m1, l1 + l2
    part = np.divide(one, n, out=np.zeros_like(n), where=n > 0)
    left = np.divide(n - roles, n - 1, out=np.zeros_like(n), where=n > 1)
    return roles * part, roles * part * (1 - part) * left
