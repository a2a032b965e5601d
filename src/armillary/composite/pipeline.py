"""From raw values to ranks: the steps of a specification in order, each recorded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from armillary.composite.data import IndexData, load_data
from armillary.composite.matrix import Bools, Floats, Matrix
from armillary.composite.notes import StepNote
from armillary.composite.result import IndexResult
from armillary.composite.score import aggregate_all, normalise_all, renormed, transform_all, treat_all
from armillary.composite.spec import Group, IndexSpec
from armillary.composite.steps.denominate import denominate
from armillary.composite.steps.impute import OVER_TIME, Imputed, impute
from armillary.composite.steps.screen import Shortfall, screen
from armillary.composite.steps.treat import Treated
from armillary.composite.watch import beyond_goalposts, floored, parts_of, turned_round, without_share
from armillary.errors import DataError


def build(spec: IndexSpec, data: Any = None, *, year: int | None = None, empty: str = "refuse") -> IndexResult:
    """Build the index: ``data`` is an :class:`IndexData`, a table, or nothing (then the file that the specification names).

    ``empty`` says what becomes of an indicator that nobody has a value of: ``refuse`` or ``note``. Raises
    :class:`~armillary.errors.DataError` where the data cannot carry the index (an indicator that is empty or the same for all,
    nobody passes the coverage rules, an aggregate that does not exist).
    """
    if not isinstance(data, IndexData):
        data = load_data(spec, data, year=year)
    data = data.in_order()
    spec = spec.of_year(data.year)
    steps: list[StepNote] = []
    stages: dict[str, Matrix] = {"raw": data.values}

    by = {i.id: i.denominator for i in spec.indicators if i.denominator}
    values = denominate(data.values, data.denominators, by, {i.id: i.scale for i in spec.indicators})
    steps.append(StepNote("denominate", {"by": by}, {"indicators": len(by)}))

    keep, why = screening(spec, values)
    settings = asdict(spec.screening)
    steps.append(StepNote("screen", settings, {"kept": int(keep.sum()), "left_out": [asdict(w) for w in why]}))
    if len(keep) < 2:
        raise DataError(f"an index compares units; the data hold {len(keep)}")
    if keep.sum() < 2:
        raise DataError(f"{int(keep.sum())} of {len(keep)} units pass the coverage rules", fix="lower min_coverage in [screen]")
    sample = data.rows(keep)
    values = values.rows(keep)
    stages["denominated"] = values
    nobody = [i.id for j, i in enumerate(spec.indicators) if np.isnan(values.values[:, j]).all()]
    if nobody and empty == "refuse":
        more = f" (and of {len(nobody) - 1} more)" if len(nobody) > 1 else ""
        fix = "check the name of its column, or remove it from the specification"
        raise DataError(f"no unit has a value of indicator '{nobody[0]}'{more}", fix=fix)

    x = values.lines
    cells: list[tuple[int, int]] = []
    beyond: list[tuple[int, int]] = []

    def fill(x: Floats) -> Floats:
        done = impute_all(spec, x, sample)
        cells.extend((int(j), int(u)) for j, u in done.cells)
        if done.beyond_group is not None:
            beyond.extend((int(j), int(u)) for j, u in done.cells[done.beyond_group])
        return done.values

    after = spec.imputation.after
    x = fill(x) if after == "denominate" else x
    stages["imputed"] = values.with_lines(x)
    before, x = x, transform_all(spec, x, values.units)
    steps.append(_transform_step(spec, before, x))
    x = fill(x) if after == "transform" else x
    stages["transformed"] = values.with_lines(x)
    treated = treat_all(spec, x)
    x = fill(treated.values) if after == "treat" else treated.values
    stages["treated"] = values.with_lines(x)
    x = normalise_all(spec, x, labels=sample.groups)
    _no_constants(spec, stages["treated"].lines, x)
    x = fill(x) if after == "normalise" else x
    stages["normalised"] = values.with_lines(x)
    steps.append(_impute_step(spec, sample, cells, beyond, x))
    steps.append(_treat_step(spec, treated))
    steps.append(_normalise_step(spec, stages["treated"].lines))

    scores, weights = aggregate_all(spec, x, sample.groups)
    stages["aggregated"] = Matrix(values.units, tuple(scores), np.column_stack(list(scores.values())))
    steps.append(_aggregate_step(spec, values.units, x, scores, weights))
    if np.isnan(scores[spec.root.id]).all():
        raise DataError("no unit gets an index score", fix="lower min_present in [aggregate], or impute")
    return IndexResult(spec=spec, data=data, sample=sample, stages=stages, steps=tuple(steps), weights=weights, empty=tuple(nobody))


def rebuild(result: IndexResult) -> IndexResult:
    """Do it all again from the stored specification and raw data; the digest must come out the same."""
    return build(result.spec, result.data, empty="note")


def screening(spec: IndexSpec, values: Matrix) -> tuple[Bools, list[Shortfall]]:
    """The mask of units that pass the coverage rules, and the reasons for the others."""
    s = spec.screening
    asks = s.min_coverage > 0 or s.min_count > 0 or s.max_zeros < 1
    within = {g: spec.leaves(g) for g in spec.resolve(s.within)} if asks else {}
    parts = {}
    if s.parts_of is not None and s.min_parts:
        for g in spec.at_level(s.parts_of):
            parts[g.id] = [spec.leaves(p.id) if isinstance(p, Group) else [p.id] for p in spec.parts(g.id)]
    return screen(values, within, s.min_coverage, min_count=s.min_count, max_zeros=s.max_zeros, parts=parts, min_parts=s.min_parts)


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
    if method in OVER_TIME:  # already done while the panel was read
        if spec.data.time is None and spec.data.layout != "series" and np.isnan(x).any():
            raise DataError(f"imputation '{method}' needs a panel", fix="name the year column in [data]: time = '...'")
        method = "none"
    groups = None
    if method.startswith("group-"):
        if how.group is None or how.group not in data.groups:
            raise DataError(
                f"imputation '{method}' needs a grouping of the units", fix="add group = '...' to [impute] and the column to [data] groups"
            )
        groups = data.groups[how.group]
    return impute(x, method, groups=groups, blocks=blocks(spec))


def _impute_step(spec: IndexSpec, sample: IndexData, found: list[tuple[int, int]], beyond: list[tuple[int, int]], x: Floats) -> StepNote:
    here = {i.id for i in spec.indicators}
    carried = [(c, u) for u, c in sample.carried if c in here]
    cells = [*carried, *((spec.indicators[j].id, sample.units[u]) for j, u in found)]
    done = {"cells": cells, "n": len(cells), "carried": len(carried), "left_missing": int(np.isnan(x).sum())}
    done["beyond_group"] = [(spec.indicators[j].id, sample.units[u]) for j, u in beyond]
    return StepNote("impute", asdict(spec.imputation), done)


def _transform_step(spec: IndexSpec, before: Floats, after: Floats) -> StepNote:
    rules = {i.id: spec.transformation_of(i) for i in spec.indicators}
    changed = {id: r.text for id, r in rules.items() if r.method != "none"}
    done = {"changed": changed, "turned": turned_round(spec, before, after)}
    return StepNote("transform", {"default": asdict(spec.transformation)}, done)


def _treat_step(spec: IndexSpec, done: Treated) -> StepNote:
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
    return StepNote("treat", {"default": asdict(spec.treatment)}, {"changed": changed})


def _normalise_step(spec: IndexSpec, x: Floats) -> StepNote:
    """The scale of every indicator as it was used, goalposts on the transformed scale, and the values beyond them."""
    used: dict[str, dict[str, Any]] = {}
    for i in spec.indicators:
        rule = renormed(spec, i, None)
        used[i.id] = {"method": rule.method, "low": rule.low, "high": rule.high, "goalposts": rule.goalposts, "target": rule.target}
    return StepNote("normalise", {"default": asdict(spec.normalisation)}, {"used": used, "beyond": beyond_goalposts(spec, x)})


def _aggregate_step(
    spec: IndexSpec, units: tuple[str, ...], x: Floats, scores: dict[str, Floats], weights: dict[str, dict[str, float]]
) -> StepNote:
    """Methods and weights, how many parts a floor has replaced, and who has no share to contribute."""
    parts = parts_of(spec, x, scores)
    rescaled = {g.id: how.method for g in spec.groups if (how := spec.rescaling_of(g.id)) is not None}
    done = {"weights": weights, "floored": floored(spec, parts), "rescaled": rescaled, "shareless": without_share(spec, parts, units)}
    return StepNote("aggregate", {g.id: spec.aggregation_of(g.id).method for g in spec.groups}, done)


def _no_constants(spec: IndexSpec, before: Floats, after: Floats) -> None:
    """An indicator that has values but no scores says nothing about anybody: better to stop than to drop it silently."""
    for j, indicator in enumerate(spec.indicators):
        if not np.isnan(before[j]).all() and np.isnan(after[j]).all():
            raise DataError(
                f"indicator '{indicator.id}' is the same for all units and cannot be normalised", fix="remove it, or give it goalposts"
            )
