"""One clause -> its assertions: which numbers are ranks, values, changes, shares, runs, counts; who is compared with whom."""

from __future__ import annotations

from dataclasses import replace

from armillary.audit.reading.assertion import Amount, Assertion, Context, Form
from armillary.audit.reading.clause import MULTIPLE, Clause, codes, first_of, in_currency, ordinals_of, quantities_of, with_subject
from armillary.audit.reading.comparing import compares, overtakes
from armillary.audit.reading.further import goes_on
from armillary.audit.reading.items import Meant, place_units
from armillary.audit.reading.moves import changes, levels, move, paths

_WHO = frozenset(
    {
        "countries",
        "economies",
        "nations",
        "länder",
        "staaten",
        "países",
        "pays",
        "economías",
        "économies",
        "国家",
        "years",
        "jahre",
        "años",
        "ans",
    }
)
_BY = frozenset({"by", "von", "durch", "par", "por", "被"})
_OF = frozenset({"of", "von", "de", "sur", "among", "der", "unter", "entre", "out of", "des"})


def shaped(items: list[Meant], context: Context, text: str) -> tuple[list[Assertion], Context]:
    """Assertions of a clause, and the context that it leaves."""
    clause = Clause(items, context, text)
    out: list[Assertion] = []
    for form in (_runs, goes_on, _groups, _counts, overtakes, compares, paths, _ranks, changes, _values):
        made = form(clause)
        if made:
            out = made
            break
    if clause.first_time:
        out = [a if a.first_time or a.form in ("rank", "count") else replace(a, doubts=(*a.doubts, "the first time of what?")) for a in out]
        out = [replace(a, first_time=a.form in ("rank", "count") or a.first_time) for a in out]
    if clause.where("left") is not None:
        out = [
            a if a.form == "rank" and a.since is None and not a.first_time else replace(a, doubts=(*a.doubts, "what is it no longer?"))
            for a in out
        ]
    free = clause.units()
    here = replace(context, last=out[-1] if out else context.last)
    every = {i.means for i in items if i.kind == "unit"}
    if every:
        here = replace(here, sole=len(every) == 1)
    unclear = any(a.doubts for a in out) or not out
    if clause.partner and not unclear:
        here = replace(here, subject=clause.pair[0], subject_name=clause.pair[1], partner=clause.partner, sole=True)
    elif len(free) == 1 and not unclear:
        here = replace(here, subject=codes(free[0][1]), subject_name=free[0][1].text, partner=())
    elif free or (unclear and any(i.kind == "unknown" and i.text[:1].isupper() for i in items)):
        here = replace(here, subject=(), subject_name="", partner=())  # somebody else is spoken of: nobody is meant by what follows
    if clause.topics:
        here = replace(here, heard=(clause.topics, *(t for t in here.heard if t != clause.topics))[:6])
    years = {int(y.value) for k, y in enumerate(items) if y.kind == "year" and not (k and items[k - 1].has("since"))}
    if len(years) == 1:
        here = replace(here, year=min(years), year_told_before=False)
    return out, here


def _runs(clause: Clause) -> list[Assertion]:
    """ "for the thirteenth year running", "sixth year in a row above 3 %"."""
    at = clause.where("running")
    if at is None:
        return []
    near = [
        (k, i)
        for k, i in enumerate(clause.items)
        if abs(k - at) <= 2 and (i.kind == "ordinal" or (i.kind == "quantity" and i.measure == "count"))
    ]
    if not near:
        return [replace(clause.base(), form="run", doubts=(*clause.base().doubts, "how many years in a row?"))]
    k, count = min(near, key=lambda x: abs(x[0] - at))
    clause.used.add(k)
    a = replace(with_subject(clause, clause.base()), form="run", years=int(count.value))
    ranks = [(j, i) for j, i in ordinals_of(clause) if j != k]
    amounts = [i for _, i in quantities_of(clause) if i.measure != "count"]
    if amounts:
        hedged = (
            amounts[0] if amounts[0].hedge else replace(amounts[0], hedge="more" if clause.where("more", "overtake") is not None else "")
        )
        return [replace(a, amount=Amount.of(hedged))] if hedged.hedge else [replace(a, doubts=(*a.doubts, "above or below?"))]
    if ranks:
        return [replace(a, rank=int(ranks[0][1].value))]
    if clause.where("super", "lead") is not None:
        return [replace(a, rank=1)]
    return [replace(a, doubts=(*a.doubts, "which rank or value was held?"))]


