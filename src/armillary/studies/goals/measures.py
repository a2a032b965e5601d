"""Contribution measures of a goal (METHODS 7.2): share, activity index, its symmetric forms, growth. Pure functions over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from armillary.core.arrays import Floats


def _ratio(a: ArrayLike, b: ArrayLike) -> Floats:
    top, bottom = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    out: Floats = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom != 0)
    return out


def contribution_share(unit_goal: ArrayLike, world_goal: ArrayLike) -> Floats:
    """``n_cg / n_.g``; NaN where nobody has a paper on the goal."""
    return _ratio(unit_goal, world_goal)


def activity_index(unit_goal: ArrayLike, unit_all: ArrayLike, world_goal: ArrayLike, world_all: ArrayLike) -> Floats:
    """``(n_cg/n_c.) / (n_.g/n_..)`` (7.1): 1 = as much of its work as the world's; NaN where a denominator is 0 (undefined, not 0)."""
    return _ratio(_ratio(unit_goal, unit_all), _ratio(world_goal, world_all))


def symmetric_index(activity: ArrayLike) -> Floats:
    """``(AI^2 - 1) / (AI^2 + 1)``: -1 nothing, 0 as the world, towards 1 specialised."""
    square: Floats = np.square(np.asarray(activity, dtype=float))
    out: Floats = (square - 1) / (square + 1)
    return out


def linear_symmetric_index(activity: ArrayLike) -> Floats:
    """``(AI - 1) / (AI + 1)``, the other form in use; always say which one is shown."""
    value: Floats = np.asarray(activity, dtype=float)
    out: Floats = (value - 1) / (value + 1)
    return out


def annual_growth(first: ArrayLike, last: ArrayLike, years: float) -> Floats:
    """Compound growth a year, ``(last/first)^(1/years) - 1``; NaN where it starts from nothing or lasts no time."""
    ratio = _ratio(last, first)
    return np.full(ratio.shape, np.nan) if years <= 0 else ratio ** (1 / years) - 1
