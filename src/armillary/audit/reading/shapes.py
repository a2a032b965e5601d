"""One clause -> its assertions: which numbers are ranks, values, changes, shares, runs, counts; who is compared with whom."""

from __future__ import annotations

from dataclasses import replace

from armillary.audit.reading.assertion import ROUGH, Amount, Assertion, Context, Form
from armillary.audit.reading.clause import MULTIPLE, Clause, codes, in_currency, ordinals_of, quantities_of, with_subject
from armillary.audit.reading.items import HEDGES, Meant

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
_AFTER = frozenset({"after", "après", "tras"})
"""Words that part ranks ("second after China"), and say nothing without one."""
_BY = frozenset({"by", "von", "durch", "par", "por", "被"})
_OF = frozenset({"of", "von", "de", "sur", "among", "der", "unter", "entre", "out of", "des"})


def shaped(items: list[Meant], context: Context, text: str) -> tuple[list[Assertion], Context]:
    """Assertions of a clause, and the context that it leaves."""
    clause = Clause(items, context, text)
    out: list[Assertion] = []
    for form in (_runs, _counts, _overtakes, _compares, _paths, _ranks, _changes, _values):
        made = form(clause)
        if made:
            out = made
            break
    free = clause.units()
    here = context
    unclear = any(a.doubts for a in out) or not out
    if len(free) == 1 and not unclear:
        here = replace(here, subject=codes(free[0][1]), subject_name=free[0][1].text)
    elif free or (unclear and any(i.kind == "unknown" and i.text[:1].isupper() for i in items)):
        here = replace(here, subject=(), subject_name="")  # somebody else is spoken of: nobody is meant by what follows
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


def _counts(clause: Clause) -> list[Assertion]:
    """ "26 of the top 100 clusters"."""
    at = clause.where("top")
    if at is None or not ({"clusters", "cities", "institution"} & clause.topics.union(*clause.context.heard[:1])):
        return []
    limit = next(((k, i) for k, i in quantities_of(clause) if k > at), None)
    if limit is None:
        return []
    counts = [(k, i) for k, i in quantities_of(clause) if k != limit[0] and i.measure == "count"]
    if len(counts) != 1 or not clause.units():
        return []
    a = with_subject(clause, clause.base())
    return [replace(a, form="count", amount=Amount.of(counts[0][1]), first=int(limit[1].value))]


def _is_passive(clause: Clause, at: int) -> bool:
    """ "was overtaken by": who follows is the one ahead."""
    after = clause.items[at + 1].text.casefold() if at + 1 < len(clause.items) else ""
    return after in _BY or any(i.text == "被" for i in clause.items[:at])


def _overtakes(clause: Clause) -> list[Assertion]:
    at = clause.where("overtake")
    if at is None or (at + 1 < len(clause.items) and clause.items[at].hedge):
        return []
    others = clause.take_after(at)
    if len(others) != 1 or not (clause.units() or clause.context.subject):
        clause.used.clear()
        return []
    a = with_subject(clause, clause.base())
    if _is_passive(clause, at):
        swapped = replace(a, subject=codes(others[0]), subject_name=others[0].text)
        return [replace(swapped, form="overtake", others=((a.subject, a.subject_name),))]
    ranks = ordinals_of(clause)
    out = [replace(a, form="overtake", others=((codes(others[0]), others[0].text),))]
    ranks = [r for r in ranks if r[0] > at]
    if ranks:
        out.append(replace(a, form="rank", rank=int(ranks[0][1].value)))
    if quantities_of(clause):
        out[0] = replace(out[0], doubts=(*out[0].doubts, "a number beside the overtaking"))
    return out


def _multiple(clause: Clause, at: int, value: float) -> Amount:
    """ "doubled", "more than tripled", "almost twice": the multiple with the hedge before it."""
    before = clause.items[at - 1] if at else None
    hedge = next((h for h in HEDGES if before is not None and before.has(h)), "about")
    made = Amount.of(Meant("quantity", clause.items[at].text, 0, 0, value=value, half=ROUGH * value, measure="times", hedge=hedge))
    return replace(made, low=value * 0.85, high=value * 1.02) if hedge == "nearly" else made


