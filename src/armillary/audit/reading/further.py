"""A clause that goes on with the one before: "and Brazil 52nd", "the United States for 14 percent", "one place up on the year before"."""

from __future__ import annotations

from dataclasses import replace

from armillary.audit.reading.assertion import Amount, Assertion
from armillary.audit.reading.clause import Clause, in_currency, ordinals_of, quantities_of, with_subject
from armillary.audit.reading.items import Meant


def goes_on(clause: Clause) -> list[Assertion]:
    """What a clause with no measure and no verb of its own asserts, in the form of the assertion before it in the sentence."""
    last = clause.context.last
    if last is None or last.doubts or clause.topics or ordinals_of(clause):
        return []
    quantities = [i for _, i in quantities_of(clause)]
    if len(quantities) != 1:
        return []
    only = quantities[0]
    if clause.years:
        return _another_year(clause, last, only)
    a = with_subject(clause, replace(clause.base(), year=last.year, year_told_before=last.year_told_before))
    moved = clause.where("up", "down")
    if moved is not None:
        return _moved(clause, a, last, int(only.value)) if only.measure == "count" else []
    if any(i.has("than", "ahead", "behind", "overtake", "more", "morethan", "previous", "times", "twice", "rank") for i in clause.items):
        return []
    if last.form == "rank" and last.rank is not None and only.measure == "count" and not only.hedge and only.value <= 300:
        return [replace(a, form="rank", rank=int(only.value), scope=last.scope)] if clause.units() else []
    if last.form == "count" and only.measure == "count" and clause.units():
        return [replace(a, form="count", amount=Amount.of(only), first=last.first)]
    if only.measure == "percent" and (last.form == "share" or last.of is not None):
        return [replace(a, form="share", amount=Amount.of(only), scope=last.scope)]
    return []


def _another_year(clause: Clause, last: Assertion, only: Meant) -> list[Assertion]:
    """ "exceeding 1 trillion in 2012, 2 trillion in 2019 and 3.6 trillion in 2024": the first hedge is said of each."""
    plain = (
        not clause.units() and len(clause.years) == 1 and not any(i.has("up", "down", "since", "than", "previous") for i in clause.items)
    )
    if last.form not in ("value", "share") or last.amount is None or not plain or last.since is not None:
        return []
    if in_currency(only, last.amount.measure.removeprefix("currency:") and last.amount.measure).measure != last.amount.measure:
        return []
    hedged = only if only.hedge else replace(only, hedge=last.amount.hedge)
    a = with_subject(clause, clause.base())
    return [replace(a, form=last.form, amount=Amount.of(in_currency(hedged, last.amount.measure)), scope=last.scope, topics=last.topics)]


def _moved(clause: Clause, a: Assertion, last: Assertion, by: int) -> list[Assertion]:
    """ "38th, one place up on the year before": the rank told and the one that follows from the move."""
    if last.form != "rank" or last.rank is None or clause.units() or not any(i.has("rank") for i in clause.items):
        return []
    if a.year is None:
        return [replace(a, form="path", doubts=(*a.doubts, "a move in which year?"))]
    before = last.rank + (by if clause.where("down") is None else -by)
    told = "the move is from the edition before"
    return [replace(a, form="path", path=((a.year - 1, before), (a.year, last.rank)), assumed=(*a.assumed, told))]
