"""Phrases and what they can mean, by language: words of `registry/reading`, names of countries, groups, clusters, institutions."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any

from armillary.audit.library import tables
from armillary.audit.reading.tokens import fold, key_of, tokens
from armillary.registry import country_names, read_csv, read_toml, world

LANGUAGES = ("en", "de", "es", "fr", "zh")
_UMLAUTS: dict[str, str | int | None] = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


def _spellings(phrase: str) -> set[tuple[str, ...]]:
    """A phrase, also with ae, oe, ue for its umlauts."""
    plain = phrase.translate(str.maketrans(_UMLAUTS))
    return {key_of(phrase), key_of(plain)} - {()}


@cache
def phrases(language: str) -> dict[tuple[str, ...], frozenset[str]]:
    """Folded phrase -> everything that it can mean: ``stop``, ``more``, ``topic:rd``, ``unit:IN``, ``place:beijing``, ..."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for meaning, by_language in read_toml("reading", "words.toml").items():
        for phrase in by_language.get(language, ()):
            for key in _spellings(phrase):
                found[key].add(meaning)
    for topic, by_language in read_toml("reading", "topics.toml").items():
        meaning = topic if topic.startswith(("field:", "source:")) else f"topic:{topic}"
        for spoken in dict.fromkeys((language, "en")):
            for phrase in by_language.get(spoken, ()):
                for key in _spellings(phrase):
                    if spoken == language or key not in found:
                        found[key].add(meaning)
    for phrase, meaning in [*_countries(language), *_places(), *_universities()]:
        for key in _spellings(phrase):
            found[key].add(meaning)
    return {k: frozenset(v) for k, v in found.items()}


@cache
def longest(language: str) -> int:
    """Tokens of the longest phrase."""
    return max(len(k) for k in phrases(language))


_PARTS = frozenset({"English", "Scottish", "Welsh"})
_SHARED = {"zh": "zh_Hans"}


def _countries(language: str) -> list[tuple[str, str]]:
    """Names and adjectives of countries, and the groups that are no countries."""
    out: list[tuple[str, str]] = []
    column = _SHARED.get(language, language)
    for row in read_csv("vocabularies", "country_names.csv"):
        code = "EU27" if row["code"] == "EU" else row["code"]
        names = {row["en"], row[column], row["zh_Hant"] if language == "zh" else row[column]}
        for name in sorted(n for n in names if n):
            out.append((name, f"unit:{code}"))
            if language == "de" and " " not in name and not name.endswith("s"):
                out.append((name + "s", f"unit:{code}"))
    out += [(name, f"unit:{code}") for code, name in country_names().items() if code != "EU"]
    for row in read_csv("vocabularies", "country_variants.csv"):
        if row["kind"] in ("name", "formal"):
            out.append((row["name"], f"unit:{row['code']}"))
    if language == "en":
        for row in read_csv("vocabularies", "country_adjectives.csv"):
            if row["adjective"] not in _PARTS:
                out.append((row["adjective"], f"unit:{row['code']}"))
    for row in read_csv("reading", "adjectives.csv"):
        if row["language"] == language:
            for word in row["words"].split("|"):
                endings = ("", "e", "en", "er", "es", "em") if language == "de" and word.endswith("sch") else ("",)
                out += [(word + e, f"unit:{row['code']}") for e in endings]
    return out


@cache
def places() -> dict[str, frozenset[str]]:
    """Name of a cluster, city or institution of the published tables -> the units (``table#unit``) that it can mean."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, unit, name in tables.named_units():
        short = re.sub(r"\s+(?:MA|City|Bay Area)$", "", name)
        for alias in {name, short, *tables.ALIASES.get(unit, ())}:
            found[" ".join(key_of(alias))].add(f"{table}#{unit}")
    return {k: frozenset(v) for k, v in found.items() if k}


def _places() -> list[tuple[str, str]]:
    return [(name, f"place:{name}") for name in places()]


def _universities() -> list[tuple[str, str]]:
    """Universities with series of their own, by the names that articles use for ``Johns Hopkins U.`` and ``U. Akron``."""
    out = []
    for unit in world.units().values():
        if unit.kind == "university" and "," not in unit.name and "(" not in unit.name:
            name = re.sub(r"\bU\.$", "University", re.sub(r"^U\. ", "University of ", unit.name))
            if "." not in name and " " in name:
                out.append((name, f"unit:{unit.code}"))
    return out


def capital(meaning: str) -> bool:
    """Whether a phrase with this meaning must begin with a capital letter in English (a name)."""
    return meaning.startswith(("unit:", "place:"))


_HINTS = {
    "de": "der die das und ist im fuer für von mit prozent den des wurde als mehr bei auf dem",
    "es": "el la los las y es en de del por que un una su más año ciento con se",
    "fr": "le la les et est en de du des pour que un une l d plus dans au aux a ses pourcent",
    "en": "the and is in of for than more with was has its to by percent a on from are",
}


def language_of(text: str) -> str:
    """The language of a sentence by its small words; Chinese by its characters."""
    found = tokens(text)
    if sum(t.kind == "cjk" for t in found) >= 3:
        return "zh"
    words = [t.key for t in found if t.kind == "word"]
    hints = {lang: {fold(w) for w in s.split()} for lang, s in _HINTS.items()}
    score = {lang: sum(w in hints[lang] for w in words) for lang in ("en", "de", "es", "fr")}
    best = max(score, key=lambda k: score[k])
    known: dict[str, int] = {}
    for lang in score:  # small words are shared: how much of the sentence each language's phrases know breaks the tie
        if score[lang] >= score[best] - 1:
            have: Any = {k[0] for k in phrases(lang)}
            known[lang] = sum(w in have for w in words) + score[lang]
    return max(known, key=lambda k: known[k])
