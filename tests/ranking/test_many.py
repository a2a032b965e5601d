"""Recipes computed together give the same numbers as one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.ranking.sidebyside import side_by_side
from support.random_world import random_world
from support.tiny import observatory


@pytest.mark.parametrize("unit", ["country", "institution"])
def test_together_equals_one_by_one(tmp_path: Path, unit: str) -> None:
    papers, institutions = random_world(3)
    obs = observatory(tmp_path, papers, institutions)
    recipes = [
        obs.recipe(indicator, unit=unit, counting=counting, split="address")
        for indicator in ("publications", "mncs", "pp-top10", "pp-top50", "mcs", "tcs")
        for counting in ("full", "author-fractional", "first", "harmonic", "mfc-2", "complete", "institution-fractional")
    ]
    together = obs.rank_many(recipes)
    for recipe, ranking in zip(recipes, together, strict=True):
        assert ranking.recipe == recipe
        assert ranking.arrow.equals(obs.run(recipe).arrow), recipe


def test_counting_methods_stand_side_by_side(tmp_path: Path) -> None:
    papers, institutions = random_world(4)
    obs = observatory(tmp_path, papers, institutions)
    table = side_by_side(obs, obs.recipe("publications"), ["full", "author-fractional", "first"])
    for name in ("author-fractional", "first"):
        alone = {r["unit_id"]: r for r in obs.rank("publications", counting=name).ranked.to_pylist()}
        for row in table.ranked.to_pylist():
            suffix = name.replace("-", "_")
            assert row[f"value_{suffix}"] == alone[row["unit_id"]]["value"]
            assert row[f"rank_{suffix}"] == alone[row["unit_id"]]["rank"]
