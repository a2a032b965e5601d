"""Property: a sentence made from a cell is supported; with its number moved beyond the tolerance, or wrongly scaled, it is not."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.audit.ask import ask
from armillary.registry import country_names, world
from armillary.studies.world import ranked

GDP = ("gerd-gdp.oecd", "{name} spent {value:.2f} percent of GDP on R&D in {year}, according to the OECD")
PAPERS = (
    "articles-fractional.ncses",
    "{name} published {value:,.0f} scientific articles in {year} in fractional counting, according to the NCSES",
)
SPOKEN = {"GE", "JE", "GG", "HM"}  # names that are also something else


@cache
def cells(series: str) -> list[tuple[str, int, float]]:
    names = country_names()
    found = world.values(series)
    return [
        (u, y, v)
        for u in sorted(found)
        if u in names and u not in SPOKEN
        for y, v in sorted(found[u].items())
        if y >= 2012 and v >= (0.5 if series == GDP[0] else 1000)
    ]


def sentence(which: tuple[str, str], unit: str, year: int, value: float) -> str:
    return which[1].format(name=country_names()[unit], value=value, year=year)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from((GDP, PAPERS)), st.integers(0, 10**6), st.sampled_from((0.5, 0.7, 1.4, 2.0)))
def test_cell(which: tuple[str, str], place: int, moved: float) -> None:
    known = cells(which[0])
    unit, year, value = known[place % len(known)]
    said = sentence(which, unit, year, value)
    answer = ask(said)
    assert answer.verdict == "supported", (said, answer.summary)
    read = answer.as_dict()["reading"]["tolerance"]
    assert read[0] <= value <= read[1]
    wrong = value * moved
    assert ask(sentence(which, unit, year, wrong)).verdict == "contradicted" or abs(wrong - value) < 1.5, said
    scaled = said.replace(" percent", " thousand percent").replace(" scientific", " million scientific")
    assert ask(scaled).verdict != "supported", scaled


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(2005, 2022), st.integers(1, 40), st.sampled_from((-6, 6, 12)))
def test_rank(year: int, rank: int, moved: int) -> None:
    found = ranked.rank_series("articles-fractional.ncses", year)
    place = next(p for p in found.places if p.rank is not None and p.rank >= rank)
    told = "{0} ranked {1} in scientific articles in {2} in fractional counting, according to the NCSES"
    name, n = country_names()[place.unit], int(place.rank or 0)
    assert ask(told.format(name, f"number {n}", year)).verdict == "supported"
    if n + moved >= 1:
        assert ask(told.format(name, f"number {n + moved}", year)).verdict not in ("supported",)
