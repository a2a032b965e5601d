"""Why does a published total not follow? Hypotheses over rows, digits and rules are tried, and the best one is named.

The order is that of their power: two totals that each other's parts explain, a run of rows that slipped, the total of another year, a
slip in the digits of the total, two parts exchanged, a slip in the digits of one part, a missing part, and at last the one part whose
change would be smallest. A table most of which does not follow is tried under other rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from armillary.composite.intervals import Span
from armillary.composite.published import Published
from armillary.composite.score import on_scale
from armillary.composite.spans import spans_of
from armillary.composite.spec import Group, IndexSpec, Indicator, nodes
from armillary.composite.steps.aggregate import aggregate
from armillary.composite.steps.normalise import Normalisation, normalise
from armillary.composite.steps.transform import transform
from armillary.errors import ArmillaryError

EXPLAINED = 50
"""For so many of the largest gaps an explanation is looked for."""
Told = tuple[str, tuple[str, float, float] | None]


@dataclass(frozen=True, slots=True)
class Case:
    """One total that does not follow: its group, its row (from 0), what is published, what the parts give and allow."""

    group: str
    row: int
    published: float
    expected: float
    low: float
    high: float
    excess: float


def explain(spec: IndexSpec, table: Published, spans: dict[str, Span], cases: list[Case], checked: int) -> tuple[list[Told], list[str]]:
    """For each case its best explanation (a clause, and the part that would mend it), and sentences about the table as a whole."""
    told: list[Told] = []
    moved = _moved(table, spans, cases)
    for place, case in enumerate(cases):
        if place >= EXPLAINED:
            told.append(("", None))
        elif case.row in moved.get(case.group, {}):
            told.append((moved[case.group][case.row], None))
        else:
            told.append(_alone(spec, table, spans, case))
    general = list(_rules(spec, table, len(cases), checked)) if len(cases) >= 3 and len(cases) > checked / 3 else []
    return told, general


# --- rows


def _fits(value: float, span: Span, row: int, half: float) -> bool:
    return bool(span.low[row] - half - 1e-9 <= value <= span.high[row] + half + 1e-9)


def _moved(table: Published, spans: dict[str, Span], cases: list[Case]) -> dict[str, dict[int, str]]:
    """Explanations that take more than one row, or another year of the same unit."""
    out: dict[str, dict[int, str]] = {}
    for group in dict.fromkeys(c.group for c in cases):
        mine = [c for c in cases if c.group == group][: 4 * EXPLAINED]
        rows = {c.row for c in mine}
        span, half, value = spans[group], table.half[group], table.value[group]
        found = out.setdefault(group, {})

        def name(row: int) -> str:
            return table.units[row] + (f" {table.years[row]}" if table.years[row] is not None else "")

        for shift in (1, -1):
            run: list[int] = []
            for row in [*range(len(value)), -1]:
                to = row + shift
                if row in rows and 0 <= to < len(value) and table.years[row] == table.years[to] and _fits(value[row], span, to, half):
                    run.append(row)
                    continue
                if len(run) >= 3:
                    text = (
                        f"rows {run[0] + 2} to {run[-1] + 2} carry the total of the row {'after' if shift > 0 else 'before'} each (rotated)"
                    )
                    found.update(dict.fromkeys(run, text))
                    first, last = (run[-1] + shift, run[0]) if shift > 0 else (run[0] + shift, run[-1])
                    if first in rows and first not in found and _fits(value[first], span, last, half):
                        found[first] = text
                run = []
        for a, b in combinations([c for c in mine if c.row not in found], 2):
            if a.row in found or b.row in found or table.years[a.row] != table.years[b.row]:
                continue
            if _fits(a.published, span, b.row, half) and _fits(b.published, span, a.row, half):
                found[a.row] = f"the totals of {name(a.row)} and {name(b.row)} are exchanged"
                found[b.row] = f"the totals of {name(b.row)} and {name(a.row)} are exchanged"
        for c in mine:
            if c.row in found:
                continue
            same = [r for r, u in enumerate(table.units) if u == table.units[c.row] and r != c.row]
            years = [table.years[r] for r in same if _fits(c.published, span, r, half)]
            # of many years one will fit by chance: it counts where the unit's totals lie far apart against what fits
            apart = float(np.ptp([span.mid[r] for r in (*same, c.row) if not np.isnan(span.mid[r])] or [0.0]))
            if len(years) == 1 and len(same) * (c.high - c.low + 2 * half) < 0.1 * apart:
                found[c.row] = f"it is the total of {years[0]}"
    return out


# --- digits


def slips(text: str) -> Iterator[tuple[str, str]]:
    """Every number that one slip makes of a number as it is written, with the name of the slip."""
    digits = [k for k, c in enumerate(text) if c.isdigit()]
    for a, b in pairwise(digits):
        if text[a] != text[b]:
            swapped = list(text)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            yield "".join(swapped), "two digits exchanged"
    for k in digits:
        for d in "0123456789":
            if d != text[k]:
                yield text[:k] + d + text[k + 1 :], "one digit"
    try:
        value = float(text)
    except ValueError:
        return
    for factor in (10.0, 0.1, 100.0, 0.01):
        yield repr(round(value * factor, 10)), "the decimal point"
    for k in digits:
        for d in "0123456789":
            yield text[:k] + d + text[k:], "a digit left out"
    if value:
        yield repr(-value), "the sign"


def _slip(value: float, decimals: int, low: float, high: float, near: float) -> tuple[float, str] | None:
    """The first kind of slip of a published number that leads into an interval; of one kind, the number nearest to ``near``."""
    best: dict[str, float] = {}
    order: list[str] = []
    for text, kind in slips(f"{value:.{decimals}f}"):
        try:
            x = float(text)
        except ValueError:
            continue
        if low - 1e-9 <= x <= high + 1e-9:
            if kind not in best:
                order.append(kind)
            if kind not in best or abs(x - near) < abs(best[kind] - near):
                best[kind] = x
    return (best[order[0]], order[0]) if order else None


def _decimals(half: float) -> int:
    return max(0, round(float(-np.log10(2 * half))))


def _alone(spec: IndexSpec, table: Published, spans: dict[str, Span], case: Case) -> Told:
    """What one row by itself can tell."""
    group = spec.of_year(table.years[case.row]).group(case.group)
    half = table.half[case.group]
    slip = _slip(case.published, _decimals(half), case.low - half, case.high + half, case.expected)
    if slip and slip[1] != "a digit left out" and _is_small(case, half):
        return f"it would follow if it were {slip[0]:.{_decimals(half)}f} ({slip[1]})", None
    model = Row(spec, table, spans, case.row)
    lacks = model.lacking(group, case.published)
    if lacks:
        return f"{lacks[0]} is missing; it would follow if it were {lacks[1]:.4g}", None
    exchanged = model.exchanged(group, case.published, (case.high - case.low) / 2 + half)
    if exchanged:
        return f"it would follow if {exchanged[0]} and {exchanged[1]} were exchanged", None
    needed = model.needed(group, case.published)
    typed = model.typed(group, case.published, (case.high - case.low) / 2 + half)
    if typed:
        part, now, would, kind = typed
        return f"it would follow if {part} were {would:g} and not {now:g} ({kind})", (part, now, would)
    if slip and _is_small(case, half):
        return f"it would follow if it were {slip[0]:.{_decimals(half)}f} ({slip[1]})", None
    if needed:
        part, now, would = needed
        return f"it would follow if {part} were {would:.{max(1, _decimals(table.half.get(part, 0.05)))}f} and not {now:g}", needed
    return "", None


def _is_small(case: Case, half: float) -> bool:
    """Whether the parts bound the total closely enough for a slip of its digits to say something."""
    return case.high - case.low <= 20 * half


# --- one row


class Row:
    """One row's parts, which can be changed one at a time while everything else stays as published."""

    def __init__(self, spec: IndexSpec, table: Published, spans: dict[str, Span], row: int) -> None:
        self.spec, self.table, self.spans, self.row = spec.of_year(table.years[row]), table, spans, row
        self.place = {i.id: i for i in self.spec.indicators}

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
        if not isinstance(i, Indicator):
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
        return float(normalise(transform(column, how), float(i.direction), rule)[rows == self.row][0])

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
        w = np.array([p.weight for p in parts])
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
        """The value that the table would have to show for a part, found by bisection; nothing where no value would do."""
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
            for _ in range(60):
                m = (a + b) / 2
                at_m = gap(m)
                a, b, at_a = (m, b, at_m) if at_m * at_a > 0 else (a, m, at_a)
        except ArmillaryError:
            return None
        return (a + b) / 2

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

    def typed(self, group: Group, goal: float, within: float) -> tuple[str, float, float, str] | None:
        """A part in which one slip of the digits explains the total; the most common kind of slip first."""
        best: tuple[int, float, str, float, float, str] | None = None
        kinds = ("one digit", "two digits exchanged", "the decimal point")
        for part in self.parts(group):
            now = self.written(part)
            would = None if np.isnan(now) else self.solved(group, part, goal)
            if would is None:
                continue
            half = self.table.half[part]
            slip = _slip(now, _decimals(half), would - 2 * half, would + 2 * half, would)
            if slip is None or slip[1] not in kinds:
                continue
            try:
                fits = abs(self.total(group, {part: self.scored(part, slip[0])}) - goal) <= within
            except ArmillaryError:
                continue
            if fits:
                found = (kinds.index(slip[1]), abs(slip[0] - now), part, now, slip[0], slip[1])
                best = found if best is None or found < best else best
        return None if best is None else best[2:]


