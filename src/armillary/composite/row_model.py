"""One row of a published table as a model: its parts can be changed one at a time while everything else stays as published."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from armillary.composite.intervals import Span
from armillary.composite.published import PublishedTable
from armillary.composite.score import on_scale, scaled
from armillary.composite.slips import decimals_of, slip_into
from armillary.composite.spec import Component, Group, IndexSpec
from armillary.composite.steps.aggregate import aggregate
from armillary.composite.steps.transform import transform
from armillary.errors import ArmillaryError


class Row:
    """One row's parts, which can be changed one at a time while everything else stays as published."""

    def __init__(self, spec: IndexSpec, table: PublishedTable, spans: dict[str, Span], row: int) -> None:
        self.spec, self.table, self.spans, self.row = spec.of_year(table.years[row]), table, spans, row
        self.place = {i.id: i for i in self.spec.indicators}
        self._solved: dict[tuple[str, str, float], float | None] = {}

    def score(self, part: str) -> float:
        """The score of a part as it goes into the mean above it."""
        if part in self.table.shown and not np.isnan(self.table.value[part][self.row]):
            return float(self.table.value[part][self.row])
        return float(self.spans[part].mid[self.row])

    def written(self, part: str) -> float:
        """A part as the table shows it."""
        return float(self.table.value[part][self.row])

    def scored(self, part: str, value: float) -> float:
        """The score of a part if the table showed ``value``."""
        i = self.place.get(part)
        if not isinstance(i, Component):
            return value
        x = value * i.scale
        if i.denominator is not None:
            x /= float(self.table.value[i.denominator][self.row])
        how = self.spec.transformation_of(i)
        rule = on_scale(self.spec.normalisation_of(i), how)
        if rule.method == "none":
            return float(transform(np.array([x]), how)[0])
        rows = self.table.rows(self.table.years[self.row])
        column = self.table.value[i.id][rows] * i.scale
        if i.denominator is not None:
            column = column / self.table.value[i.denominator][rows]
        column[rows == self.row] = x
        labels = {g: tuple(v[r] for r in rows) for g, v in self.table.labels.items()}
        return float(scaled(transform(column, how), float(i.direction), rule, labels)[rows == self.row][0])

    def total(self, group: Group, changed: dict[str, float]) -> float:
        """The group's score with the scores of some parts changed; groups between are computed anew."""
        values = []
        parts = self.spec.parts(group.id)
        for p in parts:
            if p.id in changed:
                values.append(changed[p.id])
            elif isinstance(p, Group) and set(changed) & self.below(p):
                values.append(self.total(p, changed))
            else:
                values.append(self.score(p.id))
        even = self.spec.weighting.method == "equal" and group.id in self.spec.weighted_groups()
        w = np.array([1.0 if even else p.weight for p in parts])
        value = float(aggregate(np.array(values)[:, None], w, self.spec.aggregation_of(group.id))[0])
        how = self.spec.rescaling_of(group.id)
        if how is None or how.method == "none":
            return value
        plain = float(aggregate(np.array([self.score(p.id) for p in parts])[:, None], w, self.spec.aggregation_of(group.id))[0])
        now = float(self.spans[group.id].mid[self.row])
        return value * now / plain if plain else value  # the best stays the best, whatever happens here

    def below(self, group: Group) -> set[str]:
        """Ids of everything below a group."""
        out: set[str] = set()
        for p in self.spec.parts(group.id):
            out.add(p.id)
            if isinstance(p, Group):
                out |= self.below(p)
        return out

    def parts(self, group: Group) -> list[str]:
        """Ids of the published columns that a group is made of, through groups that the table does not show."""
        out: list[str] = []
        for p in self.spec.parts(group.id):
            out += self.parts(p) if isinstance(p, Group) and p.id not in self.table.shown else [p.id]
        return out

    def solved(self, group: Group, part: str, goal: float) -> float | None:
        """The value that the table would have to show for a part; nothing where no value would do."""
        key = (group.id, part, goal)
        if key not in self._solved:
            self._solved[key] = self._solve(group, part, goal)
        return self._solved[key]

    def _solve(self, group: Group, part: str, goal: float) -> float | None:
        from scipy.optimize import brentq

        now = self.written(part)
        known = self.table.value[part]
        start = now if not np.isnan(now) else float(np.nanmean(known))
        span = max(abs(start), 100.0, float(np.nanmax(known) - np.nanmin(known)))

        def gap(x: float) -> float:
            with np.errstate(all="ignore"):
                return self.total(group, {part: self.scored(part, x)}) - goal

        a, b = (max(0.0, start - span) if start >= 0 else start - span), start + span
        try:
            at_a, at_b = gap(a), gap(b)
            if np.isnan(at_a) or np.isinf(at_a):
                a = float(np.nanmin(known))
                at_a = gap(a)
            if not np.isfinite(at_a) or not np.isfinite(at_b) or at_a * at_b > 0:
                return None
            return float(brentq(gap, a, b, xtol=1e-10, rtol=1e-12))
        except ArmillaryError:
            return None

    def needed(self, group: Group, goal: float) -> tuple[str, float, float] | None:
        """The published part whose change alone would make the total follow, with the least change for its column."""
        best: tuple[float, str, float, float] | None = None
        for part in self.parts(group):
            now = self.written(part)
            would = None if np.isnan(now) else self.solved(group, part, goal)
            if would is None:
                continue
            size = abs(would - now) / max(float(np.nanstd(self.table.value[part])), 1e-12)
            if best is None or size < best[0]:
                best = (size, part, now, would)
        return None if best is None else best[1:]

    def lacking(self, group: Group, goal: float) -> tuple[str, float] | None:
        """A missing part whose presence would make the total follow."""
        for part in self.parts(group):
            if np.isnan(self.written(part)):
                would = self.solved(group, part, goal)
                if would is not None:
                    return part, would
        return None

    def exchanged(self, group: Group, goal: float, within: float) -> tuple[str, str] | None:
        """Two parts of the row whose exchange makes the total follow."""
        parts = [p for p in self.parts(group) if not np.isnan(self.written(p))]
        if len(parts) > 30 or len(parts) < 3:
            return None
        for a, b in combinations(parts, 2):
            try:
                value = self.total(group, {a: self.scored(a, self.written(b)), b: self.scored(b, self.written(a))})
            except ArmillaryError:
                continue
            if abs(value - goal) <= within and abs(self.written(a) - self.written(b)) > 1e-9:
                return a, b
        return None

    def typed(self, group: Group, goal: float, within: float) -> list[tuple[str, float, float, str]]:
        """Parts in which one slip of the digits explains the total: the part, its number, what it would be, the kind of slip."""
        out: list[tuple[int, float, str, float, float, str]] = []
        kinds = ("two digits exchanged", "the decimal point", "one digit")
        for part in self.parts(group):
            now = self.written(part)
            would = None if np.isnan(now) else self.solved(group, part, goal)
            if would is None:
                continue
            half = self.table.half[part]
            slip = slip_into(now, decimals_of(half), would - 2 * half, would + 2 * half, would)
            if slip is None or slip[1] not in kinds:
                continue
            try:
                fits = abs(self.total(group, {part: self.scored(part, slip[0])}) - goal) <= within
            except ArmillaryError:
                continue
            if fits:
                out.append((kinds.index(slip[1]), abs(slip[0] - now), part, now, slip[0], slip[1]))
        return [found[2:] for found in sorted(out)]


def can_model(spec: IndexSpec, group: Group) -> bool:
    """Whether a row can be taken by itself: not where the others or the data decide its score or the weights."""
    if spec.weighting.method in ("pca", "correlation"):
        return False
    inside, at = [group], 0
    while at < len(inside):
        inside += [p for p in spec.parts(inside[at].id) if isinstance(p, Group)]
        at += 1
    return not any(spec.aggregation_of(g.id).method in ("bod", "copeland") for g in inside)
