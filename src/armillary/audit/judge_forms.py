"""What a series says of each form of assertion: rank, value, share, change, comparison, overtaking, run, path."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from armillary.audit.direction import State, came, gone
from armillary.audit.interval import number
from armillary.audit.library import columns, values
from armillary.audit.library.measures import Candidate, MeasureEntry
from armillary.audit.reading.assertion import Amount, Assertion
from armillary.audit.witness import CHANGE_MARGIN, LOOSE, MARGIN, SHARE_MARGIN, STALE, Moment, Witness, said, within
from armillary.registry import world

SURE = 10.0
"""Percentage points by which a change "in 2023" must be off to be contradicted, though the year before is only assumed as its base."""
APART = 1.5
"""Where databases differ, a unit is surely not at a rank whose value is so many times its own, or so small a part of it."""
LATELY = 5
"""A sentence without a year may mean one of so many years before the newest; what was true earlier is told as a path only."""
TIMES = 0.3
"""How far a multiple may be off before it is contradicted: "twice as many" is said of 2.5 times."""


def years_to_look_at(c: Candidate, a: Assertion, unit: str, when: Moment) -> tuple[list[int], bool]:
    """Years to look at, the asked one first, and whether a failure there is certain (the year is given, or the newest is recent)."""
    mine = values.years(c, unit)
    if a.year is not None:
        return ([a.year] if a.year in mine else []), True
    until = [y for y in mine if when.year is None or y <= when.year]
    if not until:
        return [], False
    s = columns.described(c.terms[0][1])
    newest = min(until[-1], max((y for y in columns.years_of(s.id, c.part) if y in until and y <= _full_year(c)), default=until[-1]))
    fresh = when.year is None or newest >= when.year - STALE
    return [newest, *(y for y in reversed(until) if y != newest)], fresh


def _full_year(c: Candidate) -> int:
    return columns.latest_year(c.terms[0][1], c.part)


def nothing(c: Candidate, a: Assertion, unit: str) -> Witness:
    have = values.years(c, unit)
    span = f"{have[0]} to {have[-1]}" if have else "none"
    return Witness(c, "unknown", f"no value of {a.year} for {name(unit)} (there are: {span})")


def name(unit: str) -> str:
    """A unit's name for people."""
    found = world.units().get(unit)
    return unit if found is None else found.name


def _rank_of(c: Candidate, a: Assertion, unit: str, year: int) -> tuple[State, values.RankBounds | None]:
    """Whether the rank holds in a year: holds, fails, near (undecided)."""
    scope = a.scope if a.scope != "world" else ""
    at = values.standing(c, unit, year, scope, a.lowest)
    if at is None or a.rank is None:
        return "unknown", at
    if a.rank_word == "at most":
        return ("holds" if at.high <= a.rank else "fails" if at.low > a.rank else "near"), at
    if at.low == at.high == a.rank:
        return "holds", at
    if a.rank < at.low or a.rank > at.high:
        return "fails", at
    return "near", at