def _groups(clause: Clause) -> list[Assertion]:
    """ "A, B and C are the three largest", "the list is led by A, B and C": each among the first so many."""
    names = list({i.means: i for _, i in clause.units()}.values())
    if len(names) < 2 or clause.partner or clause.where("than", "ahead", "behind", "overtake", "only-to") is not None:
        return []
    numbers = [i for _, i in quantities_of(clause)]
    ranks = {int(i.value) for _, i in ordinals_of(clause)}
    led = clause.where("lead")
    by = led is not None and led + 1 < len(clause.items) and clause.items[led + 1].text.casefold() in _BY
    told = [int(i.value) for i in numbers if i.measure == "count" and not i.hedge]
    largest = clause.where("top", "super", "lead") is not None or ranks == {1} or first_of(clause) is not None
    if not (by and not numbers and not ranks) and not (told == [len(names)] and len(numbers) == 1 and largest and ranks <= {1}):
        return []
    a = clause.base()
    return [replace(a, form="rank", rank=len(names), rank_word="at most", subject=codes(n), subject_name=n.text) for n in names]


def _counts(clause: Clause) -> list[Assertion]:
    """ "26 of the top 100 clusters"."""
    several = first_of(clause)
    at = clause.where("top") if several is None else min(several) - 1
    if at is None:
        at = _of_the_leading(clause)
    if at is None or not ({"clusters", "cities", "institution"} & clause.topics.union(*clause.context.heard[:1])):
        return []
    limit = next(((k, i) for k, i in quantities_of(clause) if k > at), None)
    if limit is None:
        return []
    counts = [(k, i) for k, i in quantities_of(clause) if k != limit[0] and i.measure in ("count", "fraction")]
    most = clause.where("majority")
    if most is not None and not counts:
        half = Meant("quantity", clause.items[most].text, 0, 0, value=0.5, measure="fraction", hedge="more")
        counts = [(most, half)]
    if len(counts) != 1 or not clause.units():
        return []
    if counts[0][1].measure == "fraction":
        part = counts[0][1]
        counts = [(counts[0][0], replace(part, value=part.value * limit[1].value, half=0.0, measure="count"))]
    a = with_subject(clause, clause.base())
    return [replace(a, form="count", amount=Amount.of(counts[0][1]), first=int(limit[1].value))]


def _of_the_leading(clause: Clause) -> int | None:
    """Place of the "of" in "four of the ten leading cities", "vier der zehn führenden Städte"."""
    quantities = quantities_of(clause)
    if len(quantities) != 2 or quantities[0][1].value > quantities[1][1].value:
        return None
    between = clause.items[quantities[0][0] + 1 : quantities[1][0]]
    after = clause.items[quantities[1][0] + 1 : quantities[1][0] + 4]
    if any(i.text.casefold() in _OF for i in between) and any(i.has("super", "lead", "top") for i in after):
        return quantities[1][0] - 1
    return None


def _within_eu(clause: Clause, a: Assertion) -> Assertion:
    """ "second in the European Union": the Union is what is ranked in, not who is ranked."""
    for k, i in clause.units():
        before = clause.items[k - 1] if k else None
        if "EU27" in i.units and before is not None and before.has("stop") and len(clause.units()) > 1 and before.text.casefold() != "and":
            clause.used.add(k)
            return replace(a, scope="eu")
    return a


