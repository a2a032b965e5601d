"""Who is ahead of whom: more than, so many times as many, ahead of, overtook."""

from __future__ import annotations

from dataclasses import replace

from armillary.audit.reading.assertion import Amount, Assertion
from armillary.audit.reading.clause import Clause, codes, ordinals_of, quantities_of, with_subject
from armillary.audit.reading.moves import multiple, times_of

_AFTER = frozenset({"after", "après", "tras"})
"""Words that part ranks ("second after China"), and say nothing without one."""
_BY = frozenset({"by", "von", "durch", "par", "por", "被"})


def _is_passive(clause: Clause, at: int) -> bool:
    """ "was overtaken by": who follows is the one ahead."""
    after = clause.items[at + 1].text.casefold() if at + 1 < len(clause.items) else ""
    return after in _BY or any(i.text == "被" for i in clause.items[:at])


def overtakes(clause: Clause) -> list[Assertion]:
    """ "overtook", "was overtaken by": who passed whom, and in which year."""
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


def _beyond(clause: Clause) -> int | None:
    """Place of "above" or "below" before a name ("stands above Harvard"), where no number follows it."""
    for k, i in enumerate(clause.items[:-1]):
        after = next((x for x in clause.items[k + 1 :] if not x.has("stop")), None)
        if i.kind == "word" and i.has("more", "less") and k and after is not None and after.kind == "unit":
            return k
    return None


def _against_year(clause: Clause, years: list[int], twice: int | None) -> list[Assertion]:
    """ "the spending of 2023 is nearly six times that of 2007": a change by a multiple, told from its end."""
    a = replace(with_subject(clause, clause.base()), form="change", year=years[0], since=years[1])
    quantities = [q for _, q in quantities_of(clause)]
    if years[0] < years[1] or len(quantities) > 1 or (twice is None and not quantities):
        return [replace(a, doubts=(*a.doubts, "how many times, of which year to which?"))]
    return [replace(a, ratio=times_of(quantities[0]) if quantities else multiple(clause, twice or 0, 2.0))]


def compares(clause: Clause) -> list[Assertion]:
    """ "more papers than", "ahead of", "twice as many as"."""
    than = clause.where("than", "ahead", "behind", "only-to", "thatof")
    than = _beyond(clause) if than is None else than
    twice, times = clause.where("twice"), clause.where("times")
    start = than if than is not None else (twice if twice is not None else times)
    if start is None or ordinals_of(clause) or clause.items[start].text.casefold() in _AFTER:
        return []
    a = clause.base()
    if _is_passive(clause, start):
        return [replace(with_subject(clause, a), form="compare", doubts=(*a.doubts, "who is ahead of whom?"))]
    years = list(dict.fromkeys(int(y.value) for y in clause.years))
    if len({i.means for _, i in clause.units()}) < 2 and len(years) == 2 and (times is not None or twice is not None):
        return _against_year(clause, years, twice)
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
    less = (
        clause.where("behind", "only-to") is not None
        or clause.items[start].has("less")
        or (clause.where("fewerthan") is not None and clause.where("morethan") is None)
    )
    if clause.summed and len(others) > 1 and not quantities_of(clause) and times is None and twice is None:
        return [
            replace(with_subject(clause, a), form="compare", others=tuple((codes(o), o.text) for o in others), summed=True, falling=less)
        ]
    if clause.summed or (len(others) > 1 and (times is not None or twice is not None or quantities_of(clause))):
        clause.used.clear()
        return [replace(with_subject(clause, a), form="compare", doubts=(*a.doubts, "compared with whom?"))]
    a = with_subject(clause, a)
    quantities = quantities_of(clause)
    only = clause.where("only-to")
    compared = [replace(a, form="compare", others=((codes(o), o.text),), falling=less) for o in others]
    if only is not None and not quantities and len(others) == 1:
        return [replace(a, form="rank", rank=2), *compared]
    ratio = None
    if clause.where("thatof") is not None and twice is None and times is None and not quantities:
        ratio = Amount(1.0, 0.85, 1.02, "times", "nearly", clause.items[start].text)
    elif twice is not None:
        ratio = multiple(clause, twice, 2.0)
    elif times is not None and quantities:
        ratio = times_of(quantities[0][1])
    elif quantities and quantities[0][1].measure == "percent":
        p = Amount.of(quantities[0][1])
        sign = -1.0 if less else 1.0
        ends = sorted((1 + sign * p.low / 100, 1 + sign * p.high / 100))
        ratio = Amount(1 + sign * p.value / 100, ends[0], ends[1], "times", p.hedge, p.text)
    elif quantities and only is not None and len(quantities) == 1:
        return [*(replace(a, form="value", amount=Amount.of(q)) for q in quantities[0][1:]), replace(a, form="rank", rank=2), *compared]
    elif quantities:
        return [replace(a, form="compare", doubts=(*a.doubts, f"the number {quantities[0][1].text} in a comparison"))]
    return [replace(a, form="compare", others=((codes(o), o.text),), ratio=ratio, falling=less) for o in others]
