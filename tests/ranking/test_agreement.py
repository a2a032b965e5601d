"""Agreement of two rankings: METHODS 11.4, T11.6."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import DataError
from armillary.ranking.agreement import agreement, kendall_tau_b, rbo, spearman, top_overlap


def test_t11_6_kendall_tau_b() -> None:
    assert kendall_tau_b((1, 2, 3, 4), (1, 2, 4, 3)) == pytest.approx(2 / 3)


def test_equal_and_reversed_rankings() -> None:
    ours = {u: k for k, u in enumerate("abcdef", 1)}
    same = agreement(ours, ours, top=3)
    assert (same.spearman, same.kendall_tau_b, same.rbo, same.mean_rank_shift, same.top_overlap) == pytest.approx((1, 1, 1, 0, 1))
    back = agreement(ours, {u: 7 - k for u, k in ours.items()}, top=3)
    assert (back.spearman, back.kendall_tau_b, back.top_overlap) == pytest.approx((-1, -1, 0))
    assert back.mean_rank_shift == pytest.approx(18 / 6) and back.largest_rank_shift == 5


def test_a_published_top_list_is_compared_with_ranks_beyond_it_censored() -> None:
    ours = {"a": 1, "b": 2, "c": 3, "d": 250, "e": 4}
    theirs = {"a": 1, "b": 2, "d": 3}  # a published top 3
    found = agreement(ours, theirs, depth=3, top=3)
    assert found.units == 4, "a, b, c, d; e lies beyond rank 3 on both sides"
    # ours: 1 2 3 4(d), theirs: 1 2 4(c) 3
    assert found.mean_rank_shift == pytest.approx(0.5) and found.largest_rank_shift == 1
    assert found.kendall_tau_b == pytest.approx(2 / 3)
    assert found.top_overlap == pytest.approx(2 / 3)


def test_without_depth_only_common_units_count_and_are_ranked_again() -> None:
    found = agreement({"a": 10, "b": 20, "x": 1}, {"a": 1, "b": 2, "y": 3})
    assert found.units == 2 and found.mean_rank_shift == 0 and found.kendall_tau_b == 1
    with pytest.raises(DataError, match="share 1"):
        agreement({"a": 1}, {"a": 1})


def test_rbo_of_small_lists_by_hand() -> None:
    # equal depth 2, one in common at depth 2 only (crossed): agreements 0, 1
    p = 0.9
    assert rbo("ab", "ba", p) == pytest.approx((1 - p) / p * (0 * p + 1 * p**2) + 1 * p**2)
    assert rbo("ab", "cd") == 0.0 and rbo("", "") == 1.0 and rbo("", "a") == 0.0
    assert rbo("abc", "abc") == pytest.approx(1.0)
    with pytest.raises(DataError):
        rbo("a", "a", 1.0)


def _slow_rbo(a: list[int], b: list[int], p: float) -> float:
    """Equation 32 of Webber, Moffat & Zobel with sets at every depth."""
    s, long = sorted((a, b), key=len)
    x = [len(set(s[:d]) & set(long[:d])) for d in range(len(long) + 1)]
    n, m = len(long), len(s)
    first = sum(x[d] / d * p**d for d in range(1, n + 1))
    second = sum(x[m] * (d - m) / (m * d) * p**d for d in range(m + 1, n + 1))
    return (1 - p) / p * (first + second) + ((x[n] - x[m]) / n + x[m] / m) * p**n


lists = st.lists(st.integers(0, 12), min_size=1, max_size=10, unique=True)


@settings(max_examples=150, deadline=None)
@given(lists, lists, st.sampled_from([0.5, 0.9, 0.98]))
def test_rbo_equals_the_slow_formula_and_is_symmetric(a: list[int], b: list[int], p: float) -> None:
    found = rbo(a, b, p)
    assert found == pytest.approx(_slow_rbo(a, b, p))
    assert found == pytest.approx(rbo(b, a, p))
    assert -1e-12 <= found <= 1 + 1e-12


def test_constant_rankings_have_no_correlation() -> None:
    assert math.isnan(spearman([1, 1, 1], [1, 2, 3])) and math.isnan(kendall_tau_b([1, 1], [1, 2]))


def test_ties_at_the_edge_enlarge_the_top() -> None:
    assert top_overlap({"a": 1, "b": 2, "c": 2}, {"a": 1, "b": 2}, 2) == pytest.approx(2 / 3)
