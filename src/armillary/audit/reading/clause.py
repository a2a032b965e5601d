"""One clause and what the forms need of it: topics, years, groups, names that are free, numbers and ranks, the subject."""

from __future__ import annotations

from dataclasses import replace

from armillary.audit.reading.assertion import Assertion, Context
from armillary.audit.reading.items import Meant, place_units
from armillary.audit.reading.pairing import joined

MULTIPLE = {"double": 2.0, "triple": 3.0, "quadruple": 4.0, "halved": 0.5}


def heads(piece: list[Meant]) -> bool:
    """Whether a piece asserts something by itself."""
    return any(
        i.kind in ("quantity", "ordinal") or i.has("super", "lead", "last", "overtake", "ahead", "behind", *MULTIPLE, "twice")
        for i in piece
    )


def codes(item: Meant) -> tuple[str, ...]:
    """All that a name can mean."""
    return (*item.units, *sorted(place_units(item)))


class Clause:
    """The items of one clause, with what the forms need of them."""

    def __init__(self, items: list[Meant], context: Context, text: str) -> None:
        self.items = items
        self.context = context
        self.text = text[items[0].start : items[-1].end] if items else ""
        self.used: set[int] = set()
        self.topics = frozenset(m[6:] for i in items if i.kind == "topic" for m in i.means if m.startswith("topic:"))
        self.fields = tuple(sorted({m[6:] for i in items if i.kind == "topic" for m in i.means if m.startswith("field:")}))
        self.sources = tuple(sorted({m[7:] for i in items if i.kind == "topic" for m in i.means if m.startswith("source:")}))
        self.years = [i for i in items if i.kind == "year"]
        self.summed = False
        self.partner: tuple[str, ...] = ()
        self.pair: tuple[tuple[str, ...], str] = ((), "")
        self.doubts = [
            i.text for i in items if i.kind == "unknown" or (i.kind == "word" and i.has("vague") and not (i.means - {"vague", "stop"}))
        ]
        first = any(i.has("firsttime") for i in items)
        self.first_time = first
        dated = any(i.kind == "year" for i in items) or context.year is not None
        ranked = any(i.kind == "ordinal" or i.has("top", "super", "lead") for i in items)
        if first and not dated and not ranked:
            self.doubts.append("the first time of what, and when?")
        scopes = {m[6:] for i in items for m in i.means if m.startswith("scope:")}
        self.world = "world" in scopes
        if "usuniv" in scopes and any("herd-" in m for i in items for m in i.means):
            scopes -= {"usuniv"}  # the series holds no others
        if any(i.has("share") for i in items) and not self.world and not any(i.kind == "quantity" for i in items):
            self.topics = self.topics | {"share"}
        if any(i.has("target") for i in items) and not any(i.has("running", "more") or i.hedge in ("more", "atleast") for i in items):
            self.doubts.append("a target is not a value")
        self.scope = next(iter(sorted(scopes - {"world"})), "world" if self.world else "")
        if len(scopes - {"world"}) > 1:
            self.doubts.append("more than one group to rank in")
        self.previous = any(i.has("previous") for i in items)
        self._pair()

    def _pair(self) -> None:
        """Two names that do something together become one subject with its partner."""
        than = self.where("than", "ahead")
        if than is not None and any(i.kind == "unit" for i in self.items[than:]):
            self.summed = self.where("joint") is not None
            return
        pair = joined(self.items, self.topics.union(*self.context.heard[:1]))
        if pair is None:
            return
        if pair.doubt:
            self.doubts.append(pair.doubt)
            return
        self.used |= {k for k, i in enumerate(self.items) if i.kind == "unit"}
        self.partner, self.pair = pair.partner, (pair.subject, pair.name)
        self.topics = (self.topics - {"papers", "international"}) | {"joint"}

    def where(self, *meanings: str) -> int | None:
        """Place of the first item that can mean one of these."""
        return next((k for k, i in enumerate(self.items) if i.has(*meanings)), None)

    def base(self) -> Assertion:
        """What every assertion of the clause shares."""
        year, since, doubts = self.period()
        return Assertion(
            "value", self.text, self.context.subject, self.context.subject_name, self.topics, self.context.heard, self.fields, self.sources,
            year=year, since=since, previous=self.previous, scope=self.scope, doubts=(*self.doubts, *doubts),
            year_told_before=self.context.year_told_before and (not self.years or (since is not None and year == self.context.year)),
            partner=self.partner or (() if any(i.kind == "unit" for i in self.items) else self.context.partner),
            peak=any(i.has("peak") for i in self.items), entered=any(i.has("entered") for i in self.items),
            left=any(i.has("left") for i in self.items),
        )  # fmt: skip

    def period(self) -> tuple[int | None, int | None, list[str]]:
        """Year, first year of a span, and what is unclear about it."""
        found = self.years
        if not found:
            return self.context.year, None, []
        values = [int(y.value) for y in found]
        at = [k for k, i in enumerate(self.items) if i.kind == "year"]
        if len(values) == 1:
            before = self.items[at[0] - 1] if at[0] else None
            if before is not None and before.has("since"):
                return self.context.year if (self.context.year or 0) > values[0] else None, values[0], []
            after = self.items[at[0] + 1] if at[0] + 1 < len(self.items) else None
            if after is not None and after.has("since") and after.text == "以来":
                return None, values[0], []
            return values[0], None, []
        if len(values) == 2 and values[0] != values[1]:
            return max(values), min(values), []
        return values[-1], None, ["more than two years"] if len(set(values)) > 2 else []

    def units(self) -> list[tuple[int, Meant]]:
        """Names that no comparison has taken."""
        return [(k, i) for k, i in enumerate(self.items) if i.kind == "unit" and k not in self.used]

    def take_after(self, place: int) -> list[Meant]:
        """The names that follow a word of comparison, which are not the subject."""
        out = []
        for k in range(place + 1, len(self.items)):
            i = self.items[k]
            if i.kind == "unit":
                out.append(i)
                self.used.add(k)
            elif i.kind in ("quantity", "ordinal", "year") or (out and not i.has("stop")):
                break
        return out


