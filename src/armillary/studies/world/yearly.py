"""A measure of many units over many years, with the rank of each in each: what charts, maps and tables of one measure are drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from armillary.core.ranks import ranks_of
from armillary.ranking.result import Ranking
from armillary.registry import world
from armillary.registry.world import Series
from armillary.studies.series.chosen import is_ratio
from armillary.studies.world import ranked

POPULATION = "population"
WIDE = 50.0
"""A measure whose largest value is so many times its smallest is also drawn by ratio."""


@dataclass(frozen=True, slots=True)
class Yearly:
    """``values`` and ``ranks`` by unit and year (a year without a value is no entry); ``flags`` are the publisher's marks.

    ``low`` and ``high`` are the ends of intervals, where there are any. ``best`` as in a series: ``high``, ``low`` or ``none``.
    """

    years: tuple[int, ...]
    values: Mapping[str, Mapping[int, float]]
    ranks: Mapping[str, Mapping[int, int]]
    flags: Mapping[str, Mapping[int, str]]
    best: str = "high"
    is_total: bool = True

    def ranked_in(self, year: int) -> list[tuple[int | None, str, float]]:
        """Rank, unit and value of every unit with a value in a year, best first; those without a rank after the others."""
        rows = [(self.ranks.get(u, {}).get(year), u, v[year]) for u, v in self.values.items() if year in v]
        sign = 1.0 if self.best == "low" else -1.0
        return sorted(rows, key=lambda r: (r[0] is None, r[0] or 0, sign * r[2], r[1]))

    def since(self, unit: str, year: int) -> int | None:
        """The first of the years up to ``year`` without a break in which the unit had the rank that it has then."""
        mine = self.ranks.get(unit, {})
        if year not in mine:
            return None
        first = year
        for y in reversed([y for y in self.years if y < year]):
            if mine.get(y) != mine[year]:
                break
            first = y
        return first

    @property
    def span(self) -> tuple[float, float] | None:
        """The smallest positive and the largest of all values; None where none is positive."""
        every = [x for v in self.values.values() for x in v.values() if x > 0]
        return (min(every), max(every)) if every else None

    @property
    def is_wide(self) -> bool:
        """Whether a scale by ratio shows more: no value is negative, nearly all are positive, and they span powers of ten."""
        every = [x for v in self.values.values() for x in v.values()]
        ends = self.span or (1.0, 1.0)
        return bool(every) and min(every) >= 0 and sum(x > 0 for x in every) > 0.8 * len(every) and ends[1] / ends[0] > WIDE

    def per(self, base: Mapping[str, Mapping[int, float]], scale: float) -> Yearly:
        """Values divided by those of ``base``, times ``scale``, ranked anew; units and years without a base fall away."""
        values = {u: {y: scale * x / base[u][y] for y, x in v.items() if base[u].get(y)} for u, v in self.values.items() if u in base}
        values = {u: v for u, v in values.items() if v}
        years = tuple(y for y in self.years if any(y in v for v in values.values()))
        own = set(self.ranks)
        ranks: dict[str, dict[int, int]] = {}
        for year in years:
            mine = sorted(((u, v[year]) for u, v in values.items() if year in v and u in own), key=lambda r: (-r[1], r[0]))
            for (unit, _), rank in zip(mine, ranks_of([x for _, x in mine]), strict=True):
                if rank is not None:
                    ranks.setdefault(unit, {})[year] = rank
        return replace(self, years=years, values=values, ranks=ranks, flags={}, is_total=False)

    def against(self, year: int) -> Yearly:
        """Values as a percentage of each unit's own value in a year; units without a positive value then fall away. Ranks stay."""
        values = {u: {y: 100 * x / v[year] for y, x in v.items()} for u, v in self.values.items() if v.get(year, 0.0) > 0}
        return replace(self, values=values, is_total=False)


def of_series(s: Series, part: str) -> Yearly:
    """A shipped series, groups included (they have no rank)."""
    counted = ranked.years_of(s.id, part)
    ranks: dict[str, dict[int, int]] = {}
    flags: dict[str, dict[int, str]] = {}
    for year in counted:
        found = ranked.rank_series(s.id, year, part)
        for p in (*found.places, *found.small, *found.apart):
            if p.rank is not None:
                ranks.setdefault(p.unit, {})[year] = p.rank
            if p.flag:
                flags.setdefault(p.unit, {})[year] = p.flag
    return Yearly(tuple(counted), world.values(s.id, part), ranks, flags, s.best, not is_ratio(s.unit_of_measure))


def of_ranking(found: Ranking, *, is_total: bool) -> Yearly:
    """A ranking of works with one period a year."""
    values: dict[str, dict[int, float]] = {}
    ranks: dict[str, dict[int, int]] = {}
    for row in found.ranked.select(["unit_id", "period", "value", "rank"]).to_pylist():
        if row["value"] is None or not math.isfinite(row["value"]):
            continue
        year = int(str(row["period"])[:4])
        values.setdefault(row["unit_id"], {})[year] = row["value"]
        if row["rank"] is not None:
            ranks.setdefault(row["unit_id"], {})[year] = row["rank"]
    years = tuple(sorted({y for v in values.values() for y in v}))
    return Yearly(years, values, ranks, {}, "high", is_total)


def inhabitants(found: Yearly) -> Mapping[str, Mapping[int, float]]:
    """Inhabitants by country and year where a value per head means something: counts of things in countries; else nothing."""
    people = world.values(world.concepts()[POPULATION][0].id)
    if not found.is_total or sum(u in people for u in found.values) < 10:
        return {}
    shared = set(found.years) & {y for v in people.values() for y in v}
    return people if shared else {}
