"""What moved: ranks in two years, changes by a number or a multiple, levels of two years."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from armillary.audit.reading.assertion import ROUGH, Amount, Assertion, Form
from armillary.audit.reading.clause import MULTIPLE, Clause, in_currency, ordinals_of, quantities_of, with_subject
from armillary.audit.reading.items import HEDGES, Meant

T = TypeVar("T")
FROM = frozenset({"from", "von", "vom", "de", "del", "desde", "du", "从", "由"})
TO = frozenset(
    {"to", "auf", "a", "al", "à", "au", "hasta", "至", "到", "升至", "降至", "增至", "升到", "降到", "上升到", "上升至", "下降到", "下降至"}
)
BY = frozenset({"by", "um", "un", "en", "de", "d", "了"})


_MORE_THAN = frozenset({"más que", "mas que", "plus que", "mehr als"})


def multiple(clause: Clause, at: int, value: float) -> Amount:
    """ "doubled", "more than tripled", "almost twice": the multiple with the hedge before it."""
    before = clause.items[at - 1] if at else None
    hedge = next((h for h in HEDGES if before is not None and before.has(h)), "about")
    if " ".join(i.text.casefold() for i in clause.items[max(0, at - 2) : at]) in _MORE_THAN:
        hedge = "more"
    made = Amount.of(Meant("quantity", clause.items[at].text, 0, 0, value=value, half=ROUGH * value, measure="times", hedge=hedge))
    return replace(made, low=value * 0.85, high=value * 1.02) if hedge == "nearly" else made


def times_of(quantity: Meant, more: float = 0.0) -> Amount:
    """ "nearly six times", "3.4-fold": a number as a multiple; a bare one is rough."""
    made = replace(Amount.of(quantity), measure="times")
    if not quantity.hedge:
        made = replace(made, low=made.value * (1 - ROUGH), high=made.value * (1 + ROUGH))
    return replace(made, value=made.value + more, low=made.low + more, high=made.high + more)


def paths(clause: Clause) -> list[Assertion]:
    """ "from 34th in 2012 to 10th in 2025", "从2012年的第七位上升到2022年的第三位": each rank with the year beside it."""
    ranks = ordinals_of(clause)
    if len(ranks) != 2 or len(clause.units()) > 1:
        return []
    a = with_subject(clause, clause.base())
    years = [(k, int(i.value)) for k, i in enumerate(clause.items) if i.kind == "year"]
    if len({y for _, y in years}) < 2 and clause.where("up", "down") is None:
        return []
    places = _each_year([(k, int(r.value)) for k, r in ranks], years)
    if places is None:
        return [replace(a, form="path", doubts=(*a.doubts, "in which years were these ranks?"))]
    return [replace(a, form="path", path=tuple((y, r) for r, y in places))]


def _each_year(things: list[tuple[int, T]], years: list[tuple[int, int]]) -> list[tuple[T, int]] | None:
    """Two things with the year of each: all years follow their thing, or all go before it; None where that is not clear."""
    if len(things) != 2 or len(years) != 2 or years[0][1] == years[1][1]:
        return None
    order = "".join(kind for _, kind in sorted([*((k, "t") for k, _ in things), *((k, "y") for k, _ in years)]))
    if order not in ("tyty", "ytyt"):
        return None
    return [(t, y) for (_, t), (_, y) in zip(things, years, strict=True)]


def move(clause: Clause, a: Assertion, rank: int, at: int, quantities: list[Meant]) -> list[Assertion]:
    """ "moved up one place to 38th", "rose by 13 places from 53rd in 2013": the rank told, and the one that follows from the move."""
    a = with_subject(clause, a)
    steps = next(
        (i for k, i in enumerate(clause.items) if i in quantities and clause.items[min(k + 1, len(clause.items) - 1)].has("rank")), None
    )
    if steps is None or len(quantities) > 1 + sum(q.value > rank for q in quantities) or a.year is None or steps.measure != "count":
        return [replace(a, form="path", doubts=(*a.doubts, "a move from a rank that is not told"))]
    by = int(steps.value) * (-1 if clause.where("down") is not None else 1)
    backward = at > 0 and clause.items[at - 1].has("from")
    span = ((a.year, rank), (a.year + 1, rank - by)) if backward else ((a.year - 1, rank + by), (a.year, rank))
    told = "the move is from one edition to the next" if backward else "the move is from the edition before"
    return [replace(a, form="path", path=span, assumed=(*a.assumed, told))]


def changes(clause: Clause) -> list[Assertion]:
    """ "rose by 5 percent", "has doubled since 2010", "from 2.2 percent in 2020 to 1.9 percent in 2021"."""
    up, down = clause.where("up"), clause.where("down")
    quantities = quantities_of(clause)
    if len(quantities) in (2, 3) and (up is not None or down is not None or _ends(clause, quantities) is not None):
        return _from_to(clause, replace(with_subject(clause, clause.base()), form="change", falling=down is not None), quantities)
    many = next(((clause.where(m) or 0, v) for m, v in MULTIPLE.items() if clause.where(m) is not None), None)
    fold = next(((k, i.value) for k, i in enumerate(clause.items) if i.has("fold")), None)
    many = many or fold
    if up is None and down is None and many is None:
        return []
    a = replace(with_subject(clause, replace(clause.base(), form="change")), form="change", falling=down is not None and up is None)
    if many is not None and not quantities:
        return [replace(a, ratio=multiple(clause, *many), falling=False)]
    if len(quantities) == 1 and many is None:
        return _by(clause, a, *quantities[0])
    if len(quantities) > 1:
        return [replace(a, doubts=(*a.doubts, "several numbers: " + ", ".join(q.text for _, q in quantities)))]
    return [replace(a, doubts=(*a.doubts, "by how much?"))] if up is None else []


def _by(clause: Clause, a: Assertion, place: int, only: Meant) -> list[Assertion]:
    """A change by one number; a level that was risen to is a value and no change."""
    beside = [k for m in ("up", "down") for k, i in enumerate(clause.items) if i.has(m)]
    near = min((abs(place - k) for k in beside), default=9)
    before = clause.items[place - 1] if place else None
    after = clause.items[place + 1] if place + 1 < len(clause.items) else None
    if after is not None and after.has("times"):
        if after.text.casefold().lstrip("-") == "fold":
            return [replace(a, ratio=times_of(only), falling=False)]
        if after.text == "倍" and before is not None and before.text not in TO and a.falling is False:
            return [replace(a, ratio=times_of(only, 1.0))]  # 增长两倍 is by two times, to three times
        return [replace(a, doubts=(*a.doubts, f"{only.text} {after.text}: by so much, or to so much?"))]
    if before is not None and (before.text.casefold() in TO or before.text[-1] in "至到") and not clause.previous:
        return []
    by = before is not None and before.text.casefold() in BY
    if (near > 4 and not by) or (near > 1 and only.measure == "count" and not clause.previous and not by):
        return []
    return [replace(a, amount=Amount.of(in_currency(only, clause.context.currency)))]


def _ends(clause: Clause, quantities: list[tuple[int, Meant]]) -> tuple[tuple[int, Meant], tuple[int, Meant]] | None:
    """The numbers after "from" and after "to"."""

    def named(k: int, words: frozenset[str]) -> bool:
        return any(clause.items[j].text.casefold() in words for j in range(max(0, k - 2), k))

    start = next((q for q in quantities if named(q[0], FROM)), None)
    end = next((q for q in quantities if q is not start and (start is None or q[0] > start[0]) and named(q[0], TO)), None)
    return None if start is None or end is None else (start, end)


def _from_to(clause: Clause, a: Assertion, quantities: list[tuple[int, Meant]]) -> list[Assertion]:
    """ "from 2.2 percent in 2020 to 1.9 percent in 2021", also "by 63 percent from 67 to 110 billion": each level, and the arithmetic."""
    ends = _ends(clause, quantities)
    by = [] if ends is None else [q for q in quantities if q not in ends]
    if ends is None or len(by) > 1:
        return levels(clause, a, quantities)
    start, end = ends
    years = [(k, int(i.value)) for k, i in enumerate(clause.items) if i.kind == "year"]
    money = next((q.measure for _, q in (end, start) if q.measure.startswith("currency:")), clause.context.currency)
    first, second = (replace(Amount.of(in_currency(q[1], money)), hedge=q[1].hedge) for q in (start, end))
    form: Form = "share" if clause.world or clause.where("share") is not None else "value"
    made = []
    if by and by[0][1].measure == "percent":
        made.append(replace(a, form="sum", base=first, amount=second, ratio=Amount.of(by[0][1])))
    spans = _each_year([(start[0], first), (end[0], second)], years)
    if spans is None and len(years) == 2 and years[0][1] < years[1][1]:
        outside = years[1][0] < start[0] or years[0][0] > end[0]
        spans = [(first, years[0][1]), (second, years[1][1])] if outside else None  # "from 2012 to 2022 from 20 to 14 percent"
    if spans is None:
        return [*made, replace(a, doubts=(*a.doubts, "in which years were these values?"))]
    return [*made, *(replace(a, form=form, amount=x, year=y, since=None) for x, y in spans)]


def levels(clause: Clause, a: Assertion, quantities: list[tuple[int, Meant]]) -> list[Assertion]:
    """ "72,794 in 2023 after 77,370 in 2022": two numbers, each with its year."""
    years = [(k, int(i.value)) for k, i in enumerate(clause.items) if i.kind == "year"]
    pairs = _each_year([(k, q) for k, q in quantities], years) if len(quantities) == 2 else None
    if pairs is None or len({q.measure for _, q in quantities}) > 1:
        return [replace(a, doubts=(*a.doubts, "several numbers: " + ", ".join(q.text for _, q in quantities)))]
    form: Form = "share" if clause.world or clause.where("share") is not None else "value"
    return [replace(a, form=form, amount=Amount.of(in_currency(q, clause.context.currency)), year=y, since=None) for q, y in pairs]
