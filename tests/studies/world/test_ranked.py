"""Series as rankings: against a slow reference, and the promises about groups, ties, years and sources."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world
from armillary.studies.world import partners, ranked
from armillary.studies.world.tally import tally

SERIES = sorted(world.catalogue().series)


@given(st.data())
def test_ranks_count_what_is_better(data: st.DataObject) -> None:
    s = world.series(data.draw(st.sampled_from(SERIES)))
    part = "" if world.has_whole(s.id) else s.parts[0]
    year = data.draw(st.sampled_from(sorted(ranked.years_of(s.id, part))))
    found = ranked.rank_series(s.id, year, part)
    every = world.units()
    mine = {u: v[year] for u, v in world.values(s.id, part).items() if year in v}
    assert {p.unit for p in (*found.places, *found.small, *found.apart)} == mine.keys()
    assert all(every[p.unit].is_aggregate for p in found.apart) and not any(every[p.unit].is_aggregate for p in found.places)
    assert all(p.rank is None for p in (*found.apart, *found.small))
    for p in found.places:
        better = sum(1 for q in found.places if q.value > p.value + 1e-9 * max(1, abs(p.value)))
        assert p.rank == (None if s.best == "none" else better + 1)


def test_groups_stand_apart() -> None:
    found = ranked.rank_series("gerd-gdp", 2023)
    assert {p.unit for p in found.apart} == {"OECD", "EU27"}
    assert [(p.rank, p.unit) for p in found.places[:2]] == [(1, "IL"), (2, "KR")]
    assert found.of == len(found.places) == 52 and "52 with a value" in found.meta["among"]


def test_small_economies_take_no_rank_in_a_share() -> None:
    found = ranked.rank_series("top1-share", 2020)
    assert "SM" in {p.unit for p in found.small} and found.place("SM").rank is None  # type: ignore[union-attr]
    assert all(world.values("articles-fractional")[p.unit][2020] >= 1000 for p in found.places)


def test_the_newest_year_is_one_that_most_have() -> None:
    assert ranked.latest_year("gerd-gdp") == 2023  # 2025 has one country
    # in 2024 the United States has not reported: China would be first of whoever did
    assert 2024 not in world.values("researchers")["US"] and ranked.rank_series("researchers").place("US") is not None
    with pytest.raises(UsageError, match="1981-2025"):
        ranked.rank_series("gerd-gdp", 1970)


def test_china_passed_the_united_states_in_2017_by_parts_and_in_2018_whole() -> None:
    for name, first in (("articles-fractional", 2017), ("articles-whole", 2018)):
        cn, us = world.values(name)["CN"], world.values(name)["US"]
        assert next(y for y in sorted(cn) if cn[y] > us[y]) == first


def test_sources_side_by_side() -> None:
    rows = ranked.side_by_side("gerd-gdp", 2018)
    china = next(r for r in rows if r["unit"] == "CN")
    assert china["values"]["gerd-gdp.world-bank-2021"] == pytest.approx(2.186, abs=0.001)  # before the revision of GDP
    assert china["values"]["gerd-gdp.oecd"] == pytest.approx(china["values"]["gerd-gdp.world-bank-2026"], abs=0.002)
    assert china["difference"] > 0.08
    with pytest.raises(UsageError, match="only one source"):
        ranked.side_by_side("pp-top10")


def test_no_rank_where_more_is_not_better() -> None:
    found = ranked.rank_series("gerd-national")
    assert all(p.rank is None for p in found.places) and "no rank" in found.meta["rank_means"]


def test_units_by_any_name() -> None:
    assert ranked.unit_code("韩国") == "KR" and ranked.unit_code("World") == "WLD" and ranked.unit_code("欧盟27国") == "EU27"
    assert ranked.unit_code("Johns Hopkins U.", "university") == "herd-johns-hopkins-u"
    with pytest.raises(UnknownNameError):
        ranked.unit_code("Atlantis")


@pytest.mark.parametrize(("name", "by"), [("nobel", "country"), ("nobel", "city"), ("nobel", "institution"), ("ai-models", "organization")])
def test_tallies_lose_nothing(name: str, by: str) -> None:
    found = tally(name, by)
    assert sum((c.part for c in found.units), found.unassigned.part) == found.total == {"nobel": 627, "ai-models": 976}[name]


def test_towns_of_one_name_are_two() -> None:
    found = tally("nobel", "city")
    pairs = [(c.unit, c.country) for c in found.units]
    assert len(set(pairs)) == len(pairs)


def test_counting_changes_the_order_of_prizes() -> None:
    found = tally("nobel", "city", where={"category": {"Physics", "Chemistry", "Physiology or Medicine", "Economic Sciences"}})
    assert (found.units[0].unit, found.units[0].part) == ("Cambridge, MA", Fraction(343, 12))
    assert found.ranks("whole") != found.ranks("part")


def test_joint_works() -> None:
    assert partners.joint_works("CN", "US")[2023] == partners.joint_works("US", "CN")[2023] == 72794
    kenya = partners.partners("KE", 2023)
    assert kenya[0]["unit"] == "US" and all(a["works"] >= b["works"] for a, b in pairwise(kenya))
    assert partners.joint_works("KE", "NR")[1990] == 0
    with_anybody = world.values("coauthored-works")["KE"][2023]
    assert kenya[0]["works"] <= with_anybody <= sum(p["works"] for p in kenya)
