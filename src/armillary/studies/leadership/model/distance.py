"""How far the works that are asked about lie from those that a lead model learned from, feature by feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from armillary.core.arrays import Floats

FAR = 0.5
"""Standardised difference of means from which a feature is said to be far: half a standard deviation (Cohen's medium effect)."""


def spread(matrix: Floats, features: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Mean, standard deviation and known part of every feature; mean and deviation are 0 where it is never known."""
    out = {}
    for k, name in enumerate(features):
        known = matrix[~np.isnan(matrix[:, k]), k]
        mean, deviation = (float(known.mean()), float(known.std())) if len(known) else (0.0, 0.0)
        out[name] = {"mean": mean, "deviation": deviation, "known": len(known) / len(matrix) if len(matrix) else 0.0}
    return out


def distance(learned: Mapping[str, Mapping[str, float]], here: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """For every feature both means, both known parts and ``difference``, the difference of means in standard deviations of what was learned
    from (None where the feature is unknown on a side, or never varied); the largest first."""
    out: list[dict[str, Any]] = []
    for name, theirs in learned.items():
        mine = here[name]
        comparable = theirs["known"] > 0 and mine["known"] > 0 and theirs["deviation"] > 0
        gap = (mine["mean"] - theirs["mean"]) / theirs["deviation"] if comparable else None
        facts = {"feature": name, "learned": theirs["mean"], "here": mine["mean"], "difference": gap}
        out.append({**facts, "known_learned": theirs["known"], "known_here": mine["known"]})
    return sorted(out, key=lambda r: (-abs(r["difference"] or 0.0), r["feature"]))


def said(rows: list[dict[str, Any]]) -> str:
    """One sentence: which features are far, and which the model learned and cannot see here."""
    far = [f"{r['feature']} {r['difference']:+.1f} s.d." for r in rows if r["difference"] is not None and abs(r["difference"]) >= FAR]
    unseen = [r["feature"] for r in rows if r["known_learned"] > 0.05 and r["known_here"] < r["known_learned"] / 2]
    new = [r["feature"] for r in rows if r["known_learned"] == 0 and r["known_here"] > 0]
    parts = [f"far in {', '.join(far)}" if far else f"no feature is {FAR} s.d. away"]
    parts += [f"seldom known here: {', '.join(unseen)}"] if unseen else []
    parts += [f"never seen in training: {', '.join(new)}"] if new else []
    return "; ".join(parts)
