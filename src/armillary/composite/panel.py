"""The same index over several years, with one scale for all of them or one for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from armillary.composite.data import IndexData, load_panel
from armillary.composite.matrix import Bools, Matrix
from armillary.composite.pipeline import build, screening
from armillary.composite.result import IndexResult
from armillary.composite.score import renormed, transform_all, treat_all
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.denominate import denominate
from armillary.composite.steps.normalise import FIXED, Normalisation
from armillary.composite.steps.treat import Treatment
from armillary.errors import DataError


@dataclass(frozen=True, slots=True)
class Panel:
    """The same index over several years."""

    results: tuple[IndexResult, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the years must know, each sentence once, with the years of which it is true."""
        found: dict[str, list[str]] = {}
        for r in self.results:
            for note in r.warnings:
                found.setdefault(note, []).append(str(r.data.year))
        whole = len(self.results)
        return tuple(n if len(years) == whole else f"{', '.join(years)}: {n}" for n, years in found.items())


def panel(spec: IndexSpec, data: Any = None, *, pooled: bool = True) -> Panel:
    """Build the index for every year of the data with one method.

    ``pooled``: the range of each indicator (or its best value) is that of all years together, so that scores of different years can
    be compared; else every year is scaled by its own sample, as most published indices do, and only ranks can be compared. A year in
    which an indicator has no value is built without it, and says so.
    """
    years = load_panel(spec, data)
    if pooled:
        spec = pooled_scores(pooled_spec(spec, years), years)
    return Panel(tuple(build(spec, d, empty="note") for d in years))


def _kept(spec: IndexSpec, data: IndexData) -> Bools:
    """Units of a year that pass the coverage rules: nobody else sets the range."""
    by = {i.id: i.denominator for i in spec.indicators if i.denominator}
    return screening(spec, denominate(data.values, data.denominators, by, {i.id: i.scale for i in spec.indicators}))[0]


def pooled_scores(spec: IndexSpec, years: list[IndexData]) -> IndexSpec:
    """The specification with scores rescaled by the best, or the range, of all years together; parts before wholes."""
    for group in spec.upward():
        how = spec.rescaling_of(group.id)
        if how is None:
            continue
        if how.within is not None or how.method in ("z", "rank", "percentile", "borda", "points", "target"):
            what = f"the rescaling '{how.method}' of '{group.id}'" + (f" within '{how.within}'" if how.within else "")
            raise DataError(f"{what} cannot be pooled over years", fix="ask for each year by itself (--by-year)")
        if how.method in FIXED:
            continue
        plain = _with_rescaling(spec, group.id, Normalisation("none"))
        scores = np.concatenate([build(plain, d, empty="note").score(group.id) for d in years])
        low, high = float(np.nanmin(scores)), float(np.nanmax(scores))
        if how.method == "best":
            rule = replace(how, method="percent-of-target", target=high, cap=False)
        elif low < high:
            rule = replace(how, method="goalposts", goalposts=(low, high), cap=False)
        else:
            raise DataError(f"group '{group.id}' is the same for all units and years and cannot be rescaled")
        spec = _with_rescaling(spec, group.id, rule)
    return spec


def _with_rescaling(spec: IndexSpec, id: str, rule: Normalisation) -> IndexSpec:
    return replace(spec, groups=tuple(replace(g, rescaling=rule) if g.id == id else g for g in spec.groups))


def pooled_spec(spec: IndexSpec, years: list[IndexData]) -> IndexSpec:
    """The specification with goalposts from all years together, after transformation and treatment of the pooled values."""
    years = [d.rows(_kept(spec, d)) for d in years]
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
