"""What was done, step by step, and what a reader of the scores must know about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from armillary.composite.data import IndexData
from armillary.composite.matrix import Floats
from armillary.composite.spec import IndexSpec


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was done: its settings and what it changed."""

    name: str
    settings: dict[str, Any]
    done: dict[str, Any]


def method_line(spec: IndexSpec) -> str:
    """The method in one line, each rule with the number of indicators that it really applies to."""
    scales = Counter(spec.normalisation_of(i).method for i in spec.indicators)
    scaling = ", ".join(m if len(scales) == 1 else f"{m} ({n})" for m, n in scales.most_common())
    turns = Counter(spec.transformation_of(i).text for i in spec.indicators)
    turned = ", ".join(f"{t} ({n})" for t, n in turns.most_common() if t != "x")
    treats = {spec.treatment_of(i).method for i in spec.indicators} - {"none"}
    means = " and ".join(dict.fromkeys(spec.aggregation_of(g.id).method for g in spec.upward()))
    again = dict.fromkeys(how.method for g in spec.upward() if (how := spec.rescaling_of(g.id)) is not None)
    parts = [
        f"{len(spec.indicators)} indicators, {len(spec.groups)} groups",
        f"transformed: {turned}" if turned else "",
        f"scaling: {scaling}",
        f"outliers: {', '.join(sorted(treats))}" if treats else "",
        f"missing values: {spec.imputation.method}" if spec.imputation.method != "none" else "",
        f"{means} means",
        f"rescaled: {', '.join(again)}" if again else "",
    ]
    return "; ".join(p for p in parts if p)


def notes(
    spec: IndexSpec, data: IndexData, steps: tuple[Step, ...], units: tuple[str, ...], score: Floats, empty: tuple[str, ...]
) -> Iterator[str]:
    """The notes under a ranking: what the data say, what is left out, filled or floored, and choices that changed nothing."""
    done = {s.name: s for s in steps}
    yield from data.warnings
    screen = done["screen"].done["left_out"]
    if screen:
        yield f"{len({w['unit'] for w in screen})} of {len(data.units)} units have too little data and are not ranked"
    if empty:
        yield f"no unit has a value of {', '.join(empty[:5])}; the index is made without"
    n = int(np.isnan(score).sum())
    if n:
        yield f"{n} units get no score (no data, or fewer parts than min_present or min_count asks for)"
    yield from _filled(done["impute"], data)
    yield from _treated(spec, done["treat"])
    for group, n in done["aggregate"].done["floored"].items():
        rule = spec.aggregation_of(group)
        yield f"the floor {rule.floor:g} stands for {n} smaller parts in the {rule.method} mean of '{group}'"
    yield from spec.notes


def _filled(step: Step, data: IndexData) -> Iterator[str]:
    method, by_rule = step.settings["method"], step.done["n"] - step.done["carried"]
    if by_rule:
        yield f"{by_rule} missing values are imputed ({method})"
    if method != "none" and not step.done["n"]:
        what = "no value is missing" if not step.done["left_missing"] else f"{step.done['left_missing']} values stay missing"
        yield f"imputation '{method}' filled nothing: {what}"


def _treated(spec: IndexSpec, step: Step) -> Iterator[str]:
    rules = [spec.treatment_of(i) for i in spec.indicators]
    changed = [c for c in step.done["changed"] if c["low_n"] or c["high_n"] or c["is_logged"]]
    asked = {r.method for r in rules} - {"none"}
    if asked and not changed:
        limits = sorted({f"|skew| above {r.skew_max:g} and kurtosis above {r.kurt_max:g}" for r in rules if r.method != "none"})
        yield f"treatment '{', '.join(sorted(asked))}' changed nothing: no indicator has {' or '.join(limits[:2])}"
    bad = [c["indicator"] for c in step.done["changed"] if not c["is_ok"]]
    if bad and asked:
        yield f"{len(bad)} indicators keep outliers after treatment: {', '.join(bad[:5])}"
