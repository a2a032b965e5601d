"""Ranks and ties: one rule, for one list and for many at once.

Rank 1 has the largest value; values that tie share the best place, and the next place is left out ("1224"). Two values tie where the
larger exceeds the smaller by at most :data:`TIE` of it (of 1 below 1): the resolution that exact sums leave after division. A value ties
with the one before it in falling order, so that ties chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armillary.core.arrays import Bools, Floats, Int32s
from armillary.errors import UnknownNameError

TIE = 1e-9
TIE_RULES = ("min", "max", "average", "dense")


def is_tied(larger: Floats | float, smaller: Floats | float) -> Bools:
    """Whether two values, the first not below the second, share a place; a missing value (NaN) ties with nothing."""
    a, b = np.asarray(larger, np.float64), np.asarray(smaller, np.float64)
    with np.errstate(invalid="ignore"):
        near = np.isfinite(b) & (a - b <= TIE * np.maximum(1.0, np.abs(b)))
    return np.asarray(near | (a == b))


def new_places(ordered: Floats, *, axis: int = -1) -> Bools:
    """Where a new place begins in values that fall along ``axis`` (NaN last, each a place of its own)."""
    rows = np.moveaxis(ordered, axis, 0)
    out = np.ones(rows.shape, np.bool_)
    out[1:] = ~is_tied(rows[:-1], rows[1:])
    return np.moveaxis(out, 0, axis)


def places(begins: Bools, *, axis: int = -1) -> Int32s:
    """Place of each entry, counted from 1, where ``begins`` says where a new place begins."""
    rows = np.moveaxis(begins, axis, 0)
    at = np.arange(1, len(rows) + 1, dtype=np.int32).reshape(-1, *[1] * (rows.ndim - 1))
    return np.moveaxis(np.maximum.accumulate(np.where(rows, at, np.int32(0)), axis=0), 0, axis)


def competition_ranks(values: Floats, *, axis: int = -1, tie: str = "min") -> Floats:
    """Ranks along ``axis``, 1 for the largest; NaN has none (NaN).

    ``tie``: ``min``, those that tie share the best place; ``max``, the worst; ``average``, their mean place; ``dense``, the best, and no
    place is left out after them. :class:`UnknownNameError` for another rule.
    """
    if tie not in TIE_RULES:
        raise UnknownNameError("tie rule", tie, TIE_RULES)
    rows = np.moveaxis(np.asarray(values, np.float64), axis, -1)
    order = np.argsort(-rows, axis=-1, kind="stable")  # NaN sorts last
    ordered = np.take_along_axis(rows, order, axis=-1)
    begins = new_places(ordered)
    place = places(begins).astype(np.float64)
    if tie == "dense":
        place = np.cumsum(begins, axis=-1).astype(np.float64)
    elif tie != "min":
        # the last place of a run of ties, found from the right: where the next run begins
        ends = np.ones(begins.shape, np.bool_)
        ends[..., :-1] = begins[..., 1:]
        n = rows.shape[-1]
        last = np.minimum.accumulate(np.where(ends, np.arange(1, n + 1), n)[..., ::-1], axis=-1)[..., ::-1]
        place = (place + last) / 2 if tie == "average" else last.astype(np.float64)
    place[np.isnan(ordered)] = np.nan
    out = np.empty_like(rows)
    np.put_along_axis(out, order, place, axis=-1)
    return np.moveaxis(out, -1, axis)


def ranks_of(values: Sequence[float | None]) -> list[int | None]:
    """Ranks of a list; what is missing (None or NaN) has none."""
    numbers = np.array([np.nan if v is None else v for v in values], np.float64)
    return [None if np.isnan(r) else int(r) for r in competition_ranks(numbers)]
