"""Recipes computed together give the same numbers as one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.counting.settled import settled
from armillary.indicators import all_indicators
from armillary.observatory import Observatory
from armillary.ranking.sidebyside import side_by_side
from support.random_world import random_world
from support.rich_world import rich_world
from support.tiny import observatory

METHODS = ("full", "author-fractional", "first", "harmonic", "mfc-2", "complete", "institution-fractional")


@pytest.mark.parametrize(
    ("unit", "methods"),
    [("country", METHODS[:2]), *(pytest.param(u, METHODS, marks=pytest.mark.slow) for u in ("country", "institution"))],
)
def test_together_equals_one_by_one(tmp_path: Path, unit: str, methods: tuple[str, ...]) -> None:
    papers, institutions = random_world(3)
    obs = observatory(tmp_path, papers, institutions)
    recipes = [
        obs.recipe(indicator, unit=unit, counting=counting, split="address")
        for indicator in ("publications", "mncs", "pp-top10", "pp-top50", "mcs", "tcs")
        for counting in methods
    ]
    together = obs.rank_many(recipes)
    for recipe, ranking in zip(recipes, together, strict=True):
        assert ranking.recipe == settled(obs.corpus, recipe)
        assert ranking.arrow.equals(obs.run(recipe).arrow), recipe


def test_counting_methods_stand_side_by_side(tmp_path: Path) -> None:
    papers, institutions = random_world(4)
    obs = observatory(tmp_path, papers, institutions)
    table = side_by_side(obs.corpus, obs.recipe("publications"), ["full", "author-fractional", "first"])
    for name in ("author-fractional", "first"):
        alone = {r["unit_id"]: r for r in obs.rank("publications", counting=name).ranked.to_pylist()}
        for row in table.ranked.to_pylist():
            suffix = name.replace("-", "_")
            assert row[f"value_{suffix}"] == alone[row["unit_id"]]["value"]
            assert row[f"rank_{suffix}"] == alone[row["unit_id"]]["rank"]


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    papers, institutions, more = rich_world(7)
    for p in papers[::9]:
        p["field_id"] = p["subfield_id"] = None  # works without a cell
    return observatory(tmp_path_factory.mktemp("rich") / "obs", papers, institutions, **more)


@pytest.mark.parametrize(
    "choices",
    [
        pytest.param({"unit": "city"}, marks=pytest.mark.slow),
        pytest.param({"unit": "region"}, marks=pytest.mark.slow),
        {"unit": "author"},
        {"unit": "institution", "rollup": "default"},
        pytest.param({"unit": "country", "step": 1}, marks=pytest.mark.slow),
        {"unit": "country", "step": 2, "period": "2016-2019"},
        pytest.param({"unit": "country", "unmatched": "drop"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_what_travels_with_the_works_reaches_every_unit(rich: Observatory, choices: dict[str, Any]) -> None:
    wanted = ("publications", "mncs", "tncs", "pp-top10", "mcs", "pp-cited", "pp-oa", "pp-collab")
    recipes = [rich.recipe(i, split="address", counting=c, **choices) for i in wanted for c in ("full", "author-fractional", "last")]
    for recipe, ranking in zip(recipes, rich.rank_many(recipes), strict=True):
        assert ranking.arrow.equals(rich.run(recipe).arrow), recipe


def test_is_scored_says_where_a_score_is(rich: Observatory) -> None:
    found = {}
    for info in all_indicators().values():
        if info.work_scores is None:
            continue
        recipe = rich.recipe(info.id, unit="country" if "country" in info.units else info.units[0])
        table = info.work_scores(rich.corpus, recipe)
        if table is not None and "is_scored" in table.columns:
            rows = rich.corpus.fetch(table.select("score", "is_scored")).to_pylist()
            assert rows and all(r["is_scored"] is (r["score"] is not None) for r in rows), info.id
            found[info.id] = {r["is_scored"] for r in rows}
    assert found["mncs"] == found["pp-top10"] == {True, False} and found["tcs"] == {True}
