"""What was done, step by step, and what a reader of the scores must know about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from armillary.composite.data import IndexData
from armillary.composite.matrix import Floats
from armillary.composite.spec import IndexSpec


@dataclass(frozen=True, slots=True)
class StepNote:
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
    rules = [spec.aggregation_of(g.id) for g in spec.upward()]
    means = " and ".join(dict.fromkeys(f"power ({r.power:g})" if r.method == "power" else r.method for r in rules))
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
    spec: IndexSpec, data: IndexData, steps: tuple[StepNote, ...], units: tuple[str, ...], score: Floats, empty: tuple[str, ...]
) -> Iterator[str]:
    """The notes under a ranking: what the data say, what is left out, filled or floored, and choices that changed nothing."""
    done = {s.name: s for s in steps}
    yield from data.warnings
    screen = done["screen"].done["left_out"]
    if screen:
        yield f"{len({w['unit'] for w in screen})} of {len(data.units)} units have too little data and are not ranked"
    if empty:
        yield f"no unit has a value of {', '.join(empty[:5])}; the index is made without"
    lost = [units[u] for u in np.flatnonzero(np.isnan(score))]
    if lost:
        who = f"{len(lost)} units get" if len(lost) > 1 else "1 unit gets"
        yield f"{who} no score (no data, or fewer parts than min_present or min_count asks for): {listed(lost)}"
    yield from _filled(done["impute"], data)
    yield from _scaled(spec, done["transform"], done["normalise"])
    yield from _treated(spec, done["treat"])
    for group, n in done["aggregate"].done["floored"].items():
        rule = spec.aggregation_of(group)
        yield f"the floor {rule.floor:g} stands for {n} smaller parts in the {rule.method} mean of '{group}'"
    for group, who in done["aggregate"].done["shareless"].items():
        yield f"a part of 0 cannot contribute the least share in '{group}', so the score is 0: {listed(who)}"
    yield from spec.notes


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _scaled(spec: IndexSpec, turn: StepNote, scale: StepNote) -> Iterator[str]:
    """Transformations that turn an indicator round, and values beyond goalposts."""
    for id, how in turn.done["turned"].items():
        formula = turn.done["changed"][id]
        if how == "falls":
            yield f"{formula} of '{id}' falls as x grows: its direction is that of the transformed value"
        else:
            yield f"{formula} of '{id}' neither grows nor falls throughout: its direction is that of the transformed value"
    rules = {i.id: spec.normalisation_of(i) for i in spec.indicators}
    some = []
    for b in scale.done["beyond"]:
        posts, out = rules[b["indicator"]].goalposts or (0.0, 0.0), b["below"] + b["above"]
        if out == b["n"]:
            end = "below" if b["below"] == out else "above" if b["above"] == out else "outside"
            yield f"all {out} values of '{b['indicator']}' lie {end} its goalposts {posts[0]:g} and {posts[1]:g}: check the unit of measure"
        else:
            some.append(f"{b['indicator']} {out} of {b['n']}")
    if some:
        capped = all(rules[b["indicator"]].cap for b in scale.done["beyond"])
        yield f"values beyond the ends of their scale {'count as the nearer end' if capped else 'leave it (cap = false)'}: {listed(some)}"


def _filled(step: StepNote, data: IndexData) -> Iterator[str]:
    method, by_rule = step.settings["method"], step.done["n"] - step.done["carried"]
    if by_rule:
        yield f"{by_rule} missing values are imputed ({method})"
    beyond = step.done["beyond_group"]
    if beyond:
        cells = listed([f"{c} of {u}" for c, u in beyond], 3)
        yield f"{len(beyond)} of these come from all units, since the unit has no group or its group no value: {cells}"
    if method != "none" and not step.done["n"]:
        what = "no value is missing" if not step.done["left_missing"] else f"{step.done['left_missing']} values stay missing"
        yield f"imputation '{method}' filled nothing: {what}"


def _treated(spec: IndexSpec, step: StepNote) -> Iterator[str]:
    rules = [spec.treatment_of(i) for i in spec.indicators]
    changed = [c for c in step.done["changed"] if c["low_n"] or c["high_n"] or c["is_logged"]]
    asked = {r.method for r in rules} - {"none"}
    if asked and not changed:
        limits = sorted({f"|skew| above {r.skew_max:g} and kurtosis above {r.kurt_max:g}" for r in rules if r.method != "none"})
        yield f"treatment '{', '.join(sorted(asked))}' changed nothing: no indicator has {' or '.join(limits[:2])}"
    bad = [c["indicator"] for c in step.done["changed"] if not c["is_ok"]]
    if bad and asked:
        yield f"{len(bad)} indicators keep outliers after treatment: {', '.join(bad[:5])}"
