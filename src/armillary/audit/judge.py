"""One assertion -> what each candidate says of it, and one verdict. The rules that forbid the two wrong verdicts stand here.

A candidate *holds* or *fails* only where its unit, scale, year and coverage are known; what lies between the words' own tolerance and the
margin of revisions is *near* and decides nothing. Contradicted: all candidates that can tell fail, and none is missing that could tell
otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from armillary.audit.interval import number
from armillary.audit.library import values
from armillary.audit.library.measures import Candidate, MeasureEntry, candidates, fitting, suits
from armillary.audit.reading.assertion import Amount, Assertion
from armillary.registry import world

Kind = Literal["supported", "supported-elsewhere", "contradicted", "inconsistent", "not-decidable"]
State = Literal["holds", "fails", "near", "unknown"]
MARGIN = 0.1
"""Statistics are revised, and national and international definitions differ (3.7 and 3.4 % of GDP of one country): a level nearer than this
to what the words allow contradicts nothing."""
SHARE_MARGIN = 0.15
"""The same for shares of a world total, whose databases differ."""
LOOSE = 1.25
"""Where databases differ (papers, patents), a number must lie outside of all readings by this factor to be contradicted."""
CHANGE_MARGIN = 3.0
"""Percentage points that a change may be off by revision."""
FAR = 2.0
"""`More than 3` of a value of 7 is literally true and says something else: not decided."""
STALE = 3
"""Years between a sentence without a year and the newest value, from which on it cannot be contradicted."""


@dataclass(frozen=True)
class Witness:
    """What one candidate says: ``state`` holds, fails, near, or unknown; ``text`` and numbers why."""

    candidate: Candidate
    state: State
    text: str
    year: int | None = None
    number: float | None = None
    rank: tuple[int, float] | None = None
    of: int | None = None
    overturn: str = ""
    other_year: int | None = None
    """Another year in which it would hold."""
    certain: bool = True
    """False where a failure rests on an assumption (which year, which base) and contradicts nothing."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rank = None if self.rank is None else [self.rank[0], None if math.isinf(self.rank[1]) else self.rank[1]]
        body = {"source": self.candidate.label, "series": self.candidate.id, "part": self.candidate.part or None, "why": self.candidate.why}
        return body | {
            "state": self.state, "found": self.text, "year": self.year, "number": self.number, "rank": rank, "of": self.of,
            "other_year": self.other_year, "overturn": self.overturn or None,
        }  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """An assertion with its verdict, the findings behind it, and what is missing."""

    assertion: Assertion
    kind: Kind
    says: str
    measure: MeasureEntry | None = None
    findings: tuple[Witness, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def best(self) -> Witness | None:
        """The finding that the verdict rests on."""
        want = {"supported": "holds", "supported-elsewhere": "holds", "contradicted": "fails", "inconsistent": "fails"}.get(self.kind)
        by_state = [f for f in self.findings if f.state == want]
        if not by_state and self.kind == "supported-elsewhere":
            by_state = [f for f in self.findings if f.other_year is not None]
        return next(iter([*by_state, *(f for f in self.findings if f.state != "unknown")]), None)


@dataclass(frozen=True)
class Moment:
    """When the sentence was said: the year of the article, or None for now."""

    year: int | None = None
    notes: tuple[str, ...] = field(default=())


def judge(a: Assertion, when: Moment) -> Judged:
    """Verdict on one assertion. Where the measure has to be borrowed from the words before, every one that fits is judged."""
    ways = measures_of(a)
    if a.form == "sum":
        return _arithmetic(a)
    if a.year_told_before and a.year is not None and not a.doubts:
        return _either_year(a, when)
    if a.doubts:
        return Judged(
            a, "not-decidable", "not read with certainty", ways[0][0] if ways else None, (), tuple(f"not understood: {d}" for d in a.doubts)
        )
    if not ways:
        named = ", ".join(sorted(a.topics)) or "nothing that is measured"
        return Judged(a, "not-decidable", "no measure fits", None, (), (f"a measure of: {named}",))
    made = [_by(m, a, when) if not borrowed else _lent(_by(m, _borrowing(a, borrowed), when), borrowed) for m, borrowed in ways]
    fit = [j for j in made if j.says != UNIT_UNSURE] or made[:1]
    if fit[0].kind == "supported" or len(fit) == 1:
        return fit[0]
    for kind in ("supported", "supported-elsewhere"):
        for j in fit:
            if j.kind == kind:
                return replace(j, kind="supported-elsewhere", says=f"{j.says}, read as {j.measure.name if j.measure else ''}")
    open_ = [j for j in fit if j.kind != "contradicted"]
    return open_[0] if open_ else fit[0]


def _either_year(a: Assertion, when: Moment) -> Judged:
    """A sentence without a year may mean the year told before, or now: contradicted only where both are."""
    told = judge(replace(a, year_told_before=False, assumed=(*a.assumed, f"the year {a.year}, told before")), when)
    if told.kind == "supported":
        return told
    now = judge(replace(a, year=None, year_told_before=False), when)
    order: tuple[Kind, ...] = ("supported", "supported-elsewhere", "inconsistent", "not-decidable", "contradicted")
    return min((told, now), key=lambda j: order.index(j.kind))


def _arithmetic(a: Assertion) -> Judged:
    """Whether the sentence's own numbers fit together: from one to another by so many percent."""
    if a.base is None or a.amount is None or a.ratio is None or a.base.value <= 0:
        return Judged(a, "not-decidable", "no numbers to compare", None)
    half = abs(a.amount.value) * 0.5e-3 + (0.0 if math.isinf(a.amount.high) else a.amount.high - a.amount.value)
    low = 100 * ((a.amount.value - half) / (a.base.value + abs(a.base.value) * 0.5e-3) - 1)
    high = 100 * ((a.amount.value + half) / (a.base.value - abs(a.base.value) * 0.5e-3) - 1)
    sign = -1.0 if a.falling else 1.0
    low, high = sorted((sign * low, sign * high))
    change = number(round(sign * 100 * (a.amount.value / a.base.value - 1), 1))
    told = f"{a.base.text} to {a.amount.text} is {change} percent, told: {a.ratio.text}"
    if high < a.ratio.low - 1 or low > a.ratio.high + 1:
        return Judged(a, "inconsistent", f"the numbers do not fit together: {told}", None)
    return Judged(a, "supported", f"the numbers fit together: {told}", None)


UNIT_UNSURE = "the number does not fit the measure"


def _lent(j: Judged, borrowed: frozenset[str]) -> Judged:
    """A percentage is one of GDP only where the clause says so: "universities 6 percent" may go on with a growth told before."""
    amount = j.assertion.amount
    if j.kind == "contradicted" and "gdp" in borrowed and amount is not None and amount.measure == "percent":
        return replace(
            j, kind="not-decidable", says="a percentage of what?", missing=("what the percentage is a part of, or a change from",)
        )
    return j


def _borrowing(a: Assertion, borrowed: frozenset[str]) -> Assertion:
    told = f"measure: {', '.join(sorted(borrowed))}, from the words before or the title"
    return replace(a, topics=a.topics | borrowed, assumed=(*a.assumed, told))


def _by(m: MeasureEntry, a: Assertion, when: Moment) -> Judged:
    """Verdict by one measure."""
    if a.scope and a.scope != "world" and a.scope not in values.SCOPES:
        return Judged(a, "not-decidable", "unknown group", m, (), (f"the members of {a.scope}",))
    if a.amount is not None and not suits(m, a.amount, a.form) and a.form not in ("run", "count"):
        return Judged(a, "not-decidable", UNIT_UNSURE, m, (), (f"a number in {a.amount.measure} is no number of: {m.name}",))
    if "EU27" in a.subject and (when.year or a.year or 9999) < 2020:
        return Judged(
            a, "not-decidable", "membership", m, (), ("values of the European Union with its members of that time (here are today's 27)",)
        )
    if m.yearly and a.year is None:
        return Judged(a, "not-decidable", "which year?", m, (), ("the year: values are of single years",))
    found, missing = candidates(m, a)
    if a.form == "count" or m.published:
        from armillary.audit.judge_published import judge_published

        return judge_published(a, m, when, found)
    findings = [_one(c, a, m, when) for c in found]
    return decide(a, m, findings, missing, when)


def measures_of(a: Assertion) -> list[tuple[MeasureEntry, frozenset[str]]]:
    """The measure that the clause names; else all that its topics make with those of the words before, and what was borrowed."""
    if a.amount is not None and a.amount.measure == "percent" and a.form == "value":
        part = fitting(a.topics | {"share"}, bool(a.fields))
        if part is not None and "share" in part.topics[0]:
            return [(part, frozenset())]
    if a.topics or a.fields:
        own = fitting(a.topics, bool(a.fields))
        if own is not None:
            return [(own, frozenset())]
    found: dict[str, tuple[MeasureEntry, frozenset[str]]] = {}
    pairs = [x | y for k, x in enumerate(a.around) for y in a.around[k + 1 :]]
    for heard in (*a.around, *pairs):
        m = fitting(a.topics | heard, bool(a.fields))
        if m is not None:
            found.setdefault(m.id, (m, heard - a.topics))
    return list(found.values())


def _one(c: Candidate, a: Assertion, m: MeasureEntry, when: Moment) -> Witness:
    from armillary.audit import judge_forms

    unit = next((s for s in a.subject if s in values.known(c)), None)
    if unit is None:
        return Witness(c, "unknown", f"no value for {a.subject_name}")
    if len([s for s in a.subject if s in values.known(c)]) > 1:
        return Witness(c, "unknown", f"'{a.subject_name}' can mean more than one unit")
    return judge_forms.FORMS[a.form](c, a, m, unit, when)


def decide(a: Assertion, m: MeasureEntry, findings: list[Witness], missing: list[str], when: Moment) -> Judged:
    can = [f for f in findings if f.state != "unknown"]
    if a.year is None and a.form not in ("path", "overtake") and can:
        newest = max(f.year or 0 for f in can)
        can = [f for f in can if (f.year or 0) >= newest - STALE] or can
    holds = [f for f in can if f.state == "holds"]
    fails = [f for f in can if f.state == "fails"]
    ordered = (*can, *(f for f in findings if f not in can))
    if not can:
        need = tuple(dict.fromkeys([*missing, *(f"{f.candidate.label}: {f.text}" for f in findings)])) or ("a source of this measure",)
        return Judged(a, "not-decidable", "no evidence at hand", m, ordered, need)
    if holds:
        if (
            when.year is not None
            and a.year is None
            and a.form == "value"
            and holds[0].year is not None
            and holds[0].year < when.year - 2 * STALE
        ):
            return Judged(a, "supported-elsewhere", f"as of {holds[0].year}, the newest year at hand", m, ordered, ("newer values",))
        kind, says = _held(a, m, can, holds, missing)
        return Judged(a, kind, says, m, ordered, tuple(missing) if kind != "supported" else ())
    elsewhere = [f for f in can if f.other_year is not None]
    if elsewhere:
        return Judged(a, "supported-elsewhere", f"not as it stands; it is true of {elsewhere[0].other_year}", m, ordered, tuple(missing))
    sure = [f for f in fails if f.certain]
    if m.living and sure and len(sure) == len(can):
        return Judged(a, "inconsistent", "the list is still being filled in: its edition at hand says otherwise", m, ordered)
    if len(sure) == len(can) and not missing and not m.open:
        return Judged(a, "contradicted", "no source at hand agrees" if len(can) > 1 else "the source at hand says otherwise", m, ordered)
    why = list(missing)
    why += [f"{f.candidate.label}: {f.text}" for f in can if f.state == "near" or not f.certain]
    if m.open and fails:
        why.append("other common definitions of this measure, which are not at hand")
    return Judged(a, "not-decidable", "too near, or a definition is missing", m, ordered, tuple(dict.fromkeys(why)))


def _held(a: Assertion, m: MeasureEntry, can: list[Witness], holds: list[Witness], missing: list[str]) -> tuple[Kind, str]:
    told = f"holds for {len(holds)} of {len(can)} readings" if len(can) > 1 else "holds"
    against = [f for f in can if f.state == "fails"]
    if missing or (m.open and not _robust(a)):
        return "supported-elsewhere", f"{told}, by the definitions shown; another common one is not at hand"
    if not against:
        return "supported", told
    if can[0] in holds and len(holds) >= len(against):
        return "supported", f"{told}; not by: {', '.join(f.candidate.label for f in against)}"
    return "supported-elsewhere", f"{told}: {', '.join(f.candidate.label for f in holds)}"


def _robust(a: Assertion) -> bool:
    return False


def within(v: float, amount: Amount, margin: float, absolute: float = 0.0) -> Literal["holds", "fails", "near"]:
    """Whether a value lies where the words allow, near it, or outside by more than the margin."""
    low, high = amount.low, amount.high
    slack = 1e-9 * max(1.0, abs(amount.value))
    if low - slack <= v <= high + slack:
        if math.isinf(high) and amount.value > 0 and v > FAR * amount.value:
            return "near"
        if math.isinf(low) and amount.value > 0 and v < amount.value / FAR:
            return "near"
        return "holds"
    more = max(margin * max(abs(amount.value), abs(v)), absolute)
    return "near" if low - more <= v <= high + more else "fails"


def said(v: float, c: Candidate) -> str:
    """A value with its unit, for people."""
    if c.percent:
        return f"{number(round(v, 2))} percent of {world.series(c.over).name.split(',')[0]}"
    unit = world.series(c.terms[0][1]).unit_of_measure
    for word, factor in (("million ", 1e6), ("thousand ", 1e3)):
        if unit.startswith(word):
            return _big(v, factor, word, unit)
    return f"{number(v)} {unit}"


def _big(v: float, factor: float, word: str, unit: str) -> str:
    if abs(v) >= 1e9:
        return f"{number(round(v / 1e9, 2))} billion {unit.removeprefix(word)}"
    return f"{number(v / factor)} {unit}"


__all__ = ["Judged", "Kind", "Moment", "Witness", "judge", "replace"]
