"""What can be asked for, found by words: indicators, shipped series and tables, countries, counting methods, scopes, rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from armillary.counting.methods import METHODS
from armillary.counting.scopes import scopes
from armillary.indicators import all_indicators
from armillary.registry import country_names, rulebook, world
from armillary.sources.values.country import read_country


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that a tool takes: its kind, the id to give, its name, what it is, and the words it is found by."""

    kind: str
    id: str
    name: str
    says: str
    use: str
    words: str


def find(text: str) -> list[Thing]:
    """Things that fit the words, best first: those that have most of them, in their id or name before their description."""
    wanted = _words(text)
    scored = []
    for place, thing in enumerate(things()):
        title, rest = _words(f"{thing.id} {thing.name}"), _words(thing.words)
        hits = [2 if _fits(w, title) else 1 if _fits(w, rest) else 0 for w in wanted]
        if any(hits):
            scored.append((-sum(h > 0 for h in hits), -sum(hits), place, thing))
    found = [t for *_, t in sorted(scored, key=lambda s: s[:3])]
    named = _country(text)
    return ([named] if named else []) + [t for t in found if t != named]


@cache
def things() -> tuple[Thing, ...]:
    """Everything there is to find, in a fixed order."""
    return tuple(_all())


def _all() -> Iterator[Thing]:
    for s in world.catalogue().series.values():
        says = f"{s.unit_of_measure}; {s.first_year}-{s.last_year}; {s.units} units; {s.counting}".strip("; ")
        words = f"{says} {s.concept} {s.note} {s.name_zh} {s.origin.publisher} {' '.join(s.parts)}"
        yield Thing("series", s.id, s.name, says, f'rank("series:{s.id}"), series("{s.id}")', words)
    for t in world.catalogue().tables.values():
        yield Thing("table", t.id, t.title, f"{t.rows} rows", "named in the catalogue resource", t.title)
    for i in all_indicators().values():
        words = f"{i.measure} {i.formula} {i.doc} {' '.join(i.tags)}"
        yield Thing("indicator", i.id, i.name, i.formula, f'rank("{i.id}"), needs an observatory', words)
    for m in METHODS.values():
        yield Thing("counting", m.name, m.name, m.meaning, f'rank(..., counting="{m.name}")', m.meaning)
    for key, scope in scopes().items():
        yield Thing("scope", key, key, str(scope.get("meaning", "")), f'rank(..., scope="{key}")', str(scope.get("meaning", "")))
    for code, called in country_names().items():
        yield Thing("country", code, called, "", f'series(..., unit="{code}")', called)
    for number, rule in rulebook.rules().items():
        yield Thing("rule", number, rule.title, "", f'method("{number}")', rule.title)


def _country(text: str) -> Thing | None:
    """A country that the whole text, or a word of it, names in any language."""
    for part in (text, *re.findall(r"[^\W\d_]{4,}", text)):
        code = read_country(part).value
        if code:
            return next((t for t in things() if t.kind == "country" and t.id == code), None)
    return None


def _fits(word: str, among: frozenset[str]) -> bool:
    return word in among or (len(word) > 3 and any(a.startswith(word) or (len(a) > 3 and word.startswith(a)) for a in among))


@cache
def _words(text: str) -> frozenset[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return frozenset(re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c))))
