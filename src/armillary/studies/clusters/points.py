"""Weighted points on the sphere, collapsed to distinct ones in an order that does not depend on how they came.

Coordinates are held to 1e-7 degree (1.1 cm) and weights as integers in units of 2^-20, so that sums are exact: the same result for any
order of the input and any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from armillary.core.arrays import Floats, Ints
from armillary.core.places.geo import is_point
from armillary.errors import DataError

WEIGHT_ONE = 1 << 20
"""A weight of 1 in fixed units."""
_STEP = 1e7


@dataclass(frozen=True, slots=True)
class Distinct:
    """Distinct points, sorted by latitude and then longitude (degrees), with summed weights in units of ``1/WEIGHT_ONE``."""

    lat_deg: Floats
    lon_deg: Floats
    weight: Ints

    def __len__(self) -> int:
        return len(self.weight)


def fixed(weight: npt.ArrayLike) -> Ints:
    """Weights as integers in units of ``1/WEIGHT_ONE``, rounded; negative, infinite or unknown weights are a :class:`DataError`."""
    given = np.asarray(weight, dtype=np.float64)
    if given.size and not (np.isfinite(given).all() and float(given.min()) >= 0 and float(given.sum()) < 2**42):
        raise DataError("weights must be finite numbers of 0 or more, below four million million in sum", fix="leave such points out")
    return np.rint(given * WEIGHT_ONE).astype(np.int64)


def collapse(lat_deg: npt.ArrayLike, lon_deg: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> tuple[Distinct, npt.NDArray[np.int32]]:
    """Distinct points, and for each given point the index of its distinct one.

    ``weight`` defaults to 1 for each. A point that is not on the globe is a :class:`DataError`; (0, 0) is, since it means "unknown".
    """
    lat, lon = np.asarray(lat_deg, dtype=np.float64), np.asarray(lon_deg, dtype=np.float64)
    bad = ~is_point(lat, lon)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{int(bad.sum()):,} points are not on the globe; the first is number {first + 1}: ({lat[first]}, {lon[first]})",
            fix="leave out points without coordinates",
        )
    # one sortable number a point: latitude in the high half, longitude in the low half (180 E is 180 W)
    key = np.rint((lat + 90) * _STEP).astype(np.uint64)
    key <<= np.uint64(32)
    key |= (np.rint((lon + 180) * _STEP).astype(np.int64) % int(360 * _STEP)).astype(np.uint64)
    order = np.argsort(key).astype(np.int32 if len(key) < 2**31 else np.int64)
    key = key[order]
    first_of = np.ones(len(key), dtype=np.bool_)
    np.not_equal(key[1:], key[:-1], out=first_of[1:])
    starts = np.flatnonzero(first_of)
    inverse = np.empty(len(key), dtype=np.int32)
    inverse[order] = np.cumsum(first_of, dtype=np.int32) - 1
    if weight is None:
        total = np.diff(np.append(starts, len(key))) * WEIGHT_ONE
    else:
        total = np.add.reduceat(fixed(weight)[order], starts) if len(starts) else np.empty(0, dtype=np.int64)
    key = key[starts]
    low = (key & np.uint64(0xFFFFFFFF)).astype(np.float64)
    high = (key >> np.uint64(32)).astype(np.float64)
    return Distinct(high / _STEP - 90, low / _STEP - 180, total.astype(np.int64)), inverse
