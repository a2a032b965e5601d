"""One assertion -> one verdict: by the measure that it names, or by every one that it may mean."""

from __future__ import annotations

import math
from dataclasses import replace

from armillary.audit import judge_compare, judge_forms
from armillary.audit.interval import number
from armillary.audit.judge_published import judge_published, of_list
from armillary.audit.library import tables, values
from armillary.audit.library.measures import Candidate, MeasureEntry, candidates, fitting, measures, suits
from armillary.audit.own import OwnEvidence
from armillary.audit.reading.assertion import Assertion
from armillary.audit.witness import Judged, Kind, Moment, Witness, decide


def judge(a: Assertion, when: Moment, own: OwnEvidence | None = None) -> Judged:
    """Verdict on one assertion. Where the measure has to be borrowed from the words before, every one that fits is judged."""
    ways = measures_of(a)
    if a.form == "sum":
        return _arithmetic(a)
    if a.year_told_before and a.year is not None and not a.doubts:
        return _either_year(a, when, own)
    if a.doubts:
        return Judged(
            a, "not-decidable", "not read with certainty", ways[0][0] if ways else None, (), tuple(f"not understood: {d}" for d in a.doubts)
        )
    if not ways:
        named = ", ".join(sorted(a.topics)) or "nothing that is measured"
        return Judged(a, "not-decidable", "no measure fits", None, (), (f"a measure of: {named}",))
    ways = [(_own_table(m, a), borrowed) for m, borrowed in ways]
    made = [_by(m, a, when, own) if not borrowed else _lent(_by(m, _borrowing(a, borrowed), when, own), borrowed) for m, borrowed in ways]
    fit = [j for j in made if j.says != UNIT_UNSURE] or made[:1]
    if fit[0].kind == "supported" or len(fit) == 1:
        return fit[0]
    for kind in ("supported", "supported-elsewhere"):
        for j in fit:
            if j.kind == kind:
                return replace(j, kind="supported-elsewhere", says=f"{j.says}, read as {j.measure.name if j.measure else ''}")
    open_ = [j for j in fit if j.kind != "contradicted"]
    return open_[0] if open_ else fit[0]


def _either_year(a: Assertion, when: Moment, own: OwnEvidence | None) -> Judged:
    """A sentence without a year may mean the year told before, or now: contradicted only where both are."""
    told = judge(replace(a, year_told_before=False, assumed=(*a.assumed, f"the year {a.year}, told before")), when, own)
    if told.kind == "supported":
        return told
    now = judge(replace(a, year=None, year_told_before=False), when, own)
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


def _by(m: MeasureEntry, a: Assertion, when: Moment, own: OwnEvidence | None) -> Judged:
    """Verdict by one measure."""
    if a.scope and a.scope != "world" and a.scope not in values.SCOPES and not (a.scope.startswith("in:") and m.published):
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
        return judge_published(a, m, when, found)
    findings = [_one(c, a, m, when) for c in found]
    for c, why in own.candidates(m, a) if own is not None else ():
        findings.append(Witness(c, "unknown", why) if why else of_list(c, _in_year(a, c, findings), when))
    return decide(a, m, findings, missing, when)


def _in_year(a: Assertion, c: Candidate, findings: list[Witness]) -> Assertion:
    """An own ranking is asked about the year that the shipped sources speak of, else about the last that is surely finished."""
    if a.year is not None or a.form == "path":
        return a
    told = [f.year for f in findings if f.year is not None and f.state != "unknown"]
    own = tables.evidence(c.table).periods
    return replace(a, year=max(told) if told else own[-2] if len(own) > 1 else own[-1])


def measures_of(a: Assertion) -> list[tuple[MeasureEntry, frozenset[str]]]:
    """The measure that the clause names; else all that its topics make with those of the words before, and what was borrowed."""
    if a.amount is not None and a.amount.measure == "percent" and (a.form == "value" or (a.form == "share" and a.scope == "")):
        part = fitting(a.topics | {"share"}, bool(a.fields), a.subject)
        if part is not None and "share" in part.topics[0]:
            whole = None if a.form == "value" else fitting(a.topics, bool(a.fields), a.subject)
            return [(x, frozenset()) for x in (part, whole) if x is not None]  # of an economy's own papers, or of the world's
    if a.topics or a.fields:
        own = fitting(a.topics, bool(a.fields), a.subject)
        if own is not None:
            return [(own, frozenset())]
    found: dict[str, tuple[MeasureEntry, frozenset[str]]] = {}
    pairs = [x | y for k, x in enumerate(a.around) for y in a.around[k + 1 :]]
    for heard in (*a.around, *pairs):
        m = fitting(a.topics | heard, bool(a.fields), a.subject)
        if m is not None:
            found.setdefault(m.id, (m, heard - a.topics))
    return list(found.values())


def _own_table(m: MeasureEntry, a: Assertion) -> MeasureEntry:
    """Where the measure named is a list of countries and the subject an institution of its sister list, the sister is meant."""
    mine = {s.partition("#")[0] for s in a.subject if "#" in s}
    if not m.published or not mine or mine & set(m.published) or any("#" not in s for s in a.subject):
        return m
    sisters = [x for x in measures() if set(x.published) & mine and any(m.topics[0] < t for t in x.topics)]
    return sisters[0] if len(sisters) == 1 else m


def _one(c: Candidate, a: Assertion, m: MeasureEntry, when: Moment) -> Witness:
    unit = next((s for s in a.subject if s in values.known(c)), None)
    if unit is None:
        return Witness(c, "unknown", f"no value for {a.subject_name}")
    if len([s for s in a.subject if s in values.known(c)]) > 1:
        return Witness(c, "unknown", f"'{a.subject_name}' can mean more than one unit")
    return (judge_forms.FORMS | judge_compare.FORMS)[a.form](c, a, m, unit, when)