def with_subject(clause: Clause, a: Assertion) -> Assertion:
    """The clause's own single name, or the one before; more than one is a doubt."""
    if clause.partner:
        return replace(a, subject=clause.pair[0], subject_name=clause.pair[1])
    free = {i.means: i for _, i in clause.units()}
    if len(free) == 1:
        item = next(iter(free.values()))
        return replace(a, subject=codes(item), subject_name=item.text)
    if len(free) > 1:
        return replace(a, doubts=(*a.doubts, "more than one subject: " + ", ".join(i.text for i in free.values())))
    if clause.scope in ("eu", "oecd", "g20") and a.form in ("value", "change", "share"):
        return replace(
            a, subject=({"eu": "EU27", "oecd": "OECD", "g20": "G20"}[clause.scope],), subject_name=clause.scope.upper(), scope=""
        )
    if not a.subject or not clause.context.sole:
        return replace(a, doubts=(*a.doubts, "no subject: which country, city or institution?"))
    return replace(a, assumed=(*a.assumed, f"subject: {a.subject_name}, from the words before"))


def quantities_of(clause: Clause) -> list[tuple[int, Meant]]:
    """Numbers that no other part has taken, with their places."""
    return [(k, i) for k, i in enumerate(clause.items) if i.kind == "quantity" and k not in clause.used]


def ordinals_of(clause: Clause) -> list[tuple[int, Meant]]:
    """Ranks: ordinals, and numbers after a word such as "rank" or "No."."""
    out = []
    several = first_of(clause)
    for k, i in enumerate(clause.items):
        if i.kind == "ordinal":
            if several is None or k not in several:
                out.append((k, i))
        elif i.kind == "quantity" and i.measure == "count" and not i.hedge and i.value <= 300 and i.value == int(i.value):
            before = clause.items[k - 1] if k else None
            if before is not None and before.has("rank"):
                out.append((k, i))
    return out


def first_of(clause: Clause) -> tuple[int, int] | None:
    """Places of "first" and its number in "the first ten", "los diez primeros": no rank 1, but how far a list goes."""
    for k, i in enumerate(clause.items):
        if i.kind == "ordinal" and i.value == 1:
            for j in (k + 1, k - 1):
                if 0 <= j < len(clause.items):
                    n = clause.items[j]
                    if j + 1 < len(clause.items) and clause.items[j + 1].has("running"):
                        continue  # "first nine years in a row"
                    if n.kind == "quantity" and n.measure == "count" and not n.hedge and n.value == int(n.value) and 1 < n.value <= 300:
                        return k, j
    return None


def in_currency(item: Meant, currency: str) -> Meant:
    """A number of millions without a currency takes that of the sentence before ("9.701 millones")."""
    if (
        item.measure == "count"
        and currency
        and item.value >= 1e6
        and any(w in item.text.casefold() for w in ("mill", "mrd", "bill", "trill", "bn", "亿", "万"))
    ):
        return replace(item, measure=currency)
    return item
