"""Bring indicators to one scale. All functions work along the last axis and turn indicators of direction -1 around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armillary.composite.matrix import Floats
from armillary.core.ranks import competition_ranks
from armillary.errors import DataError, UnknownNameError

METHODS = ("none", "min-max", "goalposts", "z", "rank", "percentile", "target", "borda", "best", "percent-of-target", "points")
FIXED = ("goalposts", "target", "percent-of-target")
"""Methods whose scale is given in the unit of the indicator and not taken from the sample."""
SCALED = ("min-max", "goalposts", "percentile", "target")
"""Methods that run from ``low`` to ``high``; ``best`` and ``percent-of-target`` use ``high`` only."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How one indicator is brought to the common scale from ``low`` (worst) to ``high`` (best).

    ``goalposts`` are the raw values that stand for the two ends, smaller first whatever the direction; ``cap`` cuts what lies
    outside. ``target`` is the raw value to reach. ``z`` gives mean ``z_mean`` and standard deviation ``z_sd``. ``best``: the best
    value gets ``high`` and the others their part of it (where less is better, the best over the value); ``percent-of-target`` the same
    with the target in place of the best. ``points``: the first gets the first of ``points``, and so on; equal values share the mean.
    ``within`` names a grouping: the scale is then made within each group. ``goalposts_on`` says on which scale goalposts and target
    are given where the indicator is transformed: ``raw`` (they are transformed along) or ``transformed``.
    """

    method: str = "min-max"
    low: float = 0.0
    high: float = 100.0
    goalposts: tuple[float, float] | None = None
    target: float | None = None
    cap: bool = True
    z_mean: float = 0.0
    z_sd: float = 1.0
    points: tuple[float, ...] = ()
    within: str | None = None
    goalposts_on: str = "raw"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("normalisation", self.method, METHODS)


def normalise(x: Floats, direction: npt.ArrayLike, how: Normalisation) -> Floats:
    """Normalise every column of ``x`` in one way (last axis: units; ``direction`` broadcasts over the leading axes)."""
    sign = np.broadcast_to(np.asarray(direction, dtype=np.float64), x.shape[:-1])[..., None]
    y = x * sign
    span = how.high - how.low
    match how.method:
        case "none":
            return x
        case "goalposts":
            if how.goalposts is None:
                raise DataError("normalisation by goalposts needs two values", fix="goalposts = [worst, best] in the unit of the indicator")
            ends = np.array(how.goalposts) * sign[..., 0:1]
            return _scale(y, ends.min(axis=-1, keepdims=True), ends.max(axis=-1, keepdims=True), how.low, span, cap=how.cap)
        case "min-max":
            return _scale(y, _least(y), _most(y), how.low, span, cap=False)
        case "z":
            n = (~np.isnan(y)).sum(axis=-1, keepdims=True)
            with np.errstate(invalid="ignore", divide="ignore"):
                centred = y - np.nansum(y, axis=-1, keepdims=True) / n
                sd = np.sqrt(np.nansum(centred**2, axis=-1, keepdims=True) / (n - 1))
                return np.asarray(how.z_mean + how.z_sd * centred / np.where(sd > 0, sd, np.nan))
        case "target":
            floor, goal = _least(y), _target(how) * sign
            with np.errstate(invalid="ignore"):
                reached = _scale(y, floor, np.where(goal > floor, goal, np.nan), how.low, span, cap=False)
            return np.minimum(reached, how.high) if how.cap else reached
        case "best" | "percent-of-target":
            return _part_of(x, sign, how)
        case _:
            return _by_place(y, how, span)


def _target(how: Normalisation) -> float:
    if how.target is None:
        raise DataError(f"'{how.method}' needs a target", fix="target = <value to reach, in the unit of the indicator>")
    return how.target


def _part_of(x: Floats, sign: Floats, how: Normalisation) -> Floats:
    """``high`` times the value over the best (or the target); where less is better, the best over the value."""
    with np.errstate(invalid="ignore"):
        if np.any(x < 0):
            raise DataError(
                f"'{how.method}' takes parts of the best value and needs values of at least 0; found {float(np.nanmin(x)):g}",
                fix="use min-max, z or goalposts for an indicator that can be negative",
            )
    best = np.where(sign > 0, _most(x), _least(x)) if how.method == "best" else np.full_like(sign, _target(how))
    with np.errstate(invalid="ignore", divide="ignore"):
        if np.any((sign < 0) & (x == 0)):
            raise DataError(f"'{how.method}' divides by the value where less is better; a value is 0", fix="use min-max or goalposts")
        out = how.high * np.where(sign > 0, x / np.where(best > 0, best, np.nan), best / x)
    return np.minimum(out, how.high) if how.method != "best" and how.cap else np.asarray(out)


def _by_place(y: Floats, how: Normalisation, span: float) -> Floats:
    n = (~np.isnan(y)).sum(axis=-1, keepdims=True)
    rank = competition_ranks(y, tie="average")  # 1 is best
    if how.method == "rank":
        return np.asarray(n + 1 - rank, dtype=np.float64)
    if how.method == "percentile":
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(how.low + span * (n - rank) / np.where(n > 1, n - 1, np.nan))
    if how.method == "points":
        if not how.points:
            raise DataError("'points' needs the points of the places", fix="points = [10, 8, 6, 5, 4, 3, 2, 1]")
        table = np.zeros(y.shape[-1])
        table[: min(len(how.points), len(table))] = how.points[: len(table)]
        total = np.concatenate([[0.0], np.cumsum(table)])
        first, last = competition_ranks(y), competition_ranks(y, tie="max")
        gone = np.isnan(first)
        a, b = (np.where(gone, 1, r).astype(np.int64) for r in (first, last))
        return np.where(gone, np.nan, (total[b] - total[a - 1]) / (b - a + 1))
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
