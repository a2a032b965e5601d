"""How good are probabilities: discrimination (AUC), accuracy (Brier), calibration by group, all on held-out papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from armillary.core.arrays import Floats

MIN_GROUP = 50


def auc(predicted: Floats, truth: NDArray[np.bool_]) -> float:
    """Chance that a random leader has a higher prediction than a random supporter (ties count half); NaN if one kind is missing."""
    positive = int(truth.sum())
    negative = len(truth) - positive
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(predicted)
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def brier(predicted: Floats, truth: NDArray[np.bool_]) -> float:
    """Mean squared difference between probability and truth; 0 is perfect."""
    return float(np.mean((predicted - truth) ** 2)) if len(truth) else float("nan")


def calibration_error(predicted: Floats, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance between predicted and observed share over equal-width bins, weighted by rows (ECE)."""
    if not len(truth):
        return float("nan")
    place = np.minimum((predicted * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    gap = np.abs(
        np.bincount(place, weights=predicted, minlength=bins) - np.bincount(place, weights=truth.astype(np.float64), minlength=bins)
    )
    return float(gap.sum() / count.sum())


@dataclass(frozen=True)
class Report:
    """Figures on held-out papers. ``groups``: for each kind of group, rows with n, observed and predicted share of leaders, gap, AUC."""

    rows: int
    papers: int
    lead_rate: float
    auc: float
    auc_interval: tuple[float, float]
    auc_within_papers: float
    """Mean AUC over papers that have both kinds: can the model tell the authors of one paper apart?"""
    brier: float
    brier_of_constant: float
    calibration_error: float
    calibration_error_before: float
    curve: tuple[dict[str, float], ...]
    groups: dict[str, tuple[dict[str, Any], ...]]
    at_threshold: dict[str, float]
    importance: dict[str, float] = field(default_factory=dict)
    position_rule: dict[str, float] = field(default_factory=dict)
    """What "the first and the last author lead" does on the same papers: precision, recall, error."""


def rule_error(called: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Precision and recall of a yes-or-no rule, and ``error``: the part of the authors whom it calls wrongly."""
    return {
        "precision": float(truth[called].mean()) if called.any() else float("nan"),
        "recall": float(called[truth].mean()) if truth.any() else float("nan"),
        "error": float((called != truth).mean()) if len(truth) else float("nan"),
    }


def auc_error(area: float, positive: int, negative: int) -> float:
    """Standard error of an AUC after Hanley and McNeil (1982); NaN without one of the kinds."""
    if not positive or not negative:
        return float("nan")
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positive - 1) * (q1 - area**2) + (negative - 1) * (q2 - area**2)
    return float(np.sqrt(max(variance, 0.0) / (positive * negative)))


def evaluate(
    predicted: Floats,
    truth: NDArray[np.bool_],
    paper: NDArray[Any],
    groups: Mapping[str, NDArray[Any]],
    *,
    raw: Floats | None = None,
    seed: int = 1,
    threshold: float = 0.65,
    draws: int = 400,
) -> Report:
    """All figures; the interval of the AUC resamples whole papers."""
    from armillary.studies.leadership.balance import leads

    rate = float(truth.mean()) if len(truth) else float("nan")
    cut = leads(predicted, threshold)
    return Report(
        rows=len(truth),
        papers=len(np.unique(paper)),
        lead_rate=rate,
        auc=auc(predicted, truth),
        auc_interval=_auc_interval(predicted, truth, paper, seed, draws),
        auc_within_papers=_within(predicted, truth, paper),
        brier=brier(predicted, truth),
        brier_of_constant=rate * (1 - rate),
        calibration_error=calibration_error(predicted, truth),
        calibration_error_before=calibration_error(raw, truth) if raw is not None else float("nan"),
        curve=_curve(predicted, truth),
        groups={name: _by_group(predicted, truth, values) for name, values in sorted(groups.items())},
        at_threshold={
            "threshold": threshold,
            "called_lead": float(cut.mean()),
            "precision": float(truth[cut].mean()) if cut.any() else float("nan"),
            "recall": float(cut[truth].mean()) if truth.any() else float("nan"),
        },
    )


def _auc_interval(predicted: Floats, truth: NDArray[np.bool_], paper: NDArray[Any], seed: int, draws: int) -> tuple[float, float]:
    unique, place = np.unique(paper, return_inverse=True)
    rng = np.random.default_rng(seed)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(unique) + 1))
    values = []
    for _ in range(draws):
        chosen = rng.integers(0, len(unique), len(unique))
        sizes = starts[chosen + 1] - starts[chosen]
        rows = order[np.repeat(starts[chosen] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(sizes.sum())]
        values.append(auc(predicted[rows], truth[rows]))
    known = np.array([v for v in values if not np.isnan(v)])
    return (float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975))) if len(known) else (float("nan"), float("nan"))


def _within(predicted: Floats, truth: NDArray[np.bool_], paper: NDArray[Any]) -> float:
    order = np.argsort(paper, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], paper[order][1:] != paper[order][:-1]])) if len(paper) else np.array([], dtype=np.int64)
    values = [auc(predicted[rows], truth[rows]) for rows in np.split(order, starts[1:])] if len(paper) else []
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")


def _curve(predicted: Floats, truth: NDArray[np.bool_], bins: int = 10) -> tuple[dict[str, float], ...]:
    place = np.minimum((predicted * bins).astype(np.int64), bins - 1)
    out = []
    for k in range(bins):
        here = place == k
        if here.any():
            out.append(
                {
                    "from": k / bins,
                    "n": float(here.sum()),
                    "predicted": float(predicted[here].mean()),
                    "observed": float(truth[here].mean()),
                }
            )
    return tuple(out)


def _by_group(predicted: Floats, truth: NDArray[np.bool_], values: NDArray[Any]) -> tuple[dict[str, Any], ...]:
    """Groups of at least :data:`MIN_GROUP` rows, the rest as one; sorted by size."""
    names, place, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    big = {n for n, c in zip(names, counts, strict=True) if c >= MIN_GROUP}
    label = np.array([n if n in big else "others" for n in names])[place]
    out = []
    for name in sorted(set(label.tolist())):
        here = label == name
        observed, expected = float(truth[here].mean()), float(predicted[here].mean())
        error = float(np.sqrt(max((predicted[here] * (1 - predicted[here])).sum(), 1e-12)) / here.sum())
        out.append(
            {
                "group": str(name),
                "n": int(here.sum()),
                "observed": observed,
                "predicted": expected,
                "gap": observed - expected,
                "gap_se": error,
                "auc": auc(predicted[here], truth[here]),
            }
        )
    return tuple(sorted(out, key=lambda r: (-r["n"], r["group"])))
