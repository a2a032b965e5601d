"""Adding whole numbers by group, exactly: beyond 64 bits too."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from armillary.core.arrays import Ints, Whole


class ByCode:
    """Rows by group code: sorted once, so that many columns are added."""

    def __init__(self, code: Ints) -> None:
        self.order = np.argsort(code, kind="stable")
        ordered = code[self.order]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])
        self.codes: Ints = ordered[self.starts]

    def add(self, values: Whole) -> Whole:
        """The exact sum of each group, in the order of ``codes``."""
        if not len(self.starts):
            return np.zeros(0, np.int64)
        values = values[self.order]
        if values.dtype == object:
            return np.asarray(np.add.reduceat(values, self.starts), object)
        high = np.add.reduceat(values >> 32, self.starts)
        low = np.add.reduceat(values & 0xFFFFFFFF, self.starts)
        high, low = high + (low >> 32), low & 0xFFFFFFFF
        if len(high) and (int(high.max()) >= 1 << 31 or int(high.min()) < -(1 << 31)):
            return np.asarray(high.astype(object) * (1 << 32) + low.astype(object), object)
        return np.asarray((high << 32) + low, np.int64)


def column(values: Whole) -> pa.Array:
    """Whole numbers as a column of 64 bits, or of 38 digits where these do not hold them."""
    if values.dtype == object:
        numbers = [int(v) for v in values]
        if all(-(1 << 63) <= v < 1 << 63 for v in numbers):
            return pa.array(numbers, pa.int64())
        return pa.array(numbers, pa.decimal128(38, 0))
    return pa.array(values, pa.int64())
