"""A cube answers with the same numbers, notes and order as the records, and never from other data than it was made of."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.recipe import Recipe
from armillary.core.store import Store
from armillary.errors import ArmillaryError
from armillary.indicators import all_indicators
from armillary.observatory import Observatory, open_observatory
from armillary.ranking.cubes.answer import from_cube
from armillary.ranking.cubes.make import make_cubes
from support.rich_world import rich_world
from support.tiny import observatory

UNITS = ("country", "institution", "city", "region", "field")
COUNTING = ("full", "author-fractional", "complete", "first", "last", "corresponding", "harmonic", "mfc-2")
SCORED = sorted(i.id for i in all_indicators().values() if i.work_scores is not None)
TYPES = ("article", "review", "preprint")


def _world(folder: Path) -> Observatory:
    papers, institutions, more = rich_world(7)
    for n, p in enumerate(papers):
        p["type"] = TYPES[n % 3] if n % 10 else None
        if n % 9 == 0:
            p["field_id"] = p["subfield_id"] = None  # works without a cell
        if n % 13 == 0:
            p["year"] = None
    return observatory(folder / "obs", papers, institutions, **more)


def _recipe(obs: Observatory, indicator: str, **choices: Any) -> Recipe | None:
    """The recipe, within the corpus where the indicator compares works; None for a unit that it has not."""
    info = all_indicators()[indicator]
    if choices.get("unit", "country") not in info.units:
        return None
    return obs.recipe(indicator, within_corpus="baseline" in info.options, **choices)


def _with_cubes(folder: Path, indicators: Sequence[str], units: Sequence[str], counting: Sequence[str]) -> tuple[Observatory, Observatory]:
    """An observatory with cubes, and the same that asks its records."""
    obs = _world(folder)
    wanted = [_recipe(obs, i, unit=u, counting=c) for i in indicators for u in units for c in counting]
    made = make_cubes(obs.corpus, [w for w in wanted if w is not None])
    assert all("role in the byline" in reason for reason in made.left_out.values())
    return open_observatory(obs.path), open_observatory(obs.path, cubes=False)


SOME = ("share", "mncs", "pp-top10", "tcs", "pp-oa", "pp-international", "mnpc")
SOME_UNITS = ("country", "institution", "field")
SOME_COUNTING = ("full", "author-fractional", "corresponding")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Observatory, Observatory]:
    return _with_cubes(tmp_path_factory.mktemp("cubes"), SOME, SOME_UNITS, SOME_COUNTING)


CHOICES = {
    "period": st.sampled_from(["all", "2017", "2016-2019", "2018-", "-2017", "1990"]),
    "step": st.sampled_from([0, 0, 1, 2, 4]),
    "subject": st.sampled_from([None, None, "field:16", "F11", "domain:3"]),
    "minimum": st.sampled_from([0, 3]),
    "types": st.sampled_from([None, None, "article", "article,review", "dataset"]),
}


@given(
    indicator=st.sampled_from(SOME),
    unit=st.sampled_from(SOME_UNITS),
    counting=st.sampled_from(SOME_COUNTING),
    unassigned=st.booleans(),
    choices=st.fixed_dictionaries(CHOICES),
)
@settings(max_examples=25)
def test_any_sum_of_what_is_kept_equals_the_records(
    both: tuple[Observatory, Observatory], indicator: str, unit: str, counting: str, unassigned: bool, choices: dict[str, Any]
) -> None:
    _same(*both, _recipe(both[0], indicator, unit=unit, counting=counting, **choices), unassigned)


@pytest.mark.slow
def test_every_indicator_unit_and_method(tmp_path: Path) -> None:
    cubes, records = _with_cubes(tmp_path, SCORED, UNITS, COUNTING)
    draw = random.Random(5)
    cuts = [{}, {"period": "2016-2019", "step": 2}, {"subject": "F11", "period": "2017-"}, {"types": "article,review", "step": 1}]
    for indicator, unit, counting in itertools.product(SCORED, UNITS, COUNTING):
        _same(cubes, records, _recipe(cubes, indicator, unit=unit, counting=counting, **draw.choice(cuts)), True)


def _same(cubes: Observatory, records: Observatory, recipe: Recipe | None, unassigned: bool) -> None:
    if recipe is None:
        return
    try:
        wanted = records.rank_many([recipe], unassigned=unassigned)[0]
    except ArmillaryError as error:
        with pytest.raises(type(error)):
            cubes.rank_many([recipe], unassigned=unassigned)
        return
    found = from_cube(cubes.corpus, recipe, unassigned=unassigned)
    if not any(f.startswith("types:") for f in recipe.scope):
        assert found is not None
    if found is not None:
        assert found.arrow.equals(wanted.arrow)
        assert found.meta == wanted.meta


def test_types_are_cut_only_where_scores_do_not_hang_on_them(both: tuple[Observatory, Observatory]) -> None:
    cubes, records = both
    for indicator, options, answered in (
        ("share", {}, True),
        ("pp-oa", {}, True),
        ("mncs", {"baseline": "own"}, False),  # only works of the same scope cite
    ):
        recipe = cubes.recipe(indicator, types="article", options=options)
        assert (from_cube(cubes.corpus, recipe) is not None) is answered, indicator
        assert cubes.run(recipe).arrow.equals(records.run(recipe).arrow)


@pytest.mark.parametrize(
    "changes",
    [{"scope": "articles"}, {"split": "address"}, {"unmatched": "drop"}, {"country_fallback": False}, {"subject": "S11"},
     {"counting": "institution-fractional"}, {"unit": "author"}, {"counting": "mfc-3"}],
    ids=str,
)  # fmt: skip
def test_what_is_not_kept_comes_from_the_records(both: tuple[Observatory, Observatory], changes: dict[str, Any]) -> None:
    cubes, records = both
    recipe = cubes.recipe("share", **changes)
    assert from_cube(cubes.corpus, recipe) is None
    assert cubes.run(recipe).arrow.equals(records.run(recipe).arrow)


def test_a_cube_of_other_data_is_never_used(tmp_path: Path) -> None:
    obs = _world(tmp_path)
    recipe = obs.recipe("share")
    make_cubes(obs.corpus, [recipe])
    assert from_cube(open_observatory(obs.path).corpus, recipe) is not None
    store = Store.open(obs.path)
    with store.write() as txn:
        txn.replace("affiliation", txn.read("affiliation").slice(3))
    changed = open_observatory(obs.path)
    assert from_cube(changed.corpus, recipe) is None
    assert not changed.run(recipe).arrow.equals(obs.run(recipe).arrow)
    assert from_cube(Observatory(store.at(obs.store.generation)).corpus, recipe) is not None, "the older data are still what it was made of"


def test_a_cube_survives_what_it_does_not_depend_on(tmp_path: Path) -> None:
    obs = _world(tmp_path)
    recipe = obs.recipe("share")
    make_cubes(obs.corpus, [recipe])
    store = Store.open(obs.path)
    with store.write() as txn:
        txn.replace("policy_document", txn.read("policy_document").slice(1))
    assert from_cube(open_observatory(obs.path).corpus, recipe) is not None


def test_a_changed_declaration_makes_a_cube_old(tmp_path: Path) -> None:
    obs = _world(tmp_path)
    recipe = obs.recipe("share")
    make_cubes(obs.corpus, [recipe])
    (obs.path / "registry").mkdir(exist_ok=True)
    (obs.path / "registry" / "frame.toml").write_text('kind = "country"\nframe = "X"\n')
    assert from_cube(open_observatory(obs.path).corpus, recipe) is None


def test_same_data_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name, threads in (("a", 1), ("b", 2)):
        obs = open_observatory(_world(tmp_path / name).path, threads=threads)
        made = make_cubes(obs.corpus, [obs.recipe("share"), obs.recipe("mcs", counting="author-fractional")])
        contents.append([p.read_bytes() for c in made.cubes for p in sorted(c.folder.iterdir())])
    assert contents[0] == contents[1]


def test_a_damaged_cube_is_named(tmp_path: Path) -> None:
    obs = _world(tmp_path)
    recipe = obs.recipe("share")
    (cube,) = make_cubes(obs.corpus, [recipe]).cubes
    file = cube.folder / "years.parquet"
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(ArmillaryError, match="this cube cannot be read"):
        open_observatory(obs.path).run(recipe)


def test_closed_form_intervals_are_near_the_resamples(tmp_path: Path) -> None:
    """Within a quarter of the width, of units with 20 papers or more; and a paper cited by everybody is not too much."""
    papers, institutions, more = rich_world(11, 400)
    papers[0]["cited_by_n"] = 900_000
    obs = observatory(tmp_path / "obs", papers, institutions, **more)
    recipes = [obs.recipe(i, counting=c) for i in ("share", "publications", "pp-oa") for c in ("full", "author-fractional")]
    make_cubes(obs.corpus, [*recipes, obs.recipe("tcs", options={"citations": "given"})])
    cubes = open_observatory(obs.path)
    for recipe in recipes:
        ranking = cubes.run(recipe)
        drawn = ranking.intervals(draws=1000).ranked.to_pylist()
        closed = ranking.intervals(mode="closed-form").ranked.to_pylist()
        compared = 0
        for a, b in zip(drawn, closed, strict=True):
            if a["count"] >= 20:
                width = a["high"] - a["low"]
                assert abs(a["low"] - b["low"]) <= 0.25 * width and abs(a["high"] - b["high"]) <= 0.25 * width, (recipe.indicator, a, b)
                compared += 1
        assert compared > 2
