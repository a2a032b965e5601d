"""What published rankings say: ranks, runs, overtaking and counts among the first, with what partial tables do not know."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from armillary.audit.direction import State, came, gone
from armillary.audit.evidence import Evidence
from armillary.audit.interval import Interval
from armillary.audit.library import tables
from armillary.audit.library.measures import Candidate, MeasureEntry
from armillary.audit.reading.assertion import Assertion
from armillary.audit.witness import Judged, Moment, Witness, decide, within


def judge_published(a: Assertion, m: MeasureEntry, when: Moment, found: list[Candidate]) -> Judged:
    """Verdict from published tables; several of one measure are read as one list, table by table."""
    if a.form == "value" and m.counts and any(s in tables.evidence(m.counts).units for s in a.subject):
        first = tables.evidence(m.counts).first
        a = replace(a, form="count", first=first, assumed=(*a.assumed, f"counted among the first {first}"))
    if a.form == "rank" and m.counts and any(s in tables.evidence(m.counts).units for s in a.subject if "#" not in s):
        e = tables.evidence(m.counts)
        country = next(s for s in a.subject if s in e.units)
        c = Candidate(m.counts, e.title, (), table=m.counts, why="counts by country among the first", is_published=True)
        if a.first in (None, e.first):
            return decide(a, m, [_rank(c, e, a, country, when)], [], when)
    if a.form == "count":
        if not m.counts:
            return decide(a, m, [_listed(x, a, when) for x in found if x.is_published], [], when)
        c = Candidate(
            m.counts, tables.evidence(m.counts).title, (), table=m.counts, why="counts by country among the first", is_published=True
        )
        return decide(a, m, [_count(c, a, when), *(_listed(x, a, when) for x in found if x.is_published)], [], when)
    findings = []
    for c in found:
        if not c.is_published:
            continue
        findings.append(of_list(c, a, when))
    return decide(a, m, findings, [], when)


def of_list(c: Candidate, a: Assertion, when: Moment) -> Witness:
    """What one list (a published table, a ranking of an observatory) says of an assertion."""
    e = tables.evidence(c.table)
    unit = _unit(c.table, e, a.subject)
    if unit is None:
        return Witness(c, "unknown", f"'{a.subject_name}' is not in this table")
    if a.since is not None and a.form in ("rank", "value", "share", "compare"):
        return _span(c, e, a, unit, when)
    form = _FORMS.get(a.form)
    return Witness(c, "unknown", "not a thing that this table tells") if form is None else form(c, e, a, unit, when)


def _span(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    """ "first since 2016": a rank in each edition; a number over a span of years is not decided."""
    periods = _periods(e, a, when)
    if a.form != "rank" or not periods or a.since is None or periods[0] <= a.since:
        return Witness(c, "unknown", "a number over a span of years: each year, a mean or a sum?")
    return _run(c, e, replace(a, years=periods[0] - a.since + 1, since=None), unit, when)


def _unit(table: str, e: Evidence, subject: tuple[str, ...]) -> str | None:
    own = [s.partition("#")[2] for s in subject if s.startswith(f"{table}#")]
    own += [s for s in subject if "#" not in s and s in e.units]
    return own[0] if len(set(own)) == 1 else None


def _periods(e: Evidence, a: Assertion, when: Moment) -> list[int]:
    """The edition asked for: by its year and by the names of editions ("2025 tables" with data of 2024), else the newest."""
    if a.year is None:
        return [p for p in reversed(e.periods) if when.year is None or p <= when.year]
    named = [p for label, p in e.labels.items() if str(a.year) in label]
    return list(dict.fromkeys([*([a.year] if a.year in e.periods else []), *named]))


def _newest(e: Evidence, period: int, when: Moment) -> bool:
    """Whether an edition is the newest that an article of that time can mean, by its year or by the name that the year gives it."""
    named = any(str(when.year) in label for label, p in e.labels.items() if p == period)
    return when.year is None or period >= when.year or named


def _state(rank: Interval | None, a: Assertion) -> State:
    if rank is None or a.rank is None:
        return "unknown"
    wanted = Interval(1, a.rank) if a.rank_word == "at most" else Interval.exact(a.rank)
    held = rank.inside(wanted)
    return "near" if held is None else "holds" if held else "fails"


def _rank(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    within = a.scope.removeprefix("in:") if a.scope.startswith("in:") else ""
    if (a.scope not in ("", "world") and not within) or a.lowest:
        return Witness(c, "unknown", "ranks within a group are not in this table")
    periods = _periods(e, a, when)
    if not periods:
        return Witness(c, "unknown", f"no edition of {a.year or when.year} (there are {e.periods[0]} to {e.periods[-1]})")
    look = periods if a.year is not None else periods[:1]

    def rank(p: int) -> Interval | None:
        return e.rank(unit, p) if not within else rank_within(e, unit, p, within)

    def state(p: int) -> State:
        if a.left:
            return gone(_state(rank(p), a), _state(rank(p - 1), a))
        return _before(e, a, unit, p, _state(rank(p), a))

    states = [(p, state(p)) for p in look]
    best = next((x for x in states if x[1] == "holds"), states[0])
    r = rank(best[0])
    text = f"rank {r} in the {e.period_name} {best[0]}" if r is not None else f"no rank in {best[0]}"
    if a.of is not None and best[1] == "holds" and not _fits(e, a.of, best[0]):
        text, states = f"{text}, of another number of economies", [(p, "near") for p, _ in states]
        best = (best[0], "near")
    came_from = a.risen != 0 and best[1] == "holds" and r is not None and not (a.left or a.first_time or a.entered)
    if came_from and r is not None:
        was = rank(best[0] - 1)
        side = came(a.risen, (r.low, r.high), None if was is None else (was.low, was.high))
        text += f", after rank {was}" if was is not None else ", the rank before is not at hand"
        best = (best[0], side)
    later = periods[1:] if a.year is None else [p for p in (a.year - 1, a.year + 1) if p in e.periods]
    other = None
    if best[1] not in ("holds", "unknown") and not (a.left or a.first_time or a.entered or came_from):
        other = next((p for p in later if _state(rank(p), a) == "holds"), None)
    fresh = a.year is not None or best[0] >= (when.year or 0) - 1
    known = (int(r.low), r.high) if r is not None else None
    return Witness(c, best[1], text, best[0], None, known, None, "another edition", other, fresh and len({s for _, s in states}) == 1)


def _before(e: Evidence, a: Assertion, unit: str, period: int, state: State) -> State:
    """ "for the first time": in no edition before, as far back as there was one; "entered": not in the edition before."""
    if state != "holds" or not (a.first_time or a.entered):
        return state
    start = period - 1 if a.entered and not a.first_time else e.begins
    if start is None:
        return "near"
    earlier = [_state(e.rank(unit, p), a) for p in range(start, period)]
    if "holds" in earlier:
        return "fails"
    return "holds" if all(s == "fails" for s in earlier) else "near"


def _fits(e: Evidence, of: int, period: int) -> bool:
    """Whether the number of economies told is that of the edition, where it is known."""
    total = next((v for u in ("all", "world") if (v := e.value(u, period)) is not None), None)
    return total is None or e.ranked_by != "rank" or total.low <= of <= total.high


def rank_within(e: Evidence, unit: str, period: int, country: str) -> Interval | None:
    """Rank among the units of one country: those listed above it, and no others while its own rank lies within the list that is whole."""
    mine = e.rank(unit, period)
    cell = e.cell(unit, period)
    if mine is None or cell is None or not mine.is_exact or cell.country != country:
        return None
    above = [x for x in e.listed(period) if x.country == country and x.rank is not None and x.rank.high < mine.low]
    depth = e.complete.get(period)
    whole = period in e.complete and (depth is None or depth >= mine.low)
    return Interval.exact(1 + len(above)) if whole else Interval(1 + len(above), math.inf, open_high=True)


def _share(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    """A part of the table's own total."""
    periods = _periods(e, a, when)
    if not periods or a.amount is None or e.ranked_by == "rank":
        return Witness(c, "unknown", "no total in this table")
    p = periods[0]
    total = next((v for u in ("world", "all") if (v := e.value(u, p)) is not None), None)
    mine = e.value(unit, p)
    if total is None or mine is None or total.middle in (None, 0) or mine.middle is None:
        return Witness(c, "unknown", f"no total of {p} in this table")
    got = 100 * mine.middle / (total.middle or 1)
    state = within(got, a.amount, 0.05)
    text = f"{mine} of {total} in {p}: {got:.1f} percent"
    return Witness(c, state, text, p, got, certain=a.year is not None or _newest(e, p, when))