def _compares(clause: Clause) -> list[Assertion]:
    """ "more papers than", "ahead of", "twice as many as"."""
    than = clause.where("than", "ahead", "behind", "only-to")
    twice, times = clause.where("twice"), clause.where("times")
    start = than if than is not None else (twice if twice is not None else times)
    if start is None or ordinals_of(clause) or clause.items[start].text.casefold() in _AFTER:
        return []
    a = clause.base()
    if _is_passive(clause, start):
        return [replace(with_subject(clause, a), form="compare", doubts=(*a.doubts, "who is ahead of whom?"))]
    if than is None:
        names = clause.units()
        if len(names) != 2:
            return []
        clause.used.add(names[1][0])
        others = [names[1][1]]
    elif clause.items[than].text == "比":  # Chinese: X 比 Y 多
        others = clause.take_after(than)
    else:
        others = clause.take_after(than)
    if not others:
        clause.used.clear()
        return []
    if len(others) > 1 and (times is not None or twice is not None or quantities_of(clause)):
        clause.used.clear()
        return [replace(with_subject(clause, a), form="compare", doubts=(*a.doubts, "compared with whom?"))]
    a = with_subject(clause, a)
    less = clause.where("behind", "only-to") is not None or (clause.where("fewerthan") is not None and clause.where("morethan") is None)
    quantities = quantities_of(clause)
    ratio = None
    if twice is not None:
        ratio = _multiple(clause, twice, 2.0)
    elif times is not None and quantities:
        ratio = replace(Amount.of(quantities[0][1]), measure="times")
        if not quantities[0][1].hedge:
            ratio = replace(ratio, low=ratio.value * 0.9, high=ratio.value * 1.1)
    elif quantities and quantities[0][1].measure == "percent":
        p = Amount.of(quantities[0][1])
        sign = -1.0 if less else 1.0
        ends = sorted((1 + sign * p.low / 100, 1 + sign * p.high / 100))
        ratio = Amount(1 + sign * p.value / 100, ends[0], ends[1], "times", p.hedge, p.text)
    elif quantities:
        return [replace(a, form="compare", doubts=(*a.doubts, f"the number {quantities[0][1].text} in a comparison"))]
    return [replace(a, form="compare", others=((codes(o), o.text),), ratio=ratio, falling=less) for o in others]


def _paths(clause: Clause) -> list[Assertion]:
    """ "from 34th in 2012 to 10th in 2025"; each rank with the year that follows it."""
    ranks = ordinals_of(clause)
    if len(ranks) != 2 or len(clause.units()) > 1:
        return []
    a = with_subject(clause, clause.base())
    years = [(k, int(i.value)) for k, i in enumerate(clause.items) if i.kind == "year"]
    first, second = ranks
    own = [[y for k, y in years if first[0] < k < second[0]], [y for k, y in years if k > second[0]]]
    places = tuple((o[0], int(r.value)) for o, (_, r) in zip(own, ranks, strict=True) if len(o) == 1)
    if len(places) != 2:
        return [replace(a, form="path", doubts=(*a.doubts, "in which years were these ranks?"))]
    return [replace(a, form="path", path=places)]


def _within_eu(clause: Clause, a: Assertion) -> Assertion:
    """ "second in the European Union": the Union is what is ranked in, not who is ranked."""
    for k, i in clause.units():
        before = clause.items[k - 1] if k else None
        if "EU27" in i.units and before is not None and before.has("stop") and len(clause.units()) > 1 and before.text.casefold() != "and":
            clause.used.add(k)
            return replace(a, scope="eu")
    return a


def _is_growth(clause: Clause, ranks: list[tuple[int, Meant]]) -> bool:
    """Whether a word of growth is what is ranked ("the highest growth"), and not the way to a rank ("rose to third")."""
    grown = [k for k, i in enumerate(clause.items) if i.has("up", "down") and not i.has("super", "morethan", "fewerthan")]
    if not grown or quantities_of(clause):
        return False
    to = [k for k, i in enumerate(clause.items) if i.text.casefold() in ("to", "auf", "a", "al", "à", "au", "hasta", "至")]
    return not any(g < t < r for g in grown for t in to for r, _ in ranks)


def _ranks(clause: Clause) -> list[Assertion]:
    ranks = ordinals_of(clause)
    at = clause.where("top")
    quantities = [q for q in quantities_of(clause) if q[0] not in {k for k, _ in ranks}]
    a = clause.base()
    behind = clause.where("behind", "only-to")
    after = [] if behind is None else clause.take_after(behind)
    a = _within_eu(clause, a)
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
            made = replace(with_subject(clause, a), form="rank", rank=int(limit[1].value), rank_word="at most")
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
        return _move(clause, a, int(ranks[0][1].value), ranks[0][0], [q for _, q in quantities])
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
    out = [a]
    for q in rest:
        out.append(replace(a, form="value", rank=None, amount=Amount.of(q), of=None))
    for e in extra:
        out.append(replace(e, form="compare", others=((a.subject, a.subject_name),), scope=a.scope))
    return out


