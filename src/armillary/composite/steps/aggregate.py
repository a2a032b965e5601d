"""Combine the parts of a group into its score. Parts that are missing are left out and the weights of the others rescaled (2.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from armillary.composite.matrix import Bools, Floats
from armillary.composite.steps.benefit_of_doubt import benefit_of_the_doubt
from armillary.errors import DataError, UnknownNameError

METHODS = ("arithmetic", "geometric", "harmonic", "power", "median", "copeland", "bod")
AT_LEAST_0 = ("geometric", "harmonic", "power")
"""Means that exist for scores of at least 0 only."""


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How the parts of a group become its score.

    ``min_present``: share of the parts' weight that must be present, else the score is missing; ``min_count``: the number of parts.
    ``floor`` replaces smaller values (zeros) before a geometric or harmonic mean; without one, a zero gives zero. ``shares``: for
    ``bod``, the least and greatest part of the total score that one part may contribute. ``power``: the exponent of the generalised
    mean (1 arithmetic, 0 geometric, -1 harmonic; the smaller, the less a strong part makes up for a weak one).
    """

    method: str = "arithmetic"
    min_present: float = 0.0
    floor: float = 0.0
    shares: tuple[float, float] | None = None
    min_count: int = 0
    power: float = field(default=1.0, metadata={"quiet": True})

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("aggregation", self.method, METHODS)


def aggregate(scores: Floats, weights: Floats, how: Aggregation) -> Floats:
    """Scores of one group: ``scores`` is (..., parts, units), ``weights`` (..., parts) >= 0; the result (..., units).

    Copeland: (wins - losses) over pairs of units by weighted majority of the parts that both have, brought to 0-100.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if how.method in ("median", "copeland", "bod"):
        gone = np.isnan(scores)
        value = _enough(_special(scores, weights, how), _sum(np.ones_like(scores), gone, weights), weights, how.min_present)
        return _counted(value, gone, how.min_count)
    x, method = scores, how.method
    if method == "power":
        method = {1.0: "arithmetic", 0.0: "geometric", -1.0: "harmonic"}.get(how.power, "power")
    if how.method != "arithmetic":
        with np.errstate(invalid="ignore"):
            if np.any(scores < 0):
                raise DataError(
                    f"a {how.method} mean needs scores of at least 0; found {float(np.nanmin(scores)):g}",
                    fix="use min-max or goalposts (not z) for the indicators, or an arithmetic mean here",
                )
        x = np.maximum(scores, how.floor)
        with np.errstate(divide="ignore", invalid="ignore"):
            # a zero is minus infinity here (or infinity), and comes back as the zero that it is
            if method == "geometric":
                x = np.log(x)
            elif method == "harmonic":
                x = 1.0 / np.where(x < 1e-290, 0.0, x)
            elif method == "power":
                x = np.where(x < 1e-290, 0.0, x) ** how.power
    gone = np.isnan(x)
    whole = not gone.any()
    if whole:
        # the same additions in the same order, without the work for missing parts
        total = _total(weights)[..., None]
        out = _sum(x, None, weights)
    else:
        total = _sum(np.ones_like(x), gone, weights)
        out = _sum(x, gone, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        out /= np.where(total > 0, total, np.nan)
        if method == "geometric":
            out = np.exp(out)
        elif method == "harmonic":
            out = 1.0 / out
        elif method == "power":
            out = out ** (1.0 / how.power)
    return out if whole else _counted(_enough(out, total, weights, how.min_present), gone, how.min_count)


def _counted(value: Floats, gone: Bools, least: int) -> Floats:
    """NaN where fewer than ``least`` parts are present."""
    return value if not least else np.where((~gone).sum(axis=-2) >= least, value, np.nan)


def _total(weights: Floats) -> Floats:
    """Sum of the weights, one after the other."""
    out = np.zeros(weights.shape[:-1])
    for k in range(weights.shape[-1]):
        out = out + weights[..., k]
    return out


def _sum(x: Floats, gone: Bools | None, weights: Floats) -> Floats:
    """Weighted sum over the parts that are not gone; part by part, so that the order of additions never changes."""
    shape = np.broadcast_shapes(x.shape[:-2], weights.shape[:-1])
    out = np.zeros((*shape, x.shape[-1]))
    for k in range(x.shape[-2]):
        part = x[..., k, :] if gone is None else np.where(gone[..., k, :], 0.0, x[..., k, :])
        w = weights[..., k, None]
        # nought times infinity: a zero without weight pulls nothing down
        out += w * part if np.all(w) else np.where(w == 0, 0.0, part) * w
    return out


def _enough(value: Floats, found: Floats, weights: Floats, least: float) -> Floats:
    """NaN where the weight of the parts that are present is nought or too small a share of all."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = found / _total(weights)[..., None]
    return np.where((found > 0) & (share >= least - 1e-12), value, np.nan)


def _special(scores: Floats, weights: Floats, how: Aggregation) -> Floats:
    if how.method == "median":
        return _weighted_median(scores, weights)
    if how.method == "copeland":
        return _copeland(scores, weights)
    if scores.ndim != 2:
        raise DataError(
            "benefit of the doubt solves a linear programme for each unit and cannot be redrawn", fix="leave it out of [[uncertain]]"
        )
    return benefit_of_the_doubt(scores.T, shares=how.shares)[0] * 100


def _weighted_median(scores: Floats, weights: Floats) -> Floats:
    """Lower and upper weighted medians averaged; with equal weights the usual median."""
    shape = np.broadcast_shapes(scores.shape[:-2], weights.shape[:-1])
    x = np.broadcast_to(scores, (*shape, *scores.shape[-2:]))
    w = np.broadcast_to(weights[..., None], x.shape) * ~np.isnan(x)
    order = np.argsort(x, axis=-2, kind="stable")
    x, w = np.take_along_axis(x, order, axis=-2), np.take_along_axis(w, order, axis=-2)
    run = np.cumsum(w, axis=-2)
    half = run[..., -1:, :] / 2
    tiny = 1e-12 * np.maximum(run[..., -1:, :], 1e-300)
    low = np.argmax(run >= half - tiny, axis=-2)[..., None, :]
    high = np.argmax(run > half + tiny, axis=-2)[..., None, :]
    return np.asarray(((np.take_along_axis(x, low, axis=-2) + np.take_along_axis(x, high, axis=-2)) / 2)[..., 0, :])


def _copeland(scores: Floats, weights: Floats) -> Floats:
    shape = np.broadcast_shapes(scores.shape[:-2], weights.shape[:-1])
    n = scores.shape[-1]
    lead = np.zeros((*shape, n, n))
    with np.errstate(invalid="ignore"):
        for part in range(scores.shape[-2]):
            s = scores[..., part, :]
            # NaN - NaN is NaN: pairs in which one has no value do not vote
            vote = np.nan_to_num(np.sign(s[..., :, None] - s[..., None, :]), nan=0.0)
            lead += weights[..., part, None, None] * vote
    margin = np.sign(np.where(np.abs(lead) < 1e-12, 0.0, lead)).sum(axis=-1)
    return np.asarray(50.0 + 50.0 * margin / max(n - 1, 1))