def rank(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """Rank in the asked year, else the newest; other years in which it would hold."""
    if a.since is not None:
        return run(c, replace(a, since=a.since), m, unit, when)
    look, certain = years_to_look_at(c, a, unit, when)
    if not look:
        return nothing(c, a, unit)
    state, at = _rank_of(c, a, unit, look[0])
    if at is not None and a.left:
        state = gone(state, _rank_of(c, a, unit, look[0] - 1)[0])
    elif at is not None and state == "holds" and (a.first_time or a.entered):
        state = _not_before(c, a, unit, look[0])
    told = ""
    if at is not None and state == "holds" and a.risen and not (a.left or a.first_time or a.entered):
        was = _rank_of(c, a, unit, look[0] - 1)[1]
        state = came(a.risen, (at.low, at.high), None if was is None else (was.low, was.high))
        told = f"; the year before: {was.low}" if was is not None else "; the rank before is not at hand"
    if at is None:
        return Witness(c, "unknown", f"no rank of {name(unit)} in {look[0]}: groups and series without a best end take none", look[0])
    if state == "holds" and a.of is not None and abs(a.of - at.of) > 0.2 * a.of:
        state = "near"
    where = f"{at.low}" if at.low == at.high else f"{at.low} or lower" if math.isinf(at.high) else f"{at.low} to {at.high:.0f}"
    text = f"rank {where} of {at.of} in {look[0]}, with {said(at.value, c)}{told}"
    if at.unknown:
        text += "; without a value, and possibly above: " + ", ".join(name(u) for u in at.unknown)
    if state == "fails":
        certain = certain and _clear(a.rank or 1, at, m)
        if a.of is not None and abs(a.of - at.of) > 0.2 * a.of:
            certain = False
        if not certain:
            text += "; the neighbour is near, or the year is not sure"
    other = None if told or a.left else _other(c, a, unit, look, state)
    return Witness(
        c, state, text, look[0], at.value, (at.low, at.high), at.of, _overturn(at, c), other, certain,
    )  # fmt: skip


def _not_before(c: Candidate, a: Assertion, unit: str, year: int) -> State:
    """ "for the first time", "entered": surely not at the rank in the years before, as far as values are at hand."""
    before = [y for y in values.years(c, unit) if y < year]
    asked = before if a.first_time else before[-1:]
    states = [_rank_of(c, a, unit, y)[0] for y in asked]
    if "holds" in states:
        return "fails"
    return "holds" if states and all(s == "fails" for s in states) else "near"


def _clear(rank: int, at: values.RankBounds, m: MeasureEntry) -> bool:
    """Whether the value at the rank told is so far from the unit's own that no revision or other database brings it there."""
    there = at.ladder[min(rank, len(at.ladder)) - 1]
    small, large = sorted((abs(there), abs(at.value)))
    return large > (APART if m.loose or m.slack > 0.4 else 1 + MARGIN / 4) * small


def _other(c: Candidate, a: Assertion, unit: str, look: list[int], state: str) -> int | None:
    """The newest other year in which the assertion holds; with a year given, only the years beside it."""
    if state == "holds":
        return None
    return next((y for y in beside(a, look) if _rank_of(c, a, unit, y)[0] == "holds"), None)


def beside(a: Assertion, look: list[int]) -> list[int]:
    """Other years that a sentence may mean: those beside the one told, or some years before the newest."""
    return [a.year + 1, a.year - 1] if a.year is not None else [y for y in look[1:] if look[0] - LATELY <= y < look[0]]


def _overturn(at: values.RankBounds, c: Candidate) -> str:
    parts = []
    if at.above is not None:
        parts.append(f"{said(abs(at.above[1] - at.value), c)} more would reach {name(at.above[0])}")
    if at.below is not None:
        parts.append(f"{name(at.below[0])} would need {said(abs(at.value - at.below[1]), c)} more to draw level")
    return "; ".join(parts)


def value(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """A level compared with a number."""
    if a.amount is None:
        return Witness(c, "unknown", "no number")
    if a.since is not None:
        if a.previous or not (math.isinf(a.amount.high) or math.isinf(a.amount.low)):
            return Witness(c, "unknown", "a number over a span of years: a sum, a mean or each year?")
        return run(c, a, m, unit, when)
    look, certain = years_to_look_at(c, a, unit, when)
    if not look:
        return nothing(c, a, unit)
    found = _level(c, a, m, unit, look, certain, lambda y: values.value(c, unit, y), lambda v: said(v, c))
    if a.peak:
        found = _peak(c, a, unit, found, when)
    return _first_time(c, a, m, unit, found) if a.first_time else found


def _peak(c: Candidate, a: Assertion, unit: str, found: Witness, when: Moment) -> Witness:
    """ "peaked at", "a record": no other year at hand has more."""
    if found.state != "holds" or found.number is None:
        return found
    more = {
        y: v
        for y in values.years(c, unit)
        if (when.year is None or y <= when.year) and (v := values.value(c, unit, y) or 0.0) > found.number
    }
    if not more:
        return replace(found, text=f"{found.text}, the most of all years at hand")
    far = max(more.values()) > (1 + MARGIN / 4) * found.number
    return replace(
        found, state="fails" if far else "near", text=f"{found.text}; {max(more, key=lambda y: more[y])} has more", other_year=None
    )


def _first_time(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, found: Witness) -> Witness:
    """ "for the first time above 3 trillion": above in the year told, and in none before, as far as values are at hand."""
    if found.state != "holds" or found.year is None or a.amount is None:
        return found
    before = {y: values.value(c, unit, y) or 0.0 for y in values.years(c, unit) if y < found.year}
    over = [y for y, v in before.items() if v > a.amount.low]
    if not before:
        return replace(found, state="near", text=found.text + "; no earlier year is at hand")
    if not over:
        return replace(found, text=f"{found.text}, never before (from {min(before)})")
    clear = max(before.values()) > a.amount.low * (1 + MARGIN / 4)
    return replace(found, state="fails" if clear else "near", text=f"{found.text}, and already in {over[0]}", other_year=None)


def _level(
    c: Candidate, a: Assertion, m: MeasureEntry, unit: str, look: list[int], certain: bool,
    get: Callable[[int], float | None], say: Callable[[float], str], margin: float | None = None,
) -> Witness:  # fmt: skip
    assert a.amount is not None
    got = get(look[0])
    if got is None:
        return nothing(c, replace(a, year=look[0]), unit)
    slack = max(m.slack, margin if margin is not None else LOOSE - 1 if m.loose and not a.sources else MARGIN)
    state = within(got, a.amount, slack)
    lately = [v for y in (look[0], *beside(a, look)) if (v := get(y)) is not None]
    if state == "fails" and a.year is None and within(min(lately), a.amount, slack) != within(max(lately), a.amount, slack):
        state = "near"  # some of the last years may be meant, and they lie on either side
    elif state == "fails" and a.year is None and min(lately) <= a.amount.value <= max(lately):
        state = "near"
    near = beside(a, look)
    near += [y for y in look[1:] if y > look[0]][:1]
    other = None
    if state == "fails" or (state == "near" and a.year is None):
        other = next((y for y in near if (v := get(y)) is not None and within(v, a.amount, 0.0) == "holds"), None)
    text = f"{say(got)} in {look[0]}"
    mark = values.flag(c, unit, look[0])
    if mark:
        text += f" (flag {mark})"
    if state == "near" and (got > a.amount.value * 1.5 or got * 1.5 < a.amount.value):
        text += ": true by the letter, and far from the number told"
    elif state == "near":
        text += (
            f", {abs(got / a.amount.value - 1):.1%} from the number told: revisions and definitions differ by as much"
            if a.amount.value
            else ""
        )
    return Witness(c, state, text, look[0], got, None, None, _beyond(a.amount, state), other, certain)


def _beyond(amount: Amount, state: State) -> str:
    """What would overturn a verdict on a level: a value on the other side of what the words allow."""
    if math.isinf(amount.high):
        return f"a value {'at or below' if state == 'holds' else 'above'} {number(amount.low)}"
    if math.isinf(amount.low):
        return f"a value {'at or above' if state == 'holds' else 'below'} {number(amount.high)}"
    return f"a value {'outside of' if state == 'holds' else 'within'} {number(amount.low)} to {number(amount.high)}"


def share(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """A part of a whole: of the world, of a group, or of the total that the measure is a part of."""
    if a.amount is None:
        return Witness(c, "unknown", "no number")
    if m.kind == "ratio":
        return value(c, a, m, unit, when)
    whole: dict[int, float]
    if m.part_of and a.scope == "":
        whole = {y: v * c.factor for y, v in world.values(m.part_of).get(unit, {}).items()}
        of = world.series(m.part_of).name
    elif a.scope in ("world", "") and a.amount.measure == "percent":
        whole, of = values.known(c).get("WLD", {}), "the world"
        if not whole and m.world_share and c.id == m.series[0]:
            whole = {}
    elif a.scope in ("eu", "oecd"):
        whole, of = values.known(c).get({"eu": "EU27", "oecd": "OECD"}[a.scope], {}), a.scope.upper()
    else:
        return Witness(c, "unknown", "a share of what?")
    if not whole:
        return Witness(c, "unknown", f"no total of {of} in this source")
    look, certain = years_to_look_at(c, a, unit, when)
    look = [y for y in look if y in whole]
    if not look:
        return nothing(c, a, unit)

    def get(y: int) -> float | None:
        mine = values.value(c, unit, y)
        return None if mine is None or not whole.get(y) else 100 * mine / whole[y]

    return _level(c, a, m, unit, look, certain, get, lambda v: f"{number(round(v, 2))} percent of {of}", SHARE_MARGIN)


def change(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """A change from one year to another, in percent, points or plain numbers."""
    target = a.year
    if target is None:
        look, _ = years_to_look_at(c, a, unit, when)
        if not look or not (a.since or a.previous):
            return Witness(c, "unknown", "from which year to which?")
        target = look[0]
    start = a.since if a.since is not None else target - 1
    before, after = values.value(c, unit, start), values.value(c, unit, target)
    if before is None or after is None:
        return nothing(c, replace(a, year=start if before is None else target), unit)
    certain = a.since is not None or a.previous
    span = f"{said(before, c)} in {start}, {said(after, c)} in {target}"
    sign = -1.0 if a.falling else 1.0
    if a.ratio is not None:
        got = after / before if before else math.inf
        return Witness(c, within(got, a.ratio, TIMES), f"{span}: times {number(round(got, 2))}", target, got, certain=certain)
    if a.amount is None:
        return Witness(c, "unknown", "by how much?")
    return _moved(c, a, m, before, after, sign, span, target, certain)


def _moved(
    c: Candidate, a: Assertion, m: MeasureEntry, before: float, after: float, sign: float, span: str, target: int, certain: bool
) -> Witness:
    assert a.amount is not None
    relative = 100 * sign * (after / before - 1) if before else math.inf
    certain = certain or (a.amount.measure == "percent" and abs(relative - a.amount.value) > SURE)  # no base makes up for so much
    if a.amount.measure == "percent":
        state = within(relative, a.amount, MARGIN, CHANGE_MARGIN)
        if m.loose and state == "fails" and within(relative, a.amount, LOOSE - 1, 3 * CHANGE_MARGIN) != "fails":
            state = "near"  # databases differ
        if m.kind == "ratio" and within(sign * (after - before), a.amount, MARGIN, 0.1) != "fails":
            state = "near"  # percent or percentage points: both are written "percent"
        return Witness(
            c,
            state,
            f"{span}: {'+' if after >= before else ''}{number(round(100 * (after / before - 1), 2))} percent",
            target,
            relative,
            certain=certain,
        )
    if a.amount.measure == "points":
        if m.kind != "ratio":
            return Witness(c, "unknown", "points of a number that is no percentage")
        got = sign * (after - before)
        return Witness(
            c, within(got, a.amount, MARGIN, 0.1), f"{span}: {number(round(after - before, 3))} points", target, got, certain=certain
        )
    got = sign * (after - before)
    return Witness(c, within(got, a.amount, 2 * MARGIN), f"{span}: {said(after - before, c)}", target, got, certain=certain)


def run(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """Years in a row with a rank or above a number, up to the year told (or the newest)."""
    look, _ = years_to_look_at(c, a, unit, when)
    if not look or (a.years is None and a.since is None):
        return nothing(c, a, unit)
    last = look[0]
    states: list[State] = []
    length = a.years if a.years is not None else last - (a.since or last) + 1
    if length < 1:
        return Witness(c, "unknown", f"nothing newer than {last} is at hand")
    for y in range(last, last - length, -1):
        v = values.value(c, unit, y)
        if a.amount is not None:
            states.append("unknown" if v is None else within(v, replace(a.amount, measure="percent"), 0.02))
            states[-1] = "holds" if v is not None and a.amount.low < v < a.amount.high else states[-1]
        else:
            states.append(_rank_of(c, replace(a, rank_word="at most" if a.rank and a.rank > 1 else "exactly"), unit, y)[0])
    held = next((k for k, s in enumerate(states) if s != "holds"), len(states))
    text = f"held {held} of {length} years up to {last}"
    if held == len(states):
        return Witness(c, "holds", text, last)
    return Witness(c, "fails" if states[held] == "fails" and held < length - 2 else "near", text, last, certain=a.year is not None)


def path(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """Ranks in two years."""
    states: list[State] = []
    texts = []
    for y, r in a.path:
        state, at = _rank_of(c, replace(a, rank=r, rank_word="exactly"), unit, y)
        states.append(state)
        texts.append(f"{y}: {'no value' if at is None else at.low if at.low == at.high else f'{at.low} or lower'}")
    worst: State = "unknown" if "unknown" in states else "fails" if "fails" in states else "near" if "near" in states else "holds"
    return Witness(c, worst, "rank in " + ", ".join(texts), a.path[-1][0] if a.path else None, certain=not m.loose)


FORMS: dict[str, Callable[[Candidate, Assertion, MeasureEntry, str, Moment], Witness]] = {
    "rank": rank, "value": value, "share": share, "change": change, "run": run, "path": path,
}  # fmt: skip

__all__ = ["FORMS", "Amount", "name"]
