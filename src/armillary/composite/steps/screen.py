"""Which units have enough data to be ranked (METHODS 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from armillary.composite.matrix import Bools, Floats, Matrix


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a unit is left out: the group, what was asked there and what it has."""

    unit: str
    group: str
    rule: str
    needed: float
    found: float


def coverage(present: Bools, weights: Floats | None = None) -> Floats:
    """Share of columns present (last axis), or the share of their weight."""
    w = np.ones(present.shape[-1]) if weights is None else weights
    return np.asarray((present * w).sum(axis=-1) / w.sum(), dtype=np.float64)


def screen(
    values: Matrix,
    groups: Mapping[str, Sequence[str]],
    min_coverage: float,
    *,
    min_count: int = 0,
    max_zeros: float = 1.0,
    parts: Mapping[str, Sequence[Sequence[str]]] | None = None,
    min_parts: int = 0,
) -> tuple[Bools, list[Shortfall]]:
    """Keep the units whose data reach ``min_coverage`` and ``min_count`` values within each group of ``groups`` (name -> indicators).

    ``max_zeros`` is the largest share of zeros among the values that a unit has there.
    ``parts`` gives for a group the indicator lists of its sub-groups; at least ``min_parts`` of them (or all, if there are
    fewer) must hold a value. Returns a mask over units and the reasons for those left out.
    """
    has = ~np.isnan(values.values)
    place = {c: j for j, c in enumerate(values.columns)}
    keep = np.ones(len(values.units), dtype=np.bool_)
    why: list[Shortfall] = []

    def drop(bad: Bools, group: str, rule: str, needed: float, found: Floats) -> None:
        keep[bad] = False
        why.extend(Shortfall(values.units[i], group, rule, needed, float(found[i])) for i in np.flatnonzero(bad))

    for group, names in groups.items():
        share = coverage(has[:, [place[c] for c in names]])
        drop(np.asarray(share < min_coverage - 1e-12, dtype=np.bool_), group, "coverage", min_coverage, share)
        mine = values.values[:, [place[c] for c in names]]
        count = (~np.isnan(mine)).sum(axis=1).astype(np.float64)
        drop(np.asarray(count < min_count, dtype=np.bool_), group, "count", float(min_count), count)
        if max_zeros < 1:
            zeros = (mine == 0).sum(axis=1) / np.where(count > 0, count, 1.0)
            drop(np.asarray(zeros > max_zeros + 1e-12, dtype=np.bool_), group, "zeros", max_zeros, zeros)
    for group, lists in (parts or {}).items():
        needed = min(min_parts, len(lists))
        scored = np.sum([has[:, [place[c] for c in names]].any(axis=1) for names in lists], axis=0).astype(np.float64)
        drop(np.asarray(scored < needed, dtype=np.bool_), group, "parts", float(needed), scored)
    return keep, why
