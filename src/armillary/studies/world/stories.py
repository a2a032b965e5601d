"""Twelve findings of the shipped tables: numbers and rows, each made anew from the tables; the words are the pages' business."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from armillary import registry
from armillary.registry import world
from armillary.studies.world import partners, ranked
from armillary.studies.world.tally import science_prizes, tally
from armillary.studies.world.telling import STORIES, Story, bars, first_lasting, over_time, story, tell

__all__ = ["STORIES", "Story", "tell"]


@story
def passed_in_papers() -> Story:
    """When China passed the United States in articles, by parts and whole."""
    parts, whole = world.values("articles-fractional"), world.values("articles-whole")
    last = ranked.latest_year("articles-fractional")
    rows = over_time("articles-fractional", ("CN", "US", "IN", "DE"))
    return Story(
        "passed-in-papers",
        "lines",
        {
            "by_parts": first_lasting(parts["CN"], parts["US"]),
            "whole": first_lasting(whole["CN"], whole["US"]),
            "year": last,
            "china": parts["CN"][last],
            "us": parts["US"][last],
            "share": parts["CN"][last] / parts["WLD"][last],
        },
        rows,
        ("articles-fractional.ncses", "articles-whole.ncses"),
    )


@story
def most_cited() -> Story:
    """Share of articles among the world's 1 % most cited: China above the world's 1.00, the United States falling."""
    values = world.values("top1-share")
    last = ranked.latest_year("top1-share")
    above = first_lasting(values["CN"], values["WLD"])
    best = max(values["US"], key=lambda y: (values["US"][y], -y))
    return Story(
        "most-cited",
        "lines",
        {
            "above": above,
            "year": last,
            "china": values["CN"][last],
            "us": values["US"][last],
            "us_best": values["US"][best],
            "us_best_year": best,
            "first": ranked.rank_series("top1-share", last).places[0].name,
        },
        over_time("top1-share", ("CN", "US", "GB", "IN", "WLD")),
        ("top1-share.ncses",),
        number=".2f",
    )


@story
def above_the_world() -> Story:
    """PP(top 10 %) of countries against the world of works that have a country."""
    found = ranked.rank_series("pp-top10")
    world_value = next(p.value for p in found.apart if p.unit == "WLD")
    return Story(
        "above-the-world",
        "bars",
        {
            "first": found.places[0].name,
            "value": found.places[0].value,
            "second": found.places[1].name,
            "third": found.places[2].name,
            "world": world_value,
            "above": sum(1 for p in found.places if p.value > world_value),
            "of": found.of,
            "period": found.series.period(found.year),
        },
        bars(found, 20),
        ("pp-top10.openalex-impact",),
        number=".1f",
    )


@story
def research_intensity() -> Story:
    """R&D in percent of GDP, and how much sources and vintages differ."""
    found = ranked.rank_series("gerd-gdp")
    differing = ranked.side_by_side("gerd-gdp", found.year)[0]
    old, new = world.values("gerd-gdp.world-bank-2021")["CN"], world.values("gerd-gdp.oecd")["CN"]
    common = max(old.keys() & new.keys())
    return Story(
        "research-intensity",
        "bars",
        {
            "year": found.year,
            "first": found.places[0].name,
            "value": found.places[0].value,
            "second": found.places[1].name,
            "second_value": found.places[1].value,
            "average": next(p.value for p in found.apart if p.unit == "OECD"),
            "differs": world.units()[differing["unit"]].name,
            "difference": differing["difference"],
            "revised_year": common,
            "before": old[common],
            "after": new[common],
        },
        bars(found, 20),
        ("gerd-gdp.oecd", "gerd-gdp.world-bank-2026", "gerd-gdp.world-bank-2021"),
        number=".2f",
    )


@story
def written_together() -> Story:
    """The map of co-authorship since 1990: pairs that write together, and the largest pair past its peak."""
    s = world.series("coauthored-works")
    first, last = s.first_year, s.last_year
    together = partners.joint_works("CN", "US")
    peak = max(together, key=lambda y: (together[y], -y))
    pairs = (("CN", "US"), ("GB", "US"), ("CA", "US"), ("DE", "US"), ("CN", "GB"))
    names = world.units()
    rows = [
        {"period": y, "unit_id": f"{a}-{b}", "name": f"{names[a].name} – {names[b].name}", "value": n}
        for a, b in pairs
        for y, n in partners.joint_works(a, b).items()
    ]
    return Story(
        "written-together",
        "lines",
        {
            "first_year": first,
            "last_year": last,
            "pairs_then": partners.reached(first),
            "pairs_now": partners.reached(last),
            "peak_year": peak,
            "peak": together[peak],
            "now": together[last],
            "then": together[first],
        },
        rows,
        ("coauthorship",),
    )


@story
def innovation_index() -> Story:
    """The path of China in the Global Innovation Index, edition by edition."""
    rows = [r for r in registry.read_csv("published", "gii.csv") if r["unit"] == "CN" and r["rank"].isdigit()]
    path = {int(r["period"]): int(r["rank"]) for r in rows}
    years = sorted(path)
    worst = max(years, key=lambda y: (path[y], y))
    return Story(
        "innovation-index",
        "lines",
        {
            "first_year": worst,
            "from": path[worst],
            "last_year": years[-1],
            "to": path[years[-1]],
            "falls": sum(1 for a, b in pairwise(years) if path[b] > path[a]),
        },
        [{"period": y, "unit_id": "CN", "name": world.units()["CN"].name, "value": path[y]} for y in years],
        ("published:gii",),
    )


@story
def prizes_by_city() -> Story:
    """Science Nobel Prizes by city of affiliation, laureates counted whole and by their parts."""
    found = science_prizes()
    by_part, by_whole = found.ranks("part"), found.ranks("whole")
    rows = [
        {
            "rank": by_part[k],
            "unit_id": f"{c.unit}|{c.country}",
            "name": c.unit,
            "value": float(c.part),
            "whole": c.whole,
            "rank_whole": by_whole[k],
            "exact": str(c.part),
        }
        for k, c in enumerate(found.units)
    ]
    moved = max(range(30), key=lambda k: (abs(by_part[k] - by_whole[k]), -k))
    return Story(
        "prizes-by-city",
        "bars",
        {
            "first": found.units[0].unit,
            "part": float(found.units[0].part),
            "whole": found.units[0].whole,
            "moved": found.units[moved].unit,
            "rank_part": by_part[moved],
            "rank_whole": by_whole[moved],
            "prizes": float(found.total),
            "without": float(found.unassigned.part),
        },
        rows[:20],
        ("nobel",),
        number=".2f",
    )


@story
def university_research() -> Story:
    """R&D of universities of the United States, and how much of it the first thirty do."""
    found = ranked.rank_series("university-rd")
    total = sum(p.value for p in found.places)
    return Story(
        "university-research",
        "bars",
        {
            "year": found.year,
            "first": found.places[0].name,
            "value": found.places[0].value / 1e6,
            "second": found.places[1].name,
            "ratio": found.places[0].value / found.places[1].value,
            "thirty": sum(p.value for p in found.places[:30]) / total,
            "of": found.of,
            "total": total / 1e6,
        },
        [{**r, "value": r["value"] / 1e6} for r in bars(found, 20)],
        ("university-rd.herd",),
        number=".2f",
    )


@story
def ai_models() -> Story:
    """Notable AI models of one year by country, whole and divided among organisations."""
    year = 2024
    found = tally("ai-models", "country", years=(year, year))
    by_part = found.ranks("part")
    names = world.units()
    by = {c.unit: c for c in found.units}
    return Story(
        "ai-models",
        "bars",
        {
            "year": year,
            "us": by["US"].whole,
            "china": by["CN"].whole,
            "us_part": float(by["US"].part),
            "china_part": float(by["CN"].part),
            "models": float(found.total),
        },
        [
            {"rank": by_part[k], "unit_id": c.unit, "name": names[c.unit].name, "value": float(c.part), "whole": c.whole}
            for k, c in enumerate(found.units)
        ][:15],
        ("ai-models",),
        number=".1f",
    )


@story
def developers() -> Story:
    """Developers on GitHub: India on the way to the first place."""
    found = ranked.rank_series("developers")
    first, second = found.places[:2]
    start = world.series("developers").first_year
    values = world.values("developers")
    return Story(
        "developers",
        "lines",
        {
            "year": found.year,
            "first": first.name,
            "first_value": first.value / 1e6,
            "second": second.name,
            "second_value": second.value / 1e6,
            "start": start,
            "first_times": first.value / values[first.unit][start],
            "second_times": second.value / values[second.unit][start],
        },
        [
            {**r, "value": None if r["value"] is None else r["value"] / 1e6}
            for r in over_time("developers", tuple(p.unit for p in found.places[:6]))
        ],
        ("developers.github",),
        number=".1f",
    )


@story
def fields_renamed() -> Story:
    """What a new classification does to tables by field: the same works, other fields."""
    before, after = world.series("works-by-field-before"), world.series("works-by-field-after")
    rows: list[dict[str, Any]] = []
    for part in before.parts:
        old, new = world.values(before.id, part), world.values(after.id, part)
        a, b = (sum(next(iter(v.values())) for v in x.values()) for x in (old, new))
        rows.append({"unit_id": part, "name": part, "value": 100 * (b / a - 1), "before": a, "after": b})
    rows.sort(key=lambda r: (-r["value"], r["name"]))
    rows = [{"rank": k + 1, **r} for k, r in enumerate(rows)]
    iran_before, iran_after = (next(iter(world.values(s.id, "Engineering")["IR"].values())) for s in (before, after))
    return Story(
        "fields-renamed",
        "bars",
        {
            "most": rows[0]["name"],
            "most_change": rows[0]["value"],
            "least": rows[-1]["name"],
            "least_change": rows[-1]["value"],
            "countries": before.units,
            "iran_before": iran_before,
            "iran_after": iran_after,
            "iran_change": 100 * (iran_after / iran_before - 1),
        },
        rows,
        (before.id, after.id),
        number="+.0f",
    )


@story
def how_sure_a_count() -> Story:
    """How far the works of an institution moved when the database changed its matching of addresses."""
    t = world.table("affiliation-quantiles")
    at, change = t["percentile"].to_numpy(), t["change_pct"].to_numpy()

    def part_below(limit: float) -> float:
        return float(np.interp(limit, change, at)) / 100

    return Story(
        "how-sure-a-count",
        "plain",
        {
            "median": float(change[list(at).index(50)]),
            "within": part_below(10.0) - part_below(-10.0),
            "halved": part_below(-50.0),
            "low": float(change[list(at).index(5)]),
            "high": float(change[list(at).index(95)]),
        },
        [
            {"rank": k + 1, "unit_id": f"p{int(p)}", "name": f"{int(p)} %", "value": float(c)}
            for k, (p, c) in enumerate(zip(at, change, strict=True))
            if 1 <= p <= 99
        ],
        ("affiliation-quantiles",),
        number="+.0f",
    )
