"""Credit is conserved where the method says so, and a recipe gives the same alone, among several and in its explanation.

Counting methods, units, splits and what happens to the unmatched are taken from their registries, so that a new one is tested too.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from armillary.core.recipe import SPLITS, UNITS, UNMATCHED
from armillary.counting.credits import CREDIT, SET_METHODS, unit_credits
from armillary.counting.methods import METHODS, counting_method
from armillary.indicators import indicator_info
from armillary.observatory import Observatory
from support.ragged_world import ragged_world
from support.tiny import observatory

COUNTING = (*METHODS, "mfc-2")
MAIN = ("country", "institution", "author")
ROUNDING = 200
"""Credit units that rounding may add up to in one work (each row is rounded to the nearest of 9.6e11)."""


@pytest.fixture(scope="module")
def ragged(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    papers, institutions, more = ragged_world()
    return observatory(tmp_path_factory.mktemp("ragged") / "obs", papers, institutions, **more)


def recipes(obs: Observatory, **choices: Any) -> list[Any]:
    fitting = [c for c in COUNTING if choices["unit"] != "author" or c not in SET_METHODS]
    return [obs.recipe("publications", counting=c, **choices) for c in fitting]


def cases() -> list[Any]:
    """All combinations; the main units and what happens to the unmatched in the fast tests, the rest in the slow ones."""
    out = []
    for (n, unit), (m, split), unmatched in itertools.product(enumerate(UNITS), enumerate(SPLITS), UNMATCHED):
        for rollup in ("none", "default") if unit == "institution" else ("none",):
            choices = {"unit": unit, "split": split, "unmatched": unmatched, "rollup": rollup}
            out.append(
                pytest.param(choices, id="-".join(choices.values()), marks=[] if (n + m) % 2 == 0 and unit in MAIN else pytest.mark.slow)
            )
    return out


@pytest.mark.parametrize("choices", cases())
def test_conserved_and_the_same_by_every_way(ragged: Observatory, choices: dict[str, str]) -> None:
    asked = recipes(ragged, **choices)
    together = ragged.rank_many(asked)
    assert [r.recipe for r in together] == asked
    for recipe, among in zip(asked, together, strict=True):
        alone = ragged.run(recipe)
        assert alone.arrow.equals(among.arrow), recipe.counting
        info, method = indicator_info(recipe.indicator), counting_method(recipe.counting)
        table = ragged.corpus.fetch(info.contributions(ragged.corpus, recipe))
        sums: dict[Any, int] = {}
        works: dict[int, int] = {}
        for unit, work, num in zip(table["unit_id"].to_pylist(), table["work_id"].to_pylist(), table["num"].to_pylist(), strict=True):
            sums[unit] = sums.get(unit, 0) + num
            works[work] = works.get(work, 0) + num
        values = {r["unit_id"]: r["value"] for r in alone.ranked.to_pylist()}
        assert values == {
            ("I" if choices["unit"] == "institution" else "A" if choices["unit"] == "author" else "") + str(u): v / CREDIT
            for u, v in sums.items()
        }
        if method.sums_to_one and choices["unit"] != "region":
            if choices["unmatched"] == "drop":
                assert all(abs(v - CREDIT) <= ROUNDING for v in works.values()), recipe.counting
            else:
                assert all(v <= CREDIT + ROUNDING for v in works.values()), recipe.counting
                whole = sum(r["value"] for r in alone.rows())
                if choices["unit"] != "field":
                    assert whole == pytest.approx(alone.meta["records"], abs=1e-9), recipe.counting


def test_the_explanation_adds_up_for_every_method(ragged: Observatory) -> None:
    for unmatched, counting in itertools.product(UNMATCHED, COUNTING):
        ranking = ragged.rank("publications", counting=counting, unmatched=unmatched)
        first = ranking.ranked.to_pylist()[0]
        assert ranking.explain(first["unit_id"]).value == first["value"], (unmatched, counting)


def test_what_is_unassigned_is_asked_for_or_not_by_both_ways(ragged: Observatory) -> None:
    recipe = ragged.recipe("share")
    (alone,) = ragged.rank_many([recipe], unassigned=False)
    among = ragged.rank_many([recipe, recipe.but(counting="full")], unassigned=False)[0]
    assert alone.arrow.equals(among.arrow) and alone.unassigned.num_rows == 0
    assert ragged.run(recipe).unassigned.num_rows == 1


def test_harmonic_and_last_under_drop_on_a_paper_worked_by_hand(tmp_path: Path) -> None:
    papers = [{"id": 1, "authors": [[[1]], [[]], [[2]]]}, {"id": 2, "authors": [[[1]], [[]]]}]
    obs = observatory(tmp_path, papers, {1: "CN", 2: "US"})

    def values(counting: str) -> dict[str, float]:
        return {r["unit_id"]: r["value"] for r in obs.rank("publications", counting=counting, unmatched="drop").ranked.to_pylist()}

    # places 1 and 3 divide paper 1 as 1 : 1/3; the last author of paper 2 has no country, so nobody led it
    assert values("harmonic") == pytest.approx({"CN": 3 / 4 + 1, "US": 1 / 4}, abs=1e-11)
    assert values("last") == {"US": 1.0}
    assert values("author-fractional") == {"CN": 1.5, "US": 0.5}


def test_an_institution_without_a_country_keeps_its_part(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[1, 2]], [[3]]]}], {1: "AE", 2: {"country_code": None}, 3: "FR"})
    by = {r["unit_id"]: r["value"] for r in obs.rank("publications", counting="institution-fractional").rows()}
    assert by == pytest.approx({"AE": 1 / 3, "FR": 1 / 3, None: 1 / 3}, abs=1e-11)
    dropped = {r["unit_id"]: r["value"] for r in obs.rank("publications", counting="institution-fractional", unmatched="drop").rows()}
    assert dropped == {"AE": 0.5, "FR": 0.5}


def test_credits_are_one_row_a_unit_and_work(ragged: Observatory) -> None:
    for counting in COUNTING:
        table = ragged.corpus.fetch(unit_credits(ragged.corpus, ragged.recipe("publications", counting=counting)))
        pairs = list(zip(table["unit_id"].to_pylist(), table["work_id"].to_pylist(), strict=True))
        assert len(pairs) == len(set(pairs)), counting
