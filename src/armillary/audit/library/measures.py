"""Topics -> the measure that fits all of them, and its candidates: series and published tables, each with the reason why it was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from armillary.audit.library import columns
from armillary.audit.reading.assertion import Amount, Assertion
from armillary.registry import read_csv, read_toml, world


@dataclass(frozen=True)
class MeasureEntry:
    """One thing that can be judged; see registry/reading/measures.toml for the fields."""

    id: str
    name: str
    name_zh: str
    topics: tuple[frozenset[str], ...]
    may: frozenset[str] = frozenset()
    kind: str = "total"
    numbers: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    national: str = ""
    sums: tuple[str, ...] = ()
    over: str = ""
    part_of: str = ""
    world_share: str = ""
    published: tuple[str, ...] = ()
    counts: str = ""
    loose: bool = False
    """Databases and definitions differ, so a number is contradicted only far outside of all of them."""
    open: bool = False
    """A common definition is not at hand: what holds here holds by the definitions shown."""
    slack: float = 0.0
    """How far a number may be off by another definition that is usual (head counts and full-time equivalents), as a part of it."""
    yearly: bool = False
    """Values are of single years, so a sentence without a year may mean the sum of all."""
    pairs: bool = False
    """Of two countries; the second is the assertion's partner."""
    own: tuple[str, ...] = ()
    """Indicators of an observatory that measure it."""
    places: bool = False
    """Of cities and institutions, not of countries."""
    living: bool = False
    """The list behind it is still being filled in."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a measure: ``terms`` are signed series (one, for a plain series), ``over`` divides, ``factor`` makes it plain."""

    id: str
    label: str
    terms: tuple[tuple[int, str], ...]
    part: str = ""
    over: str = ""
    percent: bool = False
    factor: float = 1.0
    table: str = ""
    why: str = ""
    is_published: bool = False


@cache
def measures() -> tuple[MeasureEntry, ...]:
    """All of them, in the order of the file."""
    out = []
    for m in read_toml("reading", "measures.toml")["measure"]:
        plain: dict[str, Any] = {k: (tuple(v) if isinstance(v, list) else v) for k, v in m.items() if k not in ("name", "topics", "may")}
        out.append(
            MeasureEntry(
                **plain,
                name=m["name"]["en"],
                name_zh=m["name"]["zh"],
                topics=tuple(frozenset(t) for t in m["topics"]),
                may=frozenset(m.get("may", ())),
            )
        )
    return tuple(out)


def fitting(topics: frozenset[str], has_field: bool = False, subject: tuple[str, ...] = ()) -> MeasureEntry | None:
    """The measure whose topics are exactly these (with what it may have besides); None where none or more than one fits.

    A city or institution has measures of its own.
    """
    place = bool(subject) and all("#" in s for s in subject)
    named = topics | ({"field"} if has_field else frozenset())
    best: list[tuple[int, MeasureEntry]] = []
    for m in measures():
        if m.places and not (place and any(s.partition("#")[0] in m.published for s in subject)):
            continue
        for needs in m.topics:
            wanted = named - ({"share", "average"} - needs) if m.kind == "ratio" else named  # a ratio is a share, and a mean, already
            if needs <= wanted <= needs | m.may:
                best.append((len(wanted & needs), m))
    if not best:
        return None
    most = max(n for n, _ in best)
    top = list(dict.fromkeys(m for n, m in best if n == most))
    top = [m for m in top if m.places] or top
    return top[0] if len(top) == 1 else None


def currency_of(code: str) -> str:
    """ISO 4217 code of the currency that the national series of a country are in; "" where it is not known."""
    return _currencies().get(code, "")


@cache
def _currencies() -> dict[str, str]:
    return {c: r["currency"] for r in read_csv("reading", "currencies.csv") for c in r["countries"].split()}


