"""Two countries and what they do together: works of both, and who is whose partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from armillary.audit.reading.items import Meant

if TYPE_CHECKING:
    from armillary.audit.reading.clause import Clause

_OF = frozenset({"of", "for", "von", "der", "des", "de", "del", "d", "du"})
_ARTICLES = frozenset({"the", "la", "l", "los", "las", "les", "el", "den", "dem"})


def joined(clause: Clause) -> None:
    """Where a clause speaks of works of two countries, one becomes the subject and the other its partner; else "together" is a doubt."""
    joint = clause.where("joint", "partner")
    if joint is None:
        return
    named: dict[frozenset[str], tuple[int, Meant]] = {}
    for k, i in clause.units():
        named.setdefault(i.means, (k, i))
    partner = clause.where("partner")
    heard = clause.topics.union(*clause.context.heard[:1])
    if len(named) != 2 or any(not i.units for _, i in named.values()) or not (partner is not None or heard & {"papers", "joint"}):
        clause.doubts.append(f"{clause.items[joint].text}: who with whom, and what?")
        return
    first, second = named.values()
    if partner is not None:
        owners = [x for x in (first, second) if _owns(clause, x[0], x[1], partner)]
        if len(owners) != 1:
            clause.doubts.append("whose partner?")
            return
        first, second = (second, first) if owners[0] is first else (first, second)
    clause.used |= {k for k, i in enumerate(clause.items) if i.kind == "unit"}
    clause.partner = second[1].units
    both = first[1].text if partner is not None else f"{first[1].text}, {second[1].text}"
    clause.pair = (first[1].units, both)
    clause.topics = (clause.topics - {"papers", "international"}) | {"joint"}


def _owns(clause: Clause, place: int, item: Meant, partner: int) -> bool:
    """Whether a name is the one whose partner is spoken of: "China's partner", "partner of China", "Deutschlands Partner"."""
    after = clause.items[place + 1] if place + 1 < len(clause.items) else None
    if place < partner:
        named = item.text.endswith("s") or item.text[0] > "\u3400"
        return after is not None and (after.text.casefold() in ("s", "的") or (named and after.has("super", "partner")))
    before = place - 1
    while before > partner and clause.items[before].text.casefold() in _ARTICLES:
        before -= 1
    return clause.items[before].text.casefold() in _OF or (item.text.endswith("s") and place == partner + 1)
