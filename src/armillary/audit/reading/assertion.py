"""What a sentence asserts, as data: one :class:`Assertion` for each rank, value, change, comparison, share, run or count in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from armillary.audit.reading.items import Meant

Form = Literal["rank", "value", "share", "change", "compare", "overtake", "run", "count", "path", "sum"]
ROUGH = 0.1
"""A tenth either way for "about" and below for "nearly"; shown with each answer."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what it may be: ``low`` to ``high`` is what the words allow, an open end is infinite."""

    value: float
    low: float
    high: float
    measure: str
    hedge: str = ""
    text: str = ""

    @classmethod
    def of(cls, item: Meant) -> Amount:
        """Hedge words become limits: "nearly 90" is 81 to 90, "more than 3" is above 3, a bare number its rounding."""
        v, half, h = item.value, item.half, item.hedge
        measure = "percent" if item.measure == "fraction" else item.measure
        if item.measure == "fraction":
            v, half = v * 100, 0.03 * v * 100
        rough = ROUGH * abs(v)
        limits = {
            "": (v - half, v + half),
            "exactly": (v - half, v + half),
            "about": (v - max(rough, half), v + max(rough, half)),
            "nearly": (v - max(rough, half), v + half * 0.2),
            "slightly": (v, v + max(rough, half)),
            "more": (v, float("inf")),
            "atleast": (v - half * 0.2, float("inf")),
            "less": (float("-inf"), v),
            "atmost": (float("-inf"), v + half * 0.2),
        }[h]
        return cls(v, limits[0], limits[1], measure, h, item.text)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; None for an open end."""
        ends = {k: (None if abs(getattr(self, k)) == float("inf") else getattr(self, k)) for k in ("low", "high")}
        return {"value": self.value, **ends, "unit": self.measure, "hedge": self.hedge or None, "text": self.text}


@dataclass(frozen=True)
class Assertion:
    """One thing that can be true or false. ``subject`` and ``others`` are country codes or ``table#unit``; ``topics`` what it measures."""

    form: Form
    text: str
    subject: tuple[str, ...] = ()
    subject_name: str = ""
    topics: frozenset[str] = frozenset()
    around: tuple[frozenset[str], ...] = ()
    """Topics of the words before and of the title, the nearest first: used where the clause's own do not name a measure."""
    fields: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    amount: Amount | None = None
    base: Amount | None = None
    rank: int | None = None
    rank_word: str = "exactly"
    of: int | None = None
    lowest: bool = False
    others: tuple[tuple[tuple[str, ...], str], ...] = ()
    """Units to compare with, each with its possible codes and its name."""
    ratio: Amount | None = None
    first: int | None = None
    years: int | None = None
    path: tuple[tuple[int, int], ...] = ()
    year: int | None = None
    year_told_before: bool = False
    since: int | None = None
    previous: bool = False
    scope: str = ""
    falling: bool = False
    first_time: bool = False
    """Whether it is said to be so for the first time."""
    entered: bool = False
    """Whether it is said not to have been so the time before ("entered the top ten")."""
    left: bool = False
    """Whether it is said not to be so any more ("fell out of the top ten")."""
    risen: int = 0
    """1 for "rose to third", -1 for "fell to third": on which side of it the rank before must have been."""
    peak: bool = False
    """Whether the value is said to be the highest so far."""
    summed: bool = False
    """Whether the others are taken together."""
    partner: tuple[str, ...] = ()
    """With whom: the works written together with this country are meant."""
    doubts: tuple[str, ...] = ()
    """What in the clause is not understood or not judged; with any of it nothing is decided."""
    assumed: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Only what is set."""
        body = asdict(self)
        for key in ("amount", "base", "ratio"):
            value = getattr(self, key)
            body[key] = None if value is None else value.as_dict()
        body["topics"] = sorted(self.topics)
        del body["around"]
        return {k: v for k, v in body.items() if v not in (None, "", (), [], False, frozenset())}


@dataclass(frozen=True)
class Context:
    """What the sentences before, or the title of the article, have told: used where a clause does not say it itself."""

    subject: tuple[str, ...] = ()
    subject_name: str = ""
    heard: tuple[frozenset[str], ...] = ()
    """Topics of the clauses before, the nearest first; the title's last."""
    currency: str = ""
    year: int | None = None
    year_told_before: bool = False
    """Whether the year is of an earlier sentence, so that this one may mean another."""
    last: Assertion | None = None
    """The assertion before in the same sentence, which a clause without a word of its own goes on with ("and Brazil 52nd")."""
    partner: tuple[str, ...] = ()
    """With whom the subject's joint works are spoken of."""
    sole: bool = True
    """Whether the sentence has one subject only, so that a clause without one means it."""