def _value(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    periods = _periods(e, a, when)
    got = next((v for p in periods if (v := e.value(unit, p)) is not None), None)
    if got is None or a.amount is None or got.middle is None:
        return Witness(c, "unknown", "no value in this table")
    state = within(got.middle, a.amount, 0.02)
    if a.of is not None and state == "holds":
        total = next((v for u in ("world", "all") if (v := e.value(u, periods[0])) is not None), None)
        state = "near" if total is None else "holds" if total.low <= a.of <= total.high else "fails"
    return Witness(c, state, f"{got} in {periods[0]}", periods[0], got.middle, certain=a.year is not None and len(periods) == 1)


def _compare(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    other = _unit(c.table, e, a.others[0][0])
    periods = _periods(e, a, when)
    if other is None or not periods or a.ratio is not None:
        return Witness(c, "unknown", f"'{a.others[0][1]}' is not in this table")
    state, text = _ahead(e, unit, other, periods[0])
    if a.falling:
        state = "fails" if state == "holds" else "holds" if state == "fails" else state
    return Witness(c, state, text, periods[0], certain=a.year is not None or when.year is None)


def _ahead(e: Evidence, unit: str, other: str, period: int) -> tuple[State, str]:
    mine, theirs = e.rank(unit, period), e.rank(other, period)
    if mine is None or theirs is None:
        return "unknown", f"no rank of both in {period}"
    text = f"ranks {mine} and {theirs} in {period}"
    if mine.high < theirs.low:
        return "holds", text
    return ("fails" if theirs.high < mine.low else "unknown"), text


def _overtake(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    other = _unit(c.table, e, a.others[0][0])
    periods = _periods(e, a, when)
    if other is None or not periods:
        return Witness(c, "unknown", f"'{a.others[0][1]}' is not in this table")
    now = periods[0]
    state, text = _ahead(e, unit, other, now)
    earlier: State = "unknown"
    before = ""
    for table in (c.table, *(t for t in tables.NAMED if t != c.table and _same(t, c.table))):
        old = tables.evidence(table)
        x, y = _unit_named(old, e, unit), _unit_named(old, e, other)
        if x is not None and y is not None and now - 1 in old.periods:
            earlier, before = _ahead(old, x, y, now - 1)
            if earlier != "unknown":
                break
    if state == "holds" and earlier == "fails":
        return Witness(c, "holds", f"{text}; {before}", now)
    if state == "fails" or earlier == "holds":
        return Witness(c, "fails" if a.year is not None else "near", f"{text}; {before}", now)
    return Witness(c, "unknown", f"{text}; the {e.period_name} before is not known")


def _same(one: str, other: str) -> bool:
    """Whether two tables are editions of one ranking."""
    return "clusters" in one and "clusters" in other


def _unit_named(old: Evidence, e: Evidence, unit: str) -> str | None:
    return unit if unit in old.units else next((u for u in old.units if old.name(u) == e.name(unit)), None)


def _run(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    periods = _periods(e, a, when)
    if not periods or a.years is None or a.rank is None:
        return Witness(c, "unknown", "no edition to end the run in")
    at_most = replace(a, rank_word="at most")
    best = Witness(c, "unknown", "no run known")
    for last in periods[:2] if a.year is not None else periods[:1]:
        states = [_state(e.rank(unit, p), at_most) for p in range(last, last - a.years, -1)]
        held = next((k for k, s in enumerate(states) if s != "holds"), len(states))
        if held == len(states):
            return Witness(c, "holds", f"held in each {e.period_name} from {last - a.years + 1} to {last}", last)
        if states[held] == "fails" and (a.year is not None or (held == 0 and _newest(e, last, when))):
            best = Witness(c, "fails", f"held {held} of {a.years}, to {last}", last)
        elif states[held] in ("fails", "near", "unknown"):
            best = Witness(c, "near", f"known for {held} of {a.years}, to {last}", last)
    return best


def _path(c: Candidate, e: Evidence, a: Assertion, unit: str, when: Moment) -> Witness:
    states = [_state(e.rank(unit, y), replace(a, rank=r, rank_word="exactly")) for y, r in a.path]
    text = "; ".join(f"{y}: {e.rank(unit, y) if e.rank(unit, y) is not None else 'not known'}" for y, _ in a.path)
    worst: State = "unknown" if "unknown" in states else next((s for s in ("fails", "near") if s in states), "holds")
    return Witness(c, worst, f"rank in {text}", a.path[-1][0])


def _listed(c: Candidate, a: Assertion, when: Moment) -> Witness:
    """Units of a country among the first of a list, counted where the list is whole so far down."""
    e = tables.evidence(c.table)
    periods = _periods(e, a, when)
    country = next((s for s in a.subject if "#" not in s), None)
    if not periods or a.amount is None or a.first is None or country is None:
        return Witness(c, "unknown", "no list to count in")
    p, depth = periods[0], e.complete.get(periods[0], 0)
    if depth is not None and depth < a.first:
        return Witness(c, "unknown", f"the list of {p} is known down to rank {depth}")
    mine = [x for x in e.listed(p) if x.country == country and x.rank is not None and x.rank.high <= a.first]
    inside = Interval.exact(len(mine)).inside(Interval(a.amount.low, a.amount.high, open_low=a.amount.hedge == "more"))
    state: State = "fails" if not inside else "near" if a.first_time else "holds"
    return Witness(c, state, f"{len(mine)} of the first {a.first} in {p}", p, len(mine), certain=a.year is not None or _newest(e, p, when))


def _never_before(e: Evidence, unit: str, period: int, told: Interval) -> State:
    """Whether a count lies in no earlier edition where it is said to lie for the first time."""
    if e.begins is None:
        return "near"
    held = [None if (v := e.value(unit, p)) is None else v.inside(told) for p in range(e.begins, period)]
    return "fails" if True in held else "near" if None in held else "holds"


def _count(c: Candidate, a: Assertion, when: Moment) -> Witness:
    e = tables.evidence(c.table)
    unit = next((s for s in a.subject if s in e.units), None)
    periods = _periods(e, a, when)
    if unit is None or not periods or a.amount is None:
        return Witness(c, "unknown", f"no count for {a.subject_name}")
    if e.first != a.first:
        return Witness(c, "unknown", f"the table counts among the first {e.first}")
    got = e.value(unit, periods[0])
    if got is None:
        return Witness(c, "unknown", f"no count of {periods[0]}")
    held = got.inside(Interval(a.amount.low, a.amount.high, open_low=a.amount.hedge == "more", open_high=a.amount.hedge == "less"))
    state: State = "near" if held is None else "holds" if held else "fails"
    told = Interval(a.amount.low, a.amount.high, open_low=a.amount.hedge == "more")
    if a.first_time and state == "holds":
        state = _never_before(e, unit, periods[0], Interval(a.amount.low, a.amount.high, open_low=a.amount.hedge == "more"))
    near = [a.year - 1, a.year + 1] if a.year is not None else list(reversed(e.periods))
    near = [] if a.first_time else near
    elsewhere = [p for p in near if p != periods[0] and (v := e.value(unit, p)) is not None and v.inside(told)]
    other = None if state == "holds" else next(iter(elsewhere), None)
    return Witness(
        c,
        state,
        f"{got} in {periods[0]}",
        periods[0],
        got.middle,
        other_year=other,
        certain=a.year is not None or _newest(e, periods[0], when),
    )


_FORMS: dict[str, Callable[[Candidate, Evidence, Assertion, str, Moment], Witness]] = {
    "rank": _rank, "value": _value, "share": _share, "compare": _compare, "overtake": _overtake, "run": _run, "path": _path,
}  # fmt: skip
