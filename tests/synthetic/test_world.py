"""The world is a pure function of works and seed, and its ids are well formed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import UsageError
from armillary.synthetic import World, geography, names, works
from armillary.synthetic.citations import count_citations, references, totals
from armillary.synthetic.draws import Categorical, Randomness, mix, pick, ranges
from armillary.synthetic.people import orcids
from armillary.synthetic.plan import PERIOD, WorldPlan

_WORLD = World(2_000, seed=5)


@pytest.fixture(scope="module")
def world() -> World:
    return _WORLD


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_900), st.integers(1, 100))
def test_a_work_is_the_same_whatever_is_made_with_it(low: int, count: int) -> None:
    w = _WORLD
    alone, together = works.make(w, np.arange(low, low + count)), works.make(w, np.arange(2_000))
    starts = together.starts
    a, b = starts[low], starts[low + count]
    for field in dataclasses.fields(works.Works):
        mine, theirs = getattr(alone, field.name), getattr(together, field.name)
        if field.name == "a_work":
            theirs = theirs[a:b] - low
        elif field.name in ("targets", "outside"):
            counts = together.n_outside if field.name == "outside" else together.n_references - together.n_outside
            ends = np.concatenate([[0], np.cumsum(counts)])
            theirs = theirs[ends[low] : ends[low + count]]
        elif len(theirs) == len(together.a_work):
            theirs = theirs[a:b]
        else:
            theirs = theirs[low : low + count]
        assert np.array_equal(mine, theirs), field.name


def test_seeds_differ(world: World) -> None:
    other = World(2_000, seed=6)
    assert world.geo.country_names != other.geo.country_names
    i = np.arange(500)
    assert (works.make(world, i).topics != works.make(other, i).topics).any()


def test_size_limits() -> None:
    for bad in (999, 200_000_001):
        with pytest.raises(UsageError, match="1,000"):
            World(bad)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40_000), st.integers(1, 30), st.integers(0, 5))
def test_plan_places_are_a_bijection(count: int, cells: int, seed: int) -> None:
    plan = WorldPlan(Randomness(seed), count, np.linspace(1, 3, cells))
    i = np.arange(count)
    cell = plan.cell(i).astype(np.int64)
    rank = plan.attraction_rank(i)
    assert np.array_equal(plan.work_at(cell, rank), i)
    assert np.array_equal(np.bincount(cell, minlength=cells), plan.size)
    assert (rank < plan.size[cell]).all() and (rank >= 0).all()


def test_plan_keeps_its_proportions() -> None:
    plan = WorldPlan(Randomness(1), 3 * PERIOD, np.array([1.0, 2.0, 5.0]))
    assert plan.size.sum() == 3 * PERIOD
    assert np.allclose(plan.size / plan.size.sum(), [1 / 8, 2 / 8, 5 / 8], atol=0.001)


def test_references_go_to_earlier_or_equal_years_once_and_never_to_self(world: World) -> None:
    i = np.arange(world.works)
    count, target, outside = references(world, i)
    source = np.repeat(i, count)
    assert (target != source).all()
    year = world.year_field(i)[0]
    assert (year[target] <= year[source]).all()
    assert len(np.unique(source * world.works + target)) == len(target)
    assert outside.sum() > 0
    assert totals(count_citations(world)).sum() == len(target)


def test_no_author_twice_on_a_work(world: World) -> None:
    w = works.make(world, np.arange(world.works))
    known = w.author >= 0
    key = w.a_work[known] * 10**10 + w.author[known]
    assert len(np.unique(key)) == len(key)


def test_draws_are_uniform_and_independent_of_their_order() -> None:
    u = Randomness(1).unit("anything", np.arange(200_000))
    assert abs(u.mean() - 0.5) < 0.005 and abs(u.var() - 1 / 12) < 0.001
    assert np.array_equal(Randomness(1).unit("anything", np.arange(200_000)[::-1]), u[::-1])
    assert abs(np.corrcoef(u, Randomness(1).unit("else", np.arange(200_000)))[0, 1]) < 0.01
    x = np.array([1, 2, 3], np.uint64)
    assert len(set(mix(x).tolist())) == 3


def test_choices_follow_their_weights() -> None:
    u = Randomness(2).unit("u", np.arange(100_000))
    found = np.bincount(Categorical(np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]])).draw(u, np.zeros(100_000, int)), minlength=3) / 1e5
    assert np.allclose(found, [0.25, 0, 0.75], atol=0.01)
    assert (Categorical(np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]])).draw(u, np.ones(100_000, int)) == 1).all()
    assert np.bincount(pick(np.cumsum([2.0, 1.0, 1.0]), u), minlength=3)[0] == pytest.approx(50_000, rel=0.02)
    assert [a.tolist() for a in ranges(np.array([2, 0, 1]))] == [[0, 0, 2], [0, 1, 0]]


def test_check_digits() -> None:
    assert names.issn(378595) == "0378-5955"  # the example of ISO 3297
    assert names.issn(2434561)[-1] == "X"
    for number, text in zip((11065, 7, 9_999_999_999), orcids(np.array([11065, 7, 9_999_999_999])), strict=True):
        bare = text.replace("-", "")
        assert bare[:15] == f"00099{number:010d}" and [len(part) for part in text.split("-")] == [4] * 4
        total = 0
        for d in bare[:-1]:
            total = (total + int(d)) * 2
        assert "0123456789X"[(12 - total % 11) % 11] == bare[-1]


def test_ror_ids_have_the_shape_and_check_digits_of_real_ones() -> None:
    # the digits of a real one: 02e463172 is n = base-32 value of '2e4631', check 72
    value = 0
    for letter in "2e4631":
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert names.ror(value) == "02e463172"


def test_names_and_codes_are_distinct(world: World) -> None:
    assert len(set(world.geo.city_names)) == len(world.geo.city_names)
    assert len(set(world.geo.codes)) == len(set(world.geo.country_names)) == 24
    assert len(set(world.inst.name)) == len(world.inst.name)
    assert all(c[0] == "X" or (c[0] == "Q" and "M" <= c[1] <= "Z") for c in world.geo.codes), "user-assigned codes only"
    assert world.people.family == sorted(world.people.family, key=str.casefold)


def test_family_index_is_the_alphabetical_order_of_sorted_bylines() -> None:
    mathematics, world = 15, World(20_000, seed=5)
    w = works.make(world, np.arange(world.works))
    family = world.people.name_index(np.abs(w.author))[1]
    starts = w.starts
    sorted_share = np.mean(
        [
            (np.diff(family[starts[k] : starts[k + 1]]) >= 0).all()
            for k in range(len(w))
            if w.field[k] == mathematics and w.n_authors[k] >= 3
        ]
    )
    assert sorted_share > 0.7


@pytest.mark.parametrize("seed", range(5))
def test_countries_tile_the_continent_and_hold_their_cities(seed: int) -> None:
    shapely = pytest.importorskip("shapely")
    geo = geography.geography(Randomness(seed))
    shapes = [shapely.Polygon(ring) for ring in geo.outlines]
    assert all(s.is_valid for s in shapes)
    assert sum(s.area for s in shapes) == pytest.approx(shapely.union_all(shapes).area, rel=1e-6), "no overlaps"
    for k, country in enumerate(geo.city_country):
        assert shapes[country].contains(shapely.Point(geo.city_lon[k], geo.city_lat[k])), geo.city_names[k]
