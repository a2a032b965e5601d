"""A series as a ranking: units of one kind in one year, ties sharing a rank; groups and offices apart, without a rank."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from armillary.core.interchange import Tabular
from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world
from armillary.registry.world import Series
from armillary.sources.values.country import country_code

TIE = 1e-9
"""Values closer than this share a rank, as in rankings of works."""
ENOUGH = 0.75
"""A year stands for a series when so large a part of the units of its best year have a value."""


@dataclass(frozen=True, slots=True)
class RankedPlace:
    """One unit in one year of a series; ``rank`` None for groups, offices and series without a best end."""

    rank: int | None
    unit: str
    name: str
    value: float
    flag: str
    ties: int = 0
    """Other units with the same rank."""


@dataclass(frozen=True, slots=True, repr=False)
class SeriesRanking(Tabular):
    """The units with a value in one year, best first; ``apart`` holds groups and offices, ``small`` what is too small to rank."""

    series: Series
    part: str
    year: int
    places: tuple[RankedPlace, ...]
    apart: tuple[RankedPlace, ...]
    small: tuple[RankedPlace, ...] = ()

    @property
    def of(self) -> int:
        """How many units have a value, which is what a rank is a rank among."""
        return len(self.places)

    def place(self, unit: str) -> RankedPlace | None:
        """One unit's place, or None where it has no value (which is not zero)."""
        return next((p for p in (*self.places, *self.small, *self.apart) if p.unit == unit), None)

    @property
    def arrow(self) -> pa.Table:
        """``rank, unit_id, name, value, flag, is_aggregate``; groups at the end, without a rank."""
        rows = [
            (p.rank, p.unit, p.name, p.value, p.flag, g)
            for g, ps in ((False, self.places), (False, self.small), (True, self.apart))
            for p in ps
        ]
        kinds = [pa.int64(), pa.string(), pa.string(), pa.float64(), pa.string(), pa.bool_()]
        names = ["rank", "unit_id", "name", "value", "flag", "is_aggregate"]
        return pa.table({n: pa.array([r[i] for r in rows], k) for i, (n, k) in enumerate(zip(names, kinds, strict=True))})

    @property
    def meta(self) -> dict[str, Any]:
        """What it is and where it comes from; the same in every output."""
        s, d = self.series, self.series.origin
        return {
            "title": s.name + (f": {self.part}" if self.part else ""),
            "series": s.id,
            "part": self.part or None,
            "period": s.period(self.year),
            "unit_of_measure": s.unit_of_measure,
            "counting": s.counting or None,
            "among": among(self),
            "source": f"{d.publisher}, vintage {d.vintage}",
            "licence": d.licence,
            "sha256": d.sha256,
            "note": s.note or None,
            "leaves_out": d.leaves_out,
            "rank_means": None if s.best != "none" else "no rank: more is neither better nor worse, or the units cannot be compared",
            "other_sources": [o.id for o in world.concepts().get(s.concept, ()) if o.id != s.id],
        }


def among(found: SeriesRanking) -> str:
    """What a rank is a rank among: ``61 with a value (OECD members and some partners)``."""
    s = found.series
    which = f"the first {s.first_n} of the source" if s.coverage == "first" else s.origin.among
    size = f", {s.base_least:,.0f} {world.series(s.base).unit_of_measure} or more" if s.base else ""
    return f"{found.of} with a value ({which}{size})"


@cache
def years_of(name: str, part: str = "") -> dict[int, int]:
    """Ranked units with a value, by year."""
    every, counted = world.units(), dict[int, int]()
    for unit, found in world.values(name, part).items():
        if not every[unit].is_aggregate:
            for year in found:
                counted[year] = counted.get(year, 0) + 1
    return dict(sorted(counted.items()))


@cache
def usable_years(name: str, part: str = "") -> tuple[int, ...]:
    """Years that can stand for a series: most of its units have a value, and none of the first five of shortly before is missing.

    A first place in a year in which the largest has not reported would be none.
    """
    counted, s = years_of(name, part), world.series(name)
    if s.table:
        return tuple(counted)  # counted from a list of records: who is not there has none
    every, most = world.units(), max(counted.values())
    values = {u: v for u, v in world.values(name, part).items() if not every[u].is_aggregate}
    sign = 1 if s.best == "low" else -1

    def whole(year: int) -> bool:
        recent = {u: v[max(y for y in v if year - 5 <= y <= year)] for u, v in values.items() if any(year - 5 <= y <= year for y in v)}
        leaders = sorted(recent, key=lambda u: (sign * recent[u], u))[:5]
        return all(year in values[u] for u in leaders)

    enough = [year for year, n in counted.items() if n >= ENOUGH * most]
    if s.coverage == "first" or s.best == "none":
        return tuple(enough)
    return tuple(y for y in enough if whole(y)) or tuple(enough)


def latest_year(name: str, part: str = "") -> int:
    """The newest year that most of the series' units have (a year that three countries have is not the series' latest)."""
    return max(usable_years(name, part))


def unit_code(name: str, kind: str = "country") -> str:
    """The unit that a person means: a country in any language, or a group or institution by code or name."""
    if kind == "country":
        every = world.units()
        if name in every:
            return name
        try:
            return country_code(name)
        except UnknownNameError:
            named = {u.name.casefold(): u.code for u in every.values() if u.kind not in ("institution", "university")}
            named |= {u.name_zh: u.code for u in every.values() if u.name_zh} | {c.casefold(): c for c in named.values()}
            if (code := named.get(name.casefold())) is None:
                raise
            return code
    mine = {u.name.casefold(): u.code for u in world.units().values() if u.kind == kind}
    if name in world.units():
        return name
    if name.casefold() not in mine:
        raise UnknownNameError(kind, name, [u.name for u in world.units().values() if u.kind == kind])
    return mine[name.casefold()]


