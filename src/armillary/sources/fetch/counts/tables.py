"""Which tables there are, and the queries that make each (``registry/counts.toml``)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from armillary.errors import UnknownNameError, UsageError
from armillary.registry import read_toml
from armillary.sources.fetch.allowance import facts
from armillary.sources.fetch.query import Selection

FIELDS = tuple(str(n) for n in range(11, 37))
"""OpenAlex numbers its 26 fields so."""
CHEAP = ("years", "types", "access", "fields", "goals", "countries", "countries-international", "countries-top10", "countries-top1")
"""The tables that are fetched if none is named."""


@dataclass(frozen=True)
class CountTable:
    """A table of counts; see ``registry/counts.toml`` for the fields."""

    name: str
    title: str
    group_by: str
    unit: str
    over: str
    groups: int
    filter: str | None = None
    single: bool = False
    note: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of a row, before ``name`` and ``works``."""
        return {
            "period": (self.unit,) if self.unit == "year" else ("period", self.unit),
            "year": ("year", self.unit),
            "field": ("year", "field", self.unit),
            "country": ("period", "country", self.unit),
            "bounds": ("year", self.unit),
        }[self.over]


@dataclass(frozen=True)
class CountsWanted:
    """What is common to all queries: years, a filter of the user's own, corpus, and address."""

    first: int
    last: int
    filter: str | None = None
    corpus: str | None = None
    base: str = "https://api.openalex.org"

    @property
    def period(self) -> str:
        """``2015-2024``."""
        return f"{self.first}-{self.last}" if self.first != self.last else str(self.first)


@dataclass(frozen=True)
class CountQuery:
    """One query of a table and the keys that its rows begin with."""

    table: CountTable
    query: Selection
    keys: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where its groups are kept; another query has another one."""
        digest = hashlib.sha256(f"{self.query.filter}\n{self.query.group_by}\n{self.query.corpus}\n{self.query.base}".encode())
        return f"{self.table.name}-{'-'.join(k.lower() for k in self.keys) or 'all'}-{digest.hexdigest()[:12]}"


def registry() -> dict[str, Any]:
    """The file of tables."""
    return _registry()


@cache
def _registry() -> dict[str, Any]:
    return read_toml("counts.toml")


def table(name: str) -> CountTable:
    """A table by its name; :class:`UnknownNameError` with suggestions."""
    known = registry()["table"]
    if name not in known:
        raise UnknownNameError("table", name, known)
    return CountTable(name, **known[name])


def chosen(names: Iterable[str]) -> list[CountTable]:
    """Tables by name (all cheap ones if there is none), each after what it needs."""
    found = [table(n) for n in dict.fromkeys(names)] or [table(n) for n in CHEAP]
    for over, needed in (("country", "countries"), ("bounds", "corresponding")):
        if any(t.over == over for t in found) and all(t.name != needed for t in found):
            found.append(table(needed))
    return sorted(found, key=lambda t: t.over in ("country", "bounds"))


def period(text: str) -> tuple[int, int]:
    """First and last year of ``2015-2024`` or ``2020``."""
    match = re.fullmatch(r"\s*(\d{4})\s*(?:[-:\u2013]\s*(\d{4})\s*)?", text)
    if match is None or int(match[1]) > int(match[2] or match[1]):
        raise UsageError(f"'{text}' is no period", fix="write it as 2015-2024")
    return int(match[1]), int(match[2] or match[1])


def parts(table: CountTable, asked: CountsWanted, countries: Iterable[str] = ()) -> Iterator[CountQuery]:
    """The queries of a table. ``countries``: codes, for the tables over countries."""
    whole = f"publication_year:{asked.period}"
    years = [(str(y), f"publication_year:{y}") for y in range(asked.first, asked.last + 1)]
    if table.over == "period":
        yield _part(table, asked, whole, () if table.unit == "year" else (asked.period,))
    elif table.over == "year":
        for year, narrow in years:
            yield _part(table, asked, narrow, (year,))
    elif table.over == "field":
        for year, narrow in years:
            for field in FIELDS:
                yield _part(table, asked, f"{narrow},primary_topic.field.id:{field}", (year, field))
    elif table.over == "country":
        for country in countries:
            yield _part(table, asked, f"{whole},authorships.countries:{country}", (asked.period, country))


def _part(table: CountTable, asked: CountsWanted, narrow: str, keys: tuple[str, ...]) -> CountQuery:
    wanted = ",".join(f for f in (narrow, table.filter, asked.filter) if f)
    query = Selection("works", wanted, None, facts()["groups"], asked.base, corpus=asked.corpus, group_by=table.group_by)
    query.check()
    query.pieces()
    return CountQuery(table, query, keys)


def requests(table: CountTable, asked: CountsWanted) -> int:
    """About how many pages of groups the table takes."""
    known, years = registry(), asked.last - asked.first + 1
    if table.over == "bounds":
        return -(-table.groups // int(facts()["values"]))
    queries = {"period": 1, "year": years, "field": years * len(FIELDS), "country": int(known["countries"])}[table.over]
    groups = min(table.groups, years) if table.unit == "year" else table.groups
    return queries * max(1, -(-groups // int(facts()["groups"])))
