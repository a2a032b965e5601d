"""Predicates about ranks: where a unit stands, its path, its runs, its first time, orders and counts among the first k."""

from __future__ import annotations

import itertools
import math

from armillary.audit.evidence import Entry, Evidence
from armillary.audit.interval import Interval, number
from armillary.audit.outcome import Outcome, PathPoint, all_of, comparison, country_name, gone, listing, ordinal, path_of, when
from armillary.audit.query import ClaimQuery


def rank(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The unit has that rank."""
    unit = query.get("unit")
    accepted, how = comparison(query, "rank")
    found = evidence.rank(unit, period)
    if found is None:
        return Outcome(
            None, "", missing=(gone(evidence, unit, period, "rank"),), read_as=_place(query, how), path=path_of(evidence, [unit])
        )
    truth = found.inside(accepted)
    cells = evidence.cells_of([unit], [period])
    text = f"{evidence.name(unit)} is {ordinal(found)} in {when(evidence, period)}"
    if truth is not True and accepted.high == 1:
        first = [
            c
            for c in evidence.listed(period)
            if c.unit != unit and (r := evidence.rank(c.unit, period)) is not None and r.is_exact and r.low == 1
        ]
        if first:
            text += f"; first is {first[0].name or first[0].unit}"
            cells = (*cells, first[0])
    missing = () if truth is not None else (f"the exact rank of {evidence.name(unit)} in {when(evidence, period)}",)
    return Outcome(truth, text, cells, missing, (period,), _place(query, how), path_of(evidence, [unit]))


def rank_path(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The unit had these ranks in these years."""
    unit = query.get("unit")
    answers: list[bool | None] = []
    parts: list[str] = []
    missing: list[str] = []
    years = sorted((int(y), int(r)) for y, r in query.get("path").items())
    for year, stated in years:
        found = evidence.rank(unit, year)
        if found is None:
            answers.append(None)
            missing.append(gone(evidence, unit, year, "rank"))
            continue
        truth = found.inside(Interval.exact(stated))
        answers.append(truth)
        parts.append(f"{when(evidence, year)}: {ordinal(found)}" + ("" if truth else f" (stated: {stated})"))
    text = f"{evidence.name(unit)} stands " + ", ".join(parts) if parts else ""
    spans = tuple(y for y, _ in years)
    return Outcome(
        all_of(answers),
        text,
        evidence.cells_of([unit], spans),
        tuple(missing),
        spans,
        "these ranks in these years",
        path_of(evidence, [unit]),
    )


def rank_streak(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The unit held the rank or better so many years in a row, up to ``period``."""
    unit, years, limit = query.get("unit"), int(query.get("years")), int(query.get("rank"))
    accepted = Interval(-math.inf, limit)
    span = list(range(period - years + 1, period + 1))
    answers: dict[int, bool | None] = {}
    for year in span:
        found = evidence.rank(unit, year)
        answers[year] = None if found is None else found.inside(accepted)
    begin, known_before = period, False
    while True:
        found = evidence.rank(unit, begin)
        if found is None or found.inside(accepted) is not True:
            known_before = found is not None
            break
        begin -= 1
    run = period - begin
    level = "first" if limit == 1 else f"among the first {limit}"
    if run:
        text = f"{evidence.name(unit)} is {level} in every year {begin + 1} to {period} ({run} in a row" + (
            ")" if known_before else "; earlier years are not at hand)"
        )
    else:
        text = f"{evidence.name(unit)} is not known to be {level} in {when(evidence, period)}"
    truth = all_of(answers.values())
    if truth is False:
        bad = [y for y, a in answers.items() if a is False]
        text += "; not in " + ", ".join(f"{y} ({ordinal(r)})" for y in bad if (r := evidence.rank(unit, y)) is not None)
    missing = tuple(gone(evidence, unit, y, "rank") for y, a in answers.items() if a is None)
    return Outcome(
        truth,
        text,
        evidence.cells_of([unit], span),
        missing,
        (span[0], period),
        f"{level} in each of {years} years up to {period}",
        path_of(evidence, [unit]),
    )


def first_time(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The unit has the rank in ``period`` and had it in no earlier one."""
    unit = query.get("unit")
    accepted, how = comparison(query, "rank")
    start = query.get("since") or evidence.begins or (evidence.periods[0] if evidence.periods else period)
    now = evidence.rank(unit, period)
    answers: list[bool | None] = [None if now is None else now.inside(accepted)]
    missing = [gone(evidence, unit, period, "rank")] if now is None else []
    reached: list[int] = []
    steps = [p for p in range(int(start), period) if evidence.period_name != "edition" or p in evidence.periods or _yearly(evidence)]
    for year in steps:
        before = evidence.rank(unit, year)
        there = None if before is None else before.inside(accepted)
        answers.append(None if there is None else not there)
        if there is None:
            missing.append(gone(evidence, unit, year, "rank"))
        elif there:
            reached.append(year)
    text = f"{evidence.name(unit)} is {'not known' if now is None else ordinal(now)} in {when(evidence, period)}"
    if reached:
        text += f"; it had {_place(query, how)} already in " + ", ".join(map(str, reached))
    elif steps and not missing:
        text += f" and had not reached {_place(query, how)} in any period from {steps[0]} on"
    elif steps:
        text += f"; not reached in the {len(steps) - len(missing)} earlier periods at hand"
    return Outcome(
        all_of(answers),
        text,
        evidence.cells_of([unit], [*steps, period]),
        tuple(missing),
        (period,),
        f"{_place(query, how)}, never before",
        path_of(evidence, [unit]),
    )


def order(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The units stand in this order, or at these ranks."""
    units = query.get("units")
    stated = query.get("ranks")
    if query.get("by") == "value" and stated is None:
        return _order_by_value(units, evidence, period)
    ranks = [evidence.rank(u, period) for u in units]
    missing = tuple(gone(evidence, u, period, "rank") for u, r in zip(units, ranks, strict=True) if r is None)
    if stated is not None:
        answers = [None if r is None else r.inside(Interval.exact(s)) for r, s in zip(ranks, stated, strict=True)]
    else:
        answers = [
            None if a is None or b is None else (b - a).inside(Interval(0, math.inf, True, True)) for a, b in itertools.pairwise(ranks)
        ]
    said = {u: ordinal(r) for u, r in zip(units, ranks, strict=True) if r is not None}
    return _in_order(evidence, units, period, answers, said, missing, "these ranks" if stated is not None else "this order")


def _order_by_value(units: list[str], evidence: Evidence, period: int) -> Outcome:
    values = [evidence.value(u, period) for u in units]
    missing = tuple(gone(evidence, u, period) for u, v in zip(units, values, strict=True) if v is None)
    answers = [None if a is None or b is None else (a - b).inside(Interval(0, math.inf, True, True)) for a, b in itertools.pairwise(values)]
    said = {u: str(v) for u, v in zip(units, values, strict=True) if v is not None}
    return _in_order(evidence, units, period, answers, said, missing, "this order of values")


def _in_order(
    evidence: Evidence,
    units: list[str],
    period: int,
    answers: list[bool | None],
    said: dict[str, str],
    missing: tuple[str, ...],
    how: str,
) -> Outcome:
    """What is found of units that should stand in an order; ``said``: rank or value of those that have one."""
    text = ", ".join(f"{evidence.name(u)} {found}" for u, found in said.items())
    cells, path = evidence.cells_of(units, [period]), path_of(evidence, units)
    return Outcome(all_of(answers), f"{when(evidence, period)}: {text}" if text else "", cells, missing, (period,), how, path)


def count_among_first(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """How many of the first k units belong to the country."""
    k, country = int(query.get("first")), listing(query.get("country"))
    accepted, how = comparison(query)
    count, cells = counted(evidence, country, k, period)
    name = " and ".join(country_name(c) for c in country)
    if count is None:
        return Outcome(
            None,
            "",
            cells,
            (f"how many of the first {k} belong to {name} in {when(evidence, period)} ({evidence.title})",),
            (),
            how,
            counts_path(evidence, country, k),
        )
    truth = count.inside(accepted)
    text = f"{name} has {count} of the first {k} in {when(evidence, period)}"
    missing = () if truth is not None else (f"the whole list down to rank {k} in {when(evidence, period)}",)
    return Outcome(truth, text, cells, missing, (period,), how, counts_path(evidence, country, k))


def most_among_first(query: ClaimQuery, evidence: Evidence, period: int) -> Outcome:
    """The country has more of the first k units than any other, or than ``other``."""
    k, country = int(query.get("first")), listing(query.get("country"))
    mine, cells = counted(evidence, country, k, period)
    name = " and ".join(country_name(c) for c in country)
    if mine is None:
        return Outcome(
            None, "", (), (f"how many of the first {k} belong to {name} in {when(evidence, period)} ({evidence.title})",), (), "", ()
        )
    if evidence.first is not None:
        listed = {c.unit for c in evidence.listed(period)}
    else:
        listed = {c.country for c in evidence.listed(period) if c.country}
    rivals = listing(query.get("other")) if query.get("other") else sorted(listed - set(country))
    answers: list[bool | None] = []
    shown = [f"{name} {mine}"]
    known_low = mine.low
    for rival in rivals:
        theirs, more = counted(evidence, [rival], k, period)
        if theirs is None:
            theirs = Interval(0, max(0, k - mine.low))
        else:
            known_low += theirs.low
            cells = (*cells, *more)
            shown.append(f"{country_name(rival)} {theirs}")
        answers.append((mine - theirs).inside(Interval(0, math.inf, True, True)))
    if not query.get("other"):
        answers.append((mine - Interval(0, max(0.0, k - known_low))).inside(Interval(0, math.inf, True, True)))
    truth = all_of(answers)
    missing = () if truth is not None else (f"the counts of the other countries among the first {k} in {when(evidence, period)}",)
    return Outcome(
        truth,
        f"among the first {k} in {when(evidence, period)}: " + ", ".join(shown[:6]),
        cells,
        missing,
        (period,),
        "more than " + (" and ".join(country_name(r) for r in rivals) if query.get("other") else "any other country"),
        counts_path(evidence, country, k),
    )


def counted(evidence: Evidence, country: list[str], k: int, period: int) -> tuple[Interval | None, tuple[Entry, ...]]:
    """How many of the first ``k`` units belong to ``country``, as far as the evidence says, and the cells that say it."""
    if evidence.first is not None:
        if evidence.first != k:
            return None, ()
        cells = [c for name in country if (c := evidence.cell(name, period)) is not None and c.value is not None]
        if len(cells) < len(country):
            return None, tuple(cells)
        total = Interval.exact(0)
        for cell in cells:
            assert cell.value is not None
            total = total + cell.value
        return total, tuple(cells)
    listed = evidence.listed(period)
    if not listed:
        return None, ()
    inside = Interval(-math.inf, k)
    certain: list[Entry] = []
    possible = taken = 0
    for cell in listed:
        place = evidence.rank(cell.unit, period)
        there = None if place is None else place.inside(inside)
        if there is False:
            continue
        if there:
            taken += 1
        if cell.country in country:
            if there:
                certain.append(cell)
            else:
                possible += 1
        elif cell.country is None:
            possible += 1
    depth = evidence.complete.get(period, 0)
    unseen = 0 if depth is None or depth >= k else max(0, k - taken)
    if depth is None and evidence.ranked_by == "rank":
        unseen = max(0, k - taken) if taken < min(k, len(listed)) else 0
    top = min(k, len(certain) + max(unseen, min(possible, k)))
    return Interval(len(certain), top), tuple(certain)


def counts_path(evidence: Evidence, country: list[str], k: int) -> tuple[PathPoint, ...]:
    """The count in every period at hand, as a path."""
    found = []
    for period in evidence.periods:
        count, _ = counted(evidence, country, k, period)
        if count is not None and (count.is_exact or count.low > 0):
            found.append(PathPoint(period, " and ".join(country_name(c) for c in country), "", f"{count} of {number(k)}"))
    return tuple(found)


def _place(query: ClaimQuery, how: str) -> str:
    return (
        f"rank {query.get('rank')} or better"
        if query.get("word") == "at most" and query.get("rank") > 1
        else f"rank {how.removeprefix('at most ')}"
    )


def _yearly(evidence: Evidence) -> bool:
    return len(evidence.periods) < 2 or evidence.periods[-1] - evidence.periods[0] < 2 * len(evidence.periods)