def rank_series(name: str, year: int | None = None, part: str = "") -> SeriesRanking:
    """The ranking of a series (id, concept or publisher's code) in a year (default: :func:`latest_year`)."""
    s = world.series(name)
    part = _part(s, part)
    counted = years_of(s.id, part)
    year = latest_year(s.id, part) if year is None else year
    if year not in counted:
        raise UsageError(f"series {s.id} has no values of {year}", fix=f"it has {_spans(list(counted))}")
    return _ranked(s.id, part, year)


def _part(s: Series, part: str) -> str:
    if not part:
        return "" if not s.parts or world.has_whole(s.id) else s.parts[0]
    folded = {p.casefold(): p for p in s.parts}
    if part.casefold() not in folded:
        raise UnknownNameError(f"part of {s.id}", part, list(s.parts)) if s.parts else UsageError(f"series {s.id} has no parts")
    return folded[part.casefold()]


@cache
def _ranked(name: str, part: str, year: int) -> SeriesRanking:
    s, every = world.series(name), world.units()
    sizes = world.values(s.base) if s.base else {}
    rows = [
        (r["value"], every[r["unit"]].name, r["unit"], r["flag"], r["is_aggregate"])
        for r in world.rows(s.id, part=part, years=(year, year)).to_pylist()
    ]
    small = {r[2] for r in rows if s.base and sizes.get(r[2], {}).get(year, 0.0) < s.base_least}
    return placed(s, part, year, rows, small)


def placed(s: Series, part: str, year: int, rows: list[tuple[float, str, str, str, bool]], small: set[str]) -> SeriesRanking:
    """Ranks from rows of value, name, unit, flag and whether it is a group; units of ``small`` take none."""
    sign = -1.0 if s.best != "low" else 1.0
    rows = sorted(rows, key=lambda r: (sign * r[0], r[1].casefold(), r[2]))
    own = [r for r in rows if not r[4] and r[2] not in small]
    ranks: list[int] = []
    for k, r in enumerate(own):
        tied = k and abs(r[0] - own[k - 1][0]) <= TIE * max(1.0, abs(r[0]))
        ranks.append(ranks[-1] if tied else k + 1)
    places = tuple(
        RankedPlace(None if s.best == "none" else k, unit, name, value, flag, ranks.count(k) - 1)
        for k, (value, name, unit, flag, _) in zip(ranks, own, strict=True)
    )

    def unranked(groups: bool) -> tuple[RankedPlace, ...]:
        mine = [r for r in rows if r[4] == groups and (groups or r[2] in small)]
        return tuple(RankedPlace(None, unit, name, value, flag) for value, name, unit, flag, _ in mine)

    return SeriesRanking(s, part, year, places, unranked(True), unranked(False))


def path(name: str, unit: str, part: str = "") -> list[dict[str, Any]]:
    """A unit over the years: ``year, value, rank, of``; years without its value are no row."""
    s = world.series(name)
    part = _part(s, part)
    out = []
    for year in sorted(world.values(s.id, part).get(unit, {})):
        found = _ranked(s.id, part, year)
        mine = found.place(unit)
        if mine is not None:
            out.append({"year": year, "value": mine.value, "rank": mine.rank, "of": found.of, "flag": mine.flag})
    return out


def changes(found: SeriesRanking, before: int) -> dict[str, tuple[int | None, float | None]]:
    """Rank and value of each unit in an earlier year; None where it had none."""
    earlier = {p.unit: p for p in rank_series(found.series.id, before, found.part).places}
    return {p.unit: (earlier[p.unit].rank, earlier[p.unit].value) if p.unit in earlier else (None, None) for p in found.places}


def side_by_side(concept: str, year: int | None = None) -> list[dict[str, Any]]:
    """Units with a value from two or more sources or vintages of one concept: each value, and the largest difference first."""
    sources = world.concepts().get(concept)
    if sources is None:
        raise UnknownNameError("concept", concept, list(world.concepts()))
    if len(sources) < 2:
        raise UsageError(
            f"only one source gives {concept}", fix=f"several give: {', '.join(c for c, s in world.concepts().items() if len(s) > 1)}"
        )
    if year is None:
        common = set.intersection(*({y for y, n in years_of(s.id).items() if n > 5} for s in sources[:2]))
        year = max(common)
    given = {s.id: {u: v[year] for u, v in world.values(s.id).items() if year in v} for s in sources}
    rows = []
    for unit in sorted(set().union(*given.values())):
        mine = {i: v[unit] for i, v in given.items() if unit in v}
        if len(mine) > 1:
            rows.append({"unit": unit, "year": year, "values": mine, "difference": max(mine.values()) - min(mine.values())})
    return sorted(rows, key=lambda r: (-r["difference"], r["unit"]))


def source_for(concept: str, unit: str) -> Series | None:
    """The preferred source of a concept that has the unit; None where none has it."""
    return next((s for s in world.concepts()[concept] if unit in world.values(s.id)), None)


def _spans(years: list[int]) -> str:
    """``2003-2022``, ``2014, 2019, 2021``."""
    if not years:
        return "none"
    return f"{years[0]}-{years[-1]}" if len(years) == years[-1] - years[0] + 1 else ", ".join(map(str, years))
