"""Values and rank bounds of a candidate: what one unit has in one year, and which ranks are possible where units have no value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from armillary.audit.interval import Interval
from armillary.audit.library import columns, tables
from armillary.audit.library.measures import Candidate
from armillary.core.places.regions import load_regions
from armillary.registry import world
from armillary.studies.world import ranked

SLACK = 1.3
"""A unit without a value of the year may have up to this many times its newest known value."""
OLD = 8
"""Values older than so many years bound nothing."""
SCOPES = {"oecd": "oecd", "eu": "eu", "g20": "g20", "g7": "g7", "brics": "brics", "nordic": "nordic", "asean": "asean"}


@dataclass(frozen=True, slots=True)
class RankBounds:
    """Possible ranks of a unit in a year: ``low`` to ``high`` (infinite where a unit without a value could be anywhere)."""

    low: int
    high: float
    of: int
    value: float
    unknown: tuple[str, ...] = ()
    """Units that could stand above and have no value, newest bounds considered."""
    below: tuple[str, float] | None = None
    above: tuple[str, float] | None = None
    ladder: tuple[float, ...] = ()
    """Values of all that have one, best first."""


@cache
def known(c: Candidate) -> dict[str, dict[int, float]]:
    """All values of a candidate that is made of series, in plain units."""
    out: dict[str, dict[int, float]] = {}
    parts_of = [(sign, columns.column(name, c.part)) for sign, name in c.terms]
    below = columns.column(c.over) if c.over else None
    for unit, first in parts_of[0][1].items():
        for year in first:
            parts = [(sign, col.get(unit, {}).get(year)) for sign, col in parts_of]
            if any(v is None for _, v in parts):
                continue
            value = sum(sign * v for sign, v in parts if v is not None)
            if below is not None:
                base = below.get(unit, {}).get(year)
                if not base:
                    continue
                value = 100 * value / base
            out.setdefault(unit, {})[year] = value * c.factor
    return out


def value(c: Candidate, unit: str, year: int) -> float | None:
    """A value in plain units; None where there is none, which is not zero."""
    return known(c).get(unit, {}).get(year)


def years(c: Candidate, unit: str) -> list[int]:
    """Years in which the unit has a value, ascending."""
    return sorted(known(c).get(unit, {}))


def flag(c: Candidate, unit: str, year: int) -> str:
    """The publisher's mark on a plain series' value."""
    if len(c.terms) != 1:
        return ""
    return columns.flag(c.terms[0][1], c.part, unit, year)


@cache
def members(scope: str) -> frozenset[str]:
    """Countries of a group that a rank can be among."""
    return load_regions()[SCOPES[scope]].countries


@cache
def standing(c: Candidate, unit: str, year: int, scope: str = "", lowest: bool = False) -> RankBounds | None:
    """Possible ranks among all economies (or a group), groups of countries left out; None where the unit has no value or no rank."""
    s = columns.described(c.terms[0][1])
    if len(c.terms) > 1 or s.best == "none" or columns.is_aggregate(unit):
        return None
    mine = value(c, unit, year)
    if mine is None:
        return None
    wanted = members(scope) if scope in SCOPES else None
    if wanted is not None and unit not in wanted:
        return None
    pool = {u: v[year] for u, v in known(c).items() if year in v and not columns.is_aggregate(u) and (wanted is None or u in wanted)}
    sign = -1.0 if (s.best == "low") != lowest else 1.0
    tie = ranked.TIE * max(1.0, abs(mine))
    above = [u for u, v in pool.items() if sign * (v - mine) > tie]
    under = [u for u, v in pool.items() if sign * (mine - v) > tie]
    unknown = _could_be_above(c, year, mine, frozenset(pool), wanted, lowest or s.best == "low")
    high: float = 1 + len(above) + len(unknown)
    if lowest and s.coverage != "complete":
        high = math.inf
    if "?" in unknown:
        high = math.inf
    near = max(under, key=lambda u: sign * pool[u], default=None)
    next_up = min(above, key=lambda u: sign * pool[u], default=None)
    ladder = tuple(sorted(pool.values(), key=lambda v: -sign * v))
    return RankBounds(
        1 + len(above), high, len(pool), mine, tuple(u for u in unknown if u != "?")[:6],
        None if near is None else (near, pool[near]), None if next_up is None else (next_up, pool[next_up]), ladder,
    )  # fmt: skip


def _could_be_above(c: Candidate, year: int, mine: float, have: frozenset[str], wanted: frozenset[str] | None, low: bool) -> list[str]:
    """Units without a value that may stand above: bounded by their newest value in any source of the concept, then by their papers.

    ``?`` stands for units that nothing bounds.
    """
    s = columns.described(c.terms[0][1])
    last: dict[str, float] = {}
    for source in (s, *columns.others(s.id)):
        for u, by_year in columns.column(source.id, c.part).items() if source is s or not c.part or c.part in source.parts else ():
            near = [y for y in by_year if abs(y - year) <= OLD]
            if u not in last and near:
                last[u] = by_year[min(near, key=lambda y: (abs(y - year), y))] * c.factor
    if low:
        return ["?"] if s.coverage != "complete" and wanted is None else []
    out = []
    pool = [u for u in (wanted or _economies(year)) if u not in have and not columns.is_aggregate(u)]
    per_paper = _most_per_paper(c, year) if s.unit_of_measure.split(" ")[0] not in ("percent", "per", "index,", "US") else None
    complete = s.coverage == "complete" or any(o.coverage == "complete" for o in columns.others(s.id))
    for u in sorted(set(pool) | ({u for u in last if u not in have and not columns.is_aggregate(u)} if wanted is None else set())):
        if u in last:
            if last[u] * SLACK >= mine:
                out.append(u)
        elif s.coverage == "complete" or complete:
            continue  # the source lists all economies that have a value
        elif per_paper is not None:
            if _papers(u, year) * per_paper >= mine:
                out.append(u)
        else:
            return ["?"]
    return out


@cache
def _economies(year: int) -> tuple[str, ...]:
    """All economies of the complete table of papers: those that could be in any ranking."""
    return tuple(sorted(u for u in world.values("articles-fractional.ncses") if not world.units()[u].is_aggregate))


@cache
def _papers(unit: str, year: int) -> float:
    found = world.values("articles-fractional.ncses").get(unit, {})
    return found[min(found, key=lambda y: abs(y - year))] if found else 0.0


@cache
def _most_per_paper(c: Candidate, year: int) -> float:
    """The largest value for each paper among larger units: a generous bound for those without a value."""
    ratios = [v[year] / _papers(u, year) for u, v in known(c).items() if year in v and _papers(u, year) >= 5000]
    return max(ratios, default=math.inf)


def published_rank(table: str, unit: str, period: int) -> Interval | None:
    """What a published table knows of a rank."""
    return tables.evidence(table).rank(unit, period)
