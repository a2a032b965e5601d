"""The grammar of a query: which predicates there are, which keys each takes, and how a key is checked.

This table is the language: the reader, the errors, the documentation and the command line all come from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from armillary.audit.words import WORDS


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a query: its meaning for people and a check that returns a complaint or None."""

    meaning: str
    check: Callable[[Any], str | None]


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "must be text"


def _whole(value: Any) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"


def _positive(value: Any) -> str | None:
    return _whole(value) or (None if value >= 1 else "must be 1 or more")


def _run(value: Any) -> str | None:
    return _positive(value) or (None if value <= 1000 else "must be at most 1000")


def _year(value: Any) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) and 1500 <= value <= 2999 else "must be a year such as 2024"


def _period(value: Any) -> str | None:
    if isinstance(value, str):
        return None if value.strip() else 'must be a year, "latest" or the name of an edition'
    return None if _year(value) is None else 'must be a year such as 2024, "latest" or the name of an edition'


def _number(value: Any) -> str | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and value == value
    return None if good else "must be a finite number"


def _not_negative(value: Any) -> str | None:
    return _number(value) or (None if value >= 0 else "must not be negative")


def _word(value: Any) -> str | None:
    if isinstance(value, str) and value in WORDS:
        return None
    near = difflib.get_close_matches(str(value), WORDS, n=1)
    return f"must be one of {', '.join(WORDS)}" + (f"; did you mean '{near[0]}'?" if near else "")


def _units(value: Any) -> str | None:
    good = isinstance(value, list) and len(value) >= 2 and all(isinstance(v, str) and v for v in value) and len(set(value)) == len(value)
    return None if good else "must be a list of two or more different units"


def _unit_or_units(value: Any) -> str | None:
    if isinstance(value, list):
        return None if value and all(isinstance(v, str) and v for v in value) else "must be a unit or a list of units"
    return None if isinstance(value, str) and value else "must be a unit or a list of units"


def _ranks(value: Any) -> str | None:
    return None if isinstance(value, list) and value and all(_positive(v) is None for v in value) else "must be a list of ranks"


def _path(value: Any) -> str | None:
    good = isinstance(value, dict) and len(value) >= 2
    good = good and all(str(k).isdigit() and len(str(k)) == 4 and _positive(v) is None for k, v in value.items())
    return None if good else "must give a rank for two or more years, such as { 2012 = 34, 2019 = 14 }"


def _span(value: Any) -> str | None:
    good = isinstance(value, list) and len(value) == 2 and all(_year(v) is None for v in value) and value[0] <= value[1]
    return None if good else "must be two years, the earlier first, such as [2000, 2010]"


def _from(value: Any) -> str | None:
    return None if _year(value) is None or _span(value) is None else "must be a year, or the first and last year that it may begin in"


def _one_of(*names: str) -> Callable[[Any], str | None]:
    return lambda value: None if isinstance(value, str) and value in names else "must be one of " + ", ".join(names)


KEYS: dict[str, Key] = {
    "unit": Key("the unit in question, by the id that the evidence uses (CN, beijing, I123)", _text),
    "other": Key("the unit or units to compare with; several are added up", _unit_or_units),
    "units": Key("units, best first", _units),
    "of": Key('the whole: a unit, a list of units, or "all"', _unit_or_units),
    "minus": Key("a unit whose value is taken off first (a lead over it)", _text),
    "country": Key("a country code or a list of them", _unit_or_units),
    "period": Key('year or edition; "latest"; or a name that the evidence gives to an edition', _period),
    "from": Key("first year; for `every` also a list of two years between which it may begin", _from),
    "to": Key("last year", _year),
    "until": Key('last year of the run (or edition, or "latest")', _period),
    "since": Key("first year to look at", _year),
    "between": Key("two years, both included", _span),
    "years": Key("length of the run in years", _run),
    "rank": Key("a rank, 1 is best", _positive),
    "ranks": Key("the rank of each of the units", _ranks),
    "path": Key("year = rank, for two or more years", _path),
    "first": Key("how far down the list to look", _positive),
    "number": Key("the number to compare with", _number),
    "word": Key("how to compare: " + ", ".join(WORDS), _word),
    "tolerance": Key("absolute tolerance, in the unit of the number", _not_negative),
    "as": Key("ratio, percent or difference", _one_of("ratio", "percent", "difference")),
    "by": Key("rank or value", _one_of("rank", "value")),
}


@dataclass(frozen=True, slots=True)
class Grammar:
    """One predicate: what it says, the keys it needs, the keys it may have, and the key that names its period (if it has one)."""

    name: str
    meaning: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    period_key: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


