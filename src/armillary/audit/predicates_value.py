"""Predicates about values: comparisons with a number, parts of a whole, growth, crossings and runs of years."""

from __future__ import annotations

import math

from armillary.audit.evidence import Evidence
from armillary.audit.interval import Interval, number
from armillary.audit.outcome import Outcome, all_of, comparison, gone, listing, path_of, when
from armillary.audit.query import ClaimQuery
from armillary.audit.words import read_as

_ABOVE_ZERO = Interval(0, math.inf, open_low=True, open_high=True)


def value(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The value compared with a number."""
    unit = query.get("unit")
    accepted, how = comparison(query)
    found = evidence.value(unit, period)
    if found is None:
        return Outcome(None, "", missing=(gone(evidence, unit, period),), read_as=how, path=path_of(evidence, [unit]))
    truth = found.inside(accepted)
    missing = () if truth is not None else (f"a more exact value of {evidence.name(unit)} in {when(evidence, period)}",)
    return Outcome(
        truth,
        f"{evidence.name(unit)} in {when(evidence, period)}: {_with(found, evidence)}",
        evidence.cells_of([unit], [period]),
        missing,
        (period,),
        how,
        path_of(evidence, [unit]),
    )


def first_above(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The first year in which the value is above the number."""
    unit, limit = query.get("unit"), float(query.get("number"))
    accepted = Interval(limit, math.inf, True, True)
    years = [p for p in evidence.periods if evidence.value(unit, p) is not None]
    if not years:
        return Outcome(None, "", missing=(gone(evidence, unit, period),), read_as=f"first above {number(limit)}")
    start = int(query.get("since") or evidence.begins or years[0])
    answers: list[bool | None] = []
    missing: list[str] = []
    for year in range(start, period + 1):
        found = evidence.value(unit, year)
        there = None if found is None else found.inside(accepted)
        answers.append(there if year == period else (None if there is None else not there))
        if found is None:
            missing.append(gone(evidence, unit, year))
    actual = next((p for p in years if (v := evidence.value(unit, p)) is not None and v.inside(accepted)), None)
    name = evidence.name(unit)
    if actual is None:
        text = f"{name} is never above {number(limit)} in the years at hand"
    else:
        before = evidence.value(unit, actual - 1)
        text = f"{name} is first above {number(limit)} in {when(evidence, actual)} ({evidence.value(unit, actual)}"
        text += ")" if before is None else f"; {actual - 1}: {before})"
    if period < start:
        return Outcome(None, text, (), (gone(evidence, unit, period),), (), f"first above {number(limit)}", path_of(evidence, [unit]))
    used = [p for p in (period - 1, period, actual) if p is not None]
    return Outcome(
        all_of(answers),
        text,
        evidence.cells_of([unit], sorted(set(used))),
        tuple(missing[:6]),
        (start, period),
        f"first year above {number(limit)}, in the years from {start} on",
        path_of(evidence, [unit]),
    )


def share(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The unit's part of a whole."""
    unit, of = query.get("unit"), query.get("of")
    accepted, how = comparison(query)
    mine = evidence.value(unit, period)
    if of == "all":
        if period not in evidence.complete or evidence.complete[period] is not None:
            return Outcome(None, "", missing=(f"all units in {when(evidence, period)} ({evidence.title})",), read_as=how)
        parts = [c.unit for c in evidence.listed(period) if c.value is not None]
    else:
        parts = listing(of)
    total, missing = _sum(evidence, parts, period)
    if mine is None:
        missing = (gone(evidence, unit, period), *missing)
    if mine is None or total is None:
        return Outcome(None, "", missing=missing, read_as=how, path=path_of(evidence, [unit]))
    found = mine / total
    if found is None:
        return Outcome(None, "", missing=("a whole above zero",), read_as=how)
    text = f"{evidence.name(unit)} {mine} of {total} in {when(evidence, period)}: {_percent(found)}"
    truth = found.inside(accepted)
    return Outcome(
        truth,
        text,
        evidence.cells_of([unit, *(p for p in parts if p != unit)], [period]),
        () if truth is not None else ("more exact values",),
        (period,),
        how,
        path_of(evidence, [unit]),
    )


def growth(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """How the value changed from one year to another: ratio, percent or difference."""
    unit, first, last, form = query.get("unit"), int(query.get("from")), int(query.get("to")), query.get("as")
    accepted, how = comparison(query)
    minus = query.get("minus")
    ends: list[Interval | None] = []
    missing: list[str] = []
    units = [unit, minus] if minus else [unit]
    for year in (first, last):
        found = evidence.value(unit, year)
        if found is None:
            missing.append(gone(evidence, unit, year))
        if minus is not None:
            off = evidence.value(minus, year)
            if off is None:
                missing.append(gone(evidence, minus, year))
            found = None if found is None or off is None else found - off
        ends.append(found)
    before, after = ends
    name = evidence.name(unit) + (f" minus {evidence.name(minus)}" if minus else "")
    if before is None or after is None:
        return Outcome(None, "", evidence.cells_of(units, [first, last]), tuple(missing), (), f"{form} {how}", path_of(evidence, units))
    parted = [f"a series of {evidence.name(u)} without the break of {b}" for u in units for b in evidence.broken_between(u, first, last)]
    if parted:
        text = f"{name}: {before} in {first}, {after} in {last}, which measure different things"
        cells = evidence.cells_of(units, [first, last])
        return Outcome(None, text, cells, tuple(parted), (first, last), f"{form} {how}", path_of(evidence, units))
    change: Interval | None
    if form == "difference":
        change, shown = after - before, "difference"
    else:
        change, shown = after / before, "times"
        if form == "percent" and change is not None:
            change, shown = Interval((change.low - 1) * 100, (change.high - 1) * 100, change.open_low, change.open_high), "%"
    if change is None:
        return Outcome(
            None,
            f"{name}: {before} in {first}, {after} in {last}",
            (),
            ("a start above zero",),
            (first, last),
            f"{form} {how}",
            path_of(evidence, units),
        )
    text = f"{name}: {before} in {first}, {after} in {last}; " + (
        f"a difference of {change}" if form == "difference" else f"{change} {shown}"
    )
    truth = change.inside(accepted)
    return Outcome(
        truth,
        text,
        evidence.cells_of(units, [first, last]),
        () if truth is not None else ("more exact values",),
        (first, last),
        f"{form} {how}",
        path_of(evidence, units),
    )


def compare(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The unit against another, or against several added up."""
    unit, others = query.get("unit"), listing(query.get("other"))
    word, by, tolerance = query.get("word"), query.get("by"), query.get("tolerance")
    if by == "rank":
        return _compare_ranks(unit, others, evidence, period)
    mine = evidence.value(unit, period)
    theirs, missing = _sum(evidence, others, period)
    if mine is None:
        missing = (gone(evidence, unit, period), *missing)
    names = " + ".join(evidence.name(o) for o in others)
    path = path_of(evidence, [unit, *others])
    stated = query.get("number")
    how = f"{word} {names}" if stated is None else read_as(word, float(stated), tolerance) + f" of {names}"
    if mine is None or theirs is None:
        return Outcome(None, "", evidence.cells_of([unit, *others], [period]), missing, (), how, path)
    if stated is None and word not in ("nearly", "about", "exactly"):
        truth = (mine - theirs).inside(
            {
                "more than": _ABOVE_ZERO,
                "at least": Interval(0, math.inf, open_high=True),
                "less than": Interval(-math.inf, 0, True, True),
                "at most": Interval(-math.inf, 0, True),
            }[word]
        )
    else:
        from armillary.audit.words import accepts

        quotient = mine / theirs
        truth = None if quotient is None else quotient.inside(accepts(word, 1.0 if stated is None else float(stated), tolerance))
    quotient = mine / theirs
    text = f"{when(evidence, period)}: {evidence.name(unit)} {mine}, {names} {theirs}" + (
        f" ({_percent(quotient)} of it)" if quotient is not None and quotient.is_exact else ""
    )
    return Outcome(
        truth, text, evidence.cells_of([unit, *others], [period]), () if truth is not None else ("more exact values",), (period,), how, path
    )


def _compare_ranks(unit: str, others: list[str], evidence: Evidence, period: int) -> Outcome:
    mine = evidence.rank(unit, period)
    answers: list[bool | None] = []
    missing: list[str] = [] if mine is not None else [gone(evidence, unit, period, "rank")]
    from armillary.audit.outcome import ordinal

    shown = [] if mine is None else [f"{evidence.name(unit)} {ordinal(mine)}"]
    for other in others:
        theirs = evidence.rank(other, period)
        if theirs is not None:
            shown.append(f"{evidence.name(other)} {ordinal(theirs)}")
        else:
            missing.append(gone(evidence, other, period, "rank"))
        answers.append(None if mine is None or theirs is None else (theirs - mine).inside(_ABOVE_ZERO))
    return Outcome(
        all_of(answers),
        f"{when(evidence, period)}: " + ", ".join(shown) if shown else "",
        evidence.cells_of([unit, *others], [period]),
        tuple(missing),
        (period,),
        "stands above",
        path_of(evidence, [unit, *others]),
    )


def crossing(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The year from which the unit is above the other for good."""
    unit, others = query.get("unit"), listing(query.get("other"))
    between = query.get("between") or [period, period]
    signs: list[tuple[int, bool | None]] = []
    for year in evidence.periods:
        mine = evidence.value(unit, year)
        theirs, _ = _sum(evidence, others, year)
        if mine is not None and theirs is not None:
            signs.append((year, (mine - theirs).inside(_ABOVE_ZERO)))
    names = " + ".join(evidence.name(o) for o in others)
    how = f"above {names} for good from {between[0]}" + (f" to {between[1]}" if between[1] != between[0] else "")
    path = path_of(evidence, [unit, *others], 80)
    if not signs:
        return Outcome(
            None, "", (), (f"years in which both {evidence.name(unit)} and {names} are known ({evidence.title})",), (), how, path
        )
    start = next((i for i in range(len(signs)) if all(s for _, s in signs[i:])), None)
    if start is None:
        last = signs[-1]
        if last[1] is False:
            return Outcome(
                False,
                f"{evidence.name(unit)} is not above {names} in {last[0]}, the last year at hand",
                evidence.cells_of([unit, *others], [last[0]]),
                (),
                (last[0],),
                how,
                path,
            )
        return Outcome(None, "", (), ("more exact values",), (), how, path)
    year = signs[start][0]
    before = signs[start - 1] if start else None
    cells = evidence.cells_of([unit, *others], [y for y in (before[0] if before else None, year) if y is not None])
    if before is None:
        text = f"{evidence.name(unit)} is above {names} in every year at hand, from {year} on"
        truth = False if year < between[0] else None
        return Outcome(truth, text, cells, () if truth is False else (f"years before {year}",), (year,), how, path)
    if before[1] is None:
        return Outcome(
            None,
            f"{evidence.name(unit)} is above {names} from {year} on; {before[0]} is open",
            cells,
            (f"a more exact value in {before[0]}",),
            (year,),
            how,
            path,
        )
    earliest = before[0] + 1
    found = Interval(earliest, year)
    truth = found.inside(Interval(between[0], between[1]))
    text = f"{evidence.name(unit)} is above {names} from {year} on" + (
        f" (crossed between {before[0]} and {year})" if earliest != year else f", not yet in {before[0]}"
    )
    return Outcome(truth, text, cells, () if truth is not None else (f"the years {earliest} to {year - 1}",), (before[0], year), how, path)


def every(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The comparison holds in every year from ``from`` (or from some year in a span) to ``to``."""
    unit, start, minus = query.get("unit"), query.get("from"), query.get("minus")
    accepted, how = comparison(query)
    last = int(query.get("to") or period)
    starts = [start, start] if isinstance(start, int) else list(start)
    answers: dict[int, bool | None] = {}
    values: dict[int, Interval | None] = {}
    for year in range(starts[0], last + 1):
        found = evidence.value(unit, year)
        if minus is not None and found is not None:
            off = evidence.value(minus, year)
            found = None if off is None else found - off
        values[year] = found
        answers[year] = None if found is None else found.inside(accepted)
    begins = list(range(starts[0], min(starts[1], last) + 1))
    tries = [all_of(answers[y] for y in range(s, last + 1)) for s in begins]
    truth: bool | None = True if any(t is True for t in tries) else (None if any(t is None for t in tries) else False)
    good = [s for s, t in zip(begins, tries, strict=True) if t is True]
    name = evidence.name(unit) + (f" minus {evidence.name(minus)}" if minus else "")
    against = [y for y, a in answers.items() if a is False and (truth is not True or y >= begins[0])]
    missing = tuple(gone(evidence, unit, y) for y, a in answers.items() if a is None and truth is None)
    if good:
        text = f"{name}: {how} in every year {good[0]} to {last}" + (f"; not in {', '.join(map(str, against))}" if against else "")
    elif against:
        shown = ", ".join(f"{values[y]} in {y}" for y in against[:8])
        text = f"{name}: {shown}"
    else:
        known = [y for y, a in answers.items() if a]
        text = f"{name}: {how} in the years at hand ({', '.join(map(str, known))})" if known else ""
    units = [unit, minus] if minus else [unit]
    return Outcome(
        truth,
        text,
        evidence.cells_of(units, range(starts[0], last + 1)),
        missing[:8],
        (starts[0], last),
        f"{how}, every year",
        path_of(evidence, units),
    )


def _sum(evidence: Evidence, units: list[str], period: int) -> tuple[Interval | None, tuple[str, ...]]:
    total = Interval.exact(0)
    missing = tuple(gone(evidence, u, period) for u in units if evidence.value(u, period) is None)
    for unit in units:
        found = evidence.value(unit, period)
        if found is not None:
            total = total + found
    return (None, missing) if missing else (total, ())


def _percent(part: Interval) -> str:
    scaled = Interval(part.low * 100, part.high * 100, part.open_low, part.open_high)
    if scaled.is_exact:
        return f"{scaled.low:.1f} %"
    return f"{scaled} %"


def _with(found: Interval, evidence: Evidence) -> str:
    return f"{found}" + (f" ({evidence.measure})" if evidence.measure else "")
