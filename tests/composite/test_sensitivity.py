"""Monte Carlo and Sobol indices: equal to one build a draw, the same for any number of threads, right where the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import qmc

from armillary.composite import IndexData, Matrix, build, sensitivity, spec_from
from armillary.composite.engine import Engine
from armillary.composite.factors import decode, factors, width
from armillary.composite.matrix import empty
from armillary.composite.sensitivity import _estimate
from armillary.core.ranks import competition_ranks
from armillary.errors import ArmillaryError, SpecError, UsageError

TREE: dict[str, Any] = {
    "index": {"id": "small"},
    "data": {"groups": ["income"]},
    "group": [{"id": "all"}, {"id": "a", "parent": "all"}, {"id": "b", "parent": "all", "weight": 2}],
    "indicator": [
        {"id": f"i{k}", "parent": "a" if k < 3 else "b", "direction": -1 if k == 4 else 1, "weight": 1 + k % 2} for k in range(6)
    ],
    "treat": {"method": "winsorise-log", "skew_max": 1.8, "log": "log-spread"},
    "impute": {"method": "group-mean", "group": "income"},
}
ALL: list[dict[str, Any]] = [
    {"factor": "weights", "level": "index", "spread": 0.5},
    {"factor": "weights", "within": ["a"], "low": 0.1, "high": 0.6},
    {"factor": "weights", "within": ["b"], "options": ["any"]},
    {"factor": "impute", "options": ["group-mean", "em", "none"]},
    {"factor": "treat", "options": ["none", "winsorise", "winsorise-log"]},
    {"factor": "normalise", "options": ["min-max", "percentile", "z"]},
    {"factor": "aggregate", "level": "pillar", "options": ["arithmetic", "median"]},
    {"factor": "leave-out"},
]


def data(seed: int = 3, units: int = 25) -> IndexData:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=units)
    x = np.exp(0.8 * common[:, None] + rng.normal(size=(units, 6)))
    x[rng.random(x.shape) < 0.1] = np.nan
    names = tuple(f"u{i:02d}" for i in range(units))
    income = {"income": tuple("hl"[int(c < 0)] for c in common)}
    return IndexData(Matrix(names, tuple(f"i{k}" for k in range(6)), x), names, income, empty(names))


def one_by_one(values: dict[str, Any], sample: IndexData, u: np.ndarray) -> np.ndarray:
    """Every draw as its own specification, built from the start."""
    spec = spec_from(values)
    draws = decode(spec, u)
    out = []
    for b in range(len(u)):
        one = {**values, "uncertain": []}
        tree = {g["id"]: dict(g) for g in values["group"]}
        leaves = [dict(i) for i in values["indicator"]]
        for g, w in draws.weights.items():
            for part, value in zip(spec.parts(g), w[b], strict=True):
                ([*tree.values(), *leaves][[x["id"] for x in [*tree.values(), *leaves]].index(part.id)])["weight"] = float(value)
        for k, o in draws.options.items():
            rule = factors(spec)[k].rule
            option = rule.options[o[b]]
            if rule.factor == "aggregate":
                for g in tree.values():
                    if g.get("parent"):
                        g["aggregate"] = option
            else:
                one[rule.factor] = {**one.get(rule.factor, {}), "method": option}
        for which in draws.left_out.values():
            if which[b] >= 0:  # left out of the means; imputation and the sample stay as they are
                leaves[which[b]]["weight"] = 0.0
        for name, value in draws.numbers.items():
            one["treat"] = {**one["treat"], name.split(".")[1]: int(value[b]) if name.endswith("points") else float(value[b])}
        one["group"], one["indicator"] = list(tree.values()), leaves
        out.append(build(spec_from(one), sample).score("all"))
    return np.array(out)


@pytest.mark.parametrize(
    "uncertain",
    [
        ALL[:3],
        ALL[3:],
        ALL,
        [{"factor": "treat.skew_max", "low": 0.5, "high": 3}, {"factor": "treat.max_points", "low": 0, "high": 5}, *ALL[3:6]],
    ],
    ids=["weights", "choices", "all", "continuous"],
)
def test_vectorised_draws_equal_builds_from_the_start(uncertain: list[dict[str, Any]]) -> None:
    values = {**TREE, "uncertain": uncertain}
    spec, sample = spec_from(values), data()
    u = np.random.default_rng(11).random((60, width(spec)))
    ours = Engine(build(spec, sample), "all").scores(u)
    theirs = one_by_one(values, sample, u)
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_imputed_values_are_redrawn_with_their_spread() -> None:
    # a fixed scale, so that a unit is moved by its own values only
    posts = {"normalise": {"method": "goalposts", "goalposts": [-50, 50], "cap": False}}
    values = {**TREE, **posts, "treat": {"method": "none"}, "uncertain": [{"factor": "impute.draw"}]}
    sample = data()
    done = sensitivity(spec_from(values), sample, draws=400)
    spread = done.scores.std(axis=0)
    gaps = np.isnan(sample.values.values).any(axis=1)
    assert spread[gaps].min() > 0.01 and spread[~gaps].max() < 1e-12


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_and_repetition_change_no_digit(threads: int) -> None:
    spec = spec_from({**TREE, "uncertain": [*ALL, {"factor": "impute.draw"}, {"factor": "treat.kurt_max", "low": 2, "high": 5}]})
    a = sensitivity(spec, data(), draws=300, seed=4, sobol=16)
    b = sensitivity(spec, data(), draws=300, seed=4, sobol=16, threads=threads)
    assert np.array_equal(a.scores, b.scores, equal_nan=True) and a.table().equals(b.table())
    assert a.indices_table().equals(b.indices_table())
    assert not np.array_equal(a.scores, sensitivity(spec, data(), draws=300, seed=5).scores, equal_nan=True)


def test_intervals_hold_the_published_rank_for_small_changes_and_sum_up() -> None:
    done = sensitivity(spec_from({**TREE, "uncertain": [{"factor": "weights", "level": "index", "spread": 0.05}]}), data(), draws=500)
    rows = done.table(top=3).to_pylist()
    assert list(rows[0])[:4] == ["rank", "unit_id", "name", "value"]
    assert all(r["rank_low"] <= r["rank"] <= r["rank_high"] and r["low"] <= r["value"] <= r["high"] for r in rows)
    assert abs(sum(r["top_share"] for r in rows) - 3) < 0.05
    first, last = rows[0]["unit_id"], rows[-1]["unit_id"]
    assert done.above(first, last) == 1 and done.above(last, first) == 0


def test_sobol_estimators_on_the_ishigami_function() -> None:
    def f(u: np.ndarray) -> np.ndarray:
        x = (2 * u - 1) * np.pi
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    points = qmc.Sobol(6, scramble=True, rng=np.random.default_rng(0)).random_base2(13)
    a, b = points[:, :3], points[:, 3:]
    mixed = []
    for k in range(3):
        u = a.copy()
        u[:, k] = b[:, k]
        mixed.append(f(u))
    first, total = _estimate(f(a)[:, None], f(b)[:, None], np.stack(mixed)[:, :, None])
    assert np.allclose(first[:, 0], [0.3139, 0.4424, 0.0], atol=0.01)
    assert np.allclose(total[:, 0], [0.5576, 0.4424, 0.2437], atol=0.01)


def test_sobol_of_an_additive_index_splits_by_weight() -> None:
    """Two pillars weighted independently: the score is additive in neither, but a choice that does nothing has index 0."""
    values = {
        **TREE,
        "treat": {"method": "none"},
        "impute": {},
        "uncertain": [
            {"factor": "weights", "level": "index", "spread": 0.5},
            {"factor": "treat", "options": ["none", "winsorise"], "label": "idle"},
        ],
    }
    values["indicator"] = [{**i, "treat": "none"} for i in TREE["indicator"]]  # exempt: the second choice reaches nobody
    done = sensitivity(spec_from(values), data(), draws=50, sobol=256, of="score")
    assert done.indices is not None
    assert np.allclose(done.indices.first[0], 1, atol=0.05) and np.allclose(done.indices.total[0], 1, atol=0.05)
    assert np.allclose(done.indices.first[1], 0, atol=1e-9) and np.allclose(done.indices.total[1], 0, atol=1e-9)
    table = done.indices_table()
    assert table.num_rows == 50 and set(table.column("factor").to_pylist()) == {"weights (index)", "idle"}


def test_a_group_can_be_the_target() -> None:
    spec = spec_from({**TREE, "uncertain": [{"factor": "weights", "within": ["b"], "spread": 0.5}]})
    done = sensitivity(spec, data(), draws=50, target="b")
    assert done.target == "b" and np.nanstd(done.scores, axis=0).max() > 0
    assert np.ptp(sensitivity(spec, data(), draws=50, target="a").scores, axis=0).max() == 0
    assert np.array_equal(done.ranks, competition_ranks(done.scores), equal_nan=True)


@pytest.mark.parametrize(
    ("uncertain", "words"),
    [
        ([], "marks no choice"),
        ([{"factor": "weights", "level": "index", "spread": 0.2}, {"factor": "weights", "within": ["all"], "spread": 0.1}], "group 'all'"),
        ([{"factor": "aggregate", "level": "index", "options": ["arithmetic", "bod"]}], "bod"),
        ([{"factor": "weights", "level": "index"}], "low and high"),
        ([{"factor": "aggregate", "options": ["arithmetic", "median"]}], "needs a level"),
    ],
)
def test_mistakes_in_uncertain_choices_are_named(uncertain: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ArmillaryError, match=words):
        sensitivity(spec_from({**TREE, "uncertain": uncertain}), data())


def test_imputation_after_treatment_cannot_be_redrawn() -> None:
    values = {**TREE, "impute": {**TREE["impute"], "after": "normalise"}, "uncertain": [{"factor": "impute.draw"}]}
    with pytest.raises(UsageError, match="imputation comes after"):
        sensitivity(spec_from(values), data())
    with pytest.raises((SpecError, UsageError)):
        sensitivity(spec_from(values), data(), draws=1)
