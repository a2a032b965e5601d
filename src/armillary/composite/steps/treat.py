"""Outliers: winsorise with a true counter, else a log transform (METHODS 2.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armillary.composite.matrix import Bools, Floats, Ints
from armillary.composite.steps.moments import skew_kurt
from armillary.errors import DataError, UnknownNameError

LOGS = ("log-range", "log-shift", "log-spread")
METHODS = ("none", "winsorise", "winsorise-log", "log-if-skewed")


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one indicator is treated.

    A column is a problem when ``|skew| > skew_max`` and ``kurtosis > kurt_max``. ``winsorise`` pulls in at most ``max_points``
    points; ``winsorise-log`` transforms the original column where that was not enough; ``log-if-skewed`` transforms problem columns
    at once. (A logarithm for every unit and column, whatever its shape, is a transformation: see :mod:`.transform`.)
    ``skew_max = 2``, ``kurt_max = 3.5`` and five points are common defaults, not facts about any published index.
    """

    method: str = "none"
    skew_max: float = 2.0
    kurt_max: float = 3.5
    max_points: int = 5
    skew_kind: str = "adjusted"
    log: str = "log-range"
    log_factor: float = 1.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("treatment", self.method, METHODS)
        if self.log not in LOGS:
            raise UnknownNameError("log transform", self.log, LOGS)


@dataclass(frozen=True, slots=True)
class Treated:
    """What :func:`treat` did: values, and for each column the points pulled in at each end, is it logged, does it pass."""

    values: Floats
    low_n: Ints
    high_n: Ints
    is_logged: Bools
    is_ok: Bools


def is_problem(x: Floats, skew_max: npt.ArrayLike, kurt_max: npt.ArrayLike, kind: str = "adjusted") -> Bools:
    """Rule (2.1) of METHODS 2.4 along the last axis; a column without shape (constant, too short) is no problem."""
    skew, kurt = skew_kurt(x, kind)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(skew) > np.asarray(skew_max)) & (kurt > np.asarray(kurt_max)), dtype=np.bool_)


def winsorise(
    x: Floats, *, skew_max: npt.ArrayLike = 2.0, kurt_max: npt.ArrayLike = 3.5, max_points: npt.ArrayLike = 5, kind: str = "adjusted"
) -> tuple[Floats, Ints, Ints, Bools]:
    """Pull in the most extreme tied group, one group at a time, until the column passes or the next step would touch too many points.

    Works along the last axis; the limits may be arrays over the leading axes. Right-skewed (skew >= 0): the maximum becomes the
    next largest value; else the minimum becomes the next smallest. ``max_points`` is a true limit: the number of values that
    differ from the original never exceeds it. A step that would make the column constant is not taken. Returns the values, points
    changed at the low and at the high end, and whether the column passes.
    """
    shape = x.shape[:-1]
    original = x.reshape(-1, x.shape[-1])
    rows = original.shape[0]
    limits = (np.broadcast_to(np.asarray(v, dtype=np.float64), shape).reshape(-1) for v in (skew_max, kurt_max, max_points))
    skew_limit, kurt_limit, point_limit = limits
    y = original.copy()
    low, high = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    skew, kurt = skew_kurt(y, kind)
    with np.errstate(invalid="ignore"):
        ok = ~((np.abs(skew) > skew_limit) & (kurt > kurt_limit))
    live = np.flatnonzero(~ok)
    while live.size:
        sign = np.where(skew[live] >= 0, 1.0, -1.0)
        z = y[live] * sign[:, None]
        present = ~np.isnan(z)
        z = np.where(present, z, -np.inf)
        top = z.max(axis=-1)
        tied = z == top[:, None]
        new = np.where(tied, -np.inf, z).max(axis=-1)
        changed_n = (tied & present).sum(axis=-1) + np.where(sign > 0, low[live], high[live])
        # a point pulled in before counts once: tied points that were already changed are among the changed ones
        # nor may a step leave one value only: a column that is the same for all says nothing about anybody
        fits = (changed_n <= point_limit[live]) & (np.where(present, z, np.inf).min(axis=-1) < new)
        live, sign, new, tied = live[fits], sign[fits], new[fits], tied[fits]
        if not live.size:
            break
        y[live] = np.where(tied, (new * sign)[:, None], y[live])
        ends = tied.sum(axis=-1)
        high[live] = np.where(sign > 0, ends, high[live])
        low[live] = np.where(sign > 0, low[live], ends)
        skew[live], kurt[live] = skew_kurt(y[live], kind)
        with np.errstate(invalid="ignore"):
            ok[live] = ~((np.abs(skew[live]) > skew_limit[live]) & (kurt[live] > kurt_limit[live]))
        live = live[~ok[live]]
    return y.reshape(x.shape), low.reshape(shape), high.reshape(shape), ok.reshape(shape)


def log_transform(x: Floats, direction: npt.ArrayLike = 1, *, variant: str = "log-range", factor: float = 1.0) -> Floats:
    """A log of each column (last axis) that keeps its order.

    ``log-range``: ln((max f - 1)(x - min)/(max - min) + 1), rule (2.2); for direction -1 the distance is taken from the maximum
    and the result negated, so that the direction of the indicator stays what it was. It needs ``max * factor > 1``.
    ``log-shift``: ln(x - min + 1). ``log-spread``: ln(x - min + 0.01 (max - min)).
    """
    sign = np.broadcast_to(np.asarray(direction, dtype=np.float64), x.shape[:-1])[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = np.nanmin(x, axis=-1, keepdims=True), np.nanmax(x, axis=-1, keepdims=True)
        distance = np.where(sign > 0, x - low, high - x)
        if variant == "log-range":
            if np.any(high * factor <= 1):
                raise DataError(
                    f"the range log transform needs a maximum above {1 / factor:g}; this column's is {float(np.nanmin(high)):g}",
                    fix="raise log_factor (10 or 100), express the indicator in a smaller unit, or use log-spread",
                )
            y = np.log((high * factor - 1) * distance / (high - low) + 1)
        elif variant == "log-shift":
            y = np.log(distance + 1)
        elif variant == "log-spread":
            y = np.log(distance + 0.01 * (high - low))
        else:
            raise UnknownNameError("log transform", variant, LOGS)
    return np.asarray(sign * y, dtype=np.float64)


def treat(x: Floats, direction: npt.ArrayLike, how: Treatment) -> Treated:
    """Treat the columns of ``x`` (last axis: units; leading axes free) in one way."""
    shape = x.shape[:-1]
    sign = np.broadcast_to(np.asarray(direction), shape)
    none = np.zeros(shape, dtype=np.int64)
    if how.method == "none":
        return Treated(x, none, none, none.astype(np.bool_), ~is_problem(x, how.skew_max, how.kurt_max, how.skew_kind))
    if how.method == "log-if-skewed":
        y, low, high, ok = x.copy(), none.copy(), none.copy(), ~is_problem(x, how.skew_max, how.kurt_max, how.skew_kind)
    else:
        y, low, high, ok = winsorise(x, skew_max=how.skew_max, kurt_max=how.kurt_max, max_points=how.max_points, kind=how.skew_kind)
    logged = ~ok if how.method in ("winsorise-log", "log-if-skewed") else np.zeros(shape, dtype=np.bool_)
    if logged.any():
        y[logged] = log_transform(x[logged], sign[logged], variant=how.log, factor=how.log_factor)
        low[logged] = high[logged] = 0
        ok = ok | (logged & ~is_problem(y, how.skew_max, how.kurt_max, how.skew_kind))
    return Treated(y, low, high, logged, ok)