# --- rules


def _rules(spec: IndexSpec, table: Published, bad: int, checked: int) -> Iterator[str]:
    """Another rule under which more of the table follows: other means, equal weights, other scales, the best at 100."""
    means = {spec.aggregation_of(g.id).method for g in spec.groups}
    tries: list[tuple[str, IndexSpec]] = []
    for m in ("arithmetic", "geometric", "harmonic", "median"):
        groups = tuple(replace(g, aggregation=replace(spec.aggregation_of(g.id), method=m)) for g in spec.groups)
        if means != {m}:
            tries.append((f"all means were {m}", replace(spec, groups=groups)))
        top = tuple(replace(g, aggregation=replace(spec.aggregation_of(g.id), method=m)) if g.parent is None else g for g in spec.groups)
        if spec.aggregation_of(spec.root.id).method != m and len(spec.groups) > 1:
            tries.append((f"the mean at the top were {m}", replace(spec, groups=top)))
    if len({p.weight for p in nodes(spec.groups, spec.indicators)}) > 1:
        even = tuple(replace(g, weight=1.0) for g in spec.groups)
        leaves = tuple(replace(i, weight=1.0) for i in spec.indicators)
        tries.append(("all weights were equal", replace(spec, groups=even, indicators=leaves)))
    if spec.rescaling is None:
        tries.append(("the best total were set to 100", replace(spec, rescaling=Normalisation("best"), rescale_levels=spec.levels[:1])))
    else:
        tries.append(("the totals were not rescaled", replace(spec, rescaling=None)))
    if all(i.normalisation is None for i in spec.indicators):
        for m in ("none", "min-max", "best"):
            if m != spec.normalisation.method:
                tries.append((f"the parts were scaled by '{m}'", replace(spec, normalisation=replace(spec.normalisation, method=m))))
    if spec.imputation.method != "none":
        tries.append(("missing parts were left out", replace(spec, imputation=replace(spec.imputation, method="none"))))
    best = (checked - bad, "")
    for text, other in tries:
        try:
            spans, _ = spans_of(other, table)
        except ArmillaryError:
            continue
        follows = 0
        for id in table.shown:
            with np.errstate(invalid="ignore"):
                shown, own, half = table.value[id], spans[id], table.half[id]
                follows += int(((own.low - half - 1e-9 <= shown) & (shown <= own.high + half + 1e-9)).sum())
        if follows > best[0]:
            best = (follows, text)
    if best[1]:
        yield f"{best[0]} of {checked} totals would follow if {best[1]}"
