"""Rank confidence sets: METHODS T11.1-T11.5 and invariant 12.1.6."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import DataError, UsageError
from armillary.ranking.resampling import ranksets
from armillary.ranking.resampling.ranksets import multinomial_rank_sets, point_ranks, rank_sets


def _sets(found: ranksets.RankSets) -> list[tuple[int, int]]:
    return list(zip(found.low.tolist(), found.high.tolist(), strict=True))


@pytest.mark.parametrize("marginal", [False, True])
def test_t11_1_clear_differences_give_single_ranks(marginal: bool) -> None:
    assert _sets(rank_sets([10, 5, 0], np.eye(3), marginal=marginal)) == [(1, 1), (2, 2), (3, 3)]


def test_t11_1_critical_value() -> None:
    noise = ranksets._gaussian(np.eye(3), 200_000, 1)
    largest = ranksets._largest(noise, np.full((3, 3), np.sqrt(2.0)), ~np.eye(3, dtype=bool))
    assert np.quantile(largest, 0.95) == pytest.approx(2.3446, abs=0.02)
    assert 5 - np.sqrt(2) * 2.3446 == pytest.approx(1.684, abs=0.001)


def test_t11_2_small_differences_decide_nothing() -> None:
    assert _sets(rank_sets([1.0, 0.5, 0], np.eye(3))) == [(1, 3)] * 3


def test_t11_3_multinomial() -> None:
    found = multinomial_rank_sets([60, 30, 10])
    assert _sets(found) == [(1, 1), (2, 2), (3, 3)]
    from scipy.stats import binom

    assert binom.sf(59, 90, 0.5) == pytest.approx(0.00103013, abs=1e-8)
    assert binom.sf(29, 40, 0.5) == pytest.approx(0.00111072, abs=1e-8)


def test_t11_4_multinomial_near_tie_is_left_open() -> None:
    found = multinomial_rank_sets([500, 450, 100])
    assert _sets(found) == [(1, 2), (1, 2), (3, 3)]
    assert found.best(1).tolist() == [0, 1] and found.best(3).tolist() == [0, 1, 2]


def test_t11_5_point_ranks_with_ties() -> None:
    assert point_ranks([5, 5, 3]).tolist() == [1, 1, 3]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=7), st.integers(0, 10**6), st.booleans())
def test_sets_contain_the_point_rank(theta: list[float], seed: int, marginal: bool) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(len(theta), len(theta))) * 0.5
    found = rank_sets(theta, root @ root.T, seed=seed, marginal=marginal)
    ranks = point_ranks(theta)
    assert (found.low <= ranks).all() and (ranks <= found.high).all()
    assert (found.low >= 1).all() and (found.high <= len(theta)).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=6))
def test_exact_sets_contain_the_point_rank_and_ignore_order(counts: list[int]) -> None:
    found = multinomial_rank_sets(counts)
    ranks = point_ranks(counts)
    assert (found.low <= ranks).all() and (ranks <= found.high).all()
    back = multinomial_rank_sets(counts[::-1])
    assert back.low.tolist() == found.low.tolist()[::-1] and back.high.tolist() == found.high.tolist()[::-1]


def test_marginal_sets_are_no_wider_where_many_units_compete() -> None:
    theta, cov = np.arange(8) * 1.2, np.eye(8) * 0.09
    joint, single = (rank_sets(theta, cov, draws=20_000, marginal=m) for m in (False, True))
    assert ((single.high - single.low) <= (joint.high - joint.low)).all()


def test_correlation_decides_what_independent_errors_leave_open() -> None:
    """Two units that share nearly all papers: their difference is certain although each value is not."""
    theta = [1.0, 0.8]
    shared = np.array([[1.0, 0.999], [0.999, 1.0]])
    assert _sets(rank_sets(theta, np.eye(2))) == [(1, 2), (1, 2)]
    assert _sets(rank_sets(theta, shared)) == [(1, 1), (2, 2)]


def test_coverage_is_at_least_the_level() -> None:
    rng = np.random.default_rng(1)
    truth = np.array([0.0, 0.5, 0.5, 2.0])
    true_low = 1 + np.array([(truth > t).sum() for t in truth])
    true_high = np.array([(truth >= t).sum() for t in truth])
    held = 0
    for k in range(300):
        found = rank_sets(truth + rng.normal(size=4) * 0.4, np.eye(4) * 0.16, seed=k)
        held += bool(((found.low <= true_low) & (true_high <= found.high)).all())
    assert held / 300 > 0.92


def test_differences_without_variance_are_decided_by_their_sign() -> None:
    assert _sets(rank_sets([2.0, 1.0, 1.0], np.zeros((3, 3)))) == [(1, 1), (2, 3), (2, 3)]


def test_bad_input_is_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        rank_sets([1.0, float("nan")], np.eye(2))
    with pytest.raises(DataError):
        rank_sets([1.0, 2.0], np.eye(3))
    with pytest.raises(UsageError):
        rank_sets([1.0, 2.0], np.eye(2), level=95)
    with pytest.raises(DataError, match="whole"):
        multinomial_rank_sets([1.5, 2])
