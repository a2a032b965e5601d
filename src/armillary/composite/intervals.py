"""The steps of an index on numbers that were rounded: each stands for all values that round to it, so each result is an interval.

Every function gives bounds that hold whatever the unrounded values were; where a rule has no such bounds, it is refused by name.
Arrays are ``(columns, units)``, units of one year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.composite.matrix import Bools, Floats
from armillary.composite.score import Labels, on_scale
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.aggregate import AT_LEAST_0, Aggregation, aggregate
from armillary.composite.steps.benefit_of_doubt import doubtful_ends
from armillary.composite.steps.impute import OVER_TIME, impute
from armillary.composite.steps.normalise import FIXED, Normalisation, normalise
from armillary.composite.steps.transform import transform
from armillary.composite.steps.treat import treat
from armillary.core.ranks import competition_ranks
from armillary.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Least, published and greatest value; NaN in all three where there is none."""

    low: Floats
    mid: Floats
    high: Floats

    def where(self, keep: Bools) -> Span:
        """The same with NaN outside ``keep``."""
        return Span(*(np.where(keep, x, np.nan) for x in (self.low, self.mid, self.high)))

    def columns(self, index: list[int] | Bools) -> Span:
        """Some of the units (last axis)."""
        return Span(self.low[..., index], self.mid[..., index], self.high[..., index])


class NoBoundsError(DataError):
    """A rule whose result has no exact bounds under rounding; ``rule`` is its name."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"{rule} has no exact bounds under rounding")
        self.rule = rule


def rounded(value: Floats, half: Floats | float) -> Span:
    """Published values with half a unit of their last digit on both sides."""
    return Span(value - half, value, value + half)


def divided(x: Span, below: Span, scale: float) -> Span:
    """Intervals of a ratio of two published numbers, the lower one above 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        least = np.where(below.low > 0, below.low, below.mid)
        corners = np.stack([a / b for a in (x.low, x.high) for b in (least, below.high)])
        return Span(corners.min(axis=0) * scale, x.mid / below.mid * scale, corners.max(axis=0) * scale)


def filled(spec: IndexSpec, x: Span, labels: Labels, blocks: list[list[int]]) -> Span:
    """Missing values filled by means or medians of the intervals' ends."""
    method, missing = spec.imputation.method, np.isnan(x.mid)
    if method in ("none", *OVER_TIME) or not missing.any():
        return x
    if method == "em":
        raise NoBoundsError("imputation 'em'")
    groups = labels.get(spec.imputation.group or "")
    if method.startswith("group-") and groups is None:
        raise DataError(f"imputation '{method}' needs the column '{spec.imputation.group}'", fix="add it to the table and to [data] groups")
    return Span(*(impute(v, method, groups=groups, blocks=blocks).values for v in (x.low, x.mid, x.high)))


def turned(spec: IndexSpec, x: Span) -> Span:
    """Every indicator transformed; an end outside the domain of the transformation is without bound."""
    low, mid, high = x.low.copy(), x.mid.copy(), x.high.copy()
    for j, i in enumerate(spec.indicators):
        how = spec.transformation_of(i)
        if how.method == "none":
            continue
        ends = np.stack([transform(v[j], how) for v in (x.low, x.mid, x.high)])
        gone = np.isnan(x.mid[j])
        if not np.isfinite(ends[1][~gone]).all():
            raise DataError(f"indicator '{i.id}': {how.text} of a published value does not exist", fix="check the transformation")
        ends[0] = np.where(np.isnan(ends[0]), -np.inf, ends[0])
        ends[2] = np.where(np.isnan(ends[2]), np.inf, ends[2])
        low[j], mid[j], high[j] = (np.where(gone, np.nan, v) for v in (ends.min(axis=0), ends[1], ends.max(axis=0)))
    return Span(low, mid, high)