def _move(clause: Clause, a: Assertion, rank: int, at: int, quantities: list[Meant]) -> list[Assertion]:
    """ "moved up one place to 38th", "rose by 13 places from 53rd in 2013": the rank told, and the one that follows from the move."""
    a = with_subject(clause, a)
    steps = next(
        (i for k, i in enumerate(clause.items) if i in quantities and clause.items[min(k + 1, len(clause.items) - 1)].has("rank")), None
    )
    if steps is None or len(quantities) > 1 + sum(q.value > rank for q in quantities) or a.year is None or steps.measure != "count":
        return [replace(a, form="path", doubts=(*a.doubts, "a move from a rank that is not told"))]
    by = int(steps.value) * (-1 if clause.where("down") is not None and clause.where("up") is None else 1)
    backward = at > 0 and clause.items[at - 1].has("from")
    if backward:
        return [
            replace(
                a,
                form="path",
                path=((a.year, rank), (a.year + 1, rank - by)),
                assumed=(*a.assumed, "the move is from one edition to the next"),
            )
        ]
    return [
        replace(a, form="path", path=((a.year - 1, rank + by), (a.year, rank)), assumed=(*a.assumed, "the move is from the edition before"))
    ]


def _changes(clause: Clause) -> list[Assertion]:
    up, down = clause.where("up"), clause.where("down")
    many = next((m for m in MULTIPLE if clause.where(m) is not None), None)
    if up is None and down is None and many is None:
        return []
    quantities = quantities_of(clause)
    a = replace(with_subject(clause, replace(clause.base(), form="change")), form="change", falling=down is not None and up is None)
    if many is not None and not quantities:
        return [replace(a, ratio=_multiple(clause, clause.where(many) or 0, MULTIPLE[many]))]
    if len(quantities) == 1:
        place, only = quantities[0]
        near = min(abs(place - k) for k in (up, down) if k is not None) if up is not None or down is not None else 9
        before = clause.items[place - 1] if place else None
        if before is not None and before.text.casefold() in ("to", "auf", "a", "à", "至", "hasta") and not clause.previous:
            return []
        by = before is not None and before.text.casefold() in ("by", "um", "un", "en", "了", "d")
        if (near > 4 and not by) or (near > 1 and only.measure == "count" and not clause.previous):
            return []
        return [replace(a, amount=Amount.of(in_currency(only, clause.context.currency)))]
    if len(quantities) in (2, 3):
        return _from_to(clause, a, quantities)
    if len(quantities) > 1:
        return [replace(a, doubts=(*a.doubts, "several numbers: " + ", ".join(q.text for _, q in quantities)))]
    return [replace(a, doubts=(*a.doubts, "by how much?"))] if up is None else []


def _from_to(clause: Clause, a: Assertion, quantities: list[tuple[int, Meant]]) -> list[Assertion]:
    """ "from 2.2 percent in 2020 to 1.9 percent in 2021", also "by 63 percent from 67 to 110 billion": each level, and the arithmetic."""

    def named(k: int, words: tuple[str, ...]) -> bool:
        return any(clause.items[j].text.casefold() in words for j in range(max(0, k - 2), k))

    start = next((q for q in quantities if named(q[0], ("from", "von", "de", "desde", "从", "由"))), None)
    end = next((q for q in quantities if q is not start and named(q[0], ("to", "auf", "a", "à", "hasta", "至", "到"))), None)
    by = [q for q in quantities if q is not start and q is not end]
    if start is None or end is None or len(by) > 1:
        return [replace(a, doubts=(*a.doubts, "several numbers: " + ", ".join(q.text for _, q in quantities)))]
    own = [int(i.value) for k, i in enumerate(clause.items) if i.kind == "year" and start[0] < k < end[0]]
    last = [int(i.value) for k, i in enumerate(clause.items) if i.kind == "year" and k > end[0]]
    money = next((q.measure for _, q in (end, start) if q.measure.startswith("currency:")), clause.context.currency)
    first, second = (replace(Amount.of(in_currency(q[1], money)), hedge=q[1].hedge) for q in (start, end))
    form: Form = "share" if clause.world or clause.where("share") is not None else "value"
    made = []
    if by and by[0][1].measure == "percent":
        made.append(replace(a, form="sum", base=first, amount=second, ratio=Amount.of(by[0][1])))
    if len(own) == 1 and len(last) == 1:
        made += [
            replace(a, form=form, amount=first, year=own[0], since=None),
            replace(a, form=form, amount=second, year=last[0], since=None),
        ]
    else:
        made.append(replace(a, doubts=(*a.doubts, "in which years were these values?")))
    return made


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
    if len(out) > 2:
        return [replace(a, doubts=(*a.doubts, "several numbers: " + ", ".join(q.text for _, q in quantities)))]
    return out
