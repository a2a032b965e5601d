"""Who a country is in science: its value, rank and path in every measure that ships; what is missing is listed, never zero."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from statistics import median
from typing import Any

from armillary import registry
from armillary.registry import world
from armillary.registry.world import Series
from armillary.studies.world import partners, ranked
from armillary.studies.world.tally import science_prizes

SECTIONS: dict[str, tuple[str, ...]] = {
    "papers": ("articles-fractional", "articles-whole", "publications-fractional", "publications-world-share"),
    "impact": ("top1-share", "top10-share", "pp-top10", "top10-world-share"),
    "effort": (
        "gerd-gdp",
        "gerd-ppp-current",
        "researchers",
        "researchers-employed",
        "researchers-million",
        "doctorates",
        "basic-research-gerd",
    ),
    "invention": ("pct-inventors", "patents-residents", "venture-capital-gdp", "high-tech-exports-share"),
    "machine": ("ai-publications", "ai-models-fractional", "developers", "git-pushes"),
    "prizes": ("nobel-fractional", "nobel-whole"),
}
"""Measures of a country page, by section; a measure stands for its preferred source that has the country."""
SUMMED = frozenset({"ai-models-fractional", "ai-models-whole", "nobel-fractional", "nobel-whole"})
"""Counts of records a year: a country page adds them up over all years of the list, where no row is none."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A country in one measure: its newest value, rank among those with a value, path, and what others have."""

    series: Series
    year: int
    period: str
    value: float
    rank: int | None
    of: int
    among: str
    flag: str
    median: float
    first: str
    first_value: float
    path: tuple[tuple[int, float], ...]
    others: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class CountryProfile:
    """Everything about one country; ``missing`` are the concepts without a value."""

    unit: str
    sections: dict[str, tuple[Standing, ...]]
    missing: tuple[Series, ...]
    fields: tuple[dict[str, Any], ...]
    partners: tuple[dict[str, Any], ...]
    partner_years: tuple[int, int]
    abroad: int | None
    clusters: tuple[dict[str, Any], ...]
    cities: tuple[dict[str, Any], ...]
    index: tuple[tuple[int, int], ...]


def standing(concept: str, unit: str) -> Standing | None:
    """The newest value of a unit in a concept, from the preferred source that has it; None where no source has one."""
    if concept in SUMMED:
        return _summed(concept, unit)
    s = ranked.source_for(concept, unit)
    if s is None:
        return None
    part = "" if not s.parts or world.has_whole(s.id) else s.parts[0]
    years = world.values(s.id, part)[unit]
    # the newest year in which the country can be compared with most others, or else its newest
    usable = [y for y in ranked.usable_years(s.id, part) if y in years]
    year = max(usable or years)
    found = ranked.rank_series(s.id, year, part)
    mine = found.place(unit)
    if mine is None or not found.places:
        return None
    top = found.places[0]
    others = tuple(o for o in world.concepts()[concept] if o.id != s.id and unit in world.values(o.id))
    return Standing(
        s,
        year,
        s.period(year),
        mine.value,
        mine.rank,
        found.of,
        ranked.among(found),
        mine.flag,
        median(p.value for p in found.places),
        top.name,
        top.value,
        tuple(sorted(years.items())),
        others,
    )


def _summed(concept: str, unit: str) -> Standing | None:
    s = world.series(concept)
    totals = {u: sum(v.values()) for u, v in world.values(s.id).items() if not world.units()[u].is_aggregate}
    if unit not in totals:
        return None
    order = sorted(totals, key=lambda u: (-totals[u], world.units()[u].name))
    rank = 1 + sum(1 for v in totals.values() if v > totals[unit] + ranked.TIE)
    years = world.values(s.id)[unit]
    running, path = 0.0, []
    for year in range(min(years), s.last_year + 1):
        running += years.get(year, 0.0)
        path.append((year, round(running, 6)))
    return Standing(
        s,
        s.last_year,
        f"{s.first_year}-{s.last_year}",
        totals[unit],
        rank,
        len(totals),
        f"{len(totals)} with at least one",
        "",
        median(totals.values()),
        world.units()[order[0]].name,
        totals[order[0]],
        tuple(path),
        (),
    )


def profile(unit: str) -> CountryProfile:
    """The whole page of a country (ISO alpha-2 code)."""
    sections, missing = {}, []
    for section, concepts in SECTIONS.items():
        found = []
        for concept in concepts:
            mine = standing(concept, unit)
            if mine is None:
                missing.append(world.concepts()[concept][0])
            else:
                found.append(mine)
        sections[section] = tuple(found)
    s = world.series("coauthored-works")
    span = (1995, s.last_year)
    own = world.values("coauthored-works").get(unit, {}).get(span[1])
    clusters = [r for r in world.table("clusters-2023").to_pylist() if unit in r["economies"].split("/")]
    cities = science_prizes()
    return CountryProfile(
        unit,
        sections,
        tuple(missing),
        tuple(fields(unit)),
        tuple(partners.shift(unit, *span, top=10)) if own else (),
        span,
        None if own is None else int(own),
        tuple(clusters),
        tuple({"name": c.unit, "part": float(c.part), "whole": c.whole} for c in cities.units if c.country == unit)[:8],
        tuple(innovation_index(unit)),
    )


def fields(unit: str) -> list[dict[str, Any]]:
    """Articles by field in the newest year: value, rank, share of the world, and share of the country's own articles."""
    s = world.series("articles-fractional")
    whole = world.values(s.id).get(unit, {})
    if not whole:
        return []
    year = max(y for y in whole)
    out = []
    for part in s.parts:
        found = ranked.rank_series(s.id, year, part)
        mine = found.place(unit)
        if mine is None:
            continue
        everybody = world.values(s.id, part)["WLD"][year]
        out.append(
            {
                "field": part,
                "year": year,
                "value": mine.value,
                "rank": mine.rank,
                "of": found.of,
                "world_share": mine.value / everybody,
                "own_share": mine.value / whole[year],
            }
        )
    return sorted(out, key=lambda r: (-r["value"], r["field"]))


def innovation_index(unit: str) -> list[tuple[int, int]]:
    """Edition and rank in the Global Innovation Index, as far as single published facts are at hand."""
    text = registry.read_text("published", "gii.csv")
    return [(int(r["period"]), int(r["rank"])) for r in csv.DictReader(text.splitlines()) if r["unit"] == unit and r["rank"].isdigit()]


# measures of which a group has the sum of its members
ADDITIVE = ("articles-fractional", "top10-publications", "gerd-ppp-current", "researchers", "pct-inventors", "developers", "git-pushes")


def group_sums(members: tuple[str, ...]) -> list[dict[str, Any]]:
    """Sums of a group's members in the newest common year of each additive measure; members without a value are named."""
    out = []
    for concept in ADDITIVE:
        s = world.series(concept)
        year = ranked.latest_year(s.id)
        found = ranked.rank_series(s.id, year)
        mine = {p.unit: p.value for p in found.places if p.unit in members}
        everybody = next((p.value for p in found.apart if p.unit == "WLD"), None)
        total = sum(mine.values())
        known = everybody if everybody is not None else (sum(p.value for p in found.places) if s.coverage == "complete" else None)
        out.append(
            {
                "series": s,
                "year": year,
                "value": total if mine else None,
                "share": total / known if known and mine else None,
                "members": len(mine),
                "of": len(members),
                "missing": tuple(sorted(set(members) - mine.keys())),
                "largest": max(mine, key=lambda u: mine[u]) if mine else None,
            }
        )
    return out
