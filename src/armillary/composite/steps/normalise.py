"""Bring indicators to one scale. All functions work along the last axis and turn indicators of direction -1 around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armillary.composite.matrix import Floats
from armillary.composite.steps.rank import competition_rank
from armillary.errors import DataError, UnknownNameError

METHODS = ("none", "min-max", "goalposts", "z", "rank", "percentile", "target", "borda")


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How one indicator is brought to the common scale from ``low`` (worst) to ``high`` (best).

    ``goalposts`` are the raw values that stand for the two ends, smaller first whatever the direction; ``cap`` cuts what lies
    outside. ``target`` is the raw value to reach. ``z`` gives mean ``z_mean`` and standard deviation ``z_sd``.
    """

    method: str = "min-max"
    low: float = 0.0
    high: float = 100.0
    goalposts: tuple[float, float] | None = None
    target: float | None = None
    cap: bool = True
    z_mean: float = 0.0
    z_sd: float = 1.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("normalisation", self.method, METHODS)


def normalise(x: Floats, direction: npt.ArrayLike, how: Normalisation) -> Floats:
    """Normalise every column of ``x`` in one way (last axis: units; ``direction`` broadcasts over the leading axes)."""
    sign = np.broadcast_to(np.asarray(direction, dtype=np.float64), x.shape[:-1])[..., None]
    y = x * sign
    span = how.high - how.low
    if how.method == "none":
        return x
    if how.method == "goalposts":
        if how.goalposts is None:
            raise DataError("normalisation by goalposts needs two values", fix="goalposts = [worst, best] in the unit of the indicator")
        ends = np.array(how.goalposts) * sign[..., 0:1]
        return _scale(y, ends.min(axis=-1, keepdims=True), ends.max(axis=-1, keepdims=True), how.low, span, cap=how.cap)
    with np.errstate(invalid="ignore"):
        if how.method == "min-max":
            return _scale(y, _least(y), _most(y), how.low, span, cap=False)
        if how.method == "z":
            n = (~np.isnan(y)).sum(axis=-1, keepdims=True)
            centred = y - np.nansum(y, axis=-1, keepdims=True) / n
            sd = np.sqrt(np.nansum(centred**2, axis=-1, keepdims=True) / (n - 1))
            return np.asarray(how.z_mean + how.z_sd * centred / np.where(sd > 0, sd, np.nan))
        if how.method == "target":
            if how.target is None:
                raise DataError("distance to target needs a target", fix="target = <value to reach, in the unit of the indicator>")
            floor = _least(y)
            goal = how.target * sign
            reached = _scale(y, floor, np.where(goal > floor, goal, np.nan), how.low, span, cap=False)
            return np.minimum(reached, how.high) if how.cap else reached
    n = (~np.isnan(y)).sum(axis=-1, keepdims=True)
    rank = competition_rank(y, tie="average")  # 1 is best
    if how.method == "rank":
        return np.asarray(n + 1 - rank, dtype=np.float64)
    if how.method == "percentile":
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(how.low + span * (n - rank) / np.where(n > 1, n - 1, np.nan))
    # Borda: a point for each unit that is worse, half a point for a tie
    return np.asarray(n - rank, dtype=np.float64)


def _scale(y: Floats, low: Floats, high: Floats, to: float, span: float, *, cap: bool) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        out = (y - low) / np.where(high > low, high - low, np.nan) * span + to
    return np.clip(out, to, to + span) if cap else out


def _least(y: Floats) -> Floats:
    least = np.where(np.isnan(y), np.inf, y).min(axis=-1, keepdims=True)
    return np.where(np.isinf(least), np.nan, least)


def _most(y: Floats) -> Floats:
    return -_least(-y)
