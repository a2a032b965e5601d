"""Variants are complete, share their work, and agree with rankings computed one by one; eta squared by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.cli.main import run
from armillary.errors import UnknownNameError, UsageError
from armillary.observatory import Observatory
from armillary.ranking.robustness import eta_squared, robustness
from armillary.ranking.robustness_choices import chosen, default_choices, variants
from support.random_world import random_world
from support.tiny import observatory


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    papers, institutions = random_world(5, 120)
    institutions = {i: ("HK" if i == 3 else "CN" if i == 4 else c) for i, c in institutions.items()}
    return observatory(tmp_path_factory.mktemp("rob") / "o", papers, institutions)


def test_every_variant_agrees_with_its_ranking_alone(obs: Observatory) -> None:
    recipe = obs.recipe("pp-top10", period="2015-2019", minimum=0)
    given_choices = {
        "counting": ["full", "first"],
        "window": ["3", "5"],
        "metric": ["share", "total"],
        "units": ["10"],
    }
    result = robustness(obs.corpus, recipe, "CN", choices=given_choices)
    assert len(result.outcomes) == 2 * 2 * 2 * 2
    for outcome in result.outcomes:
        minimum = 10 if outcome.labels[-1] == "10+ papers" else 0
        rows = obs.run(outcome.recipe.but(minimum=minimum)).ranked.to_pylist()
        mine = next((r for r in rows if r["unit_id"] == "CN"), None)
        assert (outcome.rank, outcome.value) == ((mine["rank"], mine["value"]) if mine else (None, None)), outcome.labels
        assert outcome.units == len(rows)


def test_hong_kong_counts_as_china_only_where_credit_adds_up(obs: Observatory) -> None:
    recipe = obs.recipe("share", period="2015-2019")
    result = robustness(obs.corpus, recipe, "CN", choices={"counting": ["full", "author-fractional", "first"], "china": ["CN+HK+MO"]})
    assert {o.labels for o in result.outcomes if o.labels[1] != "CN"} == {("author-fractional", "CN + HK + MO"), ("first", "CN + HK + MO")}
    alone = {r["unit_id"]: r["value"] for r in obs.run(recipe).ranked.to_pylist()}
    merged = next(o for o in result.outcomes if o.labels == ("author-fractional", "CN + HK + MO"))
    assert merged.value == pytest.approx(alone["CN"] + alone["HK"])


def test_the_nearest_overturning_variant_changes_least(obs: Observatory) -> None:
    recipe = obs.recipe("pp-top10", period="2015-2019", minimum=0)
    result = robustness(
        obs.corpus, recipe, choices={"counting": ["full", "first"], "window": ["1", "5"], "metric": ["total"], "threshold": ["1 %", "5 %"]}
    )
    turn = result.overturning()
    flipped = [o.distance for o in result.defined if o.holds is not result.outcomes[0].holds]
    assert (turn is None) == (not flipped)
    if turn is not None:
        assert turn.distance == min(flipped) == len(result.changed(turn))


def test_grades_follow_the_shares(obs: Observatory) -> None:
    recipe = obs.recipe("share", period="2015-2019")
    first = robustness(obs.corpus, recipe, "CN", at_most=99, choices={"counting": ["full"]})
    assert (first.share, first.grade) == (1.0, "robust")
    never = robustness(obs.corpus, recipe, "CN", judge=lambda r: False, choices={"counting": ["full"]})
    assert (never.share, never.grade) == (0.0, "contradicted")
    unknown = robustness(obs.corpus, recipe, "CN", judge=lambda r: None, choices={"counting": ["full"]})
    assert (unknown.share, unknown.grade, unknown.overturning()) == (None, "undefined", None)
    marks = iter([True] * 3 + [False])
    mixed = robustness(obs.corpus, recipe, "CN", judge=lambda r: next(marks), choices={"counting": ["full", "first", "mfc-2"]})
    assert (mixed.share, mixed.grade) == (0.75, "mostly")


def test_above_the_limit_a_sample_holds_every_single_change(obs: Observatory) -> None:
    recipe = obs.recipe("pp-top10", period="2015-2019", minimum=0)
    choices = default_choices(recipe)
    sample = variants(recipe, choices, limit=60)
    assert len(sample) <= 80
    names = list(choices)
    for i, name in enumerate(names):
        for level in choices[name][1:]:
            if level.merge:
                continue
            base = [choices[n][0].label for n in names]
            base[i] = level.label
            assert tuple(base) in {v.labels for v in sample}, (name, level.label)
    assert variants(recipe, choices, limit=60) == sample


def test_errors_name_what_is_known(obs: Observatory) -> None:
    recipe = obs.recipe("share", period="2015-2019")
    with pytest.raises(UnknownNameError, match="unknown choice 'cuonting'"):
        chosen(recipe, {"cuonting": ["full"]})
    with pytest.raises(UnknownNameError, match="level of split"):
        chosen(recipe, {"split": ["both"]})
    with pytest.raises(UnknownNameError, match="unknown country in this ranking 'ZZ'"):
        robustness(obs.corpus, recipe, "ZZ", choices={"counting": ["full"]})
    with pytest.raises(UsageError, match="one period"):
        robustness(obs.corpus, recipe.but(step=1))
    with pytest.raises(UsageError, match="windows need a last year"):
        chosen(obs.recipe("share"), {"window": ["3"]})


def test_eta_squared_by_hand() -> None:
    """Groups (1, 3) and (5, 7): total 20, between 2*(2-4)^2 + 2*(6-4)^2 = 16, so 0.8."""
    assert eta_squared(["a", "a", "b", "b"], [1, 3, 5, 7]) == pytest.approx(0.8)
    assert eta_squared(["a", "b"], [2, 2]) == 0.0
    assert eta_squared(["a"], [2]) == 0.0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-50, 50)), min_size=2, max_size=40))
def test_eta_squared_is_a_part(pairs: list[tuple[str, int]]) -> None:
    groups, values = zip(*pairs, strict=True)
    found = eta_squared(groups, [float(v) for v in values])
    assert -1e-12 <= found <= 1 + 1e-12
    within = sum((v - np.mean([w for g, w in pairs if g == group])) ** 2 for group, v in pairs)
    total = sum((v - np.mean(values)) ** 2 for v in values)
    assert found == pytest.approx(1 - within / total if total else 0.0, abs=1e-9)


def test_the_command_and_its_chart(obs: Observatory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart, table = tmp_path / "s.svg", tmp_path / "v.csv"
    args = [
        "robustness",
        "share",
        "--unit",
        "country",
        "--period",
        "2015-2019",
        "--of",
        "CN",
        "--into",
        str(obs.path),
        "--choice",
        "counting=full|first|mfc-2",
        "--choice",
        "window=1|3|5",
        "--save",
        str(chart),
        "--csv",
        str(table),
        "--json",
    ]
    assert run(args) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["variants"] == 12 == len(table.read_text(encoding="utf-8").splitlines()) - 1
    assert chart.read_text(encoding="utf-8").startswith("<svg")
    assert run(args[:-1]) == 0
    text = capsys.readouterr().out
    assert "of 12 variants" in text and "part of the variance" in text
    assert run([*args[:-1], "--choice", "counting"]) == 2
