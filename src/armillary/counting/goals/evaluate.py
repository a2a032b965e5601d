"""How far two classifications agree, goal by goal: precision, recall, their intervals, and the list of confusions.

The reference is whatever tags are given: agreement with another classifier is not truth, and the report says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import norm

Tags = Mapping[int, Collection[int]]
"""work_id -> goals; a work without goals may be left out."""


@dataclass(frozen=True, slots=True)
class GoalScore:
    """One goal: works in the reference, works we tag, works in both; None where a ratio has no denominator."""

    goal: int
    reference: int
    ours: int
    both: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Works with ``reference`` goal where we say ``ours`` instead (None: no goal at all on that side); ``examples`` are work ids."""

    reference: int | None
    ours: int | None
    works: int
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClassifierScores:
    """Agreement over ``works`` works.

    ``exact``: works with the same set of goals. Micro figures pool all goals, macro ones average them.
    """

    works: int
    scores: tuple[GoalScore, ...]
    confusions: tuple[Confusion, ...]
    micro_precision: float | None
    micro_recall: float | None
    macro_f1: float | None
    exact: int
    label: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def wilson(hits: int, n: int, level: float = 0.95) -> tuple[float, float] | None:
    """Wilson score interval of a proportion; None for no trials."""
    if n == 0:
        return None
    z = float(norm.ppf(0.5 + level / 2))
    p, z2 = hits / n, z * z
    centre, half = (p + z2 / (2 * n)) / (1 + z2 / n), z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def evaluate(
    ours: Tags, reference: Tags, works: Collection[int], goals: Collection[int] = range(1, 18), label: str = ""
) -> ClassifierScores:
    """Compare two classifications over ``works`` (works without a tag on either side included)."""
    a = {w: frozenset(ours.get(w, ())) for w in works}
    b = {w: frozenset(reference.get(w, ())) for w in works}
    scores = tuple(
        _score(g, sum(g in b[w] for w in a), sum(g in a[w] for w in a), sum(g in a[w] and g in b[w] for w in a)) for g in sorted(goals)
    )
    n_ref, n_ours, n_both = (sum(getattr(s, k) for s in scores) for k in ("reference", "ours", "both"))
    f1 = [s.f1 for s in scores if s.f1 is not None]
    return ClassifierScores(
        len(a),
        scores,
        _confusions(a, b),
        n_both / n_ours if n_ours else None,
        n_both / n_ref if n_ref else None,
        sum(f1) / len(f1) if f1 else None,
        sum(a[w] == b[w] for w in a),
        label,
    )


def _score(goal: int, reference: int, ours: int, both: int) -> GoalScore:
    p, r = wilson(both, ours), wilson(both, reference)
    return GoalScore(
        goal,
        reference,
        ours,
        both,
        both / ours if ours else None,
        p[0] if p else None,
        p[1] if p else None,
        both / reference if reference else None,
        r[0] if r else None,
        r[1] if r else None,
        2 * both / (ours + reference) if ours + reference else None,
    )


def _confusions(ours: dict[int, frozenset[int]], reference: dict[int, frozenset[int]]) -> tuple[Confusion, ...]:
    """For each work, its goals that only one side gives, paired: (only reference, only ours), with None where a side has nothing else."""
    counts: Counter[tuple[int | None, int | None]] = Counter()
    examples: dict[tuple[int | None, int | None], list[int]] = {}
    for work in sorted(ours):
        missed, extra = reference[work] - ours[work], ours[work] - reference[work]
        pairs: list[tuple[int | None, int | None]] = [(g, h) for g in sorted(missed) for h in sorted(extra)]
        pairs += [(g, None) for g in sorted(missed) if not extra]
        pairs += [(None, h) for h in sorted(extra) if not missed]
        for pair in pairs:
            counts[pair] += 1
            if len(examples.setdefault(pair, [])) < 3:
                examples[pair].append(work)
    order = sorted(counts, key=lambda p: (-counts[p], p[0] or 99, p[1] or 99))
    return tuple(Confusion(*pair, counts[pair], tuple(examples[pair])) for pair in order)
