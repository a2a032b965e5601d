"""Countries side by side: a few measures, what stands next to each rank, what other definitions say, and who is alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import log
from statistics import fmean

from armillary.registry import world
from armillary.registry.world import Series
from armillary.studies.world import ranked
from armillary.studies.world.country import SUMMED, Standing, standing

MEASURES: dict[str, tuple[str, ...]] = {
    "articles-fractional": ("articles-whole", "publications-fractional", "publications-whole"),
    "top1-share": ("top10-share", "pp-top10"),
    "gerd-gdp": (),
    "researchers-employed": ("researchers-million",),
    "pct-inventors": ("ip5-families",),
    "ai-models-fractional": ("ai-models-whole",),
    "developers": (),
    "nobel-fractional": ("nobel-whole",),
}
"""Measures that countries are compared by -> other definitions of the same (a total is no other definition of a share)."""
ALIKE = ("articles-fractional", "population", "gdp-capita")
"""What makes two countries peers: articles, inhabitants and wealth, each by ratio."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The unit next above or below, and by which part of the unit's own value it differs."""

    unit: str
    value: float
    apart: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The rank under another definition or source."""

    series: Series
    period: str
    rank: int
    of: int


@dataclass(frozen=True, slots=True)
class Beside:
    """One country in one measure: where it stands, who is next, and what its rank is by other definitions."""

    standing: Standing
    above: Neighbour | None
    below: Neighbour | None
    elsewhere: tuple[Elsewhere, ...]


@cache
def beside(concept: str, unit: str) -> Beside | None:
    """A country in a measure; None where no table has a value."""
    found = standing(concept, unit)
    if found is None:
        return None
    above, below = (None, None) if concept in SUMMED else _neighbours(found, unit)
    others = [standing(c, unit) for c in MEASURES.get(concept, ())]
    same = [_at(s, unit) for s in found.others]
    elsewhere = [Elsewhere(o.series, o.period, o.rank, o.of) for o in others if o is not None and o.rank is not None]
    return Beside(found, above, below, (*(e for e in same if e is not None), *elsewhere))


def _at(s: Series, unit: str) -> Elsewhere | None:
    """The newest rank of a unit in another source of the same concept."""
    part = "" if not s.parts or world.has_whole(s.id) else s.parts[0]
    years = [y for y in ranked.usable_years(s.id, part) if y in world.values(s.id, part).get(unit, {})]
    if not years:
        return None
    found = ranked.rank_series(s.id, max(years), part)
    mine = found.place(unit)
    return None if mine is None or mine.rank is None else Elsewhere(s, s.period(max(years)), mine.rank, found.of)


def _neighbours(found: Standing, unit: str) -> tuple[Neighbour | None, Neighbour | None]:
    s = found.series
    part = "" if not s.parts or world.has_whole(s.id) else s.parts[0]
    places = ranked.rank_series(s.id, found.year, part).places
    at = next((k for k, p in enumerate(places) if p.unit == unit), None)
    if at is None or not found.value:
        return None, None

    def next_to(k: int) -> Neighbour | None:
        if not 0 <= k < len(places):
            return None
        p = places[k]
        return Neighbour(p.unit, p.value, p.value / found.value - 1)

    return next_to(at - 1), next_to(at + 1)


@cache
def peers(unit: str, n: int = 6) -> tuple[str, ...]:
    """The countries most like one in articles, inhabitants and wealth (mean squared difference of logarithms over what both have)."""
    features = [_newest(c) for c in ALIKE]
    mine = [f.get(unit) for f in features]
    if mine[0] is None:
        return ()
    rows = []
    for other in features[0]:
        apart = [(log(f[other]) - log(m)) ** 2 for f, m in zip(features, mine, strict=True) if m is not None and other in f]
        # who can be compared in one thing only is no peer of somebody who can be compared in all
        if other != unit and len(apart) >= min(2, sum(m is not None for m in mine)):
            rows.append((fmean(apart), other))
    return tuple(u for _distance, u in sorted(rows)[:n])


@cache
def _newest(concept: str) -> dict[str, float]:
    """The newest positive value of every country in the preferred source of a concept."""
    s, every = world.concepts()[concept][0], world.units()
    found = {u: v[max(v)] for u, v in world.values(s.id).items() if v and every[u].kind == "country"}
    return {u: x for u, x in found.items() if x > 0}
