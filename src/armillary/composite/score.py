"""The steps of a specification applied to arrays: transform, treat, scale, aggregate. Used by one build and by ten thousand redraws alike.

Arrays are ``(..., indicators, units)``; every rule runs once over all the columns that share it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from armillary.composite.matrix import Floats
from armillary.composite.spec import Component, Group, IndexSpec
from armillary.composite.steps.aggregate import Aggregation, aggregate
from armillary.composite.steps.normalise import FIXED, Normalisation, normalise
from armillary.composite.steps.transform import Transformation, ends, transform, transformed
from armillary.composite.steps.treat import Treated, Treatment, treat
from armillary.composite.steps.weight import pca_weights, weights_for_correlation
from armillary.errors import DataError

Labels = Mapping[str, Sequence[str | None]]


def alike(how: list[Any]) -> list[tuple[Any, list[int]]]:
    """Positions that share the same rule, so that each rule runs once over all its columns."""
    found: dict[Any, list[int]] = {}
    for j, rule in enumerate(how):
        found.setdefault(rule, []).append(j)
    return list(found.items())


def directions(spec: IndexSpec) -> Floats:
    """Direction of each indicator, 1 or -1."""
    return np.array([i.direction for i in spec.indicators], dtype=np.float64)


def transform_all(spec: IndexSpec, x: Floats, units: tuple[str, ...] = ()) -> Floats:
    """Transform ``x`` (..., indicators, units); a value that has no transformed value is an error that names it."""
    rules = [spec.transformation_of(i) for i in spec.indicators]
    if all(r.method == "none" for r in rules):
        return x
    out = np.array(x)
    for j, (i, rule) in enumerate(zip(spec.indicators, rules, strict=True)):
        out[..., j, :] = transformed(x[..., j, :], rule, what=f"indicator '{i.id}'", units=units)
    return out


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


def redirected(spec: IndexSpec, indicator: Component, method: str | None) -> Treatment:
    """The treatment of an indicator when the default method is replaced; an indicator exempted by its own rule stays so.

    Where goalposts or a target stand for the values themselves, the conditional logarithm is not taken: it would put the values on
    another scale than the goalposts.
    """
    rule = spec.treatment_of(indicator)
    own = indicator.treatment
    if method is not None and not (own is not None and own.method == "none"):
        rule = replace(rule, method=method)
    if spec.normalisation_of(indicator).method in FIXED and rule.method in ("winsorise-log", "log-if-skewed"):
        rule = replace(rule, method="winsorise" if rule.method == "winsorise-log" else "none")
    return rule


def normalise_all(spec: IndexSpec, x: Floats, method: str | None = None, labels: Labels | None = None) -> Floats:
    """Normalise ``x`` (..., indicators, units); ``method`` is that of a sensitivity analysis (see :func:`renormed`)."""
    out = np.empty_like(x)
    for rule, cols in alike([renormed(spec, i, method) for i in spec.indicators]):
        try:
            out[..., cols, :] = scaled(x[..., cols, :], directions(spec)[cols], rule, labels)
        except DataError:
            for j in cols:
                try:
                    scaled(x[..., j, :], float(spec.indicators[j].direction), rule, labels)
                except DataError as error:
                    raise DataError(f"indicator '{spec.indicators[j].id}': {error.what}", fix=error.fix) from None
            raise
    return out


def renormed(spec: IndexSpec, indicator: Component, method: str | None) -> Normalisation:
    """The normalisation of an indicator, goalposts and target on the scale of its transformed values.

    ``method`` replaces it for every indicator but those that are not scaled at all (``none``); an option that is the general method,
    or the kind of scale that the indicator has anyway, leaves it as it is, and one that needs what the indicator lacks does too.
    """
    rule = spec.normalisation_of(indicator)
    if method is not None and method not in (spec.normalisation.method, rule.method) and rule.method != "none":
        lacks = {"goalposts": rule.goalposts is None, "target": rule.target is None, "percent-of-target": rule.target is None}
        if not (lacks | {"points": not rule.points}).get(method, False):
            rule = replace(rule, method=method)
    return on_scale(rule, spec.transformation_of(indicator))


def on_scale(rule: Normalisation, how: Transformation) -> Normalisation:
    """Goalposts and target transformed as the values are."""
    if how.method == "none" or rule.goalposts_on == "transformed" or rule.method not in FIXED:
        return rule
    if rule.method == "goalposts" and rule.goalposts is not None:
        low, high = min(rule.goalposts), max(rule.goalposts)
        return replace(rule, goalposts=ends((low, high), how), goalposts_on="transformed")
    if rule.target is None:
        return rule
    goal = float(transform(np.array([rule.target]), how)[0])
    if not np.isfinite(goal):
        raise DataError(f"the target {rule.target:g} has no {how.text}", fix="move the target, or give the transformation an offset")
    return replace(rule, target=goal, goalposts_on="transformed")


def scaled(x: Floats, direction: Any, rule: Normalisation, labels: Labels | None = None) -> Floats:
    """Normalise the last axis, within each group where the rule says so."""
    if rule.within is None or rule.method in (*FIXED, "none"):
        return normalise(x, direction, rule)
    if labels is None or rule.within not in labels:
        raise DataError(f"the scale is made within '{rule.within}', which the data do not hold", fix="add it to groups in [data]")
    names = np.array(["" if g is None else str(g) for g in labels[rule.within]])
    out = np.full_like(x, np.nan)
    for name in np.unique(names):
        inside = names == name
        if name:
            out[..., inside] = normalise(x[..., inside], direction, rule)
        elif not np.isnan(x[..., inside]).all():
            raise DataError(f"{int(inside.sum())} units have no '{rule.within}', within which they would be scaled", fix="fill it in")
    return out


def group_score(
    spec: IndexSpec, id: str, parts: Floats, weights: Floats, rule: Aggregation | None = None, labels: Labels | None = None
) -> Floats:
    """The score of a group from its parts (..., parts, units): aggregated, then scaled where ``[rescale]`` says so."""
    try:
        value = aggregate(parts, weights, rule or spec.aggregation_of(id))
        how = spec.rescaling_of(id)
        return value if how is None else scaled(value, 1.0, how, labels)
    except DataError as error:
        raise DataError(f"group '{id}': {error.what}", fix=error.fix) from None


def aggregate_all(
    spec: IndexSpec, x: Floats, labels: Labels | None = None, *, instead: Mapping[str, Floats] | None = None
) -> tuple[dict[str, Floats], dict[str, dict[str, float]]]:
    """Score of every group (root last) from normalised indicators, and the weights used in each group.

    ``instead`` gives scores that go on upwards in place of a group's own, where they are not NaN.
    """
    place = {i.id: j for j, i in enumerate(spec.indicators)}
    scores: dict[str, Floats] = {}
    weights: dict[str, dict[str, float]] = {}
    chosen = spec.weighted_groups()

    def going_up(id: str) -> Floats:
        given = (instead or {}).get(id)
        return scores[id] if given is None else np.where(np.isnan(given), scores[id], given)

    for group in spec.upward():
        parts = spec.parts(group.id)
        stack = np.stack([going_up(p.id) if isinstance(p, Group) else x[place[p.id]] for p in parts])
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
        scores[group.id] = group_score(spec, group.id, stack, w, rule, labels)
        weights[group.id] = {p.id: float(v) for p, v in zip(parts, w, strict=True)}
    return scores, weights
