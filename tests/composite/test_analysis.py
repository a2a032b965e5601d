"""Analysis of a built index, and the split of rank changes between editions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from armillary.composite import IndexResult, build, load_spec, spec_from
from armillary.composite.analysis import (
    correlations,
    cronbach_alpha,
    leave_one_out,
    pairwise,
    principal_components,
    rank_reversal,
    redundancy,
    reliability,
    rescored,
    weights_in_effect,
)
from armillary.composite.editions import compare
from armillary.composite.named import registered
from armillary.errors import DataError


@pytest.fixture(scope="module")
def demo() -> IndexResult:
    return build(load_spec(registered("demo")))


def test_correlations_leave_out_missing_pairs() -> None:
    x = np.array([[1.0, 2, 3, 4, np.nan], [2, 4, 6, 9, 1], [5, 5, 5, 5, 5]])
    r = pairwise(x)
    assert math.isclose(r[0, 1], np.corrcoef([1, 2, 3, 4], [2, 4, 6, 9])[0, 1]) and np.isnan(r[0, 2])
    assert math.isclose(pairwise(x, method="spearman")[0, 1], 1)
    y = np.random.default_rng(0).normal(size=(2, 40)).round(1)
    assert math.isclose(pairwise(y, method="spearman")[0, 1], stats.spearmanr(y[0], y[1]).statistic)


def test_correlations_of_levels(demo: IndexResult) -> None:
    within = correlations(demo)
    assert within.num_rows == 12 * 11 // 2 and not any(within.column("is_parent").to_pylist())
    across = correlations(demo, "indicator", "pillar").to_pylist()
    assert sum(t["is_parent"] for t in across) == 12 and len(across) == 48
    assert min(t["r"] for t in across if t["is_parent"]) > 0


def test_cronbach_alpha_of_known_cases() -> None:
    rng = np.random.default_rng(1)
    same = np.tile(rng.normal(size=200), (4, 1))
    assert math.isclose(cronbach_alpha(same), 1)
    x = np.array([[1.0, 2, 3, 4], [2, 1, 4, 3]])
    assert math.isclose(cronbach_alpha(x), 2 * (1 - (5 / 3 + 5 / 3) / np.var([3, 3, 7, 7], ddof=1)))
    assert np.isnan(cronbach_alpha(x[:1]))


def test_components_reproduce_the_correlation_matrix(demo: IndexResult) -> None:
    found = principal_components(demo, "knowledge")
    x = np.stack([demo.score(p) for p in found.parts])
    full = x[:, ~np.isnan(x).any(axis=0)]
    assert np.allclose(found.loadings @ found.loadings.T, np.corrcoef(full)) and math.isclose(found.explained.sum(), 1)
    assert (np.diff(found.explained) <= 0).all() and found.units_n == full.shape[1]
    table = reliability(demo).to_pylist()
    assert {t["group"] for t in table} == {g.id for g in demo.spec.groups}


def test_redundancy_finds_the_copy() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3, 30))
    x[2] = -x[0] + 0.01 * rng.normal(size=30)
    spec = spec_from(
        {
            "index": {"id": "x"},
            "data": {"unit": "u"},
            "group": [{"id": "T"}, {"id": "g", "parent": "T"}, {"id": "h", "parent": "T"}],
            "indicator": [{"id": "a", "parent": "g"}, {"id": "b", "parent": "g"}, {"id": "c", "parent": "h"}],
        }
    )
    result = build(spec, {"u": [f"u{i}" for i in range(30)], **{c: x[i] for i, c in enumerate("abc")}})
    assert [(t["row"], t["column"], t["same_group"]) for t in redundancy(result).to_pylist()] == [("a", "c", False)]


def test_weights_in_effect_differ_from_nominal_ones(demo: IndexResult) -> None:
    rows = {t["item"]: t for t in weights_in_effect(demo, "pillar").to_pylist()}
    assert math.isclose(sum(t["nominal"] for t in rows.values()), 1) and math.isclose(sum(t["effective"] for t in rows.values()), 1)
    assert rows["knowledge"]["nominal"] > rows["people"]["nominal"] and rows["knowledge"]["effective"] < rows["people"]["effective"]


def test_leaving_nothing_out_changes_nothing_and_out_is_out(demo: IndexResult) -> None:
    assert np.array_equal(rescored(demo, set()), demo.score("index"))
    without = rescored(demo, {"creative"})
    by_hand = (demo.score("input") + demo.score("knowledge")) / 2
    assert np.allclose(without, by_hand, equal_nan=True)
    table = leave_one_out(demo, "pillar").to_pylist()
    assert table[0]["item"] == "knowledge" and [t["mean_shift"] for t in table] == sorted((t["mean_shift"] for t in table), reverse=True)


def test_rank_reversal_of_a_known_case() -> None:
    """Without the giant the range of q shrinks, q weighs more, and b passes a."""
    spec = spec_from(
        {
            "index": {"id": "x"},
            "data": {"unit": "u"},
            "group": [{"id": "T"}],
            "indicator": [{"id": "p", "parent": "T"}, {"id": "q", "parent": "T"}],
        }
    )
    table: dict[str, Any] = {"u": ["a", "b", "c", "giant"], "p": [6.0, 5, 0, 10], "q": [0.0, 5, 1, 100]}
    found = {t["unit_id"]: t for t in rank_reversal(build(spec, table)).to_pylist()}
    assert found["giant"]["reversed_pairs"] >= 1 and "a was above b" in found["giant"]["example"]
    posts = spec_from(
        {
            "index": {"id": "x"},
            "data": {"unit": "u"},
            "normalise": {"goalposts": [0, 100]},
            "group": [{"id": "T"}],
            "indicator": [{"id": "p", "parent": "T"}, {"id": "q", "parent": "T"}],
        }
    )
    assert all(t["reversed_pairs"] == 0 for t in rank_reversal(build(posts, table)).to_pylist())  # fixed scale: nobody matters


def edition(values: dict[str, tuple[float, float]], weight: float = 1.0, name: str = "p") -> IndexResult:
    spec = spec_from(
        {
            "index": {"id": "x"},
            "data": {"unit": "u"},
            "normalise": {"goalposts": [0, 100]},
            "group": [{"id": "T"}],
            "indicator": [{"id": name, "parent": "T", "weight": weight}, {"id": "q", "parent": "T"}],
        }
    )
    return build(spec, {"u": list(values), name: [v[0] for v in values.values()], "q": [v[1] for v in values.values()]})


def test_each_effect_alone() -> None:
    old = edition({"a": (90, 10), "b": (50, 60), "c": (10, 20)})  # b 55, a 50, c 15
    data = compare(old, edition({"a": (90, 30), "b": (50, 60), "c": (10, 20)})).table.to_pylist()
    assert {t["unit_id"]: (t["change"], t["data"], t["model"], t["newcomers"]) for t in data} == {
        "a": (1, 1, 0, 0),
        "b": (-1, -1, 0, 0),
        "c": (0, 0, 0, 0),
    }
    model = compare(old, edition({"a": (90, 10), "b": (50, 60), "c": (10, 20)}, weight=3)).table.to_pylist()
    assert {t["unit_id"]: (t["change"], t["data"], t["model"]) for t in model} == {"a": (1, 0, 1), "b": (-1, 0, -1), "c": (0, 0, 0)}
    sample = compare(old, edition({"a": (90, 10), "b": (50, 60), "c": (10, 20), "new": (99, 99)}))
    assert [(t["unit_id"], t["change"], t["newcomers"], t["data"]) for t in sample.table.to_pylist()] == [
        ("b", -1, -1, 0),
        ("a", -1, -1, 0),
        ("c", -1, -1, 0),
    ]
    assert sample.entered == ("new",) and sample.left == ()
    leavers = compare(old, edition({"a": (90, 10), "c": (10, 20)})).table.to_pylist()
    assert [(t["unit_id"], t["change"], t["leavers"]) for t in leavers] == [("a", 1, 1), ("c", 1, 1)]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_effects_always_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def draw(weight: float) -> IndexResult:
        units = [f"u{i}" for i in range(12) if rng.random() < 0.8] + ["v", "w"]
        return edition({u: tuple(rng.uniform(0, 100, 2)) for u in units}, weight)

    done = compare(draw(1.0), draw(2.5))
    for t in done.table.to_pylist():
        assert t["change"] == t["old_rank"] - t["rank"] == t["data"] + t["model"] + t["newcomers"] + t["leavers"]


def test_demo_editions_and_lost_indicators() -> None:
    spec = load_spec(registered("demo"))
    old, new = build(spec, year=2024), build(spec)
    done = compare(old, new)
    assert len(done.entered) == 3 and len(done.left) == 1 and done.warnings == ()
    assert all(t["model"] == 0 for t in done.table.to_pylist())  # the same rules in both editions
    other = compare(edition({"a": (1, 2), "b": (3, 9)}, name="old_p"), edition({"a": (1, 2), "b": (3, 9)}))
    assert "old_p" in other.warnings[0]
    kept = compare(edition({"a": (1, 2), "b": (3, 9)}, name="old_p"), edition({"a": (1, 2), "b": (3, 9)}), renamed={"old_p": "p"})
    assert kept.warnings == ()
    with pytest.raises(DataError, match="no unit in common"):
        compare(edition({"x": (1, 2), "y": (3, 9)}), edition({"a": (1, 2), "b": (3, 9)}))
