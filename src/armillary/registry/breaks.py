"""Days on which OpenAlex changed what its records say of types, authors, affiliations, goals or topics (``breaks.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

KINDS = ("types", "corresponding", "affiliations", "goals", "topics")


@dataclass(frozen=True, slots=True)
class Break:
    """``of``: one of :data:`KINDS`; ``date``: first day (ISO) on which records are of the new kind; ``says``: what changed."""

    of: str
    date: str
    says: str

    @property
    def note(self) -> str:
        """What a reader must know of numbers from records on both sides."""
        return f"Records last changed before and after {self.date} are counted together. Since that day {self.says}."


@cache
def all_breaks() -> tuple[Break, ...]:
    """Every break, in order of its day."""
    text = files("armillary.registry").joinpath("breaks.toml").read_text(encoding="utf-8")
    return tuple(sorted((Break(**entry) for entry in tomllib.loads(text)["break"]), key=lambda b: (b.date, b.of)))


def by_year(notes: Collection[str]) -> dict[str, str]:
    """What the breaks among the notes of a ranking change, by the year of their day: marks for charts over time.

    The day is one of the records, not of the papers: records of papers of any year are of the new kind if they were changed since. At the
    year of the day the kinds begin to be one, because what is published later has new records only. So the words say what the day is of.
    """
    found: dict[str, list[str]] = {}
    for b in all_breaks():
        if b.note in notes:
            found.setdefault(b.date[:4], []).append(f"record change of {b.date} (papers of any year): {b.says}")
    return {year: "; ".join(said) for year, said in found.items()}


def crossed(first: str | None, last: str | None, of: Collection[str] = KINDS) -> list[Break]:
    """Breaks of these kinds between two days (ISO dates or times): records of ``first`` are of the old kind, those of ``last`` of the new.

    None for a day that is not known: nothing can be said then.
    """
    if not first or not last:
        return []
    return [b for b in all_breaks() if b.of in of and first[:10] < b.date <= last[:10]]
