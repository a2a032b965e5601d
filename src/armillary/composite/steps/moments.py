"""Skewness and kurtosis along the last axis, missing values left out, in the three definitions that index teams use."""

from __future__ import annotations

import numpy as np

from armillary.composite.matrix import Floats
from armillary.errors import UnknownNameError

KINDS = ("adjusted", "population", "sd")


def skew_kurt(x: Floats, kind: str = "adjusted") -> tuple[Floats, Floats]:
    """Skewness and excess kurtosis along the last axis.

    ``adjusted``: G1 = sqrt(n(n-1))/(n-2) g1 and G2 = (n-1)/((n-2)(n-3)) ((n+1) g2 + 6), as spreadsheets and the reference
    toolbox for composite indicators have it (METHODS 2.4). ``population``: g1 = m3/m2^1.5 and g2 = m4/m2^2 - 3.
    ``sd``: g1 ((n-1)/n)^1.5 and (g2+3)(1-1/n)^2 - 3, moments over powers of the sample standard deviation.
    NaN where fewer than three (four for kurtosis) values are present or all are equal.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of skewness", kind, KINDS)
    present = ~np.isnan(x)
    n = present.sum(axis=-1).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        filled = np.where(present, x, 0.0)
        d = filled - (filled.sum(axis=-1) / n)[..., None]
        d *= present
        # scaled to the largest deviation so that the fourth power neither overflows nor vanishes, whatever the unit of measure
        spread = np.abs(d).max(axis=-1, initial=0.0)
        d /= np.where(spread > 0, spread, np.nan)[..., None]
        d2 = d * d
        m2 = d2.sum(axis=-1) / n
        g1 = (d2 * d).sum(axis=-1) / n / m2**1.5
        d2 *= d2
        g2 = d2.sum(axis=-1) / n / m2**2 - 3.0
        if kind == "adjusted":
            skew = np.where(n > 2, np.sqrt(n * (n - 1)) / (n - 2) * g1, np.nan)
            kurt = np.where(n > 3, (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6), np.nan)
        elif kind == "sd":
            skew, kurt = g1 * ((n - 1) / n) ** 1.5, (g2 + 3) * (1 - 1 / n) ** 2 - 3
        else:
            skew, kurt = g1, g2
    # a column of one repeated value carries rounding noise only; the deviation is then far below its size
    size = np.abs(filled).max(axis=-1, initial=0.0)
    flat = spread <= 1e-14 * size
    return np.where(flat, np.nan, skew), np.where(flat, np.nan, kurt)
