"""Names for the kinds of NumPy arrays that signatures speak of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]
"""64 random or packed bits each."""
Whole = npt.NDArray[Any]
"""Exact whole numbers: int64, or Python integers where 64 bits do not hold them."""
