"""What the steps did that nobody would guess from the result: values beyond goalposts, scales turned round, parts of nought."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from armillary.composite.matrix import Floats
from armillary.composite.score import renormed
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.aggregate import AT_LEAST_0


@dataclass(frozen=True, slots=True)
class Beyond:
    """How many of the ``n`` values of an indicator lie below and above its goalposts (in its own direction, on its transformed scale)."""

    indicator: str
    below: int
    above: int
    n: int


def beyond_goalposts(spec: IndexSpec, x: Floats) -> list[dict[str, Any]]:
    """Indicators with values outside their goalposts; ``x`` is (indicators, units), transformed and treated."""
    out = []
    for j, i in enumerate(spec.indicators):
        rule = renormed(spec, i, None)
        if rule.method != "goalposts" or rule.goalposts is None:
            continue
        low, high = min(rule.goalposts), max(rule.goalposts)
        slack = 1e-9 * max(1.0, abs(low), abs(high))
        with np.errstate(invalid="ignore"):
            below, above = int((x[j] < low - slack).sum()), int((x[j] > high + slack).sum())
        if below or above:
            out.append(asdict(Beyond(i.id, below, above, int((~np.isnan(x[j])).sum()))))
    return out


def turned_round(spec: IndexSpec, before: Floats, after: Floats) -> dict[str, str]:
    """Expressions that do not rise with x over the values that are there: ``falls`` (everywhere) or ``bends``."""
    out = {}
    for j, i in enumerate(spec.indicators):
        if spec.transformation_of(i).method != "expression":
            continue
        known = ~np.isnan(before[j]) & ~np.isnan(after[j])
        x, first = np.unique(before[j][known], return_index=True)
        steps = np.diff(after[j][known][first])
        if len(x) > 1 and (steps < 0).any():
            out[i.id] = "falls" if (steps <= 0).all() else "bends"
    return out


def floored(spec: IndexSpec, parts: dict[str, Floats]) -> dict[str, int]:
    """How many parts of each geometric or harmonic mean a floor has replaced; ``parts`` are the scores of indicators and groups."""
    out = {}
    for g in spec.groups:
        rule = spec.aggregation_of(g.id)
        if rule.method in AT_LEAST_0 and rule.floor > 0:
            n = sum(int((parts[p.id] < rule.floor).sum()) for p in spec.parts(g.id))
            if n:
                out[g.id] = n
    return out


def without_share(spec: IndexSpec, parts: dict[str, Floats], units: tuple[str, ...]) -> dict[str, list[str]]:
    """Units whose score by benefit of the doubt is nought because a part of nought cannot contribute the least share."""
    out = {}
    for g in spec.groups:
        rule = spec.aggregation_of(g.id)
        if rule.method == "bod" and rule.shares is not None and rule.shares[0] > 0:
            own = np.stack([parts[p.id] for p in spec.parts(g.id)])
            with np.errstate(invalid="ignore"):
                lost = (own == 0).any(axis=0) & (own > 0).any(axis=0)
            if lost.any():
                out[g.id] = [units[u] for u in np.flatnonzero(lost)]
    return out


def parts_of(spec: IndexSpec, x: Floats, scores: dict[str, Floats]) -> dict[str, Floats]:
    """Scores of all indicators and groups by id."""
    own = {i.id: x[j] for j, i in enumerate(spec.indicators)}
    return own | scores