def candidates(m: MeasureEntry, a: Assertion) -> tuple[list[Candidate], list[str]]:
    """Candidates for an assertion, the preferred one first, and what is missing (a definition that nothing here has)."""
    found: list[Candidate] = []
    missing: list[str] = []
    money = next((x.measure.partition(":")[2] for x in (a.amount, a.base) if x is not None and x.measure.startswith("currency:")), "")
    subject = next((s for s in a.subject if "#" not in s), "")
    own = currency_of(subject)
    if m.pairs:
        if len(a.partner) != 1:
            return [], ["with whom?"]
        return [
            replace(_series(s, a, _why(s)), part=a.partner[0], label=f"{_series(s, a, '').label}, with {_unit_name(a.partner[0])}")
            for s in m.series
        ], []
    if m.published:
        found += [
            Candidate(t, _table_title(t), (), table=t, why="a published table of this ranking", is_published=True) for t in m.published
        ]
    if not m.published and subject in world.units() and world.units()[subject].kind == "university":
        own_series = [_series("university-rd.herd", a, _why("university-rd.herd"))] if m.id in ("rd-spending", "higher-rd") else []
        return own_series, [] if own_series else ["this measure for universities"]
    relative = a.form in ("change", "share") or (a.form == "value" and a.amount is not None and a.amount.measure == "percent")
    if m.national and ((money and money == own) or (not money and (relative or not m.series))):
        found.append(_series(m.national, a, "in the currency that the sentence names" if money else "in national currency"))
    elif m.sums and ((money == own and money) or not money or m.over):
        found.append(_sum(m))
    if m.series and relative and m.national and not money:
        constant = [s for s in m.series if "constant" in s]
        found += [_series(s, a, "in constant prices") for s in constant if a.form == "change"]
    elif m.series and not (money and money == own and m.national):
        if "currency" in m.numbers and money not in ("", "USD", "PPP"):
            missing.append(f"values in {money} for this unit (its national currency is {own or 'not known'})")
        else:
            found += [_series(s, a, _why(s)) for s in m.series]
            if "currency" in m.numbers and m.national and money != "PPP" and subject != "US":
                missing.append("values at market exchange rates (here are values at purchasing power parity)")
    if a.sources and "none" not in a.sources:
        wanted = set(a.sources)
        kept = [c for c in found if (c.terms and columns.described(c.terms[0][1]).origin.source in wanted) or not c.terms]
        if not kept:
            missing.append("this measure from " + ", ".join(sorted(wanted)))
        found = kept
    if "none" in a.sources:
        missing.append("the database that the sentence names")
        found = []
    if a.fields:
        fields = read_toml("reading", "fields.toml")
        known = {c.id: fields.get(a.fields[0], {}).get(c.id) for c in found}
        found = [_parted(c, str(known[c.id])) for c in found if known[c.id]] if len(a.fields) == 1 else []
        if not found:
            missing.append("this field of science")
    return list(dict.fromkeys(found)), missing


def _why(name: str) -> str:
    s = columns.described(name)
    return f"{s.origin.publisher}: {s.name}" + (f", {s.counting} counting" if s.counting else "")


def _unit_name(code: str) -> str:
    known = world.units().get(code)
    return code if known is None else known.name


def _parted(c: Candidate, part: str) -> Candidate:
    return replace(c, part=part, label=f"{c.label}: {part}")


def _series(name: str, a: Assertion, why: str) -> Candidate:
    s = columns.described(name)
    return Candidate(name, f"{s.name} ({s.origin.source}, {s.origin.vintage})", ((1, name),), factor=factor_of(s.unit_of_measure), why=why)


def _sum(m: MeasureEntry) -> Candidate:
    terms = tuple((1 if t[0] == "+" else -1, t[1:]) for t in m.sums)
    names = " ".join(f"{'+' if s > 0 else '-'} {n}" for s, n in terms).removeprefix("+ ")
    over = f", divided by {m.over}" if m.over else ""
    s = columns.described(terms[0][1])
    return Candidate(
        m.id, f"{m.name} ({s.origin.source}, {s.origin.vintage}: {names}{over})", terms, over=m.over, percent=bool(m.over),
        factor=1.0 if m.over else factor_of(s.unit_of_measure), why="added up from series of one source",
    )  # fmt: skip


def factor_of(unit_of_measure: str) -> float:
    """What a value of a series has to be multiplied by to be plain: ``million US dollars`` 1e6."""
    first = unit_of_measure.split(" ", 1)[0]
    return {"million": 1e6, "thousand": 1e3, "billion": 1e9}.get(first, 1.0)


def _table_title(table: str) -> str:
    from armillary.audit.library import tables

    found = tables.evidence(table)
    return found.title


def suits(m: MeasureEntry, amount: Amount, form: str) -> bool:
    """Whether a number in this unit can be a number of the measure."""
    unit = "currency" if amount.measure.startswith("currency:") else amount.measure
    if form == "change":
        return unit in ("percent", "points") or unit in m.numbers
    if form == "share":
        return unit == "percent" and (m.kind != "ratio" or "percent" in m.numbers)
    return unit in m.numbers


Facts = Mapping[str, Any]
