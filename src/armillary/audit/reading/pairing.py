"""Two countries and what they do together: works of both, and who is whose partner."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.audit.reading.items import Meant

_OF = frozenset({"of", "for", "von", "der", "des", "de", "del", "d", "du"})
_ARTICLES = frozenset({"the", "la", "l", "los", "las", "les", "el", "den", "dem"})


@dataclass(frozen=True, slots=True)
class Pair:
    """One of the two as subject, the other as partner; ``doubt`` where that is not clear."""

    subject: tuple[str, ...] = ()
    name: str = ""
    partner: tuple[str, ...] = ()
    doubt: str = ""


def joined(items: list[Meant], topics: frozenset[str]) -> Pair | None:
    """Who does something with whom; None where nothing is said to be done together. ``topics``: of the clause and the words before."""
    joint = next((i for i in items if i.has("joint", "partner")), None)
    if joint is None:
        return None
    named: dict[frozenset[str], tuple[int, Meant]] = {}
    for k, i in enumerate(items):
        if i.kind == "unit":
            named.setdefault(i.means, (k, i))
    partner = next((k for k, i in enumerate(items) if i.has("partner")), None)
    if len(named) != 2 or any(not i.units for _, i in named.values()) or not (partner is not None or topics & {"papers", "joint"}):
        return Pair(doubt=f"{joint.text}: who with whom, and what?")
    first, second = named.values()
    if partner is None:
        return Pair(first[1].units, f"{first[1].text}, {second[1].text}", second[1].units)
    owners = [x for x in (first, second) if _owns(items, x[0], x[1], partner)]
    if len(owners) != 1:
        return Pair(doubt="whose partner?")
    owner, other = (first, second) if owners[0] is first else (second, first)
    return Pair(other[1].units, other[1].text, owner[1].units)


def _owns(items: list[Meant], place: int, item: Meant, partner: int) -> bool:
    """Whether a name is the one whose partner is spoken of: "China's partner", "partner of China", "Deutschlands Partner"."""
    after = items[place + 1] if place + 1 < len(items) else None
    if place < partner:
        named = item.text.endswith("s") or item.text[0] > "\u3400"
        return after is not None and (after.text.casefold() in ("s", "的") or (named and after.has("super", "partner")))
    before = place - 1
    while before > partner and items[before].text.casefold() in _ARTICLES:
        before -= 1
    return items[before].text.casefold() in _OF or (item.text.endswith("s") and place == partner + 1)
