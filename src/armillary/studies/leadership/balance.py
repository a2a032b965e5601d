"""Who leads joint research: lead share and lead premium of a pair of regions (METHODS 4.2, 4.3).

Input are author-paper rows: a paper, its year, an author, a region, and the probability that the author led (from a model, or
0/1 from a byline rule). Counting is full: an author with addresses in both regions counts in both (T4.4), once each.

``LS = L1 / (L1 + L2)`` is region 1's part of the leaders; parity is 0.5. ``LP = L1 / (L1 + L2) - M1 / (M1 + M2)`` sets it against
region 1's part of the supporting authors; parity is 0. Both are NaN where a denominator is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from armillary.errors import DataError, UsageError

THRESHOLD = 0.65
"""Above it an author counts as a leader (METHODS 4.2)."""
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75)
"""The thresholds that the published sensitivity figure uses."""
BINS = 20
Rule = Literal["binned", "plain"]
Others = Literal["exclude", "allow"]
SCHEMA = pa.schema(
    [("work_id", pa.int64()), ("year", pa.int16()), ("author_id", pa.int64()), ("region", pa.string()), ("lead", pa.float64())]
)
"""Columns of the author-paper rows. ``author_id`` only has to tell the authors of one paper apart."""


def leads(probability: ArrayLike, threshold: float = THRESHOLD, rule: Rule = "binned") -> NDArray[np.bool_]:
    """Which authors count as leaders.

    ``binned`` is the published rule: 20 equal bins, closed on the right, and a bin leads if its *midpoint* exceeds the threshold,
    so 0.65 and 0.67 split alike and threshold 0 makes everybody a leader. ``plain`` compares the probability itself.
    :class:`DataError` for a probability outside 0 to 1 or missing.
    """
    p = np.asarray(probability, dtype=np.float64)
    if p.size and not (np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1):
        raise DataError("a probability of leading is missing or outside 0 to 1", fix="drop the rows without a prediction first")
    if rule == "plain":
        return np.asarray(p > threshold)
    if rule != "binned":
        raise UsageError(f"unknown threshold rule '{rule}'", fix="use 'binned' or 'plain'")
    edges = np.linspace(0.0, 1.0, BINS + 1)
    upper = np.maximum(np.searchsorted(edges, p, side="left"), 1)
    return np.asarray((edges[upper - 1] + edges[upper]) / 2 > threshold)


@dataclass(frozen=True, slots=True)
class Balance:
    """Leaders and supporters of a pair's papers; ``year`` is None for all years together."""

    year: int | None
    papers_n: int
    lead_1: int
    lead_2: int
    support_1: int
    support_2: int

    @property
    def lead_share(self) -> float:
        """``L1 / (L1 + L2)``; NaN without a leader."""
        return _part(self.lead_1, self.lead_2)

    @property
    def support_share(self) -> float:
        """``M1 / (M1 + M2)``; NaN without a supporter."""
        return _part(self.support_1, self.support_2)

    @property
    def lead_premium(self) -> float:
        """``lead_share - support_share``."""
        return self.lead_share - self.support_share


def _part(first: float, second: float) -> float:
    return first / (first + second) if first + second > 0 else float("nan")


def balance_of(
    lead_1: ArrayLike, lead_2: ArrayLike, *, threshold: float = THRESHOLD, rule: Rule = "binned", year: int | None = None, papers_n: int = 0
) -> Balance:
    """The balance from two plain lists of probabilities, one for each region."""
    one, two = leads(lead_1, threshold, rule), leads(lead_2, threshold, rule)
    return Balance(year, papers_n, int(one.sum()), int(two.sum()), int((~one).sum()), int((~two).sum()))


def pair_rows(rows: pa.Table, first: str, second: str, *, others: Others = "exclude") -> pa.Table:
    """Rows of the two regions on their joint papers, one for each (paper, author, region), sorted.

    ``others="exclude"`` keeps papers with exactly these two regions; ``"allow"`` also those with third regions (whose authors are then
    left out). Where a paper-author-region comes twice, the higher probability stays. Rows without a region never decide.
    """
    if first == second:
        raise UsageError(f"a pair needs two different regions, got '{first}' twice")
    work, is_first, is_second = rows["work_id"].to_numpy(), _is(rows, first), _is(rows, second)
    codes = is_first + 2 * is_second + 4 * (~is_first & ~is_second & rows["region"].is_valid().to_numpy())
    papers, place = np.unique(work, return_inverse=True)
    seen = np.zeros(len(papers), dtype=np.int64)
    np.bitwise_or.at(seen, place, codes)
    joint = (seen == 3) if others == "exclude" else (seen & 3) == 3
    kept = np.flatnonzero(joint[place] & (is_first | is_second))
    work, author, lead = work[kept], rows["author_id"].to_numpy()[kept], rows["lead"].to_numpy()[kept]
    later = is_second[kept] if first < second else is_first[kept]
    order = np.lexsort((-lead, later, author, work))
    w, a, r = work[order], author[order], later[order]
    new = np.ones(len(w), dtype=bool)
    new[1:] = (w[1:] != w[:-1]) | (a[1:] != a[:-1]) | (r[1:] != r[:-1])
    return rows.take(pa.array(kept[order][new]))


