"""Why does a published total not follow? Hypotheses over rows, columns, digits and rules are tried, and the best one is named.

What takes several rows goes first (totals exchanged or slipped, a column of parts that slipped, one factor for all). Of one row, what
chance explains least goes first: a missing part; digits exchanged or a decimal point in the total or a part; two parts exchanged; one
mistyped digit; at last the one part whose change would be smallest. The next best are named too, since a single number seldom decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from armillary.composite.intervals import Span
from armillary.composite.moved import EXPLAINED, Case, columns, exchanged_parts, fits, moved, multiple
from armillary.composite.other_rules import OtherRule, other_rule
from armillary.composite.published import PublishedTable
from armillary.composite.row_model import Row, can_model
from armillary.composite.slips import decimals_of, slip_into
from armillary.composite.spec import IndexSpec

Told = tuple[str, tuple[str, float, float] | None]
RARE = ("two digits exchanged", "the decimal point", "the sign")
"""Slips that few numbers allow, so that a fit says much."""
FEW_PARTS = 8
"""Of more parts so many pairs can be exchanged that one fits by chance."""


def explain(
    spec: IndexSpec, table: PublishedTable, spans: dict[str, Span], cases: list[Case], checked: int
) -> tuple[list[Told], list[str]]:
    """For each case its best explanation (a clause, and the part that would mend it), and sentences about the table as a whole."""
    rows = moved(table, spans, cases)
    general: list[str] = []
    rule: OtherRule | None = None
    factor: dict[str, float] = {}
    slipped: dict[int, str] = {}
    mended: set[tuple[str, int]] = set()
    left = [c for c in cases if c.row not in rows.get(c.group, {})]
    if len(left) >= 3 and len(left) > checked / 3:
        factor, said = multiple(table, spans, left, checked)
        slipped = {} if said else columns(spec, table, left)
        general = [said] if said else []
        rule = None if said or slipped else other_rule(spec, table, len(cases), checked)
        if rule is not None:
            general = [f"{rule.followers} of {checked} totals would follow if {rule.text}"]
            if rule.followers >= 0.9 * checked:
                mended = {(c.group, c.row) for c in cases if fits(c.published, rule.spans[c.group], c.row, table.half[c.group])}
    elif len(left) >= 3:
        slipped = columns(spec, table, left)
    pairs = exchanged_parts(spec, table, spans, [c for c in left if c.row not in slipped and c.group not in factor])
    told: list[Told] = []
    for place, case in enumerate(cases):
        if place >= EXPLAINED:
            told.append(("", None))
        elif case.row in rows.get(case.group, {}):
            told.append((rows[case.group][case.row], None))
        elif case.group in factor:
            told.append((f"all totals are {factor[case.group]:.6g} times what their parts give", None))
        elif rule is not None and (case.group, case.row) in mended:
            told.append((f"it would follow if {rule.text}", None))
        elif case.row in slipped:
            told.append((slipped[case.row], None))
        elif (case.group, case.row) in pairs:
            told.append((pairs[case.group, case.row], None))
        else:
            told.append(_alone(spec, table, spans, case))
    return told, general


def _alone(spec: IndexSpec, table: PublishedTable, spans: dict[str, Span], case: Case) -> Told:
    """What one row by itself can tell: the best explanation, and up to two others."""
    found = list(dict.fromkeys(_ways(spec, table, spans, case)))
    if not found:
        return "", None
    best = found[0]
    text = best[0] if " is missing; " in best[0] else f"it would follow if {best[0]}"
    others = [t for t, _, counts in found[1:] if counts][:2]
    return text + (f" (or if {', or '.join(others)})" if others else ""), best[1]


def _ways(
    spec: IndexSpec, table: PublishedTable, spans: dict[str, Span], case: Case
) -> Iterator[tuple[str, tuple[str, float, float] | None, bool]]:
    """Explanations of one total, the least likely by chance first: a clause, the part it changes, may it stand beside another."""
    group = spec.of_year(table.years[case.row]).group(case.group)
    half = table.half[case.group]
    decimals = decimals_of(half)
    within = (case.high - case.low) / 2 + half
    slip = slip_into(case.published, decimals, case.low - half, case.high + half, case.expected)
    slip = slip if slip and case.high - case.low <= 20 * half else None
    total = (f"it were {slip[0]:.{max(decimals, 0)}f} ({slip[1]})", None, True) if slip else None
    if slip and round(slip[0], decimals) != round(slip[0], 9):
        total = (f"it were {slip[0]:g} ({slip[1]})", None, True)
    if not can_model(spec, group):
        if total:
            yield total
        return
    model = Row(spec, table, spans, case.row)
    lacks = model.lacking(group, case.published)
    if lacks:
        digits = decimals_of(table.half[lacks[0]])
        yield f"{lacks[0]} is missing; it would follow if it were {lacks[1]:.{digits}f}", None, True
    found = model.typed(group, case.published, within)
    typed = [(f"{p} were {x:g} and not {now:g} ({kind})", (p, now, x), kind) for p, now, x, kind in found]
    if total and slip and slip[1] in RARE:
        yield total
    yield from ((t, n, True) for t, n, kind in typed if kind in RARE)
    exchanged = model.exchanged(group, case.published, within)
    few = len(model.parts(group)) <= FEW_PARTS
    both = (f"{exchanged[0]} and {exchanged[1]} were exchanged", None, True) if exchanged else None
    if both and few:
        yield both
    if total and slip and slip[1] == "one digit":
        yield total
    yield from ((t, n, True) for t, n, kind in typed if kind not in RARE)
    if both and not few:
        yield both
    if total:
        yield total
    needed = model.needed(group, case.published)
    if needed:
        part, now, would = needed
        digits = max(1, decimals_of(table.half.get(part, 0.05)))
        yield f"{part} were {would:.{digits}f} and not {now:g}", needed, False