def _is_part(clause: Clause, quantities: list[tuple[int, Meant]]) -> bool:
    """ "2,670 of the 7,131"."""
    (i, part), (j, whole) = quantities
    between = clause.items[i + 1 : j]
    plain = part.measure == whole.measure == "count" and part.value < whole.value and not part.hedge and not whole.hedge
    return plain and 0 < len(between) <= 2 and all(x.has("stop") for x in between) and any(x.text.casefold() in _OF for x in between)


def _within_country(clause: Clause, a: Assertion) -> Assertion:
    """ "Munich is the best German cluster": among the places of one country."""
    names = clause.units()
    places = [(k, i) for k, i in names if not i.units]
    lands = [(k, i) for k, i in names if i.units and not place_units(i)]
    if len(places) != 1 or len(lands) != 1 or a.scope not in ("", "world"):
        return a
    clause.used.add(lands[0][0])
    return replace(a, scope=f"in:{lands[0][1].units[0]}")


def _is_growth(clause: Clause, ranks: list[tuple[int, Meant]]) -> bool:
    """Whether a word of growth is what is ranked ("the highest growth"), and not the way to a rank ("rose to third")."""
    grown = [k for k, i in enumerate(clause.items) if i.has("up", "down") and not i.has("super", "morethan", "fewerthan")]
    if not grown or quantities_of(clause):
        return False
    to = [k for k, i in enumerate(clause.items) if i.text.casefold() in ("to", "auf", "a", "al", "à", "au", "hasta", "至")]
    return not any(g < t < r for g in grown for t in to for r, _ in ranks)


_OUT = ("out of", "aus")
"""Before "the top ten": no longer in it."""


def _ranks(clause: Clause) -> list[Assertion]:
    ranks = ordinals_of(clause)
    several = first_of(clause)
    at = clause.where("top") if several is None else min(several) - 1
    quantities = [q for q in quantities_of(clause) if q[0] not in {k for k, _ in ranks}]
    a = clause.base()
    behind = clause.where("behind", "only-to")
    after = [] if behind is None else clause.take_after(behind)
    a = _within_eu(clause, a)
    a = _within_country(clause, a)
    if not ranks and clause.where("fold", *MULTIPLE) is not None:
        return []
    if clause.where("up", "down") is not None and _is_growth(clause, ranks):
        return [replace(with_subject(clause, a), form="rank", doubts=(*a.doubts, "a rank by growth"))]
    if any(k + 1 < len(clause.items) and clause.items[k + 1].hedge in ("more", "atleast", "less") for k, _ in ranks):
        over = next((i for _, i in quantities if i.hedge == "more"), None)
        if over is not None and len(ranks) == 1 and ranks[0][1].value == 1 and len(quantities) == 1 and a.year is not None:
            return [
                replace(with_subject(clause, a), form="value", amount=Amount.of(over), first_time=True)
            ]  # "first exceeded 5 percent in 2024"
        return [replace(with_subject(clause, a), form="rank", doubts=(*a.doubts, "the first time of something, or a rank?"))]
    extra = [replace(a, form="compare", subject=codes(o), subject_name=o.text, ratio=None) for o in after]
    if at is not None and {"clusters", "cities", "institution"} & clause.topics and clause.where("super", "lead") is not None and not ranks:
        limit = next(((k, i) for k, i in quantities if k > at and i.measure == "count"), None)
        if limit is not None and len(quantities) == 1:
            return [replace(with_subject(clause, a), form="rank", rank=1, first=int(limit[1].value))]
    if at is not None and not ranks:
        limit = next(((k, i) for k, i in quantities if k > at and i.measure == "count" and i.value <= 300), None)
        if limit is not None and len(quantities) == 1:
            outside = any(i.text.casefold() in _OUT for i in clause.items[max(0, at - 2) : at])
            made = replace(with_subject(clause, a), form="rank", rank=int(limit[1].value), rank_word="at most", left=a.left or outside)
            return [made]
    if not ranks:
        if quantities:
            return []
        best, worst = clause.where("super", "lead"), clause.where("last")
        if best is None and worst is None:
            return []
        made = replace(with_subject(clause, a), form="rank", rank=1, lowest=best is None)
        return [made]
    moved = clause.where("up", "down")
    if moved is not None and quantities:
        return move(clause, a, int(ranks[0][1].value), ranks[0][0], [q for _, q in quantities])
    names = clause.units()
    if len(names) == len(ranks) > 1:
        return [
            replace(a, form="rank", rank=int(r.value), subject=codes(n), subject_name=n.text)
            for (_, r), (_, n) in zip(ranks, names, strict=True)
        ]
    if len({int(r.value) for _, r in ranks}) > 1:
        return [replace(with_subject(clause, a), form="rank", doubts=(*a.doubts, "more than one rank"))]
    of = None
    rest = []
    for k, q in quantities:
        before = clause.items[k - 1].text.casefold() if k else ""
        if before in _OF and q.measure == "count" and q.value == int(q.value) and k > ranks[0][0] and k - ranks[0][0] <= 3:
            of = int(q.value)
        else:
            rest.append(q)
    a = replace(with_subject(clause, a), form="rank", rank=int(ranks[0][1].value), of=of, lowest=clause.where("last") is not None)
    a = replace(
        a, risen=1 if moved is not None and clause.where("down") is None else -1 if moved is not None and clause.where("up") is None else 0
    )
    out = [a]
    for q in rest:
        out.append(replace(a, form="value", rank=None, amount=Amount.of(q), of=None))
    for e in extra:
        out.append(replace(e, form="compare", others=((a.subject, a.subject_name),), scope=a.scope))
    return out