def _is(rows: pa.Table, region: str) -> NDArray[np.bool_]:
    return np.asarray(pc.equal(rows["region"], region).fill_null(False).to_numpy())


@dataclass(frozen=True, slots=True)
class PairPapers:
    """Counts of a pair paper by paper (arrays of equal length, sorted by paper): what balances, intervals and null models need."""

    first: str
    second: str
    work_id: NDArray[np.int64]
    year: NDArray[np.int64]
    counts: NDArray[np.int64]
    """Columns L1, L2, M1, M2."""

    def total(self, year: int | None = None) -> Balance:
        """The balance of one year, or of all."""
        chosen = self.counts if year is None else self.counts[self.year == year]
        l1, l2, m1, m2 = (int(v) for v in chosen.sum(axis=0))
        return Balance(year, len(chosen), l1, l2, m1, m2)

    def by_year(self) -> list[Balance]:
        """One balance for each year with papers, in order."""
        return [self.total(int(y)) for y in np.unique(self.year)]


def pair_papers(
    rows: pa.Table, first: str, second: str, *, threshold: float = THRESHOLD, rule: Rule = "binned", others: Others = "exclude"
) -> PairPapers:
    """Leaders and supporters of both regions for each of their joint papers."""
    kept = pair_rows(rows, first, second, others=others)
    work, lead = kept["work_id"].to_numpy(), leads(kept["lead"].to_numpy(), threshold, rule)
    is_first = _is(kept, first)
    papers, start, place = np.unique(work, return_index=True, return_inverse=True)
    column = np.where(lead, 0, 2) + np.where(is_first, 0, 1)
    counts = np.zeros((len(papers), 4), dtype=np.int64)
    np.add.at(counts, (place, column), 1)
    return PairPapers(first, second, papers, kept["year"].to_numpy()[start].astype(np.int64), counts)


@dataclass(frozen=True, slots=True)
class BalanceInterval:
    """Lead share and lead premium with percentile intervals from resampled papers."""

    balance: Balance
    share: tuple[float, float]
    premium: tuple[float, float]
    draws_n: int
    confidence: float


def interval(papers: PairPapers, year: int | None = None, *, draws: int = 1000, confidence: float = 0.95, seed: int = 1) -> BalanceInterval:
    """Resample whole papers with replacement and recompute both measures; authors of one paper stay together.

    The set of papers is a census, so read the interval as stability: how much the value hangs on single papers (METHODS 11.1).
    """
    chosen = papers.counts if year is None else papers.counts[papers.year == year]
    point = papers.total(year)
    nothing = (float("nan"), float("nan"))
    if len(chosen) == 0:
        return BalanceInterval(point, nothing, nothing, 0, confidence)
    # papers with the same counts are interchangeable: draw how often each profile comes, not each paper
    profiles, times = np.unique(chosen, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(chosen), times / times.sum(), size=draws) @ profiles
    l1, l2, m1, m2 = (drawn[:, k].astype(np.float64) for k in range(4))
    share = np.divide(l1, l1 + l2, out=np.full(draws, np.nan), where=l1 + l2 > 0)
    support = np.divide(m1, m1 + m2, out=np.full(draws, np.nan), where=m1 + m2 > 0)
    return BalanceInterval(point, _percentiles(share, confidence), _percentiles(share - support, confidence), draws, confidence)


def _percentiles(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if len(known) < len(values) * confidence:
        return (float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (float(low), float(high))


def bin_slope(lead_1: ArrayLike, lead_2: ArrayLike) -> float:
    """Slope of region 1's percentage of authors per probability bin on the bin's midpoint, 0.15 to 0.85 (METHODS 4.3, third diagnostic).

    Needs no threshold: positive where region 1's authors grow more frequent towards the leading end. NaN with fewer than two filled bins.
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2

    def histogram(values: ArrayLike) -> NDArray[Any]:
        upper = np.maximum(np.searchsorted(edges, np.asarray(values, dtype=np.float64), side="left"), 1)
        return np.bincount(upper - 1, minlength=BINS)

    one, two = histogram(lead_1), histogram(lead_2)
    use = (middles > 0.12) & (middles < 0.88) & (one + two > 0)
    if use.sum() < 2:
        return float("nan")
    share = 100.0 * one[use] / (one + two)[use]
    x = middles[use] - middles[use].mean()
    return float((x * (share - share.mean())).sum() / (x * x).sum())
