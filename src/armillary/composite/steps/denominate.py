"""Divide indicators by a denominator of the same unit (per GDP, per head)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from armillary.composite.matrix import Matrix
from armillary.errors import DataError


def denominate(values: Matrix, denominators: Matrix, by: Mapping[str, str], scale: Mapping[str, float] | None = None) -> Matrix:
    """``value / denominator * scale`` for the indicators named in ``by`` (indicator -> denominator); the others only scaled.

    A zero or negative denominator is an error; a missing one makes the value missing.
    """
    out = values.values.copy()
    place = {u: i for i, u in enumerate(denominators.units)}
    lost = [u for u in values.units if u not in place] if by else []
    if lost:
        raise DataError(f"no denominators for unit '{lost[0]}'" + (f" and {len(lost) - 1} more" if len(lost) > 1 else ""))
    rows = [place[u] for u in values.units] if by else []
    for j, name in enumerate(values.columns):
        if name in by:
            below = denominators.column(by[name])[rows]
            with np.errstate(invalid="ignore"):
                bad = np.flatnonzero((below <= 0) & ~np.isnan(values.values[:, j]))
            if bad.size:
                what = f"denominator '{by[name]}' of '{name}' is {below[bad[0]]:g} for unit '{values.units[bad[0]]}'"
                raise DataError(what, fix="leave it empty if unknown")
            out[:, j] = out[:, j] / below
        if scale and scale.get(name, 1.0) != 1.0:
            out[:, j] = out[:, j] * scale[name]
    return Matrix(values.units, values.columns, out)
