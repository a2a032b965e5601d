"""What each candidate says of an assertion, and the verdict that follows. The rules that forbid the two wrong verdicts stand here.

A candidate *holds* or *fails* only where its unit, scale, year and coverage are known; what lies between the words' own tolerance and the
margin of revisions is *near* and decides nothing. Contradicted: all candidates that can tell fail, and none is missing that could tell
otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from armillary.audit.direction import State
from armillary.audit.interval import number
from armillary.audit.library import columns
from armillary.audit.library.measures import Candidate, MeasureEntry
from armillary.audit.reading.assertion import Amount, Assertion

Kind = Literal["supported", "supported-elsewhere", "contradicted", "inconsistent", "not-decidable"]
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
    robust: bool = False
    """Whether it would hold by another common definition too (exchange rates instead of purchasing power)."""

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
        return next(iter([*by_state, *(f for f in self.findings if f.state not in ("unknown", "older"))]), None)


@dataclass(frozen=True)
class Moment:
    """When the sentence was said: the year of the article, or None for now."""

    year: int | None = None
    notes: tuple[str, ...] = field(default=())


EXCHANGE = "values at market exchange rates"


def decide(a: Assertion, m: MeasureEntry, findings: list[Witness], missing: list[str], when: Moment) -> Judged:
    """The verdict from what all candidates say and from what is missing."""
    can = [f for f in findings if f.state != "unknown"]
    if can and all(f.robust for f in can):
        missing = [x for x in missing if not x.startswith(EXCHANGE)]
    if a.year is None and a.form not in ("path", "overtake") and can:
        newest = max(f.year or 0 for f in can)
        # a source that ends years before the newest is shown, and has no say
        findings = [replace(f, state="older") if f in can and (f.year or 0) < newest - STALE else f for f in findings]
        can = [f for f in findings if f.state not in ("unknown", "older")]
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
    if missing or m.open:
        return "supported-elsewhere", f"{told}, by the definitions shown; another common one is not at hand"
    if not against:
        return "supported", told
    if can[0] in holds and len(holds) >= len(against):
        return "supported", f"{told}; not by: {', '.join(f.candidate.label for f in against)}"
    return "supported-elsewhere", f"{told}: {', '.join(f.candidate.label for f in holds)}"


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
    below, above = (
        (low / (1 + margin), high * (1 + margin))
        if low > 0 or (math.isinf(low) and high > 0)
        else (low - abs(low) * margin, high + abs(high) * margin)
    )
    return "near" if min(below, low - absolute) <= v <= max(above, high + absolute) else "fails"


def said(v: float, c: Candidate) -> str:
    """A value with its unit, for people."""
    if c.percent:
        return f"{number(round(v, 2))} percent of {columns.described(c.over).name.split(',')[0]}"
    unit = columns.described(c.terms[0][1]).unit_of_measure
    for word, factor in (("million ", 1e6), ("thousand ", 1e3)):
        if unit.startswith(word):
            return _big(v, factor, word, unit)
    return f"{number(v)} {unit}"


def _big(v: float, factor: float, word: str, unit: str) -> str:
    if abs(v) >= 1e9:
        return f"{number(round(v / 1e9, 2))} billion {unit.removeprefix(word)}"
    return f"{number(v / factor)} {unit}"
