"""The same index over several years, with one scale for all of them or one for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from armillary.composite.data import IndexData, load_panel
from armillary.composite.matrix import Matrix
from armillary.composite.pipeline import build
from armillary.composite.result import IndexResult
from armillary.composite.score import renormed, transform_all, treat_all
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.denominate import denominate
from armillary.composite.steps.normalise import FIXED
from armillary.composite.steps.treat import Treatment
from armillary.errors import DataError


@dataclass(frozen=True, slots=True)
class Panel:
    """The same index over several years."""

    results: tuple[IndexResult, ...]


def panel(spec: IndexSpec, data: Any = None, *, pooled: bool = True) -> Panel:
    """Build the index for every year of the data with one method.

    ``pooled``: the range of each indicator (or its best value) is that of all years together, so that scores of different years can
    be compared; else every year is scaled by its own sample, as most published indices do, and only ranks can be compared. A year in
    which an indicator has no value is built without it, and says so.
    """
    years = load_panel(spec, data)
    if pooled:
        spec = pooled_spec(spec, years)
    return Panel(tuple(build(spec, d, empty="note") for d in years))


def pooled_spec(spec: IndexSpec, years: list[IndexData]) -> IndexSpec:
    """The specification with goalposts from all years together, after transformation and treatment of the pooled values."""
    units = tuple(f"{u}\x1f{d.year}" for d in years for u in d.units)
    values = Matrix(units, years[0].values.columns, np.vstack([d.values.values for d in years]))
    below = Matrix(units, years[0].denominators.columns, np.vstack([d.denominators.values for d in years]))
    by = {i.id: i.denominator for i in spec.indicators if i.denominator}
    x = denominate(values, below, by, {i.id: i.scale for i in spec.indicators}).lines
    done = treat_all(spec, transform_all(spec, x, units))
    if done.is_logged.any():
        name = spec.indicators[int(np.flatnonzero(done.is_logged)[0])].id
        raise DataError(
            f"indicator '{name}' needs a log transform in the pooled data, whose range depends on the year",
            fix="use treat = 'winsorise' for a panel, or transform = 'log' for that indicator",
        )
    indicators = []
    for j, i in enumerate(spec.indicators):
        rule = renormed(spec, i, None)
        low, high = float(np.nanmin(done.values[j])), float(np.nanmax(done.values[j]))
        if rule.within is not None:
            raise DataError(
                f"'{i.id}' is scaled within '{rule.within}', which cannot be pooled over years", fix="ask for each year by itself"
            )
        if rule.method == "min-max":
            if not low < high:
                raise DataError(
                    f"indicator '{i.id}' is the same for all units and years and cannot be normalised",
                    fix="remove it, or give it goalposts",
                )
            rule = replace(rule, method="goalposts", goalposts=(low, high), cap=True, goalposts_on="transformed")
        elif rule.method == "best":
            rule = replace(rule, method="percent-of-target", target=high if i.direction > 0 else low, goalposts_on="transformed")
        elif rule.method not in (*FIXED, "none"):
            raise DataError(
                f"normalisation '{rule.method}' of '{i.id}' cannot be pooled over years", fix="use min-max or goalposts, or pooled=False"
            )
        indicators.append(replace(i, normalisation=rule, treatment=Treatment("none")))
    return replace(spec, indicators=tuple(indicators))