_C = ("word", "tolerance")
PREDICATES: dict[str, Grammar] = {
    g.name: g
    for g in (
        Grammar(
            "rank",
            "the unit has that rank (word = \"at most\" for 'in the top ten')",
            ("unit", "period", "rank"),
            _C,
            "period",
            {"word": "exactly"},
        ),
        Grammar("rank-path", "the unit had these ranks in these years", ("unit", "path")),
        Grammar(
            "rank-streak", "the unit held the rank or better, years in a row", ("unit", "years"), ("rank", "until"), "until", {"rank": 1}
        ),
        Grammar(
            "first-time",
            "the unit reaches the rank for the first time",
            ("unit", "period", "rank"),
            ("since", "word"),
            "period",
            {"word": "at most"},
        ),
        Grammar("first-above", "the first year in which the value is above the number", ("unit", "number", "period"), ("since",), "period"),
        Grammar("value", "the value compared with a number", ("unit", "period", "number"), _C, "period", {"word": "exactly"}),
        Grammar(
            "share",
            "the unit's part of a whole, between 0 and 1, compared with a number",
            ("unit", "of", "period", "number"),
            _C,
            "period",
            {"word": "exactly"},
        ),
        Grammar(
            "growth",
            "how the value changed from one year to another",
            ("unit", "from", "to", "number"),
            ("minus", "as", *_C),
            None,
            {"as": "ratio", "word": "exactly"},
        ),
        Grammar(
            "compare",
            "the unit against another, or against several added up",
            ("unit", "other", "period"),
            ("by", "as", "number", *_C),
            "period",
            {"by": "value", "word": "more than"},
        ),
        Grammar(
            "order", "the units stand in this order (or at these ranks)", ("units", "period"), ("ranks", "by"), "period", {"by": "rank"}
        ),
        Grammar(
            "count-among-first",
            "how many of the first k units belong to the country",
            ("country", "first", "period", "number"),
            _C,
            "period",
            {"word": "exactly"},
        ),
        Grammar(
            "most-among-first",
            "the country has more of the first k units than any other (or than `other`)",
            ("country", "first", "period"),
            ("other",),
            "period",
        ),
        Grammar("crossing", "the year from which the unit is above the other for good", ("unit", "other"), ("period", "between"), "period"),
        Grammar(
            "every", "the comparison holds in every year", ("unit", "from", "number"), ("to", "minus", *_C), None, {"word": "more than"}
        ),
    )
}


@dataclass(frozen=True)
class ClaimQuery:
    """One predicate with its arguments, checked."""

    predicate: str
    args: Mapping[str, Any]

    @property
    def grammar(self) -> Grammar:
        """The predicate's entry in the grammar."""
        return PREDICATES[self.predicate]

    def get(self, key: str) -> Any:
        """An argument, its default, or None."""
        return self.args.get(key, self.grammar.defaults.get(key))

    def at(self, period: int) -> ClaimQuery:
        """The same query about another period; only for predicates that name one."""
        key = self.grammar.period_key
        if key is None:
            return self
        return ClaimQuery(self.predicate, {k: v for k, v in self.args.items() if k != "between"} | {key: period})


def complaints(predicate: str, args: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """What is wrong with a query, as (key, complaint); empty if nothing is."""
    if predicate not in PREDICATES:
        near = difflib.get_close_matches(predicate, PREDICATES, n=2)
        hint = "did you mean " + " or ".join(f"'{n}'" for n in near) + "?" if near else "known: " + ", ".join(PREDICATES)
        return [("predicate", f"unknown predicate '{predicate}'; {hint}")]
    grammar = PREDICATES[predicate]
    found: list[tuple[str | None, str]] = []
    for key, value in args.items():
        if key not in grammar.needs and key not in grammar.may:
            known = [*grammar.needs, *grammar.may]
            near = difflib.get_close_matches(key, known, n=1)
            found.append(
                (key, f"'{predicate}' takes no '{key}'; " + (f"did you mean '{near[0]}'?" if near else "it takes " + ", ".join(known)))
            )
        else:
            complaint = KEYS[key].check(value)
            if complaint:
                found.append((key, f"'{key}' {complaint}"))
    for key in grammar.needs:
        if key not in args:
            found.append((None, f"'{predicate}' needs '{key}' ({KEYS[key].meaning})"))
    if predicate == "crossing" and not ({"period", "between"} & set(args)):
        found.append((None, "'crossing' needs 'period' or 'between'"))
    if (
        predicate == "order"
        and isinstance(args.get("ranks"), list)
        and isinstance(args.get("units"), list)
        and len(args["ranks"]) != len(args["units"])
    ):
        found.append(("ranks", "'ranks' must have one rank for each unit"))
    if (
        predicate in ("growth", "every")
        and not found
        and isinstance(args.get("from"), int)
        and args.get("to") is not None
        and args["from"] > args["to"]
    ):
        found.append(("from", "'from' lies after 'to'"))
    return found
