"""When would two regions reach parity, and what if one partner fell away (METHODS 4.4).

The forecast is a straight line through yearly values; its band is the one of the *mean response*, not a prediction interval: it says
how well the line is known, not where next year's value will lie. Read it as "if the past trend went on".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student_t

from armillary.errors import DataError, UsageError

FIRST_YEAR, MIN_PAPERS, MIN_YEARS = 2010, 200, 3
HORIZON = (2015, 2499)
OPEN_END = 2200
"""A parity interval that reaches beyond this year is read as "after ...": the band never leaves the line."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A line through yearly values, its mean-response band, and where the band meets the parity line."""

    years: tuple[int, ...]
    values: tuple[float, ...]
    slope: float
    intercept: float
    s: float
    """Residual standard error."""
    quantile: float
    """Student's t that makes the band."""
    line: float
    confidence: float
    interval: tuple[int, int] | None
    """First and last year whose band contains the line; None if there is none."""
    is_between_years: bool
    """The band crosses the line between two calendar years; the interval then names these two."""

    def mean(self, year: ArrayLike) -> NDArray[np.float64]:
        """The fitted value."""
        return np.asarray(self.intercept + self.slope * np.asarray(year, dtype=np.float64))

    def half_width(self, year: ArrayLike) -> NDArray[np.float64]:
        """Half the width of the mean-response band (METHODS 4.3)."""
        x = np.asarray(self.years, dtype=np.float64)
        spread = ((x - x.mean()) ** 2).sum()
        return np.asarray(self.quantile * self.s * np.sqrt(1 / len(x) + (np.asarray(year, dtype=np.float64) - x.mean()) ** 2 / spread))

    def band(self, year: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper end of the band."""
        mean, half = self.mean(year), self.half_width(year)
        return mean - half, mean + half

    @property
    def point(self) -> float:
        """Where the fitted line itself meets the parity line; NaN for a flat line."""
        return (self.line - self.intercept) / self.slope if self.slope != 0 else float("nan")

    @property
    def text(self) -> str:
        """The published wording: ``Never``, a year, ``lo–hi`` or ``after lo``."""
        if self.interval is None:
            return "Never"
        low, high = self.interval
        if high > OPEN_END:
            return f"after {low}"
        return str(low) if low == high else f"{low}–{high}"

    @property
    def reading(self) -> str:
        """The same as a sentence that cannot be misread."""
        line = f"{self.line:g}"
        if self.interval is None:
            side = "above" if float(self.mean(HORIZON[0])) > self.line else "below"
            return f"the band stays {side} {line} from {HORIZON[0]} to {HORIZON[1]}: no parity on this trend"
        low, high = self.interval
        if high > OPEN_END:
            if low == HORIZON[0]:
                return f"the band contains {line} throughout: the trend does not tell the two apart"
            return f"parity cannot be ruled out from {low} on, and no end can be given: the trend is too uncertain"
        when = f"in {low}" if low == high else f"between {low} and {high}"
        tense = "was crossed" if high <= self.years[-1] else "would be crossed"
        return f"on a straight line through {self.years[0]}–{self.years[-1]} ({len(self.years)} years), {line} {tense} {when}"


def parity_forecast(
    years: Sequence[int],
    values: Sequence[float],
    papers: Sequence[int] | None = None,
    *,
    line: float = 0.5,
    first_year: int = FIRST_YEAR,
    min_papers: int = MIN_PAPERS,
    min_years: int = MIN_YEARS,
    confidence: float = 0.95,
) -> Forecast:
    """Fit the line on years from ``first_year`` with a value and at least ``min_papers`` papers (``papers=None``: no such test).

    ``line`` is 0.5 for lead share and 0 for lead premium. :class:`DataError` with fewer than ``min_years`` usable years.
    """
    if min_years < 3:
        raise UsageError(f"a band needs at least 3 years, got min_years={min_years}")
    counts = [min_papers] * len(years) if papers is None else papers
    rows = sorted(
        (int(y), float(v)) for y, v, n in zip(years, values, counts, strict=True) if y >= first_year and n >= min_papers and np.isfinite(v)
    )
    if len(rows) < min_years:
        raise DataError(
            f"too few years for a forecast: {len(rows)} with at least {min_papers} papers since {first_year}, {min_years} needed",
            fix="use a longer period, a bigger pair, or a lower minimum of papers",
        )
    x, y = np.array([r[0] for r in rows], dtype=np.float64), np.array([r[1] for r in rows])
    middle = x.mean()
    slope = float(((x - middle) * (y - y.mean())).sum() / ((x - middle) ** 2).sum())
    intercept = float(y.mean() - slope * middle)
    residual = y - y.mean() - slope * (x - middle)
    s = float(np.sqrt((residual**2).sum() / (len(rows) - 2)))
    quantile = float(student_t.ppf((1 + confidence) / 2, len(rows) - 2))
    draft = Forecast(tuple(r[0] for r in rows), tuple(r[1] for r in rows), slope, intercept, s, quantile, line, confidence, None, False)
    span, between = _parity(draft)
    return Forecast(draft.years, draft.values, slope, intercept, s, quantile, line, confidence, span, between)


def _parity(fit: Forecast) -> tuple[tuple[int, int] | None, bool]:
    years = np.arange(HORIZON[0], HORIZON[1] + 1)
    low, high = fit.band(years)
    inside = years[(low <= fit.line) & (fit.line <= high)]
    if len(inside):
        return (int(inside[0]), int(inside[-1])), False
    side = np.sign(fit.mean(years) - fit.line)
    jump = np.flatnonzero(side[1:] != side[:-1])
    return ((int(years[jump[0]]), int(years[jump[0] + 1])), True) if len(jump) else (None, False)


def without_partner(
    weights: Mapping[str, float], lead_shares: Mapping[str, float], partner: str, *, fraction: float = 1.0, domestic: str = "Domestic"
) -> tuple[dict[str, float], float, float]:
    """Collaboration weights after ``fraction`` of one partner's weight is spread over the others in proportion, and the global lead share.

    Returns the new weights, the global lead share before, and after. The global lead share is the weighted mean over partners other
    than ``domestic`` whose lead share is known, weights renormalised; NaN where nothing is left. Source: METHODS 4.4, T4.5.
    """
    if partner not in weights:
        raise UsageError(f"no weight for partner '{partner}'", fix=f"known: {', '.join(sorted(weights))}")
    if not 0 <= fraction <= 1:
        raise UsageError(f"the freed fraction must lie in 0 to 1, got {fraction:g}")
    if any(w < 0 or not np.isfinite(w) for w in weights.values()):
        raise DataError("a collaboration weight is negative or missing")
    rest = sum(w for name, w in weights.items() if name != partner)
    if rest <= 0:
        raise DataError(f"there is no partner besides '{partner}' to take its weight")
    freed = weights[partner] * fraction
    after = {name: w - freed if name == partner else w + freed * w / rest for name, w in weights.items()}
    return after, _mean_lead(weights, lead_shares, domestic), _mean_lead(after, lead_shares, domestic)


def _mean_lead(weights: Mapping[str, float], lead_shares: Mapping[str, float], domestic: str) -> float:
    known = [n for n in weights if n != domestic and np.isfinite(lead_shares.get(n, float("nan")))]
    total = sum(weights[n] for n in known)
    return sum(weights[n] * lead_shares[n] for n in known) / total if total > 0 else float("nan")