def pulled(spec: IndexSpec, x: Span) -> Span:
    """Outliers pulled in as the published values say; a pulled value has the interval of the one that it becomes."""
    low, mid, high = x.low.copy(), x.mid.copy(), x.high.copy()
    for j, i in enumerate(spec.indicators):
        rule = spec.treatment_of(i)
        if rule.method == "none":
            continue
        fixed = spec.normalisation_of(i).method in FIXED
        if fixed and rule.method == "log-if-skewed":
            continue
        done = treat(x.mid[j : j + 1], float(i.direction), rule)
        if done.is_logged.any() and not fixed:
            raise NoBoundsError(f"the {rule.log} of treatment '{rule.method}' ('{i.id}')")
        for u in np.flatnonzero((done.values[0] != x.mid[j]) & ~np.isnan(x.mid[j]) & ~done.is_logged[0]):
            k = int(np.flatnonzero(x.mid[j] == done.values[0, u])[0])
            low[j, u], mid[j, u], high[j, u] = x.low[j, k], x.mid[j, k], x.high[j, k]
    return Span(low, mid, high)


def scaled(x: Span, direction: float, rule: Normalisation, labels: Labels) -> Span:
    """One column normalised, within its groups where the rule says so."""
    if rule.within is None or rule.method in (*FIXED, "none"):
        return _scaled(x, direction, rule)
    if rule.within not in labels:
        raise DataError(f"the scale is made within '{rule.within}', which the table does not hold", fix="add it to groups in [data]")
    names = np.array(["" if g is None else str(g) for g in labels[rule.within]])
    out = [np.full_like(v, np.nan) for v in (x.low, x.mid, x.high)]
    for name in np.unique(names):
        inside = names == name
        part = _scaled(x.columns(inside), direction, rule)
        for whole, v in zip(out, (part.low, part.mid, part.high), strict=True):
            whole[..., inside] = v
    return Span(*out)


def _scaled(x: Span, direction: float, rule: Normalisation) -> Span:
    mid = normalise(x.mid, direction, rule)
    if rule.method == "none":
        return x
    if rule.method in ("goalposts", "percent-of-target"):
        ends = [normalise(np.maximum(v, 0.0) if rule.method != "goalposts" else v, direction, rule) for v in (x.low, x.high)]
        return _around(mid, np.minimum(*ends), np.maximum(*ends))
    low, high = (x.low, x.high) if direction > 0 else (-x.high, -x.low)  # turned so that more is better
    span = rule.high - rule.low
    with np.errstate(invalid="ignore", divide="ignore"):
        least, most = (np.nanmin(low), np.nanmin(high)), (np.nanmax(low), np.nanmax(high))
        if rule.method == "min-max":
            a, b = (low - least[1]) / (most[1] - least[1]), (high - least[0]) / (most[0] - least[0])
            return _around(mid, rule.low + span * np.clip(a, 0, 1), rule.low + span * np.clip(b, 0, 1))
        if rule.method == "target":
            goal = float(rule.target or 0.0) * direction
            a, b = (low - least[1]) / (goal - least[1]), (high - least[0]) / (goal - least[0])
            top = 1.0 if rule.cap else np.inf
            return _around(mid, rule.low + span * np.clip(a, 0, top), rule.low + span * np.clip(b, 0, top))
        if rule.method == "best":
            if direction > 0:
                a, b = np.maximum(x.low, 0) / most[1], x.high / max(most[0], 1e-300)
            else:
                a, b = max(float(np.nanmin(x.low)), 0.0) / x.high, float(np.nanmin(x.high)) / np.maximum(x.low, 1e-300)
            return _around(mid, rule.high * np.clip(a, 0, 1), rule.high * np.clip(b, 0, 1))
        if rule.method == "z":
            y = x.mid * direction
            n = int((~np.isnan(y)).sum())
            width = float(np.nanmax(np.maximum(high - y, y - low)))
            sd, off = float(np.nanstd(y, ddof=1)), width * np.sqrt(n / max(n - 1, 1))
            a, b = low - np.nanmean(high), high - np.nanmean(low)
            small, large = max(sd - off, 1e-300), sd + off
            za, zb = a / np.where(a < 0, small, large), b / np.where(b < 0, large, small)
            return _around(mid, rule.z_mean + rule.z_sd * za, rule.z_mean + rule.z_sd * zb)
        return _by_place(mid, low, high, rule, span)


