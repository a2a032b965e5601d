"""What a series says of one unit against others: more or less, so many times, together, and since when."""

from __future__ import annotations

from collections.abc import Callable

from armillary.audit.direction import State
from armillary.audit.interval import number
from armillary.audit.judge_forms import TIMES, beside, name, nothing, years_to_look_at
from armillary.audit.library import columns, values
from armillary.audit.library.measures import Candidate, MeasureEntry
from armillary.audit.reading.assertion import Assertion
from armillary.audit.witness import LOOSE, MARGIN, STALE, Moment, Witness, said, within

PRICES = 2.5
"""Price levels differ by less than this between the economies at hand, so a larger difference holds at exchange rates as well."""


def compare(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """One unit against another in a year."""
    if a.summed:
        return _against_sum(c, a, m, unit, when)
    other = next((u for u in a.others[0][0] if u in values.known(c)), None)
    if other is None:
        return Witness(c, "unknown", f"no value for {a.others[0][1]}")
    if columns.described(c.terms[0][1]).best == "none" and len(c.terms) == 1 and m.national:
        return Witness(c, "unknown", "national currencies cannot be compared")
    look, certain = years_to_look_at(c, a, unit, when)
    look = [y for y in look if values.value(c, other, y) is not None]
    if not look:
        return nothing(c, a, unit)
    mine, theirs = values.value(c, unit, look[0]), values.value(c, other, look[0])
    if mine is None or theirs is None or theirs == 0:
        return nothing(c, a, unit)
    text = f"{name(unit)} {said(mine, c)}, {name(other)} {said(theirs, c)} in {look[0]}"
    if a.ratio is not None:
        got = mine / theirs
        return Witness(c, within(got, a.ratio, TIMES), f"{text}: times {number(round(got, 2))}", look[0], got, certain=certain)
    state = _above(mine, theirs, a.falling, m)
    robust = max(mine, theirs) > PRICES * min(mine, theirs) > 0
    near = beside(a, look)
    elsewhere = None
    if state != "holds":
        for y in near:
            x, z = values.value(c, unit, y), values.value(c, other, y)
            if x is not None and z is not None and _above(x, z, a.falling, m) == "holds":
                elsewhere = y
                break
    return Witness(
        c,
        state,
        text,
        look[0],
        mine,
        overturn=f"a difference of {said(abs(mine - theirs), c)} closed",
        other_year=elsewhere,
        certain=certain,
        robust=robust,
    )


def _against_sum(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """One unit against several taken together."""
    others = [next((u for u in codes if u in values.known(c)), "") for codes, _ in a.others]
    if "" in others or m.kind != "total" or columns.described(c.terms[0][1]).best == "none" or len({unit, *others}) != len(others) + 1:
        return Witness(c, "unknown", "the others cannot be added up here")
    look, certain = years_to_look_at(c, a, unit, when)
    look = [y for y in look if all(values.value(c, u, y) is not None for u in others)]
    if not look:
        return nothing(c, a, unit)
    y = look[0]
    mine, theirs = values.value(c, unit, y) or 0.0, sum(values.value(c, u, y) or 0.0 for u in others)
    text = f"{name(unit)} {said(mine, c)}, {' + '.join(name(u) for u in others)} {said(theirs, c)} in {y}"
    return Witness(c, _above(mine, theirs, a.falling, m), text, y, mine, certain=certain)


def _above(mine: float, theirs: float, falling: bool, m: MeasureEntry) -> State:
    """More or less; a lead is told as it is, a lag contradicts only beyond what sources differ by."""
    high, low = (theirs, mine) if falling else (mine, theirs)
    if high > low:
        return "holds"
    return "fails" if low - high > (LOOSE - 1 if m.loose else MARGIN / 4) * abs(low) else "near"


def overtake(c: Candidate, a: Assertion, m: MeasureEntry, unit: str, when: Moment) -> Witness:
    """The first year of the newest unbroken lead over the other, compared with the year told."""
    other = next((u for u in a.others[0][0] if u in values.known(c)), None)
    if other is None:
        return Witness(c, "unknown", f"no value for {a.others[0][1]}")
    both = [y for y in values.years(c, unit) if values.value(c, other, y) is not None and (when.year is None or y <= when.year)]
    ahead = {y: (values.value(c, unit, y) or 0.0) > (values.value(c, other, y) or 0.0) for y in both}
    if not both or columns.described(c.terms[0][1]).best == "none":
        return Witness(c, "unknown", "no year with values of both")
    crossed = [y for k, y in enumerate(both) if k and ahead[y] and not ahead[both[k - 1]]]
    always = "ahead in every year" if ahead[both[0]] else "never ahead"
    text = f"{name(unit)} was {always} from {both[0]} to {both[-1]}"
    if crossed:
        text = f"{name(unit)} passed {name(other)} in {', '.join(map(str, crossed))}"
    if a.year is None:
        state: State = "holds" if crossed and ahead[both[-1]] else "near" if ahead[both[-1]] or crossed else "fails"
        fresh = when.year is None or both[-1] >= when.year - STALE
        return Witness(c, state, text, both[-1], None, certain=fresh)
    if a.year in crossed:
        return Witness(c, "holds", text, a.year)
    if not both[0] < a.year <= both[-1]:
        return Witness(c, "unknown", f"{text}; {a.year} lies outside")
    nearest = min((abs(a.year - y) for y in crossed), default=99)
    if nearest <= 2 or (
        not crossed
        and not ahead[a.year]
        and _above(values.value(c, unit, a.year) or 0, values.value(c, other, a.year) or 0, False, m) == "near"
    ):
        return Witness(c, "near", text, a.year, other_year=min(crossed, key=lambda y: abs(y - (a.year or 0))) if crossed else None)
    return Witness(c, "fails", text, a.year)


FORMS: dict[str, Callable[[Candidate, Assertion, MeasureEntry, str, Moment], Witness]] = {"compare": compare, "overtake": overtake}