def _each(clause: Clause, quantities: list[tuple[int, Meant]]) -> list[Assertion]:
    """ "Belgium, Sweden and Austria spend more than 3 percent of GDP": a ratio is said of each of them."""
    names = {i.means: i for _, i in clause.units()}
    if len(names) < 2 or len(quantities) != 1 or quantities[0][1].measure != "percent" or not clause.topics & {"gdp", "intensity"}:
        return []
    amount = Amount.of(quantities[0][1])
    return [replace(clause.base(), form="value", amount=amount, subject=codes(n), subject_name=n.text) for n in names.values()]


def _values(clause: Clause) -> list[Assertion]:
    quantities = quantities_of(clause)
    if not quantities:
        return []
    a = with_subject(clause, clause.base())
    each = _each(clause, quantities)
    if each:
        return each
    shares = clause.where("share") is not None or clause.world
    out = []
    for k, q in quantities:
        after = clause.items[k + 1] if k + 1 < len(clause.items) else None
        if after is not None and (
            after.text.casefold() in _WHO or (after.has("topic:researchers") and a.topics & {"papers", "patents", "pct"})
        ):
            a = replace(a, doubts=(*a.doubts, f"{q.text} {after.text}: a number of something else"))
        form: Form = "share" if (q.measure in ("percent", "fraction") and shares) or q.measure == "fraction" else "value"
        if q.measure == "times":
            return []
        first = clause.where("firsttime") is not None and q.hedge == "more" and a.year is not None
        out.append(replace(a, form=form, amount=Amount.of(in_currency(q, clause.context.currency)), first_time=first))
    if len(quantities) == 2 and _is_part(clause, quantities):
        return [replace(out[0], form="value", of=int(quantities[1][1].value))]
    if len(out) > 2:
        return [replace(a, doubts=(*a.doubts, "several numbers: " + ", ".join(q.text for _, q in quantities)))]
    if (
        len(out) == 2
        and all(q.measure == "count" for _, q in quantities)
        and len({q.value for _, q in quantities}) == 2
        and not clause.years[1:]
    ):
        return [replace(a, doubts=(*a.doubts, "two numbers: " + ", ".join(q.text for _, q in quantities)))]
    if len(out) == 2 and len({int(y.value) for y in clause.years}) > 1:
        return levels(clause, a, quantities)
    return out
