"""Every indicator of the registry says what it needs of a work, and *why not* names the first thing that is missing."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.counting.scopes import scoped_works
from armillary.indicators import all_indicators
from armillary.indicators.needs import on_unit
from armillary.observatory import Observatory
from support.ragged_world import ragged_world
from support.tiny import observatory

STRICT = {"goal": 3, "with": "CN", "alphabetical": "only", "baseline": "given", "min_cell": 3}
"""Options under which needs come up that defaults leave idle; those an indicator has are taken."""


@pytest.fixture(scope="module")
def ragged(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    papers, institutions, more = ragged_world()
    return observatory(tmp_path_factory.mktemp("ragged") / "obs", papers, institutions, **more)


def asked(obs: Observatory, info: Any) -> list[Any]:
    """Recipes of an indicator that bring up all that it needs."""
    lone = {"with": "CN"} if "with" in info.options and info.family != "leadership" else {}
    fits = {k: v for k, v in STRICT.items() if k in info.options and (info.options[k].choices is None or v in info.options[k].choices)}
    sets = [lone, *({**lone, k: v} for k, v in fits.items())]
    if "citations" in info.options:
        sets.append({"citations": "given", "window": 1})
    scope = "default" if "citations" in info.options else None  # that of impact keeps nothing without a type
    recipes = [obs.recipe(info.id, unit=info.units[0], options=o, scope=scope) for o in sets]
    if info.family == "leadership":
        recipes.append(recipes[0].but(counting="corresponding"))
    return [*recipes, recipes[0].but(step=1)] if info.id in ("share", "mncs", "lead-rate", "sdg-activity") else recipes


def ids(obs: Observatory, table: Any) -> set[int]:
    return set(obs.corpus.fetch(table.select("work_id").distinct())["work_id"].to_pylist())


def cases() -> list[Any]:
    """All indicators; the fast tests take one of each family."""
    out, families = [], set()
    for name, info in sorted(all_indicators().items()):
        is_slow = info.family in families
        out.append(pytest.param(name, marks=pytest.mark.slow if is_slow else []))
        families.add(info.family)
    return out


@pytest.mark.parametrize("name", cases())
def test_why_not_is_right_for_every_record(ragged: Observatory, name: str) -> None:
    info = all_indicators()[name]
    seen = set()
    for recipe in asked(ragged, info):
        counted = ids(ragged, info.contributions(ragged.corpus, recipe))
        in_scope = ids(ragged, scoped_works(ragged.corpus, recipe.but(step=0)))
        needs = (*on_unit(recipe, credited_only=not info.by_presence), *info.needs)
        met = {need.reason: ids(ragged, need.met(ragged.corpus, recipe)) for need in needs}
        first: dict[str, int] = {}
        for work in sorted(in_scope):
            missing = [n.reason for n in needs if work not in met[n.reason]]
            assert (work in counted) == (not missing), (work, missing)
            if missing:
                first.setdefault(missing[0], work)
        own = {n.reason for n in info.needs}
        for reason, work in first.items():
            if reason not in own and info.id not in ("share", "mncs", "lead-rate"):
                continue  # what all indicators need is asked of three
            found = ragged.why_not(recipe, work)
            assert (found.counts, found.reason) == (False, reason)
            assert "{" not in found.sentence
        if counted:
            assert ragged.why_not(recipe, min(counted)).counts
        seen |= set(first)
    assert seen >= {n.reason for n in info.needs}, "a need that no record of the test fails"


def test_a_filter_comes_before_what_an_indicator_needs(ragged: Observatory) -> None:
    recipe = ragged.recipe("pp-policy", period="2016")
    other = next(w for w in sorted(ids(ragged, ragged.corpus.table("work"))) if ragged.why_not(recipe, w).reason == "out_of_period")
    assert "2016" in ragged.why_not(recipe, other).sentence
