"""Single steps: the worked examples of METHODS section 2 and properties that must hold for any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from armillary.composite.matrix import Matrix
from armillary.composite.steps.aggregate import METHODS as MEANS
from armillary.composite.steps.aggregate import Aggregation, aggregate
from armillary.composite.steps.benefit_of_doubt import benefit_of_the_doubt
from armillary.composite.steps.impute import carry_forward, em, impute
from armillary.composite.steps.moments import skew_kurt
from armillary.composite.steps.normalise import Normalisation, normalise
from armillary.composite.steps.rank import against_group, percent_rank, strengths
from armillary.composite.steps.screen import screen
from armillary.composite.steps.treat import Treatment, log_transform, treat, winsorise
from armillary.composite.steps.weight import pca_weights, weights_for_correlation
from armillary.core.ranks import competition_ranks
from armillary.errors import DataError, UnknownNameError

GII = Treatment("winsorise-log", skew_max=2.25, kurt_max=3.5, max_points=5)
columns = hnp.arrays(np.float64, st.integers(8, 40), elements=st.floats(-1e6, 1e6).map(lambda v: round(v, 3)))


def test_t2_1_min_max() -> None:
    x = np.array([10.0, 20.0, 40.0, 60.0])
    assert normalise(x, 1, Normalisation()).tolist() == [0, 20, 60, 100]
    assert normalise(x, -1, Normalisation()).tolist() == [100, 80, 40, 0]


def test_t2_2_winsorise_one_step() -> None:
    x = np.array([*range(1, 10), 1000.0])
    skew, kurt = skew_kurt(x)
    assert math.isclose(skew, 3.161878427717573, abs_tol=1e-9) and math.isclose(kurt, 9.998148395031881, abs_tol=1e-9)
    done = treat(x, 1, GII)
    assert done.values.tolist() == [*range(1, 10), 9.0]
    assert (int(done.high_n), int(done.low_n), bool(done.is_logged), bool(done.is_ok)) == (1, 0, False, True)
    skew, kurt = skew_kurt(done.values)
    assert math.isclose(skew, -0.15146310708295876, abs_tol=1e-9) and math.isclose(kurt, -1.356984911550467, abs_tol=1e-9)


def test_t2_3_range_log() -> None:
    y = log_transform(np.array([0.0, 50.0, 100.0]), 1)
    assert math.isclose(y[1], 3.9219733362813143, abs_tol=1e-9)
    scores = normalise(y, 1, Normalisation())
    assert np.allclose(scores, [0, 85.16456890593307, 100], atol=1e-9)
    # the bad variant measures from the maximum; the direction of the column stays what it was
    bad = normalise(log_transform(np.array([0.0, 50.0, 100.0]), -1), -1, Normalisation())
    assert np.allclose(bad, [100, 85.16456890593307, 0], atol=1e-9)


def test_t2_4_missing_parts_are_left_out() -> None:
    score = aggregate(np.array([[80.0], [60.0], [np.nan]]), np.array([1, 0.5, 1]), Aggregation())
    assert math.isclose(score[0], 110 / 1.5, abs_tol=1e-9)


def test_t2_5_arithmetic_and_geometric() -> None:
    inside, outside = np.array([[50.0], [60], [70], [80], [90]]), np.array([[40.0], [60]])
    a, b = (aggregate(x, np.ones(len(x)), Aggregation())[0] for x in (inside, outside))
    assert (a, b, aggregate(np.array([[a], [b]]), np.ones(2), Aggregation())[0]) == (70, 50, 60)
    g, h = (aggregate(x, np.ones(len(x)), Aggregation("geometric"))[0] for x in (inside, outside))
    assert math.isclose(g, 68.53467509397649, abs_tol=1e-9) and math.isclose(h, 48.98979485566356, abs_tol=1e-9)
    assert math.isclose((g + h) / 2, 58.762234974820025, abs_tol=1e-9)


def test_t2_6_coverage_within_each_sub_index() -> None:
    names = tuple(f"i{k}" for k in range(78))
    values = np.ones((2, 78))
    values[0, 35:53] = np.nan  # 35 of 53 input
    values[1, 34:53] = np.nan  # 34 of 53 input
    values[:, 70:] = np.nan  # 17 of 25 output
    keep, why = screen(Matrix(("in", "out"), names, values), {"input": names[:53], "output": names[53:]}, 0.66)
    assert keep.tolist() == [True, False]
    assert [(w.unit, w.group) for w in why] == [("out", "input")] and math.isclose(why[0].found, 34 / 53)


def test_min_parts_in_a_pillar() -> None:
    values = np.array([[1.0, np.nan, np.nan], [1.0, 2.0, np.nan]])
    keep, why = screen(Matrix(("a", "b"), ("x", "y", "z"), values), {}, 0.0, parts={"p": [["x"], ["y"], ["z"]]}, min_parts=2)
    assert keep.tolist() == [False, True] and why[0].rule == "parts"


@given(columns)
def test_moments_agree_with_scipy(x: np.ndarray) -> None:
    if np.ptp(x) <= 1e-6 * np.abs(x).max():
        return  # both are dominated by rounding there
    skew, kurt = skew_kurt(x)
    assert math.isclose(skew, stats.skew(x, bias=False), rel_tol=1e-6, abs_tol=1e-8)
    assert math.isclose(kurt, stats.kurtosis(x, bias=False), rel_tol=1e-6, abs_tol=1e-8)
    g1, g2 = skew_kurt(x, "population")
    assert math.isclose(g1, stats.skew(x), rel_tol=1e-6, abs_tol=1e-8) and math.isclose(g2, stats.kurtosis(x), rel_tol=1e-6, abs_tol=1e-8)


@given(columns, st.integers(0, 6))
def test_winsorise_never_treats_more_points_than_allowed_and_keeps_the_order(x: np.ndarray, limit: int) -> None:
    y, low, high, _ = winsorise(x, max_points=limit)
    assert int((y != x).sum()) == int(low + high) <= limit
    order = np.argsort(x, kind="stable")
    assert (np.diff(y[order]) >= 0).all()


def slow_winsorise(x: list[float], skew_max: float, kurt_max: float, max_points: int) -> list[float]:
    """The rule in plain Python, one tied group at a time."""
    y = list(x)
    while True:
        n, mean = len(y), sum(y) / len(y)
        m2, m3, m4 = (sum((v - mean) ** k for v in y) / n for k in (2, 3, 4))
        if m2 == 0:
            return y
        g1, g2 = m3 / m2**1.5, m4 / m2**2 - 3
        skew, kurt = math.sqrt(n * (n - 1)) / (n - 2) * g1, (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6)
        if not (abs(skew) > skew_max and kurt > kurt_max):
            return y
        end, pick = (max(y), max) if skew >= 0 else (min(y), min)
        new = pick(v for v in y if v != end)
        z = [new if v == end else v for v in y]
        if sum(a != b for a, b in zip(x, z, strict=True)) > max_points or len(set(z)) == 1:
            return y
        y = z


@given(hnp.arrays(np.float64, (3, 15), elements=st.integers(0, 60).map(lambda v: float(2.0 ** (v / 4)))))
def test_winsorise_equals_the_plain_reference(x: np.ndarray) -> None:
    y, *_ = winsorise(x, skew_max=2.0, kurt_max=3.5, max_points=4)
    assert y.tolist() == [slow_winsorise(row.tolist(), 2.0, 3.5, 4) for row in x]


@given(columns, st.floats(1e-3, 1e3), st.floats(-100, 100), st.sampled_from([1, -1]))
@settings(max_examples=60)
def test_a_change_of_unit_of_measure_changes_no_score(x: np.ndarray, factor: float, shift: float, direction: int) -> None:
    if np.ptp(x) < 1:
        return
    how = Treatment("winsorise", max_points=5)
    a = treat(x, direction, how)
    b = treat(x * factor + shift, direction, how)
    if (a.high_n, a.low_n) != (b.high_n, b.low_n):
        skew, kurt = skew_kurt(x)  # only a column exactly on the threshold may flip by rounding
        assert min(abs(abs(skew) - 2), abs(kurt - 3.5)) < 1e-6 or a.high_n + a.low_n > 0
        return
    assert np.allclose(normalise(a.values, direction, Normalisation()), normalise(b.values, direction, Normalisation()), atol=1e-6)


@given(columns, st.sampled_from([1, -1]), st.sampled_from(["min-max", "percentile", "goalposts", "target"]))
def test_scores_stay_between_0_and_100(x: np.ndarray, direction: int, method: str) -> None:
    if np.ptp(x) < 1e-3:
        return
    scores = normalise(x, direction, Normalisation(method, goalposts=(-5.0, 1000.0), target=float(np.median(x))))
    known = scores[~np.isnan(scores)]
    assert ((known >= 0) & (known <= 100)).all()


@given(
    hnp.arrays(np.float64, (4, 6), elements=st.one_of(st.floats(1, 100), st.just(np.nan))),
    hnp.arrays(np.float64, 4, elements=st.floats(0.1, 3)),
    st.sampled_from([m for m in MEANS if m != "bod"]),
    st.integers(0, 3),
    st.floats(0, 50),
)
def test_aggregation_is_monotone_and_bounded(x: np.ndarray, w: np.ndarray, method: str, part: int, rise: float) -> None:
    how = Aggregation(method)
    before = aggregate(x, w, how)
    better = x.copy()
    better[part, 2] += rise
    after = aggregate(better, w, how)
    assert np.array_equal(np.isnan(before), np.isnan(after))
    if not np.isnan(before[2]):
        assert after[2] >= before[2] - 1e-9
    if method != "copeland":
        for u in np.flatnonzero(~np.isnan(before)):
            assert np.nanmin(x[:, u]) - 1e-9 <= before[u] <= np.nanmax(x[:, u]) + 1e-9


@given(
    hnp.arrays(np.float64, (5, 3, 7), elements=st.one_of(st.floats(0, 100), st.just(np.nan))),
    hnp.arrays(np.float64, (5, 3), elements=st.floats(0.1, 2)),
)
def test_many_draws_at_once_equal_one_by_one(x: np.ndarray, w: np.ndarray) -> None:
    for method in ("arithmetic", "geometric", "harmonic", "median", "copeland"):
        together = aggregate(x, w, Aggregation(method))
        for b in range(5):
            assert np.array_equal(together[b], aggregate(x[b], w[b], Aggregation(method)), equal_nan=True)


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=st.one_of(st.integers(0, 9).map(float), st.just(np.nan))))
def test_ranks_agree_with_scipy(x: np.ndarray) -> None:
    known = ~np.isnan(x)
    for ours, theirs in (("min", "min"), ("average", "average")):
        rank = competition_ranks(x, tie=ours)
        assert np.isnan(rank[~known]).all()
        assert rank[known].tolist() == stats.rankdata(-x[known], method=theirs).tolist()


def test_percent_rank_and_strengths() -> None:
    x = np.array([[1.0, 2, 3, 4, 5], [5, 4, 3, 2, 1], [1, 1, 1, 1, 9], [3, 2, 1, 5, 4]])
    assert percent_rank(x)[0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    strong, weak = strengths(x, 1)
    assert strong[:, 0].tolist() == [False, True, False, False] and weak[:, 0].tolist() == [True, False, True, False]


def test_against_group() -> None:
    mean, above, below = against_group(np.array([[1.0, 2, 9, 50, 50]]), ["a", "a", "a", "b", None])
    assert mean[0].tolist()[:4] == [4, 4, 4, 50] and above[0].tolist() == [False, False, True, False, False] and not below.any()


def test_em_recovers_a_regression_and_keeps_what_was_observed() -> None:
    rng = np.random.default_rng(7)
    cov = np.array([[1.0, 0.9, 0.3], [0.9, 1.0, 0.2], [0.3, 0.2, 1.0]])
    full = rng.multivariate_normal([10, 20, 30], cov, size=600).T
    x = full.copy()
    x[1, :150] = np.nan
    done = impute(x, "em", blocks=[[0, 1, 2]])
    known = ~np.isnan(x)
    assert np.array_equal(done.values[known], x[known])
    error = done.values[1, :150] - full[1, :150]
    assert abs(error.std() - math.sqrt(1 - 0.81)) < 0.06  # the conditional standard deviation: no better is possible
    draws = done.redraw(400, np.random.default_rng(1))
    assert draws.shape == (400, 150)
    assert abs(draws.std(axis=0).mean() - math.sqrt(1 - 0.81)) < 0.05
    assert np.abs(draws.mean(axis=0) - done.values[1, :150]).max() < 0.12


def test_em_mean_and_covariance_are_a_fixed_point() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2, 200))
    x[1] = 0.5 * x[0] + rng.normal(size=200)
    x[1, rng.random(200) < 0.3] = np.nan
    filled, mean, cov = em(x, ridge=1e-12, tol=1e-12)
    seen = ~np.isnan(x[1])
    # with one incomplete variable, maximum likelihood is the regression on the complete one over the complete cases
    slope = np.cov(x[0, seen], x[1, seen], bias=True)[0, 1] / x[0, seen].var()
    start = x[1, seen].mean() - slope * x[0, seen].mean()
    assert np.allclose(filled[1, ~seen], start + slope * x[0, ~seen], atol=1e-6)
    assert math.isclose(mean[1], start + slope * x[0].mean(), abs_tol=1e-6)
    assert math.isclose(cov[0, 1] / cov[0, 0], slope, abs_tol=1e-5)


def test_group_mean_falls_back_to_the_column() -> None:
    x = np.array([[1.0, 3.0, np.nan, np.nan]])
    done = impute(x, "group-mean", groups=["a", "a", "a", "b"])
    assert done.values.tolist() == [[1, 3, 2, 2]] and done.cells.tolist() == [[0, 2], [0, 3]]


def test_t8_3_carry_forward_two_years_and_no_further() -> None:
    filled, carried = carry_forward(np.array([2.0, np.nan, np.nan, np.nan]), 2, [2019, 2020, 2021, 2022])
    assert filled[:3].tolist() == [2, 2, 2] and np.isnan(filled[3]) and carried.tolist() == [False, True, True, False]
    backward, _ = carry_forward(np.array([np.nan, 5.0]), 2)
    assert np.isnan(backward[0])
    broken, _ = carry_forward(np.array([2.0, np.nan, np.nan]), 2, breaks=np.array([False, True, False]))
    assert np.isnan(broken[1:]).all()


def test_winsorising_never_makes_a_column_constant() -> None:
    done = treat(np.array([0.0, 0, 0, 0, 0, 0, 0, 1]), 1, Treatment("winsorise"))
    assert done.values.tolist() == [0, 0, 0, 0, 0, 0, 0, 1] and not done.is_ok


def test_benefit_of_the_doubt_of_two_specialists() -> None:
    scores, weights = benefit_of_the_doubt(np.array([[100.0, 10], [10, 100], [50, 50]]))
    assert np.allclose(scores, [1, 1, 100 / 110], atol=1e-9)
    assert np.allclose(weights[2], [1 / 110, 1 / 110], atol=1e-9)
    bounded, w = benefit_of_the_doubt(np.array([[100.0, 10], [10, 100], [50, 50]]), shares=(0.4, 0.6))
    share = w[0] * [100, 10] / bounded[0]
    assert (share >= 0.4 - 1e-9).all() and (share <= 0.6 + 1e-9).all() and bounded[0] <= 1 + 1e-9


def test_weights_for_equal_correlation() -> None:
    rng = np.random.default_rng(5)
    common = rng.normal(size=80)
    parts = np.stack([common + rng.normal(size=80) * s for s in (0.3, 1.0, 2.5)]) * 10 + 50
    w = weights_for_correlation(parts)
    total = aggregate(parts, w, Aggregation())
    r = [np.corrcoef(p, total)[0, 1] for p in parts]
    assert math.isclose(w.sum(), 1) and max(r) - min(r) < 1e-3
    even = [np.corrcoef(p, parts.mean(axis=0))[0, 1] for p in parts]
    assert max(even) - min(even) > 0.05


def test_pca_weights_are_squared_loadings() -> None:
    rng = np.random.default_rng(2)
    parts = rng.normal(size=(3, 60))
    parts[1] += parts[0]
    w = pca_weights(parts)
    assert math.isclose(w.sum(), 1) and (w >= 0).all() and w.argmin() == 2


def test_errors_say_what_to_do() -> None:
    with pytest.raises(DataError, match="maximum above 1"):
        log_transform(np.array([0.0, 0.5]), 1)
    with pytest.raises(DataError, match="at least 0"):
        aggregate(np.array([[-1.0], [2.0]]), np.ones(2), Aggregation("geometric"))
    with pytest.raises(UnknownNameError, match="Did you mean"):
        Aggregation("aritmetic")


def test_other_scales() -> None:
    x = np.array([[1.0, 2, 2, 5, np.nan]])
    z = normalise(x, 1, Normalisation("z", z_mean=100, z_sd=10))
    assert math.isclose(np.nanmean(z), 100) and math.isclose(np.nanstd(z, ddof=1), 10) and np.isnan(z[0, 4])
    assert normalise(x, 1, Normalisation("rank"))[0, :4].tolist() == [1, 2.5, 2.5, 4]
    assert normalise(x, -1, Normalisation("rank"))[0, :4].tolist() == [4, 2.5, 2.5, 1]
    assert normalise(x, 1, Normalisation("borda"))[0, :4].tolist() == [0, 1.5, 1.5, 3]  # a point a unit that is worse, half for a tie
    assert normalise(x, 1, Normalisation("percentile"))[0, :4].tolist() == [0, 50, 50, 100]
    assert normalise(x, 1, Normalisation("target", target=3.0))[0, :4].tolist() == [0, 50, 50, 100]
    assert normalise(x, 1, Normalisation("target", target=3.0, cap=False))[0, 3] == 200
    posts = Normalisation("goalposts", goalposts=(2.0, 4.0), low=1, high=7)
    assert normalise(x, 1, posts)[0, :4].tolist() == [1, 1, 1, 7] and normalise(x, -1, posts)[0, :4].tolist() == [7, 7, 7, 1]
    assert normalise(x, 1, Normalisation("goalposts", goalposts=(2.0, 4.0), cap=False))[0, 3] == 150


@given(
    hnp.arrays(np.float64, (3, 5), elements=st.one_of(st.integers(0, 5).map(float), st.just(np.nan))),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
)
def test_copeland_and_median_equal_plain_references(x: np.ndarray, weights: list[int]) -> None:
    w = np.array(weights, dtype=np.float64)
    wins = [
        sum(np.sign(sum(w[k] * np.sign(x[k, i] - x[k, j]) for k in range(3) if not np.isnan(x[k, i] - x[k, j]))) for j in range(5))
        for i in range(5)
    ]
    found = aggregate(x, w, Aggregation("copeland"))
    for i in range(5):
        assert np.isnan(found[i]) if np.isnan(x[:, i]).all() else math.isclose(found[i], 50 + 50 * wins[i] / 4, abs_tol=1e-12)
    median = aggregate(x, w, Aggregation("median"))
    for i in range(5):
        spread = np.repeat(x[:, i], weights)  # whole weights: a weighted median is the median of repeated values
        spread = spread[~np.isnan(spread)]
        assert np.isnan(median[i]) if not spread.size else math.isclose(median[i], float(np.median(spread)), abs_tol=1e-12)


def test_min_present_and_zero_weights() -> None:
    x = np.array([[80.0, np.nan], [np.nan, 50.0], [np.nan, 50.0]])
    assert np.isnan(aggregate(x, np.ones(3), Aggregation(min_present=0.5))).tolist() == [True, False]
    assert np.isnan(aggregate(x, np.array([0.0, 1, 1]), Aggregation()))[0]  # what is there has no weight
    assert math.isclose(aggregate(np.array([[40.0], [60.0]]), np.ones(2), Aggregation("harmonic"))[0], 48)
    zero = np.array([[0.0], [100.0]])
    assert aggregate(zero, np.ones(2), Aggregation("geometric"))[0] == 0 == aggregate(zero, np.ones(2), Aggregation("harmonic"))[0]
    assert aggregate(zero, np.array([0.0, 1.0]), Aggregation("geometric"))[0] == pytest.approx(100)  # a zero without weight
    assert aggregate(zero, np.ones(2), Aggregation("geometric", floor=0.01))[0] == pytest.approx(1)
    counted = Aggregation(min_count=2)
    assert np.isnan(aggregate(np.array([[1.0, 1.0], [np.nan, 3.0], [np.nan, np.nan]]), np.ones(3), counted)).tolist() == [True, False]


def test_the_three_kinds_of_skewness() -> None:
    x = np.array([1.0, 2, 3, 4, 20])
    g1, g2 = stats.skew(x), stats.kurtosis(x)
    assert skew_kurt(x, "population") == (pytest.approx(g1), pytest.approx(g2))
    assert skew_kurt(x, "sd") == (pytest.approx(g1 * 0.8**1.5), pytest.approx((g2 + 3) * 0.64 - 3))
    assert all(np.isnan(v) for v in skew_kurt(np.array([3.0, 3.0, 3.0, 3.0])))
