"""From raw values to ranks: the steps of a specification in order, each recorded."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from armillary.composite.data import IndexData, load_data
from armillary.composite.matrix import Floats, Matrix
from armillary.composite.result import IndexResult, Step
from armillary.composite.spec import Group, IndexSpec, Indicator
from armillary.composite.steps.aggregate import aggregate
from armillary.composite.steps.denominate import denominate
from armillary.composite.steps.impute import Imputed, impute
from armillary.composite.steps.normalise import Normalisation, normalise
from armillary.composite.steps.screen import screen
from armillary.composite.steps.treat import Treated, Treatment, treat
from armillary.composite.steps.weight import pca_weights, weights_for_correlation
from armillary.errors import DataError


def build(spec: IndexSpec, data: Any = None, *, year: int | None = None) -> IndexResult:
    """Build the index: ``data`` is an :class:`IndexData`, a table, or nothing (then the file that the specification names).

    Raises :class:`~armillary.errors.DataError` where the data cannot carry the index (a constant indicator, nobody passes the
    coverage rules, an aggregate that does not exist).
    """
    if not isinstance(data, IndexData):
        data = load_data(spec, data, year=year)
    data = data.in_order()
    steps: list[Step] = []
    stages: dict[str, Matrix] = {"raw": data.values}

    by = {i.id: i.denominator for i in spec.indicators if i.denominator}
    values = denominate(data.values, data.denominators, by, {i.id: i.scale for i in spec.indicators})
    steps.append(Step("denominate", {"by": by}, {"indicators": len(by)}))

    keep, why = screening(spec, values)
    settings = asdict(spec.screening)
    steps.append(Step("screen", settings, {"kept": int(keep.sum()), "left_out": [asdict(w) for w in why]}))
    if len(keep) < 2:
        raise DataError(f"an index compares units; the data hold {len(keep)}")
    if keep.sum() < 2:
        raise DataError(f"{int(keep.sum())} of {len(keep)} units pass the coverage rules", fix="lower min_coverage in [screen]")
    sample = data.rows(keep)
    values = values.rows(keep)
    stages["denominated"] = values

    x = values.lines
    if spec.imputation.after == "denominate":
        x = _impute(spec, x, sample, steps).values
    stages["imputed"] = values.with_lines(x)
    treated = treat_all(spec, x)
    steps.append(_treat_step(spec, treated))
    x = treated.values
    if spec.imputation.after == "treat":
        x = _impute(spec, x, sample, steps).values
    stages["treated"] = values.with_lines(x)
    x = normalise_all(spec, x)
    _no_constants(spec, stages["treated"].lines, x)
    if spec.imputation.after == "normalise":
        x = _impute(spec, x, sample, steps).values
    stages["normalised"] = values.with_lines(x)
    steps.append(Step("normalise", {"default": asdict(spec.normalisation)}, {}))

    scores, weights = aggregate_all(spec, x)
    stages["aggregated"] = Matrix(values.units, tuple(scores), np.column_stack(list(scores.values())))
    steps.append(Step("aggregate", {g.id: spec.aggregation_of(g.id).method for g in spec.groups}, {"weights": weights}))
    if np.isnan(scores[spec.root.id]).all():
        raise DataError("no unit gets an index score", fix="lower min_present in [aggregate], or impute")
    return IndexResult(spec=spec, data=data, sample=sample, stages=stages, steps=tuple(steps), weights=weights)


def screening(spec: IndexSpec, values: Matrix) -> tuple[Any, Any]:
    """The mask of units that pass the coverage rules, and the reasons for the others."""
    s = spec.screening
    within = {g: spec.leaves(g) for g in spec.resolve(s.within)} if s.min_coverage > 0 else {}
    parts = {}
    if s.parts_of is not None and s.min_parts:
        for g in spec.at_level(s.parts_of):
            parts[g.id] = [spec.leaves(p.id) if isinstance(p, Group) else [p.id] for p in spec.parts(g.id)]
    return screen(values, within, s.min_coverage, parts=parts, min_parts=s.min_parts)


def blocks(spec: IndexSpec) -> list[list[int]]:
    """Positions of the indicators that EM takes together: those below each group of ``block``, else below each parent."""
    place = {i.id: j for j, i in enumerate(spec.indicators)}
    level = spec.imputation.block
    if level is not None:
        return [[place[i] for i in spec.leaves(g.id)] for g in spec.at_level(level)]
    return [b for b in ([place[i.id] for i in spec.indicators if i.parent == g.id] for g in spec.groups) if b]


def impute_all(spec: IndexSpec, x: Floats, data: IndexData, method: str | None = None) -> Imputed:
    """Fill ``x`` (indicators, units) by the method of the specification, or by another one."""
    how = spec.imputation
    method = how.method if method is None else method
    if method == "locf":  # already done while the panel was read
        method = "none"
    groups = None
    if method.startswith("group-"):
        if how.group is None or how.group not in data.groups:
            raise DataError(
                f"imputation '{method}' needs a grouping of the units", fix="add group = '...' to [impute] and the column to [data] groups"
            )
        groups = data.groups[how.group]
    return impute(x, method, groups=groups, blocks=blocks(spec))


def _impute(spec: IndexSpec, x: Floats, data: IndexData, steps: list[Step]) -> Imputed:
    out = impute_all(spec, x, data)
    cells = [(spec.indicators[j].id, data.units[u]) for j, u in out.cells]
    steps.append(
        Step("impute", asdict(spec.imputation), {"cells": cells, "n": len(cells), "left_missing": int(np.isnan(out.values).sum())})
    )
    return out


def alike(how: list[Any]) -> list[tuple[Any, list[int]]]:
    """Positions that share the same rule, so that each rule runs once over all its columns."""
    found: dict[Any, list[int]] = {}
    for j, rule in enumerate(how):
        found.setdefault(rule, []).append(j)
    return list(found.items())


def directions(spec: IndexSpec) -> Floats:
    """Direction of each indicator, 1 or -1."""
    return np.array([i.direction for i in spec.indicators], dtype=np.float64)


def treat_all(spec: IndexSpec, x: Floats, method: str | None = None) -> Treated:
    """Treat ``x`` (..., indicators, units); ``method`` replaces that of every indicator that is treated at all."""
    shape = x.shape[:-1]
    out = Treated(
        x.copy(), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64), np.zeros(shape, np.bool_), np.ones(shape, np.bool_)
    )
    for rule, cols in alike([redirected(spec, i, method) for i in spec.indicators]):
        try:
            part = treat(x[..., cols, :], directions(spec)[cols], rule)
        except DataError:
            for j in cols:  # find the one, to name it
                try:
                    treat(x[..., j, :], float(spec.indicators[j].direction), rule)
                except DataError as error:
                    raise DataError(f"indicator '{spec.indicators[j].id}': {error.what}", fix=error.fix) from None
            raise
        out.values[..., cols, :] = part.values
        for into, new in ((out.low_n, part.low_n), (out.high_n, part.high_n), (out.is_logged, part.is_logged), (out.is_ok, part.is_ok)):
            into[..., cols] = new
    return out


def redirected(spec: IndexSpec, indicator: Indicator, method: str | None) -> Treatment:
    """The treatment of an indicator when the default method is replaced; an indicator exempted by its own rule stays so."""
    rule = spec.treatment_of(indicator)
    own = indicator.treatment
    if method is None or (own is not None and own.method == "none"):
        return rule
    return replace(rule, method=method)


def normalise_all(spec: IndexSpec, x: Floats, method: str | None = None) -> Floats:
    """Normalise ``x`` (..., indicators, units); ``method`` replaces the default one and leaves goalposts and targets alone."""
    out = np.empty_like(x)
    for rule, cols in alike([renormed(spec, i, method) for i in spec.indicators]):
        out[..., cols, :] = normalise(x[..., cols, :], directions(spec)[cols], rule)
    return out


def renormed(spec: IndexSpec, indicator: Indicator, method: str | None) -> Normalisation:
    """The normalisation of an indicator when the default method is replaced."""
    rule = spec.normalisation_of(indicator)
    return rule if method is None or indicator.normalisation is not None else replace(rule, method=method)


def aggregate_all(spec: IndexSpec, x: Floats) -> tuple[dict[str, Floats], dict[str, dict[str, float]]]:
    """Score of every group (root last) from normalised indicators, and the weights used in each group."""
    place = {i.id: j for j, i in enumerate(spec.indicators)}
    scores: dict[str, Floats] = {}
    weights: dict[str, dict[str, float]] = {}
    chosen = set(spec.resolve(spec.weighting.levels)) if spec.weighting.levels else {g.id for g in spec.groups}
    for group in spec.upward():
        parts = spec.parts(group.id)
        stack = np.stack([scores[p.id] if isinstance(p, Group) else x[place[p.id]] for p in parts])
        w = np.array([p.weight for p in parts])
        rule = spec.aggregation_of(group.id)
        if spec.weighting.method != "given" and group.id in chosen and len(parts) > 1:
            try:
                if spec.weighting.method == "equal":
                    w = np.ones(len(parts))
                elif spec.weighting.method == "pca":
                    w = pca_weights(stack)
                else:
                    w = weights_for_correlation(stack, w.tolist(), how=rule)
            except DataError as error:
                raise DataError(f"group '{group.id}': {error.what}", fix=error.fix) from None
        try:
            scores[group.id] = aggregate(stack, w, rule)
        except DataError as error:
            raise DataError(f"group '{group.id}': {error.what}", fix=error.fix) from None
        weights[group.id] = {p.id: float(v) for p, v in zip(parts, w, strict=True)}
    return scores, weights


def _treat_step(spec: IndexSpec, done: Treated) -> Step:
    changed = [
        {
            "indicator": i.id,
            "low_n": int(done.low_n[j]),
            "high_n": int(done.high_n[j]),
            "is_logged": bool(done.is_logged[j]),
            "is_ok": bool(done.is_ok[j]),
        }
        for j, i in enumerate(spec.indicators)
        if done.low_n[j] or done.high_n[j] or done.is_logged[j] or not done.is_ok[j]
    ]
    return Step("treat", {"default": asdict(spec.treatment)}, {"changed": changed})


def _no_constants(spec: IndexSpec, before: Floats, after: Floats) -> None:
    """An indicator that has values but no scores says nothing about anybody: better to stop than to drop it silently."""
    for j, indicator in enumerate(spec.indicators):
        if not np.isnan(before[j]).all() and np.isnan(after[j]).all():
            raise DataError(
                f"indicator '{indicator.id}' is the same for all units and cannot be normalised", fix="remove it, or give it goalposts"
            )


@dataclass(frozen=True, slots=True)
class Panel:
    """The same index over several years."""

    results: tuple[IndexResult, ...]


def panel(spec: IndexSpec, data: Any = None, *, pooled: bool = True) -> Panel:
    """Build the index for every year of the data with one method.

    ``pooled``: the range of each indicator is that of all years together, so that scores of different years can be compared; else
    every year is scaled by its own sample, as most published indices do, and only ranks can be compared.
    """
    from armillary.composite.data import load_panel

    years = load_panel(spec, data)
    if pooled:
        spec = pooled_spec(spec, years)
    return Panel(tuple(build(spec, d) for d in years))


def pooled_spec(spec: IndexSpec, years: list[IndexData]) -> IndexSpec:
    """The specification with goalposts from all years together, after treatment of the pooled values."""
    units = tuple(f"{u}\x1f{d.year}" for d in years for u in d.units)
    values = Matrix(units, years[0].values.columns, np.vstack([d.values.values for d in years]))
    below = Matrix(units, years[0].denominators.columns, np.vstack([d.denominators.values for d in years]))
    by = {i.id: i.denominator for i in spec.indicators if i.denominator}
    x = denominate(values, below, by, {i.id: i.scale for i in spec.indicators}).lines
    done = treat_all(spec, x)
    if done.is_logged.any():
        name = spec.indicators[int(np.flatnonzero(done.is_logged)[0])].id
        raise DataError(
            f"indicator '{name}' needs a log transform in the pooled data, whose range depends on the year",
            fix="use treat = 'winsorise' for a panel",
        )
    indicators = []
    for j, i in enumerate(spec.indicators):
        rule = spec.normalisation_of(i)
        if rule.method == "min-max":
            low, high = float(np.nanmin(done.values[j])), float(np.nanmax(done.values[j]))
            if not low < high:
                raise DataError(
                    f"indicator '{i.id}' is the same for all units and years and cannot be normalised",
                    fix="remove it, or give it goalposts",
                )
            rule = replace(rule, method="goalposts", goalposts=(low, high), cap=True)
        elif rule.method not in ("goalposts", "target", "none"):
            raise DataError(
                f"normalisation '{rule.method}' of '{i.id}' cannot be pooled over years", fix="use min-max or goalposts, or pooled=False"
            )
        indicators.append(replace(i, normalisation=rule, treatment=Treatment("none")))
    return replace(spec, indicators=tuple(indicators))