def _by_place(mid: Floats, low: Floats, high: Floats, rule: Normalisation, span: float) -> Span:
    """Scales that know the order only: the best and the worst place that rounding leaves open."""
    n = int((~np.isnan(mid)).sum())
    best = np.array([1.0 + (low > v).sum() for v in high])
    worst = np.array([float((high >= v).sum()) for v in low])

    def score(place: Floats) -> Floats:
        if rule.method == "rank":
            return n + 1 - place
        if rule.method == "borda":
            return n - place
        if rule.method == "percentile":
            return rule.low + span * (n - place) / max(n - 1, 1)
        table = np.zeros(max(n, len(rule.points)) + 1)
        table[: len(rule.points)] = rule.points
        return np.asarray(table[np.maximum(place, 1).astype(np.int64) - 1])

    return _around(mid, score(worst), score(best))


def _around(mid: Floats, low: Floats, high: Floats) -> Span:
    gone = np.isnan(mid)
    return Span(np.where(gone, np.nan, np.minimum(low, mid)), mid, np.where(gone, np.nan, np.maximum(high, mid)))


def combined(parts: Span, weights: Floats, rule: Aggregation) -> Span:
    """The score of a group: every mean grows with every part, so its ends are those of the parts."""
    if rule.method == "bod":
        ends = [100 * s for s in doubtful_ends(parts.low.T, parts.high.T, rule.shares)]
        return _around(aggregate(parts.mid, weights, rule), *(np.where(np.isnan(parts.mid).all(axis=0), np.nan, e) for e in ends))
    if rule.method == "copeland":
        return _copeland(parts, weights, rule)
    at_least_0 = rule.method in AT_LEAST_0
    return Span(*(aggregate(np.maximum(v, 0.0) if at_least_0 else v, weights, rule) for v in (parts.low, parts.mid, parts.high)))


def _copeland(parts: Span, weights: Floats, rule: Aggregation) -> Span:
    n = parts.mid.shape[-1]
    mid = aggregate(parts.mid, weights, rule)
    out = []
    with np.errstate(invalid="ignore"):
        for own, other in ((parts.low, parts.high), (parts.high, parts.low)):
            votes = np.nan_to_num(np.sign(own[:, :, None] - other[:, None, :]), nan=0.0)
            lead = np.tensordot(weights, votes, axes=1)
            np.fill_diagonal(lead, 0.0)
            out.append(50.0 + 50.0 * np.sign(np.where(np.abs(lead) < 1e-12, 0.0, lead)).sum(axis=-1) / max(n - 1, 1))
    return _around(mid, out[0], out[1])


def indicator_scores(spec: IndexSpec, x: Span, labels: Labels, blocks: list[list[int]]) -> Span:
    """From denominated values to normalised ones: imputed, transformed, treated and scaled in the order of the specification."""
    after = spec.imputation.after
    x = filled(spec, x, labels, blocks) if after == "denominate" else x
    x = turned(spec, x)
    x = filled(spec, x, labels, blocks) if after == "transform" else x
    x = pulled(spec, x)
    x = filled(spec, x, labels, blocks) if after == "treat" else x
    rows = []
    for j, i in enumerate(spec.indicators):
        rule = on_scale(spec.normalisation_of(i), spec.transformation_of(i))
        rows.append(scaled(Span(x.low[j], x.mid[j], x.high[j]), float(i.direction), rule, labels))
    out = Span(np.stack([r.low for r in rows]), np.stack([r.mid for r in rows]), np.stack([r.high for r in rows]))
    return filled(spec, out, labels, blocks) if after == "normalise" else out


def ranks_allowed(score: Floats, rank: Floats, dense: bool) -> tuple[Floats, Floats]:
    """Best and worst rank that published scores allow each unit: only those that are here bound each other."""
    best = np.array([1 + (score > x + 1e-9).sum() for x in score], dtype=np.float64)
    if dense:
        best = competition_ranks(score, tie="dense")
    worst = np.array([max(rank.max(), len(score)) - (score < x - 1e-9).sum() for x in score], dtype=np.float64)
    return best, worst
